//! ServiceNow: a change request that is implemented opens a task by its number, from its planned start to its planned end; under
//! review, closed or cancelled it closes the task. The body is that of an outbound REST message with the fields of the record.
use super::read::{Closing, Opening, Says, Told, document, purpose};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Change {
    number: String,
    /// Value or label of the field: `-1` or `Implement`.
    state: State,
    #[serde(default)]
    short_description: String,
    /// `2026-11-21 09:00:00`, UTC, or RFC 3339; empty: not planned.
    #[serde(default)]
    start_date: String,
    #[serde(default)]
    end_date: String,
    link: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum State {
    Value(i64),
    Label(String),
}

impl State {
    fn text(&self) -> String {
        match self {
            Self::Value(n) => n.to_string(),
            Self::Label(text) => text.trim().to_ascii_lowercase(),
        }
    }
}

pub(super) fn read(body: &[u8]) -> Result<Told> {
    let change: Change = document(body)?;
    let reference = change.number.clone();
    let close = |word: &str| {
        Says::Close(Closing { reference: change.number.clone(), reason: format!("ServiceNow says {word}") })
    };
    let says = match change.state.text().as_str() {
        "-1" | "implement" => Says::Open(Opening {
            purpose: match change.short_description.trim() {
                "" => format!("the change {}", purpose(&reference)),
                words => purpose(words),
            },
            reference,
            link: change.link,
            starts_at: planned("start_date", &change.start_date)?,
            ends_at: planned("end_date", &change.end_date)?,
            ends_in_s: None,
        }),
        "0" | "review" => close("review"),
        "3" | "closed" => close("closed"),
        "4" | "canceled" | "cancelled" => close("cancelled"),
        _ => Says::Nothing("the change is not implemented yet".into()),
    };
    Ok(Told { at: None, says })
}

fn planned(what: &str, text: &str) -> Result<Option<Timestamp>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let utc = text.split_once(' ').map(|(day, time)| format!("{day}T{time}Z"));
    let at = Timestamp::parse(utc.as_deref().unwrap_or(text));
    let wrong = || Error::invalid(format!("{what}: {:?} is no instant in UTC", crate::word::short(text)));
    at.ok_or_else(wrong).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: &str = include_str!("../../tests/fixtures/hooks/servicenow-change.json");

    fn says(state: &str) -> Says {
        read(CHANGE.replace("\"-1\"", state).as_bytes()).unwrap().says
    }

    #[test]
    fn a_change_is_open_while_it_is_implemented() {
        let at = |text: &str| Timestamp::parse(text);
        let opening = Opening {
            reference: "CHG0031447".into(),
            purpose: "Move the order database to the new storage".into(),
            link: Some("https://example.service-now.com/nav_to.do?uri=change_request.do?sys_id=6f1c".into()),
            starts_at: at("2026-11-21T08:30:00Z"),
            ends_at: at("2026-11-21T10:30:00Z"),
            ends_in_s: None,
        };
        for state in ["\"-1\"", "-1", "\"Implement\""] {
            assert_eq!(says(state), Says::Open(opening.clone()), "{state}");
        }
        for (state, word) in [
            ("\"0\"", "review"),
            ("\"3\"", "closed"),
            ("\"Closed\"", "closed"),
            ("4", "cancelled"),
            ("\"Canceled\"", "cancelled"),
        ] {
            let closing = Closing { reference: "CHG0031447".into(), reason: format!("ServiceNow says {word}") };
            assert_eq!(says(state), Says::Close(closing), "{state}");
        }
        for state in ["\"-5\"", "-2", "\"Scheduled\"", "\"new\""] {
            assert!(matches!(says(state), Says::Nothing(_)), "{state}");
        }
    }

    #[test]
    fn planned_times_are_utc_or_refused() {
        assert_eq!(planned("x", " ").unwrap(), None);
        assert_eq!(planned("x", "2026-11-21T09:00:00+01:00").unwrap(), Timestamp::parse("2026-11-21T08:00:00Z"));
        assert!(planned("end_date", "tomorrow").unwrap_err().detail.starts_with("end_date"));
    }
}
