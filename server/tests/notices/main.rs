//! Notices over real sockets: they arrive, once they can, signed, without anything to decide by.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#[path = "../api/app.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod app;
mod listeners;

use app::{TestApp, URL};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use governance::{
    Governance,
    engine::{Scope, page::Want, people::PersonChange},
    escalation::Verdict,
    id::PersonId,
    person::Status,
    testkit::Fresh,
};
use hmac::{Hmac, Mac as _};
use listeners::{Post, Posted, Web};
use serde_json::{Value, json};
use server::{
    config::{Address, Notices},
    notices::{
        post::Poster,
        send::Sender,
        settings::Settings,
        target::{Allowed, Reach, Target},
    },
    router,
    state::{AppState, CookieKey},
};
use sha2::{Digest as _, Sha256};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const SECRET: [u8; 25] = *b"a secret of 25 bytes here";

/// An installation whose agent may ask, and what is said of notices.
struct Scene {
    app: TestApp,
    own: String,
    anna: PersonId,
    ben: PersonId,
    said: Notices,
}

impl Scene {
    async fn new(said: Notices) -> Self {
        let app = TestApp::baseline().await;
        let agent = app.agent("invoice-07").await;
        let anna = app.approver("anna", "finance-ops").await;
        let ben = app.approver("ben", "finance-ops").await;
        let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
        Self { app, own, anna, ben, said }
    }
    fn sender(&self) -> Sender {
        Sender::new(Settings::read(&self.said).unwrap(), Address::parse(URL).unwrap()).unwrap()
    }
    fn gov(&self) -> &Governance {
        &self.app.fresh.gov
    }
    /// The id of the card that was opened.
    async fn escalate(&self, amount: i64) -> String {
        let question = json!({
            "subject": {"type": "agent", "id": "invoice-07"},
            "action": {"name": "refund.create", "properties": {"amount_minor": amount, "currency": "EUR"}},
            "resource": {"type": "account", "id": "stripe:test"},
            "context": {"justification": "<https://evil.example|APPROVE NOW>"},
        });
        let answer = self.app.post("/access/v1/evaluation", &self.own, &question).await.ok();
        answer["context"]["task"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
    async fn findings(&self) -> Vec<String> {
        let ctx = self.app.fresh.operator();
        let all = self.gov().finding_list(&ctx, &Default::default(), &Want::default()).await.unwrap();
        all.items.into_iter().map(|f| f.found.subject).filter(|s| s.starts_with("channel:")).collect()
    }
}

fn webhook(web: &Web, format: &str) -> Notices {
    Notices {
        webhook_url: Some(format!("{}/in?team=a", web.url)),
        webhook_format: Some(format.into()),
        webhook_secret: Some(format!("whsec_{}", STANDARD.encode(SECRET))),
        ..Notices::default()
    }
}

/// The signature as the standard says, made without any code of ours.
fn signature(secret: &[u8], posted: &Posted) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{}.{}.", posted.header("webhook-id"), posted.header("webhook-timestamp")).as_bytes());
    mac.update(&posted.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_signed_webhook_is_tried_again_after_500_and_after_a_restart_and_never_twice() {
    let web = Web::start(&["500 Oops", "302 Found"]).await;
    let scene = Scene::new(webhook(&web, "signed")).await;
    let id = scene.escalate(482_000).await;
    assert_eq!(scene.sender().round(scene.gov()).await.unwrap(), 1);
    assert_eq!(scene.sender().round(scene.gov()).await.unwrap(), 0, "not at once again");
    scene.app.wait(5);
    assert_eq!(scene.sender().round(scene.gov()).await.unwrap(), 1);
    // another process goes on where this one was
    let again = scene.app.fresh.again().await;
    scene.app.wait(20);
    assert_eq!(scene.sender().round(&again).await.unwrap(), 1);
    scene.app.wait(600);
    assert_eq!(scene.sender().round(&again).await.unwrap(), 0);
    let seen = web.seen();
    assert_eq!(seen.len(), 3, "a redirect is not followed, and what arrived is not sent again");
    for posted in &seen {
        assert_eq!(posted.first_line, "POST /in?team=a HTTP/1.1");
        assert_eq!(posted.header("webhook-signature"), signature(&SECRET, posted));
        assert_eq!(posted.header("webhook-id"), seen[0].header("webhook-id"), "one message");
        assert_eq!(posted.body, seen[0].body);
        assert_eq!(posted.header("content-type"), "application/cloudevents+json; charset=utf-8");
        assert!(posted.header("authorization").is_empty() && posted.header("cookie").is_empty());
    }
    assert_ne!(seen[0].header("webhook-timestamp"), seen[2].header("webhook-timestamp"));
    let mut other = seen[0].clone();
    other.body.push(b' ');
    assert_ne!(seen[0].header("webhook-signature"), signature(&SECRET, &other));

    let said = seen[0].json();
    assert_eq!((&said["specversion"], &said["type"]), (&json!("1.0"), &json!("countersign.escalation.opened.v1")));
    assert_eq!((&said["id"], &said["subject"]), (&json!(seen[0].header("webhook-id")), &json!(id)));
    assert_eq!(said["data"]["link"], json!(format!("{URL}/inbox/{id}")));
    let shown = scene.gov().escalation_get(&scene.app.fresh.operator(), id.parse().unwrap()).await.unwrap();
    let prefix = said["data"]["digest_prefix"].as_str().unwrap();
    assert!(prefix.len() == 12 && shown.record.escalation.digest.starts_with(prefix));
    let text = said.to_string();
    for absent in ["482000", "4,820", "evil.example", "APPROVE", "stripe:test", "vote", "token"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
}

#[tokio::test]
async fn owners_are_told_what_became_of_their_agents_with_the_page_to_open() {
    let (web, post) = (Web::start(&[]).await, Post::start().await);
    let said = Notices {
        smtp_url: Some(format!("smtp://{}", post.address)),
        smtp_from: Some("Countersign <cs@example.com>".into()),
        ..webhook(&web, "signed")
    };
    let scene = Scene::new(said).await;
    let (gov, operator) = (scene.gov(), scene.app.fresh.operator());
    let agent = gov.identity_find(&operator, "invoice-07").await.unwrap().id;
    gov.identity_own(&operator, agent, scene.anna, Some(scene.ben)).await.unwrap();
    for build in ["1", "2"] {
        let question = json!({
            "subject": {"type": "agent", "id": "invoice-07", "properties": {"build": build.repeat(64)}},
            "action": {"name": "refund.create", "properties": {"amount_minor": 100, "currency": "EUR"}},
            "resource": {"type": "account", "id": "stripe:test"},
        });
        scene.app.post("/access/v1/evaluation", &scene.own, &question).await.ok();
    }
    assert_eq!(scene.sender().round(gov).await.unwrap(), 3);
    let page = format!("{URL}/identities/{agent}");
    let posted = web.seen()[0].json();
    assert_eq!(posted["type"], json!("countersign.identity.build_changed.v1"));
    let data = json!({"identity": agent, "name": "invoice-07", "since": posted["data"]["since"], "link": page});
    assert_eq!(posted["data"], data);
    let left = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
    scene.app.wait(1);
    gov.person_change(&operator, scene.anna, left).await.unwrap();
    assert_eq!(scene.sender().round(gov).await.unwrap(), 2);
    assert_eq!(web.seen()[1].json()["type"], json!("countersign.owner.owner_changed.v1"));
    assert_eq!(web.seen()[1].json()["data"]["identities"], json!(["invoice-07"]));
    assert_eq!(scene.sender().round(gov).await.unwrap(), 0, "each once");
    let mails: Vec<_> = post.mails().into_iter().map(|m| (m.to, m.text.replace("=\n", ""))).collect();
    let subject = "Subject: invoice-07 runs another build: what it may do is suspended";
    for (to, text) in &mails[..2] {
        assert!(text.contains(subject) && text.contains(&page), "{to}: {text}");
        assert!(!text.contains("2222") && !text.contains("stripe"), "{text}");
    }
    let (to, text) = &mails[2];
    assert_eq!((mails.len(), to.as_str()), (3, "ben@example.com"));
    assert!(text.contains("Subject: The backup owner answers now for invoice-07") && text.contains(&page), "{text}");
}

#[tokio::test]
async fn chat_gets_plain_text_with_a_link_and_no_button() {
    let web = Web::start(&[]).await;
    let scene = Scene::new(Notices { webhook_secret: None, ..webhook(&web, "slack") }).await;
    let id = scene.escalate(482_000).await;
    scene.sender().round(scene.gov()).await.unwrap();
    let said = web.seen()[0].json();
    let members: std::collections::BTreeSet<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        Vec::from_iter(members),
        ["mrkdwn", "text", "unfurl_links", "unfurl_media"],
        "no blocks, no attachments, no actions"
    );
    let text = said["text"].as_str().unwrap();
    assert!(text.contains(&format!("{URL}/inbox/{id}")) && text.contains("digest begins with"), "{text}");
    assert!(!text.contains('<') && !text.contains("evil") && !text.contains("482"), "{text}");
    assert!(web.seen()[0].header("webhook-signature").is_empty());
}

#[tokio::test]
async fn those_who_can_decide_get_mail_and_nobody_else() {
    let post = Post::start().await;
    let said = Notices {
        smtp_url: Some(format!("smtp://{}", post.address)),
        smtp_from: Some("Countersign <cs@example.com>".into()),
        ..Notices::default()
    };
    let scene = Scene::new(said).await;
    scene.app.approver("clara", "engineering").await;
    scene.app.approver("refused", "finance-ops").await;
    let id = scene.escalate(482_000).await;
    assert_eq!(scene.sender().round(scene.gov()).await.unwrap(), 3);
    let mails = post.mails();
    let to: Vec<_> = mails.iter().map(|m| m.to.as_str()).collect();
    assert_eq!(to, ["anna@example.com", "ben@example.com"]);
    for mail in &mails {
        let (head, body) = mail.text.split_once("\n\n").unwrap();
        assert!(head.contains("Content-Type: text/plain") && head.contains("Message-ID: <ntc_"), "{head}");
        assert!(head.contains("From: Countersign <cs@example.com>"), "{head}");
        let body = body.replace("=\n", "");
        assert!(body.contains(&format!("{URL}/inbox/{id}")), "{body}");
        for absent in ["482", "evil", "APPROVE", "<a ", "<form", "href"] {
            assert!(!mail.text.contains(absent), "{absent} in {}", mail.text);
        }
    }
    assert!(
        matches!(&scene.findings().await[..], [one] if one.starts_with("channel:mail per_")),
        "a mailbox that is not there is said"
    );
    // half of the time later, only who has not decided
    scene.app.vote(scene.anna, &scene.escalate(20_000_000).await, Verdict::Approve).await;
    scene.sender().round(scene.gov()).await.unwrap();
    let before = post.mails().len();
    assert!(before > 2, "the second card was told of as well");
}

/// A router that may call back at these origins.
async fn submit(scene: &Scene, callback: Value) -> (u16, Value) {
    let allowed = Settings::read(&scene.said).unwrap().callbacks;
    let state = AppState::new(scene.gov().clone(), Address::parse(URL).unwrap(), CookieKey(Arc::new([7; 64])));
    let router = router(state.calling_back(allowed));
    let gateway = scene.app.gateway().await;
    let mut body = json!({
        "subject": {"type": "agent", "id": "invoice-07"},
        "action": {"name": "refund.create", "properties": {"amount_minor": 60_000, "currency": "EUR"}},
        "resource": {"type": "account", "id": "stripe:test"},
    });
    let denied = scene.app.post("/access/v1/evaluation", &gateway, &body).await.ok();
    body["denial"] = json!({"evaluation_id": denied["context"]["evaluation_id"],
        "expires_at": denied["context"]["access_request"]["expires_at"]});
    body["callback"] = callback;
    let request = app::post("/access/v1/requests", &gateway).body(axum::body::Body::from(body.to_string())).unwrap();
    let response = tower::ServiceExt::oneshot(router, request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let mut said: Value = serde_json::from_slice(&bytes).unwrap();
    said["key"] = json!(gateway);
    (status, said)
}

#[tokio::test]
async fn a_requester_is_called_back_with_what_only_its_key_could_sign() {
    let web = Web::start(&["503 Later"]).await;
    let scene = Scene::new(Notices { callback_internal: vec![web.url.clone()], ..Notices::default() }).await;
    let callback =
        json!({"endpoint": format!("{}/done", web.url), "state": "flow-7", "events": ["approved", "denied"]});
    let (status, said) = submit(&scene, callback).await;
    assert_eq!(status, 202, "{said}");
    let task = said["task"]["id"].as_str().unwrap().to_owned();
    scene.sender().round(scene.gov()).await.unwrap();
    assert!(web.seen().is_empty(), "nothing has ended");
    scene.app.vote(scene.ben, &task, Verdict::Approve).await;
    scene.sender().round(scene.gov()).await.unwrap();
    scene.app.wait(5);
    scene.sender().round(scene.gov()).await.unwrap();
    scene.app.wait(3_600);
    scene.sender().round(scene.gov()).await.unwrap();
    let seen = web.seen();
    assert_eq!(seen.len(), 2);
    let said_back = seen[1].json();
    assert_eq!(said_back["state"], json!("flow-7"));
    assert_eq!((&said_back["task"]["id"], &said_back["task"]["status"]), (&json!(task), &json!("approved")));
    assert_eq!(said_back["task"]["status_endpoint"], json!(format!("{URL}/access/v1/requests/{task}")));
    assert!(said_back.get("result").is_none(), "a notice permits nothing");
    let key = said["key"].as_str().unwrap();
    let secret = Sha256::new().chain_update(b"countersign callback v1\0").chain_update(Sha256::digest(key)).finalize();
    assert_eq!(seen[1].header("webhook-signature"), signature(&secret, &seen[1]));
    assert!(!String::from_utf8_lossy(&seen[1].body).contains(key));
}

#[tokio::test]
async fn a_callback_leads_nowhere_the_operator_did_not_name() {
    let web = Web::start(&[]).await;
    let scene = Scene::new(Notices { callback_internal: vec![web.url.clone()], ..Notices::default() }).await;
    for endpoint in [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/",
        "https://agents.example/in",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "",
    ] {
        let (status, said) = submit(&scene, json!({"endpoint": endpoint})).await;
        assert_eq!(status, 400, "{endpoint}: {said}");
        scene.app.wait(2);
    }
    for callback in
        [json!("x"), json!({}), json!({"endpoint": web.url, "events": ["x"]}), json!({"endpoint": web.url, "state": 7})]
    {
        assert_eq!(submit(&scene, callback).await.0, 400);
        scene.app.wait(2);
    }
    // named by the operator as an address of the internet, it does not lead to this machine
    let port = web.url.rsplit(':').next().unwrap();
    let allowed = Allowed::read(&[format!("https://localhost:{port}")], &[]).unwrap();
    let (target, reach) = allowed.check(&format!("https://localhost:{port}/in")).unwrap();
    assert_eq!(reach, Reach::Public);
    let failure = Poster::new().unwrap().post(&target, reach, &[], b"{}".to_vec()).await.unwrap_err();
    assert!(failure.lasting && failure.why.contains("private network"), "{failure:?}");
    assert_eq!(web.connections(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_answers_delays_nobody() {
    let web = Web::start(&["silent", "silent"]).await;
    let scene = Scene::new(webhook(&web, "signed")).await;
    let id = scene.escalate(482_000).await;
    let (sender, gov) = (scene.sender(), scene.gov().clone());
    let round = tokio::spawn(async move { sender.round(&gov).await });
    while web.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let began = Instant::now();
    scene.app.vote(scene.anna, &id, Verdict::Deny).await;
    scene.app.wait(2);
    scene.escalate(90_000).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(!round.is_finished(), "the message is still under way");
    round.abort();
    drop(round.await);
    // a process that was ended in the middle of it: the message is due again, and moot by now
    scene.app.wait(60);
    let again = scene.app.fresh.again().await;
    let before = web.seen().len();
    tokio::time::timeout(Duration::from_secs(30), scene.sender().round(&again)).await.unwrap().unwrap();
    assert_eq!(web.seen().len(), before + 1, "only of the card that waits still");
}

#[tokio::test]
async fn a_place_that_is_not_there_is_said_without_its_address() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook/SECRET", gone.local_addr().unwrap());
    drop(gone);
    let target = Target::parse(&url).unwrap();
    let failure = Poster::new().unwrap().post(&target, Reach::Anywhere, &[], vec![]).await.unwrap_err();
    assert!(!failure.lasting && !failure.why.contains("SECRET"), "{failure:?}");
    let fresh = Fresh::sqlite().await;
    let said = Notices { webhook_url: Some(url), webhook_format: Some("slack".into()), ..Notices::default() };
    let sender = Sender::new(Settings::read(&said).unwrap(), Address::parse(URL).unwrap()).unwrap();
    assert_eq!(sender.round(&fresh.gov).await.unwrap(), 0, "nothing to tell");
}
