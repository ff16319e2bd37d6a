//! The page: what is stopped, what is held, what rules may do.
use super::{held, rules, stopped};
use crate::{
    error::AppError,
    parts::{Banner, Page, Problems, State},
    viewer,
};
use governance::{
    engine::{Act, page::Want},
    error::Result,
    revocation::Summary,
    time::Timestamp,
    watch::reaction::{Containment, Reaction, State as Held},
};
use leptos::prelude::*;

/// Lines of each list.
const SHOWN: u16 = 50;

pub struct Found {
    pub stopped: Vec<Summary>,
    /// Revocations that stop nothing any more, the latest.
    pub before: Vec<Summary>,
    pub held: Vec<Containment>,
    /// What rules would have done, or had no room to do.
    pub would: Vec<Containment>,
    pub rules: Vec<Reaction>,
    pub now: Timestamp,
    pub stops: bool,
    pub undoes: bool,
    pub sets: bool,
}

pub async fn containment(done: Option<String>, error: Option<AppError>) -> AnyView {
    match load().await {
        Ok(found) => page(&found, done.filter(|_| error.is_none()), error).into_any(),
        Err(e) => view! { <Page title="Containment"><Problems error=Some(e.into())/></Page> }.into_any(),
    }
}

async fn load() -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    let want = Want { cursor: None, limit: SHOWN };
    let may = |act: Act| act.allows(&ctx.actor).is_ok();
    let mut would = governance.containment_list(&ctx, Some(Held::Capped), &want).await?.items;
    would.extend(governance.containment_list(&ctx, Some(Held::Would), &want).await?.items);
    would.sort_by_key(|c| std::cmp::Reverse(c.id));
    let before = governance.revocation_list(&ctx, false, &want).await?.items;
    Ok(Found {
        stopped: governance.revocation_list(&ctx, true, &want).await?.items,
        before: before.into_iter().filter(|r| !r.in_force).collect(),
        held: governance.containment_list(&ctx, Some(Held::Active), &want).await?.items,
        would,
        rules: governance.reaction_list(&ctx).await?,
        now: ctx.at,
        stops: may(Act::Revoke),
        undoes: may(Act::UndoRevocation),
        sets: may(Act::SetReactions),
    })
}

fn lead(found: &Found) -> String {
    let one = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (found.stopped.len(), found.held.len()) {
        (0, 0) => "Nothing is stopped, and no rule holds an identity".into(),
        (s, h) => format!("{} in force, {} held by rules", one(s, "stop"), one(h, "identity").replace("ys", "ies")),
    }
}

fn page(found: &Found, done: Option<String>, error: Option<AppError>) -> impl IntoView + use<> {
    let said = done.and_then(|done| {
        Some(match done.as_str() {
            "begun" => "Noted. It takes a second person within 24 hours.",
            "undone" => "Undone.",
            "rule" => "The rule is set.",
            _ => return None,
        })
    });
    let error = error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> });
    let said = said.map(|title| view! { <Banner state=State::Allow title>"It is in the log."</Banner> });
    let (stopped, before, stop) = (stopped::now(found), stopped::before(found), stopped::stop(found));
    let (held, would, rules) = (held::now(found), held::would(found), rules::table(found));
    view! { <Page title="Containment" lead=lead(found)>{error}{said}{stopped}{held}{stop}{would}{rules}{before}</Page> }
}
