//! What one identity reaches as JSON, with the narrower policies and the commands for a platform's pipeline; the queue of standing
//! privilege as CSV.
use super::exports::{csv, ctx};
use crate::{api::reach, problem::Refusal, state::AppState};
use app::viewer::Viewer;
use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::{
    Governance,
    engine::{
        Act,
        page::{PAGE_MAX, Want},
    },
    error::Error,
    id::IdentityId,
    privilege::reach::WINDOWS,
};
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    Router::new().route("/identities/{id}/reach.json", get(one)).route("/privilege.csv", get(queue))
}

#[derive(Debug, Deserialize)]
struct Window {
    days: Option<i64>,
}

async fn one(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
    Query(window): Query<Window>,
) -> Result<Response, Refusal> {
    let ctx = ctx(&gov, &viewer)?;
    ctx.authorize(Act::Export)?;
    let id: IdentityId = id.parse().map_err(|_| Error::not_found("no such identity"))?;
    let days = window.days.unwrap_or(WINDOWS[0]);
    let (identity, reaches) = gov.identity_reach(&ctx, id, days).await?;
    Ok(Json(reach::document(&identity, &reaches, days, ctx.at)).into_response())
}

async fn queue(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    let ctx = ctx(&gov, &viewer)?;
    ctx.authorize(Act::Export)?;
    let mut rows = vec![];
    let mut want = Want { cursor: None, limit: PAGE_MAX };
    loop {
        let page = gov.privilege_list(&ctx, &want).await?;
        rows.extend(page.items.into_iter().map(|it| {
            let why = it.findings.iter().map(|f| format!("{} ({})", f.found.rule, f.found.severity));
            vec![
                it.identity.name,
                it.identity.kind.to_string(),
                it.identity.id.to_string(),
                why.collect::<Vec<_>>().join("; "),
                it.sets.granted.to_string(),
                it.sets.used.to_string(),
                it.sets.excess.to_string(),
                it.sets.unknown.to_string(),
                it.privileged.to_string(),
            ]
        }));
        match page.next {
            Some(next) => want.cursor = Some(next),
            None => break,
        }
    }
    let head = ["name", "kind", "id", "findings", "granted", "used_90d", "unused_90d", "use_unknown", "privileged"];
    Ok(csv("privilege", &head, rows.into_iter()))
}
