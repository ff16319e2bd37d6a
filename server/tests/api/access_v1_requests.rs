//! `/access/v1/requests`: ARAP's submission, polling and cancellation, and what a re-evaluation says of an approval.
use crate::app::{Reply, TestApp, post};
use crate::v1_acting::refund;
use axum::{body::Body, http::Request};
use governance::{
    engine::{Scope, identities::NewIdentity},
    escalation::Verdict,
    id::PersonId,
    identity::Kind,
};
use serde_json::{Value, json};
use std::time::Instant;

const EVALUATION: &str = "/access/v1/evaluation";
const REQUESTS: &str = "/access/v1/requests";
const ABOVE: i64 = 60_000;

struct Scene {
    app: TestApp,
    /// A gateway's key: it submits explicitly.
    gateway: String,
    anna: PersonId,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::baseline().await;
        app.agent("invoice-07").await;
        let anna = app.approver("anna", "finance-ops").await;
        app.approver("ben", "finance-ops").await;
        let gateway = app.gateway().await;
        Self { app, gateway, anna }
    }
    /// The denial of a refund above the limit.
    async fn denied(&self) -> Value {
        let denied = self.app.post(EVALUATION, &self.gateway, &refund("invoice-07", ABOVE)).await.ok();
        assert_eq!(denied["context"]["reason"], json!("approval_required"), "{denied}");
        denied
    }
    async fn submit(&self, body: &Value) -> Reply {
        self.app.post(REQUESTS, &self.gateway, body).await
    }
    async fn submitted(&self) -> Value {
        let reply = self.submit(&submission(&self.denied().await)).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        reply.json()
    }
    async fn status(&self, task: &str) -> Value {
        self.app.get(&format!("{REQUESTS}/{task}"), &self.gateway).await.ok()
    }
}

/// The denied question once more, with its denial.
fn submission(denied: &Value) -> Value {
    let mut body = refund("invoice-07", ABOVE);
    body["denial"] = json!({"evaluation_id": denied["context"]["evaluation_id"],
        "expires_at": denied["context"]["access_request"]["expires_at"], "reason": "approval_required"});
    body["context"] = json!({"business_justification": "the customer paid twice"});
    body
}

#[track_caller]
fn refused(reply: &Reply, status: u16, kind: &str) {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.json();
    assert_eq!(problem["type"], json!(format!("urn:openid:authzen:access-request:error:{kind}")), "{problem}");
    assert_eq!(problem["status"], json!(status));
}

fn id(whole: &Value) -> &str {
    whole["task"]["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_submission_opens_a_task_and_returns_it_however_often() {
    let scene = Scene::new().await;
    let denied = scene.denied().await;
    assert!(denied["context"].get("task").is_none(), "a gateway submits by itself");
    assert_eq!(denied["context"]["access_request"]["template"], json!("finance-ops"));
    assert_eq!(denied["context"]["access_request"]["expires_at"], json!("2026-11-21T09:10:00.000000Z"));
    let body = submission(&denied);
    let reply = scene.submit(&body).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (202, "2"));
    let whole = reply.json();
    let own = format!("https://cs.example{REQUESTS}/{}", id(&whole));
    assert_eq!(reply.header("location"), own);
    assert_eq!(
        whole,
        json!({"task": {"id": id(&whole), "status": "pending", "status_endpoint": own, "expires_at": "2026-11-21T09:30:00.000000Z",
            "links": {"cancel": format!("{own}/cancel"), "review": format!("https://cs.example/inbox/{}", id(&whole))},
            "progress": {"current_step": 1, "total_steps": 1, "step_name": "finance-ops"}}})
    );
    let again = scene.submit(&body).await;
    assert_eq!((again.status.as_u16(), again.json()), (202, whole.clone()));
    // the same question asked anew leads to the same task
    scene.app.wait(2);
    let anew = scene.submit(&submission(&scene.denied().await)).await.json();
    assert_eq!(id(&anew), id(&whole));
    assert_eq!(scene.status(id(&whole)).await["task"]["status"], json!("pending"));
}

