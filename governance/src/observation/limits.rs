//! An identity's busiest day, action by action, and the rule that would hold it there.
use super::Seen;
use crate::decision::Outcome;
use crate::escalation::card::Amount;
use crate::time::Timestamp;
use crate::watch::history::LEAST;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How much of one action an identity did, in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    pub action: String,
    /// A currency, or a word such as `records`; `None`: acts are counted.
    pub unit: Option<String>,
    /// Its numbers are in hundredths of the unit.
    pub minor_units: bool,
    /// Acts it was made of.
    pub observations: usize,
    /// The largest single act; `None` where acts are counted.
    pub largest: Option<i64>,
    /// The most in any 24 hours.
    pub day: i64,
    /// Drafted limits: what was seen, rounded up, so that none of it would be held back. `None`: too little history.
    pub draft: Option<Draft>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub largest: Option<i64>,
    pub day: i64,
    /// What to add to the bundle: to `bundle.toml`, to the schema, and a gate. Empty where the bundle cannot say it.
    pub manifest: String,
    pub schema: String,
    pub rule: String,
}

impl Limit {
    /// As a boundary documents it: `refund.create a day` → `1,300.00 EUR`. `None` without a draft.
    #[must_use]
    pub fn words(&self) -> Option<(String, String)> {
        let draft = self.draft.as_ref()?;
        Some((format!("{} a day", self.action), self.number(draft.day)))
    }
    /// One of its numbers, for people.
    #[must_use]
    pub fn number(&self, n: i64) -> String {
        let unit =
            self.unit.clone().unwrap_or_else(|| if self.largest.is_some() { String::new() } else { "times".into() });
        let amount =
            Amount { value: n.to_string(), unit: Some(unit).filter(|u| !u.is_empty()), minor_units: self.minor_units };
        amount.to_string()
    }
}

/// What the bundle already says of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The subject as the policy language writes it: `Agent::"a"`.
    pub principal: String,
    /// Path of the number that matters, `input.amount_minor`, and of its unit where that is a path.
    pub amount: Option<String>,
    pub unit: Option<String>,
    /// The counter that adds up the same for each identity in 24 hours.
    pub counter: Option<String>,
    /// Names of counters that are taken.
    pub taken: Vec<String>,
    /// Whom a gate would ask.
    pub route: Option<String>,
}

/// What it would be permitted alone, by action and unit, the most frequent first.
pub fn draft(seen: &[Seen], known: impl Fn(&str) -> Known) -> Vec<Limit> {
    let mut by: BTreeMap<(&str, Option<&str>), Vec<&Seen>> = BTreeMap::new();
    for s in seen.iter().filter(|s| s.answer == Outcome::Permit) {
        let unit = s.amount.as_ref().and_then(|a| a.unit.as_deref());
        by.entry((&s.action, unit)).or_default().push(s);
    }
    let units = |action: &str| by.keys().filter(|(a, _)| *a == action).count();
    let mut limits: Vec<_> =
        by.iter().map(|((action, _), acts)| limit(action, acts, units(action) == 1, &known(action))).collect();
    limits.sort_by_key(|l| std::cmp::Reverse(l.observations));
    limits
}

fn limit(action: &str, acts: &[&Seen], one_unit: bool, known: &Known) -> Limit {
    // an act that says no number is counted like the others
    let counts = acts.iter().any(|s| s.amount.is_none());
    let amount = acts.iter().find_map(|s| s.amount.as_ref()).filter(|_| !counts);
    let value = |s: &Seen| s.amount.as_ref().filter(|_| !counts).map_or(1, |a| a.value.max(0));
    let mut line: Vec<_> = acts.iter().map(|s| (s.at, value(s))).collect();
    line.sort_unstable();
    let day = busiest(&line);
    let largest = amount.map(|_| line.iter().map(|(_, n)| *n).max().unwrap_or(0));
    let mut limit = Limit {
        action: action.to_owned(),
        unit: amount.and_then(|a| a.unit.clone()),
        minor_units: amount.is_some_and(|a| a.minor_units),
        observations: acts.len(),
        largest,
        day,
        draft: None,
    };
    if acts.len() >= LEAST {
        let (largest, day) = (largest.map(up), up(day));
        let mut draft = Draft { largest, day, manifest: String::new(), schema: String::new(), rule: String::new() };
        if one_unit && let Some(route) = &known.route {
            write(&mut draft, &limit, known, route);
        }
        limit.draft = Some(draft);
    }
    limit
}

