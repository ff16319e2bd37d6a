//! What a gate says of the grant it issues: how many uses, in which window; and that neither is a way around a budget.
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::World;
use chrono::TimeDelta;
use governance::decision::{Answer, GrantRef};
use governance::engine::policies::Release;
use governance::engine::tasks::NewTask;
use governance::engine::{Ctx, Scope};
use governance::error::Kind;
use governance::id::IdentityId;
use governance::on_every_database;
use governance::policy::starters::starter;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use serde_json::{Value, json};

on_every_database! {
    a_grant_is_used_as_often_as_its_gate_says
    a_grant_holds_in_its_window_alone
    nobody_is_asked_for_what_no_window_allows
    several_uses_are_all_counted
    what_a_grant_still_allows_counts_until_it_ends
    a_renewal_spends_no_budget
    terms_without_a_grant_are_refused
}

struct Played {
    w: World,
    desk: IdentityId,
    agent: Ctx,
}

fn gate(terms: &str) -> String {
    format!("@grant(\"PT15M\") {terms}")
}

/// The support bundle, with these words instead of a text of its rules on refunds.
async fn begin(t: Fresh, from: &str, to: &str) -> Played {
    let w = World::of(t, "support").await;
    w.t.gov.policy_activate(&w.t.operator(), Release::Files(&files(from, to)), None).await.unwrap();
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    Played { w, desk, agent }
}

fn files(from: &str, to: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut files = starter("support").unwrap().files();
    let mut found = 0;
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name.starts_with("policies/")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        // the gate above the threshold comes first
        if let Some(at) = text.find("@id(\"refund-over-500\")") {
            let (before, after) = text.split_at(at);
            found += usize::from(after.contains(from));
            *bytes = format!("{before}{}", after.replacen(from, to, 1)).into_bytes();
        }
    }
    assert_eq!(found, 1, "{from} stands nowhere");
    files
}

impl Played {
    fn pass(&self, seconds: i64) {
        self.w.t.clock.advance(TimeDelta::seconds(seconds));
    }

    /// The permit that somebody approved.
    async fn approved(&self, question: Value) -> Answer {
        let ana = self.w.approver(&format!("ana-{}", self.w.t.gov.now().micros()), "finance-ops").await;
        let (answer, line) = self.w.answer(&self.agent, question.clone()).await;
        assert_eq!(line, "escalate approval_required");
        self.w.approve(&ana, answer.unwrap().escalation.unwrap().id).await;
        self.pass(2);
        let (answer, line) = self.w.answer(&self.agent, question).await;
        assert_eq!(line, "permit");
        answer.unwrap()
    }

    async fn redeem(&self, grant: &GrantRef) -> Result<u32, (Kind, String)> {
        let done = self.w.t.gov.grant_redeem(&self.agent, grant.id, None).await;
        done.map(|d| d.uses_left).map_err(|e| (e.kind, e.detail))
    }
}

async fn a_grant_is_used_as_often_as_its_gate_says(t: Fresh) {
    let p = begin(t, "@grant(\"PT15M\")", &gate("@uses(\"3\")")).await;
    let grant = p.approved(refund(50_001)).await.grant.unwrap();
    assert_eq!(grant.uses, 3);
    for left in [2, 1, 0] {
        assert_eq!(p.redeem(&grant).await, Ok(left));
    }
    assert_eq!(p.redeem(&grant).await, Err((Kind::Conflict, "the grant was used up: ask again".into())));
    // the next one waits for a person again, and its card says how often
    let asked = p.w.answer(&p.agent, refund(50_001)).await.0.unwrap();
    let card = p.w.t.gov.escalation_get(&p.w.t.operator(), asked.escalation.unwrap().id).await.unwrap().card.unwrap();
    assert_eq!((card.grants.uses, card.grants.grant_s), (3, Some(900)));
}

