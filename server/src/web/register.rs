//! The register as files: what the list of identities shows, to its end, and one identity's entitlements.
use super::whole::{Form, Lines, exporting, file, row, whole};
use crate::{problem::Refusal, state::AppState};
use app::{pages::identities::Query, viewer::Viewer};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::{
    Governance,
    engine::identities::Line,
    entitlement::Entitlement,
    error::{Error, Result},
    id::IdentityId,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/identities.csv", get(csv))
        .route("/identities.json", get(json))
        .route("/identities/{id}/entitlements.csv", get(entitlements_csv))
        .route("/identities/{id}/entitlements.json", get(entitlements_json))
}

async fn csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    export(gov, &viewer, query.as_deref(), Form::Csv).await
}

async fn json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    export(gov, &viewer, query.as_deref(), Form::Json).await
}

async fn export(gov: Governance, viewer: &Viewer, query: Option<&str>, form: Form) -> Result<Response, Refusal> {
    let ctx = exporting(&gov, viewer)?;
    let pairs = pairs(query.unwrap_or(""))?;
    let Query { filter, order, .. } =
        Query::read(|name| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))?;
    let document = |line: &Line| serde_json::to_value(line).map_err(Error::internal);
    let lines = Lines { head: &HEAD, cells, document };
    let found = whole(form, "identities", lines, move |want| {
        let (gov, ctx, filter) = (gov.clone(), ctx.clone(), filter.clone());
        async move { gov.identity_sorted(&ctx, &filter, order, &want).await }
    });
    Ok(found.await?)
}

const HEAD: [&str; 18] = [
    "id",
    "kind",
    "name",
    "environment",
    "status",
    "stopped",
    "mode",
    "owner",
    "backup",
    "team",
    "source",
    "external_ref",
    "registered_at",
    "first_seen_at",
    "last_used_at",
    "last_asked_at",
    "open_findings",
    "worst_finding",
];

fn cells(line: &Line) -> Vec<String> {
    let it = &line.identity;
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let at = |at: Option<governance::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    vec![
        it.id.to_string(),
        it.kind.to_string(),
        it.name.clone(),
        it.environment.map(|e| e.to_string()).unwrap_or_default(),
        it.status.to_string(),
        line.stopped.to_string(),
        it.mode.to_string(),
        said(&line.owner_email),
        said(&line.backup_name),
        said(&it.team),
        said(&line.source_name),
        said(&it.external_ref),
        it.registered_at.to_string(),
        it.first_seen_at.to_string(),
        at(it.last_used_at),
        at(line.last_asked_at),
        line.open_findings.to_string(),
        line.worst.map(|w| w.to_string()).unwrap_or_default(),
    ]
}

async fn entitlements(gov: &Governance, viewer: &Viewer, id: &str) -> Result<Vec<Entitlement>> {
    let ctx = exporting(gov, viewer)?;
    let id: IdentityId = id.parse().map_err(|_| Error::not_found("no such identity"))?;
    Ok(gov.identity_show(&ctx, id).await?.entitlements)
}

async fn entitlements_csv(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let head =
        ["id", "action", "resource", "via", "privilege", "conditional", "first_seen_at", "last_used", "expires_at"];
    let mut text = row(head.iter().map(|h| (*h).to_owned()));
    for e in entitlements(&gov, &viewer, &id).await? {
        let cells = [
            e.id.to_string(),
            e.key.action,
            e.key.resource,
            e.key.via,
            e.facts.privilege.to_string(),
            e.facts.conditional.to_string(),
            e.first_seen_at.to_string(),
            e.facts.last_used_words(),
            e.facts.expires_at.map(|at| at.to_string()).unwrap_or_default(),
        ];
        text += &row(cells.into_iter());
    }
    Ok(file(Form::Csv, "entitlements", Body::from(text)))
}

async fn entitlements_json(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let items = entitlements(&gov, &viewer, &id).await?;
    Ok(axum::Json(serde_json::json!({ "items": items, "next": null })).into_response())
}

/// The query's names and values, read as a form (`application/x-www-form-urlencoded`).
fn pairs(query: &str) -> Result<Vec<(String, String)>> {
    let wrong = || Error::invalid("the query of this address cannot be read: copy it from the list");
    let uri = format!("/?{query}").parse().map_err(|_| wrong())?;
    axum::extract::Query::try_from_uri(&uri).map(|q| q.0).map_err(|_| wrong())
}
