//! Every table and plot as CSV and JSON, with the same filters; a decision's proof of inclusion.
use super::whole::{Form, file, row};
use crate::{problem::Refusal, state::AppState};
use app::viewer::Viewer;
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use governance::{
    Actor, Ctx, Governance,
    error::{Error, Result},
    store::decisions::{Filter, StoredDecision},
};
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/activity.csv", get(activity_csv))
        .route("/activity.json", get(activity_json))
        .route("/overview/{plot}", get(plot))
}

/// The person's context, as the pages have it.
pub(super) fn ctx(gov: &Governance, viewer: &Viewer) -> Result<Ctx> {
    Ok(gov.ctx(Actor::Person { id: viewer.id, roles: viewer.roles.clone() }))
}

/// Rows of cells as RFC 4180, each cell guarded against being read as a formula.
pub(super) fn csv(name: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Response {
    let mut text = row(head.iter().map(|h| (*h).to_owned()));
    rows.for_each(|cells| text += &row(cells.into_iter()));
    file(Form::Csv, name, Body::from(text))
}

#[derive(Debug, Default, Deserialize)]
struct Narrowed {
    outcome: Option<String>,
    action: Option<String>,
}

/// Rows of one export; what is behind them is in the log and in evidence packs.
pub(super) const EXPORT_MAX: u16 = 1_000;

async fn found(gov: &Governance, viewer: &Viewer, n: Narrowed) -> Result<Vec<StoredDecision>> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(governance::engine::Act::Export)?;
    let filter = Filter { outcome: n.outcome, action: n.action, ..Filter::default() };
    gov.decision_list(&ctx, &filter, EXPORT_MAX).await
}

async fn activity_csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(n): Query<Narrowed>,
) -> Result<Response, Refusal> {
    let rows = found(&gov, &viewer, n).await.map_err(Refusal)?;
    let head = ["id", "at", "subject", "action", "resource_type", "resource_id", "outcome", "reason", "would", "seq"];
    let cells = rows.into_iter().map(|d| {
        vec![
            d.id.to_string(),
            d.at.to_string(),
            d.subject_id,
            d.action,
            d.resource_type,
            d.resource_id,
            d.outcome,
            d.reason.unwrap_or_default(),
            d.would.unwrap_or_default(),
            d.seq.to_string(),
        ]
    });
    Ok(csv("activity", &head, cells))
}

async fn activity_json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Query(n): Query<Narrowed>,
) -> Result<Response, Refusal> {
    let rows = found(&gov, &viewer, n).await.map_err(Refusal)?;
    let items: Vec<_> = rows
        .into_iter()
        .map(|d| {
            serde_json::json!({
                "id": d.id, "at": d.at.to_string(), "subject": { "type": d.subject_type, "id": d.subject_id }, "action": d.action,
                "resource": { "type": d.resource_type, "id": d.resource_id }, "outcome": d.outcome, "reason": d.reason,
                "would": d.would, "log_seq": d.seq,
            })
        })
        .collect();
    Ok(axum::Json(serde_json::json!({ "items": items, "next": null })).into_response())
}

async fn plot(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let ctx = ctx(&gov, &viewer).map_err(Refusal)?;
    let o = gov.overview(&ctx).await.map_err(Refusal)?;
    let day = |day: i64| {
        governance::time::Timestamp::of_day(day)
            .map_or_else(String::new, |t| t.datetime().format("%Y-%m-%d").to_string())
    };
    Ok(match name.as_str() {
        "answers.csv" => {
            let rows = o
                .days
                .iter()
                .map(|d| vec![day(d.day), d.permit.to_string(), d.escalate.to_string(), d.deny.to_string()]);
            csv("answers", &["day", "permit", "escalate", "deny"], rows)
        }
        "denied.csv" => {
            let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
            let rows = o.denied.iter().zip(days).flat_map(|(line, name)| {
                line.iter().enumerate().map(move |(hour, n)| vec![name.to_owned(), hour.to_string(), n.to_string()])
            });
            csv("denied", &["weekday", "hour_utc", "denied"], rows)
        }
        "usage.csv" => {
            let rows = o
                .usage
                .iter()
                .map(|u| vec![u.kind.clone(), u.used.to_string(), u.unused.to_string(), u.unsaid.to_string()]);
            csv("usage", &["kind", "used", "unused", "source_does_not_say"], rows)
        }
        "funnel.csv" => {
            let steps = [
                ("registered", o.identities),
                ("owned", o.owned),
                ("backup", o.backed),
                ("boundary", o.bounded.part),
                ("attested", o.attested),
            ];
            csv(
                "funnel",
                &["step", "identities"],
                steps.iter().map(|(name, n)| vec![(*name).to_owned(), n.to_string()]),
            )
        }
        "latency.csv" => {
            let rows = o.latency.iter().map(|l| {
                let numbers = [l.none, l.used, l.unmeasured, l.longest_us].map(|n| n.to_string());
                std::iter::once(l.kind.clone()).chain(numbers).collect()
            });
            csv("latency", &["revoked", "no_use_after", "used_after", "not_measured", "longest_us"], rows)
        }
        _ => return Err(Refusal(Error::not_found("no such plot"))),
    })
}
