//! An agent's act above its limit, from the question to the record, over HTTP: ask, wait for a person, ask again, redeem,
//! act, report, be revoked, be denied. With only what the answers say.
use crate::app::TestApp;
use crate::v1_acting::refund;
use governance::{engine::Scope, escalation::Verdict};
use serde_json::{Value, json};

/// The path of an address an answer gave.
fn path(address: &Value) -> &str {
    address.as_str().unwrap().strip_prefix(crate::app::URL).unwrap()
}

#[tokio::test]
async fn ask_wait_ask_again_redeem_report_revoke_denied() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let anna = app.approver("anna", "finance-ops").await;
    app.approver("ben", "finance-ops").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
    let (_, revokes) = app.key(None, &[Scope::Revoke, Scope::Read]).await;
    let mut question = refund("invoice-07", 482_000);
    question["context"] = json!({"justification": "the customer paid twice", "ticket": "T-7"});

    let waits = app.post("/access/v1/evaluation", &own, &question).await.ok();
    assert_eq!((&waits["decision"], &waits["context"]["requires_approval"]), (&json!(false), &json!(true)));
    let task = waits["context"]["task"].clone();
    let status = path(&task["status_endpoint"]).to_owned();
    assert_eq!(app.get(&status, &own).await.ok()["task"]["status"], json!("pending"));

    app.vote(anna, task["id"].as_str().unwrap(), Verdict::Approve).await;
    let approved = app.get(&status, &own).await.ok();
    assert_eq!(approved["task"]["status"], json!("approved"));

    app.wait(2);
    question["context"]["approval"] = approved["result"]["approval"].clone();
    let permit = app.post("/access/v1/evaluation", &own, &question).await.ok();
    assert_eq!(permit["decision"], json!(true), "{permit}");
    let grant = permit["context"]["grant"].clone();

    let redeem = path(&grant["redeem_endpoint"]).to_owned();
    let other = app.agent("other").await;
    let (_, others) = app.key(Some(other), &[Scope::Ask, Scope::Act]).await;
    app.post(&redeem, &others, &json!({})).await.problem(404);
    let redeemed = app.post(&redeem, &own, &json!({})).await.ok();
    assert_eq!((&redeemed["grant"], &redeemed["uses_left"]), (&grant["id"], &json!(0)));
    assert_eq!(redeemed["action"]["name"], json!("refund.create"));
    app.post(&redeem, &own, &json!({})).await.problem(409);

    let report = json!({"grant": grant["id"], "outcome": "done", "data_class": "internal", "run": "run-1"});
    let reported = app.post("/v1/actions", &own, &report).await;
    assert_eq!((reported.status.as_u16(), &reported.json()["decision"]), (201, &permit["context"]["decision_id"]));

    // a second one waits while the agent is stopped
    app.wait(2);
    let waiting = app.post("/access/v1/evaluation", &own, &refund("invoice-07", 90_000)).await.ok();
    let waiting = path(&waiting["context"]["task"]["status_endpoint"]).to_owned();
    let stop = json!({"target": {"kind": "identity", "id": agent}, "reason": "it refunded the wrong customer"});
    let stopped = app.post("/v1/revocations", &revokes, &stop).await.ok();
    assert_eq!(stopped["ended"], json!({"grants": 0, "approvals": 0, "escalations": 1}));
    assert_eq!(app.get(&waiting, &own).await.ok()["task"]["status"], json!("denied"));
    for amount in [100, 482_000] {
        app.wait(2);
        let after = app.post("/access/v1/evaluation", &own, &refund("invoice-07", amount)).await.ok();
        assert_eq!((&after["decision"], &after["context"]["reason"]), (&json!(false), &json!("revoked")), "{amount}");
        assert!(after["context"].get("access_request").is_none());
    }

    // all of it is on record, in the order it happened
    let events = app.get("/v1/events?limit=1000", &revokes).await.ok();
    let kinds: Vec<&str> =
        events["items"].as_array().unwrap().iter().map(|e| e["leaf"]["kind"].as_str().unwrap()).collect();
    let mut rest = kinds.iter();
    for kind in [
        "escalation.opened",
        "decision.escalate",
        "escalation.vote",
        "escalation.released",
        "escalation.consumed",
        "grant.issued",
        "decision.permit",
        "grant.redeemed",
        "grant.refused",
        "action.reported",
        "decision.escalate",
        "escalation.revoked",
        "revocation.made",
        "decision.deny",
        "decision.deny",
    ] {
        assert!(rest.any(|k| *k == kind), "{kind} is not where it should be in {kinds:?}");
    }
}

#[tokio::test]
async fn a_grant_that_was_revoked_is_not_redeemed() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let anna = app.approver("anna", "finance-ops").await;
    app.approver("ben", "finance-ops").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
    let (_, revokes) = app.key(None, &[Scope::Revoke]).await;
    let question = refund("invoice-07", 60_000);
    let waits = app.post("/access/v1/evaluation", &own, &question).await.ok();
    app.vote(anna, waits["context"]["task"]["id"].as_str().unwrap(), Verdict::Approve).await;
    app.wait(2);
    // asking again is enough: the approval is found
    let permit = app.post("/access/v1/evaluation", &own, &question).await.ok();
    let grant = permit["context"]["grant"].clone();
    let stop = json!({"target": {"kind": "grant", "id": grant["id"]}, "reason": "a second thought"});
    assert_eq!(app.post("/v1/revocations", &revokes, &stop).await.ok()["ended"]["grants"], json!(1));
    app.post(path(&grant["redeem_endpoint"]), &own, &json!({})).await.problem(409);
}
