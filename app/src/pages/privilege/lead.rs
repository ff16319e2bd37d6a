//! Where its rights lead: what it can give itself, and whom it can become.
use crate::{
    pages::identities::words::capital,
    parts::{Mark, State},
    paths,
};
use governance::{
    import::snapshot::{EVERYTHING, LIMITED},
    privilege::reach::{BECOMES, Becomes, Reach},
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
        let at = visible_line(at).into_owned();
        view! { <li><Mark state word=words/>{actions}<span class="idn-sub">"by "{at}</span></li> }
    });
    view! {
        <h3>"It can give itself more"</h3>
        <ul class="prv-ways">{items.collect_view()}</ul>
    }
    .into_any()
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
