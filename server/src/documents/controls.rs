//! Results: controls, tests, what violates them, what feeds them.
use super::table::{Cell, Table, json_bytes};
use governance::{
    assess::{
        catalogue::{Catalogue, Test},
        fed,
        report::{FrameworkLine, TestLine},
    },
    engine::{assessments::queries, evidence::Gathered},
    error::{Error, Result},
    text::visible_line,
};
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write as _};

/// Half of a file's name for a test: `AUD-05`, `AUD-05-required_s-15897600`.
pub fn test_name(id: &str, variant: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let variant: String = variant.chars().map(plain).collect();
    if variant.is_empty() { id.to_owned() } else { format!("{id}-{variant}") }
}

/// `limit_s=900 grace_s=3600`, in order of name.
pub fn thresholds(params: &BTreeMap<String, i64>) -> String {
    params.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

pub fn test_of<'a>(catalogue: &'a Catalogue, line: &TestLine) -> Result<&'a Test> {
    catalogue.test(&line.id).ok_or_else(|| Error::broken(format!("no test {}", line.id)))
}

pub fn put(g: &Gathered, framework: &FrameworkLine, documents: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let catalogue = Catalogue::shipped()?;
    controls(framework).put(documents)?;
    tests(g, &catalogue)?.put(documents)?;
    for line in g.assessment.results.iter().filter(|l| l.violations > 0) {
        violations(g, line).put(documents)?;
    }
    columns(&catalogue).put(documents)?;
    documents.insert("results/queries.sql".into(), sql(g, &catalogue)?.into_bytes());
    documents.insert("results/evidence-model.sql".into(), evidence_model().into_bytes());
    documents.insert("results/run.json".into(), run(g, &catalogue)?);
    Ok(())
}

fn controls(framework: &FrameworkLine) -> Table {
    let head = &["control", "title", "kind", "verdict", "words", "coverage", "tests", "looser_here", "rationale"];
    let mut table = Table::new("results/controls", head);
    for c in &framework.controls {
        let tests: Vec<_> = c.tests.iter().map(|(id, variant)| test_name(id, variant)).collect();
        table.row([
            c.id.as_str().into(),
            c.title.as_str().into(),
            serde_json::to_value(c.kind).ok().and_then(|v| v.as_str().map(str::to_owned)).into(),
            c.verdict.code().into(),
            c.words.as_str().into(),
            c.coverage.map(|c| c.word()).into(),
            tests.join(" ").into(),
            c.looser.join("; ").into(),
            c.rationale.as_str().into(),
        ]);
    }
    table
}

fn tests(g: &Gathered, catalogue: &Catalogue) -> Result<Table> {
    let head = &[
        "test",
        "title",
        "question",
        "outcome",
        "why",
        "population",
        "violations",
        "rows_kept",
        "tolerance_ratio",
        "thresholds",
        "limitations",
    ];
    let mut table = Table::new("results/tests", head);
    for line in &g.assessment.results {
        let test = test_of(catalogue, line)?;
        table.row([
            test_name(&line.id, &line.variant).into(),
            test.title.as_str().into(),
            test.question.as_str().into(),
            line.outcome.code().into(),
            line.why.as_str().into(),
            line.population.into(),
            line.violations.into(),
            line.kept.into(),
            test.tolerance_ratio.to_string().into(),
            thresholds(&line.params).into(),
            test.limitations.as_str().into(),
        ]);
    }
    Ok(table)
}

fn violations(g: &Gathered, line: &TestLine) -> Table {
    let mut table =
        Table::new(format!("results/violations/{}", test_name(&line.id, &line.variant)), &["subject", "is", "detail"]);
    for row in g.rows.get(&(line.id.clone(), line.variant.clone())).into_iter().flatten() {
        let is = row.label.as_deref().map(|label| visible_line(label).into_owned());
        table.row([visible_line(&row.subject).as_ref().into(), is.into(), visible_line(&row.detail).as_ref().into()]);
    }
    table
}

fn columns(catalogue: &Catalogue) -> Table {
    let mut table = Table::new("results/columns", &["table", "column", "fed", "why_not"]);
    for (name, column, why) in fed::columns(catalogue) {
        let fed = if why.is_none() { "yes" } else { "no" };
        table.row([name.into(), column.into(), fed.into(), Cell::from(why)]);
    }
    table
}

/// Each query twice: as the catalogue has it, and as it was run over the views of `evidence-model.sql`.
fn sql(g: &Gathered, catalogue: &Catalogue) -> Result<String> {
    let mut out = String::from(
        "-- Each test asks twice: for its population and for what violates it. Parameters are seconds since 1970, UTC, unless\n-- their name ends in _ms or _pct. An indeterminate test was not run.\n",
    );
    let seconds = |at: governance::time::Timestamp| at.seconds();
    let run = &g.assessment.run;
    let _ = writeln!(
        out,
        "-- :now = {}, :period_start = {}, :period_end = {}",
        seconds(run.at),
        seconds(run.period.start),
        seconds(run.period.end)
    );
    for line in &g.assessment.results {
        let test = test_of(catalogue, line)?;
        let [population, violations] = queries(catalogue, test)?;
        let _ = writeln!(out, "\n-- {} {}", test_name(&line.id, &line.variant), test.title);
        let _ = writeln!(out, "-- thresholds: {}", thresholds(&line.params));
        let _ = writeln!(out, "-- the catalogue's:\n--   {};\n--   {};", test.population_sql, test.violations_sql);
        let _ = writeln!(out, "{population};\n{violations};");
    }
    Ok(out)
}

/// The part of the database's own migration that makes the catalogue's model out of the register's tables.
fn evidence_model() -> String {
    let migration = include_str!("../../../migrations/sqlite/0008_evidence.sql");
    let views = migration.find("-- The catalogue's evidence model").map_or(migration, |at| &migration[at..]);
    format!("-- How the tables that the tests read are made of the register's own.\n{views}")
}

fn run(g: &Gathered, catalogue: &Catalogue) -> Result<Vec<u8>> {
    let run = &g.assessment.run;
    json_bytes(&json!({
        "run": run.id,
        "at": run.at,
        "by": run.by,
        "period": run.period,
        "framework": { "id": g.order.framework, "version": g.version },
        "catalogue": { "of": run.catalogue, "sha256": run.catalogue_sha256, "status": catalogue.status, "not_verified": catalogue.not_verified },
        "tests": { "in_catalogue": run.tests, "that_can_be_fed": run.fed },
        "coverage_levels": catalogue.coverage_levels,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tests_file_is_named_by_us_alone() {
        assert_eq!(test_name("AUD-05", ""), "AUD-05");
        assert_eq!(test_name("AUD-09", "contain_s=3600 report_s=1296000"), "AUD-09-contain_s-3600-report_s-1296000");
    }

    #[test]
    fn the_views_are_in_the_pack() {
        let model = evidence_model();
        assert!(model.contains("create view ev_decisions") && !model.contains("create table packs"));
    }
}
