//! `POST /v1/activity`: what happened elsewhere, and what follows at once.
use crate::app::TestApp;
use crate::v1_acting::refund;
use axum::{body::Body, http::Request};
use governance::engine::Scope;
use governance::finding::Rule;
use governance::watch::reaction::{Measure, Mode};
use serde_json::{Value, json};

fn act(agent: &str, id: &str) -> Value {
    json!({"id": id, "agent": {"type": "agent", "id": agent}, "action": "crm.export",
        "resource": {"type": "crm", "id": "eu"}, "destination": "files.example"})
}

fn request(key: &str, kind: &str, body: String) -> Request<Body> {
    let request = Request::builder().method("POST").uri("/v1/activity").header("content-type", kind);
    request.header("authorization", format!("Bearer {key}")).body(body.into()).unwrap()
}

async fn send(app: &TestApp, key: &str, lines: &[Value]) -> crate::app::Reply {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    app.call(request(key, "application/x-ndjson", body)).await
}

#[tokio::test]
async fn what_a_gateway_saw_is_acted_on_before_it_is_answered() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    let gateway = app.gateway().await;
    let ctx = app.fresh.operator();
    app.fresh.gov.reaction_set(&ctx, Rule::ExecutedUndecided, Mode::On, Measure::Suspend, 5).await.unwrap();
    let ask = async || app.post("/access/v1/evaluation", &own, &refund("invoice-07", 100)).await.ok();
    assert_eq!(ask().await["decision"], json!(true));
    let noted = send(&app, &gateway, &[act("invoice-07", "a"), act("invoice-07", "a")]).await.ok();
    assert_eq!((&noted["recorded"], &noted["known"]), (&json!(1), &json!(1)));
    assert_eq!(noted["verdicts"], json!({"undecided": 1}));
    assert_eq!(noted["findings"][0]["rule"], json!("executed_undecided"));
    assert_eq!(
        (&noted["contained"][0]["measure"], &noted["contained"][0]["state"]),
        (&json!("suspend"), &json!("active"))
    );
    let after = ask().await;
    assert_eq!((&after["decision"], &after["context"]["reason"]), (&json!(false), &json!("not_active")));
    assert!(after["context"]["log_seq"].as_u64() > noted["log_seq"].as_u64());
}

#[tokio::test]
async fn a_report_that_cannot_be_read_records_nothing() {
    let app = TestApp::baseline().await;
    app.agent("invoice-07").await;
    let gateway = app.gateway().await;
    let bad = send(&app, &gateway, &[act("invoice-07", "a"), json!({"agent": 1})]).await;
    assert!(bad.problem(400).contains("line 2: "), "{}", bad.text);
    let mut other = act("invoice-07", "b");
    other["agent"]["type"] = json!("toaster");
    send(&app, &gateway, &[act("invoice-07", "a"), other]).await.problem(400);
    assert_eq!(
        send(&app, &gateway, &[act("invoice-07", "a")]).await.ok()["recorded"],
        json!(1),
        "none was kept before"
    );
    app.call(request(&gateway, "text/csv", "a,b".into())).await.problem(400);
}
