//! Evidence: control tests are run, packs ordered, made, downloaded and verified, by forms and links alone.
use crate::{
    app::{Reply, TestApp},
    browser::{Browser, form, text},
};
use governance::{
    engine::{Actor, Role, identities::NewIdentity, people::NewPerson},
    evidence::{Asked, Verdict, verify, zip},
    id::PersonId,
    identity::Kind,
    log::event::EventKind,
};

const ASSESS: &str = "/_fn/evidence/assess";
const ORDER: &str = "/_fn/evidence/order";

struct World {
    app: TestApp,
    auditor: PersonId,
    viewer: PersonId,
}

impl World {
    /// A register with one agent that nobody owns.
    async fn new() -> Self {
        let app = TestApp::baseline().await;
        let mut ids = Vec::new();
        for (name, role) in [("ada", Role::Auditor), ("vic", Role::Viewer)] {
            let new = NewPerson {
                email: format!("{name}@example.com"),
                name: name.into(),
                roles: [role].into(),
                ..NewPerson::default()
            };
            ids.push(app.fresh.gov.person_add(&app.fresh.operator(), new).await.unwrap().id);
        }
        let new = NewIdentity::named("lost-bot", Kind::Agent);
        app.fresh.gov.identity_add(&app.fresh.operator(), new).await.unwrap();
        Self { app, auditor: ids[0], viewer: ids[1] }
    }
    async fn auditor(&self) -> Browser<'_> {
        Browser::sign_in(&self.app, self.auditor).await
    }
    /// What the server's own job does: signs the log, takes the order, makes the pack.
    async fn make(&self) {
        let gov = &self.app.fresh.gov;
        gov.log_checkpoint_sign(&self.app.fresh.key, None).await.unwrap();
        let ctx = gov.ctx(Actor::System("export"));
        let order = gov.evidence_take(&ctx).await.unwrap().expect("an order");
        server::documents::pack::make(gov, &ctx, order, &self.app.fresh.key).await.unwrap();
    }
    /// Assesses everything and returns the run's address and page.
    async fn assessed(&self, browser: &Browser<'_>) -> (String, Reply) {
        let page = browser.get("/evidence").await.text;
        let period = option(form(&page, ASSESS), "Last 90 days");
        browser.submit("/evidence", &page, ASSESS, &[("framework", ""), ("period", &period)]).await
    }
}

/// The value of the choice that begins so.
#[track_caller]
fn option(form: &str, words: &str) -> String {
    let found = form.split("<option").find(|o| o.split('>').nth(1).is_some_and(|w| w.starts_with(words)));
    let found = found.unwrap_or_else(|| panic!("no choice {words} in {form}"));
    found.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}
#[track_caller]
fn has(page: &str, words: &str) {
    let read = text(page);
    assert!(read.contains(words), "{words:?} is not in\n{read}");
}

#[tokio::test]
async fn before_anything_was_assessed_the_page_says_what_it_will_show() {
    let w = World::new().await;
    let page = w.auditor().await.get("/evidence").await.text;
    has(&page, "The control tests have not been run yet");
    has(&page, "42 of 64 control tests can be fed today.");
    has(&page, "No pack has been made");
    has(&page, "mappings are the author's judgement and have not been reviewed by an assessor");
    has(&page, "n = 0 -> not-applicable (only reachable when all feeding sources are fresh, else indeterminate)");
    let forms = (form(&page, ASSESS), form(&page, ORDER));
    assert_eq!(option(forms.1, "Last 30 days"), "2026-10-23..2026-11-21");
    assert!(forms.0.contains("All frameworks, 64 tests"));
    assert_eq!(page.matches("<h1").count(), 1);
}

