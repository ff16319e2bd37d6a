//! `GET /v1/matches`: identities that may be one, with the reasons.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{Json, extract::State, http::Uri};
use governance::matching::{ShownBy, Side, Suggestion};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    identity: Option<String>,
}

/// The likely first; of one identity where one is named.
pub async fn list(State(state): State<AppState>, Caller(ctx): Caller, uri: Uri) -> Result<Json<Value>, Refusal> {
    let asked: Asked = page::query(&uri)?;
    let found = match asked.identity {
        Some(name) => {
            let it = state.governance.identity_find(&ctx, &name).await?;
            state.governance.match_of(&ctx, it.id).await?
        }
        None => state.governance.match_list(&ctx).await?,
    };
    Ok(Json(json!({ "items": found.suggestions.iter().map(suggestion).collect::<Vec<_>>(), "more": found.more })))
}

/// A pair as machines read it.
pub fn suggestion(it: &Suggestion) -> Value {
    json!({
        "strength": it.strength,
        "reasons": it.reasons,
        "keep": side(&it.keep),
        "other": side(&it.other),
    })
}

fn side(it: &Side) -> Value {
    json!({
        "id": it.id,
        "kind": it.kind,
        "name": it.name,
        "status": it.status,
        "owner": it.owner,
        "shown": it.shown.iter().map(shown).collect::<Vec<_>>(),
    })
}

fn shown(it: &ShownBy) -> Value {
    json!({
        "source": it.source,
        "principal": it.principal,
        "name": it.name,
        "created_at": it.created_at.map(|at| at.to_string()),
        "last_used_at": it.last_used_at.map(|at| at.to_string()),
        "usage_reported": it.usage_reported,
        "last_seen_at": it.last_seen_at.to_string(),
        "stale": it.stale,
        "gone": it.gone,
    })
}
