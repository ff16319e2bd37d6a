//! `countersign import activity --of KIND --source NAME FILE…`: last use, and who acts that nobody registered, from a source's own
//! logs. A log is read as a stream, however long it is, also when it is compressed.
use super::super::files;
use super::{
    Args,
    progress::{Counted, Shown},
};
use crate::{config::Common, state::open_to_command};
use flate2::read::MultiGzDecoder;
use governance::{
    engine::imports::ImportReport,
    error::{Error, Result},
    import::{
        activity::Log,
        progress::{Phase, Progress},
    },
};
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
    sync::Arc,
};

/// How a compressed file begins (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

pub async fn run(common: &Common, args: &Args) -> Result<ImportReport> {
    let (Some(of), Some(source)) = (args.of, &args.source_name) else {
        return Err(Error::invalid("say whose logs these are: import activity --of KIND --source NAME FILE…"));
    };
    if args.name.is_some() || args.allow_removals {
        return Err(Error::invalid(
            "--name and --allow-removals go with inventories: a log names no source and takes nothing away",
        ));
    }
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let mut log = Log::new(of, ctx.at)?;
    let paths = files::found(&args.files)?;
    let progress = Arc::new(Progress::default());
    let _shown = Shown::new(&progress);
    let lengths = paths.iter().filter_map(|path| path.metadata().ok()).map(|it| it.len());
    progress.begin(Phase::Reading, usize::try_from(lengths.sum::<u64>()).unwrap_or(usize::MAX));
    for path in paths {
        log.read(&path.display().to_string(), open(&path, &progress)?)?;
    }
    match args.dry_run {
        true => governance.activity_dry_run(&ctx, source, &log).await,
        false => governance.activity_told(&ctx, source, &log, &progress).await,
    }
}

/// A file's content, decompressed where it is compressed.
fn open(path: &Path, progress: &Arc<Progress>) -> Result<Box<dyn Read>> {
    let cannot = |e: std::io::Error| Error::invalid(format!("{}: cannot be read: {e}", path.display()));
    let mut file = BufReader::new(Counted(File::open(path).map_err(cannot)?, Arc::clone(progress)));
    let compressed = file.fill_buf().map_err(cannot)?.starts_with(&GZIP);
    Ok(if compressed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}
