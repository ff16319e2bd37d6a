//! The list of what may be one as CSV and JSON, as its page shows it.
use super::exports::{csv, ctx};
use crate::{api, problem::Refusal, state::AppState};
use app::viewer::Viewer;
use axum::{
    Extension, Json, Router,
    extract::State,
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::{Governance, engine::Act, error::Result, matching::Suggestions};

pub fn routes() -> Router<AppState> {
    Router::new().route("/matches.csv", get(as_csv)).route("/matches.json", get(as_json))
}

async fn found(gov: &Governance, viewer: &Viewer) -> Result<Suggestions> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    gov.match_list(&ctx).await
}

async fn as_csv(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    let found = found(&gov, &viewer).await?;
    let head = ["strength", "reasons", "keep", "keep_id", "other", "other_id"];
    let row = |it: &governance::matching::Suggestion| {
        vec![
            it.strength.to_string(),
            it.reasons.join("; "),
            it.keep.name.clone(),
            it.keep.id.to_string(),
            it.other.name.clone(),
            it.other.id.to_string(),
        ]
    };
    Ok(csv("matches", &head, found.suggestions.iter().map(row)))
}

async fn as_json(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    let found = found(&gov, &viewer).await?;
    let items: Vec<_> = found.suggestions.iter().map(api::matches::suggestion).collect();
    Ok(Json(serde_json::json!({ "items": items, "next": null })).into_response())
}
