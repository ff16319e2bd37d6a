//! What nobody answers for as CSV and JSON, and the numbers of the page as CSV.
use super::exports::{csv, ctx};
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
        gaps::Open,
        page::{Page, Want},
    },
    error::Result,
    time::Timestamp,
    visibility::Step,
};
use serde::Deserialize;

/// Rows of one export: for each of them everybody is looked through.
const ROWS: u16 = 100;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/visibility.csv", get(as_csv))
        .route("/visibility.json", get(as_json))
        .route("/visibility/funnel.csv", get(funnel))
        .route("/visibility/trend.csv", get(trend))
}

#[derive(Debug, Default, Deserialize)]
struct Paged {
    after: Option<String>,
}

async fn found(gov: &Governance, viewer: &Viewer, paged: Paged) -> Result<Page<Open>> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    gov.gap_list(&ctx, &Want { cursor: paged.after, limit: ROWS }).await
}

async fn as_csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(paged): Query<Paged>,
) -> Result<Response, Refusal> {
    let rows = found(&gov, &viewer, paged).await?.items.into_iter().map(|open| {
        vec![
            open.gap.name,
            open.gap.kind.to_string(),
            open.gap.how.to_string(),
            open.gap.source.unwrap_or_default(),
            open.gap.since.to_string(),
            open.due_at.to_string(),
            open.overdue.to_string(),
            open.suggested.first().map(|s| s.email.clone()).unwrap_or_default(),
        ]
    });
    let head = ["name", "kind", "how", "source", "since", "due_at", "overdue", "suggested"];
    Ok(csv("visibility", &head, rows))
}

async fn as_json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(paged): Query<Paged>,
) -> Result<Response, Refusal> {
    let page = found(&gov, &viewer, paged).await?;
    let items: Vec<_> = page.items.iter().map(api::answering::gap).collect();
    Ok(Json(serde_json::json!({ "items": items, "next": page.next })).into_response())
}

async fn funnel(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    let seen = gov.visibility(&ctx(&gov, &viewer)?).await?;
    let rows = seen.cells.iter().map(|c| {
        let source = seen.sources.iter().find(|s| Some(s.source.id) == c.source);
        vec![
            source.map(|s| s.source.name.clone()).unwrap_or_default(),
            c.environment.map(|e| e.to_string()).unwrap_or_default(),
            c.kind.to_string(),
            c.step.to_string(),
            c.n.to_string(),
        ]
    });
    Ok(csv("funnel", &["source", "environment", "kind", "furthest_step", "identities"], rows))
}

async fn trend(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    let seen = gov.visibility(&ctx(&gov, &viewer)?).await?;
    let head: Vec<_> = std::iter::once("day").chain(Step::ALL.iter().map(|step| step.as_str())).collect();
    let rows = seen.trend.iter().map(|counted| {
        let day = Timestamp::of_day(counted.day);
        let day = day.map_or_else(String::new, |t| t.datetime().format("%Y-%m-%d").to_string());
        std::iter::once(day).chain(counted.reached.iter().map(ToString::to_string)).collect()
    });
    Ok(csv("trend", &head, rows))
}
