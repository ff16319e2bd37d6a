//! The tables of the evidence pages as CSV and JSON, and the packs themselves.
use super::exports::{csv, ctx};
use crate::{problem::Refusal, state::AppState};
use app::{pages::evidence::parts, viewer::Viewer};
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use governance::{
    Ctx, Governance,
    assess::{catalogue::Catalogue, report::Assessment, verdict::Verdict},
    engine::Act,
    error::{Error, Result},
    evidence::order::Order,
    id::{AssessmentId, PackId},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn routes() -> Router<AppState> {
    let run = "/evidence/assessments/{id}";
    Router::new()
        .route("/evidence/packs.csv", get(packs_csv))
        .route("/evidence/packs.json", get(packs_json))
        .route("/evidence/packs/{id}/download", post(download))
        .route(&format!("{run}/{{table}}"), get(table))
        .route(&format!("{run}/frameworks/{{framework}}/{{file}}"), get(controls))
        .route(&format!("{run}/tests/{{test}}/{{file}}"), get(rows))
}

/// Rows under one head, as whichever of the two was asked for. `name` is what a browser saves it as.
struct Sheet {
    name: String,
    head: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// `what` is the table's name; the ending says which form.
    fn answer(self, file: &str, what: &str) -> Result<Response> {
        match file.strip_prefix(what) {
            Some(".csv") => {
                let text = |cell: Value| match cell {
                    Value::Null => String::new(),
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                Ok(csv(&self.name, self.head, self.rows.into_iter().map(|row| row.into_iter().map(text).collect())))
            }
            Some(".json") => {
                let item = |row: Vec<Value>| -> Value {
                    self.head.iter().map(|name| (*name).to_owned()).zip(row).collect::<serde_json::Map<_, _>>().into()
                };
                let items: Vec<Value> = self.rows.into_iter().map(item).collect();
                Ok(axum::Json(json!({ "items": items, "next": null })).into_response())
            }
            _ => Err(Error::not_found("no such table")),
        }
    }
}

/// The person's context, with the right to take tables away.
fn exporting(gov: &Governance, viewer: &Viewer) -> Result<Ctx> {
    let ctx = ctx(gov, viewer)?;
    ctx.authorize(Act::Export)?;
    Ok(ctx)
}

async fn run(gov: &Governance, ctx: &Ctx, id: &str) -> Result<Assessment> {
    let id: AssessmentId = id.parse().map_err(|_| Error::not_found("there is no such assessment"))?;
    gov.assess_get(ctx, id).await
}

async fn table(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let made = run(&gov, &exporting(&gov, &viewer)?, &id).await?;
    let answer = if file.starts_with("tests.") {
        tests(&made)?.answer(&file, "tests")
    } else {
        frameworks(&made).answer(&file, "frameworks")
    };
    Ok(answer?)
}

fn frameworks(made: &Assessment) -> Sheet {
    let head = &[
        "framework",
        "name",
        "version",
        "kind",
        "satisfied_or_no_exposure_found",
        "supported",
        "not_satisfied_or_exposure_found",
        "not_applicable",
        "indeterminate",
        "not_evidenced",
    ];
    let rows = parts(&made.frameworks).into_iter().map(|p| {
        let kind = if p.exposures { "risks and threats" } else { "controls" };
        let f = p.framework;
        let mut row: Vec<Value> = vec![json!(f.id), json!(f.name), json!(f.version), json!(kind)];
        row.extend(Verdict::ALL.map(|v| json!(p.counts.of(v))));
        row
    });
    Sheet { name: format!("frameworks-{}", made.run.id), head, rows: rows.collect() }
}

fn tests(made: &Assessment) -> Result<Sheet> {
    let catalogue = Catalogue::shipped()?;
    let head = &["test", "variant", "title", "question", "outcome", "why", "population", "violations", "thresholds"];
    let rows = made.results.iter().map(|l| {
        let test = catalogue.test(&l.id);
        vec![
            json!(l.id),
            json!(l.variant),
            json!(test.map(|t| &t.title)),
            json!(test.map(|t| &t.question)),
            json!(l.outcome.code()),
            json!(l.why),
            json!(l.population),
            json!(l.violations),
            json!(l.params.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" ")),
        ]
    });
    Ok(Sheet { name: format!("tests-{}", made.run.id), head, rows: rows.collect() })
}

async fn controls(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path((id, framework, file)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let made = run(&gov, &exporting(&gov, &viewer)?, &id).await?;
    let found = made.frameworks.iter().find(|f| f.id == framework);
    let found = found.ok_or_else(|| Error::not_found("this assessment did not look at such a framework"))?;
    let head = &["control", "title", "verdict", "words", "coverage", "tests", "looser_here", "rationale"];
    let rows = found.controls.iter().map(|c| {
        let tests: Vec<_> = c.tests.iter().map(|(id, variant)| format!("{id} {variant}").trim().to_owned()).collect();
        vec![
            json!(c.id),
            json!(c.title),
            json!(c.verdict.code()),
            json!(c.words),
            json!(c.coverage.map(|c| c.word())),
            json!(tests.join(", ")),
            json!(c.looser.join("; ")),
            json!(c.rationale),
        ]
    });
    let sheet = Sheet { name: format!("{}-{}", found.id, made.run.id), head, rows: rows.collect() };
    Ok(sheet.answer(&file, "controls")?)
}

#[derive(Debug, Default, Deserialize)]
struct Fixed {
    #[serde(default)]
    variant: String,
}

async fn rows(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path((id, test, file)): Path<(String, String, String)>,
    Query(fixed): Query<Fixed>,
) -> Result<Response, Refusal> {
    let ctx = exporting(&gov, &viewer)?;
    let made = run(&gov, &ctx, &id).await?;
    let line = made.result(&test, &fixed.variant);
    let line = line.ok_or_else(|| Error::not_found("this assessment did not make such a test"))?;
    let found = gov.assess_rows(&ctx, made.run.id, (&line.id, &line.variant), usize::MAX).await?;
    let rows = found.into_iter().map(|v| vec![json!(v.subject), json!(v.label), json!(v.detail)]).collect();
    // named by what we have found, not by what was asked for
    let sheet = Sheet { name: format!("{}-{}", line.id, made.run.id), head: &["subject", "is", "detail"], rows };
    Ok(sheet.answer(&file, "rows")?)
}

async fn packs(gov: &Governance, viewer: &Viewer) -> Result<Sheet> {
    let ctx = exporting(gov, viewer)?;
    let mut found: Vec<Order> = Vec::new();
    loop {
        let page = gov.evidence_list(&ctx, found.last().map(|o| o.id), 100).await?;
        if page.is_empty() || found.len() >= MOST {
            break;
        }
        found.extend(page);
    }
    let head =
        &["id", "framework", "from", "to", "state", "ordered_at", "ordered_by", "made_at", "size", "sha256", "why"];
    let rows = found.into_iter().map(|o| {
        let pack = o.pack.as_ref();
        vec![
            json!(o.id),
            json!(o.framework),
            json!(o.period.start),
            json!(o.period.end),
            json!(o.state.as_str()),
            json!(o.at),
            json!(o.by),
            json!(pack.map(|p| p.at)),
            json!(pack.map(|p| p.size)),
            json!(pack.map(|p| &p.sha256)),
            json!(o.failure),
        ]
    });
    Ok(Sheet { name: "packs".into(), head, rows: rows.collect() })
}

/// Orders of one export.
const MOST: usize = 1_000;

async fn packs_csv(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    Ok(packs(&gov, &viewer).await?.answer("packs.csv", "packs")?)
}

async fn packs_json(State(gov): State<Governance>, Extension(viewer): Extension<Viewer>) -> Result<Response, Refusal> {
    Ok(packs(&gov, &viewer).await?.answer("packs.json", "packs")?)
}

/// Hands a pack out. Posted, because every copy that leaves is an entry of the log.
async fn download(
    State(gov): State<Governance>,
    Extension(viewer): Extension<Viewer>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let ctx = ctx(&gov, &viewer)?;
    let id: PackId = id.parse().map_err(|_| Error::not_found("there is no such evidence pack"))?;
    let (order, bytes) = gov.evidence_hand_out(&ctx, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", order.file_name())),
    ];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use app::paths;

    #[test]
    fn the_pages_link_to_what_is_served() {
        assert_eq!(paths::pack_download("pck_1"), "/evidence/packs/pck_1/download");
        assert_eq!(paths::assessment("asm_1"), "/evidence/assessments/asm_1");
        let fixed = paths::assessment_test("asm_1", "AUD-09", "contain_s=3600 report_s=1296000");
        assert_eq!(fixed, "/evidence/assessments/asm_1/tests/AUD-09?variant=contain_s%3D3600%20report_s%3D1296000");
    }
}
