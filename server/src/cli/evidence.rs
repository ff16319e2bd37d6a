use crate::{config::Common, documents, state};
use governance::{
    Ctx, Governance,
    error::{Error, Kind, Result},
    evidence::order,
};
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// How long a serving node is given to sign a checkpoint that covers what just happened.
const SIGNED_WITHIN: Duration = Duration::from_secs(3);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an evidence pack for a framework and a period, and write it to a file that anybody can verify offline
    Export(Export),
    /// Packs that were made or ordered, newest first
    List,
}

#[derive(Debug, clap::Args)]
struct Export {
    /// As `countersign assess` lists them
    #[arg(long, value_name = "ID")]
    framework: String,
    /// First day of the period, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: String,
    /// Last day of the period
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: String,
    /// Where to write the pack; a file that is there is not overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    match args.command {
        Command::Export(args) => export(common, &args).await,
        Command::List => list(common).await,
    }
}

async fn export(common: &Common, args: &Export) -> Result<ExitCode> {
    let period = order::days(&args.from, &args.to)?;
    let state::Command { governance, ctx, key } = state::open_for_command(&common.place()?).await?;
    let key = key.ok_or_else(|| {
        Error::invalid(
            "the signing key is not in the data folder: run this where the server runs, or name its folder with --data",
        )
    })?;
    // before the work: a place that cannot be written to makes no pack
    let mut file = reserve(&args.out)?;
    let written = async {
        let order = governance.evidence_order(&ctx, &args.framework, period, true).await?;
        let covered = covered(&governance, order.seq).await?;
        let made = documents::pack::make(&governance, &ctx, order, &key).await?;
        let (made, bytes) = governance.evidence_hand_out(&ctx, made.id).await?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|e| {
            Error::invalid(format!("{} cannot be written: {e}; the pack {} is kept", args.out.display(), made.id))
        })?;
        Ok::<_, Error>((made, covered))
    };
    let (made, covered) = match written.await {
        Ok(done) => done,
        Err(e) => {
            drop(std::fs::remove_file(&args.out));
            return Err(e);
        }
    };
    governance.close().await;
    if common.json {
        println!("{}", serde_json::to_string_pretty(&made).map_err(Error::internal)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(pack) = &made.pack {
        println!(
            "{}: {} bytes, {} events, {} decisions, {} votes, proven by the log of {} entries",
            args.out.display(),
            pack.size,
            pack.events,
            pack.decisions,
            pack.approvals,
            pack.checkpoint
        );
        println!("sha256 {}", pack.sha256);
    }
    if !covered {
        eprintln!(
            "note: no server is running to sign the log's newest entries, so the pack reaches as far as the last checkpoint"
        );
    }
    println!("verify it with: countersign verify {} --key '{}'", args.out.display(), governance.installation().vkey);
    Ok(ExitCode::SUCCESS)
}

/// Opens a new file; what is there stays as it is.
fn reserve(path: &Path) -> Result<std::fs::File> {
    OpenOptions::new().write(true).create_new(true).open(path).map_err(|e| {
        let why = match e.kind() {
            ErrorKind::AlreadyExists => "it is there already; name another file".to_owned(),
            ErrorKind::NotFound => "its folder is not there".to_owned(),
            ErrorKind::PermissionDenied => "this user may not write there".to_owned(),
            _ => e.to_string(),
        };
        Error::invalid(format!("--out {}: {why}", path.display()))
    })
}

/// Waits for the serving node, if there is one, to sign what was just appended.
async fn covered(governance: &Governance, seq: i64) -> Result<bool> {
    let started = std::time::Instant::now();
    loop {
        match governance.log_checkpoint().await {
            Ok(signed) if i64::try_from(signed.size).is_ok_and(|size| size > seq) => return Ok(true),
            Ok(_) => {}
            Err(e) if e.kind == Kind::NotFound => {}
            Err(e) => return Err(e),
        }
        if started.elapsed() > SIGNED_WITHIN {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn list(common: &Common) -> Result<ExitCode> {
    let state::Command { governance, ctx, .. } = state::open_for_command(&common.place()?).await?;
    let orders = all(&governance, &ctx).await?;
    governance.close().await;
    if common.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&serde_json::json!({"items": orders, "next": null}))
                .map_err(Error::internal)?
        );
        return Ok(ExitCode::SUCCESS);
    }
    if orders.is_empty() {
        println!(
            "No evidence pack was made yet: countersign evidence export --framework ID --from DATE --to DATE --out FILE"
        );
    }
    for order in orders {
        let said = match (&order.pack, &order.failure) {
            (Some(pack), _) => format!("{} bytes  sha256 {}", pack.size, pack.sha256),
            (None, Some(why)) => why.clone(),
            (None, None) => String::new(),
        };
        println!("{}  {:<8}  {}  {said}", order.id, order.state, order.file_name());
    }
    Ok(ExitCode::SUCCESS)
}

async fn all(governance: &Governance, ctx: &Ctx) -> Result<Vec<order::Order>> {
    let mut orders = Vec::new();
    loop {
        let page = governance.evidence_list(ctx, orders.last().map(|o: &order::Order| o.id), 100).await?;
        if page.is_empty() {
            return Ok(orders);
        }
        orders.extend(page);
    }
}
