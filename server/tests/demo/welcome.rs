use crate::visitor::Visitor;
use governance::{
    engine::{identities::NewIdentity, people::NewPerson},
    identity::Kind,
    person::Role,
};

const AWS: &str = r#"{"IsTruncated": false, "GroupDetailList": [], "RoleDetailList": [], "Policies": [], "UserDetailList": [
  {"Path": "/", "UserName": "ci-upload", "UserId": "AIDAEXAMPLE1", "Arn": "arn:aws:iam::111122223333:user/ci-upload",
   "CreateDate": "2025-02-01T08:00:00+00:00", "GroupList": [], "AttachedManagedPolicies": [], "Tags": []},
  {"Path": "/", "UserName": "broken"}]}"#;

fn words(page: &str) -> String {
    let mut inside = false;
    let plain: String = page
        .chars()
        .filter(|c| {
            let keep = !inside && *c != '<';
            inside = (inside || *c == '<') && *c != '>';
            keep
        })
        .collect();
    plain.replace("&quot;", "\"").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_first_visitor_starts_at_the_doors_until_there_is_something() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    assert_eq!(v.get("/").await.to(), "/welcome");
    let page = v.get("/welcome").await;
    for door in ["Look around", "Bring your inventory", "Connect an agent", "0 of 5 done"] {
        assert!(words(&page.text).contains(door), "{door}: {}", words(&page.text));
    }
    let new = NewIdentity::named("one", Kind::Agent);
    v.fresh.gov.identity_add(&v.fresh.operator(), new).await.unwrap();
    assert_eq!(v.get("/").await.to(), "/overview");
}

#[tokio::test]
async fn an_export_is_shown_before_it_is_imported() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let sent = v.upload("aws-iam", "details.json", AWS).await;
    let to = sent.to().to_owned();
    assert!(to.starts_with("/welcome/inventory?upload="), "{to}");
    let size = v.fresh.gov.log_size().await.unwrap();
    let page = words(&v.get(&to).await.text);
    for said in ["ci-upload", "details.json: UserDetailList[1]", "Skipped, with the place (1)"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(v.fresh.gov.log_size().await.unwrap(), size, "nothing was written");

    let upload = to.split('=').nth(1).unwrap();
    let done = v.post("/_fn/welcome/import-sent", &format!("upload={upload}")).await;
    assert!(done.to().starts_with("/welcome/inventory?done="), "{done:?}");
    assert!(words(&v.get(done.to()).await.text).contains("1 objects were skipped"));
    assert!(v.fresh.gov.identity_find(&v.fresh.operator(), "ci-upload").await.is_ok());
    assert!(words(&v.get(&to).await.text).contains("these files are no longer here"));
}

#[tokio::test]
async fn an_organization_of_github_comes_as_a_folder() {
    const WORKFLOW: &str = r#"{"default_workflow_permissions": "write", "can_approve_pull_request_reviews": false}"#;
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let page = v.get("/welcome/inventory").await.text;
    assert_eq!(page.matches("webkitdirectory").count(), 1, "one form takes a folder");
    let files = [
        ("acme/repos/acme/shop/actions/permissions/workflow.json", WORKFLOW),
        ("acme/notes.txt", "not an answer"),
        ("acme/.DS_Store", "nor this"),
    ];
    let to = v.upload_folder("github", &files).await.to().to_owned();
    let page = words(&v.get(&to).await.text);
    assert!(page.contains("repos/acme/shop/actions"), "{page}");
    // of everything else a browser sends the name alone, and so it is kept
    let to = v.upload("aws-iam", "some/where/details.json", AWS).await.to().to_owned();
    let page = words(&v.get(&to).await.text);
    assert!(page.contains("details.json: UserDetailList[1]") && !page.contains("some/where"), "{page}");
    let none = v.upload_folder("github", &files[1..]).await.to().to_owned();
    assert!(none.starts_with("/welcome/inventory?problem="), "{none}");
}

