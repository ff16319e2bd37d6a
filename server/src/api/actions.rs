//! `POST /v1/actions`: what was executed, on which decision or grant, with which outcome.
use super::{authn::Caller, body::Strict, prefer};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use governance::engine::actions::Report;
use serde_json::{Value, json};

pub async fn report(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Strict(report): Strict<Report>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let done = state.governance.action_report(&ctx, report, key.as_deref()).await?;
    let body =
        json!({ "id": done.id, "log_seq": done.seq, "decision": done.decision, "observed_by": done.observed_by });
    Ok((StatusCode::CREATED, Json(body)))
}
