//! `countersign check`: is everything as it was left? Database, log, clock, key, policy bundle.
use super::out::print;
use crate::{
    config::Common,
    state::{Mark, open_for_command},
};
use chrono::TimeDelta;
use governance::{
    Ctx, Governance,
    engine::LogCheck,
    error::{Error, Result},
    log::VerifierKey,
    replay::{Line, Report as Replay},
};
use serde::Serialize;
use std::process::ExitCode;

/// A clock behind the last event by more than this denies what depends on time (semantics.md, Fail closed).
const CLOCK_BACK: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also replay the whole log against the register: no permit behind a revocation, one permit for an approval, one vote for
    /// a person, every decision the same when judged again
    #[arg(long)]
    replay: bool,
}

#[derive(Serialize)]
struct Report {
    holds: bool,
    parts: Vec<Part>,
    /// What the pass over the log found.
    log: LogCheck,
    /// Whether that is on record now: control test AUD-01 asks for a full check a day.
    kept: bool,
    /// With `--replay`: one line an invariant.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
}

#[derive(Serialize)]
struct Part {
    part: &'static str,
    holds: bool,
    detail: String,
}

/// Exit 0 when everything holds, 1 when something does not; what cannot be opened at all is an error.
///
/// # Errors
/// As the database says, or `Invalid` for a key or checkpoint that does not belong to it.
pub async fn run(common: &Common, args: &Args) -> Result<ExitCode> {
    let place = common.place()?;
    let opened = open_for_command(&place).await?;
    let governance = &opened.governance;
    let vkey = VerifierKey::parse(&governance.installation().vkey)?;
    let mark = Mark::open(place.data.join("checkpoint"), &vkey)?;
    let mut parts = vec![part("database", Ok("opens, and is of this version".into()))];
    parts.push(part(
        "key",
        Ok(match &opened.key {
            Some(_) => format!("is the one the log is signed with: {vkey}"),
            None => format!("is not in this folder; the log's is {vkey}"),
        }),
    ));
    let (log, kept) = checked(governance, &opened.ctx, &mark).await?;
    parts.push(part("log", of_log(&log, &mark)));
    parts.push(part("clock", clock(governance).await));
    parts.push(part("bundle", bundle(governance).await));
    let replay = match args.replay {
        true => Some(governance.log_replay(&opened.ctx).await?),
        false => None,
    };
    governance.close().await;
    let holds = parts.iter().all(|p| p.holds) && replay.as_ref().is_none_or(Replay::holds);
    let report = Report { holds, parts, log, kept: kept.is_ok(), replay };
    print(common.json, &report, || text(&report))?;
    if let Err(e) = kept {
        eprintln!("note: that the log was checked could not be put on record: {}", e.detail);
    }
    Ok(ExitCode::from(u8::from(!report.holds)))
}

/// Checks the whole log and keeps the result. A database that takes no entry more is checked all the same; why is beside it.
async fn checked(governance: &Governance, ctx: &Ctx, mark: &Mark) -> Result<(LogCheck, Result<()>)> {
    match governance.log_check_kept(ctx, mark.checkpoint()).await {
        Ok(found) => Ok((found, Ok(()))),
        Err(e) => Ok((governance.log_check(ctx, mark.checkpoint()).await?, Err(e))),
    }
}

fn part(part: &'static str, outcome: Result<String>) -> Part {
    match outcome {
        Ok(detail) => Part { part, holds: true, detail },
        Err(e) => Part { part, holds: false, detail: e.detail },
    }
}

fn of_log(log: &LogCheck, mark: &Mark) -> Result<String> {
    if !log.holds() {
        return Err(Error::invalid(format!("{} things do not hold", log.problem_count)));
    }
    let kept = mark.checkpoint().map_or_else(
        || "no checkpoint is kept in the data folder".to_owned(),
        |c| format!("it continues the checkpoint kept in the data folder, at {}", c.size),
    );
    Ok(format!("{} entries, {} checkpoints and {} payloads hold; {kept}", log.events, log.checkpoints, log.payloads))
}

async fn clock(governance: &Governance) -> Result<String> {
    let (now, last) = (governance.now(), governance.log_last_at().await?);
    match now + CLOCK_BACK < last {
        true => Err(Error::invalid(format!("it is {now}, but the last event is of {last}: set this machine's clock"))),
        false => Ok(format!("it is {now}, after the last event")),
    }
}

async fn bundle(governance: &Governance) -> Result<String> {
    let bundle = governance.policy_active().await?;
    Ok(format!("{} decides, with {} gates", bundle.hash(), bundle.gates().len()))
}

fn text(report: &Report) -> String {
    let mut lines: Vec<String> = report
        .parts
        .iter()
        .map(|p| format!("{}  {:<9} {}", if p.holds { "ok  " } else { "FAIL" }, p.part, p.detail))
        .collect();
    lines.extend(report.log.problems.iter().map(|p| format!("      {p}")));
    let more = report.log.problem_count.saturating_sub(u64::try_from(report.log.problems.len()).unwrap_or(u64::MAX));
    if more > 0 {
        lines.push(format!("      and {more} more"));
    }
    lines.extend(report.replay.iter().flat_map(|replay| &replay.lines).flat_map(invariant));
    lines.join("\n")
}

/// An invariant: whether it holds and on how much, what could not be told, what does not hold.
fn invariant(line: &Line) -> Vec<String> {
    let mark = if line.holds() { "ok  " } else { "FAIL" };
    let mut lines =
        vec![format!("{mark}  {:<9} {} {}", line.invariant.as_str(), line.checked, line.invariant.counted())];
    lines.extend(line.untold.iter().map(|(what, n)| format!("      cannot be told: {n} {what}")));
    lines.extend(line.problems.iter().map(|p| {
        let place = p.seq.map_or_else(String::new, |seq| format!("event {seq}: "));
        format!("      {place}{}: {}", p.about, p.words)
    }));
    let described = u64::try_from(line.problems.len()).unwrap_or(u64::MAX);
    if line.problem_count > described {
        lines.push(format!("      and {} more", line.problem_count - described));
    }
    lines
}
