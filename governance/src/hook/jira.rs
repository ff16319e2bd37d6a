//! Jira Cloud: an issue that moves into a status "in progress" opens a task by its key; one that is done, or deleted, closes it.
use super::read::{Closing, Opening, Says, Told, document, purpose};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    /// Milliseconds since 1970.
    timestamp: i64,
    webhook_event: String,
    issue: Option<Issue>,
    changelog: Option<Changelog>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
    /// Address in its API: `https://SITE/rest/api/…`.
    #[serde(rename = "self")]
    own: String,
    fields: Option<Fields>,
}

#[derive(Deserialize)]
struct Fields {
    summary: String,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    status_category: Category,
}

#[derive(Deserialize)]
struct Category {
    key: String,
}

#[derive(Deserialize)]
struct Changelog {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    field: String,
}

pub(super) fn read(body: &[u8]) -> Result<Told> {
    let message: Message = document(body)?;
    let at = message.timestamp.checked_mul(1_000).and_then(Timestamp::from_micros);
    let at = Some(at.ok_or_else(|| Error::invalid("timestamp: no milliseconds since 1970"))?);
    let Some(issue) = message.issue else { return Ok(Told::nothing("it is about no issue")) };
    let close = |reason: String| Says::Close(Closing { reference: issue.key.clone(), reason });
    let says = match (message.webhook_event.as_str(), &issue.fields) {
        ("jira:issue_deleted", _) => close("the issue was deleted".into()),
        ("jira:issue_updated", Some(fields)) => {
            // every other edit of an issue in progress must not open again what somebody closed
            let moved = message.changelog.is_some_and(|c| c.items.iter().any(|item| item.field == "status"));
            match (fields.status.status_category.key.as_str(), moved) {
                ("indeterminate", true) => Says::Open(Opening {
                    reference: issue.key.clone(),
                    purpose: purpose(&fields.summary),
                    link: issue.own.split_once("/rest/").map(|(site, _)| format!("{site}/browse/{}", issue.key)),
                    ..Opening::default()
                }),
                ("done", true) => close(format!("Jira says {}", purpose(&fields.status.name))),
                _ => Says::Nothing("the issue did not move into progress or to its end".into()),
            }
        }
        _ => Says::Nothing("only an issue that moves opens or closes".into()),
    };
    Ok(Told { at, says })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVED: &str = include_str!("../../tests/fixtures/hooks/jira-issue-updated.json");

    fn says(body: &str) -> Says {
        read(body.as_bytes()).unwrap().says
    }

    #[test]
    fn an_issue_opens_when_it_moves_into_progress_and_closes_at_its_end() {
        let opening = Opening {
            reference: "OPS-417".into(),
            purpose: "Rotate the search index of the shop".into(),
            link: Some("https://example-shop.atlassian.net/browse/OPS-417".into()),
            ..Opening::default()
        };
        assert_eq!(says(MOVED), Says::Open(opening));
        assert_eq!(read(MOVED.as_bytes()).unwrap().at.unwrap().to_string(), "2026-11-21T08:59:40.250000Z");
        let done = MOVED.replace("indeterminate", "done").replace("\"name\": \"In Progress\"", "\"name\": \"Done\"");
        assert_eq!(says(&done), Says::Close(Closing { reference: "OPS-417".into(), reason: "Jira says Done".into() }));
        let deleted = MOVED.replace("jira:issue_updated", "jira:issue_deleted");
        assert!(matches!(says(&deleted), Says::Close(_)));
    }

    #[test]
    fn another_edit_is_nothing() {
        for (from, to) in [
            ("\"field\": \"status\"", "\"field\": \"description\""),
            ("\"key\": \"indeterminate\"", "\"key\": \"new\""),
            ("jira:issue_updated", "jira:issue_created"),
            ("jira:issue_updated", "comment_created"),
        ] {
            assert_ne!(MOVED.replace(from, to), MOVED, "{from}");
            assert!(matches!(says(&MOVED.replace(from, to)), Says::Nothing(_)), "{to}");
        }
        assert!(read(b"{}").unwrap_err().detail.contains("timestamp"));
    }
}
