//! What a message says: who asks, what for, until when, and where to look. Names of ours and words of the policy; never the
//! parameters, never the agent's words, and nothing that decides.
use governance::{
    engine::{escalations::MOST_OPEN, notices::Facts},
    notice::Kind,
    text::visible_line,
    time::Timestamp,
    watch::reaction::{Containment, Measure, State},
};

/// A message as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    pub lines: Vec<String>,
}

/// `link` leads to the card.
#[must_use]
pub fn text(kind: Kind, facts: &Facts, link: &str) -> Text {
    let show = |text: &str| visible_line(text).into_owned();
    let (agent, action) = (show(&facts.agent), show(&facts.action));
    let until = minute(facts.expires_at);
    let lead = match kind {
        Kind::Crowded => return crowded(&agent, &action, &until, link),
        Kind::Reminded => "Half of the time is over",
        _ => "A decision waits",
    };
    let people = if facts.quorum == 1 { "1 person" } else { &format!("{} people", facts.quorum) };
    let mut lines =
        vec![format!("{agent} asks for {action} and waits for {people} of {}.", show(&facts.routes.join(", ")))];
    lines.extend(facts.reasons.iter().map(|reason| format!("Why it stopped: {}", show(reason))));
    lines.push(format!(
        "Tier {}. Asked at {}; unanswered at {until} it is denied.",
        facts.tier,
        minute(facts.opened_at)
    ));
    lines.push(format!("What exactly is asked stands on the card, and it is decided there alone: {link}"));
    lines.push(format!("The card's digest begins with {}.", facts.digest));
    Text { subject: format!("{lead}: {agent}, {action}, until {until}"), lines }
}

fn crowded(agent: &str, action: &str, until: &str, link: &str) -> Text {
    let lines = vec![
        format!(
            "{agent} asked for more while {MOST_OPEN} of its requests wait for people. What it asks beyond them is denied until one of them ends."
        ),
        format!("The latest of them, {action}, waits until {until}: {link}"),
        "If it should not ask this much, stop it on its page in the register.".to_owned(),
    ];
    Text { subject: format!("{agent} is denied more requests: {MOST_OPEN} wait already"), lines }
}

/// What a rule did to an agent; `link` leads to where people undo it.
#[must_use]
pub fn contained(it: &Containment, link: &str) -> Text {
    let agent = visible_line(&it.name).into_owned();
    let (did, means) = match (it.state, it.measure) {
        (State::Capped, _) => (
            "was left as it is",
            "The rule had acted on as many agents as it may in an hour: look at this one by hand.",
        ),
        (_, Measure::Narrow) => ("was narrowed", "Each of its acts needs a person until this is undone."),
        (_, Measure::Suspend) => ("was suspended", "It is permitted nothing until this is undone."),
        (_, Measure::Revoke) => ("was stopped", "It is permitted nothing, and what had been allowed to it has ended."),
    };
    let people =
        if it.people() == 1 { "One operator undoes it" } else { "Two people undo it, one of them an operator" };
    let lines = vec![
        format!("{agent} {did} at {} by the rule \"{}\" ({}).", minute(it.at), it.rule.title(), it.severity),
        means.to_owned(),
        format!("{people}, once somebody has looked: {link}"),
    ];
    Text { subject: format!("{agent} {did}: {}", it.rule.title()), lines }
}

pub(super) fn minute(at: Timestamp) -> String {
    at.datetime().format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use governance::escalation::Tier;

    #[test]
    fn a_message_is_plain_and_hidden_characters_show() {
        let at = Timestamp::parse("2026-11-21T09:00:00Z").unwrap();
        let facts = Facts {
            agent: "invoice\u{202e}-agent\nBcc: all@example.com".into(),
            action: "refund.create".into(),
            tier: Tier::High,
            quorum: 2,
            routes: vec!["finance-ops".into()],
            reasons: vec!["Refunds above 500 EUR".into()],
            opened_at: at,
            expires_at: at + TimeDelta::minutes(30),
            digest: "0123456789ab".into(),
        };
        let said = text(Kind::Reminded, &facts, "https://cs.example/inbox/esc_1");
        assert_eq!(
            said.subject,
            "Half of the time is over: invoice⟦U+202E⟧-agent⟦U+000A⟧Bcc: all@example.com, refund.create, until 2026-11-21 09:30 UTC"
        );
        assert_eq!(
            said.lines[1..],
            [
                "Why it stopped: Refunds above 500 EUR",
                "Tier high. Asked at 2026-11-21 09:00 UTC; unanswered at 2026-11-21 09:30 UTC it is denied.",
                "What exactly is asked stands on the card, and it is decided there alone: https://cs.example/inbox/esc_1",
                "The card's digest begins with 0123456789ab.",
            ]
        );
    }
}
