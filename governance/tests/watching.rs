//! What was executed is matched to what was decided, whoever tells; on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Way};
use governance::engine::actions::Report;
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::{Ctx, Scope, findings::Filter, page::Want};
use governance::finding::Rule;
use governance::id::IdentityId;
use governance::identity::{Boundary, Kind};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;
use governance::watch::{Came, Made, Observed, Thing, Verdict};
use serde_json::{Map, Value, json};

on_every_database! {
    an_act_is_matched_to_its_decision
    what_was_executed_otherwise_is_said
    a_permit_serves_one_act
    a_grant_must_have_been_redeemed
    the_same_report_counts_once
    a_report_is_recorded_whole_or_not_at_all
    what_is_outside_the_boundary_is_found
    the_first_of_its_kind_is_found_once_there_is_history
    what_it_creates_is_found
    a_secret_is_taken_out_of_a_question_and_found
    looking_at_the_register_again_does_not_end_what_was_watched
    a_person_closes_what_was_watched
    what_nobody_decided_counts_against_the_shares
    a_report_of_somebody_unregistered_rests_on_its_decision
}

struct World {
    t: Fresh,
    id: IdentityId,
    agent: Ctx,
    gateway: Ctx,
}

async fn world(t: Fresh) -> World {
    t.gov.policy_install().await.unwrap();
    let new = NewIdentity { team: Some("support-agents".into()), ..NewIdentity::named("desk", Kind::Agent) };
    let id = t.gov.identity_add(&t.operator(), new).await.unwrap().id;
    let (agent, gateway) = (key(&t, Some(id)).await, key(&t, None).await);
    World { t, id, agent, gateway }
}

async fn key(t: &Fresh, identity: Option<IdentityId>) -> Ctx {
    let scopes = [Scope::Ask, Scope::Act].into();
    let new = NewKey { identity, name: "k".into(), patterns: vec![], scopes, submits: true, expires_at: None };
    let made = t.gov.key_create(&t.operator(), new).await.unwrap();
    t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap())
}

fn input(amount: i64) -> Map<String, Value> {
    json!({ "amount_minor": amount, "currency": "EUR" }).as_object().cloned().unwrap()
}

impl World {
    fn question(&self, action: &str, input: Map<String, Value>) -> Ask {
        Ask {
            subject: Entity { kind: "agent".into(), id: "desk".into(), properties: Map::new() },
            action: Action { name: action.into(), properties: input },
            resource: Entity { kind: "account".into(), id: "stripe:shop".into(), properties: Map::new() },
            context: Map::new(),
            way: Way::Evaluation,
            idempotency_key: None,
        }
    }
    async fn ask(&self, action: &str, input: Map<String, Value>) -> Answer {
        self.t.gov.decide(&self.agent, self.question(action, input)).await.unwrap()
    }
    /// How a gateway's report of one act compares, and which rules found something.
    async fn saw(&self, act: Observed) -> (Vec<Verdict>, Vec<Rule>) {
        let noted = self.t.gov.activity_report(&self.gateway, &[act]).await.unwrap();
        (noted.verdicts.into_keys().collect(), noted.findings.into_iter().map(|f| f.rule).collect())
    }
    async fn open(&self) -> Vec<governance::finding::Finding> {
        let filter = Filter { identity: Some(self.id), ..Filter::default() };
        let want = Want { limit: 100, ..Want::default() };
        let all = self.t.gov.finding_list(&self.t.operator(), &filter, &want).await.unwrap().items;
        all.into_iter().filter(|f| f.found.rule.watched()).collect()
    }
    async fn words(&self, rule: Rule) -> String {
        let open = self.open().await;
        open.into_iter().find(|f| f.found.rule == rule).unwrap().found.words
    }
}

fn act(action: &str, input: Map<String, Value>) -> Observed {
    Observed {
        id: None,
        agent: Thing { kind: "agent".into(), id: "desk".into() },
        action: action.into(),
        resource: Thing { kind: "account".into(), id: "stripe:shop".into() },
        input: Some(input),
        outcome: Came::Done,
        at: None,
        decision: None,
        grant: None,
        run: None,
        data_class: None,
        destination: None,
        tool: None,
        created: None,
    }
}

const DECIDED: &[Verdict] = &[Verdict::Decided];