/// The most in any 24 hours; `line` is in the order of time. As a counter does, it counts the minute whole in which the window
/// begins, so that what was seen stays under what it drafts.
fn busiest(line: &[(Timestamp, i64)]) -> i64 {
    let (mut first, mut sum, mut most) = (0, 0_i128, 0);
    for (at, n) in line {
        sum += i128::from(*n);
        while minute(line[first].0) < minute(*at - TimeDelta::hours(24)) {
            sum -= i128::from(line[first].1);
            first += 1;
        }
        most = most.max(sum);
    }
    i64::try_from(most).unwrap_or(i64::MAX)
}

fn minute(at: Timestamp) -> i64 {
    at.seconds().div_euclid(60)
}

/// Rounded up to two digits: 1,204 is 1,300.
fn up(n: i64) -> i64 {
    let mut unit = 1_i64;
    while n / unit >= 100 {
        unit *= 10;
    }
    n.checked_add(unit - 1).map_or(n, |above| above / unit * unit)
}

fn write(draft: &mut Draft, limit: &Limit, known: &Known, route: &str) {
    let plain: String = limit.action.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let counter = known.counter.clone().unwrap_or_else(|| {
        let base = format!("{plain}_day");
        let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}_{n}")));
        names.into_iter().find(|name| !known.taken.contains(name)).unwrap_or(base)
    });
    // without a number of their own, acts are counted
    let sum = known.amount.as_ref().filter(|_| limit.largest.is_some());
    if known.counter.is_none() {
        draft.manifest = format!("[counter.{counter}]\naction = {:?}\n", limit.action);
        if let Some(path) = sum {
            let _ = writeln!(draft.manifest, "sum = {path:?}");
        }
        draft.manifest += "per = [\"principal\"]\nwindow = \"24h\"\n";
        draft.schema = format!("used: {{ {counter}: Long }}");
    }
    let (mut when, more) = (Vec::new(), sum.map_or_else(|| "1".to_owned(), |path| format!("context.{path}")));
    if let (Some(path), Some(unit)) = (&known.unit, &limit.unit) {
        when.push(format!("context.{path} != {unit:?}"));
    }
    if let (Some(path), Some(largest)) = (sum, draft.largest) {
        when.push(format!("context.{path} > {largest}"));
    }
    when.push(format!("context.used.{counter} + {more} > {}", draft.day));
    draft.rule = format!(
        "@id(\"{plain}-above-its-use\")\n@approval({route:?}) @tier(\"high\")\n@reason(\"More than it did on its busiest day while it was observed\")\nforbid (principal == {}, action == Action::{:?}, resource)\nwhen {{\n  {}\n}};\n",
        known.principal,
        limit.action,
        when.join(" ||\n  ")
    );
}

#[cfg(test)]
mod tests {
    use super::super::tests::seen;
    use super::*;

    fn known() -> Known {
        Known {
            principal: "Agent::\"a\"".into(),
            amount: Some("input.amount_minor".into()),
            unit: Some("input.currency".into()),
            counter: None,
            taken: vec!["refund_create_day".into()],
            route: Some("finance-ops".into()),
        }
    }

