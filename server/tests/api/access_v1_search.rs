//! `POST /access/v1/search/*`: AuthZEN's certification scenario, sections Search Core and Search Properties.
use crate::app::TestApp;
use governance::engine::Scope;
use serde_json::{Value, json};

const SUBJECT: &str = "/access/v1/search/subject";
const RESOURCE: &str = "/access/v1/search/resource";
const ACTION: &str = "/access/v1/search/action";

fn r1() -> Value {
    json!({"type": "record", "id": "record-1"})
}
fn archived() -> Value {
    json!({"type": "record", "id": "record-2", "properties": {"status": "archived"}})
}
fn alice() -> Value {
    json!({"type": "user", "id": "alice"})
}
fn admin() -> Value {
    json!({"type": "user", "id": "bob", "properties": {"role": "admin"}})
}

#[tokio::test]
async fn searches_of_the_certification_scenario() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let users = |names: &[&str]| names.iter().map(|n| json!({"type": "user", "id": n})).collect::<Vec<_>>();
    let records = |names: &[&str]| names.iter().map(|n| json!({"type": "record", "id": n})).collect::<Vec<_>>();
    let actions = |names: &[&str]| names.iter().map(|n| json!({ "name": n })).collect::<Vec<_>>();
    let (read, write) = (json!({"name": "read"}), json!({"name": "write"}));
    let (user, record) = (json!({"type": "user"}), json!({"type": "record"}));
    let size = app.fresh.gov.log_size().await.unwrap();
    for (path, question, want) in [
        (SUBJECT, json!({"subject": user, "action": read, "resource": r1()}), users(&["alice", "bob"])),
        (
            SUBJECT,
            json!({"subject": {"type": "user", "id": "ignored"}, "action": read, "resource": r1(), "context": {"ip": "::1"}}),
            users(&["alice", "bob"]),
        ),
        (SUBJECT, json!({"subject": user, "action": write, "resource": archived()}), users(&["bob"])),
        (RESOURCE, json!({"subject": alice(), "action": read, "resource": record}), records(&["record-1", "record-2"])),
        (RESOURCE, json!({"subject": admin(), "action": write, "resource": record}), records(&["record-2"])),
        (ACTION, json!({"subject": alice(), "resource": r1()}), actions(&["read", "write"])),
        (ACTION, json!({"subject": alice(), "resource": r1(), "context": {"x": 1}}), actions(&["read", "write"])),
        (ACTION, json!({"subject": admin(), "resource": archived()}), actions(&["read", "write"])),
        // what nobody knows has no results
        (ACTION, json!({"subject": {"type": "user", "id": "nonexistent-user"}, "resource": r1()}), vec![]),
        (SUBJECT, json!({"subject": {"type": "spaceship"}, "action": read, "resource": r1()}), vec![]),
        (RESOURCE, json!({"subject": alice(), "action": {"name": "fly"}, "resource": record}), vec![]),
    ] {
        let reply = app.post(path, &key, &question).await.ok();
        assert_eq!(reply["results"], json!(want), "{path} {question}");
        assert_eq!(reply["page"]["next_token"], json!(""));
    }
    // nothing was decided, so nothing is on record
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), size);
}

#[tokio::test]
async fn a_search_that_lacks_something_is_400() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let (user, read) = (json!({"type": "user"}), json!({"name": "read"}));
    for (path, question) in [
        (SUBJECT, json!({"subject": user, "resource": r1()})),
        (SUBJECT, json!({"subject": user, "action": read, "resource": {"type": "record"}})),
        (RESOURCE, json!({"action": read, "resource": {"type": "record"}})),
        (RESOURCE, json!({"subject": user, "action": read, "resource": {"type": "record"}})),
        (ACTION, json!({"subject": alice()})),
        (ACTION, json!({"subject": user, "resource": r1()})),
        (SUBJECT, json!({"subject": user, "action": read, "resource": r1(), "page": 1})),
        (SUBJECT, json!({"subject": user, "action": read, "resource": r1(), "context": {"used": {}}})),
    ] {
        let reply = app.post(path, &key, &question).await;
        assert_eq!(reply.status, 400, "{path} {question}: {}", reply.text);
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_a_token_fits_its_search_alone() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let mut question =
        json!({"subject": {"type": "user"}, "action": {"name": "read"}, "resource": r1(), "page": {"limit": 1}});
    let first = app.post(SUBJECT, &key, &question).await.ok();
    assert_eq!(first["results"], json!([alice()]));
    let token = first["page"]["next_token"].clone();
    assert!(!token.as_str().unwrap().is_empty());
    question["page"] = json!({ "token": token });
    let second = app.post(SUBJECT, &key, &question).await.ok();
    assert_eq!(second["results"], json!([{"type": "user", "id": "bob"}]));
    assert_eq!(second["page"]["next_token"], json!(""));
    question["action"]["name"] = json!("write");
    assert_eq!(app.post(SUBJECT, &key, &question).await.status, 400);
}

#[tokio::test]
async fn one_searches_among_those_one_may_ask_for() {
    let app = TestApp::new().await;
    let (_, only_bob) = app.key_for(None, &[Scope::Ask], &["user:bob"]).await;
    let question = json!({"subject": {"type": "user"}, "action": {"name": "read"}, "resource": r1()});
    let found = app.post(SUBJECT, &only_bob, &question).await.ok();
    assert_eq!(found["results"], json!([{"type": "user", "id": "bob"}]));
    let foreign = json!({"subject": alice(), "resource": r1()});
    assert_eq!(app.post(ACTION, &only_bob, &foreign).await.status, 403);
    let (_, acts) = app.key(None, &[Scope::Act]).await;
    assert_eq!(app.post(ACTION, &acts, &foreign).await.status, 403);
}
