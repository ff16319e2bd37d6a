//! `index.html` and `README.md`: what a person opens first.
use super::{
    card::{self, second},
    controls::{test_name, test_of, thresholds},
};
use askama::Template;
use governance::{
    assess::{
        catalogue::{Catalogue, Coverage},
        fed,
        report::{ControlLine, FrameworkLine, TestLine, Violation},
        verdict::{Outcome, Verdict},
    },
    engine::evidence::Gathered,
    error::{Error, Result},
    text::visible_line,
};
use std::collections::BTreeMap;

/// Rows of a test, and decisions, that paper shows; the files beside it have all.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "pack/index.html")]
struct Report<'a> {
    head: Head<'a>,
    controls: Vec<ControlRow<'a>>,
    tests: Vec<TestRow<'a>>,
    escalations: Vec<card::Escalation>,
    decisions: Vec<(String, usize)>,
    events: Vec<(String, usize)>,
    unfed: Vec<(String, String, &'static str)>,
    earlier: usize,
}

#[derive(Template)]
#[template(path = "pack/README.md", escape = "none")]
struct Readme<'a> {
    head: Head<'a>,
}

#[derive(Clone)]
struct Head<'a> {
    pack: String,
    framework: &'a FrameworkLine,
    from: String,
    to: String,
    at: String,
    by: &'a str,
    generator: &'a str,
    origin: &'a str,
    vkey: &'a str,
    size: u64,
    counts: Vec<(&'static str, i64)>,
    in_catalogue: i64,
    can_be_fed: i64,
    rests_on: usize,
    rests_on_fed: usize,
    catalogue: &'a str,
    catalogue_sha256: &'a str,
    status: String,
    levels: Vec<(&'static str, String)>,
    not_verified: Vec<String>,
    exposures: bool,
    events: usize,
    decisions: usize,
    approvals: usize,
}

struct ControlRow<'a> {
    line: &'a ControlLine,
    class: &'static str,
    coverage: &'static str,
    tests: Vec<(String, &'static str)>,
}

struct TestRow<'a> {
    name: String,
    title: &'a str,
    question: &'a str,
    line: &'a TestLine,
    class: &'static str,
    thresholds: String,
    tolerance: String,
    limitations: &'a str,
    rows: Vec<&'a Violation>,
    more: i64,
    population_sql: &'a str,
    violations_sql: &'a str,
}

/// A shape and a colour a verdict: never colour alone, the word stands beside it.
const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Satisfied => "good",
        Verdict::Supporting => "some",
        Verdict::NotSatisfied => "bad",
        Verdict::NotApplicable => "none",
        Verdict::Indeterminate | Verdict::NotEvidenced => "open",
    }
}
const fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Satisfied => "good",
        Outcome::NotSatisfied => "bad",
        Outcome::NotApplicable => "none",
        Outcome::Indeterminate => "open",
    }
}

pub fn put(g: &Gathered, framework: &FrameworkLine, documents: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let catalogue = Catalogue::shipped()?;
    let head = head(g, framework, &catalogue);
    let readme = Readme { head: head.clone() }.render().map_err(Error::internal)?;
    let report = Report {
        controls: framework.controls.iter().map(|c| control(g, c)).collect(),
        tests: g.assessment.results.iter().map(|line| test(g, &catalogue, line)).collect::<Result<_>>()?,
        escalations: g.asked.iter().map(|asked| card::escalation(g, asked)).collect(),
        decisions: tally(g.decisions.iter().map(|d| format!("{} · {}", visible_line(&d.action), d.outcome))),
        events: tally(g.entries.iter().map(|e| e.kind.as_str().to_owned())),
        unfed: unfed(g, &catalogue),
        earlier: g.log.earlier.len(),
        head,
    };
    documents.insert("index.html".into(), report.render().map_err(Error::internal)?.into_bytes());
    documents.insert("README.md".into(), readme.into_bytes());
    Ok(())
}

