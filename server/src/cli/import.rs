//! `countersign import SOURCE FILE…`: inventory from a source's own export, and what its activity logs show.
mod activity;
mod progress;

use super::{files, out::print};
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::imports::{ImportInput, ImportReport, SourceReport},
    entitlement::Facts,
    error::{Error, Result},
    identity,
    import::{
        diff::{Change, Delta, Tally},
        progress::{Phase, Progress},
        sheet::mapping::{self, Dates, Given},
        snapshot::Claim,
    },
    source::Kind,
    text::visible_line,
};
use progress::Shown;
use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf, process::ExitCode, sync::Arc};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// aws-iam (authorization details, credential report, access advisor; told apart by content), gcp (gcloud … --format=json),
    /// kubernetes (kubectl get … -A), mcp-config, entra (answers of Microsoft Graph), okta, github or anthropic (answers of their interfaces),
    /// a2a (agent cards), or csv (a list of your own, one file); or `activity`: the logs of one that was imported before (--of,
    /// --source); see docs/sources
    source: What,
    /// Files, or folders of files; all that describe one source go in one import
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to call the source; a cluster, a configuration file and a list are also known by it, so give it each time
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    columns: Columns,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on even if more than 30 % of what the source showed before would be removed
    #[arg(long)]
    allow_removals: bool,
    /// With `activity`: whose logs these are: aws-iam (CloudTrail), gcp (audit logs), kubernetes (audit log), okta (System Log),
    /// github (audit log), entra (sign-ins of service principals, Azure's activity log) or anthropic (usage report, activity feed)
    #[arg(long, value_name = "KIND")]
    of: Option<Kind>,
    /// With `activity`: the name or scope of the source whose logs these are
    #[arg(long = "source", value_name = "NAME")]
    source_name: Option<String>,
}

/// What is brought in.
#[derive(Debug, Clone, Copy)]
enum What {
    Inventory(Kind),
    Activity,
}

impl std::str::FromStr for What {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "activity" => Ok(Self::Activity),
            other => other.parse().map(Self::Inventory),
        }
    }
}

/// What the columns of a csv mean: said once, and remembered for the source until its header changes.
#[derive(Debug, clap::Args)]
struct Columns {
    /// csv: which column means what, such as "Account=name,Owner e-mail=owner,Role=entitlement"; without it a guess is shown
    #[arg(long, value_name = "COLUMN=MEANING,…")]
    map: Option<String>,
    /// csv: the same from a JSON file: {"columns": {"Account": "name"}, "dates": "dmy", "kind": "agent"}
    #[arg(long, value_name = "FILE", conflicts_with = "map")]
    mapping: Option<PathBuf>,
    /// csv: how 03/04/2025 is meant: dmy or mdy
    #[arg(long)]
    dates: Option<Dates>,
    /// csv: what a row is that does not say its kind; a service account unless said
    #[arg(long)]
    kind: Option<identity::Kind>,
}

impl Columns {
    fn given(&self) -> Result<Given> {
        let mut given = match &self.mapping {
            None => Given::default(),
            Some(path) => {
                let (name, bytes) = files::one(path)?;
                serde_json::from_slice(&bytes).map_err(|e| Error::invalid(format!("{name}: not a mapping: {e}")))?
            }
        };
        if let Some(map) = &self.map {
            given.columns = Some(mapping::parse(map)?);
        }
        given.dates = self.dates.or(given.dates);
        given.kind = self.kind.or(given.kind);
        Ok(given)
    }
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let report = match args.source {
        What::Activity => activity::run(common, &args).await?,
        What::Inventory(kind) => inventory(common, kind, &args).await?,
    };
    print(common.json, &report, || words(&report))?;
    Ok(super::partly(report.problems.is_empty()))
}

async fn inventory(common: &Common, kind: Kind, args: &Args) -> Result<ImportReport> {
    if args.of.is_some() || args.source_name.is_some() {
        return Err(Error::invalid("--of and --source go with `import activity` alone"));
    }
    let given = args.columns.given()?;
    let input = ImportInput {
        kind,
        files: files::all(&args.files)?,
        name: args.name.clone(),
        allow_removals: args.allow_removals,
    };
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let progress = Arc::new(Progress::default());
    let _shown = Shown::new(&progress);
    let bytes = input.files.iter().map(|(_, bytes)| bytes.len()).sum();
    progress.begin(Phase::Reading, bytes);
    progress.add(bytes);
    match args.dry_run {
        true => governance.import_mapped_dry_run(&ctx, &input, &given).await,
        false => governance.import_told(&ctx, &input, &given, &progress).await,
    }
}