async fn an_act_is_matched_to_its_decision(t: Fresh) {
    let w = world(t).await;
    let permit = w.ask("refund.create", input(100)).await;
    assert_eq!(w.saw(act("refund.create", input(100))).await, (DECIDED.to_vec(), vec![]), "found by what it was");
    let again = w.ask("refund.create", input(100)).await;
    let named = Observed { decision: Some(again.id), ..act("refund.create", input(100)) };
    assert_eq!(w.saw(named).await, (DECIDED.to_vec(), vec![]), "found by its id");
    assert_ne!(permit.id, again.id);
    let done = store::actions::of(&mut w.t.gov.read().await.unwrap(), permit.id).await.unwrap();
    assert_eq!(done.len(), 1);
    let skipped = Observed { outcome: Came::Skipped, ..act("payout.create", input(1)) };
    assert_eq!(w.saw(skipped).await.1, [], "what was not executed is nobody's fault");
}

async fn what_was_executed_otherwise_is_said(t: Fresh) {
    let w = world(t).await;
    let permit = w.ask("refund.create", input(100)).await;
    let more = Observed { decision: Some(permit.id), ..act("refund.create", input(101)) };
    assert_eq!(w.saw(more).await, (vec![Verdict::Different], vec![Rule::ExecutedDifferently]));
    assert_eq!(
        w.words(Rule::ExecutedDifferently).await,
        "desk executed refund.create other than it was decided: another input had been permitted."
    );
    let mut elsewhere = Observed { decision: Some(permit.id), ..act("refund.create", input(100)) };
    elsewhere.resource.id = "stripe:other".into();
    assert_eq!(w.saw(elsewhere).await.0, [Verdict::Different]);
    // asked and not permitted, and done all the same
    let denied = w.ask("refund.create", input(60_000)).await;
    assert_eq!(denied.outcome.as_str(), "deny", "without people who could approve it");
    assert_eq!(
        w.saw(act("refund.create", input(60_000))).await,
        (vec![Verdict::Denied], vec![Rule::DeniedYetExecuted])
    );
    // never asked
    assert_eq!(w.saw(act("crm.export", Map::new())).await, (vec![Verdict::Undecided], vec![Rule::ExecutedUndecided]));
    // asked, but long before
    w.t.clock.advance(TimeDelta::minutes(30));
    assert_eq!(w.saw(act("refund.create", input(100))).await.0, [Verdict::Undecided]);
    // a gateway that tells the time of an act which its permit had not outlived
    let permit = w.ask("refund.create", input(100)).await;
    w.t.clock.advance(TimeDelta::minutes(5));
    let late = Observed { decision: Some(permit.id), at: Some(w.t.gov.now()), ..act("refund.create", input(100)) };
    assert_eq!(w.saw(late).await.0, [Verdict::Undecided]);
    let open = w.open().await;
    let evidence = |rule| open.iter().find(|f| f.found.rule == rule).unwrap().found.evidence.len();
    assert_eq!(
        (evidence(Rule::ExecutedDifferently), evidence(Rule::ExecutedUndecided)),
        (2, 3),
        "one open finding a rule"
    );
}

async fn a_permit_serves_one_act(t: Fresh) {
    let w = world(t).await;
    w.ask("refund.create", input(100)).await;
    assert_eq!(w.saw(act("refund.create", input(100))).await.0, DECIDED);
    assert_eq!(w.saw(act("refund.create", input(100))).await.0, [Verdict::Undecided]);
}

async fn a_grant_must_have_been_redeemed(t: Fresh) {
    let w = world(t).await;
    let facts = std::collections::BTreeSet::from([governance::action_facts::ActionFact::MovesMoney]);
    w.t.gov.action_facts_set(&w.t.operator(), "refund.create", &facts).await.unwrap();
    let permit = w.ask("refund.create", input(100)).await;
    let grant = permit.grant.unwrap().id;
    let by_grant = || Observed { grant: Some(grant), ..act("refund.create", input(100)) };
    assert_eq!(w.saw(by_grant()).await, (vec![Verdict::Undecided], vec![Rule::ExecutedUndecided]));
    w.t.gov.grant_redeem(&w.agent, grant, None).await.unwrap();
    assert_eq!(w.saw(by_grant()).await.0, DECIDED);
}

async fn the_same_report_counts_once(t: Fresh) {
    let w = world(t).await;
    w.ask("refund.create", input(100)).await;
    let named = Observed { id: Some("span-1".into()), ..act("refund.create", input(100)) };
    let both = [named.clone(), named.clone()];
    let noted = w.t.gov.activity_report(&w.gateway, &both).await.unwrap();
    assert_eq!((noted.recorded, noted.known), (1, 1));
    let again = w.t.gov.activity_report(&w.gateway, &[named]).await.unwrap();
    assert_eq!((again.recorded, again.known, again.findings.len()), (0, 1, 0));
}

