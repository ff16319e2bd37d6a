//! Who asked whom, what approving grants, who can decide, and what happens if nobody does.
use super::{
    show::Card,
    words::{many, seconds},
};
use crate::parts::{Chain, CodeBlock, Digest, Fact, Facts, Link, State, ago, minutes};
use governance::{
    escalation::{
        card::{self, LinkKind},
        state::Missing,
    },
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

pub fn terms(card: &Card) -> impl IntoView + use<> {
    let shown = card.shown.card.as_ref()?;
    let links: Vec<_> = shown.chain.iter().map(|l| link(l, card.viewer.now)).collect();
    let chain = (!links.is_empty()).then(|| {
        view! {
            <section class="block" aria-labelledby="chain"><h2 id="chain">"Who asked whom"</h2><Chain links/></section>
        }
    });
    let title = if card.phase().open() { "If you approve, and if nobody answers" } else { "What an approval grants" };
    let request = serde_json::to_string_pretty(&shown.parameters).unwrap_or_default();
    Some(view! {
        {chain}
        <section class="block" aria-labelledby="terms">
            <h2 id="terms">{title}</h2>
            <Facts facts=facts(card, shown)/>
            <details class="exact">
                <summary>"The exact request, byte for byte what an approval is for"</summary>
                <p class="note">"Digest " <Digest hex=shown.digest.clone()/></p>
                <CodeBlock label="The exact request" text=governance::text::visible(&request).into_owned()/>
            </details>
        </section>
    })
}

fn link(link: &card::Link, now: Timestamp) -> Link {
    let role = match link.kind {
        LinkKind::Person => "Started by",
        LinkKind::Schedule => "Started by a schedule",
        LinkKind::Event => "Started by an event",
        LinkKind::Agent => "Agent",
        LinkKind::Tool => "Tool",
        LinkKind::Unknown => "Started by",
    };
    let how = if link.checked { "checked by us" } else { "claimed, not checked" };
    let note = link.attested_at.map_or_else(|| how.to_owned(), |at| format!("{how} · attested {}", ago(at, now)));
    Link {
        role: role.into(),
        name: visible_line(&link.name).into_owned(),
        href: None,
        note,
        broken: link.broken.as_ref().map(|b| visible_line(b).into_owned()),
    }
}

fn facts(card: &Card, shown: &card::Card) -> Vec<Fact> {
    let (e, grants) = (&card.shown.record.escalation, &shown.grants);
    let uses = many(usize::try_from(grants.uses).unwrap_or(usize::MAX), "execution", "executions");
    let mut approve = format!(
        "{uses} of exactly this request. The approval can be used for {}, and for {} once the agent knows of it.",
        seconds(grants.usable_s),
        seconds(grants.usable_once_known_s)
    );
    approve += &match grants.grant_s {
        Some(s) => format!(" With it a grant is issued that lives {}.", seconds(s)),
        None => " No grant is issued: it is a permit for that moment alone.".into(),
    };
    if !grants.windows.is_empty() {
        approve += &format!(" It holds only {} (UTC).", grants.windows.join(" and "));
    }
    if let Some(s) = grants.lease_s {
        approve += &format!(
            " It is a lease: while it runs it is decided anew at least every {}, and ends when it is not.",
            seconds(s)
        );
    }
    let mut facts = vec![Fact::new("If you approve", approve)];
    if let Some(hold) = e.requirement.tier.hold_seconds() {
        facts.push(Fact::new(
            "Undo",
            format!("Held for {hold} s after the last vote; until then you can take yours back."),
        ));
    } else {
        facts.push(Fact::new(
            "Undo",
            "None: the approval is released at once. Revoking ends it as long as it is not used.",
        ));
    }
    if card.phase().open() {
        let half = e.opened_at + (e.expires_at - e.opened_at) / 2;
        facts.push(Fact::new(
            "If nobody answers",
            format!(
                "Denied at {}, and the agent is told so. At {} the backup is reminded.",
                minutes(e.expires_at),
                minutes(half)
            ),
        ));
        let mut deciders: Vec<_> = card.shown.deciders.iter().map(decider).collect();
        deciders.sort();
        let who = if deciders.is_empty() { "Nobody: it will run out.".to_owned() } else { deciders.join(", ") };
        let mut fact = Fact::new("Who can decide now", who);
        if deciders.is_empty() {
            fact.state = Some((State::Deny, "Nobody".into()));
        }
        facts.push(fact);
        if !card.shown.missing.is_empty() {
            facts
                .push(Fact::new("Still needed", card.shown.missing.iter().map(missing).collect::<Vec<_>>().join("; ")));
        }
    }
    facts
}

fn decider(d: &card::Decider) -> String {
    format!("{} ({})", visible_line(&d.name), d.routes.join(", "))
}

fn missing(m: &Missing) -> String {
    let people = many(usize::try_from(m.people).unwrap_or(usize::MAX), "person", "people");
    let other = if m.other { ", one of them neither an owner nor new in the role" } else { "" };
    format!("{people} from {}{other}", m.route)
}
