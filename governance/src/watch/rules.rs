//! What one act says against an identity. Pure functions; a self-report never counts alone, so whoever calls them decides by
//! who observed it what follows.
use super::history::{History, LEAST, Unusual};
use super::{Observed, Prompted, Verdict};
use crate::finding::{Found, Rule, Severity};
use crate::identity::Boundary;
use crate::resource::Resource;
use crate::text::visible_line;
use crate::time::Timestamp;

/// What is known of an act besides what was observed.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The id of who acted, which the findings are about, and the name.
    pub subject: &'a str,
    pub name: &'a str,
    pub boundary: Option<&'a Boundary>,
    pub verdict: Verdict,
    /// Why that verdict, as a sentence without an end.
    pub why: &'a str,
    /// The register says of the action that it cannot be undone, moves money, or the like.
    pub serious: bool,
    pub history: &'a History,
    pub at: Timestamp,
    /// By whom it was observed: `self`, `gateway` or `source`.
    pub observed_by: &'a str,
    /// What looked like a secret in its arguments, in words.
    pub secrets: &'a [String],
}

/// Everything that is odd about one act that was executed.
#[must_use]
pub fn of_act(act: &Observed, f: &Facts<'_>) -> Vec<Found> {
    let mut found: Vec<_> = [
        verdict(act, f),
        boundary(act, f),
        first_tool(act, f),
        first_destination(act, f),
        rate(act, f),
        amount(act, f),
        created(act, f),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.extend(secret(act, f));
    found
}

/// A line of evidence: when, what, on what, by whose word.
#[must_use]
pub fn line(act: &Observed, f: &Facts<'_>) -> String {
    let by = match f.observed_by {
        "self" => "by its own word",
        "gateway" => "seen by a gateway",
        _ => "told by a source",
    };
    let at = f.at.datetime().format("%Y-%m-%d %H:%M:%S UTC");
    let what = format!("{} on {}:{}", act.action, act.resource.kind, act.resource.id);
    format!("{at} · {} · {by}", visible_line(&what))
}

fn found(act: &Observed, f: &Facts<'_>, rule: Rule, severity: Severity, words: String, mend: &str) -> Found {
    Found { rule, subject: f.subject.into(), severity, words, mend: mend.into(), evidence: vec![line(act, f)] }
}

fn verdict(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let action = visible_line(&act.action);
    let (rule, severity, what) = match f.verdict {
        Verdict::Decided => return None,
        Verdict::Undecided if f.serious => (Rule::ExecutedUndecided, Severity::Critical, "without a decision"),
        Verdict::Undecided => (Rule::ExecutedUndecided, Severity::High, "without a decision"),
        Verdict::Different => (Rule::ExecutedDifferently, Severity::Critical, "other than it was decided"),
        Verdict::Denied => (Rule::DeniedYetExecuted, Severity::Critical, "although it was not permitted"),
    };
    let words = format!("{} executed {action} {what}: {}.", f.name, f.why);
    let mend = "Find out by which way it acted past us, and close that way; then say here what you found.";
    Some(found(act, f, rule, severity, words, mend))
}

fn boundary(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let boundary = f.boundary?;
    let tool = !boundary.tools.is_empty() && !boundary.tools.contains(&act.action);
    let class = act
        .data_class
        .as_ref()
        .filter(|class| !boundary.data_classes.is_empty() && !boundary.data_classes.contains(class));
    let what = match (tool, class) {
        (true, _) => format!("{} is not among its tools", visible_line(&act.action)),
        (false, Some(class)) => format!("{} data is not among what it may touch", visible_line(class)),
        (false, None) => return None,
    };
    let words = format!("{} acted outside its documented boundary: {what}.", f.name);
    let mend = "Narrow what it can do, or document that this belongs to its work.";
    Some(found(act, f, Rule::OutsideBoundary, Severity::High, words, mend))
}

fn first_tool(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    f.history.is_first(|past| past.action == act.action).then(|| {
        let words = format!(
            "{} used {} for the first time; not in its {} acts before, of 30 days at most.",
            f.name,
            visible_line(&act.action),
            f.history.len()
        );
        found(act, f, Rule::FirstTool, Severity::Low, words, "Look whether this belongs to its work.")
    })
}

fn first_destination(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let destination = act.destination.as_ref()?;
    let knows_any = f.history.is_first(|past| past.destination.as_ref() == Some(destination));
    knows_any.then(|| {
        let words = format!(
            "{} sent something to {} for the first time; not in its {} acts before, of 30 days at most.",
            f.name,
            visible_line(destination),
            f.history.len()
        );
        found(act, f, Rule::FirstDestination, Severity::Medium, words, "Look whether that place is trusted.")
    })
}

fn rate(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let Unusual { now, usual, base } = f.history.rate(f.at)?;
    let words = format!(
        "{} acted {now} times in an hour; {usual} an hour are usual, by {base} acts before (at least {LEAST} are asked for).",
        f.name
    );
    let mend = "Look at what it is doing; stop it if nobody can say.";
    Some(found(act, f, Rule::UnusualRate, Severity::Medium, words, mend))
}

fn amount(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let Unusual { now, usual, base } = f.history.amount(&act.action, act.amount()?)?;
    let words = format!(
        "{} moved {now} (minor units) by {}; the most of {base} times before was {usual}.",
        f.name,
        visible_line(&act.action)
    );
    let mend = "Compare it with what was asked for; stop it if nobody can say.";
    Some(found(act, f, Rule::UnusualAmount, Severity::High, words, mend))
}

fn created(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let made = act.created.as_ref()?;
    let words = format!(
        "{} created {} {}. What an agent makes acts for it, and nobody was asked.",
        f.name,
        visible_line(&made.kind),
        visible_line(&made.name)
    );
    let mend = "Register what it made with an owner, or delete it where it was made.";
    Some(found(act, f, Rule::CreatedIdentity, Severity::High, words, mend))
}

fn secret(act: &Observed, f: &Facts<'_>) -> Option<Found> {
    let words = secret_words(f.name, &arguments(&act.action), f.secrets)?;
    Some(found(act, f, Rule::SecretInArguments, Severity::High, words, ROTATE))
}

const ROTATE: &str = "Rotate what was shown: it went through prompts and logs of others.";

fn arguments(action: &str) -> String {
    format!("the arguments of {}", visible_line(action))
}

/// `place`: into what they were put.
fn secret_words(name: &str, place: &str, secrets: &[String]) -> Option<String> {
    let (first, more) = secrets.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("{} put {first}{more} into {place}; it was not stored.", visible_line(name)))
}

