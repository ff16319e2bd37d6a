//! Identities: found in the list, mended on the record, stopped; every step by links and forms alone.
use crate::{
    app::TestApp,
    browser::{Browser, form, text},
};
use governance::{
    engine::{identities::NewIdentity, people::NewPerson},
    id::{IdentityId, PersonId},
    identity::{Environment, Kind},
    person::Role,
};

const OWN: &str = "/_fn/identities/own";
const ATTEST: &str = "/_fn/identities/attest";
const MODE: &str = "/_fn/identities/mode";
const SCOPE: &str = "/_fn/identities/scope";
const LIMITS: &str = "/_fn/identities/limits";
const END: &str = "/_fn/identities/end";
const STATUS: &str = "/_fn/identities/status";
const STOP: &str = "/_fn/identities/stop";

struct World {
    app: TestApp,
    olga: PersonId,
    ana: PersonId,
    vic: PersonId,
    payer: IdentityId,
}

async fn person(app: &TestApp, name: &str, role: Role) -> PersonId {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [role].into(),
        ..NewPerson::default()
    };
    app.fresh.gov.person_add(&app.fresh.operator(), new).await.unwrap().id
}

impl World {
    /// An operator, an owner, a viewer, and an agent in production that nobody answers for.
    async fn new() -> Self {
        let app = TestApp::baseline().await;
        let (olga, ana, vic) = (
            person(&app, "olga", Role::Operator).await,
            person(&app, "ana", Role::Owner).await,
            person(&app, "vic", Role::Viewer).await,
        );
        let new =
            NewIdentity { environment: Some(Environment::Production), ..NewIdentity::named("payer", Kind::Agent) };
        let payer = app.fresh.gov.identity_add(&app.fresh.operator(), new).await.unwrap().id;
        Self { app, olga, ana, vic, payer }
    }
    fn record(&self) -> String {
        format!("/identities/{}", self.payer)
    }
    async fn many(&self, n: usize) {
        for i in 0..n {
            self.app.agent(&format!("bot-{i:03}")).await;
        }
    }
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
/// Where the link with these words leads.
#[track_caller]
fn link(page: &str, rel: &str) -> String {
    let tag =
        page.split("<a ").find(|a| a.contains(&format!("rel=\"{rel}\""))).unwrap_or_else(|| panic!("no {rel} link"));
    tag.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&")
}

#[tokio::test]
async fn the_list_is_paged_to_its_end_and_every_line_comes_once() {
    let w = World::new().await;
    w.many(120).await;
    let browser = Browser::sign_in(&w.app, w.vic).await;
    let (mut path, mut seen, mut pages) = ("/identities?kind=agent".to_owned(), Vec::new(), 0);
    loop {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200);
        seen.extend(
            page.text.split("href=\"/identities/idn_").skip(1).map(|l| l.split('"').next().unwrap().to_owned()),
        );
        pages += 1;
        if !page.text.contains("rel=\"next\"") {
            assert_eq!(link(&page.text, "prev"), "/identities?kind=agent");
            break;
        }
        path = link(&page.text, "next");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len(), pages), (121, 121, 3));
}

#[tokio::test]
async fn filters_stand_in_the_address_and_wrong_ones_are_named() {
    let w = World::new().await;
    w.many(2).await;
    let browser = Browser::sign_in(&w.app, w.vic).await;
    let page = browser.get("/identities").await.text;
    has(&page, "3 identities, 3 without an owner");
    let production = browser.get("/identities?environment=production").await.text;
    has(&production, "1 identity in this view");
    has(&production, "payer");
    lacks(&production, "bot-000");
    for (query, shown, hidden) in [
        ("q=BOT-001", "bot-001", "payer"),
        ("finding=no_backup", "payer", "bot-000"),
        ("environment=unknown&owner=none", "bot-000", "payer"),
        ("finding=open&kind=agent&state=active&mode=enforce", "payer", "None in this view"),
    ] {
        let page = browser.get(&format!("/identities?{query}")).await.text;
        has(&page, shown);
        lacks(&page, hidden);
    }
    has(&browser.get("/identities?q=nothing-like-it").await.text, "None in this view");
    let wrong = browser.get("/identities?kind=robot").await;
    assert_eq!(wrong.status, 400);
    has(&wrong.text, "\"robot\" is not a kind of identity: one of agent, service_account");
}

#[tokio::test]
async fn an_empty_register_says_what_belongs_there_and_how_it_comes() {
    let app = TestApp::baseline().await;
    let vic = person(&app, "vic", Role::Viewer).await;
    let page = Browser::sign_in(&app, vic).await.get("/identities").await.text;
    has(&page, "No identities yet");
    has(&page, "countersign import aws-iam");
}