#[tokio::test]
async fn a_run_shows_each_framework_test_query_and_row() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let (run, page) = w.assessed(&ada).await;
    assert!(run.starts_with("/evidence/assessments/"), "{run}");
    has(&page.text, "run by ada");
    has(&page.text, "Tests that can be fed today 42 of 64");
    has(&page.text, "OWN-01 Every active identity has an accountable, active human owner not satisfied 1 1");
    has(&page.text, "Agent tools are approved and unchanged indeterminate no source: nothing feeds tools – –");
    let only = ada.get(&format!("{run}?outcome=not-satisfied")).await.text;
    has(&only, "OWN-01");
    assert!(!text(&only).contains("Agent tools are approved"));
    has(&ada.get(&format!("{run}?outcome=fine")).await.text, "there are satisfied, not-satisfied");

    let test = ada.get(&format!("{run}/tests/OWN-01")).await.text;
    has(&test, "Not satisfied. 1 of 1 rows violate it.");
    has(&test, "agent lost-bot");
    has(&test, "SELECT i.id AS subject,'orphaned: no active human owner' AS detail");
    has(&test, "ev_identities");
    has(&test, "OWASP Non-Human Identities Top 10");
    let unfed = ada.get(&format!("{run}/tests/GOV-04")).await.text;
    has(&unfed, "Indeterminate: no source: nothing feeds tools. It was not run.");
    has(&unfed, "No source for tools no source lists tools");
    let fixed = ada.get(&format!("{run}/tests/AUD-05?variant=required_s%3D15897600")).await.text;
    has(&fixed, "As a control fixes it: required 184 days.");

    let act = ada.get(&format!("{run}/frameworks/eu-ai-act")).await.text;
    has(&act, "EU Artificial Intelligence Act");
    has(&act, "Direct coverage. Logs kept at least six months.");
    assert!(act.contains(&format!("href=\"{run}/tests/")), "each control leads to its tests");
    let risks = text(&ada.get(&format!("{run}/frameworks/owasp-nhi-2025")).await.text);
    let said = risks.split("How these verdicts are made").next().unwrap();
    assert!(said.contains("exposure found") && !said.contains("not satisfied. "), "{said}");
    // the start page shows the same run, with its numbers
    let home = ada.get("/evidence").await.text;
    has(&home, "The last assessment just now by ada");
    assert!(home.contains(&format!("href=\"{run}/frameworks/eu-ai-act\"")));
    assert!(!text(&home).contains("old."));
    // a week later it says that it is time
    w.app.wait(8 * 86_400);
    let ada = w.auditor().await;
    has(&ada.get("/evidence").await.text, "This assessment is 8 days old. The catalogue asks for one every 7 days.");
}

#[tokio::test]
async fn every_table_can_be_taken_away_as_csv_and_json() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let (run, page) = w.assessed(&ada).await;
    for (at, head, row) in [
        ("/frameworks", "\"framework\",\"name\"", "eu-ai-act"),
        ("/tests", "\"test\",\"variant\"", "OWN-01"),
        ("/frameworks/eu-ai-act/controls", "\"control\",\"title\"", "Art. 14"),
        ("/tests/OWN-01/rows", "\"subject\",\"is\",\"detail\"", "agent lost-bot"),
    ] {
        let csv = ada.get(&format!("{run}{at}.csv")).await;
        assert!(csv.text.starts_with(head) && csv.text.contains(row), "{at}: {}", csv.text);
        assert!(csv.header("content-disposition").starts_with("attachment; filename=\""), "{at}");
        let json = ada.get(&format!("{run}{at}.json")).await.ok();
        let rows = json["items"].as_array().unwrap().len();
        assert_eq!(rows, csv.text.trim_end().split("\r\n").count() - 1, "{at}");
    }
    assert!(page.text.contains(&format!("{run}/tests.csv")));
    ada.get(&format!("{run}/nothing.csv")).await.problem(404);
    ada.get(&format!("{run}/tests/OWN-01/rows.xls")).await.problem(404);
    ada.get("/evidence/packs.csv").await;
    // who may only look gets neither the links nor the files
    let vic = Browser::sign_in(&w.app, w.viewer).await;
    vic.get(&format!("{run}/tests.csv")).await.problem(403);
    assert!(!vic.get(&run).await.text.contains("tests.csv"));
}

#[tokio::test]
async fn a_pack_is_ordered_made_downloaded_and_verified() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let page = ada.get("/evidence").await.text;
    let period = option(form(&page, ORDER), "Last 30 days");
    let (at, ordered) = ada.submit("/evidence", &page, ORDER, &[("framework", "eu-ai-act"), ("period", &period)]).await;
    assert!(at.starts_with("/evidence/packs/"), "{at}");
    has(&ordered.text, "Waiting for its turn.");
    has(&ordered.text, "Look again");
    assert!(!ordered.text.contains("/download\""), "nothing to download yet");
    ada.post(&at, &format!("{at}/download"), &[]).await.problem(404);
    w.make().await;
    let ready = ada.get(&at).await.text;
    has(&ready, "Ready");
    assert!(!text(&ready).contains("Look again"));
    let file = "countersign-eu-ai-act-20261023-20261121.zip";
    let vkey = w.app.fresh.gov.installation().vkey.clone();
    has(&ready, &format!("countersign verify {file} --key '{vkey}'").replace('\'', "'"));
    form(&ready, &format!("{at}/download"));
    let (status, bytes) = ada.file(&at, &format!("{at}/download")).await;
    assert_eq!(status, 200);
    let checked = verify(&bytes, &Asked { key: Some(w.app.fresh.key.verifier()), outside: None });
    assert_eq!(checked.verdict, Verdict::Unwitnessed, "{}", checked.text());
    assert!(zip::read(&bytes).unwrap().contains_key("results/violations/OWN-01.csv"));
    has(&ready, &governance::evidence::manifest::sha256_hex(&bytes));
    // it left, so it is on record
    let ctx = w.app.fresh.operator();
    let log = w.app.fresh.gov.event_list(&ctx, -1, 1_000).await.unwrap();
    let last = log.iter().rfind(|e| e.kind == EventKind::EvidenceExported.as_str()).expect("an entry");
    assert_eq!(last.actor, w.auditor.to_string());
    let listed = ada.get("/evidence").await;
    has(&listed.text, "23 Oct 2026 to 21 Nov 2026 Ready just now by ada");
    assert_eq!(ada.get("/evidence/packs.json").await.ok()["items"][0]["state"], "made");
}

