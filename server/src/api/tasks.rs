//! `/v1/tasks`: what agents work for, opened and closed by a gateway, never by the agent (semantics.md, Grants and revocation).
use super::{authn::Caller, body::Strict, page, prefer};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use governance::{
    engine::{page::Want, tasks::NewTask},
    error::{Error, Result},
    task::{Status, Task},
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(rename = "ref")]
    reference: String,
    purpose: String,
    agent: Agent,
    #[serde(default)]
    tools: BTreeSet<String>,
    #[serde(default)]
    data: BTreeSet<String>,
    link: Option<String>,
    ends_at: Option<String>,
    /// `2h`, `PT2H`.
    ends_in: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Agent {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

pub async fn open(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Strict(wanted): Strict<Wanted>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let new = NewTask {
        reference: wanted.reference,
        purpose: wanted.purpose,
        agent: format!("{}:{}", wanted.agent.kind, wanted.agent.id),
        tools: wanted.tools,
        data: wanted.data,
        link: wanted.link,
        ends_at: wanted.ends_at.as_deref().map(instant).transpose()?,
        ends_in_s: wanted.ends_in.as_deref().map(governance::engine::tasks::length).transpose()?,
    };
    let task = state.governance.task_open(&ctx, &new, key.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(document(&task))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    reason: String,
}

pub async fn close(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(reference): Path<String>,
    headers: HeaderMap,
    Strict(wanted): Strict<Ending>,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let done = state.governance.task_close(&ctx, &reference, &wanted.reason, key.as_deref()).await?;
    Ok(Json(json!({ "task": document(&done.task), "log_seq": done.log_seq, "ended": done.ended })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    after: Option<String>,
    limit: Option<u16>,
    identity: Option<String>,
    status: Option<String>,
}

/// Newest first.
pub async fn list(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Listed = page::query(&uri)?;
    let identity = page::parsed("identity", asked.identity.as_deref())?;
    let status: Option<Status> = page::parsed("status", asked.status.as_deref())?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let found = state.governance.task_list(&ctx, identity, status, &want).await?;
    Ok(page::page(&headers, &uri, found.items.iter().map(document).collect(), found.next))
}

pub(super) fn document(t: &Task) -> Value {
    json!({
        "id": t.id,
        "ref": t.reference,
        "purpose": t.purpose,
        "identity": t.identity,
        "tools": t.tools,
        "data": t.data,
        "link": t.link,
        "status": t.status,
        "opened_at": t.opened_at.to_string(),
        "opened_by": t.opened_by,
        "ends_at": t.ends_at.to_string(),
        "ended_at": t.ended_at.map(|at| at.to_string()),
        "ended_by": t.ended_by,
        "ended_reason": t.ended_reason,
    })
}

fn instant(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).ok_or_else(|| Error::invalid("ends_at: not an instant like 2026-11-21T09:00:00Z"))
}
