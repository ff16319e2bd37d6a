//! What a pattern goes on allowing though its source reports it to be unused: single actions, and under `*` whole services.
//!
//! No list of all actions of a service is at hand, so a pattern is not replaced by what was used: it stays, and beside it what is
//! surely unused is denied. So whatever the source does not tell of by itself goes on working.
use super::aws::policy::Match;
use super::right_size::{Dropped, words};
use crate::entitlement::{Entitlement, Use};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Last uses by action (`s3:CreateBucket`) and service (`s3:*`), as [`crate::import::snapshot::Claim::usage`] has them.
pub type Usage = BTreeMap<String, Option<Timestamp>>;

/// The source gives whole minutes: a log that has the same call is later by less.
const ROUNDING: TimeDelta = TimeDelta::minutes(1);

/// The actions and services of one identity that are surely unused.
#[derive(Debug, Clone, Default)]
pub struct Idle {
    units: Vec<Unit>,
    /// Those of the units that are services.
    services: BTreeSet<String>,
    /// Characters that a document may have.
    room: usize,
}

#[derive(Debug, Clone)]
struct Unit {
    lower: String,
    dropped: Dropped,
}

impl Idle {
    /// Sure of an action is only what is so for every right that meets it: each is reported on, known for the whole window
    /// (`used` says), and no log has seen it used later than the source says. `room`: the most characters of a document.
    #[must_use]
    pub fn of(usage: &Usage, rights: &[Entitlement], used: impl Fn(&Entitlement) -> Use, room: usize) -> Self {
        if usage.is_empty() {
            return Self::default();
        }
        let told: Usage = usage.iter().map(|(name, last)| (name.to_ascii_lowercase(), *last)).collect();
        let held: Vec<_> = rights.iter().map(|it| (pattern(&it.key.action), it, outdone(it, &told))).collect();
        let mut idle = Self { room, ..Self::default() };
        // that a role was passed is no call, so no use of IAM shows it
        for (name, last) in usage.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("iam:*")) {
            let lower = name.to_ascii_lowercase();
            let unused = |it: &Entitlement| {
                let mut it = it.clone();
                it.facts.last_used_at = *last;
                matches!(used(&it), Use::Unused(_))
            };
            let mut meeting = held.iter().filter(|(actions, ..)| actions.meets(&lower));
            if meeting.all(|(_, it, outdone)| !outdone && unused(it)) {
                if lower.ends_with(":*") {
                    idle.services.insert(lower.clone());
                }
                idle.units.push(Unit { lower, dropped: Dropped { action: name.clone(), last_used_at: *last } });
            }
        }
        idle
    }

    /// Adds a denial after each statement whose patterns allow something idle, on the same resources under the same conditions, and
    /// returns what they deny. Where the document had no room for them, it stays as it is.
    #[must_use]
    pub fn deny(&self, document: &mut Value) -> Vec<Dropped> {
        let Some(statements) = document.get("Statement").and_then(Value::as_array) else { return vec![] };
        let (mut all, mut denied) = (vec![], BTreeMap::new());
        for statement in statements {
            all.push(statement.clone());
            let idle = self.under(statement, statements);
            if !idle.is_empty() {
                all.push(denial(statement, &idle));
                denied.extend(idle.into_iter().map(|it| (it.action.clone(), it)));
            }
        }
        let mut wider = document.clone();
        wider["Statement"] = Value::Array(all);
        if denied.is_empty() || wider.to_string().chars().filter(|c| !c.is_whitespace()).count() > self.room {
            return vec![];
        }
        *document = wider;
        denied.into_values().collect()
    }

    fn under(&self, statement: &Value, beside: &[Value]) -> Vec<Dropped> {
        if effect(statement) != Some("Allow") {
            return vec![];
        }
        let there = beside.iter().filter(|it| effect(it) == Some("Deny") && alike(it, statement)).flat_map(patterns);
        let there: Vec<_> = there.collect();
        let wild: Vec<_> = patterns(statement).filter(|p| !plain(p)).collect();
        let idle = self.units.iter().filter(|unit| {
            let is = |actions: &Match| match self.services.contains(&unit.lower) {
                true => of_all_services(actions) && actions.meets(&unit.lower),
                false => actions.covers(&unit.lower) && !self.services.contains(&service(&unit.lower)),
            };
            wild.iter().any(is) && !there.iter().any(|denied| denied.covers(&unit.lower))
        });
        idle.map(|unit| unit.dropped.clone()).collect()
    }
}

/// A right was used later than its source says: a log saw what the source did not.
fn outdone(it: &Entitlement, told: &Usage) -> bool {
    let action = it.key.action.to_ascii_lowercase();
    let last = match action.starts_with('*') {
        true => told.values().max().copied().flatten(),
        false => told.get(&action).or_else(|| told.get(&service(&action))).copied().flatten(),
    };
    it.facts.last_used_at.is_some_and(|used| last.is_none_or(|last| used > last + ROUNDING))
}

fn denial(statement: &Value, idle: &[Dropped]) -> Value {
    let mut denial = statement.clone();
    if let Some(fields) = denial.as_object_mut() {
        fields.remove("Sid");
        fields.remove("NotAction");
        fields.insert("Effect".into(), "Deny".into());
        fields.insert("Action".into(), json!(idle.iter().map(|it| &it.action).collect::<Vec<_>>()));
    }
    denial
}

fn effect(statement: &Value) -> Option<&str> {
    statement.get("Effect").and_then(Value::as_str)
}

/// On the same resources under the same conditions.
fn alike(a: &Value, b: &Value) -> bool {
    ["Resource", "NotResource", "Condition"].iter().all(|key| a.get(key) == b.get(key))
}

fn patterns(statement: &Value) -> impl Iterator<Item = Match> + use<> {
    words(statement, "Action", "NotAction").into_iter().map(|action| pattern(&action))
}

/// As an entitlement words it.
fn pattern(action: &str) -> Match {
    let action = action.to_ascii_lowercase();
    match action.strip_prefix("* except ") {
        Some(but) => Match::AllBut(but.split(", ").map(str::to_owned).collect()),
        None => Match::Only(vec![action]),
    }
}

fn plain(actions: &Match) -> bool {
    matches!(actions, Match::Only(all) if all.iter().all(|p| !p.contains(['*', '?'])))
}

fn of_all_services(actions: &Match) -> bool {
    match actions {
        Match::Only(all) => all.iter().any(|p| p.starts_with('*')),
        Match::AllBut(_) => true,
    }
}

/// `s3:*` of `s3:createbucket`.
fn service(action: &str) -> String {
    format!("{}:*", action.split(':').next().unwrap_or_default())
}

#[cfg(test)]
#[path = "idle_tests.rs"]
mod tests;
