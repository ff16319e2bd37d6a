//! The forms of a message that is posted.
use super::text::Text;
use governance::{
    engine::notices::{Facts, Says},
    escalation::asked::Callback,
    notice::Notice,
};
use serde_json::{Value, json};

governance::words! {
    pub enum Format("webhook format") {
        /// A CloudEvents 1.0 document, signed.
        Signed = "signed",
        /// `{"text": …}`, as Slack and those that imitate it take.
        Slack = "slack",
    }
}

/// CloudEvents 1.0 in JSON (structured mode).
#[must_use]
pub fn cloud_event(notice: &Notice, says: &Says, here: &str, link: &str) -> Value {
    let (about, id) = notice.about.named();
    let data = match says {
        Says::Request(facts) => request(&id, facts, link),
        Says::Contained(it) => json!({
            "containment": id,
            "identity": it.identity,
            "agent": it.name,
            "rule": it.rule,
            "severity": it.severity,
            "measure": it.measure,
            "state": it.state,
            "at": it.at.to_string(),
            "link": link,
        }),
        Says::Registered(it) => json!({ about: id, "name": it.name, "since": it.at.to_string(), "link": link }),
        Says::Answering(it) => json!({ about: id, "identities": it.names, "more": it.more, "link": link }),
        Says::Gaps(it) => json!({ "ending": it.ending, "overdue": it.over, "identities": it.names, "link": link }),
    };
    let what = match says {
        Says::Contained(it) => it.state.as_str(),
        _ => notice.kind.as_str(),
    };
    json!({
        "specversion": "1.0",
        "id": notice.id,
        "source": here,
        "type": format!("countersign.{about}.{what}.v1"),
        "time": notice.made_at.to_string(),
        "subject": id,
        "datacontenttype": "application/json",
        "data": data,
    })
}

fn request(id: &str, facts: &Facts, link: &str) -> Value {
    json!({
        "escalation": id,
        "agent": facts.agent,
        "action": facts.action,
        "tier": facts.tier,
        "quorum": facts.quorum,
        "routes": facts.routes,
        "reasons": facts.reasons,
        "opened_at": facts.opened_at.to_string(),
        "expires_at": facts.expires_at.to_string(),
        "digest_prefix": facts.digest,
        "link": link,
    })
}

/// Plain text: no markup is read in it, and none is made of what is in it.
#[must_use]
pub fn slack(text: &Text) -> Value {
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let lines: Vec<_> = std::iter::once(&text.subject).chain(&text.lines).map(|line| plain(line)).collect();
    json!({ "text": lines.join("\n"), "mrkdwn": false, "unfurl_links": false, "unfurl_media": false })
}

/// What a requester is told (AuthZEN Callback Notifications Profile, draft 1): that it ended, and where to read how. It
/// carries no result, so nothing is permitted by it.
#[must_use]
pub fn callback(notice: &Notice, callback: &Callback, mut task: Value) -> Value {
    task["status"] = json!(notice.outcome);
    let mut body = json!({ "task": task });
    if let Some(state) = &callback.state {
        body["state"] = json!(state);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_reads_no_markup_in_a_name() {
        let text =
            Text { subject: "*bold* <!channel>".into(), lines: vec!["<https://evil.example|approve> & more".into()] };
        let said = slack(&text);
        assert_eq!(said["text"], "*bold* &lt;!channel&gt;\n&lt;https://evil.example|approve&gt; &amp; more");
        assert_eq!(said["mrkdwn"], false);
    }
}
