//! `/v1/tasks`: opened by a gateway for an agent, named by the agent when it asks, over when it is closed.
use crate::app::TestApp;
use crate::v1_acting::refund;
use governance::engine::Scope;
use serde_json::{Value, json};

fn task(reference: &str) -> Value {
    json!({"ref": reference, "purpose": "pay back what was sent twice", "agent": {"type": "agent", "id": "invoice-07"},
        "tools": ["refund.create"], "ends_in": "PT2H"})
}

fn asked(reference: &str, action: &str) -> Value {
    let mut question = refund("invoice-07", 100);
    question["subject"]["properties"] = json!({"task": reference});
    question["action"]["name"] = json!(action);
    question
}

#[tokio::test]
async fn a_task_carries_what_it_covers_until_it_is_closed() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    let (_, gateway) = app.key(None, &[Scope::Task, Scope::Read]).await;
    let open = app.post("/v1/tasks", &gateway, &task("ORG/INC 7")).await;
    assert_eq!(open.status, 201, "{}", open.text);
    let open = open.json();
    assert_eq!((&open["status"], &open["identity"]), (&json!("open"), &json!(agent)));
    assert_eq!(open["ends_at"], json!("2026-11-21T11:00:00.000000Z"));
    let ask = async |action| {
        let answer = app.post("/access/v1/evaluation", &own, &asked("ORG/INC 7", action)).await.ok();
        (answer["decision"].clone(), answer["context"]["reason"].clone())
    };
    assert_eq!(ask("refund.create").await.0, json!(true));
    assert_eq!(ask("record.read").await, (json!(false), json!("outside_task")));
    let listed = app.get(&format!("/v1/tasks?identity={agent}&status=open"), &gateway).await.ok();
    assert_eq!(listed["items"], json!([open]));
    let closed = app.post("/v1/tasks/ORG%2FINC%207/close", &gateway, &json!({"reason": "paid"})).await.ok();
    assert_eq!((&closed["task"]["status"], &closed["task"]["ended_reason"]), (&json!("closed"), &json!("paid")));
    assert_eq!(ask("refund.create").await, (json!(false), json!("task_over")));
    app.post("/v1/tasks/ORG%2FINC%207/close", &gateway, &json!({"reason": "paid"})).await.problem(409);
}

#[tokio::test]
async fn what_is_no_task_is_refused() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Task]).await;
    let (_, others) = app.key_for(None, &[Scope::Task], &["agent:report-*"]).await;
    let (_, gateway) = app.key(None, &[Scope::Task, Scope::Read]).await;
    for key in [&own, &others] {
        app.post("/v1/tasks", key, &task("T-1")).await.problem(403);
    }
    let but = |member: &str, value: Value| {
        let mut it = task("T-1");
        it[member] = value;
        it
    };
    for (bad, word) in [
        (but("purpose", json!("")), "purpose"),
        (but("ref", json!("a\u{200b}b")), "ref"),
        (but("ends_in", json!("soon")), "soon"),
        (but("ends_in", json!("31d")), "30 days"),
        (but("ends_at", json!("2026-11-21T10:00:00Z")), "not both"),
        (but("link", json!("ftp://x")), "link"),
        (but("who", json!("x")), "who"),
    ] {
        let said = app.post("/v1/tasks", &gateway, &bad).await.problem(400);
        assert!(said.contains(word), "{said}");
    }
    app.post("/v1/tasks", &gateway, &but("agent", json!({"type": "agent", "id": "nobody"}))).await.problem(404);
    app.post("/v1/tasks/T-1/close", &gateway, &json!({"reason": "x"})).await.problem(404);
    app.get("/v1/tasks?status=late", &gateway).await.problem(400);
    assert_eq!(app.get("/v1/tasks", &gateway).await.ok()["items"], json!([]));
}
