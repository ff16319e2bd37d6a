//! `GET /v1/runs/{id}`: what happened in one run, in the order of the log.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
};
use governance::{
    engine::{page::Want, timeline::Entry},
    error::{Error, Result},
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    after: Option<String>,
    limit: Option<u16>,
}

/// The run itself, and one page of its timeline.
pub async fn show(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>, Refusal> {
    let asked: Asked = page::query(&uri)?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let found = state.governance.run_get(&ctx, &id, &want).await?;
    let run = &found.run;
    let agents: Vec<Value> = found
        .members
        .iter()
        .map(|m| json!({ "identity": m.id, "type": m.kind, "name": m.name, "joined_at": m.joined_at.to_string() }))
        .collect();
    let entries: Vec<Value> = found.entries.items.iter().map(entry).collect::<Result<_>>()?;
    Ok(Json(json!({
        "id": run.id,
        "name": run.name,
        "named_by": if run.identity.is_some() { "agent" } else { "gateway" },
        "initiator": run.initiator,
        "started_at": run.started_at.to_string(),
        "last_at": found.last_at.to_string(),
        "data_class": run.data_class,
        "agents": agents,
        "more_agents": found.more_members,
        "items": entries,
        "next": found.entries.next,
    })))
}

fn entry(it: &Entry) -> Result<Value> {
    serde_json::to_value(it).map_err(Error::internal)
}
