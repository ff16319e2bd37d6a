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

/// The privileged rights by request: what to add to the policy bundle.
pub fn just_in_time(reach: &Reach) -> impl IntoView + use<> {
    let Some(it) = reach.just_in_time.clone() else { return ().into_any() };
    let name = visible_line(&reach.source.name).into_owned();
    let title = format!("{} of {name} by request", many(it.rights, "privileged right", "privileged rights"));
    let left_out = (it.left_out > 0).then(|| {
        let n = many(it.left_out, "privileged right is", "privileged rights are");
        view! { <p class="note">{format!("{n} not in it: all but some actions, variables, or too many. Name the actions that are needed.")}</p> }
    });
    view! {
        <h3>"Just in time"</h3>
        <p class="note">"Added to the policy bundle, this lets it ask for a privileged right when it needs it: a person approves, and one use is granted, for 15 minutes. Then take the standing right out of the source."</p>
        <details class="prv-narrow">
            <summary>{title}</summary>
            {left_out}
            <p class="note">"To "<code>{it.file}</code>":"</p>
            <CodeBlock label=format!("{name}: {}", it.file) text=it.policy/>
            <p class="note">"To "<code>"schema.cedarschema"</code>", once for all identities:"</p>
            <CodeBlock label=format!("{name}: add to schema.cedarschema, once") text=it.schema.to_owned()/>
            <p class="note">"To "<code>"bundle.toml"</code>", once for all identities:"</p>
            <CodeBlock label=format!("{name}: add to bundle.toml, once") text=it.words.to_owned()/>
        </details>
    }
    .into_any()
}
