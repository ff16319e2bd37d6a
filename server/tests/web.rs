//! What a browser meets, without a browser: sessions, forms, headers, health.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::TimeDelta;
use governance::{
    error::Kind,
    log::event::{Event, EventKind},
    testkit::Fresh,
};
use server::{
    config::Address,
    router,
    state::{AppState, CookieKey},
};
use std::{net::SocketAddr, sync::Arc};
use tower::ServiceExt as _;

/// A console with one browser that keeps its cookie.
struct App {
    fresh: Fresh,
    router: Router,
    peer: SocketAddr,
    cookie: Option<String>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

impl App {
    async fn new() -> Self {
        Self::at(Address { url: "http://127.0.0.1:3000".into(), https: false, configured: false, base: "" }).await
    }
    async fn at(address: Address) -> Self {
        let fresh = Fresh::sqlite().await;
        let state = AppState::new(fresh.gov.clone(), address, CookieKey(Arc::new([7; 64])));
        Self { fresh, router: router(state), peer: "127.0.0.1:5000".parse().unwrap(), cookie: None }
    }
    async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:3000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for set in headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            if pair.contains("countersign=") {
                self.cookie = Some(pair).filter(|p| !p.ends_with('='));
            }
        }
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], "").await
    }
    /// As our own form would.
    async fn post(&mut self, path: &str, body: &str) -> Answer {
        let headers = [
            ("accept", "text/html"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("referer", "http://127.0.0.1:3000/settings"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }
    async fn link(&self) -> String {
        format!("/sign-in/{}", self.fresh.gov.first_link().await.unwrap().unwrap().token)
    }
    async fn signed_in() -> Self {
        let mut app = Self::new().await;
        let link = app.link().await;
        assert_eq!(app.post(&link, "").await.header(header::LOCATION), "/");
        app
    }
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let mut app = App::new().await;
    let link = app.link().await;
    for _ in 0..3 {
        let page = app.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("<button"), "{}", page.body);
    }
    assert!(app.cookie.is_none(), "nobody is signed in by looking");
    app.post(&link, "").await;
    assert_eq!(app.get("/settings").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_used_twice_or_late_or_invented_leads_to_a_page_that_says_so() {
    let mut app = App::new().await;
    let (first, second) = (app.link().await, app.link().await);
    app.post(&first, "").await;
    assert_eq!(app.post(&first, "").await.header(header::LOCATION), "/sign-in?problem=used");
    app.fresh.clock.advance(TimeDelta::minutes(15));
    assert_eq!(app.post(&second, "").await.header(header::LOCATION), "/sign-in?problem=late");
    assert_eq!(app.post("/sign-in/invented", "").await.header(header::LOCATION), "/sign-in?problem=unknown");
    app.cookie = None;
    let page = app.get("/sign-in?problem=late").await;
    assert!(page.body.contains("This link is too old."), "{}", page.body);
}

#[tokio::test]
async fn the_session_id_changes_when_somebody_signs_in() {
    let mut app = App::signed_in().await;
    let before = app.cookie.clone().unwrap();
    let person = app.fresh.operator();
    let id = {
        let mut tx = app.fresh.gov.read().await.unwrap();
        governance::store::sessions::admin(&mut tx).await.unwrap().unwrap()
    };
    let fresh = app.fresh.gov.link_create(&person, id).await.unwrap();
    app.post(&format!("/sign-in/{}?next=/settings", fresh.token), "").await;
    let after = app.cookie.clone().unwrap();
    assert_ne!(before, after);
    app.cookie = Some(before);
    assert_eq!(app.get("/settings").await.header(header::LOCATION), "/sign-in?problem=ended");
    app.cookie = Some(after);
    assert_eq!(app.get("/settings").await.status, StatusCode::OK);
}

/// Semantics.md, Fail closed: "console read-only with a banner; resumes by itself".
#[tokio::test]
async fn while_the_disk_is_full_the_console_is_looked_at_and_says_so() {
    const SAYS: &str = "The disk is full.";
    let mut app = App::signed_in().await;
    let (gov, ctx) = (app.fresh.gov.clone(), app.fresh.operator());
    assert!(!app.get("/settings").await.body.contains(SAYS));
    // no smaller than it is: from here on the file cannot grow, as far as this one connection writes
    gov.write(&ctx).await.unwrap().tx.one("pragma max_page_count = 1", &[]).await.unwrap();
    let write = async || -> governance::error::Result<u64> {
        let mut w = gov.write(&ctx).await?;
        let mut event = Event::new(EventKind::PeopleImported, "operator:test");
        event.payloads.insert("bytes", w.payload(&[7; 65_536]).await?);
        w.append(event).await?;
        w.commit().await
    };
    let refused = write().await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unavailable);
    let shown = app.get("/settings").await;
    assert_eq!(shown.status, StatusCode::OK, "people can look");
    assert!(shown.body.contains(SAYS), "{}", shown.body);
    // the next connection has no limit: there is room again, and it goes on by itself
    write().await.unwrap();
    assert!(!app.get("/settings").await.body.contains(SAYS));
}

#[tokio::test]
async fn a_cookie_that_was_touched_is_worth_nothing() {
    let mut app = App::signed_in().await;
    let good = app.cookie.clone().unwrap();
    for at in ["countersign=".len(), good.len() - 2] {
        let mut bad = good.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        app.cookie = Some(String::from_utf8(bad).unwrap());
        assert_eq!(app.get("/settings").await.status, StatusCode::SEE_OTHER, "changed at {at}");
    }
    app.cookie = Some(good);
    assert_eq!(app.get("/settings").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_idle_session_ends() {
    let mut app = App::signed_in().await;
    app.fresh.clock.advance(TimeDelta::minutes(30));
    assert_eq!(app.get("/settings").await.header(header::LOCATION), "/sign-in?problem=ended");
}

#[tokio::test]
async fn over_plain_http_only_this_machine_signs_in() {
    let mut app = App::new().await;
    let link = app.link().await;
    app.peer = "192.0.2.7:5000".parse().unwrap();
    assert_eq!(app.post(&link, "").await.header(header::LOCATION), "/sign-in?problem=insecure");
    app.peer = "127.0.0.1:5000".parse().unwrap();
    assert_eq!(app.post(&link, "").await.header(header::LOCATION), "/", "the link was not used up by that");
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let mut app = App::at(Address::parse("https://cs.example").unwrap()).await;
    app.peer = "192.0.2.7:5000".parse().unwrap();
    let link = app.link().await;
    let answer = app.post(&link, "").await;
    let cookie = answer.header(header::SET_COOKIE);
    for part in ["__Host-countersign=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    assert!(!cookie.contains("Domain"));
    assert!(answer.header(header::STRICT_TRANSPORT_SECURITY).contains("max-age"));
}

#[tokio::test]
async fn a_stranger_sees_nothing_and_a_key_is_refused() {
    let mut app = App::new().await;
    assert_eq!(app.get("/settings").await.header(header::LOCATION), "/sign-in");
    let answer = app.send(Method::GET, "/settings", &[], "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let mut app = App::signed_in().await;
    let answer = app.send(Method::GET, "/settings", &[("authorization", "Bearer csk_x")], "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_form_without_script_goes_back_to_its_page_and_says_what_was_wrong() {
    let mut app = App::signed_in().await;
    let saved = app.post("/_fn/settings/look", "theme=dark&density=compact&keys=on").await;
    assert_eq!((saved.status, saved.header(header::LOCATION)), (StatusCode::FOUND, "http://127.0.0.1:3000/settings"));
    let cookies: Vec<_> = saved.headers.get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|c| c.starts_with("theme=dark;")), "{cookies:?}");

    let refused = app.post("/_fn/settings/look", "theme=pink&density=compact").await;
    assert_eq!(refused.status, StatusCode::FOUND);
    let back = refused.header(header::LOCATION).strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    let page = app.get(&back).await;
    assert!(
        page.body.contains("role=\"alert\"") && page.body.contains("is none of system, light, dark"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let mut app = App::signed_in().await;
    for path in ["/settings", "/nothing", "/healthz", "/assets/none", "/sign-in"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::X_FRAME_OPTIONS), "DENY", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "same-origin", "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'; "), "{path}");
    }
    let (one, two) = (app.get("/settings").await, app.get("/settings").await);
    assert!(one.header(header::CONTENT_SECURITY_POLICY).contains("'nonce-"));
    assert_ne!(
        one.header(header::CONTENT_SECURITY_POLICY),
        two.header(header::CONTENT_SECURITY_POLICY),
        "a nonce is used once"
    );
    assert_eq!(app.get("/nothing/here").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_process_says_how_it_is() {
    let mut app = App::new().await;
    assert_eq!(app.get("/healthz").await.body, "ok\n");
    assert_eq!(app.get("/readyz").await.body, "ready\n");
    app.get("/sign-in/secret-token").await;
    let metrics = app.get("/metrics").await;
    assert!(metrics.body.contains("countersign_log_events 1\n"), "{}", metrics.body);
    assert!(metrics.body.contains("route=\"/sign-in/{token}\"") && !metrics.body.contains("secret-token"));
    app.fresh.gov.close().await;
    assert_eq!(app.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.get("/healthz").await.status, StatusCode::OK, "restarting would not mend the database");
}
