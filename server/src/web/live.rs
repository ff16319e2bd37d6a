//! News for open pages: what waits for the person in the Inbox; further ones in `welcome_live.rs`.
use super::news::{News, stream};
use crate::state::AppState;
use app::{paths, viewer::Viewer};
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use governance::{Ctx, Governance, engine::escalations, error::Result, id::EscalationId, store::escalations::Filter};
use serde::Deserialize;
use tower_sessions::Session;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::INBOX_LIVE, get(inbox))
        .route(paths::DEMO_LIVE, get(super::welcome_live::demo))
        .route(paths::AGENT_LIVE, get(super::welcome_live::agent))
}

#[derive(Deserialize)]
struct Inbox {
    /// The card beside the list.
    card: Option<EscalationId>,
}

async fn inbox(
    State(state): State<AppState>,
    Extension(_): Extension<Viewer>,
    Query(about): Query<Inbox>,
    session: Session,
) -> Response {
    stream(state, &session, about).await
}

impl News for Inbox {
    const NAME: &'static str = "inbox";

    /// A line of ids that wait for the person, a line for the card.
    async fn look(&self, governance: &Governance, ctx: &Ctx) -> Result<String> {
        let page = governance.escalation_list(ctx, &escalations::Query::Mine, &Filter::default(), 100).await?;
        let ids: Vec<_> = page.items.iter().map(|item| item.record.escalation.id.to_string()).collect();
        let card = match self.card {
            Some(id) => {
                let e = governance.escalation_get(ctx, id).await?.record.escalation;
                format!("{} {}", e.due(ctx.at).unwrap_or_else(|| e.phase()), e.version)
            }
            None => String::new(),
        };
        Ok(format!("{}\n{card}", ids.join(" ")))
    }
}
