//! The rules: pure functions of what the register holds at one instant.
//!
//! A rule never takes silence for an answer: where a source does not tell of use, nothing is called unused.
mod standing;

use super::{Found, Rule, Severity};
use crate::{
    build::Build,
    credential::{self, Credential},
    entitlement::{Entitlement, Use},
    identity::{Environment, Identity, Status},
    person,
    sighting::{Sighting, Stage, due_at},
    source::Told,
    time::Timestamp,
};
use chrono::TimeDelta;

/// How long without use is unused, and how old a key may be.
pub const DAYS: i64 = 90;

/// What the register holds about one identity.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub identity: &'a Identity,
    /// `None`: there is no such person; the status of those there are.
    pub owner: Option<person::Status>,
    pub backup: Option<person::Status>,
    pub entitlements: &'a [Entitlement],
    pub credentials: &'a [Credential],
    /// When it last asked us or was reported by a gateway; `None`: never.
    pub last_asked_at: Option<Timestamp>,
    /// `None`: it never named one.
    pub build: Option<&'a Build>,
    /// When its role, or its owner's, last changed, and what of it; `None`: never.
    pub role_changed: Option<&'a (Timestamp, String)>,
    /// What its sources say its rights lead to, each with where it holds it.
    pub powers: &'a [(String, String)],
    /// How far the word of all the sources goes that tell when it was last used; `None`: none tells.
    pub told: Option<Told>,
}

/// Everything the rules find about one identity. A retired one has no findings.
#[must_use]
pub fn of_identity(facts: &Facts<'_>, now: Timestamp) -> Vec<Found> {
    if facts.identity.status == Status::Retired {
        return vec![];
    }
    let mut found: Vec<_> = [
        no_owner(facts, now),
        no_backup(facts),
        unused(facts, now),
        standing::administrative(facts),
        standing::can_escalate(facts),
        never_attested(facts, now),
        not_monitored(facts),
        build_changed(facts),
        attest_again(facts),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.extend(facts.credentials.iter().filter_map(|c| key_old(facts, c, now)));
    found.extend(facts.credentials.iter().filter_map(|c| secret_in_config(facts, c)));
    found
}

/// A group that a gate names and in which nobody active is an approver: all approvers are asked in its place.
#[must_use]
pub fn of_route(route: &str) -> Found {
    Found {
        rule: Rule::EmptyRoute,
        subject: format!("route:{route}"),
        severity: Severity::High,
        words: format!("Nobody active in the group {route} is an approver, so every approver is asked instead."),
        mend: format!("Put approvers into the group {route}, or name another group in the policy."),
        evidence: vec![],
    }
}

/// A group in which too few are left to decide once those who asked, handed it on or wrote the rule are taken away: what
/// stopped there was denied without anybody being asked.
#[must_use]
pub fn of_short_route(route: &str, needs: u32, has: usize) -> Found {
    let able = match has {
        0 => "nobody".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    };
    Found {
        rule: Rule::ShortRoute,
        subject: format!("route:{route}"),
        severity: Severity::High,
        words: format!(
            "A request that waits for {route} was denied: it needs {needs} who did not ask for it, an owner not alone, and {able} could be asked."
        ),
        mend: format!("Put more approvers into the group {route}, people who do not start this work themselves."),
        evidence: vec![],
    }
}

/// A notice was given up: those it was for were not told while it mattered.
#[must_use]
pub fn of_undelivered(notice: &crate::notice::Notice) -> Found {
    let error = notice.error.as_deref().unwrap_or("no attempt was made");
    Found {
        rule: Rule::NoticeUndelivered,
        subject: notice.place(),
        severity: Severity::Medium,
        words: format!("A notice by {} was given up after {} attempts.", notice.channel, notice.attempts),
        mend: "See that the place answers; the next notice that arrives there ends this.".into(),
        evidence: vec![crate::text::visible_line(error).into_owned()],
    }
}

/// A principal that asked us and is not in the register; overdue it is worse.
#[must_use]
pub fn of_sighting(sighting: &Sighting, now: Timestamp) -> Option<Found> {
    let (due, stage) = (due_at(sighting.first_seen_at), Stage::of(sighting.first_seen_at, now));
    sighting.identity.is_none().then(|| Found {
        rule: Rule::UnregisteredPrincipalAsked,
        subject: sighting.id.to_string(),
        severity: if stage == Stage::Over { Severity::Critical } else { Severity::High },
        words: format!(
            "{} asked and is not in the register; it was denied. First {}, last {}; {} {}.",
            sighting.principal,
            day(sighting.first_seen_at),
            day(sighting.last_seen_at),
            match stage {
                Stage::Runs => "to be registered by",
                Stage::Ending => "to be registered within two days, by",
                Stage::Over => "overdue since",
            },
            day(due)
        ),
        mend: format!(
            "Register it: identity add {} --kind {} --owner EMAIL; or find out who runs it.",
            sighting.name, sighting.kind
        ),
        evidence: vec![],
    })
}

fn of(facts: &Facts<'_>, rule: Rule, severity: Severity, words: String, mend: &str) -> Found {
    Found { rule, subject: facts.identity.id.to_string(), severity, words, mend: mend.into(), evidence: vec![] }
}

fn in_production(facts: &Facts<'_>) -> bool {
    facts.identity.environment == Some(Environment::Production)
}

fn privileged<'a>(facts: &Facts<'a>) -> Vec<&'a Entitlement> {
    facts.entitlements.iter().filter(|e| e.facts.privilege.is_privileged()).collect()
}

