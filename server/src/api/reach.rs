//! `GET /v1/identities/{name}/reach`: what one identity reaches without asking, and its policies without what nobody used.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
};
use governance::{
    entitlement::Use,
    identity::Identity,
    privilege::{
        reach::{Becomes, Reach, Right, WINDOWS},
        right_size::{Proposal, aws_commands, file_name},
    },
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    days: Option<i64>,
}

/// By its name, its id, or kind:name.
pub async fn show(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(name): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Refusal> {
    let asked: Window = page::query(&uri)?;
    let days = asked.days.unwrap_or(WINDOWS[0]);
    let it = state.governance.identity_find(&ctx, &name).await?;
    let (identity, reaches) = state.governance.identity_reach(&ctx, it.id, days).await?;
    Ok(Json(document(&identity, &reaches, days, ctx.at)))
}

/// All of it, with what a pipeline needs to put the narrower policies into force.
pub(crate) fn document(identity: &Identity, reaches: &[Reach], days: i64, now: Timestamp) -> Value {
    json!({
        "identity": identity.id,
        "name": identity.name,
        "as_of": now,
        "window_days": days,
        "sources": reaches.iter().map(source).collect::<Vec<_>>(),
    })
}

fn source(reach: &Reach) -> Value {
    let proposals = reach.proposals.iter().enumerate().map(|(at, p)| proposal(at, p, reach));
    json!({
        "source": reach.source.id,
        "name": reach.source.name,
        "principal": reach.principal,
        "stale": reach.stale,
        "sets": reach.sets(),
        "upper_bound": reach.upper_bound,
        "powers": reach.powers.iter().map(|(way, at)| json!({ "way": way, "by": at })).collect::<Vec<_>>(),
        "risks": reach.risks,
        "becomes": reach.becomes.iter().map(becomes).collect::<Vec<_>>(),
        "right_size": proposals.collect::<Vec<_>>(),
        "just_in_time": reach.just_in_time,
        "rights": reach.rights.iter().map(right).collect::<Vec<_>>(),
    })
}

fn becomes(it: &Becomes) -> Value {
    json!({
        "principal": it.principal,
        "identity": it.identity.as_ref().map(|(id, _)| id),
        "path": it.path.iter().map(|(who, how)| json!({ "principal": who, "how": how })).collect::<Vec<_>>(),
        "powers": it.powers,
    })
}

fn right(it: &Right) -> Value {
    let (used, last) = match it.used {
        Use::Used(at) => ("used", Some(at)),
        Use::Unused(last) => ("unused", last),
        Use::Unknown => ("unknown", None),
    };
    json!({
        "action": it.action,
        "resource": it.resource,
        "via": it.via,
        "privilege": it.privilege,
        "risks": it.risks,
        "standing": it.standing,
        "use": used,
        "last_used_at": last,
        "less": it.less,
        "nothing": it.nothing,
    })
}

fn proposal(at: usize, it: &Proposal, reach: &Reach) -> Value {
    let file = file_name(at);
    json!({
        "via": it.via,
        "policy": it.policy,
        "file": it.after.as_ref().map(|_| &file),
        "before": it.before,
        "after": it.after,
        "dropped": it.dropped,
        "denied": it.denied,
        "kept_used": it.kept_used,
        "kept_unknown": it.kept_unknown,
        "commands": aws_commands(&reach.principal, it, &file),
    })
}
