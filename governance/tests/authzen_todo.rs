//! The interoperability decisions of AuthZEN's Todo scenario, answered by a bundle of our own. The decisions are a
//! third-party file, read from the folder that `COUNTERSIGN_SAMPLES` names; without it the test says that it was skipped.
use governance::policy::bundle::Bundle;
use governance::policy::question::{Question, Tentative};
use serde_json::{Map, Value};
use std::path::Path;

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn question(subject: &Value, action: &Value, resource: &Value) -> Question {
    Question {
        subject_type: text(&subject["type"]),
        subject_id: text(&subject["id"]),
        action: text(&action["name"]),
        input: object(&action["properties"]),
        resource_type: text(&resource["type"]),
        resource_id: text(&resource["id"]),
        resource_properties: object(&resource["properties"]),
        ..Question::default()
    }
}

fn bundle() -> Bundle {
    let files =
        Bundle::read_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles/todo")).expect("the folder");
    Bundle::from_files(&files).expect("a bundle without faults")
}

#[test]
fn the_todo_bundle_passes_its_own_tests() {
    let failed: Vec<_> = bundle().run_tests().into_iter().filter(|t| !t.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the folder of samples is not configuration of the product")]
fn every_interop_decision_is_as_expected() {
    let Ok(folder) = std::env::var("COUNTERSIGN_SAMPLES") else {
        eprintln!("skipped: COUNTERSIGN_SAMPLES is not set");
        return;
    };
    let file = Path::new(&folder).join("samples/authzen/todo_1_0-02.json");
    let json: Value = serde_json::from_slice(&std::fs::read(&file).expect("the sample file")).expect("JSON");
    let bundle = bundle();
    let permits = |question: &Question| bundle.evaluate(question).outcome == Tentative::Permit;
    let mut seen = 0;
    for case in json["evaluation"].as_array().expect("evaluations") {
        let request = &case["request"];
        let question = question(&request["subject"], &request["action"], &request["resource"]);
        assert_eq!(Some(permits(&question)), case["expected"].as_bool(), "{request}");
        seen += 1;
    }
    for case in json["evaluations"].as_array().expect("batches") {
        let request = &case["request"];
        let expected = case["expected"].as_array().expect("answers").iter();
        for (item, want) in request["evaluations"].as_array().expect("items").iter().zip(expected) {
            let question = question(&request["subject"], &request["action"], &item["resource"]);
            assert_eq!(Some(permits(&question)), want["decision"].as_bool(), "{item}");
            seen += 1;
        }
    }
    assert_eq!(seen, 46);
}
