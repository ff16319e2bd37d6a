use crate::{
    config::{Address, Common, Notices},
    notices::settings::Settings,
    serve::{Listening, Stop, listen},
    state, telemetry,
};
use governance::error::{Error, Result};
use std::{io::Write as _, net::SocketAddr, process::ExitCode};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "COUNTERSIGN_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// How browsers and agents reach this from outside; with https, cookies are locked to it
    #[arg(long, env = "COUNTERSIGN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// What to log: info, debug, or as `tracing` has it [default: info]
    #[arg(long, env = "COUNTERSIGN_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// Log one JSON object a line
    #[arg(long, env = "COUNTERSIGN_LOG_JSON")]
    log_json: bool,
    #[command(flatten)]
    notices: Notices,
}

pub async fn run(common: &Common, args: Args) -> Result<ExitCode> {
    let file = common.file()?;
    let place = common.place()?;
    let filter = args.log.or(file.log).unwrap_or_else(|| "info".into());
    telemetry::start(&filter, args.log_json || file.log_json.unwrap_or(false)).map_err(Error::invalid)?;
    let public = args.public_url.or(file.public_url).map(|url| Address::parse(&url)).transpose()?;
    let settings = Settings::read(&args.notices.or(file.notices))?;
    let socket = args.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));

    // The port first: when it is taken, nothing must have been made.
    let Listening { listener, address } = listen(socket, public).await?;
    let stop = Stop::listen()?;
    let opened = state::open_to_serve(&place).await?;
    let link = opened.governance.first_link().await?;
    let mut said = format!("Countersign answers on {}\n", address.url);
    if let Some(link) = link {
        said += "First start: sign in as the first admin, once, within 15 minutes:\n";
        said += &format!("  {}{}/{}\n", address.url, app::paths::SIGN_IN, link.token);
    }
    // nobody may be listening any more; that is no reason to end
    drop(std::io::stdout().write_all(said.as_bytes()));
    crate::serve::run(Listening { listener, address }, opened, settings, &place.data, stop).await?;
    Ok(ExitCode::SUCCESS)
}