async fn a_report_is_recorded_whole_or_not_at_all(t: Fresh) {
    let w = world(t).await;
    let size = || async { store::head::get(&mut w.t.gov.read().await.unwrap()).await.unwrap().size };
    let before = size().await;
    let strange = Observed { action: String::new(), ..act("x", Map::new()) };
    let all = [act("refund.create", input(1)), strange];
    let refused = w.t.gov.activity_report(&w.gateway, &all).await.unwrap_err();
    assert_eq!(refused.detail, "act 2: action: say something or leave it out");
    let future = Observed { at: Some(w.t.gov.now() + TimeDelta::minutes(2)), ..act("refund.create", input(1)) };
    let refused = w.t.gov.activity_report(&w.gateway, &[future]).await.unwrap_err();
    assert_eq!(refused.detail, "act 1: at lies in the future");
    assert_eq!(
        w.t.gov.activity_report(&w.gateway, &[]).await.unwrap_err().detail,
        "1 to 1000 acts in one report, one on each line"
    );
    assert_eq!(size().await, before);
}

async fn what_is_outside_the_boundary_is_found(t: Fresh) {
    let w = world(t).await;
    let it = w.t.gov.identity_find(&w.t.operator(), "desk").await.unwrap();
    let boundary = Boundary {
        tools: vec!["refund.create".into(), "crm.read".into()],
        data_classes: vec!["customer".into()],
        ..Boundary::default()
    };
    let change = governance::engine::identity_changes::Change { boundary: Some(Some(boundary)), ..Default::default() };
    w.t.gov.identity_change(&w.t.operator(), w.id, it.version, change).await.unwrap();
    w.ask("refund.create", input(100)).await;
    assert_eq!(w.saw(act("refund.create", input(100))).await.1, []);
    let (_, rules) = w.saw(act("mail.send", Map::new())).await;
    assert_eq!(rules, [Rule::ExecutedUndecided, Rule::OutsideBoundary]);
    let class = Observed { data_class: Some("health".into()), ..act("crm.read", Map::new()) };
    assert!(w.saw(class).await.1.contains(&Rule::OutsideBoundary));
    assert_eq!(
        w.words(Rule::OutsideBoundary).await,
        "desk acted outside its documented boundary: health data is not among what it may touch."
    );
}

async fn the_first_of_its_kind_is_found_once_there_is_history(t: Fresh) {
    let w = world(t).await;
    let to = |place: &str| Observed { destination: Some(place.into()), ..act("mail.send", Map::new()) };
    assert!(!w.saw(to("a.example")).await.1.contains(&Rule::FirstDestination), "too little history");
    for _ in 0..24 {
        w.t.clock.advance(TimeDelta::hours(2));
        w.saw(to("a.example")).await;
    }
    assert!(w.saw(to("b.example")).await.1.contains(&Rule::FirstDestination));
    assert!(!w.saw(to("b.example")).await.1.contains(&Rule::FirstDestination), "it is not the first any more");
    assert!(w.saw(act("crm.export", Map::new())).await.1.contains(&Rule::FirstTool));
    assert!(w.words(Rule::FirstTool).await.starts_with("desk used crm.export for the first time; not in its 27 acts"));
    // and a burst
    let burst: Vec<_> = (0..40).map(|_| to("a.example")).collect();
    let noted = w.t.gov.activity_report(&w.gateway, &burst).await.unwrap();
    assert!(noted.findings.iter().any(|f| f.rule == Rule::UnusualRate), "{:?}", noted.findings);
}

async fn what_it_creates_is_found(t: Fresh) {
    let w = world(t).await;
    let made = Made { kind: "key".into(), name: "backdoor".into() };
    let (_, rules) = w.saw(Observed { created: Some(made), ..act("iam.create_key", Map::new()) }).await;
    assert!(rules.contains(&Rule::CreatedIdentity), "{rules:?}");
}

