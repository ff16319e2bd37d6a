//! Runs of the control tests with their results, and the installation's own thresholds.
use super::db::{Arg, Row, Tx};
use crate::assess::report::{Period, Run, TestLine, Violation};
use crate::assess::verdict::Outcome;
use crate::error::{Error, Result};
use crate::id::AssessmentId;
use crate::time::Timestamp;

const INSERT_RUN: &str = "insert into assessment_runs (id, seq, at, by_actor, framework, period_start, period_end, catalogue, catalogue_sha256, tests, fed, complete, local) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const INSERT_RESULT: &str = "insert into assessment_results (run_id, test_id, variant, outcome, why, population, violations, params, kept, rows) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const RUN: &str = "select id, seq, at, by_actor, framework, period_start, period_end, catalogue, catalogue_sha256, tests, fed, local from assessment_runs where id = $1";
const LATEST: &str = "select id, seq, at, by_actor, framework, period_start, period_end, catalogue, catalogue_sha256, tests, fed, local from assessment_runs where complete = 1 order by at desc, seq desc limit 1";
const LIST: &str = "select id, seq, at, by_actor, framework, period_start, period_end, catalogue, catalogue_sha256, tests, fed, local from assessment_runs where ($1 is null or id < $1) order by id desc limit $2";
const RESULTS: &str = "select test_id, variant, outcome, why, population, violations, params, kept from assessment_results where run_id = $1 order by test_id, variant";
const ROWS: &str = "select rows from assessment_results where run_id = $1 and test_id = $2 and variant = $3";
const STALE: &str = "select name from ev_sources where expected = 1 and (last_sync_at is null or $1 - last_sync_at > max_staleness_s) order by name";
const THRESHOLDS: &str = "select test_id, name, value from thresholds order by test_id, name";
const SET_THRESHOLD: &str = "insert into thresholds (test_id, name, value, at, by_actor) values ($1, $2, $3, $4, $5) on conflict (test_id, name) do update set value = excluded.value, at = excluded.at, by_actor = excluded.by_actor, version = thresholds.version + 1";
const DROP_THRESHOLD: &str = "delete from thresholds where test_id = $1 and name = $2";

/// A test's result with the rows that violate it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub line: TestLine,
    pub rows: Vec<Violation>,
}

/// # Errors
/// As the database says.
pub async fn insert(
    tx: &mut Tx,
    run: &Run,
    complete: bool,
    local: &[(String, String, i64)],
    results: &[Kept],
) -> Result<()> {
    let args = [
        Arg::id(run.id),
        run.seq.into(),
        run.at.into(),
        run.by.as_str().into(),
        run.framework.as_deref().into(),
        run.period.start.into(),
        run.period.end.into(),
        run.catalogue.as_str().into(),
        run.catalogue_sha256.as_str().into(),
        run.tests.into(),
        run.fed.into(),
        complete.into(),
        Arg::json(&local)?,
    ];
    tx.execute(INSERT_RUN, &args).await?;
    for Kept { line, rows } in results {
        let rows: Vec<_> = rows.iter().map(|v| (&v.subject, &v.detail)).collect();
        let args = [
            Arg::id(run.id),
            line.id.as_str().into(),
            line.variant.as_str().into(),
            line.outcome.code().into(),
            line.why.as_str().into(),
            line.population.into(),
            line.violations.into(),
            Arg::json(&line.params)?,
            line.kept.into(),
            Arg::json(&rows)?,
        ];
        tx.execute(INSERT_RESULT, &args).await?;
    }
    Ok(())
}

/// A run and the thresholds of its time: (test, name, value).
pub type WithLocal = (Run, Vec<(String, String, i64)>);

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: AssessmentId) -> Result<Option<WithLocal>> {
    tx.optional(RUN, &[Arg::id(id)]).await?.as_ref().map(run).transpose()
}

/// The last run of the whole catalogue.
///
/// # Errors
/// As the database says.
pub async fn latest(tx: &mut Tx) -> Result<Option<WithLocal>> {
    tx.optional(LATEST, &[]).await?.as_ref().map(run).transpose()
}

/// Newest first, older than `before`.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, before: Option<AssessmentId>, limit: i64) -> Result<Vec<Run>> {
    let rows = tx.all(LIST, &[before.into(), limit.into()]).await?;
    rows.iter().map(|row| run(row).map(|(run, _)| run)).collect()
}

/// # Errors
/// As the database says.
pub async fn results(tx: &mut Tx, run: AssessmentId) -> Result<Vec<TestLine>> {
    tx.all(RESULTS, &[Arg::id(run)]).await?.iter().map(line).collect()
}

/// The rows that violate a test in a run; `None` if the run did not make it.
///
/// # Errors
/// As the database says.
pub async fn rows(tx: &mut Tx, run: AssessmentId, test: &str, variant: &str) -> Result<Option<Vec<Violation>>> {
    let Some(row) = tx.optional(ROWS, &[Arg::id(run), test.into(), variant.into()]).await? else { return Ok(None) };
    let rows: Vec<(String, String)> = row.json("rows")?;
    Ok(Some(rows.into_iter().map(|(subject, detail)| Violation { subject, label: None, detail }).collect()))
}

/// Names of expected sources that are stale or never synced, at an instant in seconds.
///
/// # Errors
/// As the database says.
pub async fn stale(tx: &mut Tx, now: i64) -> Result<Vec<String>> {
    tx.all(STALE, &[now.into()]).await?.iter().map(|row| row.text("name")).collect()
}

/// The installation's own thresholds: (test, name, value).
///
/// # Errors
/// As the database says.
pub async fn thresholds(tx: &mut Tx) -> Result<Vec<(String, String, i64)>> {
    let rows = tx.all(THRESHOLDS, &[]).await?;
    rows.iter().map(|row| Ok((row.text("test_id")?, row.text("name")?, row.int("value")?))).collect()
}

/// `None` goes back to the catalogue's.
///
/// # Errors
/// As the database says.
pub async fn set_threshold(
    tx: &mut Tx,
    test: &str,
    name: &str,
    value: Option<i64>,
    at: Timestamp,
    by: &str,
) -> Result<()> {
    match value {
        Some(value) => tx.execute(SET_THRESHOLD, &[test.into(), name.into(), value.into(), at.into(), by.into()]).await,
        None => tx.execute(DROP_THRESHOLD, &[test.into(), name.into()]).await,
    }
    .map(drop)
}

fn run(row: &Row) -> Result<WithLocal> {
    let run = Run {
        id: row.id("id")?,
        at: row.at("at")?,
        by: row.text("by_actor")?,
        period: Period { start: row.at("period_start")?, end: row.at("period_end")? },
        framework: row.some_text("framework")?,
        catalogue: row.text("catalogue")?,
        catalogue_sha256: row.text("catalogue_sha256")?,
        tests: row.int("tests")?,
        fed: row.int("fed")?,
        seq: row.int("seq")?,
    };
    Ok((run, row.json("local")?))
}

fn line(row: &Row) -> Result<TestLine> {
    let outcome = row.text("outcome")?;
    Ok(TestLine {
        id: row.text("test_id")?,
        variant: row.text("variant")?,
        outcome: Outcome::parse(&outcome).ok_or_else(|| Error::broken(format!("no outcome {outcome}")))?,
        why: row.text("why")?,
        population: row.int("population")?,
        violations: row.int("violations")?,
        kept: row.int("kept")?,
        params: row.json("params")?,
    })
}
