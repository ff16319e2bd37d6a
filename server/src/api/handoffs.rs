//! `GET /v1/handoffs`, who acted through whom; `GET /v1/identities/{id}/observation`, what enforcing one would change.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
};
use governance::{engine::handoffs::DAYS, observation::Observation, store::handoffs::Edge};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    days: Option<u16>,
}

/// The pairs, the busiest first.
pub async fn list(State(state): State<AppState>, Caller(ctx): Caller, uri: Uri) -> Result<Json<Value>, Refusal> {
    let asked: Asked = page::query(&uri)?;
    let found = state.governance.handoff_list(&ctx, asked.days.unwrap_or(DAYS)).await?;
    Ok(Json(json!({ "items": found.edges.iter().map(edge).collect::<Vec<_>>(), "more": found.more })))
}

/// What an identity asked, answered again as if it were enforced.
pub async fn observation(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Observation>, Refusal> {
    let asked: Asked = page::query(&uri)?;
    let it = state.governance.identity_find(&ctx, &id).await?;
    Ok(Json(state.governance.identity_observation(&ctx, it.id, asked.days).await?))
}

/// A pair as machines read it.
pub fn edge(e: &Edge) -> Value {
    let n = e.answers;
    json!({
        "from": { "kind": e.from_kind, "id": e.from_id, "name": e.from_name },
        "to": { "id": e.to_id, "name": e.to_name },
        "permits": n.permits,
        "escalates": n.escalates,
        "denies": n.denies,
        "last_at": e.last_at.to_string(),
    })
}
