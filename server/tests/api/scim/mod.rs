//! `/scim/v2` (RFC 7644): what identity providers provision, and what it means for decisions.
mod agents;
mod changes;
mod groups;
mod judges;
mod listing;
mod refusals;
mod users;

use crate::app::{Reply, TestApp};
use axum::{body::Body, http::Request};
use governance::engine::{Scope, keys::NewKey};
use serde_json::{Value, json};

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const AGENT: &str = "urn:ietf:params:scim:schemas:core:2.0:Agent";

/// A client with a key for provisioning.
pub struct Client<'a> {
    pub app: &'a TestApp,
    pub key: String,
}

impl<'a> Client<'a> {
    pub async fn new(app: &'a TestApp) -> Self {
        Self::named(app, "okta").await
    }

    /// With a key of this name.
    pub async fn named(app: &'a TestApp, name: &str) -> Self {
        let new = NewKey {
            identity: None,
            name: name.into(),
            patterns: vec![],
            scopes: [Scope::Provision].into(),
            submits: false,
            expires_at: None,
        };
        let made = app.fresh.gov.key_create(&app.fresh.operator(), new).await.unwrap();
        Self { app, key: made.secret }
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>, if_match: Option<&str>) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("/scim/v2{path}"));
        request = request.header("authorization", format!("Bearer {}", self.key));
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        if body.is_some() {
            request = request.header("content-type", "application/scim+json");
        }
        let body = body.map_or_else(Body::empty, |b| Body::from(b.to_string()));
        self.app.call(request.body(body).unwrap()).await
    }
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, None).await
    }
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body), None).await
    }
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body), None).await
    }
    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None, None).await
    }
    pub async fn patch(&self, path: &str, operations: Value) -> Reply {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        self.send("PATCH", path, Some(&body), None).await
    }
    /// Makes one, which must work.
    #[track_caller]
    pub fn made(reply: &Reply) -> Value {
        assert_eq!(reply.status, 201, "{}", reply.text);
        let it = reply.json();
        assert_eq!(reply.header("content-type"), "application/scim+json");
        assert_eq!(reply.header("location"), it["meta"]["location"]);
        assert_eq!(reply.header("etag"), it["meta"]["version"]);
        it
    }
    pub async fn user(&self, email: &str) -> String {
        let reply = self.post("/Users", &user(email)).await;
        Self::made(&reply)["id"].as_str().unwrap().to_owned()
    }
    pub async fn events(&self) -> usize {
        let mut tx = self.app.fresh.gov.read().await.unwrap();
        let events = governance::store::events::after(&mut tx, -1, 10_000).await.unwrap();
        events.len()
    }
}

pub fn user(email: &str) -> Value {
    json!({ "schemas": [USER], "userName": email, "displayName": "Ana Ruiz" })
}
pub fn agent(name: &str) -> Value {
    json!({ "schemas": [AGENT], "name": name })
}

/// A refusal in SCIM's form.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, scim_type: Option<&str>) -> String {
    assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/scim+json");
    let body = reply.json();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{}", reply.text);
    body["detail"].as_str().unwrap().to_owned()
}
