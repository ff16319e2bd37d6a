//! What it may do alone and what needs a person: the mode, the documented limits, and what it was answered of late.
use super::{
    calls::{Limits, Mode as SetMode},
    form::{Lines, Mend, about},
    record::{self, Shown},
    words::mode_word,
};
use crate::parts::{Button, Column, Fact, Facts, State, Table, count};
use crate::paths;
use governance::{engine::dossier::ACTS_DAYS, identity::Mode, store::decisions::Asked, text::visible_line};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// Actions shown; the rest is in the activity.
const ACTIONS: usize = 8;

pub fn block(shown: &Shown) -> impl IntoView + use<> {
    let r = &shown.dossier.record;
    let a = &r.approval;
    let meaning = match a.mode {
        Mode::Enforce => "policy decides what it asks",
        Mode::Observe => "all it asks is permitted, save acts above the floor; what policy would have said is recorded",
    };
    let mut facts = vec![Fact { source: Some(meaning.into()), ..Fact::new("Mode", mode_word(a.mode)) }];
    facts.extend(a.thresholds.iter().map(|(name, limit)| Fact {
        source: Some("documented here; the active policy bundle is what decides".into()),
        ..Fact::new(visible_line(name).into_owned(), visible_line(limit).into_owned())
    }));
    if a.thresholds.is_empty() {
        facts.push(Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("Limits", "") });
    }
    facts.push(match &a.active_hours {
        Some(hours) => Fact::new("Active hours", visible_line(hours).into_owned()),
        None => Fact { state: Some((State::Unknown, "Not said".into())), ..Fact::new("Active hours", "") },
    });
    let href = paths::observation(&r.identity.id.to_string());
    let words = match a.mode {
        Mode::Observe => "What enforcing it would hold back, and a boundary from its use",
        Mode::Enforce => "A boundary and limits from its use",
    };
    let known =
        view! { <Facts facts/> {acts(&shown.dossier.acts)} <p class="note idn-usage"><a href=href>{words}</a></p> };
    let mend = shown.mends.then(|| view! { {switch(shown)} {edit(shown)} });
    record::block("boundary", "Approval boundary", (&a.gaps, shown.mends), known, mend)
}

/// How it was answered, action by action, the most asked first.
fn acts(acts: &[Asked]) -> impl IntoView + use<> {
    if acts.is_empty() {
        return view! { <p class="note idn-usage">{format!("It asked for nothing in {ACTS_DAYS} days.")}</p> }
            .into_any();
    }
    let mut by: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for a in acts {
        let at = match a.outcome.as_str() {
            "permit" => 0,
            "escalate" => 1,
            _ => 2,
        };
        by.entry(&a.action).or_default()[at] += a.n;
    }
    let mut by: Vec<_> = by.into_iter().collect();
    by.sort_by_key(|(name, n)| (std::cmp::Reverse(n.iter().sum::<i64>()), *name));
    let more = by.len().saturating_sub(ACTIONS);
    let rows = by.into_iter().take(ACTIONS).map(|(action, n)| {
        let action = visible_line(action).into_owned();
        let labels = ["Permitted", "To a person", "Denied"];
        let cells =
            n.into_iter().zip(labels).map(|(n, label)| view! { <td class="num" data-label=label>{count(n)}</td> });
        view! { <tr><th scope="row"><code>{action}</code></th>{cells.collect_view()}</tr> }
    });
    let columns = vec![
        Column::text("Asked in 90 days"),
        Column::number("Permitted"),
        Column::number("To a person"),
        Column::number("Denied"),
    ];
    let rows = rows.collect_view();
    view! {
        <div class="idn-usage">
            <Table caption="What it asked for in 90 days" columns>{rows}</Table>
            {(more > 0).then(|| view! { <p class="note">{format!("and {more} more actions")}</p> })}
        </div>
    }
    .into_any()
}

fn switch(shown: &Shown) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<SetMode>::new();
    let (to, title, why) = match shown.dossier.record.identity.mode {
        Mode::Observe => (
            Mode::Enforce,
            "Switch to enforce",
            "From then on policy decides: what is above the limit waits for a person, what no rule permits is denied.",
        ),
        Mode::Enforce => (
            Mode::Observe,
            "Switch to observe",
            "From then on all it asks is permitted, save acts above the floor, and what policy would have said is recorded. For learning its use before a boundary is drawn.",
        ),
    };
    view! {
        <Mend title open=to == Mode::Enforce>
            <ActionForm action=action>
                {about}
                <input type="hidden" name="mode" value=to.as_str()/>
                <p class="note">{why}</p>
                <div class="actions" id="mode"><Button>{title}</Button></div>
            </ActionForm>
        </Mend>
    }
}

fn edit(shown: &Shown) -> impl IntoView + use<> {
    let about = about(shown);
    let action = ServerAction::<Limits>::new();
    let a = &shown.dossier.record.approval;
    let limits: Vec<_> = a.thresholds.iter().map(|(name, limit)| format!("{name}: {limit}")).collect();
    let hours = a.active_hours.clone().unwrap_or_default();
    view! {
        <Mend title="Write down its limits">
            <ActionForm action=action>
                {about}
                <Lines label="Limits" name="limits" value=limits.join("\n") rows=3 hint="One a line: refunds a day: 2,000.00 EUR"/>
                <div class="field">
                    <label for="f-hours">"Active hours"</label>
                    <input id="f-hours" name="hours" type="text" value=hours maxlength="256" autocomplete="off" placeholder="Mon-Fri 07:00-19:00 Europe/Berlin"/>
                </div>
                <div class="actions"><Button>"Save limits"</Button></div>
            </ActionForm>
        </Mend>
    }
}