    #[test]
    fn a_day_is_any_24_hours() {
        let line =
            |at: &[(i64, i64)]| busiest(&at.iter().map(|(h, n)| (super::super::tests::at(*h), *n)).collect::<Vec<_>>());
        assert_eq!(line(&[]), 0);
        assert_eq!(line(&[(0, 5), (12, 7), (23, 1), (24, 2)]), 15, "the minute it begins in counts");
        assert_eq!(line(&[(0, 5), (12, 7), (25, 2)]), 12);
        assert_eq!(line(&[(0, 5), (20, 7), (30, 9), (60, 1)]), 16);
        assert_eq!(line(&[(0, i64::MAX), (1, 5)]), i64::MAX);
    }

    #[test]
    fn a_number_is_rounded_up_to_two_digits() {
        let all: Vec<_> = [0, 7, 99, 100, 101, 1_204, 99_001, i64::MAX].into_iter().map(up).collect();
        assert_eq!(all[..7], [0, 7, 99, 100, 110, 1_300, 100_000]);
        assert!(all[7] == i64::MAX);
    }

    #[test]
    fn the_busiest_day_is_drafted_as_a_gate() {
        let acts: Vec<_> = (0..20).map(|n| seen("refund.create", n * 12, Outcome::Permit, Some(1_000 + n))).collect();
        let limits = draft(&acts, |_| known());
        assert_eq!((limits[0].largest, limits[0].day, limits[0].observations), (Some(1_019), 3_054, 20));
        let drafted = limits[0].draft.clone().unwrap();
        assert_eq!((drafted.largest, drafted.day), (Some(1_100), 3_100));
        assert_eq!(
            drafted.manifest,
            "[counter.refund_create_day_2]\naction = \"refund.create\"\nsum = \"input.amount_minor\"\nper = [\"principal\"]\nwindow = \"24h\"\n"
        );
        assert_eq!(drafted.schema, "used: { refund_create_day_2: Long }");
        assert_eq!(
            drafted.rule,
            "@id(\"refund_create-above-its-use\")\n@approval(\"finance-ops\") @tier(\"high\")\n@reason(\"More than it did on its busiest day while it was observed\")\nforbid (principal == Agent::\"a\", action == Action::\"refund.create\", resource)\nwhen {\n  context.input.currency != \"EUR\" ||\n  context.input.amount_minor > 1100 ||\n  context.used.refund_create_day_2 + context.input.amount_minor > 3100\n};\n"
        );
    }

    #[test]
    fn acts_without_a_number_are_counted_and_a_counter_of_the_bundle_is_used() {
        let acts: Vec<_> = (0..20).map(|n| seen("mail.send", n, Outcome::Permit, None)).collect();
        let bundle = || Known { counter: Some("mails".into()), amount: None, unit: None, ..known() };
        let drafted = draft(&acts, |_| bundle())[0].draft.clone().unwrap();
        assert!(drafted.manifest.is_empty() && drafted.schema.is_empty());
        assert!(drafted.rule.contains("when {\n  context.used.mails + 1 > 20\n};"), "{}", drafted.rule);
    }

    #[test]
    fn what_a_bundle_cannot_say_has_no_rule() {
        let mut acts: Vec<_> = (0..20).map(|n| seen("refund", n, Outcome::Permit, Some(1))).collect();
        let nobody = draft(&acts, |_| Known { route: None, ..known() });
        assert_eq!(nobody[0].draft.as_ref().unwrap().rule, "", "nobody to ask");
        acts[0].amount.as_mut().unwrap().unit = Some("USD".into());
        let two = draft(&acts, |_| known());
        assert_eq!(two.iter().map(|l| l.observations).collect::<Vec<_>>(), [19, 1], "each unit by itself");
        assert!(two.iter().all(|l| l.draft.is_none()), "too little history");
        acts.extend([Outcome::Deny, Outcome::Escalate].map(|answer| seen("refund", 1, answer, Some(1_000))));
        assert_eq!(draft(&acts, |_| known()), two, "what it may not do alone is not drafted from");
    }
}
