//! The evidence model over our own tables, on both databases.
#![expect(clippy::unwrap_used, reason = "tests")]
use chrono::TimeDelta;
use governance::assess::catalogue::{Catalogue, Which};
use governance::assess::verdict::{Outcome, Verdict};
use governance::assess::{fed, sql::Shape, words};
use governance::on_every_database;
use governance::testkit::Fresh;
use std::collections::{BTreeMap, BTreeSet};

on_every_database! {
    the_views_have_every_column_of_the_model
    the_words_in_the_database_are_ours
    every_query_of_the_catalogue_runs
    a_query_that_is_not_in_the_catalogue_is_not_run
    a_fresh_installation_says_what_it_cannot_know
    a_run_is_kept_and_read_back
    a_looser_threshold_of_our_own_fails_the_control_that_fixes_it
}

/// Seconds for `:now` and the period, and each test's own thresholds.
fn values(test: &governance::assess::catalogue::Test, now: i64) -> BTreeMap<String, i64> {
    let mut values = test.params.clone();
    values.extend([("now".into(), now), ("period_start".into(), now - 7_776_000), ("period_end".into(), now + 1)]);
    values
}

async fn the_views_have_every_column_of_the_model(t: Fresh) {
    let catalogue = Catalogue::shipped().unwrap();
    let mut tx = t.gov.read().await.unwrap();
    for (table, columns) in &catalogue.schema {
        let list: Vec<_> = columns.iter().map(String::as_str).collect();
        let sql: &'static str = format!("select {} from ev_{table} where 1 = 0", list.join(", ")).leak();
        tx.all(sql, &[]).await.unwrap_or_else(|e| panic!("ev_{table}: {:?}", e.source));
    }
}

async fn the_words_in_the_database_are_ours(t: Fresh) {
    let mut tx = t.gov.read().await.unwrap();
    let rows = tx.all("select noun, ours, theirs from evidence_words", &[]).await.unwrap();
    let text = |row: &governance::store::db::Row, column| row.text(column).unwrap();
    let got: BTreeSet<_> = rows.iter().map(|r| (text(r, "noun"), text(r, "ours"), text(r, "theirs"))).collect();
    let want =
        words::WORDS.iter().flat_map(|(noun, words)| words.iter().map(move |(ours, theirs)| (*noun, *ours, *theirs)));
    let want: BTreeSet<_> = want.map(|(n, o, t)| (n.to_owned(), o.to_owned(), t.to_owned())).collect();
    assert_eq!(got, want);
}

async fn every_query_of_the_catalogue_runs(t: Fresh) {
    let catalogue = Catalogue::shipped().unwrap();
    let mut tx = t.gov.read().await.unwrap();
    let now = t.gov.now().seconds();
    for test in &catalogue.tests {
        for (which, shape) in
            [(Which::Population, Shape::Count), (Which::Violations, Shape::Count), (Which::Violations, Shape::Rows)]
        {
            let run = tx.catalogue_query(&catalogue, (&test.id, which), shape, &values(test, now)).await;
            run.unwrap_or_else(|e| panic!("{} {which:?} {shape:?}: {:?}", test.id, e.source));
        }
    }
}

async fn a_query_that_is_not_in_the_catalogue_is_not_run(t: Fresh) {
    let catalogue = Catalogue::shipped().unwrap();
    let mut tx = t.gov.read().await.unwrap();
    let values = BTreeMap::new();
    let name = "INV-01; drop table events";
    let Err(error) = tx.catalogue_query(&catalogue, (name, Which::Population), Shape::Count, &values).await else {
        panic!()
    };
    assert_eq!(error.detail, format!("the catalogue has no test {name}"));
    assert!(tx.catalogue_query(&catalogue, ("INV-01", Which::Population), Shape::Count, &values).await.is_err());
}

