//! What must hold for a catalogue to be used; every fault is one line that says where.
use super::{
    catalogue::{Catalogue, Coverage, Mapping, Test},
    sql::{self, Schema},
    thresholds,
};
use crate::error::{Error, Result};
use std::collections::BTreeSet;

/// Parameters every query may use beside its test's own: seconds since 1970.
pub const GIVEN: [&str; 3] = ["now", "period_start", "period_end"];

/// Reads `CREATE TABLE name(column TYPE …,…);` lines.
///
/// # Errors
/// `Invalid` for a line of another shape, or a table or column named twice.
pub fn schema(ddl: &[String]) -> Result<Schema> {
    let mut found = Schema::new();
    for line in ddl {
        let wrong = |what: &str| Error::invalid(format!("evidence_model.ddl: {what}: {line}"));
        let rest = line
            .strip_prefix("CREATE TABLE ")
            .and_then(|l| l.strip_suffix(");"))
            .ok_or_else(|| wrong("not a table"))?;
        let (table, columns) = rest.split_once('(').ok_or_else(|| wrong("no columns"))?;
        let mut names = BTreeSet::new();
        for column in columns.split(',') {
            let name = column.split_whitespace().next().ok_or_else(|| wrong("an empty column"))?;
            if !names.insert(name.to_owned()) {
                return Err(wrong("a column twice"));
            }
        }
        if found.insert(table.to_owned(), names).is_some() {
            return Err(wrong("a table twice"));
        }
    }
    Ok(found)
}

/// Every fault of a catalogue, in the order of the file.
#[must_use]
pub fn faults(catalogue: &Catalogue) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(level) = [Coverage::Direct, Coverage::Partial, Coverage::Contributory]
        .iter()
        .find(|l| !catalogue.coverage_levels.contains_key(l))
    {
        found.push(format!("coverage_levels: {} is not explained", level.word()));
    }
    twice("evidence_artifacts", catalogue.evidence_artifacts.iter().map(|a| a.id.as_str()), &mut found);
    twice("tests", catalogue.tests.iter().map(|t| t.id.as_str()), &mut found);
    twice("frameworks", catalogue.frameworks.iter().map(|f| f.id.as_str()), &mut found);
    for test in &catalogue.tests {
        test_faults(catalogue, test, &mut found);
    }
    for framework in &catalogue.frameworks {
        twice(&format!("framework {}", framework.id), framework.controls.iter().map(|c| c.id.as_str()), &mut found);
    }
    for mapping in &catalogue.mappings {
        mapping_faults(catalogue, mapping, &mut found);
    }
    control_faults(catalogue, &mut found);
    word_faults(catalogue, &mut found);
    found
}

fn twice<'a>(place: &str, ids: impl Iterator<Item = &'a str>, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            found.push(format!("{place}: {id} is there twice"));
        }
    }
}

fn artifacts(catalogue: &Catalogue, place: &str, evidence: &[String], found: &mut Vec<String>) {
    for id in evidence {
        if !catalogue.evidence_artifacts.iter().any(|a| a.id == *id) {
            found.push(format!("{place}: no evidence artifact {id}"));
        }
    }
}

