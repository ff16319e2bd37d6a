//! One page of the inbox, put together.
use super::{
    decide::decide,
    evidence::evidence,
    head::{head, outcome, why},
    list::List,
    live::Live,
    query::{Query, View},
    terms::terms,
    votes::votes,
};
use crate::{
    error::AppError,
    pages::not_found::NotFound,
    parts::{Banner, Empty, LinkButton, Problems, State},
    viewer::{self, Viewer},
};
use governance::{
    Ctx, Governance,
    engine::escalations::{self, Listed, Shown},
    error::{Kind, Result},
    escalation::Phase,
    id::EscalationId,
    store::escalations::Filter,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::params::ParamsMap;

/// Rows of one page of the list.
const ROWS: usize = 50;

/// All that a page of the inbox shows.
struct Inbox {
    query: Query,
    rows: Vec<Listed>,
    next: Option<(governance::time::Timestamp, EscalationId)>,
    /// What the viewer can decide, up to a hundred.
    mine: Vec<EscalationId>,
    card: Option<Card>,
    /// The address names the card.
    named: bool,
    viewer: Viewer,
}

/// One escalation, ready to be shown to this viewer.
pub struct Card {
    pub shown: Shown,
    pub viewer: Viewer,
    pub query: Query,
    /// When it was shown, sealed.
    pub sealed: String,
    /// Where the next one of the list is.
    pub next: Option<String>,
}

impl Card {
    /// The state now: what time alone has made of it counts, whether or not it was written down yet.
    pub fn phase(&self) -> Phase {
        let e = &self.shown.record.escalation;
        e.due(self.viewer.now).unwrap_or_else(|| e.phase())
    }
    pub fn id(&self) -> EscalationId {
        self.shown.record.escalation.id
    }
    /// The card's own address in this list.
    pub fn href(&self) -> String {
        self.query.href(Some(self.id()))
    }
    /// The unit of amounts in hundredths, where the headline says one.
    pub fn unit(&self) -> Option<String> {
        let amount = self.shown.card.as_ref()?.headline.amount.as_ref()?;
        amount.unit.clone().filter(|_| amount.minor_units)
    }
}

pub async fn inbox(id: Option<String>, params: ParamsMap, error: Option<AppError>) -> AnyView {
    match load(id, &params).await {
        Ok(inbox) => page(inbox, error).into_any(),
        Err(e) if e.kind == Kind::NotFound => view! { <NotFound/> }.into_any(),
        Err(e) => failed(e.into()).into_any(),
    }
}

fn failed(e: AppError) -> impl IntoView {
    view! {
        <crate::parts::Page title="Inbox">
            <Problems error=Some(e)/>
            <LinkButton href=crate::paths::INBOX>"To the start of the inbox"</LinkButton>
        </crate::parts::Page>
    }
}

/// Why the vote or the undo just tried was not done, in words.
fn refused(error: Option<AppError>) -> impl IntoView + use<> {
    let problem = error?.0;
    let title = match problem.kind {
        Kind::Conflict => "Nothing was counted: it changed in the meantime.",
        Kind::Expired => "Nothing was counted: its time was over.",
        Kind::Forbidden => "Nothing was counted: you may not.",
        _ => "Nothing was counted yet.",
    };
    Some(view! { <Banner state=State::Deny title>{super::words::sentence(&problem.detail)}</Banner> })
}

async fn load(id: Option<String>, params: &ParamsMap) -> Result<Inbox> {
    let viewer = viewer::viewer()?;
    let (governance, ctx) = viewer::acting()?;
    let query = Query::read(params)?;
    let id: Option<EscalationId> = match id {
        // what is no id names nothing
        Some(text) => Some(text.parse().map_err(|_| governance::error::Error::not_found("no such escalation"))?),
        None => None,
    };
    let filter = Filter { tier: query.tier, after: query.after, ..Filter::default() };
    let kind = match query.view {
        View::Mine => escalations::Query::Mine,
        View::All => escalations::Query::Waiting,
        View::Decided => escalations::Query::All(None),
    };
    let mut page = governance.escalation_list(&ctx, &kind, &filter, ROWS).await?;
    if query.view == View::Decided {
        page.items.retain(|item| !item.record.escalation.phase().open());
    }
    let mine = governance.escalation_list(&ctx, &escalations::Query::Mine, &Filter::default(), 100).await?;
    let mine = mine.items.iter().map(|item| item.record.escalation.id).collect();
    let named = id.is_some();
    let card = match id.or_else(|| page.items.first().map(|item| item.record.escalation.id)) {
        Some(id) => Some(card(&governance, &ctx, id, &viewer, query, &page.items).await?),
        None => None,
    };
    Ok(Inbox { query, rows: page.items, next: page.next, mine, card, named, viewer })
}

async fn card(
    governance: &Governance,
    ctx: &Ctx,
    id: EscalationId,
    viewer: &Viewer,
    query: Query,
    rows: &[Listed],
) -> Result<Card> {
    let shown = governance.escalation_get(ctx, id).await?;
    let e = &shown.record.escalation;
    let about = super::calls::about(viewer, id, &e.digest, e.card_version);
    let sealed = expect_context::<crate::seal::Seal>().close(ctx.at, &about);
    let mut others = rows.iter().map(|r| r.record.escalation.id);
    let next = match others.clone().position(|other| other == id) {
        Some(place) => others.nth(place + 1),
        None => others.next(),
    };
    let next = next.map(|id| query.href(Some(id)));
    Ok(Card { shown, viewer: viewer.clone(), query, sealed, next })
}

fn page(inbox: Inbox, error: Option<AppError>) -> impl IntoView {
    let Inbox { query, rows, next, mine, card, named, viewer } = inbox;
    let title =
        card.as_ref().filter(|_| named).and_then(|c| c.shown.card.as_ref()).map(|c| super::words::title(&c.headline));
    let open = card.as_ref().map(|c| (c.id(), format!("{} {}", c.phase(), c.shown.record.escalation.version)));
    let (open_id, open_state) = open.map_or((None, None), |(id, state)| (Some(id), Some(state)));
    let known = mine.iter().map(ToString::to_string).collect::<Vec<_>>();
    let live = view! { <Live known card=open_id.map(|id| id.to_string()) state=open_state/> };
    let detail = match card {
        Some(card) => detail(&card, named, error).into_any(),
        None => view! { {refused(error)} <Nothing view=query.view tier=query.tier.is_some()/> }.into_any(),
    };
    let class = if named { "inbox inbox-open" } else { "inbox" };
    view! {
        <Title text=title.unwrap_or_else(|| "Inbox".into())/>
        <div class=class>
            <List query rows next mine=mine.len() selected=open_id named now=viewer.now live/>
            <section class="detail" aria-label="The card">{detail}</section>
        </div>
    }
}

/// Why the list is empty, and what next.
#[component]
fn Nothing(view: View, tier: bool) -> impl IntoView {
    let (title, why) = match (view, tier) {
        (_, true) => ("Nothing of this tier", "Other tiers may have something: take the filter off."),
        (View::Mine, _) => (
            "Nothing waits for you",
            "When an agent asks for something above its limit and you may decide on it, it appears here by itself.",
        ),
        (View::All, _) => ("Nothing waits for anybody", "Every question of every agent has its answer."),
        (View::Decided, _) => {
            ("Nothing was decided yet", "What people decide, and what ran out unanswered, is kept here.")
        }
    };
    let all = Query { view: View::All, tier: None, after: None };
    view! {
        <Empty title why>
            {(view == View::Mine || tier).then(|| view! { <LinkButton href=all.href(None)>"All that waits"</LinkButton> })}
        </Empty>
    }
}

/// The card in the order of ux.md §3.2: evidence first, the form after it.
fn detail(card: &Card, named: bool, error: Option<AppError>) -> impl IntoView + use<> {
    view! {
        <a class="back" href=card.query.href(None) data-key="u">"← Back to the list"</a>
        {refused(error)}
        {outcome(card)}
        <article class="card" aria-labelledby="headline">
            {head(card, named)}
            {why(card)}
            {evidence(card)}
            {terms(card)}
            {decide(card)}
            {votes(card)}
        </article>
    }
}
