//! `POST /access/v1/evaluations`: AuthZEN's certification scenario, sections Batch Core and Batch Properties.
use crate::access_v1_evaluation::asks;
use crate::app::{TestApp, post};
use serde_json::{Value, json};

const PATH: &str = "/access/v1/evaluations";

#[track_caller]
fn decisions(reply: &Value) -> Vec<bool> {
    assert!(reply.get("decision").is_none());
    reply["evaluations"].as_array().unwrap().iter().map(|e| e["decision"].as_bool().unwrap()).collect()
}

#[tokio::test]
async fn batches_of_the_certification_scenario() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let record = |id: &str, status: &str| json!({"type": "record", "id": id, "properties": {"status": status}});
    let (alice, bob) = (json!({"type": "user", "id": "alice"}), json!({"type": "user", "id": "bob"}));
    let admin = json!({"type": "user", "id": "bob", "properties": {"role": "admin"}});
    let (r1, r2) = (json!({"type": "record", "id": "record-1"}), json!({"type": "record", "id": "record-2"}));
    let (read, write) = (json!({"name": "read"}), json!({"name": "write"}));
    for (batch, want) in [
        (
            json!({"subject": alice, "action": read, "evaluations": [{"resource": r1}, {"resource": r2}]}),
            vec![true, true],
        ),
        (
            json!({"subject": bob, "resource": r1, "evaluations": [{"action": read}, {"action": write}]}),
            vec![true, false],
        ),
        (
            json!({"subject": alice, "action": write, "evaluations": [
                {"resource": record("record-1", "active")}, {"resource": record("record-2", "archived")}]}),
            vec![true, false],
        ),
        (
            json!({"action": write, "resource": record("record-2", "archived"), "evaluations": [{"subject": alice}, {"subject": admin}]}),
            vec![false, true],
        ),
        (
            json!({"evaluations": [asks("alice", "read", "record-1"), asks("bob", "write", "record-1")]}),
            vec![true, false],
        ),
        (
            json!({"subject": alice, "action": read, "context": {"time": "2025-06-27T18:03-07:00"}, "evaluations": [
                {"resource": r1}, {"resource": r2, "context": {"time": "2025-06-27T19:00-07:00", "source": "batch-override"}}]}),
            vec![true, true],
        ),
        (
            json!({"subject": alice, "action": write, "resource": {"type": "record"}, "evaluations": [
                {"resource": {"id": "record-1", "properties": {"status": "active"}}}, {"resource": record("record-2", "archived")}]}),
            vec![true, false],
        ),
    ] {
        assert_eq!(decisions(&app.post(PATH, &key, &batch).await.ok()), want, "{batch}");
    }
}

#[tokio::test]
async fn an_item_that_is_none_is_denied_and_the_others_are_answered() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let batch = json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}, "evaluations": [
        {"resource": {"type": "record", "id": "record-1"}}, {}, "x",
        {"resource": {"type": "record", "id": "record-1"}, "context": {"used": {}}}]});
    let reply = app.post(PATH, &key, &batch).await.ok();
    assert_eq!(decisions(&reply), [true, false, false, false]);
    let error = |n: usize| reply["evaluations"][n]["context"]["error"].clone();
    assert_eq!(error(1), json!({"status": 400, "message": "resource is missing"}));
    assert_eq!(error(2), json!({"status": 400, "message": "evaluations[2] must be an object"}));
    assert_eq!(error(3)["status"], 400);
}

#[tokio::test]
async fn without_items_it_is_one_question() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let mut one = asks("alice", "read", "record-1");
    assert_eq!(app.post(PATH, &key, &one).await.ok()["decision"], json!(true));
    one["evaluations"] = json!([]);
    assert_eq!(app.post(PATH, &key, &one).await.ok()["decision"], json!(true));
    for wrong in [json!({}), json!({"evaluations": {}}), json!({"evaluations": [{}], "options": []})] {
        assert_eq!(app.post(PATH, &key, &wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn short_circuits_return_a_shorter_list_and_ask_no_further() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let batch = |semantic: &str| {
        json!({"options": {"evaluations_semantic": semantic}, "evaluations": [
            asks("alice", "read", "record-1"), asks("bob", "write", "record-1"), asks("bob", "read", "record-1")]})
    };
    for (semantic, want) in [
        ("execute_all", vec![true, false, true]),
        ("deny_on_first_deny", vec![true, false]),
        ("permit_on_first_permit", vec![true]),
    ] {
        let before = app.fresh.gov.log_size().await.unwrap();
        let reply = app.post(PATH, &key, &batch(semantic)).await.ok();
        assert_eq!(decisions(&reply), want, "{semantic}");
        assert_eq!(app.fresh.gov.log_size().await.unwrap() - before, want.len() as u64, "{semantic}");
    }
    assert_eq!(app.post(PATH, &key, &batch("permit_all")).await.status, 400);
}

#[tokio::test]
async fn many_items_come_back_in_their_order() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let items: Vec<Value> = (0..200)
        .map(|n| if n % 3 == 0 { asks("bob", "write", "record-1") } else { asks("alice", "read", "record-1") })
        .collect();
    let request = post(PATH, &key).header("idempotency-key", "batch-1");
    let body = json!({ "evaluations": items }).to_string();
    let first = app.call(request.body(body.clone().into()).unwrap()).await.ok();
    assert_eq!(decisions(&first), (0..200).map(|n| n % 3 != 0).collect::<Vec<_>>());
    // the same batch with the same key is answered, item for item, from the record
    let size = app.fresh.gov.log_size().await.unwrap();
    let again = app.call(post(PATH, &key).header("idempotency-key", "batch-1").body(body.into()).unwrap()).await.ok();
    assert_eq!((again, app.fresh.gov.log_size().await.unwrap()), (first, size));
}

#[tokio::test]
async fn where_nothing_can_be_decided_the_whole_is_refused() {
    let app = TestApp::sealed().await;
    let key = app.gateway().await;
    let batch = json!({"evaluations": [asks("alice", "read", "record-1"), asks("bob", "read", "record-1")]});
    assert_eq!(app.post(PATH, &key, &batch).await.status, 503);
}