#[tokio::test]
async fn what_cannot_be_ordered_is_said_in_one_line_and_nothing_is_kept() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let page = ada.get("/evidence").await.text;
    let period = ("period", "2026-10-23..2026-11-21");
    let act = ("framework", "eu-ai-act");
    for (fields, what) in [
        (vec![("framework", "iso-9001"), period], "no framework iso-9001; there are: owasp-nhi-2025"),
        (vec![act, ("period", "soon")], "choose a period, or give its first and its last day"),
        (vec![act, period, ("from", "2026-11-20")], "takes both its first and its last day"),
        (vec![act, period, ("from", "2026-11-20"), ("to", "2026-11-01")], "before it starts"),
        (vec![act, period, ("from", "2027-11-20"), ("to", "2027-11-21")], "the period has not begun"),
    ] {
        let (to, told) = ada.submit("/evidence", &page, ORDER, &fields).await;
        assert!(to.starts_with("/evidence?"), "{to}");
        has(&told.text, what);
        assert!(told.text.contains("role=\"alert\""));
    }
    let (_, own) =
        ada.submit("/evidence", &page, ORDER, &[act, period, ("from", "2026-11-01"), ("to", "2026-11-15")]).await;
    has(&own.text, "1 Nov 2026 to 15 Nov 2026");
    assert_eq!(ada.get("/evidence/packs.json").await.ok()["items"].as_array().unwrap().len(), 1);
    for path in ["/evidence/packs/pck_1", "/evidence/assessments/x", "/evidence/assessments/x/tests/OWN-01"] {
        assert_eq!(ada.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_pack_that_came_to_nothing_says_why() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let page = ada.get("/evidence").await.text;
    let (at, _) = ada
        .submit("/evidence", &page, ORDER, &[("framework", "eu-ai-act"), ("period", "2026-10-23..2026-11-21")])
        .await;
    let gov = &w.app.fresh.gov;
    let ctx = w.app.fresh.operator();
    let order = gov.evidence_list(&ctx, None, 1).await.unwrap().remove(0);
    gov.evidence_failed(&ctx, &order, "the period holds more than 1000000 events").await.unwrap();
    let failed = ada.get(&at).await.text;
    has(&failed, "It could not be made. the period holds more than 1000000 events.");
    has(&failed, "Order it again");
}

#[tokio::test]
async fn who_may_only_look_has_no_form_and_is_refused() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let page = ada.get("/evidence").await.text;
    let (at, _) = ada
        .submit("/evidence", &page, ORDER, &[("framework", "eu-ai-act"), ("period", "2026-10-23..2026-11-21")])
        .await;
    w.make().await;
    let vic = Browser::sign_in(&w.app, w.viewer).await;
    let home = vic.get("/evidence").await.text;
    has(&home, "You may not run the control tests.");
    has(&home, "You may not make evidence packs.");
    assert!(!home.contains(ASSESS) && !home.contains(ORDER) && !home.contains("/download"));
    let period = ("period", "2026-10-23..2026-11-21");
    for (action, what) in [(ASSESS, "run the control tests"), (ORDER, "make an evidence pack")] {
        let reply = vic.post("/evidence", action, &[("framework", "eu-ai-act"), period]).await;
        let told = vic.get(reply.header("location").trim_start_matches("https://cs.example")).await;
        has(&told.text, &format!("you may not {what}: that takes one of the roles auditor, operator, admin"));
    }
    let refused = vic.post(&at, &format!("{at}/download"), &[]).await.problem(403);
    assert!(refused.contains("you may not export"), "{refused}");
    has(&vic.get(&at).await.text, "You may not download it.");
    let ctx = w.app.fresh.operator();
    assert_eq!(w.app.fresh.gov.evidence_list(&ctx, None, 10).await.unwrap().len(), 1, "nothing was ordered");
    assert!(w.app.fresh.gov.assess_latest(&ctx).await.unwrap().is_none(), "nothing was run");
}

#[tokio::test]
async fn the_largest_pages_stay_small() {
    let w = World::new().await;
    let ada = w.auditor().await;
    let (run, _) = w.assessed(&ada).await;
    let paths = ["nist-ai-rmf-1.0", "nist-800-53r5", "mitre-atlas"].map(|f| format!("{run}/frameworks/{f}"));
    for path in [vec!["/evidence".to_owned(), run.clone()], paths.to_vec()].concat() {
        let page = ada.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let nodes = page.text.matches('<').count() - page.text.matches("</").count() - page.text.matches("<!").count();
        assert!(nodes <= 1_500, "{path}: {nodes} nodes");
    }
}