#[tokio::test]
async fn the_view_is_exported_whole_for_those_who_may() {
    let w = World::new().await;
    w.many(1_100).await;
    let new = NewIdentity::named("=cmd()", Kind::Workload);
    w.app.fresh.gov.identity_add(&w.app.fresh.operator(), new).await.unwrap();
    let olga = Browser::sign_in(&w.app, w.olga).await;
    let page = olga.get("/identities?kind=agent").await.text;
    assert!(page.contains("href=\"/identities.csv?kind=agent\""), "the links say the view");
    let csv = olga.get("/identities.csv?kind=agent").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<_> = csv.text.lines().collect();
    assert_eq!(lines.len(), 1_102, "more than one page of the database");
    assert!(lines[0].starts_with("\"id\",\"kind\",\"name\","));
    assert!(olga.get("/identities.csv?kind=workload").await.text.contains("\"'=cmd()\""));
    let json = olga.get("/identities.json").await.ok();
    assert_eq!((json["items"].as_array().unwrap().len(), &json["next"]), (1_102, &serde_json::Value::Null));
    assert_eq!(olga.get("/identities.json?q=payer").await.ok()["items"][0]["name"], "payer");
    assert_eq!(olga.get("/identities.json?kind=robot").await.status, 400);
    let vic = Browser::sign_in(&w.app, w.vic).await;
    assert!(vic.get("/identities.csv").await.problem(403).contains("export"));
    assert!(!vic.get("/identities").await.text.contains("identities.csv"));
}

#[tokio::test]
async fn a_record_names_its_gaps_and_each_is_mended_by_a_form() {
    let w = World::new().await;
    person(&w.app, "bob", Role::Owner).await;
    let browser = Browser::sign_in(&w.app, w.olga).await;
    let path = w.record();
    let page = browser.get(&path).await.text;
    has(&page, "Record 0 of 5 complete");
    has(&page, "No owner yet");
    assert_eq!(page.matches("<h1").count(), 1);

    let (to, page) = browser.submit(&path, &page, OWN, &[("owner", "ana@example.com"), ("backup", "")]).await;
    has(&page.text, "production asks for a backup owner");
    lacks(&page.text, "Owners saved");
    let page = browser.get(to.split('?').next().unwrap()).await.text;
    let (to, page) =
        browser.submit(&path, &page, OWN, &[("owner", "ana@example.com"), ("backup", "bob@example.com")]).await;
    assert_eq!(to, format!("{path}?done=owner"));
    has(&page.text, "Owners saved.");
    has(&page.text, "Owner ana ana@example.com");

    let scope = [
        ("purpose", "Pays suppliers"),
        ("environment", "production"),
        ("team", "finance"),
        ("systems", "sap\nbank"),
        ("tools", ""),
        ("data_classes", ""),
    ];
    let (_, page) = browser.submit(&path, &page.text, SCOPE, &scope).await;
    has(&page.text, "Purpose Pays suppliers");
    has(&page.text, "Systems sap, bank");
    let (_, page) = browser.submit(&path, &page.text, LIMITS, &[("limits", "a day 5"), ("hours", "")]).await;
    has(&page.text, "a day 5: write a name, a colon and the limit");
    let (_, page) =
        browser.submit(&path, &page.text, LIMITS, &[("limits", "a day: 5,000.00 EUR"), ("hours", "Mon-Fri")]).await;
    has(&page.text, "a day 5,000.00 EUR");
    has(&page.text, "Systems sap, bank");
    let (_, page) = browser.submit(&path, &page.text, END, &[("day", "2027-03-31")]).await;
    has(&page.text, "End date 31 Mar 2027");
    let (_, page) = browser.submit(&path, &page.text, MODE, &[]).await;
    has(&page.text, "Observed only: nothing is held back");
    let (_, page) = browser.submit(&path, &page.text, MODE, &[]).await;
    has(&page.text, "Enforced");
    let (_, page) = browser.submit(&path, &page.text, STATUS, &[("status", "suspended")]).await;
    has(&page.text, "State Suspended");
    has(&page.text, "Record 3 of 5 complete");

    let ana = Browser::sign_in(&w.app, w.ana).await;
    let page = ana.get(&path).await.text;
    for action in [OWN, SCOPE, LIMITS, END, MODE, STATUS] {
        assert!(!page.contains(action), "an owner changes nothing by {action}");
    }
    let (_, page) = ana.submit(&path, &page, ATTEST, &[("answer", "keep"), ("note", "still needed")]).await;
    has(&page.text, "Answer recorded.");
    has(&page.text, "Keep as is ana: still needed");
    has(&page.text, "Record 4 of 5 complete");
}

#[tokio::test]
async fn a_form_of_an_older_page_changes_nothing() {
    let w = World::new().await;
    let browser = Browser::sign_in(&w.app, w.olga).await;
    let path = w.record();
    let page = browser.get(&path).await.text;
    browser.submit(&path, &page, END, &[("day", "2027-03-31")]).await;
    let (_, told) = browser.submit(&path, &page, END, &[("day", "2028-01-01")]).await;
    has(&told.text, "payer changed since you looked at it");
    has(&told.text, "End date 31 Mar 2027");
}

