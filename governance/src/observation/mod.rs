//! What was seen of an identity that is only observed (semantics.md, Modes per identity): what enforcing would hold back, and
//! a boundary and limits drafted from its use. Pure functions over what was asked.
//!
//! `boundary.rs` the documented boundary its use fits in; `limits.rs` its busiest day, and the rule that would hold it there.
pub mod boundary;
pub mod limits;

use crate::decision::Outcome;
use crate::id::{DecisionId, IdentityId};
use crate::identity::Boundary;
use crate::run::DataClass;
use crate::time::Timestamp;
use limits::Limit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Days that are looked at where nobody says how many …
pub const DAYS: u16 = 14;
/// … and at most.
pub const MOST_DAYS: u16 = 90;

/// One question, as far as a draft is made of it, with the answer it would get today if the identity were enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub decision: DecisionId,
    pub at: Timestamp,
    pub action: String,
    pub answer: Outcome,
    /// The rules that decide it, or the reason where no rule does.
    pub because: Vec<String>,
    /// It was held back although the identity is only observed.
    pub held: bool,
    pub data_class: Option<DataClass>,
    /// In the unit the bundle names for the action.
    pub amount: Option<Amount>,
}

/// A number that matters of one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    pub value: i64,
    /// A currency, or a word such as `records`.
    pub unit: Option<String>,
    pub minor_units: bool,
}

/// One kind of act that enforcing would hold back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub action: String,
    /// `escalate`: it would wait for a person; `deny`.
    pub answer: Outcome,
    pub because: Vec<String>,
    pub n: usize,
    /// Of them, how many were held back already.
    pub held: usize,
    pub last: DecisionId,
    pub last_at: Timestamp,
}

/// What an identity did in a period, measured against the policy of today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub identity: IdentityId,
    /// The period looked at is `[from, to)`.
    pub from: Timestamp,
    pub to: Timestamp,
    /// The bundle that would decide.
    pub bundle: String,
    /// The oldest and the newest question of the period.
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    /// Questions that were answered again.
    pub asked: usize,
    pub permitted: usize,
    pub to_a_person: usize,
    pub denied: usize,
    /// Questions whose content was erased: nothing is said of them.
    pub erased: usize,
    /// There are more questions than were looked at; the newest were.
    pub cut: bool,
    /// What enforcing would hold back, the most frequent first.
    pub stops: Vec<Stop>,
    /// What its permitted use fits in; `None`: too little history.
    pub boundary: Option<Boundary>,
    /// Its busiest day, action by action.
    pub limits: Vec<Limit>,
}

/// Gathers what is seen, in any order.
#[derive(Debug, Default)]
pub struct Gathered {
    pub seen: Vec<Seen>,
    pub erased: usize,
    pub cut: bool,
}

impl Gathered {
    /// What enforcing would hold back, by action, answer and reason.
    #[must_use]
    pub fn stops(&self) -> Vec<Stop> {
        let mut by: BTreeMap<(&str, &str, &[String]), Stop> = BTreeMap::new();
        for s in self.seen.iter().filter(|s| s.answer != Outcome::Permit) {
            let stop = by.entry((&s.action, s.answer.as_str(), &s.because)).or_insert_with(|| Stop {
                action: s.action.clone(),
                answer: s.answer,
                because: s.because.clone(),
                n: 0,
                held: 0,
                last: s.decision,
                last_at: s.at,
            });
            stop.n += 1;
            stop.held += usize::from(s.held);
            if s.at > stop.last_at {
                (stop.last, stop.last_at) = (s.decision, s.at);
            }
        }
        let mut stops: Vec<_> = by.into_values().collect();
        stops.sort_by_key(|s| std::cmp::Reverse(s.n));
        stops
    }

    /// How many would be answered so.
    #[must_use]
    pub fn answered(&self, answer: Outcome) -> usize {
        self.seen.iter().filter(|s| s.answer == answer).count()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A Monday, 09:00 UTC.
    const MONDAY: i64 = 1_767_603_600;

    pub fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros((MONDAY + hours * 3_600) * 1_000_000).unwrap()
    }
    pub fn seen(action: &str, hours: i64, answer: Outcome, amount: Option<i64>) -> Seen {
        Seen {
            decision: DecisionId::new(at(hours), [1; 10]),
            at: at(hours),
            action: action.into(),
            answer,
            because: vec!["rule".into()],
            held: false,
            data_class: None,
            amount: amount.map(|value| Amount { value, unit: Some("EUR".into()), minor_units: true }),
        }
    }

    #[test]
    fn what_enforcing_would_hold_back_is_counted_by_action_answer_and_reason() {
        let mut other = seen("refund", 5, Outcome::Deny, None);
        (other.because, other.held) = (vec!["another".into()], true);
        let gathered = Gathered {
            seen: vec![
                seen("refund", 3, Outcome::Deny, None),
                seen("refund", 4, Outcome::Deny, None),
                seen("refund", 1, Outcome::Escalate, None),
                seen("mail", 2, Outcome::Permit, None),
                other,
            ],
            ..Gathered::default()
        };
        let stops = gathered.stops();
        let lines: Vec<_> = stops
            .iter()
            .map(|s| format!("{} {} {:?} {} {}", s.action, s.answer.as_str(), s.because, s.n, s.held))
            .collect();
        assert_eq!(
            lines,
            ["refund deny [\"rule\"] 2 0", "refund deny [\"another\"] 1 1", "refund escalate [\"rule\"] 1 0",]
        );
        assert_eq!(stops[0].last_at, at(4));
        assert_eq!(gathered.answered(Outcome::Deny), 3);
    }
}
