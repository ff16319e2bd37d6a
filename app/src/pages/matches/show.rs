//! What may be one identity, the likely first.
use super::{calls::Apart, side};
use crate::{
    error::AppError,
    pages::identities::words::many,
    parts::{Banner, Button, Empty, Icon, Kind as Weight, LinkButton, Mark, Page, Problems, State},
    paths, viewer,
};
use governance::{
    engine::Act,
    error::Result,
    identity::Identity,
    matching::{Strength, Suggestion, Suggestions},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

struct Found {
    all: Suggestions,
    /// Those of one identity alone.
    of: Option<Identity>,
    decides: bool,
    exports: bool,
    now: Timestamp,
}

pub async fn matches(of: Option<String>, done: Option<String>, error: Option<AppError>) -> AnyView {
    match load(of).await {
        Ok(found) => page(&found, done.filter(|_| error.is_none()), error).into_any(),
        Err(e) => view! { <Page title="Same identity?"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(of: Option<String>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let of = match of {
        Some(name) => Some(governance.identity_find(&ctx, &name).await?),
        None => None,
    };
    let all = match &of {
        Some(it) => governance.match_of(&ctx, it.id).await?,
        None => governance.match_list(&ctx).await?,
    };
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    Ok(Found { all, of, decides: may(Act::ChangeRegister), exports: may(Act::Export), now: ctx.at })
}

fn page(found: &Found, done: Option<String>, error: Option<AppError>) -> impl IntoView + use<> {
    let exports = found.exports && found.of.is_none() && !found.all.suggestions.is_empty();
    let actions = ViewFn::from(move || {
        exports.then(|| {
            view! {
                <LinkButton href=format!("{}.csv", paths::MATCHES)>"CSV"</LinkButton>
                <LinkButton href=format!("{}.json", paths::MATCHES)>"JSON"</LinkButton>
            }
        })
    });
    let of = found.of.as_ref().map(|it| {
        let name = visible_line(&it.name).into_owned();
        view! { <p class="note">"Only what may be one with "<a href=paths::identity(&it.id.to_string())>{name}</a>". "<a href=paths::MATCHES>"All"</a></p> }
    });
    let done = done.filter(|done| done == "apart");
    let all = &found.all.suggestions;
    let pairs = all.iter().map(|it| pair(it, found)).collect_view();
    let empty = all.is_empty().then(|| view! { <Empty title="Nothing looks like one identity twice" why="Here stand pairs that different sources show under a like name, the same key, id or address. What has the same strong key in a new source is joined by itself when it is imported."/> });
    let count = match (all.len(), found.all.more) {
        (0, _) => String::new(),
        (n, false) => many(n, "pair", "pairs"),
        (n, true) => format!("The first {n} pairs: settle these, and the others follow."),
    };
    view! {
        <a class="idn-back" href=paths::VISIBILITY><Icon name="chevron-left"/>"Visibility"</a>
        <Page title="Same identity?" lead="What different sources show and may be one: a person decides" actions>
            {error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> })}
            {done.map(|_| view! { <Banner state=State::Allow title="They are two, and are not suggested again.">"It is in the log."</Banner> })}
            {of}
            <p class="note">{count}</p>
            {empty}
            {pairs}
        </Page>
    }
}

fn pair(it: &Suggestion, found: &Found) -> impl IntoView + use<> {
    let id = format!("pair-{}-{}", it.keep.id, it.other.id);
    let (state, word) = match it.strength {
        Strength::Likely => (State::Wait, "Likely"),
        Strength::Possible => (State::Unknown, "Possible"),
    };
    let title = format!("{} and {}", visible_line(&it.keep.name), visible_line(&it.other.name));
    let reasons = format!("Why: {}.", visible_line(&it.reasons.join("; ")));
    let one = side::panel(&it.keep, "One".into(), found.now, ());
    let other = side::panel(&it.other, "The other".into(), found.now, ());
    let forms = found.decides.then(|| decide(it, &title));
    view! {
        <section class="idn-section" aria-labelledby=id.clone()>
            <header class="idn-section-head"><h2 id=id.clone()>{title}</h2><Mark state word/>{forms}</header>
            <p class="note vis-note">{reasons}</p>
            <div class="columns">{one}{other}</div>
        </section>
    }
}

fn decide(it: &Suggestion, title: &str) -> impl IntoView + use<> {
    let action = ServerAction::<Apart>::new();
    let (one, other) = (it.keep.id.to_string(), it.other.id.to_string());
    let href = paths::merge(&one, &other);
    let (hears, hears_too) = (format!(": {title}"), format!(": {title}"));
    view! {
        <ActionForm action=action>
            <input type="hidden" name="one" value=one/>
            <input type="hidden" name="other" value=other/>
            <div class="actions">
                <LinkButton href=href kind=Weight::Plain>"They are one…"<span class="sr">{hears}</span></LinkButton>
                <Button>"They are two"<span class="sr">{hears_too}</span></Button>
            </div>
        </ActionForm>
    }
}