async fn a_grant_holds_in_its_window_alone(t: Fresh) {
    // a Saturday, nine o'clock
    let p = begin(t, "@grant(\"PT15M\")", &gate("@window(\"Sat 10:00-10:05, Mon 08:00-18:00\")")).await;
    let at = |text: &str| Timestamp::parse(text).unwrap();
    let grant = p.approved(refund(50_001)).await.grant.unwrap();
    let window = (Some(at("2026-11-21T10:00:00Z")), at("2026-11-21T10:05:00Z"));
    assert_eq!((grant.starts_at, grant.expires_at), window);
    let early = "the grant does not hold yet: it starts at 2026-11-21T10:00:00.000000Z";
    assert_eq!(p.redeem(&grant).await, Err((Kind::Conflict, early.into())));
    p.w.t.clock.advance(at("2026-11-21T09:59:59Z") - p.w.t.gov.now());
    assert_eq!(p.redeem(&grant).await, Err((Kind::Conflict, early.into())));
    p.pass(1);
    assert_eq!(p.redeem(&grant).await, Ok(0));
    // inside a window it begins at once, and ends with the window at the latest
    p.pass(60);
    let inside = p.approved(refund(50_001)).await.grant.unwrap();
    assert_eq!((inside.starts_at, inside.expires_at), (Some(p.w.t.gov.now()), window.1));
    p.w.t.clock.advance(window.1 - p.w.t.gov.now());
    assert_eq!(p.redeem(&inside).await, Err((Kind::Expired, "the grant has expired: ask again".into())));
    let next = p.approved(refund(50_001)).await.grant.unwrap();
    assert_eq!((next.starts_at, next.expires_at), (Some(at("2026-11-23T08:00:00Z")), at("2026-11-23T08:15:00Z")));
}

async fn nobody_is_asked_for_what_no_window_allows(t: Fresh) {
    let p = begin(t, "@grant(\"PT15M\")", &gate("@window(\"Mon 08:00-18:00\")")).await;
    let task = NewTask {
        reference: "CRM-1".into(),
        purpose: "pay back".into(),
        agent: "agent:desk".into(),
        ends_in_s: Some(3_600),
        ..NewTask::default()
    };
    p.w.t.gov.task_open(&p.w.t.operator(), &task, None).await.unwrap();
    let mut question = refund(50_001);
    question["subject"]["properties"] = json!({ "task": "CRM-1" });
    let (answer, line) = p.w.answer(&p.agent, question).await;
    assert_eq!(line, "deny outside_window");
    assert_eq!(answer.unwrap().message.as_deref(), Some("no window (Mon 08:00-18:00) opens in time"));
    assert!(p.w.open(p.desk).await.is_empty());
    // without the task it could begin on Monday
    assert_eq!(p.w.answer(&p.agent, refund(50_001)).await.1, "escalate approval_required");
}

/// A budget of 2,000.00 EUR a day; each of these is above the threshold for one refund.
async fn several_uses_are_all_counted(t: Fresh) {
    let p = begin(t, "@grant(\"PT15M\")", &gate("@uses(\"3\")")).await;
    let of = async |amount| {
        let ask = p.w.answer(&p.agent, refund(amount)).await.0.unwrap();
        let card = p.w.t.gov.escalation_get(&p.w.t.operator(), ask.escalation.unwrap().id).await.unwrap().card.unwrap();
        let compared = card.stops.iter().flat_map(|s| &s.limits).map(|l| (l.field.clone(), l.value.clone()));
        compared.collect::<Vec<_>>()
    };
    let amount = |n: i64| ("input.amount_minor".to_owned(), json!(n));
    let day = |n: i64| ("used.refunds_day + input.amount_minor".to_owned(), json!(n));
    assert_eq!(of(60_000).await, [amount(60_000)], "three of them are within the day");
    assert_eq!(of(70_000).await, [amount(70_000), day(210_000)], "three of these are not, and people see it");
    let permit = p.approved(refund(60_001)).await;
    assert_eq!(permit.grant.as_ref().unwrap().uses, 3);
    // all three count from here on, spent or not: 1,800.03 of the 2,000.00
    assert_eq!(p.w.answer(&p.agent, refund(19_998)).await.1, "escalate approval_required");
    assert_eq!(p.w.answer(&p.agent, refund(19_997)).await.1, "permit");
    // and another bundle that counts anew comes to the same
    let mut files = files("@grant(\"PT15M\")", &gate("@uses(\"3\")"));
    let manifest = String::from_utf8(files["bundle.toml"].clone()).unwrap();
    let anew = manifest.replacen("window = \"24h\"", "window = \"23h\"", 1);
    assert_ne!(anew, manifest);
    files.insert("bundle.toml".into(), anew.into_bytes());
    p.w.t.gov.policy_activate(&p.w.t.operator(), Release::Files(&files), None).await.unwrap();
    p.pass(2);
    assert_eq!(p.w.answer(&p.agent, refund(1)).await.1, "escalate approval_required");
}

