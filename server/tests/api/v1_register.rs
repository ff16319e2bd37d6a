//! `/v1/resources`, `/v1/gaps`, `/v1/identities/{name}/successors`: what agents act with, and who answers for what.
use crate::app::TestApp;
use crate::v1_acting::refund;
use governance::engine::Scope;
use serde_json::json;

#[tokio::test]
async fn a_key_adds_and_narrows_and_never_makes_milder() {
    let app = TestApp::baseline().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let path = "/v1/resources/host/a.example%2Finbox";
    let body = json!({"kind": "destination", "data_class": "personal", "purpose": "mail"});
    let made = app.put(path, &key, &body).await.ok();
    assert_eq!(made["resource"], json!({"type": "host", "id": "a.example/inbox"}));
    assert_eq!((&made["trust"], &made["standing"]), (&json!("unknown"), &json!("unknown")));
    app.put(path, &key, &json!({"trust": "trusted"})).await.problem(403);
    app.put(path, &key, &json!({"trust": "certainly"})).await.problem(400);
    app.put(path, &key, &json!({"kind": "tool"})).await.problem(409);
    app.put("/v1/resources/host/b.example", &key, &json!({})).await.problem(400);
    let narrowed = app.put(path, &key, &json!({"trust": "untrusted", "purpose": null})).await.ok();
    assert_eq!((&narrowed["trust"], &narrowed["data_class"]), (&json!("untrusted"), &json!("personal")));
    assert!(narrowed["purpose"].is_null());
    assert_eq!(app.get(path, &key).await.ok(), narrowed);
    assert_eq!(app.get("/v1/resources?kind=destination", &key).await.ok()["items"], json!([narrowed]));
    assert_eq!(app.get("/v1/resources?changed=true", &key).await.ok()["items"], json!([]));
    app.get("/v1/resources/host/b.example", &key).await.problem(404);
}

#[tokio::test]
async fn what_nobody_answers_for_is_listed_with_its_clock() {
    let app = TestApp::baseline().await;
    let agent = app.agent("invoice-07").await;
    let (_, key) = app.key(None, &[Scope::Ask, Scope::Read]).await;
    app.post("/access/v1/evaluation", &key, &refund("ghost", 100)).await.ok();
    let gaps = app.get("/v1/gaps", &key).await.ok();
    let gap = &gaps["items"][0];
    assert_eq!((&gap["how"], &gap["name"], &gap["overdue"]), (&json!("asked"), &json!("ghost"), &json!(false)));
    assert_eq!(gap["due_at"], json!("2026-11-28T09:00:00.000000Z"));
    let successors = app.get("/v1/identities/invoice-07/successors", &key).await.ok();
    assert_eq!(successors, json!({"identity": agent, "items": []}));
    app.get("/v1/identities/nobody/successors", &key).await.problem(404);
}

#[tokio::test]
async fn what_may_be_one_identity_is_listed_with_its_reasons() {
    let app = TestApp::baseline().await;
    let (_, key) = app.key(None, &[Scope::Read]).await;
    assert_eq!(app.get("/v1/matches", &key).await.ok(), json!({"items": [], "more": false}));
    for (name, rows) in [("a", "1,invoice-export\n"), ("b", "2,svc-invoice-export\n")] {
        let files = vec![("list.csv".into(), format!("Id,Name\n{rows}").into_bytes())];
        let input = governance::engine::imports::ImportInput {
            kind: governance::source::Kind::Csv,
            files,
            name: Some(name.into()),
            allow_removals: false,
        };
        let columns = governance::import::sheet::mapping::parse("Id=id,Name=name").unwrap();
        let given = governance::import::sheet::mapping::Given { columns: Some(columns), ..Default::default() };
        app.fresh.gov.import_mapped(&app.fresh.operator(), &input, &given).await.unwrap();
        app.fresh.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let found = app.get("/v1/matches", &key).await.ok();
    let first = &found["items"][0];
    assert_eq!(
        (&first["strength"], &first["reasons"], &first["keep"]["name"], &first["other"]["shown"][0]["principal"]),
        (&json!("possible"), &json!(["names alike: invoiceexport"]), &json!("invoice-export"), &json!("2"))
    );
    assert_eq!(app.get("/v1/matches?identity=invoice-export", &key).await.ok(), found);
    app.get("/v1/matches?identity=nobody", &key).await.problem(404);
    app.get("/v1/matches?of=x", &key).await.problem(400);
}
