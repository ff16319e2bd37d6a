//! The page: how far what acts here is known, the sources, and what nobody answers for.
use super::{funnel, gaps};
use crate::{
    error::AppError,
    parts::{Banner, LinkButton, Page, Problems, State},
    paths, viewer,
};
use governance::{
    engine::{
        Act,
        gaps::Open,
        page::{self, Want},
    },
    error::Result,
    time::Timestamp,
    visibility::Visibility,
};
use leptos::prelude::*;

/// Gaps of one page: for each of them everybody is looked through.
const ROWS: u16 = 25;

pub struct Found {
    pub seen: Visibility,
    pub page: page::Page<Open>,
    pub paged: bool,
    pub mends: bool,
    exports: bool,
    pub now: Timestamp,
}

pub async fn visibility(after: Option<String>, done: Option<String>, error: Option<AppError>) -> AnyView {
    match load(after).await {
        Ok(found) => page(&found, done.filter(|_| error.is_none()), error).into_any(),
        Err(e) => view! { <Page title="Visibility"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load(after: Option<String>) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let paged = after.is_some();
    let seen = governance.visibility(&ctx).await?;
    let page = governance.gap_list(&ctx, &Want { cursor: after, limit: ROWS }).await?;
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    Ok(Found { seen, page, paged, mends: may(Act::ChangeRegister), exports: may(Act::Export), now: ctx.at })
}

fn page(found: &Found, done: Option<String>, error: Option<AppError>) -> impl IntoView + use<> {
    let done = done.filter(|done| done == "owned");
    let exports = found.exports && !found.page.items.is_empty();
    let actions = ViewFn::from(move || {
        exports.then(|| {
            view! {
                <LinkButton href=format!("{}.csv", paths::VISIBILITY)>"CSV"</LinkButton>
                <LinkButton href=format!("{}.json", paths::VISIBILITY)>"JSON"</LinkButton>
            }
        })
    });
    let completeness = found.seen.completeness();
    let (steps, parts, trend) = (funnel::steps(&found.seen), funnel::parts(&found.seen), funnel::trend(&found.seen));
    let (sources, gaps) = (funnel::sources(found), gaps::section(found));
    view! {
        <Page title="Visibility" lead="What acts here, and how far it is known and answered for" actions>
            {error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> })}
            {done.map(|_| view! { <Banner state=State::Allow title="It has an owner.">"It is in the log."</Banner> })}
            <p class="note vis-note">{completeness}" "<a href=paths::MATCHES>"Same identity?"</a>" shows what may be one and is counted twice."</p>
            <div class="columns">{steps}{trend}</div>
            {gaps}
            {parts}
            {sources}
        </Page>
    }
}