/// How far the time has run of what a source showed and nobody registered: it was there before anybody answered for it. `None`:
/// it has an owner, or no clock.
#[must_use]
pub fn gap_stage(facts: &Facts<'_>, now: Timestamp) -> Option<Stage> {
    let it = facts.identity;
    let gap = it.source.is_some() && facts.owner.is_none() && it.status != Status::Retired;
    gap.then(|| Stage::of(it.registered_at, now))
}

fn no_owner(facts: &Facts<'_>, now: Timestamp) -> Option<Found> {
    let (due, stage) = (due_at(facts.identity.registered_at), gap_stage(facts, now));
    let overdue = stage == Some(Stage::Over);
    let words = match facts.owner {
        Some(person::Status::Active) => return None,
        Some(status) => {
            format!("The owner of {} {}: nobody active answers for it.", facts.identity.name, status.said())
        }
        None => format!("Nobody answers for {}.", facts.identity.name),
    };
    let words = match stage {
        Some(Stage::Over) => format!("{words} An owner is overdue since {}.", day(due)),
        Some(Stage::Ending) => format!("{words} An owner is due within two days, by {}.", day(due)),
        Some(Stage::Runs) => format!("{words} An owner is due by {}.", day(due)),
        None => words,
    };
    let serious = overdue || in_production(facts) || !privileged(facts).is_empty();
    let severity = if serious { Severity::High } else { Severity::Medium };
    Some(of(facts, Rule::NoOwner, severity, words, "Assign an owner and a backup: identity own FILE.csv."))
}

fn no_backup(facts: &Facts<'_>) -> Option<Found> {
    if !in_production(facts) || facts.backup == Some(person::Status::Active) {
        return None;
    }
    let words = match facts.backup {
        Some(status) => format!("{} is in production and its backup owner is {status}.", facts.identity.name),
        None => format!("{} is in production and has no backup owner.", facts.identity.name),
    };
    Some(of(facts, Rule::NoBackup, Severity::Medium, words, "Name a backup owner: identity own FILE.csv."))
}