async fn what_a_grant_still_allows_counts_until_it_ends(t: Fresh) {
    // it begins two days from now, when a day's budget would have forgotten it
    let p = begin(t, "@grant(\"PT15M\")", &gate("@window(\"Mon 08:00-09:00\")")).await;
    let grant = p.approved(refund(200_000)).await.grant.unwrap();
    p.w.t.clock.advance(grant.starts_at.unwrap() - p.w.t.gov.now());
    assert_eq!(p.redeem(&grant).await, Ok(0));
    assert_eq!(p.w.answer(&p.agent, refund(100)).await.1, "escalate approval_required", "the day's budget is spent");
    p.pass(24 * 3_600 + 900 + 60);
    assert_eq!(p.w.answer(&p.agent, refund(100)).await.1, "permit");
}

/// Two thirds of a day's budget are out on a lease: renewing it asks for them no second time.
async fn a_renewal_spends_no_budget(t: Fresh) {
    let p = begin(t, "@grant(\"PT15M\")", &gate("@lease")).await;
    let mut files = files("@grant(\"PT15M\")", &gate("@lease"));
    let rules = files.get_mut("policies/refunds.cedar").unwrap();
    rules.extend_from_slice(
        b"\n@id(\"day\") forbid (principal, action == Action::\"refund.create\", resource)\n\
        when { resource == account::\"lease\" && context.used.refunds_day + context.input.amount_minor > 200000 };\n",
    );
    p.w.t.gov.policy_activate(&p.w.t.operator(), Release::Files(&files), None).await.unwrap();
    let of = |amount| {
        let mut question = refund(amount);
        question["resource"]["id"] = json!("lease");
        question
    };
    let lease = p.approved(of(150_000)).await.grant.unwrap();
    assert_eq!(p.redeem(&lease).await, Ok(0));
    for _ in 0..3 {
        p.pass(10);
        p.w.t.gov.grant_renew(&p.agent, lease.id, None).await.unwrap();
    }
    assert_eq!(p.w.answer(&p.agent, of(50_000)).await.1, "permit", "a third is left");
    p.pass(2);
    p.w.t.gov.grant_renew(&p.agent, lease.id, None).await.unwrap();
    assert_eq!(p.w.answer(&p.agent, of(1)).await.1, "deny forbidden", "and is spent");
}

async fn terms_without_a_grant_are_refused(t: Fresh) {
    let w = World::of(t, "support").await;
    let refused = async |to: &str| {
        let bundle = files("@grant(\"PT15M\")", to);
        w.t.gov.policy_activate(&w.t.operator(), Release::Files(&bundle), None).await.unwrap_err().detail
    };
    for (to, want) in [
        ("@uses(\"3\")", "rule `refund-over-500`: @uses means nothing without @grant"),
        ("@lease", "@lease means nothing without @grant"),
        ("@grant(\"PT15M\") @uses(\"1001\")", "@uses(\"1001\") must be a whole number from 1 to 1000"),
        ("@grant(\"PT15M\") @window(\"nights\")", "@window: \"nights\" is no window such as Mon-Fri 08:00-18:00"),
        ("@grant(\"PT15M\") @lease(\"PT1S\")", "from 5 s to 10 min"),
    ] {
        let said = refused(to).await;
        assert!(said.contains(want), "{to}: {said}");
    }
}
