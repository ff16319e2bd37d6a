//! `GET /v1/gaps`, `GET /v1/identities/{name}/successors`: what nobody answers for, and who could; `GET /v1/visibility`: how far
//! everything is known.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::Response,
};
use governance::{
    engine::{gaps::Open, page::Want, successors::Successor},
    visibility::SourceStanding,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    after: Option<String>,
    limit: Option<u16>,
}

/// The longest open first.
pub async fn gaps(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Listed = page::query(&uri)?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let found = state.governance.gap_list(&ctx, &want).await?;
    Ok(page::page(&headers, &uri, found.items.iter().map(gap).collect(), found.next))
}

/// How far what acts here is known and answered for.
pub async fn visibility(State(state): State<AppState>, Caller(ctx): Caller) -> Result<Json<Value>, Refusal> {
    let seen = state.governance.visibility(&ctx).await?;
    let source = |s: &SourceStanding| {
        json!({
            "id": s.source.id,
            "kind": s.source.kind,
            "name": s.source.name,
            "last_sync_at": s.source.last_sync_at.map(|at| at.to_string()),
            "stale": s.stale,
            "activity": s.activity.map(|w| json!({"from": w.from.to_string(), "to": w.to.to_string()})),
            "reached": s.reached,
        })
    };
    Ok(Json(json!({
        "completeness": seen.completeness(),
        "reached": seen.reached,
        "cells": seen.cells,
        "sources": seen.sources.iter().map(source).collect::<Vec<_>>(),
        "trend": seen.trend,
    })))
}

/// The likeliest first.
pub async fn successors(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(name): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let it = state.governance.identity_find(&ctx, &name).await?;
    let found = state.governance.identity_successors(&ctx, it.id).await?;
    Ok(Json(json!({ "identity": it.id, "items": found.iter().map(successor).collect::<Vec<_>>() })))
}

pub(crate) fn gap(open: &Open) -> Value {
    let gap = &open.gap;
    json!({
        "id": gap.id,
        "how": gap.how,
        "kind": gap.kind,
        "name": gap.name,
        "source": gap.source,
        "since": gap.since.to_string(),
        "last_seen_at": gap.last_seen_at.map(|at| at.to_string()),
        "due_at": open.due_at.to_string(),
        "overdue": open.overdue,
        "suggested": open.suggested.iter().map(successor).collect::<Vec<_>>(),
    })
}

fn successor(it: &Successor) -> Value {
    json!({ "person": it.person, "name": it.name, "email": it.email, "reasons": it.reasons })
}