/// Entitlements first: what it could do and did not. Without any that report use, the identity's own last use.
fn unused(facts: &Facts<'_>, now: Timestamp) -> Option<Found> {
    let uses = facts.entitlements.iter().map(|e| (e, e.used(known_since(facts.identity, e), now, DAYS)));
    let told: Vec<_> = uses.filter(|(_, used)| *used != Use::Unknown).collect();
    let idle: Vec<_> = told.iter().filter(|(_, used)| matches!(used, Use::Unused(_))).map(|(e, _)| e).collect();
    if idle.is_empty() {
        return unused_identity(facts, now);
    }
    let severity =
        if idle.iter().any(|e| e.facts.privilege.is_privileged()) { Severity::High } else { Severity::Medium };
    let silent = facts.entitlements.len() - told.len();
    let rest = if silent == 0 { String::new() } else { format!(" Of {silent} more the source does not say.") };
    let words = format!(
        "{} of {} entitlements of {} unused for {DAYS} days.{rest}",
        idle.len(),
        told.len(),
        facts.identity.name
    );
    let mut found = of(facts, Rule::Unused90d, severity, words, "Take away what is not used, or retire the identity.");
    found.evidence = idle
        .iter()
        .take(10)
        .map(|e| format!("{} on {}: last used {}", e.key.action, e.key.resource, e.facts.last_used_words()))
        .collect();
    Some(found)
}

/// Unused is what nobody saw used who tells of use, in the days before the first of their words ends; one who has been silent
/// for too long may have missed it.
fn unused_identity(facts: &Facts<'_>, now: Timestamp) -> Option<Found> {
    let words = facts.identity.usage_reported.then_some(facts.told).flatten().into_iter();
    let words = words.chain(facts.credentials.iter().filter(|c| c.facts.usage_reported).filter_map(|c| c.told));
    let words = words.chain(facts.entitlements.iter().filter(|e| e.facts.usage_reported).filter_map(|e| e.told));
    let since = match words.map(Some).reduce(Told::all).flatten() {
        Some(told) if !told.counts(now) => return None,
        Some(told) => told.until.min(now) - TimeDelta::days(DAYS),
        // a log of what it did may have ended: only who reports use, or a question to us, tells that there was none since
        None => facts.last_asked_at.map(|_| now - TimeDelta::days(DAYS))?,
    };
    let last = facts
        .credentials
        .iter()
        .filter_map(|c| c.facts.last_used_at)
        .chain(facts.entitlements.iter().filter_map(|e| e.facts.last_used_at))
        .chain(facts.identity.last_used_at)
        .chain(facts.last_asked_at)
        .max();
    let young = facts.identity.first_seen_at >= since;
    if young || last.is_some_and(|at| at >= since) {
        return None;
    }
    let words = match last {
        Some(at) => format!("{} was last used on {}: more than {DAYS} days ago.", facts.identity.name, day(at)),
        None => format!("{} was never used, as far as its source looks back.", facts.identity.name),
    };
    let severity = if privileged(facts).is_empty() { Severity::Medium } else { Severity::High };
    Some(of(facts, Rule::Unused90d, severity, words, "Retire it, or have its owner say why it stays."))
}

fn key_old(facts: &Facts<'_>, credential: &Credential, now: Timestamp) -> Option<Found> {
    let it = &credential.facts;
    let since = it.in_use_since()?;
    let days = (now - since).num_days();
    if !(it.long_lived && it.active) || matches!(it.kind, credential::Kind::Password) || days <= DAYS {
        return None;
    }
    Some(Found {
        rule: Rule::KeyOlder90d,
        subject: credential.id.to_string(),
        severity: if days > 365 { Severity::High } else { Severity::Medium },
        words: format!("{} of {} is {days} days old.", credential.key, facts.identity.name),
        mend: "Rotate it, or replace it by a trust that issues short-lived tokens.".into(),
        evidence: vec![format!("in use since {}", day(since))],
    })
}

fn secret_in_config(facts: &Facts<'_>, credential: &Credential) -> Option<Found> {
    credential.facts.exposed.then(|| Found {
        rule: Rule::SecretInConfig,
        subject: credential.id.to_string(),
        severity: Severity::Critical,
        words: format!("{} of {} stands readable in a configuration file.", credential.key, facts.identity.name),
        mend: "Revoke the secret where it was issued, then refer to it by an input or an environment variable.".into(),
        evidence: vec![credential.facts.detail.clone()],
    })
}

