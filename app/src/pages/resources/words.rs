//! How trust and definitions read.
use crate::{
    pages::identities::words::capital,
    parts::{State, ago},
};
use governance::{
    resource::{Definition, Kind, Resource, Standing},
    time::Timestamp,
};

pub fn kind(kind: Kind) -> String {
    capital(kind.as_str())
}

/// Whether it may be used, as far as trust goes.
pub fn trust(it: &Resource, now: Timestamp) -> (State, String) {
    match it.standing(now) {
        Standing::Trusted => match it.trusted_until {
            Some(until) => (State::Allow, format!("Trusted, ends {}", ago(until, now))),
            None => (State::Allow, "Trusted".into()),
        },
        Standing::Untrusted => (State::Deny, "Not trusted".into()),
        Standing::Expired => (State::Wait, "Trust has run out".into()),
        Standing::Unknown => (State::Unknown, "Nobody said".into()),
    }
}

/// A tool's definition beside the approved one; `None` for what has none.
pub fn definition(it: &Resource) -> Option<(State, &'static str)> {
    (it.kind == Kind::Tool).then(|| match it.definition(None) {
        Definition::Approved => (State::Allow, "As approved"),
        Definition::Changed => (State::Deny, "Changed: waits for a person"),
        Definition::Unapproved => (State::Unknown, "None approved"),
        Definition::Unknown => (State::Unknown, "Approved, not seen yet"),
    })
}
