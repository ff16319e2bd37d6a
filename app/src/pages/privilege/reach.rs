//! One identity: what it reaches in each source that shows it.
use super::{lead, narrow, rights};
use crate::{
    pages::not_found::NotFound,
    parts::{Banner, Empty, Icon, LinkButton, Page, Problems, State},
    paths, viewer,
};
use governance::{
    engine::Act,
    error::{Error, Kind, Result},
    identity::Identity,
    privilege::reach::{Reach, WINDOWS},
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;
use leptos_meta::Title;

pub struct Shown {
    pub identity: Identity,
    pub reaches: Vec<Reach>,
    pub days: i64,
    pub now: Timestamp,
    exports: bool,
}

pub async fn reach(id: &str, days: Option<String>) -> AnyView {
    match load(id, days).await {
        Ok(shown) => page(&shown).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! { <Page title="Reach"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(id: &str, days: Option<String>) -> Result<Shown> {
    let (governance, ctx) = viewer::acting()?;
    let id = id.parse().map_err(|_| Error::not_found("no such identity"))?;
    let days = match days {
        Some(text) => text.parse().map_err(|_| Error::invalid("days is a number: 90, 180 or 400"))?,
        None => WINDOWS[0],
    };
    let (identity, reaches) = governance.identity_reach(&ctx, id, days).await?;
    Ok(Shown { identity, reaches, days, now: ctx.at, exports: Act::Export.allows(&ctx.actor).is_ok() })
}

fn page(shown: &Shown) -> impl IntoView + use<> {
    let name = visible_line(&shown.identity.name).into_owned();
    let (title, heading) = (format!("What {name} reaches"), name.clone());
    let id = shown.identity.id.to_string();
    let back = paths::identity(&id);
    let href = format!("{}.json?days={}", paths::reach(&id), shown.days);
    let exports = shown.exports.then(|| view! { <div class="actions"><LinkButton href=href>"JSON"</LinkButton></div> });
    let windows = WINDOWS.iter().map(|days| {
        let now = (*days == shown.days).then_some("page");
        view! { <a href=format!("{}?days={days}", paths::reach(&id)) aria-current=now>{format!("{days} days")}</a> }
    });
    let windows =
        view! { <nav class="prv-windows" aria-label="How far back use is looked at">{windows.collect_view()}</nav> };
    let sections = match shown.reaches.is_empty() {
        true => view! { <Empty title="No source shows it now" why="What it may do elsewhere is known from the sources that show it. Import one, and it stands here."/> }.into_any(),
        false => shown.reaches.iter().enumerate().map(|(at, r)| source(at, r, shown)).collect_view().into_any(),
    };
    view! {
        <Title text=title/>
        <a class="idn-back" href=back><Icon name="chevron-left"/>{name}</a>
        <header class="page-head">
            <div><h1 tabindex="-1">"What "{heading}" reaches"</h1><p class="lead">"Without asking anybody: each right, the path that gives it, and where it leads"</p></div>
            {exports}
        </header>
        {windows}
        {sections}
    }
}

fn source(at: usize, reach: &Reach, shown: &Shown) -> impl IntoView + use<> {
    let name = visible_line(&reach.source.name).into_owned();
    let principal = visible_line(&reach.principal).into_owned();
    let stale = reach.stale.then(|| view! {
        <Banner state=State::Wait title="This source has not been heard of for long.">"What it told may no longer be so, and nothing of it is called unused. Import it again."</Banner>
    });
    let silent = reach.silent_since.map(|at| {
        let words = format!(
            "What this source tells of use ends on {}: nothing is called unused by it.",
            at.datetime().format("%Y-%m-%d")
        );
        view! { <Banner state=State::Wait title=words>"Give it a newer report of use and import again."</Banner> }
    });
    let bounds = reach.upper_bound.iter().map(|b| view! { <li>{visible_line(b).into_owned()}</li> }).collect_view();
    let bounds = (!reach.upper_bound.is_empty()).then(
        || view! { <details class="prv-bounds"><summary>"This is an upper bound"</summary><ul>{bounds}</ul></details> },
    );
    let (id, named) = (format!("source-{at}"), format!("source-{at}"));
    view! {
        <section class="prv-source" aria-labelledby=named>
            <h2 id=id>{name}</h2>
            <p class="prv-principal"><code class="idn-long">{principal}</code></p>
            {stale}
            {silent}
            {rights::sets(reach, shown.days)}
            {bounds}
            {lead::powers(reach)}
            {lead::risks(reach)}
            {lead::becomes(reach)}
            {narrow::proposals(reach, shown)}
            {narrow::just_in_time(reach)}
            {rights::table(reach, shown.now)}
        </section>
    }
}