#[tokio::test]
async fn who_may_only_look_has_no_form_and_is_refused() {
    let w = World::new().await;
    let vic = Browser::sign_in(&w.app, w.vic).await;
    let page = vic.get(&w.record()).await.text;
    has(&page, "Record 0 of 5 complete");
    let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    assert!(!main.contains("<form"), "no form for a viewer");
    let (id, version) = (w.payer.to_string(), ("version", "0"));
    let common: &[(&str, &str)] = &[("id", &id), version];
    for (action, fields) in [
        (OWN, vec![("owner", "ana@example.com"), ("backup", "vic@example.com")]),
        (ATTEST, vec![("answer", "keep")]),
        (MODE, vec![("mode", "observe")]),
        (
            SCOPE,
            vec![
                ("purpose", "x"),
                ("environment", ""),
                ("team", ""),
                ("systems", ""),
                ("tools", ""),
                ("data_classes", ""),
            ],
        ),
        (LIMITS, vec![("limits", ""), ("hours", "")]),
        (END, vec![("day", "2027-03-31")]),
        (STATUS, vec![("status", "suspended")]),
        (STOP, vec![("reason", "because")]),
    ] {
        let reply = vic.call(action, &[common, &fields].concat()).await;
        assert_eq!(reply.status, 403, "{action}: {}", reply.text);
    }
    let it = w.app.fresh.gov.identity_find(&w.app.fresh.operator(), "payer").await.unwrap();
    assert_eq!((it.version, it.owner, it.epoch), (0, None, 0));
    assert_eq!(vic.get("/identities/idn_0").await.status, 404);
    assert_eq!(vic.get("/revocations/rev_0").await.status, 404);
}

#[tokio::test]
async fn one_person_stops_it_at_once_and_reads_what_was_stopped() {
    let w = World::new().await;
    let (_, key) = w.app.key(Some(w.payer), &[governance::engine::Scope::Ask]).await;
    let ask = serde_json::json!({
        "subject": {"type": "agent", "id": "payer"}, "action": {"name": "refund.create", "properties": {"amount_minor": 1, "currency": "EUR", "customer": "c"}},
        "resource": {"type": "account", "id": "stripe:test"},
    });
    let browser = Browser::sign_in(&w.app, w.olga).await;
    let path = w.record();
    let page = browser.get(&path).await.text;
    has(form(&page, STOP), "Reason (recorded)");
    has(&page, "Stops here, in the commit that records it");
    let (_, told) = browser.submit(&path, &page, STOP, &[("reason", " ")]).await;
    has(&told.text, "reason: say why");
    let (to, told) = browser.submit(&path, &page, STOP, &[("reason", "It pays twice")]).await;
    assert!(to.starts_with("/revocations/rev_"), "{to}");
    has(&told.text, "Revocation of payer");
    has(&told.text, "Stopped.");
    has(&told.text, "Why It pays twice");
    has(&told.text, "By olga");
    let told = w.app.post("/access/v1/evaluation", &key, &ask).await.ok();
    assert_eq!(told["decision"], false);
    let page = browser.get(&path).await.text;
    has(&page, "by olga. Whatever it asks is denied.");
    assert!(!page.contains(STOP), "it is stopped already");
    assert!(page.contains("href=\"/activity/dec_"), "the denied question is among its latest");
    has(&browser.get("/identities?state=stopped").await.text, "payer");
}

#[tokio::test]
async fn what_agents_and_sources_call_themselves_is_text() {
    let w = World::new().await;
    let new = NewIdentity::named("</title><b>bold</b> & co", Kind::Agent);
    let id = w.app.fresh.gov.identity_add(&w.app.fresh.operator(), new).await.unwrap().id;
    let browser = Browser::sign_in(&w.app, w.olga).await;
    for path in ["/identities".to_owned(), format!("/identities/{id}")] {
        let page = browser.get(&path).await.text;
        let place = page.find("<b>bold").map(|i| &page[i.saturating_sub(200)..i + 60]);
        assert_eq!(place, None, "{path}");
        has(&page, "</title><b>bold</b> & co");
    }
}

#[tokio::test]
async fn keys_are_listed_and_revoked_by_those_who_may() {
    let w = World::new().await;
    let (id, secret) = w.app.key(Some(w.payer), &[governance::engine::Scope::Read]).await;
    assert_eq!(w.app.get("/v1/identities", &secret).await.status, 200);
    let vic = Browser::sign_in(&w.app, w.vic).await;
    lacks(&vic.get("/settings").await.text, "Keys");
    let revoke = "/_fn/keys/revoke";
    assert_eq!(vic.call(revoke, &[("id", &id.to_string())]).await.status, 403);
    let olga = Browser::sign_in(&w.app, w.olga).await;
    let page = olga.get("/settings").await.text;
    has(&page, "payer read");
    lacks(&page, "People");
    assert!(!page.contains(&secret), "a key is shown once, when it is made");
    let (to, page) = olga.submit("/settings", &page, revoke, &[]).await;
    assert_eq!(to, "/settings#keys");
    has(&page.text, "revoked just now");
    assert!(!page.text.contains(revoke), "nothing is left to revoke");
    assert_eq!(w.app.get("/v1/identities", &secret).await.status, 401);
    let admin = person(&w.app, "ada", Role::Admin).await;
    let page = Browser::sign_in(&w.app, admin).await.get("/settings").await.text;
    has(&page, "olga olga@example.com operator");
}
