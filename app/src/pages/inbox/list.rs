//! The list: which, of which tier, one row a question, the pages of it.
use super::{
    query::{Query, View},
    words::{many, phase_state, phase_word, tier_state, tier_word, title},
};
use crate::{
    assets::icons,
    parts::{Icon, ago},
};
use chrono::TimeDelta;
use governance::{
    engine::escalations::Listed, escalation::Tier, id::EscalationId, text::visible_line, time::Timestamp,
};
use leptos::prelude::*;

#[component]
pub fn List(
    query: Query,
    rows: Vec<Listed>,
    next: Option<(Timestamp, EscalationId)>,
    mine: usize,
    selected: Option<EscalationId>,
    /// The address names a card; its headline is then the heading of the page.
    named: bool,
    now: Timestamp,
    live: impl IntoView,
) -> impl IntoView {
    let place = selected.and_then(|id| rows.iter().position(|r| r.record.escalation.id == id));
    let lead = lead(query.view, &rows, mine, now);
    let count = rows.len();
    let items = rows.iter().enumerate().map(|(i, item)| {
        let key = match place {
            Some(p) if i == p + 1 => Some("j"),
            Some(p) if i + 1 == p => Some("k"),
            Some(p) if i == p => Some("o"),
            None if i == 0 => Some("j"),
            _ => None,
        };
        row(item, query, place == Some(i), key, now)
    });
    let heading = if named {
        view! { <h2 class="list-title">"Inbox"</h2> }.into_any()
    } else {
        view! { <h1 class="list-title">"Inbox"</h1> }.into_any()
    };
    let start = query.after.is_some().then(|| query.with_after(None).href(None));
    view! {
        <section class="list" aria-label="Inbox">
            <header class="list-head">
                {heading}
                <p class="lead">{lead}</p>
                {chips(query, mine)}
            </header>
            {live}
            {(count > 0).then(|| view! { <ul class="rows">{items.collect_view()}</ul> })}
            {(count == 0).then(|| view! { <p class="list-empty">"Nothing here."</p> })}
            {(start.is_some() || next.is_some()).then(|| view! {
                <nav class="pager" aria-label="Pages of this list">
                    {start.map(|href| view! { <a class="button" href=href><Icon name="chevron-left"/>"To the start"</a> })}
                    {next.map(|after| view! { <a class="button" rel="next" href=query.with_after(Some(after)).href(None)>"More"<Icon name="chevron-right"/></a> })}
                </nav>
            })}
        </section>
    }
}

/// "3 wait for you · next runs out in 12 min".
fn lead(view: View, rows: &[Listed], mine: usize, now: Timestamp) -> String {
    let soonest = rows.iter().map(|r| r.record.escalation.expires_at).filter(|at| *at > now).min();
    let soonest = soonest.map_or(String::new(), |at| format!(" · the next runs out {}", ago(at, now)));
    match view {
        View::Mine if mine == 0 => "Nothing waits for you".into(),
        View::Mine => format!("{} for you{soonest}", many(mine, "waits", "wait")),
        View::All => format!("{} for people{soonest}", many(rows.len(), "waits", "wait")),
        View::Decided => "The newest first".into(),
    }
}

fn chips(query: Query, mine: usize) -> impl IntoView {
    let views = View::ALL.into_iter().map(|v| {
        let current = (v == query.view).then_some("page");
        let n =
            (v == View::Mine && mine > 0).then(|| view! { <span class="chip-count" data-count="mine">{mine}</span> });
        view! { <li><a class="inbox-chip" href=query.with_view(v).href(None) aria-current=current>{v.label()}{n}</a></li> }
    });
    let tiers = [Tier::Critical, Tier::High, Tier::Medium, Tier::Low].into_iter().map(|tier| {
        let on = query.tier == Some(tier);
        let href = query.with_tier((!on).then_some(tier)).href(None);
        let shape = format!("{}#s-{}", icons(), tier_state(tier).shape());
        view! {
            <li><a class=format!("inbox-chip chip-tier {}", tier_state(tier).class()) href=href aria-current=on.then_some("true")>
                <svg class="shape" aria-hidden="true" width="9" height="9"><use href=shape></use></svg>
                {tier_word(tier)}
                {on.then(|| view! { <span class="sr">", take this filter off"</span><Icon name="x"/> })}
            </a></li>
        }
    });
    view! {
        <nav aria-label="Which list"><ul class="inbox-chips">{views.collect_view()}</ul></nav>
        <nav aria-label="Which tier"><ul class="inbox-chips">{tiers.collect_view()}</ul></nav>
    }
}

fn row(item: &Listed, query: Query, current: bool, key: Option<&'static str>, now: Timestamp) -> impl IntoView + use<> {
    let e = &item.record.escalation;
    let phase = e.due(now).unwrap_or_else(|| e.phase());
    let tier = e.requirement.tier;
    let title = item.headline.as_ref().map_or_else(|| "The card was erased".into(), title);
    let target = item.headline.as_ref().map(|h| visible_line(&h.target).into_owned());
    let agent = visible_line(&item.record.asked.agent).into_owned();
    let (state, word, right) = if phase.open() {
        let left = e.expires_at - now;
        let soon = left < TimeDelta::minutes(5);
        let right = view! {
            <span class="row-left" class:soon=soon data-left=left.num_seconds().to_string()>{short(left)}</span>
        };
        (tier_state(tier), tier_word(tier), right.into_any())
    } else {
        let at = e.state.ended_at().or(e.released_at).unwrap_or(e.expires_at);
        let right = view! { <time class="row-left" datetime=at.to_string()>{ago(at, now)}</time> };
        (phase_state(phase), phase_word(phase, e.released_at.is_some()), right.into_any())
    };
    let people = (phase.open() && e.requirement.quorum > 1)
        .then(|| format!(" · {} of {} people", e.votes.len(), e.requirement.quorum));
    let refuted = (item.refuted > 0 && phase.open()).then(|| {
        let words = many(item.refuted, "claim refuted", "claims refuted");
        view! { <span class="row-refuted">" · " {words}</span> }
    });
    let shape = format!("{}#s-{}", icons(), state.shape());
    view! {
        <li data-row=e.id.to_string()>
            <a class=format!("row {}", state.class()) href=query.href(Some(e.id)) aria-current=current.then_some("true") data-key=key>
                <svg class="shape" aria-hidden="true" width="13" height="13"><use href=shape></use></svg>
                <span class="row-title">{title}</span>
                {right}
                <span class="row-sub">
                    {agent} " · " <span class="row-word">{word}</span>{people}{refuted}
                    {target.map(|t| view! { <span class="row-target">" · " {t}</span> })}
                </span>
            </a>
        </li>
    }
}

/// What is left, in one unit: `42 s`, `12 min`, `3 h`.
fn short(left: TimeDelta) -> String {
    match left.num_seconds().max(0) {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min", s / 60),
        s => format!("{} h", s / 3_600),
    }
}
