//! Two independent testers of SCIM servers (PyPI: scim2-cli, scim-sanity) call a live server. `scripts/judges.sh` installs them and
//! says where they are; with `REQUIRE_JUDGES` their absence is a failure.
//!
//! | what differs | why |
//! |---|---|
//! | scim2-cli does not see `agentExtension` of `/ServiceProviderConfig` here | its models refuse any attribute there that RFC 7643 §5 does not have, and stop; draft-abbey-scim-agent-extension adds this one |
//! | scim-sanity: `PATCH /Groups/{id} add member` | it adds `fake-member-id`: a group of approvers has no members who are nobody. The refusal is looked at |
use super::Client;
use crate::app::TestApp;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use governance::on_every_database;
use governance::testkit::Fresh;
use std::process::{Command, Output};

on_every_database! {
    scim2_cli_finds_nothing_wrong
    scim_sanity_finds_nothing_wrong
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the judges are")]
fn judge(name: &str) -> Option<String> {
    let judge = std::env::var(name).ok();
    assert!(judge.is_some() || std::env::var("REQUIRE_JUDGES").is_err(), "REQUIRE_JUDGES is set, {name} is not");
    if judge.is_none() {
        eprintln!("skipped: {name} is not set (scripts/judges.sh)");
    }
    judge
}

/// Serves on a port of this machine until the test ends, and runs a command against it.
async fn judged(router: Router, command: impl FnOnce(&str) -> Command) -> (Option<i32>, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut command = command(&url);
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.env("NO_COLOR", "1").output().unwrap()).await.unwrap();
    serving.abort();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

async fn scim2_cli_finds_nothing_wrong(t: Fresh) {
    let Some(scim2) = judge("SCIM2_CLI") else { return };
    let app = TestApp::over(t);
    let key = Client::new(&app).await.key;
    let router = app.router().layer(from_fn(without_agent_extension));
    let (code, said) = judged(router, |url| {
        let mut command = Command::new(scim2);
        command.args(["--url", url, "test"]).env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {key}"));
        command
    })
    .await;
    let count = |word: &str| said.lines().filter(|l| l.starts_with(word)).count();
    assert!(count("ERROR") + count("CRITICAL") + count("DEVIATION") == 0 && code == Some(0), "{code:?}\n{said}");
    // as many as there are attributes and endpoints: a tester that looked at nothing finds nothing wrong either
    assert!(count("SUCCESS") > 100, "{said}");
}

/// What the tester's model of `/ServiceProviderConfig` knows.
async fn without_agent_extension(request: Request, next: Next) -> Response {
    let service = request.uri().path().ends_with("/ServiceProviderConfig");
    let response = next.run(request).await;
    if !service || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let mut it: serde_json::Value = serde_json::from_slice(&to_bytes(body, 1 << 20).await.unwrap()).unwrap();
    assert!(it.as_object_mut().unwrap().remove("agentExtension").is_some());
    parts.headers.remove("content-length");
    Response::from_parts(parts, Body::from(it.to_string()))
}

async fn scim_sanity_finds_nothing_wrong(t: Fresh) {
    let Some(sanity) = judge("SCIM_SANITY") else { return };
    let app = TestApp::over(t);
    let key = Client::new(&app).await.key;
    let (_, said) = judged(app.router(), |url| {
        let mut command = Command::new(sanity);
        command.args(["probe", url, "--token", &key, "--i-accept-side-effects"]);
        command
    })
    .await;
    let lines = || said.lines().map(str::trim);
    let wrong: Vec<_> =
        lines().filter(|l| ["[FAIL]", "[ERROR]", "[WARN]"].iter().any(|mark| l.starts_with(mark))).collect();
    assert_eq!(wrong, ["[FAIL] PATCH /Groups/{id} add member"], "{said}");
    assert!(lines().any(|l| l == "Expected 200, got 400"), "{said}");
    assert!(lines().filter(|l| l.starts_with("[PASS]")).count() >= 36, "{said}");
}