fn head<'a>(g: &'a Gathered, framework: &'a FrameworkLine, catalogue: &Catalogue) -> Head<'a> {
    let run = &g.assessment.run;
    let used: Vec<_> = catalogue.tests.iter().filter(|t| g.assessment.results.iter().any(|l| l.id == t.id)).collect();
    let levels = [Coverage::Direct, Coverage::Partial, Coverage::Contributory];
    // a framework of risks speaks of exposure, one of controls of satisfaction
    let kind = framework.controls.iter().find(|c| c.kind.is_exposure()).or(framework.controls.first());
    let words = |v: Verdict| kind.map_or("", |c| v.words(c.kind));
    Head {
        pack: g.order.id.to_string(),
        framework,
        from: second(g.order.period.start),
        to: second(g.order.period.end),
        at: second(run.at),
        by: &g.order.by,
        generator: &g.generator,
        origin: &g.origin,
        vkey: &g.vkey,
        size: g.log.size,
        counts: Verdict::ALL.iter().map(|v| (words(*v), framework.counts.of(*v))).collect(),
        in_catalogue: run.tests,
        can_be_fed: run.fed,
        rests_on: used.len(),
        rests_on_fed: used.iter().filter(|t| fed::missing(catalogue, t).is_empty()).count(),
        catalogue: &run.catalogue,
        catalogue_sha256: &run.catalogue_sha256,
        status: catalogue.status.clone(),
        levels: levels
            .iter()
            .map(|l| (l.word(), catalogue.coverage_levels.get(l).cloned().unwrap_or_default()))
            .collect(),
        not_verified: catalogue.not_verified.clone(),
        exposures: framework.controls.iter().any(|c| c.kind.is_exposure()),
        events: g.entries.len(),
        decisions: g.decisions.len(),
        approvals: g.asked.iter().map(|a| a.votes.len()).sum(),
    }
}

fn control<'a>(g: &Gathered, line: &'a ControlLine) -> ControlRow<'a> {
    let outcome = |id: &str, variant: &str| g.assessment.result(id, variant).map_or("not run", |l| l.outcome.word());
    ControlRow {
        line,
        class: class(line.verdict),
        coverage: line.coverage.map_or("", Coverage::word),
        tests: line.tests.iter().map(|(id, variant)| (test_name(id, variant), outcome(id, variant))).collect(),
    }
}

fn test<'a>(g: &'a Gathered, catalogue: &'a Catalogue, line: &'a TestLine) -> Result<TestRow<'a>> {
    let test = test_of(catalogue, line)?;
    let rows = g.rows.get(&(line.id.clone(), line.variant.clone())).map_or(&[][..], Vec::as_slice);
    let shown: Vec<_> = rows.iter().take(SHOWN).collect();
    Ok(TestRow {
        name: test_name(&line.id, &line.variant),
        title: &test.title,
        question: &test.question,
        line,
        class: outcome_class(line.outcome),
        thresholds: thresholds(&line.params),
        tolerance: test.tolerance_ratio.to_string(),
        limitations: &test.limitations,
        more: line.violations - i64::try_from(shown.len()).map_err(Error::internal)?,
        rows: shown,
        population_sql: &test.population_sql,
        violations_sql: &test.violations_sql,
    })
}

/// What the tests of this framework would have to read and nothing feeds.
fn unfed(g: &Gathered, catalogue: &Catalogue) -> Vec<(String, String, &'static str)> {
    let mut found: BTreeMap<String, (Vec<&str>, &'static str)> = BTreeMap::new();
    for test in catalogue.tests.iter().filter(|t| g.assessment.results.iter().any(|l| l.id == t.id)) {
        for what in fed::missing(catalogue, test) {
            let why = fed::why_missing(&test.id, &what);
            found.entry(what.clone()).or_insert((Vec::new(), why)).0.push(&test.id);
        }
    }
    found.into_iter().map(|(what, (tests, why))| (what, tests.join(" "), why)).collect()
}

/// How often each occurs, by name.
fn tally(of: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for name in of {
        *counts.entry(name).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}
