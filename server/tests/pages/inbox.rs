//! The inbox: an agent asks over HTTP, people decide by posting forms, the agent asks again.
use crate::{
    app::TestApp,
    browser::{Browser, form, text},
};
use chrono::TimeDelta;
use governance::{
    engine::Scope,
    id::{IdentityId, PersonId},
    log::event::{Event, EventKind},
};
use serde_json::{Value, json};

const VOTE: &str = "/_fn/escalations/vote";
const UNDO: &str = "/_fn/escalations/undo";

/// The baseline bundle, a support agent with its key, and people of finance.
struct World {
    app: TestApp,
    key: String,
    ana: PersonId,
    bo: PersonId,
    viewer: PersonId,
    mara: PersonId,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::sealed().await;
        app.activate("policies/baseline").await;
        let people = [("ana", "approver"), ("bo", "approver"), ("vic", "viewer"), ("mara", "approver")];
        let mut ids = Vec::new();
        let mut w = app.fresh.gov.write(&app.fresh.operator()).await.unwrap();
        for (name, role) in people {
            let id = PersonId::new(w.at(), w.random());
            let email = format!("{name}@example.com");
            let person = "insert into people (id, email, name, status, created_at) values ($1, $2, $3, 'active', 0)";
            w.tx.execute(person, &[id.into(), email.into(), name.into()]).await.unwrap();
            let role_sql = "insert into person_roles (person_id, role, from_at) values ($1, $2, 0)";
            w.tx.execute(role_sql, &[id.into(), role.into()]).await.unwrap();
            let group = "insert into person_groups (person_id, grp, from_at) values ($1, 'finance-ops', 0)";
            w.tx.execute(group, &[id.into()]).await.unwrap();
            ids.push(id);
        }
        let agent = IdentityId::new(w.at(), w.random());
        let identity = "insert into identities (id, name, kind, team, status, mode, registered_at) values ($1, 'desk-bot', 'agent', 'support-agents', 'active', 'enforce', 0)";
        w.tx.execute(identity, &[agent.into()]).await.unwrap();
        w.append(Event::new(EventKind::IdentityAdded, "test").subject(agent)).await.unwrap();
        w.commit().await.unwrap();
        let (_, key) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
        Self { app, key, ana: ids[0], bo: ids[1], viewer: ids[2], mara: ids[3] }
    }

    /// The agent asks to refund so many cents.
    async fn ask(&self, cents: i64) -> Value {
        let body = json!({
            "subject": {"type": "agent", "id": "desk-bot", "properties": {"on_behalf_of": "mara@example.com"}},
            "action": {"name": "refund.create", "properties": {"amount_minor": cents, "currency": "EUR", "customer": "Blum KG"}},
            "resource": {"type": "account", "id": "stripe:test"},
            "context": {"justification": "Returned.\u{202e} Approve <b>now</b>."},
        });
        let reply = self.app.post("/access/v1/evaluation", &self.key, &body).await;
        self.app.fresh.clock.advance(TimeDelta::seconds(2));
        reply.ok()
    }

    async fn first(&self, browser: &Browser<'_>) -> (String, String) {
        let list = browser.get("/inbox?view=all").await;
        let path = list.text.split("href=\"/inbox/").nth(1).expect("a row").split('"').next().unwrap();
        let path = format!("/inbox/{}", path.replace("&amp;", "&"));
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200);
        (path, page.text)
    }
    fn wait(&self, seconds: i64) {
        self.app.fresh.clock.advance(TimeDelta::seconds(seconds));
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

#[tokio::test]
async fn the_card_says_what_is_asked_why_it_stopped_and_what_the_agent_claims() {
    let w = World::new().await;
    assert_eq!(w.ask(482_000).await["decision"], false);
    let ana = Browser::sign_in(&w.app, w.ana).await;
    let (_, page) = w.first(&ana).await;
    has(&page, "desk-bot asks to refund 4,820.00 EUR (Blum KG).");
    has(&page, "Cannot be undone once the payment provider has paid it out.");
    has(&page, "Stopped by refund-over-500.");
    has(&page, "4,820.00 EUR , above the limit of 500.00 EUR.");
    has(&page, "The agent’s own words, not checked");
    has(&page, "Returned.⟦U+202E⟧ Approve <b>now</b>.");
    assert!(!page.contains("Approve <b>now"), "the agent's words are text, never markup");
    has(&page, "Too little history");
    has(&page, "ana (finance-ops), bo (finance-ops)");
    has(&page, "If nobody answers Denied at Sat 21 Nov 2026, 09:30 UTC");
    assert_eq!(page.matches("<h1").count(), 1);
    let why = page.find("Stopped by").unwrap();
    assert!(why < page.find("own words").unwrap() && page.find("own words").unwrap() < page.find(VOTE).unwrap());
}

#[tokio::test]
async fn a_vote_without_script_takes_what_the_tier_asks_for_and_then_the_agent_may() {
    let w = World::new().await;
    w.ask(482_000).await;
    let ana = Browser::sign_in(&w.app, w.ana).await;
    let (path, page) = w.first(&ana).await;
    let reason = ("reason", "Order 3312 came back today");
    // too early
    let approve = ("verdict", "approve");
    let (_, told) = ana.submit(&path, &page, VOTE, &[approve, ("code", "matches_record"), reason]).await;
    has(&told.text, "Look at the card for 5 more seconds");
    assert!(told.text.contains("role=\"alert\""));
    // no reason, too short a reason
    w.wait(6);
    let (_, told) = ana.submit(&path, &page, VOTE, &[approve]).await;
    has(&told.text, "Choose a reason for approving");
    let (_, told) = ana.submit(&path, &page, VOTE, &[approve, ("code", "matches_record"), ("reason", "ok")]).await;
    has(&told.text, "in at least 15 characters");
    // a made-up time of showing counts for nothing
    let (_, told) =
        ana.submit(&path, &page, VOTE, &[approve, ("code", "matches_record"), reason, ("shown", "1.AAAA")]).await;
    has(&told.text, "Look at the card");
    // and then it counts
    let (to, done) = ana.submit(&path, &page, VOTE, &[approve, ("code", "matches_record"), reason]).await;
    assert_eq!(to, path, "back to the card, in its list");
    has(&done.text, "Approved: the agent may do it once.");
    has(&done.text, "Fresh sign-in by a one-time link.");
    assert_eq!(w.ask(482_000).await["decision"], true);
    assert_eq!(w.ask(482_000).await["decision"], false, "once");
}

#[tokio::test]
async fn an_old_sign_in_is_no_proof_for_a_high_tier() {
    let w = World::new().await;
    let ana = Browser::sign_in(&w.app, w.ana).await;
    w.wait(11 * 60);
    w.ask(482_000).await;
    let (path, page) = w.first(&ana).await;
    has(&page, "Approving this takes a fresh sign-in.");
    w.wait(6);
    let vote = [("verdict", "approve"), ("code", "planned"), ("reason", "Agreed with the customer")];
    let (_, told) = ana.submit(&path, &page, VOTE, &vote).await;
    has(&told.text, "Confirm that it is you");
    let (_, told) = ana.submit(&path, &page, VOTE, &[("verdict", "deny")]).await;
    has(&told.text, "You denied this.");
}

#[tokio::test]
async fn two_people_for_a_critical_one_and_the_second_sees_nothing_of_the_first() {
    let w = World::new().await;
    w.ask(4_820_000).await;
    let (ana, bo) = (Browser::sign_in(&w.app, w.ana).await, Browser::sign_in(&w.app, w.bo).await);
    let (path, first) = w.first(&ana).await;
    let (_, second) = w.first(&bo).await;
    has(&first, "Needs 2 people · 0 of 2");
    w.wait(9);
    let typed = |page: &str| {
        let asked = page.split("To approve, type ").nth(1).unwrap();
        let values = [("the amount", "48,200.00 EUR"), ("the target", "Blum KG")];
        values.into_iter().find(|(what, _)| asked.starts_with(what)).unwrap_or_else(|| panic!("{}", text(asked))).1
    };
    let vote = |page: &str, why: &'static str| {
        [("verdict", "approve"), ("code", "confirmed"), ("reason", why), ("echo", typed(page))]
    };
    let mut wrong = vote(&first, "Called the customer myself");
    wrong[3].1 = "something else";
    let (_, told) = ana.submit(&path, &first, VOTE, &wrong).await;
    has(&told.text, "Type the value the card asks for");
    let (_, told) = ana.submit(&path, &first, VOTE, &vote(&first, "Called the customer myself")).await;
    has(&told.text, "You approved this.");
    assert!(!told.text.contains(&format!("action=\"{VOTE}\"")), "one human, one vote");
    let seen = bo.get(&path).await.text;
    has(&seen, "Somebody approved.");
    lacks(&seen, "Called the customer myself");
    lacks(&seen, "By ana");
    let (_, told) = bo.submit(&path, &second, VOTE, &vote(&second, "Saw the double booking")).await;
    has(&told.text, "Approved: the agent may do it once.");
    has(&told.text, "Called the customer myself");
}

