//! The catalogue's queries against a real database: what we say a query reads is what the database says it reads.
#![expect(clippy::unwrap_used, reason = "tests")]
use governance::assess::{
    catalogue::{Catalogue, Test},
    sql::{self, Shape},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _, SqliteConnection};
use std::collections::BTreeSet;

async fn empty() -> SqliteConnection {
    SqliteConnection::connect("sqlite::memory:").await.unwrap()
}
fn queries(catalogue: &Catalogue) -> Vec<(&Test, &String)> {
    catalogue.tests.iter().flat_map(|t| [(t, &t.population_sql), (t, &t.violations_sql)]).collect()
}
async fn prepares(db: &mut SqliteConnection, query: &str) -> bool {
    db.execute(AssertSqlSafe(format!("explain {query}"))).await.is_ok()
}

/// Take one column away from the catalogue's own tables: exactly the queries that we say read it stop working.
#[tokio::test]
async fn the_columns_a_query_reads_are_those_it_cannot_do_without() {
    let catalogue = Catalogue::shipped().unwrap();
    let mut db = empty().await;
    for line in &catalogue.evidence_model.ddl {
        db.execute(AssertSqlSafe(line.clone())).await.unwrap();
    }
    for (test, query) in queries(&catalogue) {
        assert!(prepares(&mut db, query).await, "{}: {query}", test.id);
    }
    let read: Vec<_> = queries(&catalogue)
        .into_iter()
        .map(|(test, query)| (test, query, sql::reads(query, &catalogue.schema).unwrap().columns))
        .collect();
    let mut checked = 0;
    for (table, columns) in &catalogue.schema {
        for column in columns {
            let rename =
                |from: &str, to: &str| AssertSqlSafe(format!("alter table {table} rename column {from} to {to}"));
            db.execute(rename(column, "taken_away")).await.unwrap();
            let tables: BTreeSet<_> =
                catalogue.tests.iter().filter(|t| t.reads.contains(table)).map(|t| &t.id).collect();
            for (test, query, columns) in read.iter().filter(|(test, ..)| tables.contains(&test.id)) {
                let says = columns.contains(&(table.clone(), column.clone()));
                assert_eq!(!prepares(&mut db, query).await, says, "{} without {table}.{column}: {query}", test.id);
                checked += usize::from(says);
            }
            db.execute(rename("taken_away", column)).await.unwrap();
        }
    }
    assert!(checked > 400, "only {checked} readings were found");
}

/// The rewritten queries run over tables named like our views, with numbered parameters.
#[tokio::test]
async fn every_rewritten_query_runs_and_an_empty_register_has_one_population() {
    let catalogue = Catalogue::shipped().unwrap();
    let mut db = empty().await;
    for line in &catalogue.evidence_model.ddl {
        db.execute(AssertSqlSafe(line.replacen("CREATE TABLE ", "CREATE TABLE ev_", 1))).await.unwrap();
    }
    let mut populated = Vec::new();
    for test in &catalogue.tests {
        for (text, shape) in [
            (&test.population_sql, Shape::Count),
            (&test.violations_sql, Shape::Count),
            (&test.violations_sql, Shape::Rows),
        ] {
            let run = sql::runnable(text, &catalogue.schema, shape).unwrap();
            let mut query = sqlx::query(AssertSqlSafe(run.sql.clone()));
            for name in &run.parameters {
                query = query.bind(test.params.get(name).copied().unwrap_or(1_700_000_000));
            }
            let rows = query.fetch_all(&mut db).await.unwrap_or_else(|e| panic!("{}: {e}: {}", test.id, run.sql));
            if text == &test.population_sql && rows[0].get::<i64, _>("n") > 0 {
                populated.push(test.id.as_str());
            }
        }
    }
    assert_eq!(populated, ["GOV-07"], "only the test of the assessment itself has a population without a register");
}
