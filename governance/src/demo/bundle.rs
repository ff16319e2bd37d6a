//! The demo's policies: the baseline's rules, and facts of the things its agents act on.
use crate::error::{Error, Result};
use crate::policy::baseline::baseline;
use crate::policy::files::Files;
use serde_json::{Value, json};

/// What the company knows of its things, in the types of the baseline's schema.
fn facts() -> Vec<Value> {
    let one = |kind: &str, id: &str, attrs: Value| json!({ "uid": { "type": kind, "id": id }, "attrs": attrs, "parents": [] });
    let vendor = json!({
        "uid": { "type": "vendor", "id": "print-and-sign" }, "attrs": {}, "parents": [{ "type": "vendor_list", "id": "approved" }]
    });
    vec![
        one("account", "stripe:eu", json!({ "environment": "production" })),
        one("account", "bank:operations", json!({ "environment": "production" })),
        one("record", "catalogue", json!({ "data_class": "public", "domain": "sales" })),
        one("record", "orders", json!({ "data_class": "internal", "domain": "sales" })),
        one("record", "salaries-2026", json!({ "data_class": "restricted", "domain": "people" })),
        one("database", "billing", json!({ "environment": "production" })),
        one("database", "billing-test", json!({ "environment": "test" })),
        one("secret", "stripe-live", json!({ "environment": "production" })),
        one("secret", "stripe-test", json!({ "environment": "test" })),
        one("endpoint", "lt-0231", json!({ "criticality": "high" })),
        vendor,
    ]
}

/// The bundle's files.
///
/// # Errors
/// `Internal` if the baseline is not what this was written for.
pub fn bundle() -> Result<Files> {
    let mut files = baseline();
    let entities = files.get("entities.json").ok_or_else(|| Error::broken("the baseline has no entities"))?;
    let mut all: Vec<Value> = serde_json::from_slice(entities).map_err(Error::internal)?;
    all.extend(facts());
    files.insert("entities.json".into(), serde_json::to_vec_pretty(&all).map_err(Error::internal)?);
    let manifest = files.get("bundle.toml").ok_or_else(|| Error::broken("the baseline has no manifest"))?;
    let manifest = String::from_utf8_lossy(manifest).replacen("name = \"baseline\"", "name = \"northwind\"", 1);
    files.insert("bundle.toml".into(), manifest.into_bytes());
    Ok(files)
}

#[cfg(test)]
mod tests {
    use crate::policy::bundle::Bundle;

    #[test]
    fn the_bundle_reads_and_passes_its_tests() {
        let bundle = Bundle::from_files(&super::bundle().unwrap()).unwrap();
        assert_eq!(bundle.manifest().name, "northwind");
        let failed: Vec<_> = bundle.run_tests().into_iter().filter(|t| !t.passed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
