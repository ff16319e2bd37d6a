//! `POST /v1/revocations`: taking access back. Revoking again is fine: it ends what came since.
use super::{authn::Caller, body::Strict, prefer};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State, http::HeaderMap};
use governance::revocation::Target;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    target: Named,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    kind: String,
    /// Absent for `everything`.
    #[serde(default)]
    id: String,
}

pub async fn revoke(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Strict(wanted): Strict<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let key = prefer::idempotency_key(&headers)?;
    let target = Target::parse(&wanted.target.kind, &wanted.target.id)?;
    let done = state.governance.revoke_once(&ctx, &target, &wanted.reason, key.as_deref()).await?;
    Ok(Json(json!({ "id": done.id, "log_seq": done.log_seq, "ended": done.ended, "paths": done.paths })))
}
