//! Same identity? Two are said to be one, undone, said to be two, split: every step by links and forms alone.
use crate::{
    app::TestApp,
    browser::{Browser, text},
};
use governance::{
    engine::{imports::ImportInput, people::NewPerson},
    id::{IdentityId, PersonId},
    import::sheet::mapping::{Given, parse},
    person::Role,
    source,
};

const MERGE: &str = "/_fn/matches/merge";
const APART: &str = "/_fn/matches/apart";
const UNMERGE: &str = "/_fn/matches/unmerge";
const SPLIT: &str = "/_fn/matches/split";
const ROLE: &str = "arn:aws:iam::111122223333:role/night-batch";

async fn person(app: &TestApp, name: &str, role: Role) -> PersonId {
    let email = format!("{name}@example.com");
    let new = NewPerson { email, name: name.into(), roles: [role].into(), ..NewPerson::default() };
    app.fresh.gov.person_add(&app.fresh.operator(), new).await.unwrap().id
}

async fn bring(app: &TestApp, name: &str, rows: &str) {
    let files = vec![("list.csv".into(), format!("Id,Name,Right,Used,Env\n{rows}").into_bytes())];
    let input = ImportInput { kind: source::Kind::Csv, files, name: Some(name.into()), allow_removals: true };
    let map = parse("Id=id,Name=name,Right=entitlement,Used=last_used,Env=environment").unwrap();
    let given = Given { columns: Some(map), ..Given::default() };
    app.fresh.clock.advance(chrono::TimeDelta::seconds(1));
    app.fresh.gov.import_mapped(&app.fresh.operator(), &input, &given).await.unwrap();
}

/// The same job in three lists, in two of them under its ARN.
async fn world() -> (TestApp, PersonId, PersonId) {
    let app = TestApp::baseline().await;
    let (olga, vic) = (person(&app, "olga", Role::Operator).await, person(&app, "vic", Role::Viewer).await);
    bring(&app, "cloud", &format!("{ROLE},night-batch,s3:GetObject,2026-11-01,prod\n")).await;
    bring(&app, "cmdb", &format!("{ROLE},Nightly batch,reader,,test\n")).await;
    bring(&app, "hr list", "7,svc-Night-Batch,mail,2026-11-10,prod\n").await;
    (app, olga, vic)
}
async fn id(app: &TestApp, name: &str) -> IdentityId {
    app.fresh.gov.identity_find(&app.fresh.operator(), name).await.unwrap().id
}
#[track_caller]
fn has(page: &str, words: &str) {
    let read = text(page);
    assert!(read.contains(words), "{words:?} is not in\n{read}");
}
#[track_caller]
fn lacks(page: &str, words: &str) {
    let read = text(page);
    assert!(!read.contains(words), "{words:?} is in\n{read}");
}

#[tokio::test]
async fn two_become_one_and_two_again() {
    let (app, olga, _) = world().await;
    let (batch, svc) = (id(&app, "night-batch").await, id(&app, "svc-Night-Batch").await);
    let browser = Browser::sign_in(&app, olga).await;
    let list = browser.get("/matches").await.text;
    for words in ["night-batch and svc-Night-Batch", "Possible", "names alike: nightbatch", "They are two", "1 pair"] {
        has(&list, words);
    }
    let step = format!("/matches/merge?one={batch}&other={svc}");
    assert!(list.contains(&step.replace('&', "&amp;")), "{list}");
    let page = browser.get(&step).await.text;
    has(&page, "svc-Night-Batch is retired. It holds no grants, open questions or keys that would end.");
    let (to, page) = browser.submit(&step, &page, MERGE, &[]).await;
    assert_eq!(to, format!("/identities/{batch}?done=merged"));
    for words in ["They are one from here on.", "It took over another identity", "hr list", "Undo the merge"] {
        has(&page.text, words);
    }
    let gone = browser.get(&format!("/identities/{svc}")).await.text;
    has(&gone, "What its sources show is part of night-batch");
    has(&gone, "Retired");
    has(&browser.get("/matches").await.text, "Nothing looks like one identity twice");
    let (to, page) = browser.submit(&format!("/identities/{batch}"), &page.text, UNMERGE, &[]).await;
    assert_eq!(to, format!("/identities/{svc}?done=unmerged"));
    has(&page.text, "The merge is undone");
    has(&page.text, "Another identity may be the same.");
}

#[tokio::test]
async fn what_is_said_to_be_two_is_not_asked_again() {
    let (app, olga, _) = world().await;
    let browser = Browser::sign_in(&app, olga).await;
    let list = browser.get("/matches").await.text;
    let (to, page) = browser.submit("/matches", &list, APART, &[]).await;
    assert_eq!(to, "/matches?done=apart");
    has(&page.text, "They are two, and are not suggested again.");
    has(&page.text, "Nothing looks like one identity twice");
}

#[tokio::test]
async fn what_sources_say_stands_side_by_side_and_one_of_them_can_go() {
    let (app, olga, _) = world().await;
    let batch = id(&app, "night-batch").await;
    let browser = Browser::sign_in(&app, olga).await;
    let path = format!("/identities/{batch}");
    let page = browser.get(&path).await.text;
    for words in ["What sources say 2", "Nightly batch differs", "Test differs", "not told", "It is another"] {
        has(&page, words);
    }
    lacks(&page, "Production differs");
    // a stale source's silence is none about use
    app.fresh.clock.advance(chrono::TimeDelta::days(8));
    let browser = Browser::sign_in(&app, olga).await;
    has(&browser.get(&path).await.text, "stale: what it does not say is not known");
    let (to, new) = browser.submit(&path, &page, SPLIT, &[]).await;
    assert!(to.ends_with("?done=split"), "{to}");
    has(&new.text, "It is an identity of its own.");
    has(&new.text, "No owner yet");
}

#[tokio::test]
async fn who_only_looks_decides_nothing() {
    let (app, olga, vic) = world().await;
    let (batch, svc) = (id(&app, "night-batch").await.to_string(), id(&app, "svc-Night-Batch").await.to_string());
    let browser = Browser::sign_in(&app, vic).await;
    let list = browser.get("/matches").await;
    assert_eq!(list.status, 200);
    lacks(&list.text, "They are two");
    let step = browser.get(&format!("/matches/merge?one={batch}&other={svc}")).await;
    lacks(&step.text, "They are one: keep");
    let refused = browser.call(APART, &[("one", &batch), ("other", &svc)]).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(browser.get("/matches.csv").await.status, 403);
    let browser = Browser::sign_in(&app, olga).await;
    let csv = browser.get("/matches.csv").await.text;
    assert!(csv.contains("\"possible\",\"names alike: nightbatch\",\"night-batch\""), "{csv}");
    let stale = [("keep", batch.as_str()), ("keep_version", "99"), ("other", &svc), ("other_version", "0")];
    let refused = browser.call(MERGE, &stale).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert_eq!(browser.get("/matches/merge?one=x&other=y").await.status, 404);
}
