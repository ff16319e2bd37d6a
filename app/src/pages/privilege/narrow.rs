//! The narrower policies: what goes, what stays and why, and the commands that put it into force.
use super::reach::Shown;
use crate::{
    pages::identities::words::{day, many},
    parts::CodeBlock,
};
use governance::{
    privilege::{
        reach::Reach,
        right_size::{Dropped, Proposal, aws_commands, file_name},
    },
    text::visible_line,
};
use leptos::prelude::*;

pub fn proposals(reach: &Reach, shown: &Shown) -> impl IntoView + use<> {
    if reach.proposals.is_empty() {
        return ().into_any();
    }
    let days = shown.days;
    let items = reach.proposals.iter().enumerate().map(|(at, p)| one(at, p, reach)).collect_view();
    view! {
        <h3 id="right-size">"Right-size"</h3>
        <p class="note">
            {format!("What its source reports to be unused for {days} days is taken out. What it does not speak of stays, and so do denials and conditions: nothing that was used in that time stops working.")}
        </p>
        {items}
    }
    .into_any()
}

fn one(at: usize, proposal: &Proposal, reach: &Reach) -> impl IntoView + use<> {
    let via = visible_line(&proposal.via).into_owned();
    let denied = (!proposal.denied.is_empty()).then(|| {
        view! {
            <p>"Its patterns take these in as well. They stay, and what of them is unused is denied beside them, on the same resources:"</p>
            <ul class="prv-dropped">{unused(&proposal.denied)}</ul>
        }
    });
    let dropped =
        (!proposal.dropped.is_empty()).then(|| view! { <ul class="prv-dropped">{unused(&proposal.dropped)}</ul> });
    let stays = format!(
        "{} stay because they were used, {} because the source does not say.",
        proposal.kept_used, proposal.kept_unknown
    );
    let file = file_name(at);
    let commands = aws_commands(&reach.principal, proposal, &file).join("\n");
    let document = match &proposal.after {
        Some(after) => {
            let text = serde_json::to_string_pretty(after).unwrap_or_default();
            view! { <CodeBlock label=format!("{via}, narrower: {file}") text/> }.into_any()
        }
        None => view! { <p>"Nothing of it was used: it can go whole."</p> }.into_any(),
    };
    let title = format!("{via}: {} can go", what_goes(proposal));
    view! {
        <details class="prv-narrow">
            <summary>{title}</summary>
            {dropped}
            {denied}
            <p class="note">{stays}</p>
            {document}
            <CodeBlock label=format!("Commands for {via}") text=commands/>
        </details>
    }
}

fn unused(all: &[Dropped]) -> impl IntoView + use<> {
    let items = all.iter().map(|d| {
        let last = d.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("not since {}", day(at)));
        view! { <li><code>{visible_line(&d.action).into_owned()}</code>" "{last}</li> }
    });
    items.collect_view()
}

fn what_goes(proposal: &Proposal) -> String {
    let of = |n: usize| many(n, "action", "actions");
    match (proposal.dropped.len(), proposal.denied.len()) {
        (dropped, 0) => of(dropped),
        (0, denied) => format!("{} under its patterns", of(denied)),
        (dropped, denied) => format!("{}, and {denied} under its patterns,", of(dropped)),
    }
}
