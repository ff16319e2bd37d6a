//! `/v1/resources`: the register of tools, destinations and memory stores. A key makes nothing milder: what is trusted and
//! which definition may be used is a person's word.
use super::{authn::Caller, body::Strict, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::Response,
};
use governance::engine::{
    page::Want,
    resources::{Change, Resource},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    after: Option<String>,
    limit: Option<u16>,
    kind: Option<String>,
    changed: Option<bool>,
}

/// In the order of type and id.
pub async fn list(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Listed = page::query(&uri)?;
    let kind = page::parsed("kind", asked.kind.as_deref())?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let found = state.governance.resource_list(&ctx, kind, asked.changed.unwrap_or(false), &want).await?;
    let now = state.governance.now();
    Ok(page::page(&headers, &uri, found.items.iter().map(|it| document(it, now)).collect(), found.next))
}

pub async fn show(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let it = state.governance.resource_get(&ctx, (&kind, &id)).await?;
    Ok(Json(document(&it, state.governance.now())))
}

pub async fn set(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path((kind, id)): Path<(String, String)>,
    Strict(change): Strict<Change>,
) -> Result<Json<Value>, Refusal> {
    let it = state.governance.resource_set(&ctx, (&kind, &id), &change).await?;
    Ok(Json(document(&it, state.governance.now())))
}

pub(crate) fn document(it: &Resource, now: governance::time::Timestamp) -> Value {
    let at = |at: Option<governance::time::Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": it.id,
        "kind": it.kind,
        "resource": { "type": it.resource_type, "id": it.resource_id },
        "owner": it.owner,
        "data_class": it.data_class,
        "trust": it.trust,
        "trusted_until": at(it.trusted_until),
        "standing": it.standing(now),
        "retention_days": it.retention_days,
        "purpose": it.purpose,
        "definition": it.definition,
        "approved_by": it.approved_by,
        "approved_at": at(it.approved_at),
        "seen": it.seen,
        "seen_at": at(it.seen_at),
        "changed_at": at(it.changed_at),
    })
}
