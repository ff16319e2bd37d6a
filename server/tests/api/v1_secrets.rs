//! `GET /v1/secrets` and `/v1/secrets/counts`.
use crate::app::TestApp;
use governance::engine::{Scope, imports::ImportInput};
use governance::source::Kind;
use serde_json::json;

#[tokio::test]
async fn secrets_are_listed_by_concern_and_counted() {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Read]).await;
    let file = |server: &str| {
        let headers = json!({"Authorization": "Bearer hunter2-one"});
        json!({"mcpServers": {server: {"url": "https://h.example/mcp", "headers": headers}}}).to_string().into_bytes()
    };
    let files = vec![("one.json".to_owned(), file("live")), ("two.json".to_owned(), file("trial"))];
    let input = ImportInput { kind: Kind::McpConfig, files, name: None, allow_removals: false };
    app.fresh.gov.import_apply(&app.fresh.operator(), &input).await.unwrap();
    let first = app.get("/v1/secrets?concern=shared&limit=1", &key).await.ok();
    let next = first["next"].as_str().expect("a second page").to_owned();
    let second = app.get(&format!("/v1/secrets?concern=shared&limit=1&after={next}"), &key).await.ok();
    let (one, two) = (&first["items"][0], &second["items"][0]);
    assert_eq!((&one["elsewhere"][0]["name"], &second["next"]), (&two["identity_name"], &json!(null)));
    assert_eq!(one["same_as"], json!("one.json: live header Authorization"));
    assert_eq!((&one["in_use_since"], &one["concerns"][0]), (&json!(null), &json!("exposed")));
    let counts = app.get("/v1/secrets/counts", &key).await.ok();
    assert_eq!(counts["concerns"]["shared"], json!({"count": 2, "more": false}));
    assert_eq!(counts["secrets"]["count"], json!(2));
    for wrong in ["concern=none", "kind=none", "concern=old&kind=token", "conern=old"] {
        assert_eq!(app.get(&format!("/v1/secrets?{wrong}"), &key).await.status, 400, "{wrong}");
    }
    assert!(!format!("{first}{second}").contains("hunter2"));
}
