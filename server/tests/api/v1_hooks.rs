//! `POST /v1/hooks/{name}`: signed by the platform, over the raw body; nothing else lets it in.
use crate::app::{Reply, TestApp};
use axum::http::Request;
use governance::{
    engine::hooks::{MadeHook, NewHook},
    hook::Preset,
};
use hmac::{Hmac, Mac as _};
use serde_json::json;
use server::state::CookieKey;
use sha2::Sha256;
use std::sync::Arc;

const CREATED: &str = include_str!("../../../governance/tests/fixtures/hooks/github-deployment.json");

async fn hook(app: &TestApp) -> MadeHook {
    let new = NewHook {
        name: "deploys".into(),
        preset: Preset::Github,
        agent: "invoice-07".into(),
        tools: ["refund.create".to_owned()].into(),
        data: Default::default(),
        ends_in_s: 3_600,
    };
    let root = CookieKey(Arc::new([7; 64])).hooks();
    app.fresh.gov.hook_add(&app.fresh.operator(), new, &root).await.unwrap()
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |text, b| format!("{text}{b:02x}"))
}

async fn send(app: &TestApp, event: &str, signatures: &[&str], body: &str) -> Reply {
    let mut request = Request::post("/v1/hooks/deploys")
        .header("content-type", "application/json")
        .header("x-github-event", event)
        .header("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958");
    for signature in signatures {
        request = request.header("x-hub-signature-256", *signature);
    }
    app.call(request.body(body.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn a_signed_delivery_opens_a_task_and_is_taken_once() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let secret = hook(&app).await.secret;
    let signed = signature(&secret, CREATED.as_bytes());
    let open = send(&app, "deployment", &[&signed], CREATED).await;
    assert_eq!(open.status, 201, "{}", open.text);
    let said = open.json();
    let task = &said["task"];
    assert_eq!((&said["done"], &task["ref"]), (&json!("opened"), &json!("deployment-145988746")));
    assert_eq!((&task["identity"], &task["opened_by"]), (&json!(agent), &json!("hook:deploys")));
    assert_eq!(task["tools"], json!(["refund.create"]));
    let again = send(&app, "deployment", &[&signed], CREATED).await;
    assert_eq!((again.status.as_u16(), again.json()), (201, said));
    let ping = "{\"zen\": \"Keep it logically awesome.\"}";
    let reply = send(&app, "ping", &[&signature(&secret, ping.as_bytes())], ping).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["done"]), (202, &json!("nothing")));
}

#[tokio::test]
async fn what_is_not_signed_is_refused_before_it_is_read() {
    let app = TestApp::baseline().await;
    app.agent("invoice-07").await;
    let secret = hook(&app).await.secret;
    let good = signature(&secret, CREATED.as_bytes());
    let size = app.fresh.gov.log_size().await.unwrap();
    for (signatures, body) in [
        (&[][..], CREATED),
        (&["sha256=00"], CREATED),
        (&[good.as_str()], "{}"),
        (&[good.as_str()], "no JSON at all"),
        // two of them: a proxy and we might look at different ones
        (&[good.as_str(), good.as_str()], CREATED),
    ] {
        let refused = send(&app, "deployment", signatures, body).await;
        assert_eq!(refused.problem(401), "not accepted", "{signatures:?} {body}");
    }
    let wrong = "no JSON at all";
    let read = send(&app, "deployment", &[&signature(&secret, wrong.as_bytes())], wrong).await;
    assert!(read.problem(400).contains("application/json"));
    let large = format!("{{\"x\": \"{}\"}}", "y".repeat(256 * 1024));
    send(&app, "deployment", &[&signature(&secret, large.as_bytes())], &large).await.problem(413);
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), size);
}
