//! Our own message: `{"action": "open", "ref": …, "purpose": …, "ends_in": "2h", "link": …}` and `{"action": "close", "ref": …,
//! "reason": …}`, for whatever system can send one. Read strictly (semantics.md, Hostile input).
use super::read::{Closing, Opening, Says, Told, instant};
use crate::error::{Error, Result};
use crate::json::{Limits, read as strictly};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum Message {
    Open {
        #[serde(rename = "ref")]
        reference: String,
        purpose: String,
        link: Option<String>,
        ends_at: Option<String>,
        ends_in: Option<String>,
    },
    Close {
        #[serde(rename = "ref")]
        reference: String,
        reason: Option<String>,
    },
}

pub(super) fn read(body: &[u8]) -> Result<Told> {
    let value = strictly(body, Limits { bytes: super::read::MOST, ..Limits::REQUEST })?;
    let message: Message = serde_json::from_value(value).map_err(|e| {
        Error::invalid(format!(
            "the body is neither {{\"action\": \"open\", \"ref\", \"purpose\", …}} nor {{\"action\": \"close\", \"ref\", …}}: {e}"
        ))
    })?;
    let says = match message {
        Message::Open { reference, purpose, link, ends_at, ends_in } => {
            if ends_at.is_some() && ends_in.is_some() {
                return Err(Error::invalid("say ends_at or ends_in, not both"));
            }
            let length = |text: &str| {
                let seconds = crate::policy::duration::seconds(text);
                seconds.ok_or_else(|| {
                    let text = crate::word::short(text);
                    Error::invalid(format!("ends_in: {text:?} is no length of time like 2h or PT30M"))
                })
            };
            Says::Open(Opening {
                reference,
                purpose,
                link,
                starts_at: None,
                ends_at: ends_at.as_deref().map(|text| instant("ends_at", text)).transpose()?,
                ends_in_s: ends_in.as_deref().map(length).transpose()?,
            })
        }
        Message::Close { reference, reason } => {
            let reason = reason.unwrap_or_else(|| "its system says it is over".into());
            Says::Close(Closing { reference, reason })
        }
    };
    Ok(Told { at: None, says })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_opens_or_closes_and_nothing_is_guessed() {
        let says = |body: &str| read(body.as_bytes()).map(|told| told.says).map_err(|e| e.detail);
        let opening = Opening {
            reference: "INC-7".into(),
            purpose: "mend the index".into(),
            ends_in_s: Some(7_200),
            ..Opening::default()
        };
        let open = r#"{"action": "open", "ref": "INC-7", "purpose": "mend the index", "ends_in": "2h"}"#;
        assert_eq!(says(open), Ok(Says::Open(opening)));
        let closing = Closing { reference: "INC-7".into(), reason: "solved".into() };
        assert_eq!(says(r#"{"action": "close", "ref": "INC-7", "reason": "solved"}"#), Ok(Says::Close(closing)));
        for (body, want) in [
            ("{}", "action"),
            (r#"{"action": "reopen", "ref": "INC-7"}"#, "reopen"),
            (r#"{"action": "open", "ref": "INC-7"}"#, "purpose"),
            (r#"{"action": "open", "ref": "INC-7", "purpose": "x", "agent": "root"}"#, "agent"),
            (r#"{"action": "open", "ref": "INC-7", "purpose": "x", "tools": []}"#, "tools"),
            (r#"{"action": "close", "ref": "INC-7", "ref": "INC-8"}"#, "twice"),
            (r#"{"action": "open", "ref": "INC-7", "purpose": "x", "ends_in": "soon"}"#, "ends_in"),
            (
                r#"{"action": "open", "ref": "I", "purpose": "x", "ends_in": "1h", "ends_at": "2026-11-21T09:00:00Z"}"#,
                "not both",
            ),
        ] {
            let said = says(body).unwrap_err();
            assert!(said.contains(want), "{body}: {said}");
        }
    }
}
