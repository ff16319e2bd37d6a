//! Which columns of the evidence model something of ours feeds. A test that reads an unfed one is indeterminate before any
//! SQL runs: "no source". The views of migration 0008 give such a column as null.
use super::{
    catalogue::{Catalogue, Test},
    sql,
};
use std::collections::BTreeSet;

/// (table, column or `*`, why nothing feeds it).
pub const UNFED: &[(&str, &str, &str)] = &[
    ("people", "trained_until", "no directory import carries training"),
    ("identities", "escalation_group", "routes are named by policy, not by the register"),
    ("identities", "third_party", "no source says who runs an identity"),
    ("identities", "high_risk_ai", "nobody records it yet"),
    ("identities", "retired_at", "an identity cannot be retired yet"),
    ("entitlements", "grant_id", "no source mirrors our grants"),
    ("entitlements", "decision_id", "no source says which decision gave an entitlement"),
    ("grants", "parent_grant_id", "grants are not delegated"),
    ("credential_uses", "*", "no access log of a target system is read"),
    ("decisions", "in_scope", "declared scope is not compared with what runs"),
    ("approvals", "rationale", "reasons stand apart, so that they can be erased"),
    ("revocations", "trigger", "a revocation keeps its reason in words"),
    ("revocations", "out_of_band", "drills are not recorded"),
    ("revocations", "attestation_id", "no attestation revokes an entitlement yet"),
    ("alerts", "*", "no detection tool is read"),
    ("audit_events", "prev_hash", "the log is a tree: see the inclusion proofs"),
    ("audit_events", "hash", "the log is a tree: see the inclusion proofs"),
    ("assessments", "*", "risk assessments are not recorded"),
    ("vendor_reviews", "*", "reviews of suppliers are not recorded"),
    ("tools", "*", "no source lists tools"),
    ("exceptions", "*", "exceptions are not recorded yet"),
    ("findings", "due_at", "findings have no due date yet"),
];

/// Columns nothing feeds whose null is the truth: the registers of exceptions and of identities are ours, and neither holds an
/// exception or a retirement; no source mirrors a grant. A test that reads one runs, unless its population rests on it.
const NONE_THERE: &[(&str, &str)] = &[("exceptions", "*"), ("entitlements", "grant_id"), ("identities", "retired_at")];

/// Tests whose population cannot arise without one of [`NONE_THERE`].
const RESTS_ON_NONE: &[&str] = &["GOV-05", "JIT-02", "CRD-07"];

/// Rows nothing feeds in a table that something feeds: (test that looks for them, table, why). To that test the table is unfed.
const UNFED_ROWS: &[(&str, &str, &str)] = &[
    ("PRV-04", "attestations", REVIEWS),
    ("PRV-05", "attestations", REVIEWS),
    ("LIF-03", "attestations", "a retirement is asked for, its completion is not attested yet"),
];
const REVIEWS: &str = "owners answer for identities; reviews of entitlements are not recorded yet";

/// Tables that import sources fill: a stale source makes every test that reads one indeterminate.
pub const FROM_SOURCES: [&str; 4] = ["identities", "observed_principals", "entitlements", "credentials"];

/// Why nothing feeds a column; `None` if something does.
#[must_use]
pub fn unfed(table: &str, column: &str) -> Option<&'static str> {
    let hit = |(t, c, _): &&(&str, &str, &'static str)| *t == table && (*c == "*" || *c == column);
    UNFED.iter().find(hit).map(|(_, _, why)| *why)
}

fn none_there(table: &str, column: &str) -> bool {
    NONE_THERE.iter().any(|(t, c)| *t == table && (*c == "*" || *c == column))
}

/// What a test reads that nothing feeds: `table.column`, or `table` where the whole of it is missing. Empty: it can be run.
#[must_use]
pub fn missing(catalogue: &Catalogue, test: &Test) -> Vec<String> {
    let rows = UNFED_ROWS.iter().filter(|(id, ..)| *id == test.id);
    let mut found: BTreeSet<String> = rows.map(|(_, table, _)| (*table).to_owned()).collect();
    for text in [&test.population_sql, &test.violations_sql] {
        for (table, column) in sql::reads(text, &catalogue.schema).unwrap_or_default().columns {
            if unfed(&table, &column).is_none()
                || (none_there(&table, &column) && !RESTS_ON_NONE.contains(&test.id.as_str()))
            {
                continue;
            }
            let whole = UNFED.iter().any(|(t, c, _)| *t == table && *c == "*");
            found.insert(if whole { table } else { format!("{table}.{column}") });
        }
    }
    found.into_iter().collect()
}

/// Why nothing feeds what [`missing`] names for a test.
#[must_use]
pub fn why_missing(test: &str, name: &str) -> &'static str {
    let (table, column) = name.split_once('.').unwrap_or((name, "*"));
    let rows = UNFED_ROWS.iter().find(|(id, t, _)| *id == test && *t == name).map(|(.., why)| *why);
    rows.or_else(|| unfed(table, column)).unwrap_or_default()
}

/// Every column of the evidence model with why nothing feeds it; for the catalogue page and packs.
#[must_use]
pub fn columns(catalogue: &Catalogue) -> Vec<(String, String, Option<&'static str>)> {
    let all = catalogue.schema.iter().flat_map(|(table, columns)| columns.iter().map(move |column| (table, column)));
    all.map(|(table, column)| (table.clone(), column.clone(), unfed(table, column))).collect()
}

/// How many of the catalogue's tests can be fed.
#[must_use]
pub fn fed(catalogue: &Catalogue) -> usize {
    catalogue.tests.iter().filter(|test| missing(catalogue, test).is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unfed_column_is_one_of_the_model() {
        let catalogue = Catalogue::shipped().unwrap();
        for (table, column, why) in UNFED {
            let columns = &catalogue.schema[*table];
            assert!(*column == "*" || columns.contains(*column), "{table}.{column}");
            assert!(!why.is_empty());
        }
        for (table, column) in NONE_THERE {
            assert!(UNFED.iter().any(|(t, c, _)| (t, c) == (table, column)), "{table}.{column} is fed");
        }
        for table in FROM_SOURCES {
            assert!(catalogue.schema.contains_key(table), "{table}");
        }
    }

    fn check(test: &str, want: &str) {
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!(missing(&catalogue, catalogue.test(test).unwrap()).join(" "), want, "{test}");
    }

    #[test]
    fn a_test_that_reads_what_nothing_feeds_says_what() {
        check("AUD-07", "alerts");
        check("GOV-06", "findings.due_at");
        check("GOV-05", "exceptions");
        check("OWN-01", "");
        // excused by exceptions, of which there are none: it runs
        check("PRV-01", "");
        // owners answer for identities, nobody for entitlements
        check("OWN-02", "");
        check("PRV-04", "attestations");
        for test in &Catalogue::shipped().unwrap().tests {
            for name in missing(&Catalogue::shipped().unwrap(), test) {
                assert!(!why_missing(&test.id, &name).is_empty(), "{} {name}", test.id);
            }
        }
    }
}
