//! What happened to it so far. Who has yet to decide sees neither the names nor the reasons of others (ux.md R18).
use super::show::Card;
use crate::parts::{Entry, State, Timeline, minutes};
use governance::{
    engine::escalations::Seen,
    escalation::{Phase, StepUp, Verdict, Vote, state::State as Stands},
    id::PersonId,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

impl Card {
    /// The name of somebody who can decide, or could when it opened; else the id.
    pub fn name(&self, person: PersonId) -> String {
        if person == self.viewer.id {
            return "you".into();
        }
        let frozen = self.shown.card.iter().flat_map(|c| &c.deciders);
        let found = self.shown.deciders.iter().chain(frozen).find(|d| d.person == person);
        found.map_or_else(|| person.to_string(), |d| visible_line(&d.name).into_owned())
    }
}

pub fn votes(card: &Card) -> impl IntoView + use<> {
    let e = &card.shown.record.escalation;
    let mut entries = vec![entry(
        e.opened_at,
        State::Wait,
        "Asked",
        format!("{} asked; it waits for people.", visible_line(&card.shown.record.asked.agent)),
    )];
    entries.extend(card.shown.votes.iter().map(|seen| match seen {
        Seen::Blind { at } => entry(
            *at,
            State::Allow,
            "Approved",
            "Somebody approved. Who and why is shown once you have decided.".into(),
        ),
        Seen::Open(vote) => voted(card, vote),
    }));
    if let Some(at) = card.shown.record.reminded_at {
        entries.push(entry(at, State::Info, "Reminded", "Half of the time was over: the backup was told.".into()));
    }
    if let Some(at) = e.released_at {
        entries.push(entry(at, State::Allow, "Released", "Enough people approved: the agent may use it.".into()));
    }
    if let Some(at) = e.learned_at {
        entries.push(entry(at, State::Info, "Learned", "The agent was told.".into()));
    }
    entries.extend(ended(card));
    entries.sort_by_key(|e| e.at);
    view! {
        <section class="block" aria-labelledby="timeline">
            <h2 id="timeline">"What happened so far"</h2>
            <Timeline entries now=card.viewer.now/>
        </section>
    }
}

fn entry(at: Timestamp, state: State, word: &str, text: String) -> Entry {
    Entry { at, state, word: word.into(), text, href: None }
}

fn voted(card: &Card, vote: &Vote) -> Entry {
    let (state, word) = match vote.verdict {
        Verdict::Approve => (State::Allow, "Approved"),
        Verdict::Deny => (State::Deny, "Denied"),
    };
    let mut text = format!("By {}", card.name(vote.by));
    if vote.seat != vote.by {
        text += &format!(" for {}", card.name(vote.seat));
    }
    if let Some(code) = vote.code {
        text += &format!(": {}", code.label());
    }
    if let Some(reason) = &vote.reason {
        text += &format!(", “{}”", visible_line(reason));
    }
    text.push('.');
    if let Some(shown) = vote.shown_at {
        text += &format!(" Looked for {}.", crate::parts::span(vote.at - shown));
    }
    text += match vote.step_up {
        Some(StepUp::OneTimeLink) => " Fresh sign-in by a one-time link.",
        Some(StepUp::Passkey) => " Confirmed by passkey.",
        None => "",
    };
    entry(vote.at, state, word, text)
}

fn ended(card: &Card) -> Option<Entry> {
    let e = &card.shown.record.escalation;
    Some(match &e.state {
        Stands::Consumed { at, .. } => {
            entry(*at, State::Allow, "Used", "The agent asked again and was permitted, once.".into())
        }
        Stands::Expired { at } => entry(*at, State::Deny, "Expired", "Its time was over.".into()),
        Stands::Cancelled { at } => entry(*at, State::Unknown, "Taken back", "The agent no longer wants it.".into()),
        Stands::Revoked { at } => entry(*at, State::Deny, "Revoked", "Ended from above.".into()),
        _ if card.phase() == Phase::Expired => {
            entry(e.expires_at, State::Deny, "Expired", format!("Its time was over at {}.", minutes(e.expires_at)))
        }
        _ => return None,
    })
}
