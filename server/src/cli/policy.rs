//! `countersign policy …`: bundles from the command line.
use super::out::{List, print, short, table};
use super::starters;
use crate::{config::Common, state::open_to_command};
use governance::{
    engine::policies::{Activated, Release, Replay, Shown},
    error::{Error, Result},
    policy::{
        bundle::Bundle,
        duration,
        fault::Fault,
        files::{Files, read_dir},
        testing::TestOutcome,
    },
    store::policies::Listed,
};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Say what is wrong with a bundle's folder, and run its tests; needs no installation
    Check {
        /// Folder with bundle.toml, schema.cedarschema, policies/*.cedar, entities.json, tests/*.toml
        dir: PathBuf,
    },
    /// Make a bundle the one that decides
    Activate {
        /// A bundle's folder; or the hash of an earlier bundle, or its first 8 characters or more, to go back to it
        bundle: String,
    },
    /// Show the active bundle, or one of another hash
    Show {
        hash: Option<String>,
        /// Write the bundle's files into this folder, which must be new or empty
        #[arg(long, value_name = "DIR")]
        write: Option<PathBuf>,
    },
    /// List the stored bundles, newest first
    List,
    /// List the bundles to start from: what each is for, its actions and what waits for people
    Starters,
    /// Write a bundle to start from into a new or empty folder, to be changed there
    Start {
        /// One that `policy starters` lists, such as support or finance
        domain: String,
        dir: PathBuf,
    },
    /// Ask a bundle the questions of the last days again, and say which answers would change
    Replay {
        dir: PathBuf,
        /// How far back, such as 12h or 7d
        #[arg(long, default_value = "7d", value_name = "LENGTH")]
        last: String,
    },
}

