//! How kinds, states, severities and times of the register read.
use crate::parts::{State, ago};
use governance::{
    finding::Severity,
    identity::{Identity, Kind, Mode, Status},
    time::Timestamp,
};

/// `service account`.
pub fn spaced(word: &str) -> String {
    word.replace('_', " ")
}
/// `Service account`.
pub fn capital(word: &str) -> String {
    let spaced = spaced(word);
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
pub const fn kind_icon(kind: Kind) -> &'static str {
    match kind {
        Kind::Agent => "bot",
        Kind::ServiceAccount => "cog",
        Kind::Workload => "box",
        Kind::Pipeline => "workflow",
        Kind::ApiKey => "key-round",
    }
}
/// Where in its life it stands; that it is stopped goes before.
pub fn life(it: &Identity, stopped: bool) -> (State, String) {
    match it.status {
        _ if stopped => (State::Deny, "Stopped".into()),
        Status::Active => (State::Allow, "Active".into()),
        Status::Suspended => (State::Wait, "Suspended".into()),
        Status::Retiring => (State::Wait, "Retiring".into()),
        Status::Retired => (State::Unknown, "Retired".into()),
    }
}
pub const fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Observe => "Observed only",
        Mode::Enforce => "Enforced",
    }
}
pub const fn severity_state(severity: Severity) -> State {
    match severity {
        Severity::Critical => State::Deny,
        Severity::High => State::Wait,
        Severity::Medium => State::Info,
        Severity::Low => State::Unknown,
    }
}
/// When it was last used, as far as anybody tells.
pub fn used(last: Option<Timestamp>, reported: bool, now: Timestamp) -> String {
    match (last, reported) {
        (Some(at), _) => since(at, now),
        (None, true) => "never used".into(),
        (None, false) => "source does not say".into(),
    }
}
pub fn many(n: usize, one: &str, more: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{} {more}", crate::parts::count(i64::try_from(n).unwrap_or(i64::MAX)))
    }
}
/// How long ago; beyond 90 days the date says more.
pub fn since(at: Timestamp, now: Timestamp) -> String {
    if (now - at).num_days() > 90 { day(at) } else { ago(at, now) }
}
/// What the log calls somebody who is no person.
pub fn who(label: &str) -> String {
    match label.split_once(':') {
        Some(("operator", host)) => format!("the command line on {host}"),
        Some(("system", what)) => format!("the installation itself ({what})"),
        _ => label.to_owned(),
    }
}
/// `31 Mar 2027`.
pub fn day(at: Timestamp) -> String {
    at.datetime().format("%-d %b %Y").to_string()
}