fn never_attested(facts: &Facts<'_>, now: Timestamp) -> Option<Found> {
    if facts.identity.attested_at.is_some() {
        return None;
    }
    let days = (now - facts.identity.registered_at).num_days();
    let severity = if days > DAYS { Severity::Medium } else { Severity::Low };
    let words = format!("No owner ever answered for {} ({days} days in the register).", facts.identity.name);
    Some(of(facts, Rule::NeverAttested, severity, words, "Ask its owner: keep, keep less, not mine, retire."))
}

/// Whether any source tells when it is used.
fn told_of_use(facts: &Facts<'_>) -> bool {
    facts.identity.usage_reported
        || facts.credentials.iter().any(|c| c.facts.usage_reported)
        || facts.entitlements.iter().any(|e| e.facts.usage_reported)
}

/// Somebody tells us what it does: it asks us, a source reports use, or its logs showed it act.
#[must_use]
pub fn is_monitored(facts: &Facts<'_>) -> bool {
    facts.last_asked_at.is_some() || facts.identity.last_used_at.is_some() || told_of_use(facts)
}

fn not_monitored(facts: &Facts<'_>) -> Option<Found> {
    if is_monitored(facts) {
        return None;
    }
    let severity = if in_production(facts) { Severity::Medium } else { Severity::Low };
    let words = format!("{} never asked us, and no source tells of its use.", facts.identity.name);
    Some(of(facts, Rule::NotMonitored, severity, words, "Connect it with a key, or import its activity."))
}

/// It asked with another build than the one that may act, and nobody has said yet which it shall be.
fn build_changed(facts: &Facts<'_>) -> Option<Found> {
    let build = facts.build?;
    let (changed, at) = (build.changed.as_deref()?, build.changed_at?);
    let name = &facts.identity.name;
    let words = format!(
        "{name} asked on {} with another model, prompt or tools than before: what it may do is suspended.",
        day(at)
    );
    let severity = if in_production(facts) { Severity::High } else { Severity::Medium };
    let mend = format!("See what changed, then say which may act: identity build {name} --approve DIGEST.");
    let mut found = of(facts, Rule::BuildChanged, severity, words, &mend);
    let how = if build.approved_by.is_some() { "approved" } else { "first seen" };
    found.evidence = vec![format!("{how} {}: {}", day(build.since), build.digest), format!("asks as {changed}")];
    Some(found)
}

/// It, or its owner, has another role, it still holds what it held before without an end, and its owner has not answered for it
/// since.
fn attest_again(facts: &Facts<'_>) -> Option<Found> {
    let (at, why) = facts.role_changed?;
    if facts.identity.attested_at.is_some_and(|attested| attested > *at) {
        return None;
    }
    let held: Vec<_> = facts.entitlements.iter().filter(|e| e.facts.is_standing() && e.first_seen_at <= *at).collect();
    if held.is_empty() {
        return None;
    }
    let name = &facts.identity.name;
    let (n, what) = (held.len(), if held.len() == 1 { "entitlement" } else { "entitlements" });
    let words =
        format!("{name} has another role since {} ({why}) and holds {n} standing {what} from before.", day(*at));
    let severity =
        if held.iter().any(|e| e.facts.privilege.is_privileged()) { Severity::High } else { Severity::Medium };
    let mend = "Ask its owner what of it the new role needs: keep, keep less, not mine, retire.";
    let mut found = of(facts, Rule::AttestAgain, severity, words, mend);
    found.evidence =
        held.iter().take(10).map(|e| format!("{} on {}, by {}", e.key.action, e.key.resource, e.key.via)).collect();
    Some(found)
}

/// What was there when we first looked is as old as the identity, as far as anyone knows; what a later import added is not.
#[must_use]
pub fn known_since(identity: &Identity, entitlement: &Entitlement) -> Timestamp {
    if entitlement.first_seen_at > identity.registered_at { entitlement.first_seen_at } else { identity.first_seen_at }
}

fn day(at: Timestamp) -> String {
    at.datetime().format("%Y-%m-%d").to_string()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