#[tokio::test]
async fn a_retry_gets_its_first_answer_and_a_key_fits_one_submission() {
    let scene = Scene::new().await;
    let body = submission(&scene.denied().await);
    let send = async |body: &Value| {
        let request = post(REQUESTS, &scene.gateway).header("idempotency-key", "s1");
        scene.app.call(request.body(body.to_string().into()).unwrap()).await
    };
    let first = send(&body).await;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_eq!(send(&body).await.json(), first.json());
    let mut other = refund("invoice-07", ABOVE + 1);
    let denied = scene.app.post(EVALUATION, &scene.gateway, &other).await.ok();
    other["denial"] =
        json!({"evaluation_id": denied["context"]["evaluation_id"], "expires_at": "2026-11-21T09:10:00Z"});
    refused(&send(&other).await, 409, "duplicate_request");
}

#[tokio::test]
async fn only_the_denied_question_can_be_submitted_and_only_by_who_asked() {
    let scene = Scene::new().await;
    let denied = scene.denied().await;
    let whole = submission(&denied);
    let with = |pointer: &str, value: Value| {
        let mut body = whole.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[member] = value;
        body
    };
    let unknown =
        json!({"evaluation_id": "dec_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "expires_at": "2026-11-21T09:10:00Z"});
    for body in [
        with("/subject/id", json!("invoice-08")),
        with("/subject/properties", json!({"role": "admin"})),
        with("/action/properties/amount_minor", json!(ABOVE + 1)),
        with("/resource/id", json!("stripe:live")),
        with("/context/ticket", json!("T-1")),
        with("/denial", json!({"expires_at": "2026-11-21T09:10:00Z"})),
        with("/denial", json!({"evaluation_id": denied["context"]["evaluation_id"]})),
        with("/denial", json!({"evaluation_id": "eval_1", "expires_at": "2026-11-21T09:10:00Z"})),
        with("/denial", json!({"binding_token": "eyJ", "expires_at": "2026-11-21T09:10:00Z"})),
        with("/denial", json!("dec_1")),
        with("/denial", unknown),
    ] {
        refused(&scene.submit(&body).await, 400, "invalid_denial_binding");
    }
    // added words and members that policy does not read are fine; the chain may have moved to `client.actor`
    let mut added = with("/context/mood", json!("urgent"));
    added["subject"]["properties"] = json!({"act": ["other"]});
    added["client"] = json!({"id": "pep-1"});
    added["requested_access"] = json!({"emergency": false});
    let stranger = scene.app.gateway().await;
    refused(&scene.app.post(REQUESTS, &stranger, &whole).await, 400, "invalid_denial_binding");
    assert_eq!(scene.submit(&added).await.status, 202);
    for (name, value) in
        [("items", json!([])), ("callback", json!({"endpoint": "https://pep.example/cb"})), ("subject", json!("x"))]
    {
        let body = with(&format!("/{name}"), value);
        assert!(scene.submit(&body).await.problem(400).contains(name));
    }
}

#[tokio::test]
async fn what_people_could_not_lift_is_not_requestable_and_an_old_denial_has_expired() {
    let scene = Scene::new().await;
    let permitted = scene.app.post(EVALUATION, &scene.gateway, &refund("invoice-07", 100)).await.ok();
    let mut body = refund("invoice-07", 100);
    body["denial"] =
        json!({"evaluation_id": permitted["context"]["evaluation_id"], "expires_at": "2026-11-21T09:10:00Z"});
    refused(&scene.submit(&body).await, 400, "not_requestable");
    let forbidden = scene.app.post(EVALUATION, &scene.gateway, &refund("invoice-07", -5)).await.ok();
    let mut body = refund("invoice-07", -5);
    body["denial"] =
        json!({"evaluation_id": forbidden["context"]["evaluation_id"], "expires_at": "2026-11-21T09:10:00Z"});
    refused(&scene.submit(&body).await, 400, "not_requestable");

    let denied = scene.denied().await;
    scene.app.wait(600);
    let mut late = submission(&denied);
    // what the caller says of the time does not count
    late["denial"]["expires_at"] = json!("2026-11-22T09:00:00Z");
    refused(&scene.submit(&late).await, 410, "expired_denial");
}

#[tokio::test]
async fn a_task_is_seen_and_cancelled_by_who_asked_alone() {
    let scene = Scene::new().await;
    let task = scene.submitted().await;
    let path = format!("{REQUESTS}/{}", id(&task));
    let stranger = scene.app.gateway().await;
    refused(&scene.app.get(&path, &stranger).await, 404, "unknown_task");
    refused(&scene.app.post(&format!("{path}/cancel"), &stranger, &json!({})).await, 404, "unknown_task");
    for wrong in ["esc_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "dec_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "x"] {
        refused(&scene.app.get(&format!("{REQUESTS}/{wrong}"), &scene.gateway).await, 404, "unknown_task");
    }
    let bad = scene.app.post(&format!("{path}/cancel"), &scene.gateway, &json!({"reason": 1})).await;
    assert!(bad.problem(400).contains("reason must be a string"));
    let cancel = Request::post(format!("{path}/cancel")).header("authorization", format!("Bearer {}", scene.gateway));
    let cancelled = scene.app.call(cancel.body(Body::empty()).unwrap()).await.ok();
    assert_eq!(cancelled["task"]["status"], json!("cancelled"));
    assert!(cancelled["task"]["links"].get("cancel").is_none());
    let again = scene.app.post(&format!("{path}/cancel"), &scene.gateway, &json!({"reason": "done_otherwise"})).await;
    refused(&again, 409, "invalid_task_state");
    assert_eq!(scene.status(id(&task)).await["task"]["status"], json!("cancelled"));
}

#[tokio::test]
async fn a_waiting_poll_ends_when_a_person_has_decided() {
    let scene = Scene::new().await;
    let task = scene.submitted().await;
    let wait = |seconds: u32| {
        Request::get(format!("{REQUESTS}/{}", id(&task)))
            .header("authorization", format!("Bearer {}", scene.gateway))
            .header("prefer", format!("wait={seconds}"))
            .body(Body::empty())
            .unwrap()
    };
    let began = Instant::now();
    let pending = scene.app.call(wait(1)).await;
    assert!(began.elapsed().as_millis() >= 1_000);
    assert_eq!(
        (pending.ok()["task"]["status"].clone(), pending.header("preference-applied")),
        (json!("pending"), "wait=1")
    );
    let began = Instant::now();
    let vote = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        scene.app.vote(scene.anna, id(&task), Verdict::Approve).await;
    };
    let (reply, ()) = tokio::join!(scene.app.call(wait(30)), vote);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let approved = reply.ok();
    assert_eq!(approved["task"]["status"], json!("approved"));
    assert_eq!(reply.header("retry-after"), "");
    // from the moment the agent knows of it, ten minutes
    assert_eq!(
        approved["result"],
        json!({"mode": "reevaluate", "approval": {"id": id(&task), "approved_at": "2026-11-21T09:00:00.000000Z",
            "approved_until": "2026-11-21T09:10:00.000000Z"}})
    );
    // submitting it again says so at once
    let body = submission(&scene.denied_with_probe().await);
    let again = scene.submit(&body).await;
    assert_eq!((again.status.as_u16(), &again.json()["task"]["status"]), (201, &json!("approved")));
}

#[tokio::test]
async fn a_waiting_poll_ends_with_the_process() {
    let scene = Scene::new().await;
    let task = scene.submitted().await;
    let poll = Request::get(format!("{REQUESTS}/{}", id(&task)))
        .header("authorization", format!("Bearer {}", scene.gateway))
        .header("prefer", "wait=50")
        .body(Body::empty())
        .unwrap();
    scene.app.ending.send_replace(true);
    // one that does not end would keep its caller for the whole time
    let reply = tokio::time::timeout(std::time::Duration::from_secs(40), scene.app.call(poll)).await;
    assert_eq!(reply.expect("the poll ends").ok()["task"]["status"], json!("pending"));
}

impl Scene {
    /// The denial again, without using up what was approved.
    async fn denied_with_probe(&self) -> Value {
        let mut probe = refund("invoice-07", ABOVE);
        probe["context"] = json!({"probe": true});
        self.app.post(EVALUATION, &self.gateway, &probe).await.ok()
    }
}

#[tokio::test]
async fn an_approval_is_used_once_for_the_very_question_with_it_or_without() {
    for with_approval in [true, false] {
        let scene = Scene::new().await;
        let task = scene.submitted().await;
        scene.app.vote(scene.anna, id(&task), Verdict::Approve).await;
        let approval = scene.status(id(&task)).await["result"]["approval"].clone();
        let mut ask = refund("invoice-07", ABOVE);
        if with_approval {
            ask["context"] = json!({ "approval": approval });
        }
        scene.app.wait(2);
        let permit = scene.app.post(EVALUATION, &scene.gateway, &ask).await.ok();
        assert_eq!(permit["decision"], json!(true), "{permit}");
        assert_eq!(permit["context"]["approval"]["id"], approval["id"]);
        assert_eq!(permit["context"]["grant"]["expires_at"], json!("2026-11-21T09:15:02.000000Z"));
        // what was approved stays approved on the wire
        assert_eq!(scene.status(id(&task)).await["task"]["status"], json!("approved"));

        scene.app.wait(2);
        let mut again = refund("invoice-07", ABOVE);
        again["context"] = json!({ "approval": approval });
        let again = scene.app.post(EVALUATION, &scene.gateway, &again).await.ok();
        assert_eq!((&again["decision"], &again["context"]["reason"]), (&json!(false), &json!("approval_expired")));
        assert_eq!(again["context"]["next_action"], json!("request"));
        // and the new request it leads to is another task
        let renewed = scene.submit(&submission(&again)).await;
        assert_eq!(renewed.status, 202, "{}", renewed.text);
        assert_ne!(id(&renewed.json()), id(&task));
    }
}

#[tokio::test]
async fn an_approval_says_what_to_do_where_it_does_not_hold() {
    let scene = Scene::new().await;
    let task = scene.submitted().await;
    let ask = async |amount: i64, approval: Value| {
        scene.app.wait(2);
        let mut ask = refund("invoice-07", amount);
        ask["context"] = json!({ "approval": approval });
        scene.app.post(EVALUATION, &scene.gateway, &ask).await.ok()["context"].clone()
    };
    let approval = json!({"id": id(&task), "approved_until": "2026-11-21T13:00:00Z"});
    let early = ask(ABOVE, approval.clone()).await;
    assert_eq!(
        (&early["reason"], &early["next_action"], &early["retry_after"]),
        (&json!("grant_pending"), &json!("retry"), &json!(5))
    );
    scene.app.vote(scene.anna, id(&task), Verdict::Approve).await;
    let other = ask(ABOVE + 1, approval.clone()).await;
    assert_eq!((&other["reason"], &other["next_action"]), (&json!("out_of_scope"), &json!("request")));
    assert!(other["access_request"]["expires_at"].is_string());
    for made_up in
        [json!({"id": "esc_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b"}), json!({"id": "apr_1"}), json!({}), json!("yes")]
    {
        let refused = ask(ABOVE, made_up).await;
        assert_eq!((&refused["reason"], &refused["next_action"]), (&json!("approval_unverifiable"), &json!("none")));
    }
    // the approval is still there for what it was given for
    assert_eq!(ask(ABOVE, approval).await["approval"]["id"], json!(id(&task)));
}

#[tokio::test]
async fn what_a_person_denied_or_nobody_answered_ends_the_task() {
    let scene = Scene::new().await;
    let task = scene.submitted().await;
    scene.app.vote(scene.anna, id(&task), Verdict::Deny).await;
    let denied = scene.status(id(&task)).await;
    assert_eq!((&denied["task"]["status"], denied.get("result")), (&json!("denied"), None));
    scene.app.wait(2);
    let other = scene.submitted().await;
    assert_ne!(id(&other), id(&task));
    scene.app.wait(1_800);
    let expired = scene.status(id(&other)).await;
    assert_eq!((&expired["task"]["status"], expired.get("result")), (&json!("expired"), None));
}

#[tokio::test]
async fn items_of_a_batch_and_probes_open_nothing() {
    let scene = Scene::new().await;
    let agent = scene.app.agent("auto-1").await;
    let (_, own) = scene.app.key(Some(agent), &[Scope::Ask]).await;
    let batch = json!({"evaluations": [refund("auto-1", ABOVE)]});
    let item = scene.app.post("/access/v1/evaluations", &own, &batch).await.ok()["evaluations"][0].clone();
    assert_eq!((&item["decision"], &item["context"]["requires_approval"]), (&json!(false), &json!(true)));
    let mut probe = refund("auto-1", ABOVE);
    probe["context"] = json!({"probe": true});
    let probed = scene.app.post(EVALUATION, &own, &probe).await.ok();
    for denial in [&item, &probed] {
        assert!(denial["context"].get("task").is_none() && denial["context"]["access_request"].is_object(), "{denial}");
    }
    // asked by itself, an agent's own key opens it, and submitting what is open returns it at once
    let opened = scene.app.post(EVALUATION, &own, &refund("auto-1", ABOVE)).await.ok();
    let task = opened["context"]["task"]["id"].clone();
    assert!(task.is_string(), "{opened}");
    let mut body = refund("auto-1", ABOVE);
    for denial in [&opened, &item] {
        body["denial"] =
            json!({"evaluation_id": denial["context"]["evaluation_id"], "expires_at": "2026-11-21T09:10:00Z"});
        let reply = scene.app.post(REQUESTS, &own, &body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["task"]["id"]), (202, &task), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_question_with_a_secret_is_submitted_as_it_was_asked() {
    let s = Scene::new().await;
    let mut question = refund("invoice-07", ABOVE);
    question["action"]["properties"]["customer"] =
        json!(format!("Blum KG, token {}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2"));
    let denied = s.app.post(EVALUATION, &s.gateway, &question).await.ok();
    let mut body = submission(&denied);
    body["action"] = question["action"].clone();
    let reply = s.submit(&body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    body["action"]["properties"]["customer"] = json!("another");
    refused(&s.submit(&body).await, 400, "invalid_denial_binding");
}

#[tokio::test]
async fn a_question_whose_resource_is_named_with_a_secret_is_submitted_as_it_was_asked() {
    let s = Scene::new().await;
    let new = NewIdentity { team: Some("support-agents".into()), ..NewIdentity::named("desk", Kind::Agent) };
    s.app.fresh.gov.identity_add(&s.app.fresh.operator(), new).await.unwrap();
    let mut question = refund("desk", ABOVE);
    let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    question["resource"]["id"] = json!(format!("https://bot:{token}@git.example/shop"));
    let denied = s.app.post(EVALUATION, &s.gateway, &question).await.ok();
    assert_eq!(denied["context"]["reason"], json!("approval_required"), "{denied}");
    let mut body = submission(&denied);
    (body["subject"], body["resource"]) = (question["subject"].clone(), question["resource"].clone());
    let reply = s.submit(&body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    body["resource"]["id"] = json!("https://git.example/another");
    refused(&s.submit(&body).await, 400, "invalid_denial_binding");
}
