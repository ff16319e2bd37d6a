//! `countersign log …`, `check` and `verify`: the log and packs, for those who would rather not believe us.
use super::out::print;
use crate::{config::Common, state::open_to_command};
use governance::{
    error::{Error, Result},
    evidence::verify::{Asked, verify},
    log::VerifierKey,
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the newest signed checkpoint; keep it somewhere this database does not rule
    Checkpoint,
    /// Write the log as C2SP tiles, which public tools verify
    Export { dir: PathBuf },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    match command {
        Command::Checkpoint => {
            let note = governance.log_checkpoint_hand_out(&ctx, None).await?;
            let vkey = &governance.installation().vkey;
            print(common.json, &serde_json::json!({ "checkpoint": note, "vkey": vkey }), || note.clone())?;
        }
        Command::Export { dir } => {
            let wrong = |path: &std::path::Path, e: &std::io::Error| {
                Error::invalid(format!("{} cannot be written: {e}", path.display()))
            };
            let size = governance
                .log_export(&ctx, |name, bytes| {
                    let path = dir.join(name);
                    if let Some(folder) = path.parent() {
                        std::fs::create_dir_all(folder).map_err(|e| wrong(folder, &e))?;
                    }
                    std::fs::write(&path, bytes).map_err(|e| wrong(&path, &e))
                })
                .await?;
            let vkey = &governance.installation().vkey;
            std::fs::write(dir.join("vkey"), format!("{vkey}\n")).map_err(|e| wrong(&dir, &e))?;
            let document = serde_json::json!({ "size": size, "dir": dir, "vkey": vkey, "origin": governance.installation().origin });
            print(common.json, &document, || format!("{size} events in {}, verifier key in vkey", dir.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `countersign check`: reads the whole log again and compares it with its head, tiles and checkpoints.
pub async fn check(common: &Common) -> Result<ExitCode> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let found = governance.log_check(&ctx, None).await?;
    let bundle = governance.policy_active().await;
    let sealed = bundle.as_ref().err().map(|e| e.detail.clone());
    let document =
        serde_json::json!({ "log": found, "policy": bundle.as_ref().ok().map(|b| b.hash()), "sealed": sealed });
    print(common.json, &document, || {
        let mut text = format!(
            "{} events, {} checkpoints, {} payloads: {}\n",
            found.events,
            found.checkpoints,
            found.payloads,
            if found.holds() { "the log holds" } else { "the log does not hold" }
        );
        text += &found.problems.iter().map(|p| format!("  {p}\n")).collect::<String>();
        text + &sealed.clone().unwrap_or_else(|| "a policy bundle is active".into())
    })?;
    Ok(super::partly(found.holds() && sealed.is_none()))
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The evidence pack
    file: PathBuf,
    /// The installation's verifier key, got from somewhere else than the pack
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// A signed checkpoint kept elsewhere
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// `countersign verify`: 0 valid, 1 invalid or unreadable, 2 valid but nothing outside bears witness, 64 wrong usage.
pub fn verify_pack(common: &Common, args: &Verify) -> Result<ExitCode> {
    let key = args.key.as_deref().map(VerifierKey::parse).transpose();
    let key = match key {
        Ok(key) => key,
        Err(e) => {
            eprintln!("error: --key: {}", e.detail);
            return Ok(ExitCode::from(64));
        }
    };
    let read = |path: &PathBuf| super::read_file(path);
    let (pack, outside) = match (read(&args.file), args.checkpoint.as_ref().map(read).transpose()) {
        (Ok(pack), Ok(outside)) => (pack, outside),
        (Err(e), _) | (_, Err(e)) => {
            eprintln!("error: {}", e.detail);
            return Ok(ExitCode::from(1));
        }
    };
    let report = verify(&pack, &Asked { key: key.as_ref(), outside: outside.as_deref() });
    print(common.json, &report, || report.text())?;
    Ok(ExitCode::from(report.verdict.exit_code()))
}
