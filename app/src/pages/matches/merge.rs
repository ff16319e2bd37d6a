//! The step before two identities become one: which of them goes on, and what ends of the other.
use super::{calls, side};
use crate::{
    error::AppError,
    pages::{identities::words::many, not_found::NotFound},
    parts::{Banner, Button, Icon, Kind as Weight, LinkButton, Page, Problems, State},
    paths, viewer,
};
use governance::{
    engine::matching::Ends,
    error::{Error, Kind, Result},
    matching::Side,
    text::visible_line,
    time::Timestamp,
};
use leptos::prelude::*;

struct Found {
    /// The one that is proposed to be kept first, each with what a merge would end of it, or why it cannot go.
    sides: [(Side, Result<Ends>); 2],
    now: Timestamp,
}

pub async fn merge(one: &str, other: &str, error: Option<AppError>) -> AnyView {
    match load(one, other).await {
        Ok(found) => page(&found, error).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => view! {
            <Page title="They are one?">
                <Problems error=Some(error.unwrap_or_else(|| e.into()))/>
                <LinkButton href=paths::MATCHES>"What else may be one"</LinkButton>
            </Page>
        }
        .into_any(),
    }
}

async fn load(one: &str, other: &str) -> Result<Found> {
    let (governance, ctx) = viewer::acting()?;
    governance::engine::Act::ChangeRegister.allows(&ctx.actor)?;
    let id = |text: &str| text.parse().map_err(|_| Error::not_found("no such identity"));
    let [keep, other] = governance.match_sides(&ctx, id(one)?, id(other)?).await?;
    let of_keep = governance.identity_merge_ends(&ctx, other.id, keep.id).await;
    let of_other = governance.identity_merge_ends(&ctx, keep.id, other.id).await;
    Ok(Found { sides: [(keep, of_keep), (other, of_other)], now: ctx.at })
}

fn page(found: &Found, error: Option<AppError>) -> impl IntoView + use<> {
    let [one, other] = &found.sides;
    let title = format!("{} and {} are one?", visible_line(&one.0.name), visible_line(&other.0.name));
    let ways = [way(one, other, Weight::Primary, found.now), way(other, one, Weight::Plain, found.now)];
    view! {
        <a class="idn-back" href=paths::MATCHES><Icon name="chevron-left"/>"Same identity?"</a>
        <Page title=title lead="One goes on with what the sources of both show; the other is retired">
            {error.map(|e| view! { <Banner state=State::Deny title="Nothing was changed.">{e.0.detail}</Banner> })}
            <p class="note">"The one that goes on keeps its owner, boundary, autonomy, mode and state, and gains none of the other's. One person can undo it: what the sources show goes back, what ended stays ended."</p>
            <div class="columns">{ways.into_iter().collect_view()}</div>
        </Page>
    }
}

fn way(keep: &(Side, Result<Ends>), other: &(Side, Result<Ends>), kind: Weight, now: Timestamp) -> AnyView {
    let action = ServerAction::<calls::Merge>::new();
    let (name, gone) = (visible_line(&keep.0.name).into_owned(), visible_line(&other.0.name).into_owned());
    let (id, version) = (keep.0.id.to_string(), keep.0.version);
    let (other_id, other_version) = (other.0.id.to_string(), other.0.version);
    let title = format!("Keep {name}");
    let ends = match &other.1 {
        Ok(ends) => format!("{gone} is retired. {}", ended(*ends)),
        Err(why) => {
            let why = format!("It cannot be: {}.", why.detail);
            return side::panel(&keep.0, title, now, view! { <p class="note vis-note">{why}</p> }).into_any();
        }
    };
    let form = view! {
        <p class="note vis-note">{ends}</p>
        <ActionForm action=action>
            <input type="hidden" name="keep" value=id/>
            <input type="hidden" name="keep_version" value=version/>
            <input type="hidden" name="other" value=other_id/>
            <input type="hidden" name="other_version" value=other_version/>
            <div class="actions"><Button kind>{format!("They are one: keep {name}")}</Button></div>
        </ActionForm>
    };
    side::panel(&keep.0, title, now, form).into_any()
}

/// What ends of the one that is retired.
fn ended(ends: Ends) -> String {
    let parts = [
        (ends.grants, many(ends.grants, "grant", "grants")),
        (ends.escalations, many(ends.escalations, "open question or approval", "open questions and approvals")),
        (ends.keys, many(ends.keys, "key", "keys")),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
    match parts.is_empty() {
        true => "It holds no grants, open questions or keys that would end.".into(),
        false => format!("These end in the same commit: {}.", parts.join(", ")),
    }
}