async fn a_secret_is_taken_out_of_a_question_and_found(t: Fresh) {
    let w = world(t).await;
    let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let mut asked = input(100);
    asked.insert("customer".into(), format!("Blum KG, token {token}").into());
    let answer = w.ask("refund.create", asked).await;
    let stored = w.t.gov.decision_get(&w.t.operator(), answer.id).await.unwrap();
    let inputs = stored.inputs.unwrap();
    assert!(inputs.contains("Blum KG, token [redacted]"), "{inputs}");
    let events = store::events::after(&mut w.t.gov.read().await.unwrap(), -1, 500).await.unwrap();
    assert!(events.iter().all(|e| !String::from_utf8_lossy(&e.leaf).contains(&token)));
    let said = w.words(Rule::SecretInArguments).await;
    assert_eq!(said, "desk put a GitHub token into the arguments of refund.create; it was not stored.");
    // and in what was executed
    let shown = json!({ "prompt": format!("use {token}") }).as_object().cloned().unwrap();
    assert!(w.saw(act("mail.send", shown)).await.1.contains(&Rule::SecretInArguments));
}

async fn looking_at_the_register_again_does_not_end_what_was_watched(t: Fresh) {
    let w = world(t).await;
    w.saw(act("crm.export", Map::new())).await;
    w.t.gov.findings_sweep(&w.t.operator()).await.unwrap();
    assert_eq!(w.open().await.len(), 1);
}

async fn a_person_closes_what_was_watched(t: Fresh) {
    let w = world(t).await;
    w.saw(act("crm.export", Map::new())).await;
    let [found] = &w.open().await[..] else { panic!() };
    let empty = w.t.gov.finding_resolve(&w.t.operator(), found.id, " ").await.unwrap_err();
    assert_eq!(empty.detail, "reason: say why in 1 to 1,000 characters");
    w.t.gov.finding_resolve(&w.t.operator(), found.id, "an old job; it asks now").await.unwrap();
    assert!(w.open().await.is_empty());
    w.t.gov.finding_resolve(&w.t.operator(), found.id, "twice").await.unwrap_err();
    // what the register shows is not closed by hand
    let all = w.t.gov.finding_list(&w.t.operator(), &Filter::default(), &Want::default()).await.unwrap().items;
    let of_register = all.iter().find(|f| !f.found.rule.watched()).unwrap();
    let refused = w.t.gov.finding_resolve(&w.t.operator(), of_register.id, "never mind").await.unwrap_err();
    assert!(refused.detail.starts_with("this ends by itself once it is mended"), "{refused:?}");
    w.saw(act("crm.export", Map::new())).await;
    assert_eq!(w.open().await.len(), 1, "it opens anew");
}

async fn what_nobody_decided_counts_against_the_shares(t: Fresh) {
    let w = world(t).await;
    w.ask("refund.create", input(100)).await;
    w.saw(act("refund.create", input(100))).await;
    let shares = || async {
        let o = w.t.gov.overview(&w.t.operator()).await.unwrap();
        (o.within_scope.part, o.within_scope.whole, o.attributable.whole)
    };
    assert_eq!(shares().await, (1, 1, 1));
    w.saw(act("crm.export", Map::new())).await;
    assert_eq!(shares().await, (1, 2, 2), "an act without a decision is an act");
    let permit = w.ask("refund.create", input(100)).await;
    w.saw(Observed { decision: Some(permit.id), ..act("refund.create", input(101)) }).await;
    assert_eq!(shares().await, (1, 3, 3), "nor is another act than the permitted one inside");
}

async fn a_report_of_somebody_unregistered_rests_on_its_decision(t: Fresh) {
    let w = world(t).await;
    let mut ask = w.question("refund.create", input(100));
    ask.subject.id = "stranger".into();
    let denied = w.t.gov.decide(&w.gateway, ask).await.unwrap();
    assert_eq!(denied.reason.as_deref(), Some("unregistered"));
    let report = Report { decision: Some(denied.id), ..Report::default() };
    assert_eq!(w.t.gov.action_report(&w.gateway, report, None).await.unwrap().decision, denied.id);
    let mut told = Observed { decision: Some(denied.id), ..act("refund.create", input(100)) };
    told.agent.id = "stranger".into();
    assert_eq!(w.saw(told.clone()).await.0, [Verdict::Denied]);
    let done = store::actions::of(&mut w.t.gov.read().await.unwrap(), denied.id).await.unwrap();
    assert_eq!(done.len(), 2);
    told.agent.id = "another".into();
    let refused = w.t.gov.activity_report(&w.gateway, &[told]).await.unwrap_err();
    assert_eq!(refused.detail, format!("act 1: no decision {}", denied.id));
}
