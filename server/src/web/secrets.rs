//! Secrets as files: what the list shows, to its end. Never their values, which nobody has.
use super::whole::{Form, Lines, exporting, whole};
use crate::{api::secrets, problem::Refusal, state::AppState};
use app::viewer::Viewer;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use governance::{
    Governance,
    error::{Error, Result},
    secret::Secret,
};
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    let csv = |State(gov): State<Governance>, Extension(viewer): Extension<Viewer>, Query(asked): Query<Asked>| async move {
        export(gov, &viewer, asked, Form::Csv).await.map_err(Refusal)
    };
    let json = |State(gov): State<Governance>, Extension(viewer): Extension<Viewer>, Query(asked): Query<Asked>| async move {
        export(gov, &viewer, asked, Form::Json).await.map_err(Refusal)
    };
    Router::new().route("/secrets.csv", get(csv)).route("/secrets.json", get(json))
}

#[derive(Debug, Deserialize)]
struct Asked {
    concern: Option<String>,
    kind: Option<String>,
}

async fn export(gov: Governance, viewer: &Viewer, asked: Asked, form: Form) -> Result<Response> {
    let ctx = exporting(&gov, viewer)?;
    let word = |text: Option<String>| text.filter(|text| !text.is_empty());
    let in_place = |name: &'static str| move |e: Error| Error::invalid(format!("{name}: {}", e.detail));
    let concern = word(asked.concern).map(|it| it.parse()).transpose().map_err(in_place("concern"))?;
    let kind = word(asked.kind).map(|it| it.parse()).transpose().map_err(in_place("kind"))?;
    let filter = secrets::filter(concern, kind)?;
    let lines = Lines { head: &HEAD, cells, document: |it| Ok(secrets::document(it)) };
    whole(form, "secrets", lines, move |want| {
        let (gov, ctx) = (gov.clone(), ctx.clone());
        async move { gov.secret_list(&ctx, filter, &want).await }
    })
    .await
}

const HEAD: [&str; 16] = [
    "key",
    "kind",
    "active",
    "identity",
    "identity_id",
    "environment",
    "source",
    "concerns",
    "also_held_by",
    "same_as",
    "in_use_since",
    "last_rotated_at",
    "expires",
    "last_used",
    "storage",
    "first_seen_at",
];

/// What a source does not say is `not told`.
fn cells(it: &Secret) -> Vec<String> {
    const NOT_TOLD: &str = "not told";
    let f = &it.credential.facts;
    let at = |at: Option<governance::time::Timestamp>, silence: &str| {
        at.map_or_else(|| silence.to_owned(), |at| at.to_string())
    };
    let said = |told: bool| if told { "never" } else { NOT_TOLD };
    let list = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join("; ");
    vec![
        it.credential.key.clone(),
        f.kind.to_string(),
        f.active.to_string(),
        it.identity_name.clone(),
        it.credential.identity.to_string(),
        it.environment.map_or_else(|| NOT_TOLD.to_owned(), |e| e.to_string()),
        it.source_name.clone(),
        list(&mut it.concerns.iter().map(ToString::to_string)),
        list(&mut it.elsewhere.iter().map(|h| h.name.clone())),
        f.same_as.clone().unwrap_or_default(),
        at(f.in_use_since(), NOT_TOLD),
        at(f.last_rotated_at, NOT_TOLD),
        at(f.expires_at, said(f.expiry_reported)),
        at(f.last_used_at, said(f.usage_reported)),
        f.storage.map_or_else(|| NOT_TOLD.to_owned(), |s| s.to_string()),
        it.credential.first_seen_at.to_string(),
    ]
}
