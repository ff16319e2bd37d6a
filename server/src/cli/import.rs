//! `countersign import SOURCE FILE…`: an inventory in, with what it changes.
use super::out::print;
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::imports::{ImportInput, ImportReport},
    error::{Error, Result},
    import::diff::Tally,
    source::Kind,
};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// aws-iam or mcp-config
    source: String,
    /// Files, or folders whose files are read; told apart by content
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Name of the source, where its own is not enough
    #[arg(long)]
    name: Option<String>,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Let the import take away more than 30 % of what is known of this source
    #[arg(long)]
    allow_removals: bool,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let kind = args.source.parse::<Kind>()?;
    let mut files = Vec::new();
    for path in &args.files {
        read(path, &mut files)?;
    }
    let input = ImportInput { kind, files, name: args.name, allow_removals: args.allow_removals };
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let report = match args.dry_run {
        true => governance.import_dry_run(&ctx, &input).await?,
        false => governance.import_apply(&ctx, &input).await?,
    };
    print(common.json, &report, || said(&report))?;
    Ok(super::partly(report.problems.is_empty()))
}

fn read(path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    if !path.is_dir() {
        files.push((path.display().to_string(), super::read_file(path)?));
        return Ok(());
    }
    let wrong = |e: std::io::Error| Error::invalid(format!("{} cannot be read: {e}", path.display()));
    let mut names: Vec<_> = std::fs::read_dir(path).map_err(wrong)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    names.sort();
    names.iter().filter(|p| p.is_file()).try_for_each(|p| read(p, files))
}

fn said(report: &ImportReport) -> String {
    let mut text = String::new();
    let tally = |t: &Tally| format!("{} new, {} changed, {} gone", t.new, t.changed, t.gone);
    let head = if report.dry_run { "would change" } else { "changed" };
    for source in &report.sources {
        let s = &source.summary;
        let _ = writeln!(text, "{} ({}) {head}:", source.name, source.scope);
        let _ = writeln!(text, "  identities    {}", tally(&s.identities));
        let _ = writeln!(text, "  entitlements  {}", tally(&s.entitlements));
        let _ = writeln!(text, "  credentials   {}", tally(&s.credentials));
        if report.dry_run {
            for change in &source.changes {
                let _ = writeln!(text, "  {}", serde_json::to_string(change).unwrap_or_default());
            }
        }
    }
    for problem in &report.problems {
        let _ = writeln!(text, "skipped: {problem}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let Some(f) = &report.findings {
        let _ = writeln!(text, "findings: {} opened, {} changed, {} resolved", f.opened, f.changed, f.resolved);
    }
    text
}
