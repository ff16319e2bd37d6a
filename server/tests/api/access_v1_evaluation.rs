//! `POST /access/v1/evaluation`: AuthZEN's certification scenario, sections Basic Core and Basic Properties, and the rules
//! of our own about what is asked and by whom.
use crate::app::{TestApp, post};
use axum::{body::Body, http::Request};
use governance::engine::Scope;
use serde_json::{Value, json};

const PATH: &str = "/access/v1/evaluation";

pub fn asks(subject: &str, action: &str, resource: &str) -> Value {
    json!({"subject": {"type": "user", "id": subject}, "action": {"name": action}, "resource": {"type": "record", "id": resource}})
}

#[tokio::test]
async fn the_eight_decisions_of_the_certification_scenario() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let archived = json!({"type": "record", "id": "record-2", "properties": {"status": "archived"}});
    let record_1 = json!({"type": "record", "id": "record-1"});
    let alice = json!({"type": "user", "id": "alice"});
    let admin = json!({"type": "user", "id": "bob", "properties": {"role": "admin"}});
    for (want, question) in [
        (true, asks("alice", "read", "record-1")),
        (true, asks("alice", "write", "record-1")),
        (true, asks("bob", "read", "record-1")),
        (false, asks("bob", "write", "record-1")),
        (false, json!({"subject": alice, "action": {"name": "write"}, "resource": archived})),
        (true, json!({"subject": admin, "action": {"name": "write"}, "resource": archived})),
        (
            true,
            json!({"subject": alice, "action": {"name": "delete", "properties": {"soft": true}}, "resource": record_1}),
        ),
        (
            false,
            json!({"subject": alice, "action": {"name": "delete", "properties": {"soft": false}}, "resource": record_1}),
        ),
        // with a context; with properties nobody asked for; with fields nobody knows
        (
            true,
            json!({"subject": alice, "action": {"name": "read"}, "resource": record_1,
            "context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}}),
        ),
        (
            true,
            json!({"subject": {"type": "user", "id": "alice", "properties": {"department": "Sales", "role": "manager"}},
            "action": {"name": "read", "properties": {"method": "GET"}},
            "resource": {"type": "record", "id": "record-1", "properties": {"status": "active", "owner": "bob"}}}),
        ),
        (
            true,
            json!({"subject": alice, "action": {"name": "read"}, "resource": record_1, "foo": "bar", "futureField": {"nested": true}}),
        ),
    ] {
        for _ in 0..2 {
            let reply = app.post(PATH, &key, &question).await;
            assert_eq!(reply.header("content-type"), "application/json");
            assert_eq!(reply.ok()["decision"], json!(want), "{question}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn whatever_is_wrong_with_a_request_is_400_with_a_message() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let whole = asks("alice", "read", "record-1");
    let without = |pointer: &str| {
        let mut value = whole.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
        value.to_string()
    };
    let with = |pointer: &str, put: Value| {
        let mut value = whole.clone();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        value.pointer_mut(parent).unwrap()[member] = put;
        value.to_string()
    };
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let many = Value::Object((0..257).map(|n| (format!("k{n}"), json!(n))).collect());
    let cases: Vec<(String, &str)> = vec![
        (without("/subject"), "subject is missing"),
        (without("/action"), "action is missing"),
        (without("/resource"), "resource is missing"),
        (without("/subject/type"), "subject.type is missing"),
        (without("/subject/id"), "subject.id is missing"),
        (without("/action/name"), "action.name is missing"),
        (without("/resource/type"), "resource.type is missing"),
        (without("/resource/id"), "resource.id is missing"),
        (with("/subject", json!("alice")), "subject must be an object"),
        (with("/action/name", json!(123)), "action.name must be a string"),
        (with("/context", json!([])), "context must be an object"),
        (with("/subject/properties", json!(1)), "subject.properties must be an object"),
        (String::new(), "the body is empty"),
        ("{".into(), "JSON at byte"),
        ("{} {}".into(), "JSON at byte"),
        ("[]".into(), "the document must be an object"),
        ("{\"subject\":1,\"subject\":2}".into(), "twice"),
        (with("/context", json!({"n": 9_007_199_254_740_993_u64})), "JSON at byte"),
        (whole.to_string().replace("alice", "\\u0000"), "JSON at byte"),
        (whole.to_string().replace("alice", "\\ud800"), "JSON at byte"),
        (format!("{{\"x\":{deep}}}"), "JSON at byte"),
        (with("/context", many), "JSON at byte"),
        (with("/context", json!({"s": "x".repeat(17 * 1024)})), "JSON at byte"),
        (with("/context", json!({"justification": "x".repeat(2_001)})), "context.justification"),
        (with("/context", json!({"justification": 7})), "context.justification"),
        (with("/subject/properties", json!({"act": "me"})), "subject.properties.act"),
        (with("/subject/properties", json!({"initiator": "nobody"})), "subject.properties.initiator"),
        (with("/action", json!({"name": "delete", "properties": {"soft": "yes"}})), "action.properties.soft"),
        ("x".repeat(64 * 1024 + 1), "the body is larger"),
    ];
    for (body, want) in cases {
        let reply = app.call(post(PATH, &key).body(body.clone().into()).unwrap()).await;
        let shown = &body[..body.len().min(120)];
        assert_eq!(reply.status, 400, "{shown}: {}", reply.text);
        assert!(reply.text.contains(want), "{shown}: {}", reply.text);
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8", "{shown}");
    }
    let not_utf8 = post(PATH, &key).body(Body::from(vec![b'"', 0xff, b'"'])).unwrap();
    assert_eq!(app.call(not_utf8).await.status, 400);
    let bad_key = post(PATH, &key).header("idempotency-key", "two words").body(whole.to_string().into()).unwrap();
    assert_eq!(app.call(bad_key).await.status, 400);
    // what stood in none of them is on record: nothing was decided
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), 3);
}

#[tokio::test]
async fn only_json_is_read_whatever_it_is_called() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    for (kind, status) in [
        (Some("application/json"), 200),
        (Some("application/json; charset=utf-8"), 200),
        (Some("text/plain"), 400),
        (Some("application/x-www-form-urlencoded"), 400),
        (Some("application/xml"), 400),
        (None, 400),
    ] {
        let mut request = Request::post(PATH).header("authorization", format!("Bearer {key}"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let reply = app.call(request.body(asks("alice", "read", "record-1").to_string().into()).unwrap()).await;
        assert_eq!(reply.status, status, "{kind:?}: {}", reply.text);
    }
}

#[tokio::test]
async fn what_only_the_server_says_is_refused_from_a_caller() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    for member in ["now", "caller", "chain", "used", "task", "run", "initiator", "grant"] {
        let mut question = asks("alice", "read", "record-1");
        question["context"] = json!({ member: {} });
        let reply = app.post(PATH, &key, &question).await;
        assert_eq!(reply.status, 400, "{member}: {}", reply.text);
        assert!(reply.text.contains(&format!("context.{member} is set by the server")), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_request_id_comes_back_whatever_the_answer() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let ask = |body: String| post(PATH, &key).header("x-request-id", "bfe9eb29-ab87").body(body.into()).unwrap();
    let whole = asks("alice", "read", "record-1").to_string();
    for (request, status) in [(ask(whole.clone()), 200), (ask("{".into()), 400)] {
        let reply = app.call(request).await;
        assert_eq!((reply.status.as_u16(), reply.header("x-request-id")), (status, "bfe9eb29-ab87"));
    }
    let stranger = Request::post(PATH).header("x-request-id", "r1").body(Body::empty()).unwrap();
    let reply = app.call(stranger).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-request-id")), (401, "r1"));
    assert_eq!(app.call(post(PATH, &key).body(whole.into()).unwrap()).await.header("x-request-id"), "");
}

#[tokio::test]
async fn a_bad_key_is_challenged_and_a_denial_is_not() {
    let app = TestApp::new().await;
    let (id, good) = app.key(None, &[Scope::Ask]).await;
    let cut = &good[..good.len() - 1];
    let mut other = good.clone();
    other.replace_range(10..11, if &good[10..11] == "0" { "1" } else { "0" });
    let whole = asks("bob", "write", "record-1");
    for bad in ["", "csk_", "hello", cut, &other] {
        let reply = app.post(PATH, bad, &whole).await;
        assert_eq!(reply.status, 401, "{bad}");
        assert!(reply.header("www-authenticate").starts_with("Bearer "), "{bad}");
        assert!(!reply.text.contains(&good[5..]), "{}", reply.text);
    }
    let denied = app.post(PATH, &good, &whole).await;
    assert_eq!((denied.ok()["decision"].clone(), denied.header("www-authenticate")), (json!(false), ""));
    // a session is not a key
    let cookie = Request::post(PATH)
        .header("cookie", "__Host-countersign=abc")
        .header("content-type", "application/json")
        .body(whole.to_string().into())
        .unwrap();
    assert_eq!(app.call(cookie).await.status, 401);
    app.fresh.gov.key_revoke(&app.fresh.operator(), id).await.unwrap();
    let revoked = app.post(PATH, &good, &whole).await;
    assert_eq!(revoked.status, 401);
    assert!(revoked.text.contains("revoked") && revoked.header("www-authenticate").contains("invalid_token"));
}

#[tokio::test]
async fn a_key_asks_only_with_its_scope_and_for_its_subjects() {
    let app = TestApp::new().await;
    let whole = asks("alice", "read", "record-1");
    let (_, reads) = app.key(None, &[Scope::Read]).await;
    let reply = app.post(PATH, &reads, &whole).await;
    assert_eq!(reply.status, 403);
    assert!(reply.text.contains("`ask`"), "{}", reply.text);
    let (_, only_bob) = app.key_for(None, &[Scope::Ask], &["user:bo*"]).await;
    assert_eq!(app.post(PATH, &only_bob, &whole).await.status, 403);
    assert_eq!(app.post(PATH, &only_bob, &asks("bob", "read", "record-1")).await.status, 200);
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask]).await;
    assert_eq!(app.post(PATH, &own, &whole).await.status, 403);
}

#[tokio::test]
async fn an_answer_is_on_record_and_names_its_place() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let before = app.fresh.gov.log_size().await.unwrap();
    let permit = app.post(PATH, &key, &asks("alice", "read", "record-1")).await.ok();
    assert_eq!(permit["context"]["log_seq"], json!(before));
    assert_eq!(permit["context"]["decision_id"], permit["context"]["evaluation_id"]);
    assert_eq!(permit["context"]["evaluated_at"], json!("2026-11-21T09:00:00.000000Z"));
    assert_eq!(permit["context"]["valid_until"], json!("2026-11-21T09:00:05.000000Z"));
    assert_eq!(permit["context"]["requires_approval"], json!(false));
    assert_eq!(permit["context"]["reason_admin"]["en"], json!("permit, by read"));
    let deny = app.post(PATH, &key, &asks("bob", "write", "record-1")).await.ok();
    assert_eq!(deny["context"]["reason"], json!("no_rule"));
    assert!(deny["context"]["reason_user"]["en"].is_string());
    assert!(deny["context"].get("access_request").is_none() && deny["context"].get("valid_until").is_none());
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), before + 2);
    let unknown = app.post(PATH, &key, &asks("alice", "fly", "record-1")).await.ok();
    assert_eq!((&unknown["decision"], &unknown["context"]["reason"]), (&json!(false), &json!("unknown_action")));
    let ghost = json!({"subject": {"type": "agent", "id": "ghost"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "record-1"}});
    let ghost = app.post(PATH, &key, &ghost).await.ok();
    assert_eq!(ghost["decision"], json!(false));
}

