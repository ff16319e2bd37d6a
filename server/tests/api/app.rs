//! An installation with its router, called in-process.
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use governance::{
    engine::{Actor, Role, Scope, escalations::Cast, identities::NewIdentity, keys::NewKey, people::NewPerson},
    escalation::{ReasonCode, StepUp, Verdict},
    id::{EscalationId, IdentityId, KeyId, PersonId},
    log::event::{Event, EventKind},
    policy::bundle::Bundle,
    store,
    testkit::Fresh,
};
use serde_json::Value;
use server::{
    config::Address,
    router,
    state::{AppState, CookieKey},
};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use tower::ServiceExt as _;

pub const URL: &str = "https://cs.example";

pub struct TestApp {
    pub fresh: Fresh,
    /// Told that the process ends.
    pub ending: std::sync::Arc<tokio::sync::watch::Sender<bool>>,
    router: Router,
}

impl TestApp {
    /// On SQLite with the bundle of AuthZEN's certification scenario.
    pub async fn new() -> Self {
        let app = Self::sealed().await;
        app.activate("../server/tests/bundles/records").await;
        app
    }

    /// Without a bundle.
    pub async fn sealed() -> Self {
        Self::over(Fresh::sqlite().await)
    }

    pub fn over(fresh: Fresh) -> Self {
        let address = Address::parse(URL).unwrap();
        let state = AppState::new(fresh.gov.clone(), address, CookieKey(Arc::new([7; 64])));
        Self { fresh, ending: std::sync::Arc::clone(&state.ending), router: router(state) }
    }

    /// Its router, to be served for others to call.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Activates a bundle; `folder` is relative to the crate `governance`.
    pub async fn activate(&self, folder: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../governance").join(folder);
        let files = Bundle::read_dir(&root).expect("the folder");
        let bundle = Bundle::from_files(&files).expect("a bundle without faults");
        let texts = files.into_iter().map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap())).collect();
        let mut w = self.fresh.gov.write(&self.fresh.operator()).await.unwrap();
        let at = w.at();
        store::policies::insert(&mut w.tx, bundle.hash(), "test", &texts, "test", at).await.unwrap();
        let (_, version) = store::policies::active(&mut w.tx).await.unwrap();
        store::policies::activate(&mut w.tx, bundle.hash(), version).await.unwrap();
        w.append(Event::new(EventKind::PolicyActivated, "test")).await.unwrap();
        w.commit().await.unwrap();
    }

    /// With the bundle that every installation starts with.
    pub async fn baseline() -> Self {
        let app = Self::sealed().await;
        app.fresh.gov.policy_install().await.unwrap().expect("a first bundle");
        app
    }

    /// Registers an active agent.
    pub async fn agent(&self, name: &str) -> IdentityId {
        let new = NewIdentity::named(name, governance::identity::Kind::Agent);
        self.fresh.gov.identity_add(&self.fresh.operator(), new).await.unwrap().id
    }

    /// Somebody who decides for a group.
    pub async fn approver(&self, name: &str, group: &str) -> PersonId {
        let new = NewPerson {
            email: format!("{name}@example.com"),
            name: name.into(),
            roles: [Role::Approver].into(),
            groups: [group.to_owned()].into(),
            manager: None,
        };
        self.fresh.gov.person_add(&self.fresh.operator(), new).await.unwrap().id
    }

    /// Casts a vote with the care that a card of the tier `high` asks for.
    pub async fn vote(&self, person: PersonId, task: &str, verdict: Verdict) {
        let ctx = self.fresh.gov.ctx(Actor::Person { id: person, roles: [Role::Approver].into() });
        let id: EscalationId = task.parse().unwrap();
        let shown = self.fresh.gov.escalation_get(&ctx, id).await.unwrap();
        let cast = Cast {
            verdict,
            seat: None,
            digest: shown.record.escalation.digest.clone(),
            card_version: shown.record.escalation.card_version,
            code: Some(if verdict == Verdict::Approve { ReasonCode::Planned } else { ReasonCode::NotExpected }),
            reason: Some("agreed with the team this morning".into()),
            shown_at: Some(self.fresh.gov.now() - chrono::TimeDelta::seconds(30)),
            echo: shown.echo.map(|(_, value)| value),
            step_up: Some(StepUp::OneTimeLink),
        };
        self.fresh.gov.escalation_vote(&ctx, id, cast).await.unwrap();
    }

    pub fn wait(&self, seconds: i64) {
        self.fresh.clock.advance(chrono::TimeDelta::seconds(seconds));
    }

    /// A key with these scopes; `None`: a gateway's for any subject.
    pub async fn key(&self, identity: Option<IdentityId>, scopes: &[Scope]) -> (KeyId, String) {
        self.key_for(identity, scopes, &[]).await
    }

    pub async fn key_for(&self, identity: Option<IdentityId>, scopes: &[Scope], patterns: &[&str]) -> (KeyId, String) {
        let new = NewKey {
            identity,
            name: "test".into(),
            patterns: patterns.iter().map(|p| (*p).to_owned()).collect(),
            scopes: scopes.iter().copied().collect::<BTreeSet<_>>(),
            submits: identity.is_some(),
            expires_at: None,
        };
        let made = self.fresh.gov.key_create(&self.fresh.operator(), new).await.unwrap();
        (made.id, made.secret)
    }

    /// A gateway's key for any subject.
    pub async fn gateway(&self) -> String {
        self.key(None, &[Scope::Ask, Scope::Act]).await.1
    }

    pub async fn call(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 8 << 20).await.unwrap();
        Reply { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn bytes(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        (response.status(), to_bytes(response.into_body(), 8 << 20).await.unwrap().to_vec())
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.call(post(path, key).body(body.to_string().into()).unwrap()).await
    }

    pub async fn put(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = Request::put(path).header("authorization", format!("Bearer {key}"));
        self.call(request.header("content-type", "application/json").body(body.to_string().into()).unwrap()).await
    }

    pub async fn get(&self, path: &str, key: &str) -> Reply {
        let request = Request::get(path).header("authorization", format!("Bearer {key}"));
        self.call(request.body(Body::empty()).unwrap()).await
    }
}

/// A JSON post with a key.
pub fn post(path: &str, key: &str) -> axum::http::request::Builder {
    Request::post(path).header("authorization", format!("Bearer {key}")).header("content-type", "application/json")
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text))
    }
    /// The body of a 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
    /// What was refused, in words of an RFC 9457 document of that status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(
            (self.status.as_u16(), self.header("content-type")),
            (status, "application/problem+json"),
            "{}",
            self.text
        );
        let problem = self.json();
        assert_eq!(problem["status"], status);
        problem["detail"].as_str().unwrap().to_owned()
    }
}
