//! `POST /v1/imports/{source}`, `GET /v1/identities`, `GET /v1/findings`.
use crate::app::{Reply, TestApp};
use axum::http::Request;
use governance::engine::Scope;
use serde_json::json;

const CONFIG: &str = r#"{"mcpServers": {"crm": {"command": "npx", "args": ["crm-mcp"], "env": {"CRM_TOKEN": "ghp_0123456789abcdefghijklmnopqrstuvwxyz"}}}}"#;

async fn send(app: &TestApp, key: &str, path: &str, body: &str) -> Reply {
    let request = Request::post(path).header("authorization", format!("Bearer {key}"));
    app.call(request.body(body.to_owned().into()).unwrap()).await
}

#[tokio::test]
async fn an_import_does_what_its_dry_run_showed_and_a_second_one_nothing() {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let path = "/v1/imports/mcp-config?name=laptop&file=.mcp.json";
    let size = app.fresh.gov.log_size().await.unwrap();
    let dry = send(&app, &key, &format!("{path}&dry_run=true"), CONFIG).await.ok();
    assert_eq!((&dry["dry_run"], app.fresh.gov.log_size().await.unwrap()), (&json!(true), size));
    let done = send(&app, &key, path, CONFIG).await.ok();
    assert_eq!((&done["dry_run"], &done["summary"]), (&json!(false), &dry["summary"]));
    assert_eq!(done["sources"][0]["changes"], dry["sources"][0]["changes"]);
    assert!(!done.to_string().contains("ghp_0123456789"), "a secret came back");
    let again = send(&app, &key, path, CONFIG).await.ok();
    assert_eq!(again["sources"][0]["changes"], json!([]));

    let identities = app.get("/v1/identities?text=crm", &key).await.ok();
    assert_eq!(identities["items"].as_array().unwrap().len(), 1, "{identities}");
    let identity = identities["items"][0]["id"].as_str().unwrap().to_owned();
    let findings = app.get(&format!("/v1/findings?identity={identity}"), &key).await.ok();
    let rules: Vec<_> = findings["items"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"secret_in_config") && rules.contains(&"no_owner"), "{rules:?}");
    let one = app.get("/v1/findings?limit=1", &key).await.ok();
    let next = one["next"].as_str().unwrap();
    let two = app.get(&format!("/v1/findings?limit=1&after={next}"), &key).await.ok();
    assert_ne!(one["items"], two["items"]);
}

#[tokio::test]
async fn a_log_goes_in_after_its_inventory() {
    const ACCOUNTS: &str = r#"[{"email": "bot@shop.iam.gserviceaccount.com", "name": "projects/shop/serviceAccounts/bot@shop.iam.gserviceaccount.com", "projectId": "shop", "uniqueId": "1"}]"#;
    const LOG: &str = r#"{"timestamp": "2025-01-01T00:00:00Z", "protoPayload": {"authenticationInfo": {"principalEmail": "bot@shop.iam.gserviceaccount.com"}}}"#;
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let path = "/v1/imports/activity?of=gcp&source=shop";
    assert!(send(&app, &key, path, LOG).await.problem(404).contains("import its inventory first"));
    send(&app, &key, "/v1/imports/gcp", ACCOUNTS).await.ok();
    let dry = send(&app, &key, &format!("{path}&dry_run=true"), LOG).await.ok();
    let done = send(&app, &key, path, LOG).await.ok();
    assert_eq!((&done["dry_run"], &done["sources"][0]["changes"]), (&json!(false), &dry["sources"][0]["changes"]));
    assert_eq!(done["summary"]["identities"]["changed"], 1, "{done}");
    let seen = app.get("/v1/visibility", &key).await.ok();
    assert_eq!(seen["sources"][0]["activity"]["to"], "2025-01-01T00:00:00.000000Z", "{seen}");
    for path in [
        "/v1/imports/activity",
        "/v1/imports/activity?of=mcp-config&source=shop",
        "/v1/imports/gcp?of=gcp",
        &format!("{path}&name=x"),
    ] {
        send(&app, &key, path, LOG).await.problem(400);
    }
    send(&app, &key, path, "{}").await.problem(400);
}

/// A form with these parts: name, filename, content.
fn form(parts: &[(&str, &str, &str)]) -> String {
    let each = parts.iter().map(|(name, file, text)| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n")
    });
    each.collect::<String>() + "--edge--\r\n"
}

async fn send_form(app: &TestApp, key: &str, path: &str, parts: &[(&str, &str, &str)]) -> Reply {
    let files: Vec<_> =
        parts.iter().map(|(name, file, text)| (*name, format!("; filename=\"{file}\""), *text)).collect();
    let parts: Vec<_> = files.iter().map(|(name, file, text)| (*name, file.as_str(), *text)).collect();
    send_as(app, key, path, "multipart/form-data; boundary=edge", form(&parts)).await
}