#[tokio::test]
async fn an_idempotency_key_replays_its_answer_and_no_other() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let ask = async |subject: &str, idempotency_key: &str| {
        let request = post(PATH, &key).header("idempotency-key", idempotency_key);
        app.call(request.body(asks(subject, "read", "record-1").to_string().into()).unwrap()).await
    };
    let first = ask("alice", "k1").await.ok();
    assert_eq!(ask("alice", "\"k1\"").await.ok(), first);
    assert_ne!(ask("alice", "k2").await.ok()["context"]["decision_id"], first["context"]["decision_id"]);
    let reused = ask("bob", "k1").await;
    assert_eq!(reused.status, 422, "{}", reused.text);
    // scoped to the caller
    let other = app.gateway().await;
    let request =
        post(PATH, &other).header("idempotency-key", "k1").body(asks("bob", "read", "record-1").to_string().into());
    assert_eq!(app.call(request.unwrap()).await.status, 200);
}

#[tokio::test]
async fn without_a_bundle_nothing_is_decided() {
    let app = TestApp::sealed().await;
    let key = app.gateway().await;
    let reply = app.post(PATH, &key, &asks("alice", "read", "record-1")).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (503, "1"));
    assert!(reply.text.contains("sealed"), "{}", reply.text);
}

#[tokio::test]
async fn another_method_is_refused_in_the_same_form() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let reply = app.get(PATH, &key).await;
    assert_eq!((reply.status.as_u16(), reply.header("allow")), (405, "POST"));
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
}
