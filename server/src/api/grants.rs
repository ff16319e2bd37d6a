//! `POST /v1/grants/{id}/redeem`, just before the side effect, and `…/renew` while long work goes on (semantics.md, Grants and
//! revocation).
use super::{authn::Caller, body, prefer};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::HeaderMap,
};
use governance::{error::Error, id::GrantId};
use serde_json::{Value, json};

/// Only this answer, with status 200, is leave to act.
pub async fn redeem(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    nothing(&headers, body).await?;
    let done = state.governance.grant_redeem(&ctx, named(&id)?, key.as_deref()).await?;
    let mut answer = json!({
        "grant": done.grant,
        "log_seq": done.seq,
        "redeemed_at": done.at.to_string(),
        "uses_left": done.uses_left,
        "action": { "name": done.action },
        "resource": { "type": done.resource_type, "id": done.resource_id },
        "parameters_sha256": done.params_hash,
    });
    if let Some(lease) = done.lease {
        answer["renew_by"] = json!(lease.renew_by.to_string());
        answer["renew_every_s"] = json!(lease.renew_every_s);
    }
    Ok(Json(answer))
}

/// Only this answer, with status 200, is leave to go on.
pub async fn renew(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    nothing(&headers, body).await?;
    let done = state.governance.grant_renew(&ctx, named(&id)?, key.as_deref()).await?;
    Ok(Json(json!({
        "grant": done.grant,
        "log_seq": done.seq,
        "renewed_at": done.at.to_string(),
        "renew_by": done.lease.renew_by.to_string(),
        "renew_every_s": done.lease.renew_every_s,
        "expires_at": done.expires_at.to_string(),
        "bundle": done.bundle,
    })))
}

fn named(id: &str) -> Result<GrantId, Error> {
    id.parse().map_err(|_| Error::not_found(format!("no grant {}", governance::text::visible_line(id))))
}

/// Neither has anything to say: no body, or an empty object.
async fn nothing(headers: &HeaderMap, body: Body) -> Result<(), Error> {
    let bytes = body::bytes(headers, body, 1_024).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    body::expect_json(headers)?;
    match body::document(&bytes)? {
        Value::Object(members) if members.is_empty() => Ok(()),
        _ => Err(Error::invalid("this takes no members: send no body, or {}")),
    }
}
