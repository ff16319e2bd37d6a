//! What must hold of every address of the API, those included that are added later.
use crate::app::TestApp;
use axum::{
    body::Body,
    http::{Method, Request},
};
use governance::engine::Scope;
use serde_json::Value;
use server::api::{openapi, routes};
use std::collections::BTreeSet;

/// Addresses that are open to everybody: metadata, and the log for witnesses (interfaces.md). This list only shrinks.
const PUBLIC: [&str; 4] =
    ["/.well-known/authzen-configuration", "/v1/openapi.json", "/log/checkpoint", "/log/tile/{*path}"];

/// An address as somebody would call it.
fn filled(path: &str) -> String {
    let id = "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b";
    let prefix = match path {
        path if path.contains("/grants/") => "grt",
        path if path.contains("/runs/") => "run",
        _ => "esc",
    };
    let path = path.replace("{name}", "deploys");
    let path = path.replace("{kind}", "Users");
    path.replace("{id}", &format!("{prefix}_{id}")).replace("{source}", "mcp-config").replace("{*path}", "0/000")
}

#[tokio::test]
async fn every_address_refuses_strangers() {
    let app = TestApp::new().await;
    for route in routes::listed() {
        assert_eq!(route.public, PUBLIC.contains(&route.path), "{}", route.path);
        if route.public {
            continue;
        }
        for authorization in [None, Some("Bearer csk_nobody"), Some("Basic dXNlcjpwYXNz")] {
            let mut request = Request::builder().method(&route.method).uri(filled(route.path));
            request = request.header("cookie", "__Host-countersign=x; countersign=x");
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let reply = app.call(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, 401, "{} {} {authorization:?}: {}", route.method, route.path, reply.text);
            // where a signature counts, nothing is said of what would do
            let challenged = reply.header("www-authenticate").starts_with("Bearer ");
            assert_eq!(challenged, !route.signed, "{}", route.path);
        }
    }
}

#[tokio::test]
async fn every_address_refuses_a_key_without_its_scope() {
    let app = TestApp::new().await;
    let ((_, task), (_, import)) = (app.key(None, &[Scope::Task]).await, app.key(None, &[Scope::Import]).await);
    for route in routes::listed().into_iter().filter(|r| !r.public && !r.signed) {
        let key = if route.path.starts_with("/v1/tasks") { &import } else { &task };
        refused(&app, &route, key).await;
    }
}

#[tokio::test]
async fn provisioning_and_everything_else_take_keys_of_their_own() {
    let app = TestApp::new().await;
    let (_, provision) = app.key(None, &[Scope::Provision]).await;
    let every: Vec<_> = Scope::ALL.into_iter().filter(|s| *s != Scope::Provision).collect();
    let (_, other) = app.key(None, &every).await;
    let routes = routes::listed().into_iter().filter(|r| !r.public && !r.signed);
    let (scim, rest): (Vec<_>, Vec<_>) = routes.partition(|r| r.path.starts_with("/scim/"));
    assert!(!scim.is_empty() && !rest.is_empty());
    for route in scim {
        refused(&app, &route, &other).await;
    }
    for route in rest {
        refused(&app, &route, &provision).await;
    }
}

async fn refused(app: &TestApp, route: &routes::Route, key: &str) {
    let request = Request::builder()
        .method(&route.method)
        .uri(filled(route.path))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json");
    let body = if route.method == Method::GET { Body::empty() } else { sample(route.path).into() };
    let reply = app.call(request.body(body).unwrap()).await;
    assert_eq!(reply.status, 403, "{} {}: {}", route.method, route.path, reply.text);
}

/// A body whose form is right, so that the scope is what is refused.
fn sample(path: &str) -> String {
    let question = r#"{"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
        "resource": {"type": "record", "id": "record-1"},
        "denial": {"evaluation_id": "dec_0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "expires_at": "2026-11-21T09:00:00Z"}}"#;
    let body = match path {
        "/v1/actions" => r#"{"outcome": "done"}"#,
        "/v1/revocations" => r#"{"target": {"kind": "everything"}, "reason": "test"}"#,
        "/v1/tasks" => r#"{"ref": "T-1", "purpose": "test", "agent": {"type": "agent", "id": "a"}}"#,
        path if path.starts_with("/v1/tasks/") => r#"{"reason": "test"}"#,
        path if path.contains("/grants/") || path.contains("/resources/") || path.ends_with("/cancel") => "{}",
        _ => question,
    };
    body.to_owned()
}

#[tokio::test]
async fn no_key_and_no_scope_takes_the_place_of_a_signature() {
    let app = TestApp::new().await;
    let signed: Vec<_> = routes::listed().into_iter().filter(|r| r.signed).collect();
    assert!(!signed.is_empty());
    for route in signed {
        let every: Vec<_> = Scope::ALL.into_iter().filter(|s| *s != Scope::Provision).collect();
        let (_, key) = app.key(None, &every).await;
        let reply = app.post(&filled(route.path), &key, &serde_json::json!({})).await;
        assert_eq!(reply.status, 401, "{}: {}", route.path, reply.text);
    }
}

#[tokio::test]
async fn every_address_is_described_and_nothing_else_is() {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
    let mut described = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            described.insert((method.to_uppercase(), path.clone()));
            assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}: named twice");
            assert!(operation["responses"].as_object().is_some_and(|r| !r.is_empty()), "{path}");
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            let route = routes::listed()
                .into_iter()
                .find(|r| r.path.replace("{*", "{") == *path && r.method.as_str() == method.to_uppercase());
            assert!(route.is_none_or(|r| !open || r.public), "{path}: open in the document alone");
        }
    }
    let there: BTreeSet<_> =
        routes::listed().into_iter().map(|r| (r.method.to_string(), r.path.replace("{*", "{"))).collect();
    assert_eq!(described, there);
}

#[tokio::test]
async fn what_the_document_refers_to_is_in_it() {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
    fn references(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                into.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|v| references(v, into));
            }
            Value::Array(items) => items.iter().for_each(|v| references(v, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    references(&document, &mut all);
    assert!(all.len() > 50);
    for reference in all {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_form_of_its_group() {
    let app = TestApp::new().await;
    let key = app.gateway().await;
    let v1 = app.get("/v1/nothing", &key).await;
    assert!(v1.problem(404).contains("openapi"));
    assert_eq!(app.get("/access/v1/nothing", &key).await.status, 404);
    let wrong_method = app.get("/v1/revocations", &key).await;
    wrong_method.problem(405);
}
