//! What narrows the list: views that answer a question, and a form. Each is a link or a plain GET.
use super::{
    query::Query,
    words::{capital, spaced},
};
use crate::{
    parts::{Icon, count},
    paths,
};
use governance::{
    engine::identities::{COUNT_MAX, Counts, Order},
    finding::Rule,
    identity::{Environment, Kind, Mode, Status},
    source::Source,
};
use leptos::prelude::*;

/// The problems people come for, each with how many have it.
const VIEWS: &[(&str, &str, &str, Option<Rule>)] = &[
    ("finding", "open", "Any finding", None),
    ("owner", "none", "No owner", Some(Rule::NoOwner)),
    ("finding", "no_backup", "No backup owner", Some(Rule::NoBackup)),
    ("priv", "standing", "Standing privilege", None),
    ("unused", "90d", "Unused for 90 days", Some(Rule::Unused90d)),
    ("finding", "key_older_90d", "Old keys", Some(Rule::KeyOlder90d)),
    ("finding", "secret_in_config", "Readable secrets", Some(Rule::SecretInConfig)),
    ("finding", "never_attested", "Never attested", Some(Rule::NeverAttested)),
    ("finding", "not_monitored", "Not monitored", Some(Rule::NotMonitored)),
];

pub fn views(query: &Query, counts: &Counts) -> impl IntoView + use<> {
    let n = |rule: Option<Rule>| rule.and_then(|r| counts.by_rule.iter().find(|(k, _)| *k == r)).map(|(_, n)| *n);
    let all = view! { <li><a class="idn-view" href=paths::IDENTITIES aria-current=query.pairs().is_empty().then_some("page")>"All"</a></li> };
    // what nobody has is no view; where nothing was counted, every view is offered
    let counted = !counts.by_rule.is_empty();
    let some = |(name, value, _, rule): &&(&str, &str, &str, Option<Rule>)| {
        !counted || rule.is_none() || n(*rule).is_some() || query.get(name) == *value
    };
    let views = VIEWS.iter().filter(some).map(|(name, value, words, rule)| {
        let on = query.get(name) == *value;
        let href = query.with(name, (!on).then_some(value));
        let n = n(*rule).map(|n| view! { <span class="idn-count">{up_to(n)}</span> });
        view! { <li><a class="idn-view" href=href aria-current=on.then_some("true")>{*words}{n}{on.then(|| view! { <span class="sr">", take this filter off"</span><Icon name="x"/> })}</a></li> }
    });
    view! { <nav aria-label="Problems"><ul class="idn-views">{all}{views.collect_view()}</ul></nav> }
}

/// A number that was counted no further than [`COUNT_MAX`].
fn up_to(n: i64) -> String {
    if n >= COUNT_MAX { format!("{}+", count(COUNT_MAX - 1)) } else { count(n) }
}

/// Choices of one select: value, words, how many.
type Choices = Vec<(String, String, Option<i64>)>;

pub fn form(query: &Query, counts: &Counts, sources: &[Source]) -> impl IntoView + use<> {
    let tally = |of: &dyn Fn(&governance::engine::identities::Facet) -> bool| {
        (!counts.facets.is_empty()).then(|| counts.facets.iter().filter(|f| of(f)).map(|f| f.count).sum::<i64>())
    };
    let kinds: Choices =
        Kind::ALL.iter().map(|k| (k.to_string(), capital(k.as_str()), tally(&|f| f.kind == *k))).collect();
    let mut environments: Choices = Environment::ALL
        .iter()
        .map(|e| (e.to_string(), capital(e.as_str()), tally(&|f| f.environment == Some(*e))))
        .collect();
    environments.push(("unknown".into(), "Nobody said".into(), tally(&|f| f.environment.is_none())));
    let mut states: Choices =
        Status::ALL.iter().map(|s| (s.to_string(), capital(s.as_str()), tally(&|f| f.status == *s))).collect();
    states.push(("stopped".into(), "Stopped".into(), None));
    let modes: Choices = Mode::ALL.iter().map(|m| (m.to_string(), capital(m.as_str()), None)).collect();
    let sources: Choices = sources.iter().map(|s| (s.id.to_string(), s.name.clone(), None)).collect();
    // what only links set stays as it is
    let kept = query.pairs().iter().filter(|(n, _)| ["owner", "finding", "priv", "unused"].contains(n)).cloned();
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let orders = Order::ALL.iter().map(|order| {
        // the usual order is no word of the address
        let value = if *order == Order::default() { "" } else { order.as_str() };
        view! { <option value=value selected=*order == query.order>{in_order(*order)}</option> }
    });
    let clear = (!query.pairs().is_empty())
        .then(|| view! { <a class="button button-quiet" href=paths::IDENTITIES>"Clear"</a> });
    view! {
        <form class="idn-filters" method="get" action=paths::IDENTITIES role="search" aria-label="Identities">
            {kept}
            <div class="field idn-search">
                <label for="f-q">"Search"</label>
                <input id="f-q" type="search" name="q" value=query.get("q").to_owned() placeholder="Name, ARN or team" data-search="" aria-keyshortcuts="/"/>
            </div>
            {select(query, "kind", "Kind", kinds)}
            {select(query, "environment", "Environment", environments)}
            {select(query, "state", "State", states)}
            {select(query, "mode", "Mode", modes)}
            {(!sources.is_empty()).then(|| select(query, "source", "Source", sources))}
            <div class="field idn-sort">
                <label for="f-sort">"Sort by"</label>
                <select id="f-sort" name="sort">{orders.collect_view()}</select>
            </div>
            <div class="idn-go"><button type="submit" class="button"><Icon name="filter"/>"Apply"</button>{clear}</div>
        </form>
    }
}

/// What comes first.
const fn in_order(order: Order) -> &'static str {
    match order {
        Order::Name => "Name",
        Order::Worst => "Worst finding first",
        Order::Newest => "Newest first",
    }
}

fn select(query: &Query, name: &'static str, label: &'static str, choices: Choices) -> impl IntoView + use<> {
    let chosen = query.get(name).to_owned();
    let options = choices.into_iter().map(|(value, words, n)| {
        let selected = spaced(&value) == spaced(&chosen);
        let words = n.map_or_else(|| words.clone(), |n| format!("{words} ({})", count(n)));
        view! { <option value=value selected=selected>{words}</option> }
    });
    let id = format!("f-{name}");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name><option value="">"Any"</option>{options.collect_view()}</select>
        </div>
    }
}
