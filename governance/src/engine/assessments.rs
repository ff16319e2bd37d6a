//! Running the control tests: one reading of the database at one moment, then one write of what was found.
use super::{Act, Ctx, Governance};
use crate::assess::catalogue::{Catalogue, Test, Which};
use crate::assess::plan::{Planned, plan};
use crate::assess::report::{Assessment, Period, Run, TestLine, Violation, framework_line};
use crate::assess::sql::Shape;
use crate::assess::thresholds::Local;
use crate::assess::verdict::{Observed, test_outcome};
use crate::assess::{fed, sql};
use crate::error::{Error, Result};
use crate::id::AssessmentId;
use crate::log::event::{Event, EventKind};
use crate::store::assessments::{self, Kept};
use crate::store::db::Tx;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// How far back a run looks that was told no period.
const PERIOD: TimeDelta = TimeDelta::days(90);
/// Most runs of one page.
const MOST_RUNS: usize = 100;

impl Governance {
    /// Runs the control tests of the catalogue, or of one framework, and keeps what they found. Without a period: the last
    /// 90 days, up to and with this second.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a framework there is none of or a period that does not end after it starts.
    pub async fn assess_run(&self, ctx: &Ctx, framework: Option<&str>, period: Option<Period>) -> Result<Assessment> {
        ctx.authorize(Act::Assess)?;
        let catalogue = Catalogue::shipped()?;
        let framework = framework.map(|id| catalogue.framework(id)).transpose()?;
        let period = period.unwrap_or_else(|| until_now(ctx.at));
        if period.end <= period.start {
            return Err(Error::invalid(format!(
                "the period ends ({}) before it starts ({})",
                period.end, period.start
            )));
        }
        let mut tx = self.read().await?;
        let (local, listed) = own_thresholds(&mut tx, &catalogue).await?;
        let stale = assessments::stale(&mut tx, ctx.at.seconds()).await?;
        let mut results = Vec::new();
        for planned in plan(&catalogue, &local, framework) {
            results.push(made(&mut tx, &catalogue, &planned, (ctx.at, period), &stale).await?);
        }
        drop(tx);

        let count = |n: usize| i64::try_from(n).map_err(Error::internal);
        let mut w = self.write(ctx).await?;
        let id = AssessmentId::new(w.at(), w.random());
        let lines = || results.iter().map(|k| &k.line);
        let worst = |v: &TestLine| v.outcome == crate::assess::verdict::Outcome::NotSatisfied;
        let event = Event::new(EventKind::AssessmentRun, w.actor())
            .subject(id)
            .outcome(if lines().any(worst) { "not-satisfied" } else { "nothing-violated" })
            .reason(format!("catalogue {}", catalogue.sha256));
        let seq = w.append(event).await?;
        let run = Run {
            id,
            at: w.at(),
            by: w.actor().into(),
            period,
            framework: framework.map(|f| f.id.clone()),
            catalogue: catalogue.generated.clone(),
            catalogue_sha256: catalogue.sha256.clone(),
            tests: count(catalogue.tests.len())?,
            fed: count(fed::fed(&catalogue))?,
            seq: i64::try_from(seq).map_err(Error::internal)?,
        };
        w.leaves_world();
        assessments::insert(&mut w.tx, &run, framework.is_none(), &listed, &results).await?;
        w.commit().await?;
        Ok(shown(&catalogue, run, &local, results.into_iter().map(|k| k.line).collect()))
    }

    /// The last run of the whole catalogue, if there was one.
    ///
    /// # Errors
    /// `Forbidden`, or as the database says.
    pub async fn assess_latest(&self, ctx: &Ctx) -> Result<Option<Assessment>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let Some(found) = assessments::latest(&mut tx).await? else { return Ok(None) };
        kept(&mut tx, found).await.map(Some)
    }

    /// Runs without their results, newest first; at most `limit` (1 to 100) older than `before`.
    ///
    /// # Errors
    /// `Forbidden`, or as the database says.
    pub async fn assess_list(&self, ctx: &Ctx, before: Option<AssessmentId>, limit: usize) -> Result<Vec<Run>> {
        ctx.authorize(Act::See)?;
        let limit = i64::try_from(limit.clamp(1, MOST_RUNS)).map_err(Error::internal)?;
        assessments::list(&mut self.read().await?, before, limit).await
    }

    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn assess_get(&self, ctx: &Ctx, id: AssessmentId) -> Result<Assessment> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let found = assessments::get(&mut tx, id).await?.ok_or_else(|| Error::not_found(format!("no run {id}")))?;
        kept(&mut tx, found).await
    }

    /// The rows that violate a test in a run, by subject; the first `limit` of those kept, with what each subject is now.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` if the run did not make that test.
    pub async fn assess_rows(
        &self,
        ctx: &Ctx,
        run: AssessmentId,
        (test, variant): (&str, &str),
        limit: usize,
    ) -> Result<Vec<Violation>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let rows = assessments::rows(&mut tx, run, test, variant).await?;
        let rows = rows.ok_or_else(|| Error::not_found(format!("the run {run} has no test {test} {variant}")))?;
        labelled(&mut tx, rows.into_iter().take(limit)).await
    }

    /// Sets the installation's own threshold of a test; `None` goes back to the catalogue's. It counts from the next run on.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a test or threshold there is none of, or a value that is not positive.
    pub async fn threshold_set(&self, ctx: &Ctx, test: &str, name: &str, value: Option<i64>) -> Result<()> {
        ctx.authorize(Act::ChangeSettings)?;
        let catalogue = Catalogue::shipped()?;
        Local::default().set(&catalogue, test, name, value.unwrap_or(1))?;
        let mut w = self.write(ctx).await?;
        let (at, by) = (w.at(), w.actor().to_owned());
        assessments::set_threshold(&mut w.tx, test, name, value, at, &by).await?;
        let to = value.map_or("the catalogue's".to_owned(), |v| v.to_string());
        w.append(Event::new(EventKind::SettingChanged, by).subject(format!("threshold {test} {name}")).outcome(to))
            .await?;
        w.commit().await.map(drop)
    }
}

