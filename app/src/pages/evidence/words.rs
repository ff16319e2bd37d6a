//! How outcomes, periods, thresholds and sizes read.
use crate::parts::{Mark, State, span};
use chrono::TimeDelta;
use governance::{
    assess::{
        report::Period,
        verdict::{Outcome, Verdict},
    },
    evidence::order,
    time::Timestamp,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

pub fn outcome(outcome: Outcome) -> impl IntoView {
    let state = match outcome {
        Outcome::Satisfied => State::Allow,
        Outcome::NotSatisfied => State::Deny,
        Outcome::NotApplicable => State::Info,
        Outcome::Indeterminate => State::Unknown,
    };
    view! { <Mark state word=outcome.word()/> }
}

pub const fn verdict_state(verdict: Verdict) -> State {
    match verdict {
        Verdict::Satisfied => State::Allow,
        Verdict::NotSatisfied => State::Deny,
        Verdict::Supporting | Verdict::NotApplicable => State::Info,
        Verdict::Indeterminate | Verdict::NotEvidenced => State::Unknown,
    }
}

/// How an order stands, for people who wait for it.
pub const fn pack_state(state: order::State) -> (State, &'static str) {
    match state {
        order::State::Ordered => (State::Wait, "Waiting"),
        order::State::Making => (State::Wait, "Being made"),
        order::State::Made => (State::Allow, "Ready"),
        order::State::Failed => (State::Deny, "Failed"),
    }
}

/// `24 Oct 2026 to 22 Nov 2026`: the last day is in it.
pub fn days(period: Period) -> String {
    format!("{} to {}", day(period.start), day(period.end - TimeDelta::microseconds(1)))
}

pub fn day(at: Timestamp) -> String {
    at.datetime().format("%-d %b %Y").to_string()
}

/// `48.3 KB`: thousands, as files are shown.
pub fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} KB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A threshold by what its name's ending says it is: `limit_s` 86,400 is `24 h`.
pub fn threshold(name: &str, value: i64) -> (String, String) {
    let plain = |end: &str| name.trim_end_matches(end).replace('_', " ");
    match name {
        n if n.ends_with("_s") => (plain("_s"), span(TimeDelta::seconds(value))),
        n if n.ends_with("_ms") => (plain("_ms"), format!("{value} ms")),
        n if n.ends_with("_pct") => (plain("_pct"), format!("{value} %")),
        _ => (plain(""), value.to_string()),
    }
}

pub fn thresholds(params: &BTreeMap<String, i64>) -> String {
    let one = |(name, value): (&String, &i64)| {
        let (name, value) = threshold(name, *value);
        format!("{name} {value}")
    };
    params.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// With a large first letter.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// The name an actor of the log goes by.
pub fn who<'a>(names: &'a BTreeMap<String, String>, actor: &'a str) -> &'a str {
    names.get(actor).map_or(actor, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_say_them() {
        let period = order::days("2026-11-01", "2026-11-30").unwrap();
        assert_eq!(days(period), "1 Nov 2026 to 30 Nov 2026");
        assert_eq!((size(999), size(48_312), size(2_450_000)), ("999 bytes".into(), "48.3 KB".into(), "2.4 MB".into()));
        assert_eq!(threshold("max_age_s", 7_776_000), ("max age".into(), "90 days".into()));
        assert_eq!(threshold("min_view_ms", 5_000), ("min view".into(), "5000 ms".into()));
        assert_eq!(threshold("max_fast_pct", 50), ("max fast".into(), "50 %".into()));
        assert_eq!(threshold("min_n", 20), ("min n".into(), "20".into()));
    }
}
