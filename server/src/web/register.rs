//! The register as files: what the list of identities shows, to its end, and one identity's entitlements.
use crate::{problem::Refusal, state::AppState};
use app::{pages::identities::Query, viewer::Viewer};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{Path, RawQuery, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};
use futures_util::stream;
use governance::{
    Actor, Ctx, Governance,
    engine::{
        Act,
        identities::{Filter, Line, Order},
        page::{PAGE_MAX, Want},
    },
    entitlement::Entitlement,
    error::{Error, Result},
    id::IdentityId,
    text::csv_cell,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/identities.csv", get(csv))
        .route("/identities.json", get(json))
        .route("/identities/{id}/entitlements.csv", get(entitlements_csv))
        .route("/identities/{id}/entitlements.json", get(entitlements_json))
}

/// How the lines of a file are written.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Json,
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

fn exporting(gov: &Governance, viewer: &Viewer) -> Result<Ctx> {
    let ctx = gov.ctx(Actor::Person { id: viewer.id, roles: viewer.roles.clone() });
    ctx.authorize(Act::Export)?;
    Ok(ctx)
}

/// What is left to be sent.
struct Rest {
    gov: Governance,
    ctx: Ctx,
    filter: Filter,
    order: Order,
    form: Form,
    /// The next page's cursor; `None` once the last is read.
    next: Option<String>,
    first: bool,
    ended: bool,
}

/// The whole view, one page of the database in memory at a time. The first is read before the answer begins, so that what is
/// refused is refused with a status; a later failure cuts the answer off, which its reader sees.
async fn export(gov: Governance, viewer: &Viewer, query: Option<&str>, form: Form) -> Result<Response, Refusal> {
    let ctx = exporting(&gov, viewer)?;
    let pairs = pairs(query.unwrap_or(""))?;
    let query = Query::read(|name| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))?;
    let want = Want { cursor: None, limit: PAGE_MAX };
    let page = gov.identity_sorted(&ctx, &query.filter, query.order, &want).await?;
    let mut rest =
        Rest { gov, ctx, filter: query.filter, order: query.order, form, next: page.next, first: true, ended: false };
    let head = rest.text(&page.items)?;
    let pages = stream::unfold((Some(head), rest), |(ready, mut rest)| async move {
        let chunk = match ready {
            Some(text) => Ok(text),
            None => rest.page().await.transpose()?,
        };
        Some((chunk.map(Bytes::from).map_err(|e| std::io::Error::other(e.detail)), (None, rest)))
    });
    Ok(file(form, "identities", Body::from_stream(pages)))
}

impl Rest {
    /// The next piece; `None` at the end.
    async fn page(&mut self) -> Result<Option<String>> {
        let Some(cursor) = self.next.take() else { return Ok(self.end()) };
        let want = Want { cursor: Some(cursor), limit: PAGE_MAX };
        let page = self.gov.identity_sorted(&self.ctx, &self.filter, self.order, &want).await?;
        self.next = page.next;
        self.text(&page.items).map(Some)
    }

    /// What closes the document.
    fn end(&mut self) -> Option<String> {
        let open = !std::mem::replace(&mut self.ended, true);
        (open && matches!(self.form, Form::Json)).then(|| "],\"next\":null}\n".to_owned())
    }

    fn text(&mut self, lines: &[Line]) -> Result<String> {
        let first = std::mem::replace(&mut self.first, false);
        let mut text = String::new();
        match self.form {
            Form::Csv => {
                if first {
                    text += &row(HEAD.iter().map(|h| (*h).to_owned()));
                }
                lines.iter().for_each(|line| text += &row(cells(line).into_iter()));
            }
            Form::Json => {
                if first {
                    text += "{\"items\":[";
                }
                for (i, line) in lines.iter().enumerate() {
                    if i > 0 || !first {
                        text.push(',');
                    }
                    text += &serde_json::to_string(line).map_err(Error::internal)?;
                }
            }
        }
        Ok(text)
    }
}

const HEAD: [&str; 17] = [
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
        it.first_seen_at.to_string(),
        at(it.last_used_at),
        at(line.last_asked_at),
        line.open_findings.to_string(),
        line.worst.map(|w| w.to_string()).unwrap_or_default(),
    ]
}

/// A line of RFC 4180, each cell guarded against being read as a formula.
fn row(cells: impl Iterator<Item = String>) -> String {
    let quoted = cells.map(|c| format!("\"{}\"", csv_cell(&c).replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

fn file(form: Form, name: &str, body: Body) -> Response {
    match form {
        Form::Csv => {
            let disposition = format!("attachment; filename=\"{name}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, body).into_response()
        }
        Form::Json => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
    }
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
