//! The demo's policies: the baseline's rules, and facts of the things its agents act on.
use crate::error::{Error, Result};
use crate::policy::baseline::baseline;
use crate::policy::files::Files;
use serde_json::{Value, json};

/// What the company knows of its things, in the types of the baseline's schema.
fn facts() -> Vec<Value> {
    let one = |kind: &str, id: &str, attrs: Value| json!({ "uid": { "type": kind, "id": id }, "attrs": attrs, "parents": [] });
    let listed = |kind: &str, id: &str, attrs: Value, list: (&str, &str)| json!({ "uid": { "type": kind, "id": id }, "attrs": attrs, "parents": [{ "type": list.0, "id": list.1 }] });
    let (unrestricted, test) = (("record_list", "unrestricted"), ("environment_list", "test"));
    vec![
        one("account", "stripe:eu", json!({ "environment": "production" })),
        one("account", "bank:operations", json!({ "environment": "production" })),
        listed("record", "catalogue", json!({ "data_class": "public", "domain": "sales" }), unrestricted),
        listed("record", "orders", json!({ "data_class": "internal", "domain": "sales" }), unrestricted),
        one("record", "salaries-2026", json!({ "data_class": "restricted", "domain": "people" })),
        one("database", "billing", json!({ "environment": "production" })),
        listed("database", "billing-test", json!({ "environment": "test" }), test),
        one("secret", "stripe-live", json!({ "environment": "production" })),
        listed("secret", "stripe-test", json!({ "environment": "test" }), test),
        one("endpoint", "lt-0231", json!({ "criticality": "high" })),
        listed("vendor", "print-and-sign", json!({}), ("vendor_list", "approved")),
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