fn test_faults(catalogue: &Catalogue, test: &Test, found: &mut Vec<String>) {
    let place = format!("test {}", test.id);
    if !(0.0..1.0).contains(&test.tolerance_ratio) {
        found.push(format!("{place}: tolerance_ratio {} is not in [0, 1)", test.tolerance_ratio));
    }
    artifacts(catalogue, &place, &test.evidence, found);
    let (mut used, mut read) = (BTreeSet::new(), BTreeSet::new());
    for (which, text) in [("population_sql", &test.population_sql), ("violations_sql", &test.violations_sql)] {
        match sql::reads(text, &catalogue.schema) {
            Ok(reads) => {
                used.extend(reads.parameters);
                read.extend(reads.tables);
            }
            Err(e) => found.push(format!("{place}: {which}: {e}")),
        }
    }
    for table in &test.reads {
        if !catalogue.schema.contains_key(table) {
            found.push(format!("{place}: reads {table}, which is no table of the evidence model"));
        }
    }
    for table in read.iter().filter(|t| !test.reads.contains(t)) {
        found.push(format!("{place}: its queries read {table}, which `reads` does not name"));
    }
    for name in used.iter().filter(|n| !GIVEN.contains(&n.as_str()) && !test.params.contains_key(*n)) {
        found.push(format!("{place}: :{name} has no value"));
    }
    for (name, value) in &test.params {
        if !used.contains(name) {
            found.push(format!("{place}: parameter {name} is not used"));
        }
        if *value <= 0 {
            found.push(format!("{place}: parameter {name} is not positive"));
        }
        if thresholds::looser(name).is_none() {
            found.push(format!("{place}: nobody says which way {name} gets looser"));
        }
    }
}

fn mapping_faults(catalogue: &Catalogue, mapping: &Mapping, found: &mut Vec<String>) {
    let place = format!("mapping {} {}", mapping.framework, mapping.control);
    artifacts(catalogue, &place, &mapping.evidence, found);
    if mapping.tests.is_empty() {
        found.push(format!("{place}: it names no test"));
    }
    twice(&place, mapping.tests.iter().map(String::as_str), found);
    for id in mapping.tests.iter().filter(|id| catalogue.test(id).is_none()) {
        found.push(format!("{place}: no test {id}"));
    }
    for (id, values) in &mapping.param_overrides {
        if !mapping.tests.contains(id) {
            found.push(format!("{place}: overrides {id}, which it does not name"));
        }
        for name in values.keys().filter(|n| catalogue.test(id).is_some_and(|t| !t.params.contains_key(*n))) {
            found.push(format!("{place}: overrides {name}, which {id} does not have"));
        }
    }
}

/// Each control is either mapped or said not to be evidenced, once.
fn control_faults(catalogue: &Catalogue, found: &mut Vec<String>) {
    let controls: BTreeSet<_> =
        catalogue.frameworks.iter().flat_map(|f| f.controls.iter().map(|c| (f.id.as_str(), c.id.as_str()))).collect();
    let mut said = BTreeSet::new();
    let mapped = catalogue.mappings.iter().map(|m| (m.framework.as_str(), m.control.as_str()));
    let unmapped = catalogue.not_evidenced.iter().map(|n| (n.framework.as_str(), n.control.as_str()));
    for (framework, control) in mapped.chain(unmapped) {
        if !controls.contains(&(framework, control)) {
            found.push(format!("{framework} {control} is spoken of and is no control"));
        }
        if !said.insert((framework, control)) {
            found.push(format!("{framework} {control} is mapped or set aside twice"));
        }
    }
    for (framework, control) in controls.difference(&said) {
        found.push(format!("{framework} {control} is neither mapped nor set aside"));
    }
}