#[tokio::test]
async fn people_and_their_identities_come_from_lists() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    v.fresh.gov.identity_add(&v.fresh.operator(), NewIdentity::named("bot", Kind::Agent)).await.unwrap();
    for (what, text) in [
        ("people", "email,name,roles\nana@example.com,Ana Ruiz,owner\n"),
        ("owners", "name,owner\nbot,ana@example.com\n"),
    ] {
        let to = v.upload(what, "list.csv", text).await.to().to_owned();
        assert!(v.get(&to).await.text.contains("Import One change"), "{to}");
        let upload = to.split('=').nth(1).unwrap();
        v.post("/_fn/welcome/import-sent", &format!("upload={upload}")).await;
    }
    let bot = v.fresh.gov.identity_find(&v.fresh.operator(), "bot").await.unwrap();
    let ana = v.fresh.gov.person_find(&v.fresh.operator(), "ana@example.com").await.unwrap();
    assert_eq!(bot.owner, Some(ana.id));
}

#[tokio::test]
async fn what_is_no_inventory_is_said_in_one_line_and_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let size = v.fresh.gov.log_size().await.unwrap();
    for (what, name, text, said) in [
        ("aws-iam", "cut.json", "{\"UserDetailList\": [", "cut.json"),
        ("mcp-config", "x.json", "{\"a\": 1}", "x.json"),
        ("people", "p.csv", "mail;who\n", "p.csv"),
    ] {
        let to = v.upload(what, name, text).await.to().to_owned();
        let page = v.get(&to).await;
        assert!(page.text.contains("role=\"alert\"") && page.text.contains(said), "{}", words(&page.text));
    }
    for (what, text) in [("lotus-notes", "x"), ("people", "")] {
        assert!(v.upload(what, "f", text).await.to().starts_with("/welcome/inventory?problem="));
    }
    let large = "x".repeat(50 << 20);
    let reply = v.upload("aws-iam", "large.json", &large).await;
    assert!(reply.to().contains("problem=") && reply.to().contains("48"), "{} {}", reply.status, reply.to());
    assert_eq!(v.fresh.gov.log_size().await.unwrap(), size);
}

#[tokio::test]
async fn who_only_looks_makes_no_demo_no_key_and_imports_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let new = NewPerson {
        email: "vic@example.com".into(),
        name: "Vic".into(),
        roles: [Role::Viewer].into(),
        ..NewPerson::default()
    };
    let vic = v.fresh.gov.person_add(&v.fresh.operator(), new).await.unwrap();
    let link = v.fresh.gov.link_create(&v.fresh.operator(), vic.id).await.unwrap();
    v.jar.clear();
    v.post(&format!("/sign-in/{}", link.token), "").await;
    let size = v.fresh.gov.log_size().await.unwrap();
    for path in ["/welcome/demo", "/welcome/demo/remove", "/welcome/agent"] {
        assert!(v.post(path, "").await.to().starts_with("/welcome?problem="), "{path}");
    }
    assert!(v.upload("aws-iam", "a.json", AWS).await.to().starts_with("/welcome/inventory?problem="));
    assert_eq!(v.fresh.gov.log_size().await.unwrap(), size);
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_first_agent_goes_the_whole_way() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    v.fresh.gov.policy_install().await.unwrap();
    let page = v.post("/welcome/agent", "").await;
    let key = page.key();
    let agent = v.fresh.gov.identity_find(&v.fresh.operator(), "my-first-agent").await.unwrap();
    let here = format!("/welcome/agent?agent={}", agent.id);
    let page = v.get(&here).await;
    assert!(!page.text.contains(&key) && words(&page.text).contains("Nothing arrived yet"));
    assert_eq!(v.ask("/access/v1/evaluation", &key, "my-first-agent", 4_820).await.status, 200);
    assert!(words(&v.get(&here).await.text).contains("Permitted It arrived"), "{}", words(&v.get(&here).await.text));
    let done = v.post("/_fn/welcome/agent-stop", &format!("id={}", agent.id)).await;
    assert_eq!(done.to(), here);
    let denied = v.ask("/access/v1/evaluation", &key, "my-first-agent", 4_820).await;
    assert!(denied.text.contains("revoked"), "{}", denied.text);
    assert!(words(&v.get(&here).await.text).contains("The next question was denied: revoked"));
    // a second try has a name of its own
    assert!(v.post("/welcome/agent", "").await.text.contains("my-first-agent-2"));
}
