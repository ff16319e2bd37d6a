//! The command line: one file a command. Exit codes: 0 done, 1 the thing failed or is false, 2 bad input, 64 wrong usage.
mod action;
mod answering;
mod assess;
mod check;
mod evidence;
mod files;
mod findings;
mod hook;
mod identity;
mod import;
mod key;
mod log;
mod matching;
mod observed;
mod out;
mod person;
mod policy;
mod record;
mod resource;
mod revoke;
mod secrets;
mod serve;
mod starters;
mod task;
mod verify;
mod watch;

use crate::config::Common;
use clap::Parser as _;
use governance::error::{Error, Kind};
use std::process::ExitCode;

/// Governs AI agents and service accounts: nothing above its limit runs without a person, and every answer is on record.
#[derive(Debug, clap::Parser)]
#[command(name = "countersign", version, about, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Start the console and the API; the first start prints a one-time sign-in link for the first admin
    Serve(serve::Args),
    /// People, their roles and groups, their one-time links
    #[command(subcommand)]
    Person(person::Command),
    /// The register of what acts: agents, service accounts, workloads, pipelines, keys
    #[command(subcommand)]
    Identity(identity::Command),
    /// Say what an action is, whoever asks for it
    #[command(subcommand)]
    Action(action::Command),
    /// The register of what agents act with: tools, destinations, memory stores
    #[command(subcommand)]
    Resource(resource::Command),
    /// Keys by which agents and gateways call
    #[command(subcommand)]
    Key(key::Command),
    /// Bring an inventory in: aws-iam, gcp, kubernetes, mcp-config, entra, okta, github, a2a, csv; or activity logs
    Import(import::Args),
    /// Start, check, activate, show and replay policy bundles
    #[command(subcommand)]
    Policy(policy::Command),
    /// Take access back at once
    Revoke(revoke::Args),
    /// What agents work for: a purpose with an end, and everything allowed for it ends with it
    #[command(subcommand)]
    Task(task::Command),
    /// Where ticket and deployment systems open and close tasks, signed
    #[command(subcommand)]
    Hook(hook::Command),
    /// What rules may do by themselves, and what they did
    #[command(subcommand)]
    Watch(watch::Command),
    /// Open gaps and risks
    Findings(findings::Args),
    /// Secrets of all identities: age, rotation, place, exposure, sharing
    Secrets(secrets::Args),
    /// Run the control tests over the register, and say what each framework's controls come to
    Assess(assess::Args),
    /// Evidence packs: signed archives of results and records that a stranger verifies offline
    Evidence(evidence::Args),
    /// Keep, export and prove the log
    #[command(subcommand)]
    Log(log::Command),
    /// See whether database, log, clock, key and policy bundle are as they were left
    Check(check::Args),
    /// Check an evidence pack, offline; exit 0 valid, 1 invalid, 2 valid but without a witness from outside
    Verify(verify::Args),
}

/// Reads the command line, does what it says, and turns the outcome into one line and an exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let code = if e.use_stderr() { 64 } else { 0 };
            drop(e.print());
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&Error::internal(e), cli.common.json),
    };
    let json = cli.common.json;
    match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(e) => failed(&e, json),
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Error> {
    let common = cli.common;
    match cli.command {
        Command::Serve(args) => serve::run(&common, args).await,
        Command::Person(command) => person::run(&common, command).await,
        Command::Identity(command) => identity::run(&common, command).await,
        Command::Action(command) => action::run(&common, command).await,
        Command::Resource(command) => resource::run(&common, command).await,
        Command::Key(command) => key::run(&common, command).await,
        Command::Import(args) => import::run(&common, args).await,
        Command::Policy(command) => policy::run(&common, command).await,
        Command::Revoke(args) => revoke::run(&common, args).await,
        Command::Task(command) => task::run(&common, command).await,
        Command::Hook(command) => hook::run(&common, command).await,
        Command::Watch(command) => watch::run(&common, command).await,
        Command::Findings(args) => findings::run(&common, args).await,
        Command::Secrets(args) => secrets::run(&common, args).await,
        Command::Assess(args) => assess::run(&common, args).await,
        Command::Evidence(args) => evidence::run(&common, args).await,
        Command::Log(command) => log::run(&common, command).await,
        Command::Check(args) => check::run(&common, &args).await,
        Command::Verify(args) => verify::run(&common, &args),
    }
}
/// 0 if all of it went in, 1 if some was skipped (and said).
fn partly(whole: bool) -> ExitCode {
    if whole { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// One line on standard error (with `--json` the problem document), and the code that fits.
fn failed(e: &Error, json: bool) -> ExitCode {
    if json && let Ok(text) = serde_json::to_string(&e.problem()) {
        eprintln!("{text}");
    } else {
        eprintln!("error: {}", said(e));
    }
    ExitCode::from(if e.kind == Kind::Invalid { 2 } else { 1 })
}

/// What went wrong, for whoever sits at this machine: causes included.
fn said(e: &Error) -> String {
    let mut text = e.detail.clone();
    let mut next = std::error::Error::source(e);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn causes_are_said_once() {
        let e = Error { kind: Kind::Internal, detail: "internal error".into(), source: Some("disk\nfull".into()) };
        assert_eq!(said(&e), "internal error: disk full");
    }
}
