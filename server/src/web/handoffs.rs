//! The table of hand-offs as CSV and JSON, for the same period as its page.
use super::exports::{csv, ctx};
use crate::{api, problem::Refusal, state::AppState};
use app::{pages::handoffs, viewer::Viewer};
use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::{
    Governance,
    engine::{Act, handoffs::DAYS},
    error::Result,
    store::handoffs::Edge,
};
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    Router::new().route("/handoffs.csv", get(as_csv)).route("/handoffs.json", get(as_json))
}

#[derive(Debug, Default, Deserialize)]
struct Period {
    days: Option<u16>,
}

async fn found(gov: &Governance, viewer: &Viewer, period: &Period) -> Result<Vec<Edge>> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    Ok(gov.handoff_list(&ctx, period.days.unwrap_or(DAYS)).await?.edges)
}

async fn as_csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(period): Query<Period>,
) -> Result<Response, Refusal> {
    let edges = found(&gov, &viewer, &period).await?;
    let head = ["from_kind", "from", "to", "permits", "escalates", "denies", "last_at"];
    Ok(csv("handoffs", &head, edges.iter().map(|e| handoffs::edge_cells(e).into())))
}

async fn as_json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(period): Query<Period>,
) -> Result<Response, Refusal> {
    let edges = found(&gov, &viewer, &period).await?;
    let items: Vec<_> = edges.iter().map(api::handoffs::edge).collect();
    Ok(Json(serde_json::json!({ "items": items, "next": null })).into_response())
}
