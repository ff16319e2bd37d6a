//! The register of resources as CSV and JSON, narrowed as its page is.
use super::exports::{EXPORT_MAX, csv, ctx};
use crate::{api, problem::Refusal, state::AppState};
use app::viewer::Viewer;
use axum::{
    Extension, Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::{
    Governance,
    engine::{
        Act,
        page::{Page, Want},
        resources::Resource,
    },
    error::Result,
};
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    Router::new().route("/resources.csv", get(as_csv)).route("/resources.json", get(as_json))
}

#[derive(Debug, Default, Deserialize)]
struct Narrowed {
    kind: Option<String>,
    changed: Option<String>,
    after: Option<String>,
}

async fn found(gov: &Governance, viewer: &Viewer, n: Narrowed) -> Result<Page<Resource>> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    let kind = n.kind.filter(|kind| !kind.is_empty()).map(|kind| kind.parse()).transpose()?;
    gov.resource_list(&ctx, kind, n.changed.is_some(), &Want { cursor: n.after, limit: EXPORT_MAX }).await
}

async fn as_csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(n): Query<Narrowed>,
) -> Result<Response, Refusal> {
    let now = gov.now();
    let rows = found(&gov, &viewer, n).await?.items.into_iter().map(move |it| {
        vec![
            it.resource_type.clone(),
            it.resource_id.clone(),
            it.kind.to_string(),
            it.standing(now).to_string(),
            it.trusted_until.map(|at| at.to_string()).unwrap_or_default(),
            it.data_class.clone().unwrap_or_default(),
            it.owner.map(|id| id.to_string()).unwrap_or_default(),
            it.retention_days.map(|days| days.to_string()).unwrap_or_default(),
            it.definition.clone().unwrap_or_default(),
            it.seen.clone().unwrap_or_default(),
            it.changed_at.map(|at| at.to_string()).unwrap_or_default(),
        ]
    });
    let head = [
        "type",
        "id",
        "kind",
        "standing",
        "trusted_until",
        "data_class",
        "owner",
        "retention_days",
        "definition",
        "seen",
        "changed_at",
    ];
    Ok(csv("resources", &head, rows))
}

async fn as_json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(n): Query<Narrowed>,
) -> Result<Response, Refusal> {
    let (page, now) = (found(&gov, &viewer, n).await?, gov.now());
    let items: Vec<_> = page.items.iter().map(|it| api::resources::document(it, now)).collect();
    Ok(Json(serde_json::json!({ "items": items, "next": page.next })).into_response())
}
