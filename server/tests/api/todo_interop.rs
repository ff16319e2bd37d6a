//! AuthZEN's Todo interoperability decisions over HTTP. The file is a third party's: it is read from the folder that
//! `COUNTERSIGN_SAMPLES` names; without it the test says that it was skipped.
use crate::app::TestApp;
use serde_json::Value;
use std::path::Path;

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the folder of samples is not configuration of the product")]
async fn every_interop_decision_is_as_expected_over_http() {
    let Ok(folder) = std::env::var("COUNTERSIGN_SAMPLES") else {
        eprintln!("skipped: COUNTERSIGN_SAMPLES is not set");
        return;
    };
    let file = Path::new(&folder).join("samples/authzen/todo_1_0-02.json");
    let json: Value = serde_json::from_slice(&std::fs::read(&file).expect("the sample file")).expect("JSON");
    let app = TestApp::sealed().await;
    app.activate("tests/bundles/todo").await;
    let key = app.gateway().await;
    let mut seen = 0;
    for case in json["evaluation"].as_array().unwrap() {
        let reply = app.post("/access/v1/evaluation", &key, &case["request"]).await.ok();
        assert_eq!(reply["decision"], case["expected"], "{}", case["request"]);
        seen += 1;
    }
    for case in json["evaluations"].as_array().unwrap() {
        let reply = app.post("/access/v1/evaluations", &key, &case["request"]).await.ok();
        let (got, want) = (reply["evaluations"].as_array().unwrap(), case["expected"].as_array().unwrap());
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert_eq!(got["decision"], want["decision"], "{}", case["request"]);
            seen += 1;
        }
    }
    assert_eq!(seen, 46);
}
