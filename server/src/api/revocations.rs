//! `POST /v1/revocations`: taking access back. Idempotent by nature: revoking again ends what came since.
use super::{authn::Caller, body::Strict};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State};
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
    Strict(wanted): Strict<Wanted>,
) -> Result<Json<Value>, Refusal> {
    let target = Target::parse(&wanted.target.kind, &wanted.target.id)?;
    let done = state.governance.revoke(&ctx, &target, &wanted.reason).await?;
    Ok(Json(json!({ "id": done.id, "log_seq": done.log_seq, "ended": done.ended, "paths": done.paths })))
}