#[tokio::test]
async fn who_may_not_decide_reads_why_and_has_no_form() {
    let w = World::new().await;
    w.ask(482_000).await;
    for (person, why) in [
        (w.viewer, "You cannot decide this: you do not have the role approver."),
        (w.mara, "You cannot decide this: the agent acts for you."),
    ] {
        let browser = Browser::sign_in(&w.app, person).await;
        let (_, page) = w.first(&browser).await;
        has(&page, why);
        assert!(!page.contains(VOTE), "{why}");
        let mine = browser.get("/inbox").await.text;
        has(&mine, "Nothing waits for you");
    }
}

#[tokio::test]
async fn what_has_ended_says_so_instead_of_taking_a_vote() {
    let w = World::new().await;
    w.ask(482_000).await;
    let ana = Browser::sign_in(&w.app, w.ana).await;
    let (path, page) = w.first(&ana).await;
    w.wait(25 * 60);
    let (_, told) = ana.submit(&path, &page, VOTE, &[("verdict", "deny"), ("card_version", "7")]).await;
    has(&told.text, "Changed since you looked");
    w.wait(5 * 60);
    let (_, told) = ana.submit(&path, &page, VOTE, &[("verdict", "deny")]).await;
    has(&told.text, "It is already expired");
    has(&told.text, "Expired, so denied.");
    lacks(&told.text, "Approve once");
    has(&ana.get("/inbox?view=decided").await.text, "Expired, so denied");
    assert_eq!(ana.get("/inbox/esc_0").await.status, 404);
    has(&ana.get("/inbox?tier=huge").await.text, "there are the tiers low, medium, high, critical");
}

#[tokio::test]
async fn enter_in_a_field_decides_nothing_and_both_buttons_weigh_the_same() {
    let w = World::new().await;
    w.ask(482_000).await;
    let ana = Browser::sign_in(&w.app, w.ana).await;
    let (_, page) = w.first(&ana).await;
    let form = form(&page, VOTE);
    let buttons: Vec<_> = form.split("<button").skip(1).map(|b| b.split('>').next().unwrap()).collect();
    assert_eq!(buttons.len(), 3);
    assert!(buttons[0].contains("disabled"), "the form's default button: {}", buttons[0]);
    assert!(buttons[1..].iter().all(|b| b.contains("class=\"button\"")), "{buttons:?}");
    assert!(!form.contains(UNDO));
}

#[tokio::test]
async fn an_open_stream_of_news_ends_with_the_process() {
    let w = World::new().await;
    let browser = Browser::sign_in(&w.app, w.ana).await;
    w.app.ending.send_replace(true);
    // one that does not end would go on for ten minutes
    let stream = tokio::time::timeout(std::time::Duration::from_secs(60), browser.get("/live/inbox"));
    let told = stream.await.expect("the stream ends").text;
    assert!(told.starts_with("event: inbox"), "{told}");
}
