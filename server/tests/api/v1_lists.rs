//! `GET /v1/decisions`, `/v1/grants`, `/v1/events`.
use crate::access_v1_evaluation::asks;
use crate::app::TestApp;
use axum::{body::Body, http::Request};
use governance::engine::Scope;
use serde_json::{Value, json};

async fn with_decisions(n: usize) -> (TestApp, String) {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Ask, Scope::Read]).await;
    for i in 0..n {
        app.fresh.clock.advance(chrono::TimeDelta::milliseconds(5));
        let subject = if i % 2 == 0 { "alice" } else { "bob" };
        app.post("/access/v1/evaluation", &key, &asks(subject, "write", "record-1")).await.ok();
    }
    (app, key)
}

/// Every page of a list, one after the other.
async fn pages(app: &TestApp, key: &str, path: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let join = if path.contains('?') { '&' } else { '?' };
        let from = after.as_ref().map_or_else(String::new, |a| format!("&after={a}"));
        let page = app.get(&format!("{path}{join}limit={limit}{from}"), key).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= limit);
        all.extend(items);
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return all,
        }
    }
}

#[tokio::test]
async fn decisions_come_newest_first_in_pages_that_neither_skip_nor_repeat() {
    let (app, key) = with_decisions(7).await;
    let whole = app.get("/v1/decisions", &key).await.ok();
    assert_eq!((whole["items"].as_array().unwrap().len(), &whole["next"]), (7, &json!(null)));
    assert_eq!(json!(pages(&app, &key, "/v1/decisions", 3).await), whole["items"]);
    let seqs: Vec<_> = whole["items"].as_array().unwrap().iter().map(|d| d["log_seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|w| w[0] > w[1]), "{seqs:?}");
    let denied = pages(&app, &key, "/v1/decisions?outcome=deny", 2).await;
    assert_eq!(denied.len(), 3);
    assert!(denied.iter().all(|d| d["subject"]["id"] == "bob" && d["reason"] == "no_rule"));
    assert_eq!(pages(&app, &key, "/v1/decisions?action=read", 2).await.len(), 0);
    assert_eq!(pages(&app, &key, "/v1/decisions?to=2026-11-21T09:00:00.011Z", 9).await.len(), 2);
}

#[tokio::test]
async fn events_are_the_log_from_its_beginning() {
    let (app, key) = with_decisions(3).await;
    let size = app.fresh.gov.log_size().await.unwrap();
    let events = pages(&app, &key, "/v1/events", 2).await;
    assert_eq!(events.len() as u64, size);
    assert_eq!(events[0]["leaf"]["kind"], json!("installation.created"));
    for (n, event) in events.iter().enumerate() {
        assert_eq!((&event["seq"], &event["leaf"]["seq"]), (&json!(n), &json!(n)));
        assert_eq!(event["leaf_hash"].as_str().unwrap().len(), 64);
    }
    let tail = app.get(&format!("/v1/events?after={}", size - 2), &key).await.ok();
    assert_eq!(tail["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn lines_come_where_lines_are_asked_for() {
    let (app, key) = with_decisions(3).await;
    let request = |path: &str| {
        Request::get(path)
            .header("authorization", format!("Bearer {key}"))
            .header("accept", "application/x-ndjson")
            .body(Body::empty())
            .unwrap()
    };
    let reply = app.call(request("/v1/decisions?limit=2")).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = reply.text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let next = format!("</v1/decisions?limit=2&after={}>; rel=\"next\"", lines[1]["id"].as_str().unwrap());
    assert_eq!(reply.header("link"), next);
    let rest = app.call(request(&next[1..next.find('>').unwrap()])).await;
    assert_eq!((rest.text.lines().count(), rest.header("link")), (1, ""));
}

#[tokio::test]
async fn a_mistyped_question_for_a_list_is_refused() {
    let (app, key) = with_decisions(0).await;
    for path in [
        "/v1/decisions?outcom=deny",
        "/v1/decisions?outcome=maybe",
        "/v1/decisions?after=grt_1",
        "/v1/decisions?from=yesterday",
        "/v1/decisions?limit=0",
        "/v1/grants?state=gone",
        "/v1/grants?identity=alice",
        "/v1/events?after=x",
    ] {
        app.get(path, &key).await.problem(400);
    }
    assert_eq!(app.get("/v1/grants?state=active", &key).await.ok(), json!({"items": [], "next": null}));
}
