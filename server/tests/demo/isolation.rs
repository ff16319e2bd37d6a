use crate::visitor::Visitor;
use axum::{body::Body, http::Request};
use governance::{
    engine::{Scope, identities::NewIdentity, keys::NewKey},
    identity::Kind,
};

async fn real_key(v: &Visitor) -> String {
    let operator = v.fresh.operator();
    let agent = v.fresh.gov.identity_add(&operator, NewIdentity::named("my-first-agent", Kind::Agent)).await.unwrap();
    let new = NewKey {
        identity: Some(agent.id),
        name: "test".into(),
        patterns: vec![],
        scopes: [Scope::Ask, Scope::Act].into(),
        submits: true,
        expires_at: None,
    };
    v.fresh.gov.key_create(&operator, new).await.unwrap().secret
}

async fn origin(v: &mut Visitor, path: &str) -> String {
    // signed by a job of the process, which tests do not run for the real installation
    let identity = v.send(Request::get(path).body(Body::empty()).unwrap()).await;
    identity.text.lines().next().unwrap_or("").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_one_opens_the_other_and_removal_leaves_nothing() {
    let data = tempfile::tempdir().unwrap();
    let mut v = Visitor::admin(data.path()).await;
    v.fresh.gov.policy_install().await.unwrap();
    let real = real_key(&v).await;
    let before = v.fresh.gov.log_size().await.unwrap();

    assert_eq!(v.get("/demo/inbox").await.to(), "/welcome", "there is none yet");
    let entered = v.look_around().await;
    assert_eq!(entered.to(), "/demo/welcome");
    assert_eq!(v.jar["countersign-demo"].1, "/demo", "the cookie goes to the demo alone");

    // every page is marked, and every address on it is the demo's
    for path in [
        "/demo/welcome",
        "/demo/inbox",
        "/demo/overview",
        "/demo/activity",
        "/demo/settings",
        "/demo/identities",
        "/demo/evidence",
        "/demo/nothing",
    ] {
        let page = v.get(path).await;
        assert!(page.text.contains("Demo data"), "{path}: {}", page.text);
        for attribute in ["href", "action"] {
            for address in page.text.split(&format!(" {attribute}=\"/")).skip(1) {
                let address = address.split('"').next().unwrap();
                assert!(
                    address.starts_with("demo/") || address.starts_with("assets/"),
                    "{path}: {attribute}=/{address}"
                );
            }
        }
    }
    assert!(!v.get("/welcome").await.text.contains("class=\"demo-bar\""), "the real one is not marked");

    // sessions: each cookie under the other's name is worth nothing
    let (own, demo) = (v.jar["countersign"].clone(), v.jar["countersign-demo"].clone());
    for (name, value, path) in [("countersign", &demo, "/settings"), ("countersign-demo", &own, "/demo/settings")] {
        let request = Request::get(path).header("accept", "text/html").header("cookie", format!("{name}={}", value.0));
        v.jar.clear();
        assert!(v.send(request.body(Body::empty()).unwrap()).await.to().ends_with("/sign-in?problem=ended"), "{path}");
    }
    v.jar = [("countersign".to_owned(), own), ("countersign-demo".to_owned(), demo)].into();

    // keys: each is known where it was made
    let page = v.post("/demo/welcome/agent", "").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let played = page.key();
    assert!(page.text.contains("http://127.0.0.1:3000/demo/access/v1/evaluation"), "the call is the demo's");
    for (path, key, status) in [
        ("/demo/access/v1/evaluation", &played, 200),
        ("/access/v1/evaluation", &played, 401),
        ("/access/v1/evaluation", &real, 200),
        ("/demo/access/v1/evaluation", &real, 401),
    ] {
        let reply = v.ask(path, key, "my-first-agent", 4_820).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text);
    }
    assert_eq!(
        v.fresh.gov.log_size().await.unwrap(),
        before + 1,
        "of all that, the real log has the one real question"
    );

    // logs: another origin, another key
    assert_ne!(origin(&mut v, "/demo/log/checkpoint").await, origin(&mut v, "/log/checkpoint").await);
    let gov = v.demo.governance().unwrap();
    assert_ne!(gov.installation().vkey, v.fresh.gov.installation().vkey);
    let check = gov.log_check(&gov.ctx(governance::Actor::System("test")), None).await.unwrap();
    assert!(check.holds(), "{:?}", check.problems);

    // another of its people, by one press; nobody else's
    assert_eq!(v.post("/demo/act-as", "email=omar.haddad%40northwind.example").await.to(), "/demo/inbox");
    assert!(v.get("/demo/settings").await.text.contains("Omar Haddad"));
    assert_eq!(v.post("/demo/act-as", "email=admin%40localhost").await.status, 404);
    assert_eq!(v.post("/act-as", "email=omar.haddad%40northwind.example").await.status, 404);

    // both go on in another process
    drop(gov);
    v.restart(data.path()).await;
    assert!(v.get("/demo/settings").await.text.contains("Omar Haddad"));
    assert_eq!(v.ask("/demo/access/v1/evaluation", &played, "my-first-agent", 100).await.status, 200);
    assert_eq!(v.get("/settings").await.status, 200);

    // one press, and it is gone
    assert_eq!(v.post("/welcome/demo/remove", "").await.to(), "/welcome");
    assert!(!data.path().join("demo").exists());
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
    assert_eq!(v.get("/demo/settings").await.to(), "/welcome");
    assert_eq!(v.ask("/demo/access/v1/evaluation", &played, "my-first-agent", 100).await.status, 404);
    assert!(v.get("/welcome").await.text.contains("Look around"));
    assert_eq!(v.ask("/access/v1/evaluation", &real, "my-first-agent", 4_820).await.status, 200);
}

#[tokio::test]
async fn a_folder_that_no_demo_made_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("demo")).unwrap();
    std::fs::write(data.path().join("demo/mine.txt"), "precious").unwrap();
    let mut v = Visitor::admin(data.path()).await;
    let reply = v.post("/welcome/demo/remove", "").await;
    assert!(reply.to().starts_with("/welcome?problem="), "{}", reply.to());
    v.demo.resume().await;
    assert!(v.demo.router().is_none());
    assert_eq!(std::fs::read_to_string(data.path().join("demo/mine.txt")).unwrap(), "precious");
}