/// What a person approved and nobody saw executed; `line` is the act, as evidence.
#[must_use]
pub fn of_missed(subject: &str, name: &str, action: &str, line: String) -> Found {
    let (name, action) = (visible_line(name), visible_line(action));
    Found {
        rule: Rule::NeverExecuted,
        subject: subject.into(),
        severity: Severity::Low,
        words: format!("A person approved {action} for {name}, and no gateway saw it executed in its time."),
        mend: "Ask what became of it: perhaps it was not needed, perhaps it was done past the gateway.".into(),
        evidence: vec![line],
    }
}

/// A tool that was used with another definition than the approved one.
#[must_use]
pub fn of_definition(it: &Resource, act: &Observed, digest: &str, observed_by: &str, at: Timestamp) -> Found {
    let name = visible_line(&it.name()).into_owned();
    let agent = visible_line(&act.agent.id);
    let by = if observed_by == "self" { ", by its own word" } else { "" };
    let held = match observed_by {
        "self" => "An agent's own word stops nothing.",
        _ => "What it would be used for waits for a person.",
    };
    Found {
        rule: Rule::DefinitionChanged,
        subject: it.id.to_string(),
        severity: Severity::High,
        words: format!("{name} was used with another definition than the approved one. {held}"),
        mend: format!("See what changed, then say which may be used: resource approve {name} DIGEST."),
        evidence: vec![format!("{} · {agent}{by} · {digest}", at.datetime().format("%Y-%m-%d %H:%M:%S UTC"))],
    }
}

/// A prompt in which secrets stood; nothing of it was taken in. `None`: there were none.
#[must_use]
pub fn of_prompt(prompt: &Prompted, f: (&str, &str), observed_by: &str, at: Timestamp) -> Option<Found> {
    let (subject, name) = f;
    let by = if observed_by == "self" { "by its own word" } else { "seen by a gateway" };
    let which = prompt.id.as_deref().map(|id| format!(" · span {}", visible_line(id))).unwrap_or_default();
    Some(Found {
        rule: Rule::SecretInArguments,
        subject: subject.into(),
        severity: Severity::High,
        words: secret_words(name, "a prompt", &prompt.secrets)?,
        mend: ROTATE.into(),
        evidence: vec![format!("{} · prompt · {by}{which}", at.datetime().format("%Y-%m-%d %H:%M:%S UTC"))],
    })
}

/// A question in which secrets stood; they were taken out before it was evaluated.
#[must_use]
pub fn of_question(subject: &str, name: &str, action: &str, secrets: &[String], at: Timestamp) -> Found {
    Found {
        rule: Rule::SecretInArguments,
        subject: subject.into(),
        severity: Severity::High,
        words: secret_words(name, &arguments(action), secrets).unwrap_or_default(),
        mend: ROTATE.into(),
        evidence: vec![format!(
            "{} · {} · asked here",
            at.datetime().format("%Y-%m-%d %H:%M:%S UTC"),
            visible_line(action)
        )],
    }
}