async fn send_as(app: &TestApp, key: &str, path: &str, kind: &str, body: String) -> Reply {
    let request = Request::post(path).header("authorization", format!("Bearer {key}")).header("content-type", kind);
    app.call(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn several_files_go_in_by_one_form_under_the_paths_it_gives_them() {
    const WORKFLOW: &str = r#"{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": false}"#;
    const INSTALLATIONS: &str = r#"{"total_count": 0, "installations": []}"#;
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let parts = [
        ("file", "acme/orgs/acme/installations.json", INSTALLATIONS),
        ("file", "acme/repos/acme/shop/actions/permissions/workflow.json", WORKFLOW),
        ("file", "acme\\\\repos\\\\acme\\\\notes\\\\actions\\\\permissions\\\\workflow.json", WORKFLOW),
    ];
    let dry = send_form(&app, &key, "/v1/imports/github?dry_run=true", &parts).await.ok();
    let done = send_form(&app, &key, "/v1/imports/github", &parts).await.ok();
    assert_eq!(done["sources"][0]["changes"], dry["sources"][0]["changes"]);
    assert_eq!((&done["summary"]["identities"]["new"], &done["sources"][0]["scope"]), (&json!(2), &json!("acme")));

    let event = |at: &str, repository: &str| {
        json!({"@timestamp": at, "action": "workflows.completed_workflow_run", "actor": "github-actions[bot]",
            "org": "acme", "repo": repository})
        .to_string()
    };
    let logs =
        [("2025-01-01T00:00:00Z", "acme/shop"), ("2025-01-02T00:00:00Z", "acme/notes")].map(|(at, r)| event(at, r));
    let parts = [("file", "1.json", logs[0].as_str()), ("file", "2.json", logs[1].as_str())];
    let path = "/v1/imports/activity?of=github&source=acme";
    let dated = send_form(&app, &key, path, &parts).await.ok();
    assert_eq!(dated["summary"]["identities"]["changed"], json!(2), "{dated}");
    let bad = send_form(&app, &key, path, &[parts[0], ("file", "../2.json", "{}")]).await.problem(400);
    assert!(bad.starts_with("2.json: "), "{bad}");
}

#[tokio::test]
async fn a_form_that_is_not_whole_changes_nothing() {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let size = app.fresh.gov.log_size().await.unwrap();
    let path = "/v1/imports/mcp-config?name=laptop";
    let said = send_form(&app, &key, path, &[("config", ".mcp.json", CONFIG)]).await.problem(400);
    assert!(said.contains("name each `file`"), "{said}");
    let form_of = |name: &str| form(&[("file", name, CONFIG)]);
    let kind = "multipart/form-data; boundary=edge";
    let said = send_as(&app, &key, path, kind, form_of("")).await.problem(400);
    assert!(said.contains("give it a filename"), "{said}");
    let said = send_as(&app, &key, path, kind, form(&[])).await.problem(400);
    assert!(said.contains("no file in it"), "{said}");
    let whole = form_of("; filename=\".mcp.json\"");
    let said = send_as(&app, &key, path, kind, whole[..whole.len() / 2].to_owned()).await.problem(400);
    assert!(said.contains("did not arrive whole"), "{said}");
    let said = send_as(&app, &key, path, "multipart/form-data", whole.clone()).await.problem(400);
    assert!(said.contains("boundary"), "{said}");
    let said = send_as(&app, &key, &format!("{path}&file=x"), kind, whole.clone()).await.problem(400);
    assert!(said.contains("its own filename"), "{said}");
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), size);
    send_as(&app, &key, path, "Multipart/Form-Data; boundary=edge", whole).await.ok();
}

#[tokio::test]
async fn what_cannot_be_read_says_so_and_changes_nothing() {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import]).await;
    let size = app.fresh.gov.log_size().await.unwrap();
    let cut = send(&app, &key, "/v1/imports/mcp-config?file=.mcp.json", &CONFIG[..40]).await.problem(400);
    assert!(cut.contains(".mcp.json") && cut.contains("export it again"), "{cut}");
    send(&app, &key, "/v1/imports/mcp-config", "").await.problem(400);
    send(&app, &key, "/v1/imports/mcp-config?dryrun=true", CONFIG).await.problem(400);
    assert!(send(&app, &key, "/v1/imports/spreadsheet", CONFIG).await.problem(404).contains("spreadsheet"));
    for path in ["/v1/identities?kind=robot", "/v1/findings?severity=bad", "/v1/findings?after=%25"] {
        let (_, reads) = app.key(None, &[Scope::Read]).await;
        app.get(path, &reads).await.problem(400);
    }
    let keys_made = 3;
    assert_eq!(app.fresh.gov.log_size().await.unwrap(), size + keys_made);
}

#[tokio::test]
async fn a_list_is_mapped_once_and_goes_in_by_what_is_remembered() {
    let app = TestApp::new().await;
    let (_, key) = app.key(None, &[Scope::Import, Scope::Read]).await;
    let list = "Account,Role\nsvc-pay,admin\n";
    let path = "/v1/imports/csv?name=hr&file=hr.csv";
    let asked = send(&app, &key, path, list).await;
    assert!(asked.status == 400 && asked.text.contains("Account=name,Role=entitlement"), "{}", asked.text);
    let mapped = format!("{path}&map=Account%3Dname,Role%3Dentitlement&dates=dmy&kind=agent");
    let done = send(&app, &key, &mapped, list).await.ok();
    assert_eq!(done["summary"]["identities"]["new"], json!(1), "{done}");
    let again = send(&app, &key, path, list).await.ok();
    assert_eq!(again["sources"][0]["changes"], json!([]));
    assert_eq!(send(&app, &key, &format!("{path}&dates=ymd"), list).await.status, 400);
}