/// The literals a test compares with are the declared ones, so that our words can be checked against a list.
fn word_faults(catalogue: &Catalogue, found: &mut Vec<String>) {
    let mut compared = BTreeSet::new();
    for test in &catalogue.tests {
        for text in [&test.population_sql, &test.violations_sql] {
            compared.extend(sql::reads(text, &catalogue.schema).unwrap_or_default().comparisons);
        }
    }
    let mut words = BTreeSet::new();
    for (table, column, literal) in compared {
        if (table.as_str(), column.as_str()) == ("exceptions", "test_id") {
            if catalogue.test(&literal).is_none() {
                found.push(format!("a test excepts {literal}, which is no test"));
            }
        } else {
            words.insert(literal);
        }
    }
    let declared: BTreeSet<_> = catalogue.words.literals.iter().cloned().collect();
    for word in words.difference(&declared) {
        found.push(format!("words.literals: '{word}' is compared with and not declared"));
    }
    for word in declared.difference(&words) {
        found.push(format!("words.literals: '{word}' is declared and never compared with"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_shipped_catalogue_is_whole() {
        let catalogue = Catalogue::shipped().unwrap();
        assert_eq!((catalogue.tests.len(), catalogue.frameworks.len(), catalogue.mappings.len()), (64, 14, 342));
    }

    fn check(change: impl FnOnce(&mut Value), want: &str) {
        let mut json: Value = serde_json::from_str(include_str!("../../data/frameworks.json")).unwrap();
        change(&mut json);
        let error = Catalogue::load(&json.to_string()).unwrap_err().detail;
        assert!(error.lines().any(|line| line == want), "wanted: {want}\ngot: {error}");
    }

    #[test]
    fn every_fault_says_where_it_is() {
        check(|c| c["tests"][1]["id"] = json!("INV-01"), "tests: INV-01 is there twice");
        check(
            |c| c["frameworks"][0]["controls"][1]["id"] = json!("NHI1:2025"),
            "framework owasp-nhi-2025: NHI1:2025 is there twice",
        );
        check(|c| c["mappings"][0]["control"] = json!("NHI99"), "owasp-nhi-2025 NHI99 is spoken of and is no control");
        check(
            |c| c["mappings"][0]["control"] = json!("NHI99"),
            "owasp-nhi-2025 NHI1:2025 is neither mapped nor set aside",
        );
        check(|c| c["mappings"][0]["tests"][0] = json!("OWN-99"), "mapping owasp-nhi-2025 NHI1:2025: no test OWN-99");
        check(|c| c["mappings"][0]["tests"] = json!([]), "mapping owasp-nhi-2025 NHI1:2025: it names no test");
        check(
            |c| c["mappings"][0]["evidence"] = json!(["hearsay"]),
            "mapping owasp-nhi-2025 NHI1:2025: no evidence artifact hearsay",
        );
        check(
            |c| c["mappings"][0]["param_overrides"] = json!({"LIF-01": {"nope_s": 1}}),
            "mapping owasp-nhi-2025 NHI1:2025: overrides nope_s, which LIF-01 does not have",
        );
        check(|c| c["tests"][0]["params"] = json!({}), "test INV-01: :lookback_s has no value");
        check(|c| c["tests"][1]["params"] = json!({"grace_s": 5}), "test INV-02: parameter grace_s is not used");
        check(
            |c| c["tests"][0]["reads"] = json!(["nowhere"]),
            "test INV-01: reads nowhere, which is no table of the evidence model",
        );
        check(
            |c| c["tests"][0]["reads"] = json!([]),
            "test INV-01: its queries read observed_principals, which `reads` does not name",
        );
        check(|c| c["tests"][0]["tolerance_ratio"] = json!(1.0), "test INV-01: tolerance_ratio 1 is not in [0, 1)");
        check(
            |c| c["tests"][1]["population_sql"] = json!("SELECT s.nope AS subject FROM sources s"),
            "test INV-02: population_sql: table sources has no column nope",
        );
        check(
            |c| c["coverage_levels"] = json!({"direct": "", "partial": ""}),
            "coverage_levels: contributory is not explained",
        );
        check(
            |c| c["words"]["literals"] = json!(["sunny"]),
            "words.literals: 'sunny' is declared and never compared with",
        );
        check(
            |c| c["evidence_model"]["ddl"] = json!(["DROP TABLE x"]),
            "evidence_model.ddl: not a table: DROP TABLE x",
        );
    }

    #[test]
    fn a_coverage_or_kind_nobody_knows_is_not_read() {
        let mut json: Value = serde_json::from_str(include_str!("../../data/frameworks.json")).unwrap();
        json["mappings"][0]["coverage"] = json!("total");
        let error = Catalogue::load(&json.to_string()).unwrap_err().detail;
        assert!(error.contains("unknown variant `total`"), "{error}");
    }
}
