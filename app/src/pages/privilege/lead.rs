//! Where its rights lead: what it can give itself, what it puts at risk, and whom it can become.
use crate::{
    pages::identities::words::{capital, many},
    parts::{Mark, State},
    paths,
};
use governance::{
    import::snapshot::{EVERYTHING, LIMITED, held_where},
    privilege::{
        aws::risk::{Kind, Risk},
        reach::{BECOMES, Becomes, Reach},
    },
    text::visible_line,
};
use leptos::prelude::*;

pub fn powers(reach: &Reach) -> impl IntoView + use<> {
    if reach.powers.is_empty() {
        return ().into_any();
    }
    let items = reach.powers.iter().map(|(way, at)| {
        let (words, actions) = way.split_once(": ").unwrap_or((way, ""));
        let limited = at.ends_with(LIMITED);
        let state = if limited { State::Wait } else { State::Deny };
        let words = visible_line(&capital(words)).into_owned();
        let actions = (!actions.is_empty())
            .then(|| view! { " "<code class="idn-long">{visible_line(actions).into_owned()}</code> });
        let at = visible_line(&held_where(at)).into_owned();
        view! { <li><Mark state word=words/>{actions}<span class="idn-sub">{at}</span></li> }
    });
    view! {
        <h3>"It can give itself more"</h3>
        <ul class="prv-ways">{items.collect_view()}</ul>
    }
    .into_any()
}

/// Actions of one risk that are shown; the file has all.
const ACTIONS: usize = 40;

pub fn risks(reach: &Reach) -> impl IntoView + use<> {
    if reach.risks.is_empty() {
        return ().into_any();
    }
    let items = Kind::OF_ACTIONS.into_iter().filter_map(|kind| risk(kind, &reach.risks));
    view! {
        <h3>"What it puts at risk"</h3>
        <ul class="prv-ways">{items.collect_view()}</ul>
    }
    .into_any()
}

fn risk(kind: Kind, all: &[Risk]) -> Option<impl IntoView + use<>> {
    let what = match kind {
        Kind::PrivilegeEscalation => "it can give itself more",
        Kind::DataExfiltration => "what is stored can be read and carried away",
        Kind::ResourceExposure => "access of others can be changed, and resources opened to them",
        Kind::CredentialExposure => "it is answered with credentials, or makes them",
    };
    let (limited, whole): (Vec<_>, Vec<_>) = all.iter().filter(|r| r.kind == kind).partition(|r| r.limited);
    let state = if whole.is_empty() { State::Wait } else { State::Deny };
    let lists = [("on everything", whole), ("for some resources or under a condition", limited)];
    let lists = lists.into_iter().filter(|(_, found)| !found.is_empty());
    let lists = lists.map(|(limit, found)| actions(limit, &found)).collect::<Vec<_>>();
    (!lists.is_empty()).then(|| {
        view! { <li><Mark state word=capital(kind.as_str())/><span class="idn-sub">{what}</span>{lists}</li> }
    })
}

fn actions(limit: &str, found: &[&Risk]) -> impl IntoView + use<> {
    let total: usize = found.iter().map(|r| r.actions.len()).sum();
    let named = found.iter().flat_map(|r| &r.actions).take(ACTIONS).cloned().collect::<Vec<_>>().join(", ");
    let more = (total > ACTIONS).then(|| format!(" and {} more, which the file has", total - ACTIONS));
    let policies = found.iter().map(|r| visible_line(&r.via).into_owned()).collect::<Vec<_>>().join(", ");
    view! {
        <details>
            <summary>{format!("{} {limit}, by {policies}", many(total, "action", "actions"))}</summary>
            <p><code class="idn-long">{named}</code>{more}</p>
        </details>
    }
}

pub fn becomes(reach: &Reach) -> impl IntoView + use<> {
    if reach.becomes.is_empty() {
        return ().into_any();
    }
    let items = reach.becomes.iter().map(one).collect_view();
    let more = (reach.becomes.len() >= BECOMES)
        .then(|| view! { <p class="note">{format!("The first {BECOMES} are shown, the nearest first; there may be more.")}</p> });
    view! {
        <h3>"It can become"</h3>
        <ul class="prv-ways">{items}</ul>
        {more}
    }
    .into_any()
}

fn one(it: &Becomes) -> impl IntoView + use<> {
    let called = match &it.identity {
        Some((id, name)) => {
            view! { <a href=paths::reach(&id.to_string())>{visible_line(name).into_owned()}</a> }.into_any()
        }
        None => view! { <code class="idn-long">{visible_line(&it.principal).into_owned()}</code> }.into_any(),
    };
    let short = |arn: &str| visible_line(arn.rsplit('/').next().unwrap_or(arn)).into_owned();
    let path = it.path.iter().map(|(who, how)| format!("{}: {}", short(who), visible_line(how))).collect::<Vec<_>>();
    let path = path.join(" → ");
    let strong = it.powers.iter().any(|p| p == EVERYTHING);
    let mark = match (strong, it.powers.len()) {
        (true, _) => view! { " "<Mark state=State::Deny word="may do everything"/> }.into_any(),
        (false, 0) => ().into_any(),
        (false, _) => view! { " "<Mark state=State::Wait word="can give itself more"/> }.into_any(),
    };
    view! { <li>{called}{mark}<span class="idn-sub">{path}</span></li> }
}
