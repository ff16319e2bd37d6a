//! `countersign log …`: the log as outsiders keep and read it.
use super::out::print;
use crate::{config::Common, state::open_for_command};
use governance::error::{Error, Result};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the newest signed checkpoint, to be kept where nobody here can change it
    Checkpoint {
        /// With the proof that it continues the log of so many entries (the second line of an earlier checkpoint)
        #[arg(long, value_name = "SIZE")]
        since: Option<u64>,
    },
    /// Write the whole log into a folder, in the layout public log tools read (c2sp.org/tlog-tiles)
    Export {
        /// A folder; an earlier export in it is brought up to date
        dir: PathBuf,
    },
    /// Print the proof that one entry is in the log (c2sp.org/tlog-proof)
    Proof {
        /// The entry's number: `log_seq` in an answer, `seq` in a list of events
        seq: u64,
        /// Also write the entry's bytes, which the proof is about, into this file
        #[arg(long, value_name = "FILE")]
        entry: Option<PathBuf>,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    let opened = open_for_command(&common.place()?).await?;
    let (governance, ctx) = (&opened.governance, &opened.ctx);
    match command {
        Command::Checkpoint { since } => {
            let text = governance.log_checkpoint_hand_out(ctx, since).await?;
            let document = json!({ "checkpoint": text, "vkey": governance.installation().vkey });
            print(common.json, &document, || text.clone())?;
        }
        Command::Export { dir } => {
            let mut files = 0;
            let put = |path: &str, bytes: &[u8]| {
                files += 1;
                put(&dir, path, bytes)
            };
            let size = governance.log_export(ctx, put).await?;
            let (vkey, origin) = (&governance.installation().vkey, &governance.installation().origin);
            let document = json!({ "dir": dir, "size": size, "files": files, "origin": origin, "vkey": vkey });
            print(common.json, &document, || {
                let dir = dir.display();
                format!(
                    "{size} entries in {files} files under {dir}\nThe key to read them with, best had from its owner:\n{vkey}"
                )
            })?;
        }
        Command::Proof { seq, entry } => {
            let (leaf, proof) = governance.log_proof(ctx, seq).await?;
            if let Some(path) = entry {
                fs::write(&path, leaf).map_err(|e| unwritable(&path, &e))?;
            }
            let text = proof.print();
            print(common.json, &json!({ "proof": text, "vkey": governance.installation().vkey }), || text.clone())?;
        }
    }
    governance.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: under another name first, so that a reader beside us never sees half a tile.
fn put(dir: &Path, path: &str, bytes: &[u8]) -> Result<()> {
    let target = dir.join(path);
    let folder = target.parent().unwrap_or(dir);
    fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
    let mut new = target.clone().into_os_string();
    new.push(".new");
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, &target)).map_err(|e| unwritable(&target, &e))
}

fn unwritable(path: &Path, e: &std::io::Error) -> Error {
    Error::invalid(format!("{} cannot be written: {e}", path.display()))
}
