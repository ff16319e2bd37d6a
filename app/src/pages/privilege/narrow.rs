//! The narrower policies: what goes, what stays and why, and the commands that put it into force.
use super::reach::Shown;
use crate::{
    pages::identities::words::{day, many},
    parts::CodeBlock,
};
use governance::{
    privilege::{
        reach::Reach,
        right_size::{Proposal, aws_commands, file_name},
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
    let dropped = proposal.dropped.iter().map(|d| {
        let last = d.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("not since {}", day(at)));
        view! { <li><code>{visible_line(&d.action).into_owned()}</code>" "{last}</li> }
    });
    let n = proposal.dropped.len();
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
    let title = format!("{via}: {} can go", many(n, "action", "actions"));
    view! {
        <details class="prv-narrow">
            <summary>{title}</summary>
            <ul class="prv-dropped">{dropped.collect_view()}</ul>
            <p class="note">{stays}</p>
            {document}
            <CodeBlock label=format!("Commands for {via}") text=commands/>
        </details>
    }
}