async fn a_fresh_installation_says_what_it_cannot_know(t: Fresh) {
    let catalogue = Catalogue::shipped().unwrap();
    let run = t.gov.assess_run(&t.operator(), None, None).await.unwrap();
    assert_eq!(run.frameworks.len(), 14);
    assert_eq!((run.run.tests, run.run.fed), (64, i64::try_from(fed::fed(&catalogue)).unwrap()));
    for line in &run.results {
        let test = catalogue.test(&line.id).unwrap();
        let missing = fed::missing(&catalogue, test);
        assert_eq!(line.outcome == Outcome::Indeterminate, !missing.is_empty(), "{line:?}");
        assert_eq!(line.why.starts_with("no source: "), !missing.is_empty(), "{line:?}");
        assert_ne!((line.outcome, line.population), (Outcome::Satisfied, 0), "{line:?}");
    }
    // it never assessed anything before: the catalogue wants that to fail, and the next run to pass
    let first = run.result("GOV-07", "").unwrap();
    assert_eq!((first.outcome, first.violations), (Outcome::NotSatisfied, 1));
    let again = t.gov.assess_run(&t.operator(), None, None).await.unwrap();
    assert_eq!(again.result("GOV-07", "").unwrap().outcome, Outcome::Satisfied);
}

async fn a_run_is_kept_and_read_back(t: Fresh) {
    let ctx = t.operator();
    assert!(t.gov.assess_latest(&ctx).await.unwrap().is_none());
    let made = t.gov.assess_run(&ctx, None, None).await.unwrap();
    assert_eq!(t.gov.assess_latest(&ctx).await.unwrap().unwrap(), made);
    let rows = t.gov.assess_rows(&ctx, made.run.id, ("GOV-07", ""), 10).await.unwrap();
    assert_eq!(rows.iter().map(|v| v.detail.as_str()).collect::<Vec<_>>(), ["no complete run in interval"]);
    t.clock.advance(TimeDelta::hours(1));
    // one framework is no run of the whole: the latest stays
    let act = t.gov.assess_run(&ctx, Some("EU-AI-Act"), None).await.unwrap();
    assert_eq!((act.frameworks.len(), act.frameworks[0].id.as_str()), (1, "eu-ai-act"));
    assert_eq!(t.gov.assess_latest(&ctx).await.unwrap().unwrap().run.id, made.run.id);
    assert_eq!(t.gov.assess_get(&ctx, act.run.id).await.unwrap(), act);
    let unknown = t.gov.assess_run(&ctx, Some("iso-9001"), None).await.unwrap_err();
    assert!(unknown.detail.starts_with("no framework iso-9001; there are: owasp-nhi-2025"), "{unknown}");
}

async fn a_looser_threshold_of_our_own_fails_the_control_that_fixes_it(t: Fresh) {
    let ctx = t.operator();
    let art_19 = |run: &governance::assess::report::Assessment| {
        run.frameworks[0].controls.iter().find(|c| c.id == "Art. 19").cloned().unwrap()
    };
    let before = t.gov.assess_run(&ctx, Some("eu-ai-act"), None).await.unwrap();
    assert_eq!(art_19(&before).verdict, Verdict::Satisfied, "{:?}", art_19(&before));
    t.gov.threshold_set(&ctx, "AUD-05", "required_s", Some(86_400)).await.unwrap();
    let loose = t.gov.assess_run(&ctx, Some("eu-ai-act"), None).await.unwrap();
    assert_eq!(art_19(&loose).verdict, Verdict::NotSatisfied);
    assert_eq!(art_19(&loose).looser, ["AUD-05 required_s is set to 86400 here; this control asks for 15897600"]);
    assert_eq!(t.gov.assess_get(&ctx, loose.run.id).await.unwrap(), loose, "a kept run remembers its thresholds");
    t.gov.threshold_set(&ctx, "AUD-05", "required_s", None).await.unwrap();
    let after = t.gov.assess_run(&ctx, Some("eu-ai-act"), None).await.unwrap();
    assert_eq!(art_19(&after).verdict, Verdict::Satisfied);
    assert!(t.gov.threshold_set(&ctx, "AUD-05", "nope", Some(1)).await.is_err());
}