pub async fn run(common: &Common, command: Command) -> Result<ExitCode> {
    match command {
        Command::Check { dir } => return check(common.json, &dir),
        Command::Activate { bundle } => return activate(common, &bundle).await,
        Command::Show { hash, write } => show(common, hash.as_deref(), write.as_deref()).await?,
        Command::List => list(common).await?,
        Command::Starters => starters::list(common.json)?,
        Command::Start { domain, dir } => starters::start(common.json, &domain, &dir)?,
        Command::Replay { dir, last } => {
            let seconds = duration::seconds(&last)
                .ok_or_else(|| Error::invalid(format!("--last {last} is not a length such as 12h or 7d")))?;
            let Ok(files) = readable(common.json, &dir)? else { return Ok(BAD_INPUT.into()) };
            let (governance, ctx) = open_to_command(&common.place()?).await?;
            let period = std::time::Duration::from_secs(u64::from(seconds));
            let replay = governance.policy_replay(&ctx, &files, period).await?;
            print(common.json, &replay, || said_replay(&replay, &format!("of the last {last}")))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

const BAD_INPUT: u8 = 2;

/// What `policy check --json` prints.
#[derive(Serialize)]
struct Checked {
    valid: bool,
    name: Option<String>,
    hash: Option<String>,
    rules: usize,
    faults: Vec<Fault>,
    tests: Vec<TestOutcome>,
    /// Rules no test meets.
    untested: Vec<String>,
}

fn check(json: bool, dir: &Path) -> Result<ExitCode> {
    let bundle = match read_dir(dir).map_err(|fault| vec![fault]).and_then(|files| Bundle::from_files(&files)) {
        Ok(bundle) => bundle,
        Err(faults) => return faulty(json, faults),
    };
    let tests = bundle.run_tests();
    let met: BTreeSet<String> = bundle.rules_met_by_tests();
    let checked = Checked {
        valid: tests.iter().all(|test| test.passed),
        name: Some(bundle.manifest().name.clone()),
        hash: Some(bundle.hash().to_owned()),
        rules: bundle.policies().count(),
        faults: vec![],
        untested: bundle.policies().filter(|rule| !met.contains(&rule.id)).map(|rule| rule.id.clone()).collect(),
        tests,
    };
    print(json, &checked, || said_check(&checked))?;
    Ok(if checked.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every fault on its own line; the bundle is bad input.
fn faulty(json: bool, faults: Vec<Fault>) -> Result<ExitCode> {
    if json {
        let checked =
            Checked { valid: false, name: None, hash: None, rules: 0, faults, tests: vec![], untested: vec![] };
        print(true, &checked, String::new)?;
    } else {
        for fault in &faults {
            eprintln!("error: {fault}");
        }
    }
    Ok(BAD_INPUT.into())
}

fn said_check(checked: &Checked) -> String {
    let failed: Vec<_> = checked.tests.iter().filter(|test| !test.passed).collect();
    let mut lines: Vec<String> = failed
        .iter()
        .map(|t| Fault::new(&t.file, t.line, format!("test `{}`: {}", t.name, t.detail)).to_string())
        .collect();
    let hash = checked.hash.as_deref().unwrap_or_default();
    let name = checked.name.as_deref().unwrap_or_default();
    lines.push(format!(
        "{name} {}: {} rules, {} of {} tests passed",
        short(hash),
        checked.rules,
        checked.tests.len() - failed.len(),
        checked.tests.len()
    ));
    if !checked.untested.is_empty() {
        lines.push(format!("note: no test meets {}", checked.untested.join(", ")));
    }
    lines.join("\n")
}

/// The files of a folder that reads as a bundle; its faults are printed.
fn readable(json: bool, dir: &Path) -> Result<std::result::Result<Files, ()>> {
    let read = read_dir(dir).map_err(|fault| vec![fault]);
    match read.and_then(|files| Bundle::from_files(&files).map(|_| files)) {
        Ok(files) => Ok(Ok(files)),
        Err(faults) => faulty(json, faults).map(|_| Err(())),
    }
}

async fn activate(common: &Common, bundle: &str) -> Result<ExitCode> {
    let dir = Path::new(bundle);
    // A folder goes before a hash of the same spelling: what is typed as a path is meant as one.
    let files = match dir.is_dir() {
        true => match readable(common.json, dir)? {
            Ok(files) => Some(files),
            Err(()) => return Ok(BAD_INPUT.into()),
        },
        false if bundle.len() >= 8 && bundle.bytes().all(|b| b.is_ascii_hexdigit()) => None,
        false => return Err(Error::invalid(format!("{bundle} is neither a folder nor the hash of a bundle"))),
    };
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let release = files.as_ref().map_or(Release::Hash(bundle), Release::Files);
    let done = governance.policy_activate(&ctx, release, None).await?;
    print(common.json, &done, || said_activated(&done))?;
    Ok(ExitCode::SUCCESS)
}

fn said_activated(done: &Activated) -> String {
    let mut lines = vec![match done.seq {
        Some(seq) => format!("{} {} decides from event {seq} on", done.name, short(&done.hash)),
        None => format!("{} {} is active already", done.name, short(&done.hash)),
    }];
    if let (Some(_), Some(previous)) = (done.seq, &done.previous) {
        lines.push(format!("before: {0}   back: countersign policy activate {0}", short(previous)));
    }
    lines.extend(done.notes.iter().filter(|_| done.seq.is_some()).map(|note| format!("note: {note}")));
    if done.seq.is_some() {
        lines.push(said_replay(&done.replay, "of late"));
    }
    lines.join("\n")
}

fn said_replay(replay: &Replay, period: &str) -> String {
    let changed: usize = replay.changes.values().sum();
    let mut lines = vec![match (replay.replayed, changed) {
        (0, _) => format!("no decisions {period} to replay"),
        (n, 0) => format!("of {n} decisions {period} none would change"),
        (n, changed) => {
            let kinds = replay.changes.iter().map(|(kind, count)| format!("{kind} {count}"));
            format!("of {n} decisions {period} {changed} would change: {}", kinds.collect::<Vec<_>>().join(", "))
        }
    }];
    if replay.cut {
        lines.push("note: there are more; only the newest were replayed".into());
    }
    if replay.erased > 0 {
        lines.push(format!("note: {} could not be replayed, their inputs were erased", replay.erased));
    }
    let rows = replay.examples.iter().take(20).map(|c| {
        let change = format!("{} → {}", c.before, c.after);
        vec![
            c.decision.to_string(),
            c.subject.clone(),
            c.action.clone(),
            c.resource.clone(),
            change,
            c.because.join(", "),
        ]
    });
    lines.push(table(&rows.collect::<Vec<_>>()));
    lines.join("\n")
}

async fn list(common: &Common) -> Result<()> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let bundles = governance.policy_list(&ctx, 1_000).await?;
    print(common.json, &List { items: &bundles, next: None }, || {
        let mut rows = vec![["", "hash", "name", "stored", "by", "last activated"].map(str::to_owned).to_vec()];
        rows.extend(bundles.iter().map(row));
        table(&rows)
    })
}

fn row(b: &Listed) -> Vec<String> {
    let mark = if b.active { "active" } else { "" };
    let activated = b.activated_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    vec![mark.into(), short(&b.hash).into(), b.name.clone(), b.stored_at.to_string(), b.author.clone(), activated]
}

async fn show(common: &Common, hash: Option<&str>, write: Option<&Path>) -> Result<()> {
    let (governance, ctx) = open_to_command(&common.place()?).await?;
    let shown = governance.policy_show(&ctx, hash).await?;
    if let Some(dir) = write {
        starters::write(dir, &governance.policy_files(&ctx, &shown.listed.hash).await?)?;
    }
    print(common.json, &shown, || said_shown(&shown))
}

fn said_shown(shown: &Shown) -> String {
    let b = &shown.listed;
    let mut lines = vec![format!("{} {}{}", b.name, b.hash, if b.active { " (active)" } else { "" })];
    if !shown.manifest.description.is_empty() {
        lines.push(shown.manifest.description.clone());
    }
    lines.push(format!("stored {} by {}; {} rules, {} tests", b.stored_at, b.author, shown.rules.len(), shown.tests));
    let rules = shown.rules.iter().map(|rule| {
        let gate = shown.gates.iter().find(|gate| gate.id == rule.id);
        let gate = gate.map_or_else(String::new, |g| {
            let tier = if g.quorum > 1 { format!("{} × {}", g.tier, g.quorum) } else { g.tier.to_string() };
            format!("waits for {} ({tier})", g.route)
        });
        vec![rule.effect.to_owned(), rule.id.clone(), format!("{}:{}", rule.file, rule.line), gate]
    });
    lines.push(table(&rules.collect::<Vec<_>>()));
    for route in &shown.routes {
        let asked = if route.members == 0 { "nobody; all approvers are asked" } else { "approvers in the group" };
        let count = if route.members == 0 { String::new() } else { format!("{} ", route.members) };
        let warning = route.unanswerable.as_ref().map_or_else(String::new, |why| format!("  warning: {why}"));
        lines.push(format!("route {}: {count}{asked}{warning}", route.name));
    }
    lines.join("\n")
}
