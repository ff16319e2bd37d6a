//! `GET /v1/secrets`: secrets over all identities, the worst first; `GET /v1/secrets/counts`: how many of each concern.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use governance::{
    credential::Kind,
    engine::{identities::COUNT_MAX, page::Want},
    error::{Error, Result},
    secret::{Concern, Filter, Secret},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    after: Option<String>,
    limit: Option<u16>,
    concern: Option<String>,
    kind: Option<String>,
}

/// The worst first; of what time makes a concern, what has been so the longest.
pub async fn list(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Listed = page::query(&uri)?;
    let concern = page::parsed("concern", asked.concern.as_deref())?;
    let filter = filter(concern, page::parsed("kind", asked.kind.as_deref())?)?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let found = state.governance.secret_list(&ctx, filter, &want).await?;
    Ok(page::page(&headers, &uri, found.items.iter().map(document).collect(), found.next))
}

/// Numbers beyond 10,000 are not counted: `more` says that there are.
pub async fn counts(State(state): State<AppState>, Caller(ctx): Caller) -> Result<Json<Value>, Refusal> {
    let counts = state.governance.secret_counts(&ctx).await?;
    let count = |n: i64| json!({ "count": n.min(COUNT_MAX - 1), "more": n >= COUNT_MAX });
    let concerns = counts.concerns.iter().map(|(concern, n)| (concern.to_string(), count(*n)));
    let concerns: serde_json::Map<_, _> = concerns.collect();
    Ok(Json(json!({ "secrets": count(counts.secrets), "concerns": concerns })))
}

/// # Errors
/// `Invalid` for both at once.
pub(crate) fn filter(concern: Option<Concern>, kind: Option<Kind>) -> Result<Filter> {
    match (concern, kind) {
        (Some(_), Some(_)) => Err(Error::invalid("concern, kind: one of them at a time")),
        (Some(concern), None) => Ok(Filter::Of(concern)),
        (None, Some(kind)) => Ok(Filter::Kind(kind)),
        (None, None) => Ok(Filter::Secrets),
    }
}

pub(crate) fn document(it: &Secret) -> Value {
    let f = &it.credential.facts;
    json!({
        "id": it.credential.id,
        "identity": it.credential.identity,
        "identity_name": it.identity_name,
        "identity_kind": it.identity_kind,
        "environment": it.environment,
        "source": it.credential.source,
        "source_name": it.source_name,
        "stale": it.stale,
        "key": it.credential.key,
        "kind": f.kind,
        "active": f.active,
        "long_lived": f.long_lived,
        "created_at": f.created_at,
        "last_rotated_at": f.last_rotated_at,
        "in_use_since": f.in_use_since(),
        "last_used_at": f.last_used_at,
        "usage_reported": f.usage_reported,
        "expires_at": f.expires_at,
        "expiry_reported": f.expiry_reported,
        "storage": f.storage,
        "exposed": f.exposed,
        "interactive": f.interactive,
        "same_as": f.same_as,
        "first_seen_at": it.credential.first_seen_at,
        "concerns": it.concerns,
        "elsewhere": it.elsewhere,
    })
}
