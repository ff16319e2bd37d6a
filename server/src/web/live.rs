//! News for an open page: a stream that says what waits for the person, whenever the log has grown (text/event-stream, HTML's
//! server-sent events).
use super::session;
use crate::{problem::Refusal, state::AppState};
use app::{paths, viewer::Viewer};
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures_util::stream::{Stream, unfold};
use governance::{
    Actor, Ctx, Governance,
    engine::{SignedIn, escalations},
    error::{Error, Kind, Result},
    id::EscalationId,
    store::escalations::Filter,
};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tower_sessions::Session;

/// How often the log's size is asked for.
pub(super) const PAUSE: Duration = Duration::from_millis(500);
/// A browser opens a new stream by itself when one ends: none lives longer than this.
pub(super) const ROUNDS: u32 = 2 * 60 * 10;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::INBOX_LIVE, get(inbox))
        .route(paths::DEMO_LIVE, get(super::welcome_live::demo))
        .route(paths::AGENT_LIVE, get(super::welcome_live::agent))
}

#[derive(Deserialize)]
struct About {
    /// The card beside the list.
    card: Option<EscalationId>,
}

struct Watch {
    governance: Governance,
    signed: SignedIn,
    card: Option<EscalationId>,
    /// The log's size when the person was last told.
    seen: Option<u64>,
    told: Option<String>,
    rounds: u32,
}

async fn inbox(
    State(state): State<AppState>,
    Extension(_): Extension<Viewer>,
    Query(about): Query<About>,
    session: Session,
) -> Response {
    let signed = match session::signed_in(&session).await {
        Ok(Some(signed)) => signed,
        Ok(None) => return Refusal(Error::new(Kind::Unauthenticated, "sign in first")).into_response(),
        Err(e) => return Refusal(e).into_response(),
    };
    let watch = Watch { governance: state.governance, signed, card: about.card, seen: None, told: None, rounds: 0 };
    Sse::new(news(watch)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response()
}

fn news(watch: Watch) -> impl Stream<Item = std::result::Result<Event, Infallible>> + Send {
    unfold(watch, |mut watch| async move {
        loop {
            if watch.rounds >= ROUNDS {
                return None;
            }
            if watch.rounds > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            watch.rounds += 1;
            match watch.look().await {
                Ok(Some(text)) => return Some((Ok(Event::default().event("inbox").data(text)), watch)),
                Ok(None) => {}
                // the session no longer holds, or nothing can be read: the browser comes back and is told
                Err(_) => return None,
            }
        }
    })
}

impl Watch {
    /// What to tell now, if that is other than what was told: a line of ids that wait for the person, a line for the card.
    async fn look(&mut self) -> Result<Option<String>> {
        let size = self.governance.log_size().await?;
        // time moves cards too: look every ten seconds though nothing was written
        if self.seen == Some(size) && !self.rounds.is_multiple_of(20) {
            return Ok(None);
        }
        self.seen = Some(size);
        let ctx = self.ctx().await?;
        let page = self.governance.escalation_list(&ctx, &escalations::Query::Mine, &Filter::default(), 100).await?;
        let ids: Vec<_> = page.items.iter().map(|item| item.record.escalation.id.to_string()).collect();
        let card = match self.card {
            Some(id) => {
                let e = self.governance.escalation_get(&ctx, id).await?.record.escalation;
                format!("{} {}", e.due(ctx.at).unwrap_or_else(|| e.phase()), e.version)
            }
            None => String::new(),
        };
        let text = format!("{}\n{card}", ids.join(" "));
        if self.told.as_ref() == Some(&text) {
            return Ok(None);
        }
        self.told = Some(text.clone());
        Ok(Some(text))
    }

    async fn ctx(&self) -> Result<Ctx> {
        let visitor = self.governance.visitor(&self.signed).await?;
        let visitor = visitor.ok_or_else(|| Error::new(Kind::Unauthenticated, "sign in first"))?;
        Ok(self.governance.ctx(Actor::Person { id: visitor.id, roles: visitor.roles }))
    }
}