/// The last 90 days, half-open, with this second in it.
fn until_now(at: Timestamp) -> Period {
    let end = at + TimeDelta::seconds(1);
    Period { start: end - PERIOD, end }
}

/// As a value and as (test, name, value). What the catalogue no longer has is left out.
async fn own_thresholds(tx: &mut Tx, catalogue: &Catalogue) -> Result<(Local, Vec<(String, String, i64)>)> {
    let listed = assessments::thresholds(tx).await?;
    Ok((local_of(catalogue, &listed), listed))
}
fn local_of(catalogue: &Catalogue, listed: &[(String, String, i64)]) -> Local {
    let mut local = Local::default();
    for (test, name, value) in listed {
        // a threshold of a test that a later catalogue dropped has nothing to act on
        let _ = local.set(catalogue, test, name, *value);
    }
    local
}

/// One test: unfed and stale before any SQL, then its population, then what violates it.
async fn made(
    tx: &mut Tx,
    catalogue: &Catalogue,
    planned: &Planned<'_>,
    (now, period): (Timestamp, Period),
    stale: &[String],
) -> Result<Kept> {
    let Planned { test, params, variant } = planned;
    let mut observed = Observed {
        unfed: fed::missing(catalogue, test),
        stale: if reads_sources(test) { stale.to_vec() } else { Vec::new() },
        ..Observed::default()
    };
    let mut rows = Vec::new();
    if observed.unfed.is_empty() && observed.stale.is_empty() {
        let mut values = params.clone();
        values.extend(given(now, period));
        observed.population = counted(tx, catalogue, (&test.id, Which::Population), &values).await?;
        observed.violations = counted(tx, catalogue, (&test.id, Which::Violations), &values).await?;
        if observed.violations > 0 {
            let found = tx.catalogue_query(catalogue, (&test.id, Which::Violations), Shape::Rows, &values).await?;
            rows = found.iter().map(violation).collect::<Result<Vec<_>>>()?;
            rows.sort();
        }
    }
    let (outcome, why) = test_outcome(&observed, test.tolerance_ratio);
    let line = TestLine {
        id: test.id.clone(),
        variant: variant.clone(),
        outcome,
        why,
        population: observed.population,
        violations: observed.violations,
        kept: i64::try_from(rows.len()).map_err(Error::internal)?,
        params: params.clone(),
    };
    Ok(Kept { line, rows })
}

/// What every query may name beside its thresholds, in seconds.
fn given(now: Timestamp, period: Period) -> BTreeMap<String, i64> {
    [("now", now), ("period_start", period.start), ("period_end", period.end)]
        .map(|(name, at)| (name.to_owned(), at.seconds()))
        .into()
}

fn reads_sources(test: &Test) -> bool {
    test.reads.iter().any(|table| fed::FROM_SOURCES.contains(&table.as_str()))
}

async fn counted(
    tx: &mut Tx,
    catalogue: &Catalogue,
    query: (&str, Which),
    values: &BTreeMap<String, i64>,
) -> Result<i64> {
    let rows = tx.catalogue_query(catalogue, query, Shape::Count, values).await?;
    rows.first().ok_or_else(|| Error::broken("a count without a row"))?.int("n")
}

fn violation(row: &crate::store::db::Row) -> Result<Violation> {
    // a subject or detail of null would hide a row: it is shown as what it is
    let text = |column| row.some_text(column).map(|t| t.unwrap_or_else(|| "(not recorded)".into()));
    Ok(Violation { subject: text("subject")?, label: None, detail: text("detail")? })
}

/// Says of each subject what it is in the register.
pub(super) async fn labelled(tx: &mut Tx, rows: impl Iterator<Item = Violation>) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    for mut row in rows {
        row.label = crate::store::labels::of(tx, &row.subject).await?;
        found.push(row);
    }
    Ok(found)
}

async fn kept(tx: &mut Tx, (run, listed): assessments::WithLocal) -> Result<Assessment> {
    let catalogue = Catalogue::shipped()?;
    let results = assessments::results(tx, run.id).await?;
    Ok(shown(&catalogue, run, &local_of(&catalogue, &listed), results))
}

/// Results in the catalogue's order, and the verdicts they give.
fn shown(catalogue: &Catalogue, run: Run, local: &Local, mut results: Vec<TestLine>) -> Assessment {
    let place = |id: &str| catalogue.tests.iter().position(|t| t.id == id);
    results.sort_by(|a, b| (place(&a.id), &a.variant).cmp(&(place(&b.id), &b.variant)));
    let asked = |id: &str| run.framework.as_deref().is_none_or(|f| f == id);
    let frameworks = catalogue.frameworks.iter().filter(|f| asked(&f.id));
    let frameworks = frameworks.map(|f| framework_line(catalogue, f, local, &results)).collect();
    Assessment { run, results, frameworks }
}

/// The two queries of a test as they are run on either database: for the pack and the page that show them.
///
/// # Errors
/// As [`sql::runnable`].
pub fn queries(catalogue: &Catalogue, test: &Test) -> Result<[String; 2]> {
    let run = |text, shape| sql::runnable(text, &catalogue.schema, shape).map(|r| r.sql);
    Ok([run(&test.population_sql, Shape::Count)?, run(&test.violations_sql, Shape::Rows)?])
}
