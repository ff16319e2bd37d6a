//! `POST /v1/grants/{id}/redeem`, `/v1/actions`, `/v1/revocations`.
use crate::app::{TestApp, post};
use governance::engine::Scope;
use serde_json::{Value, json};

pub fn refund(agent: &str, amount_minor: i64) -> Value {
    json!({"subject": {"type": "agent", "id": agent},
        "action": {"name": "refund.create", "properties": {"amount_minor": amount_minor, "currency": "EUR"}},
        "resource": {"type": "account", "id": "stripe:test"}})
}

#[tokio::test]
async fn what_was_executed_is_reported_once_and_by_whom() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
    let permit = app.post("/access/v1/evaluation", &own, &refund("invoice-07", 4_820)).await.ok();
    assert_eq!(permit["decision"], json!(true), "{permit}");
    let decision = &permit["context"]["decision_id"];
    let report = json!({"decision": decision, "outcome": "done", "executed_at": "2026-11-21T09:00:01Z"});
    let send = async |body: &Value| {
        app.call(post("/v1/actions", &own).header("idempotency-key", "a1").body(body.to_string().into()).unwrap()).await
    };
    let first = send(&report).await;
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!((&first.json()["decision"], &first.json()["observed_by"]), (decision, &json!("self")));
    assert_eq!(send(&report).await.json(), first.json());
    send(&json!({"decision": decision, "outcome": "failed"})).await.problem(422);

    let gateway = app.gateway().await;
    let seen = app.post("/v1/actions", &gateway, &report).await;
    assert_eq!(seen.json()["observed_by"], json!("gateway"));
    for (bad, status) in [
        (json!({"outcome": "done"}), 400),
        (json!({"decision": decision, "outcome": "maybe"}), 400),
        (json!({"decision": decision, "outcome": "done", "observed_by": "gateway"}), 400),
        (json!({"decision": "grt_1", "outcome": "done"}), 400),
        (json!({"decision": "dec_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "outcome": "done"}), 404),
    ] {
        app.post("/v1/actions", &own, &bad).await.problem(status);
    }
}

#[tokio::test]
async fn a_revocation_says_what_it_ended_and_holds_at_once() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    let (_, revokes) = app.key(None, &[Scope::Revoke]).await;
    let ask = async || app.post("/access/v1/evaluation", &own, &refund("invoice-07", 100)).await.ok();
    assert_eq!(ask().await["decision"], json!(true));
    let wanted = json!({"target": {"kind": "identity", "id": agent}, "reason": "it paid the wrong account"});
    let done = app.post("/v1/revocations", &revokes, &wanted).await.ok();
    assert_eq!(done["ended"], json!({"grants": 0, "approvals": 0, "escalations": 0}));
    assert_eq!(done["paths"][0]["state"], json!("stopped"));
    let after = ask().await;
    assert_eq!((&after["decision"], &after["context"]["reason"]), (&json!(false), &json!("revoked")));
    assert!(after["context"]["log_seq"].as_u64() > done["log_seq"].as_u64());
    // revoking again is fine
    assert!(app.post("/v1/revocations", &revokes, &wanted).await.ok()["log_seq"].as_u64() > done["log_seq"].as_u64());
    for (bad, status) in [
        (json!({"target": {"kind": "identity", "id": "idn_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"}, "reason": "x"}), 404),
        (json!({"target": {"kind": "planet", "id": "x"}, "reason": "x"}), 400),
        (json!({"target": {"kind": "identity", "id": agent}, "reason": " "}), 400),
        (json!({"target": {"kind": "identity", "id": agent}}), 400),
        (json!({"target": {"kind": "identity", "id": agent}, "reason": "x", "force": true}), 400),
    ] {
        app.post("/v1/revocations", &revokes, &bad).await.problem(status);
    }
}

#[tokio::test]
async fn a_grant_that_is_none_cannot_be_redeemed() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Act]).await;
    for id in ["grt_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "esc_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "x"] {
        app.post(&format!("/v1/grants/{id}/redeem"), &own, &json!({})).await.problem(404);
    }
    let members = json!({"uses": 5});
    app.post("/v1/grants/grt_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b/redeem", &own, &members).await.problem(400);
}

#[tokio::test]
async fn a_gateway_acts_for_those_it_may_speak_for_alone() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    app.approver("anna", "finance-ops").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    let permit = app.post("/access/v1/evaluation", &own, &refund("invoice-07", 100)).await.ok();
    let report = json!({"decision": permit["context"]["decision_id"], "outcome": "done"});
    let (_, foreign) = app.key_for(None, &[Scope::Act], &["agent:support-*"]).await;
    app.post("/v1/actions", &foreign, &report).await.problem(404);
    let (_, fitting) = app.key_for(None, &[Scope::Act], &["agent:support-*", "agent:invoice-*"]).await;
    assert_eq!(app.post("/v1/actions", &fitting, &report).await.status, 201);
}

#[tokio::test]
async fn an_identitys_key_asks_for_it_and_for_no_other_of_its_name() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    let account =
        governance::engine::identities::NewIdentity::named("invoice-07", governance::identity::Kind::ServiceAccount);
    app.fresh.gov.identity_add(&app.fresh.operator(), account).await.unwrap();
    let mut question = refund("invoice-07", 100);
    for kind in ["service_account", "user"] {
        question["subject"]["type"] = json!(kind);
        let reply = app.post("/access/v1/evaluation", &own, &question).await;
        assert_eq!(reply.status, 403, "{kind}: {}", reply.text);
    }
    // however the bundle spells the kind
    question["subject"]["type"] = json!("ai_agent");
    assert_eq!(app.post("/access/v1/evaluation", &own, &question).await.ok()["decision"], json!(true));
}

#[tokio::test]
async fn an_answer_is_no_older_than_what_the_caller_has_seen() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Read]).await;
    let ask = async |seq: String| {
        let request = post("/access/v1/evaluation", &own).header("countersign-min-seq", seq);
        app.call(request.body(refund("invoice-07", 100).to_string().into()).unwrap()).await
    };
    let seen = ask("0".into()).await.ok()["context"]["log_seq"].as_u64().unwrap();
    assert_eq!(ask(seen.to_string()).await.status, 200);
    let ahead = ask((seen + 10).to_string()).await;
    assert_eq!(ahead.status, 503, "{}", ahead.text);
    assert_eq!(ask("soon".into()).await.status, 400);
    assert_eq!(app.get(&format!("/v1/decisions?min_seq={seen}&limit=1"), &own).await.status, 200);
    app.get(&format!("/v1/decisions?limit=1&min_seq={}", seen + 10), &own).await.problem(503);
}
