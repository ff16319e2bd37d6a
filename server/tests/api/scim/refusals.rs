//! Whom and what SCIM refuses, always in its own form.
use super::{Client, USER, refused, user};
use crate::app::{TestApp, post};
use axum::{body::Body, http::Request};
use governance::engine::{Scope, keys::NewKey};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::json;

on_every_database! {
    only_a_key_for_provisioning_is_let_in
    a_body_that_is_no_resource_is_refused
}

async fn only_a_key_for_provisioning_is_let_in(t: Fresh) {
    let app = TestApp::over(t);
    let stranger = app.call(Request::get("/scim/v2/Users").body(Body::empty()).unwrap()).await;
    refused(&stranger, 401, None);
    assert!(stranger.header("www-authenticate").starts_with("Bearer "));
    let c = Client::new(&app).await;
    let key = app.fresh.gov.key_list(&app.fresh.operator(), None).await.unwrap().remove(0);
    app.fresh.gov.key_revoke(&app.fresh.operator(), key.id).await.unwrap();
    assert!(refused(&c.get("/Users").await, 401, None).contains("revoked"));
    let (_, import) = app.key(None, &[Scope::Import]).await;
    refused(&Client { app: &app, key: import }.get("/Users").await, 403, None);
    let both = NewKey {
        identity: None,
        name: "okta".into(),
        patterns: vec![],
        scopes: [Scope::Provision, Scope::Read].into(),
        submits: false,
        expires_at: None,
    };
    let why = app.fresh.gov.key_create(&app.fresh.operator(), both).await.unwrap_err();
    assert!(why.detail.contains("nothing else"), "{why}");
}

async fn a_body_that_is_no_resource_is_refused(t: Fresh) {
    let app = TestApp::over(t);
    let c = Client::new(&app).await;
    let before = c.events().await;
    for (body, scim_type) in [
        (json!({"not": "one"}), "invalidSyntax"),
        (json!([]), "invalidSyntax"),
        (json!({"schemas": [super::GROUP], "userName": "a@b.example"}), "invalidSyntax"),
        (json!({"schemas": [USER]}), "invalidValue"),
        (json!({"schemas": [USER], "userName": 7}), "invalidValue"),
        (json!({"schemas": [USER], "userName": "no-address"}), "invalidValue"),
        (json!({"schemas": [USER], "userName": "x", "emails": [{"type": "work"}]}), "invalidValue"),
        (json!({"schemas": [USER], "userName": "a@b.example", "active": "perhaps"}), "invalidValue"),
        (json!({"schemas": [USER], "userName": "a@b.example", "displayName": "a\u{202e}b"}), "invalidValue"),
    ] {
        refused(&c.post("/Users", &body).await, 400, Some(scim_type));
    }
    let large = "x".repeat((1 << 20) + 1);
    let large = post("/scim/v2/Users", &c.key).body(Body::from(large)).unwrap();
    refused(&app.call(large).await, 413, None);
    let kind = Request::post("/scim/v2/Users").header("authorization", format!("Bearer {}", c.key));
    let text = kind.header("content-type", "text/plain").body(Body::from(user("a@b.example").to_string())).unwrap();
    refused(&app.call(text).await, 400, Some("invalidSyntax"));
    refused(&c.get("/Me").await, 501, None);
    refused(&c.post("/Bulk", &json!({})).await, 501, None);
    refused(&c.get("/Nothing").await, 404, None);
    refused(&c.get("/Users/nobody").await, 404, None);
    refused(&c.get("/Users/a/b/c").await, 404, None);
    refused(&c.delete("/Schemas").await, 405, None);
    assert_eq!(c.events().await, before, "what is refused leaves nothing");
}
