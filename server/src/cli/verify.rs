//! `countersign verify`: a pack checked offline, with nothing of this installation. It has exit codes of its own
//! (semantics.md, Audit log): 0 valid, 1 invalid or unreadable, 2 valid but without a witness from outside, 64 wrong usage.
use super::out::print;
use crate::config::Common;
use governance::{
    error::Result,
    evidence::{Asked, verify},
    log::VerifierKey,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

const INVALID: u8 = 1;
const USAGE: u8 = 64;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The evidence pack
    file: PathBuf,
    /// The log's public key, `countersign/ins_…+xxxxxxxx+…`, or a file that holds it: from its owner, not from the pack
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// A checkpoint of the log that was kept elsewhere, as `countersign log checkpoint` prints it
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// Needs no installation and reaches no network.
///
/// # Errors
/// What cannot be written as JSON.
pub fn run(common: &Common, args: &Args) -> Result<ExitCode> {
    let wrong = |what: String| {
        eprintln!("error: {what}");
        Ok(ExitCode::from(USAGE))
    };
    let key = match args.key.as_deref().map(key).transpose() {
        Ok(key) => key,
        Err(what) => return wrong(what),
    };
    let outside = match args.checkpoint.as_deref().map(|path| read(path, "--checkpoint")).transpose() {
        Ok(outside) => outside,
        Err(what) => return wrong(what),
    };
    let pack = match read(&args.file, "the pack") {
        Ok(pack) => pack,
        Err(what) => {
            eprintln!("error: {what}");
            return Ok(ExitCode::from(INVALID));
        }
    };
    let report = verify(&pack, &Asked { key: key.as_ref(), outside: outside.as_deref() });
    print(common.json, &report, || report.text())?;
    Ok(ExitCode::from(report.verdict.exit_code()))
}

/// The key itself, or the file that holds it.
fn key(given: &str) -> Result<VerifierKey, String> {
    let text = match given.contains('+') {
        true => given.to_owned(),
        false => {
            String::from_utf8(read(Path::new(given), "--key")?).map_err(|_| format!("--key {given} is not text"))?
        }
    };
    VerifierKey::parse(text.trim()).map_err(|e| format!("--key: {e}"))
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{what} {} cannot be read: {e}", path.display()))
}
