//! `POST /access/v1/evaluation`: one question, one answer (AuthZEN 1.0, Access Evaluation API).
use super::{authn::Caller, body::Document, prefer, question, wire};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State, http::HeaderMap};
use governance::{Ctx, decision::Way, error::Error};
use serde_json::{Map, Value};

pub async fn evaluate(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Document(document): Document,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let asked = question::object(&document)?;
    Ok(Json(answer(&state, &ctx, asked, Way::Evaluation, key).await?))
}

/// Asks and phrases the answer.
///
/// # Errors
/// As [`governance::Governance::decide`], and `Invalid` for what is no question.
pub async fn answer(
    state: &AppState,
    ctx: &Ctx,
    asked: &Map<String, Value>,
    way: Way,
    key: Option<String>,
) -> Result<Value, Error> {
    let ask = question::ask(asked, way, key)?;
    let presented = ask.context.contains_key("approval");
    let answer = state.governance.decide(ctx, ask).await?;
    Ok(wire::decision(&answer, &state.address, presented))
}