fn words(report: &ImportReport) -> String {
    let mut out = String::new();
    for source in &report.sources {
        let new = if source.id.is_none() { " (new)" } else { "" };
        let _ = writeln!(out, "{}{new}", visible_line(&source.name));
        if report.dry_run {
            changes(&mut out, source);
        }
        if source.kept > 0 {
            let _ = writeln!(out, "{} identities kept: the files do not speak of them", source.kept);
        }
    }
    let mut reasons = BTreeMap::new();
    for aside in &report.set_aside {
        *reasons.entry(aside.reason.as_str()).or_insert(0) += 1;
    }
    for (reason, n) in reasons {
        let _ = writeln!(out, "{n} set aside: {reason}");
    }
    for note in &report.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out += &files::problems(&report.problems);
    let s = &report.summary;
    let _ = writeln!(out, "identities: {}", tally(s.identities));
    if s.matched > 0 {
        let _ = writeln!(out, "matched: {} known already by a key of another source", s.matched);
    }
    let _ = writeln!(out, "entitlements: {}", tally(s.entitlements));
    let _ = writeln!(out, "credentials: {}", tally(s.credentials));
    if let Some(f) = report.findings {
        let _ = writeln!(out, "findings: {} opened, {} changed, {} resolved", f.opened, f.changed, f.resolved);
    }
    match report.dry_run {
        true => out + "dry run: nothing was written",
        false => out,
    }
}

fn tally(t: Tally) -> String {
    format!("{} new, {} changed, {} gone", t.new, t.changed, t.gone)
}

fn changes(out: &mut String, source: &SourceReport) {
    let mut under = "";
    for change in &source.changes {
        let (principal, line) = match change {
            Change::Principal { principal, delta } => {
                let claim = delta.after.as_ref().or(delta.before.as_ref());
                let name = claim.map_or_else(String::new, |c| format!("{} {}  ", c.kind, visible_line(&c.name)));
                let matched = source.matched.iter().find(|m| m.principal == *principal);
                let (mark, words) = matched.map_or_else(
                    || (sign(delta), claim_words(delta)),
                    |m| {
                        (
                            '=',
                            format!(
                                "  is {} by its {}, as {} shows it",
                                visible_line(&m.name),
                                m.key.sort.words(),
                                visible_line(&m.source_name)
                            ),
                        )
                    },
                );
                let _ = writeln!(out, "{mark} {name}{}{words}", visible_line(principal));
                under = principal;
                continue;
            }
            Change::Entitlement { principal, key, delta } => {
                let it = format!("{} on {}  by {}", key.action, key.resource, key.via);
                (principal, format!("{} {it}{}", sign(delta), entitlement_words(delta)))
            }
            Change::Credential { principal, key, delta } => {
                let facts = delta.after.as_ref().or(delta.before.as_ref());
                let exposed = if facts.is_some_and(|f| f.exposed) { "  readable in the file: redacted" } else { "" };
                (principal, format!("{} {key}{exposed}", sign(delta)))
            }
        };
        if under != principal {
            let _ = writeln!(out, "  {}", visible_line(principal));
            under = principal;
        }
        let _ = writeln!(out, "    {}", visible_line(&line));
    }
}

fn sign<T>(delta: &Delta<T>) -> char {
    match (&delta.before, &delta.after) {
        (None, _) => '+',
        (_, None) => '-',
        _ => '~',
    }
}

fn claim_words(delta: &Delta<Claim>) -> String {
    let (Some(before), Some(after)) = (&delta.before, &delta.after) else { return String::new() };
    let mut words = vec![];
    if before.kind != after.kind {
        words.push(format!("kind {} → {}", before.kind, after.kind));
    }
    if before.environment != after.environment {
        let name = |e: Option<governance::identity::Environment>| e.map_or("unknown", |e| e.as_str());
        words.push(format!("environment {} → {}", name(before.environment), name(after.environment)));
    }
    if before.last_used_at != after.last_used_at {
        words.push("last use".into());
    }
    if words.is_empty() {
        words.push("other facts".into());
    }
    format!("  ({})", words.join(", "))
}

fn entitlement_words(delta: &Delta<Facts>) -> String {
    match (&delta.before, &delta.after) {
        (Some(before), Some(after)) if before.last_used_words() != after.last_used_words() => {
            format!("  last used {} → {}", before.last_used_words(), after.last_used_words())
        }
        (_, Some(after)) => format!("  {}  last used: {}", after.privilege, after.last_used_words()),
        _ => String::new(),
    }
}
