//! `POST /v1/grants/{id}/renew`: long work on a lease, from the permit to the missed renewal.
use crate::app::TestApp;
use governance::{
    engine::{Scope, identities::NewIdentity},
    escalation::Verdict,
    identity::Kind,
};
use serde_json::json;

#[tokio::test]
async fn a_lease_is_redeemed_renewed_and_lost() {
    let app = TestApp::sealed().await;
    app.activate("policies/operations").await;
    let ana = app.approver("ana", "platform-owners").await;
    let new = NewIdentity { team: Some("operations-agents".into()), ..NewIdentity::named("fixer", Kind::Agent) };
    let fixer = app.fresh.gov.identity_add(&app.fresh.operator(), new).await.unwrap().id;
    let (_, own) = app.key(Some(fixer), &[Scope::Ask, Scope::Act]).await;
    let (_, gateway) = app.key(None, &[Scope::Task, Scope::Read]).await;
    let ticket = json!({"ref": "OPS-1", "purpose": "mend the index", "agent": {"type": "agent", "id": "fixer"}});
    assert_eq!(app.post("/v1/tasks", &gateway, &ticket).await.status, 201);
    let question = json!({
        "subject": {"type": "agent", "id": "fixer", "properties": {"task": "OPS-1"}},
        "action": {"name": "index.rebuild"}, "resource": {"type": "database", "id": "orders"}});
    let waits = app.post("/access/v1/evaluation", &own, &question).await.ok();
    app.vote(ana, waits["context"]["task"]["id"].as_str().unwrap(), Verdict::Approve).await;
    app.wait(2);
    let permit = app.post("/access/v1/evaluation", &own, &question).await.ok();
    let grant = permit["context"]["grant"].clone();
    let path = |address: &str| address.strip_prefix(crate::app::URL).unwrap().to_owned();
    let renew = path(grant["lease"]["renew_endpoint"].as_str().unwrap());
    assert_eq!((&grant["lease"]["term_s"], &grant["uses"]), (&json!(15), &json!(1)));
    assert_eq!(grant["starts_at"], permit["context"]["evaluated_at"]);

    app.post(&renew, &own, &json!({})).await.problem(409);
    let redeemed = app.post(&path(grant["redeem_endpoint"].as_str().unwrap()), &own, &json!({})).await.ok();
    assert_eq!((&redeemed["uses_left"], &redeemed["renew_every_s"]), (&json!(0), &json!(10)));
    app.wait(10);
    let renewed = app.post(&renew, &own, &json!({})).await.ok();
    assert_eq!(renewed["renew_by"], json!("2026-11-21T09:00:27.000000Z"));
    assert_eq!((&renewed["expires_at"], &renewed["renew_every_s"]), (&grant["expires_at"], &json!(10)));
    assert_eq!(renewed["bundle"], permit["context"]["bundle"]);
    let soon = app.post(&renew, &own, &json!({})).await;
    assert_eq!((soon.status.as_u16(), &soon.headers["retry-after"]), (429, &"1".parse().unwrap()));
    let listed = app.get("/v1/grants?state=active", &gateway).await.ok();
    assert_eq!((&listed["items"][0]["lease_s"], &listed["items"][0]["uses"]), (&json!(15), &json!(1)));
    app.post(&renew, &own, &json!({"for": "ever"})).await.problem(400);
    app.post(&renew, &gateway, &json!({})).await.problem(403);
    app.wait(15);
    let late = app.post(&renew, &own, &json!({})).await.problem(410);
    assert!(late.starts_with("the lease was not renewed by 2026-11-21T09:00:27"), "{late}");
    app.post(&renew, &own, &json!({})).await.problem(410);
}
