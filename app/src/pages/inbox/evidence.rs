//! What is known and how: checked by us, claimed, unknown, the agent's own words; then this request against what is normal.
use super::{show::Card, words};
use crate::parts::{DiffRow, DiffTable, Icon, Mark, State, minutes};
use governance::{
    escalation::{card, normal::Normal},
    text::{agent_words, visible_line},
    time::Timestamp,
};
use leptos::prelude::*;

/// Characters of the agent's words before "show all" (ux.md R6).
const WORDS_SHOWN: usize = 400;

pub fn evidence(card: &Card) -> impl IntoView + use<> {
    let shown = card.shown.card.as_ref()?;
    let unit = card.unit();
    Some(view! {
        <div class="sides">
            {checked(shown, unit.as_deref())}
            {said(shown, unit.as_deref())}
        </div>
        {normal(shown, unit.as_deref())}
    })
}

fn checked(shown: &card::Card, unit: Option<&str>) -> impl IntoView + use<> {
    // what comes from one place at one time is said together
    let mut sources: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for c in &shown.checked {
        let source = format!("{}, {}", visible_line(&c.source), minutes(c.as_of));
        let value =
            c.value.as_str().and_then(Timestamp::parse).map_or_else(|| words::value(&c.what, &c.value, unit), minutes);
        let fact = (visible_line(&c.what).into_owned(), value);
        match sources.iter_mut().find(|(known, _)| *known == source) {
            Some((_, facts)) => facts.push(fact),
            None => sources.push((source, vec![fact])),
        }
    }
    let facts = sources.into_iter().map(|(source, facts)| {
        let facts = facts.into_iter().map(|(what, value)| view! { <span class="fact-line">{what} ": " <strong>{value}</strong></span> }).collect_view();
        view! { <li><Mark state=State::Allow word="Checked" quiet=true/><span>{facts}<span class="source">{source}</span></span></li> }
    });
    let unknown = shown.unknown.iter().map(|u| {
        view! { <li><Mark state=State::Unknown word="Unknown" quiet=true/><span>{visible_line(&u.what).into_owned()} ": unknown"<span class="source">{visible_line(&u.why).into_owned()}</span></span></li> }
    });
    let none = (shown.checked.is_empty() && shown.unknown.is_empty())
        .then(|| view! { <p class="note">"Nothing of this request could be checked."</p> });
    view! {
        <section class="side" aria-labelledby="checked">
            <h2 id="checked"><Icon name="shield-check"/>"Checked by us"</h2>
            <ul class="marks">{facts.collect_view()}{unknown.collect_view()}</ul>
            {none}
        </section>
    }
}

fn said(shown: &card::Card, unit: Option<&str>) -> impl IntoView + use<> {
    let claims = shown.claimed.iter().map(|c| {
        let text = words::value(&c.what, &c.value, unit);
        view! { <div><dt><code>{words::field(&c.what)}</code></dt><dd>{text}</dd></div> }
    });
    let words = shown.words.as_deref().map(agent_words).filter(|w| !w.trim().is_empty());
    let text = match words {
        None => view! { <p class="note">"It gave no reason."</p> }.into_any(),
        Some(words) if words.chars().count() <= WORDS_SHOWN => view! { <p class="words">{words}</p> }.into_any(),
        Some(words) => {
            let (first, rest): (String, String) =
                (words.chars().take(WORDS_SHOWN).collect(), words.chars().skip(WORDS_SHOWN).collect());
            view! { <p class="words">{first} "…"</p><details><summary>"Show all"</summary><p class="words">"…" {rest}</p></details> }.into_any()
        }
    };
    let claimed = (!shown.claimed.is_empty())
        .then(|| view! { <h3>"Claimed in the request"</h3><dl class="claims">{claims.collect_view()}</dl> });
    view! {
        <section class="side side-claims" aria-labelledby="claims">
            <h2 id="claims"><Icon name="message-square-quote"/>"The agent’s own words, not checked"</h2>
            {text}
            {claimed}
        </section>
    }
}

fn normal(shown: &card::Card, unit: Option<&str>) -> Option<impl IntoView + use<>> {
    let first = shown.normal.first()?;
    let note = format!("{} days, permits of this agent and action", first.window_days);
    let rows = shown.normal.iter().map(|n| row(n, unit)).collect();
    Some(view! {
        <section class="block" aria-labelledby="normal">
            <h2 id="normal">"Requested against normal" <span class="note">{note}</span></h2>
            <DiffTable caption="Requested against normal" heads=["Field", "This request", "Normal for this agent", "Difference"] rows/>
        </section>
    })
}

fn row(n: &Normal, unit: Option<&str>) -> DiffRow {
    let show = |v: &serde_json::Value| words::value(&n.field, v, unit);
    let that = match (&n.median, &n.p95) {
        (Some(median), Some(p95)) => format!("median {} · p95 {} · n = {}", show(median), show(p95), n.n),
        _ => format!("n = {}", n.n),
    };
    let difference = if n.median.is_none() { "Too little history".to_owned() } else { n.difference.clone() };
    DiffRow { field: words::field(&n.field), this: show(&n.requested), that, difference, unusual: n.unusual }
}
