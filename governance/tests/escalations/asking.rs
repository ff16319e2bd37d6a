//! From an agent's question to the permit a person's approval became, through the committer and a policy bundle.
use crate::races::at_once;
use crate::world::World;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::escalations::Query;
use governance::engine::keys::NewKey;
use governance::engine::{Ctx, Scope};
use governance::error::{Error, Kind};
use governance::escalation::{Card, Phase, Verdict};
use governance::id::EscalationId;
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::revocation::Target;
use governance::store;
use governance::store::escalations::Filter;
use governance::testkit::Fresh;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

on_every_database! {
    an_agent_asks_a_person_approves_and_the_re_ask_is_permitted_once
    a_probe_and_an_item_open_and_use_nothing
    what_is_submitted_waits_also_when_the_key_does_not_submit_by_itself
    the_card_says_why_and_what_was_checked
    sixty_four_re_asks_at_once_give_one_permit
    a_revocation_ends_what_waits_for_its_subject_and_what_was_handed_on
    an_approval_named_wrongly_is_refused_with_the_reason
    the_author_of_the_gate_does_not_decide
    a_changed_gate_or_owner_makes_a_new_card
    the_acts_facts_raise_the_tier
}

const MANIFEST: &str = "name = \"test\"\ndescription = \"for tests\"\n[types]\nagent = \"Agent\"\n[counter.refunds_day]\naction = \"refund.create\"\nsum = \"input.amount_minor\"\nper = [\"principal\"]\nwindow = \"24h\"\n[action.\"refund.create\"]\nverb = \"refund\"\namount = \"input.amount_minor\"\nminor_units = true\nunit = \"input.currency\"\nreversibility = \"It cannot be taken back.\"\n";
const SCHEMA: &str = "entity Team;\nentity Agent in [Team] = { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };\nentity account = { country?: String };\naction \"refund.create\" appliesTo { principal: [Agent], resource: [account], context: { input: { amount_minor: Long, currency: String }, used: { refunds_day: Long } } };\n";
pub const GATE: &str = "@id(\"refund-over-500\") @approval(\"finance\") @tier(\"high\") @grant(\"PT15M\") @reason(\"Refunds above 500 EUR\")\nforbid (principal, action == Action::\"refund.create\", resource) when { context.input.amount_minor > 50000 };\n";
const PERMIT: &str = "@id(\"refund\") permit (principal, action == Action::\"refund.create\", resource);\n";
const ENTITIES: &str =
    r#"[{"uid": {"type": "account", "id": "stripe:test"}, "attrs": {"country": "RU"}, "parents": []}]"#;

pub async fn activate(w: &World, gate: &str, author: &str) {
    let files = [
        ("bundle.toml", MANIFEST),
        ("schema.cedarschema", SCHEMA),
        ("policies/a.cedar", &format!("{PERMIT}{gate}")),
        ("entities.json", ENTITIES),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .collect();
    activate_files(w, files, author).await;
}

/// Makes a bundle of these files the one that decides.
pub async fn activate_files(w: &World, files: BTreeMap<String, String>, author: &str) {
    let bytes = files.iter().map(|(a, b)| (a.clone(), b.clone().into_bytes())).collect();
    let bundle = governance::policy::bundle::Bundle::from_files(&bytes).unwrap_or_else(|f| panic!("{f:?}"));
    let mut write = w.t.gov.write(&w.t.operator()).await.expect("a write");
    let (_, version) = store::policies::active(&mut write.tx).await.expect("the active one");
    let at = write.at();
    store::policies::insert(&mut write.tx, bundle.hash(), "test", &files, author, at).await.expect("a bundle");
    store::policies::activate(&mut write.tx, bundle.hash(), version).await.expect("an activation");
    write.append(Event::new(EventKind::PolicyActivated, "operator:test")).await.expect("an event");
    write.commit().await.expect("a commit");
}

pub struct Agent {
    pub w: World,
    pub ctx: Ctx,
}

impl Agent {
    /// The world's agent with a key of its own, under the bundle above.
    pub async fn new(t: Fresh, approvers: usize, submits: bool) -> Self {
        let w = World::new(t, approvers).await;
        activate(&w, GATE, "operator:test").await;
        let ctx = Self::key(&w, Some(w.agent), submits).await;
        Self { w, ctx }
    }
    pub async fn key(w: &World, identity: Option<governance::id::IdentityId>, submits: bool) -> Ctx {
        let scopes = [Scope::Ask, Scope::Act].into();
        let key = NewKey { identity, name: "key".into(), patterns: vec![], scopes, submits, expires_at: None };
        let made = w.t.gov.key_create(&w.t.operator(), key).await.expect("a key");
        w.t.gov.ctx(w.t.gov.key_authenticate(&made.secret).await.expect("its actor"))
    }
    pub fn refund(amount: i64) -> Ask {
        let properties = json!({"amount_minor": amount, "currency": "EUR"});
        Ask {
            subject: Entity { kind: "agent".into(), id: "invoice-agent".into(), properties: Map::new() },
            action: Action {
                name: "refund.create".into(),
                properties: properties.as_object().cloned().unwrap_or_default(),
            },
            resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
            context: Map::new(),
            way: Way::Evaluation,
            idempotency_key: None,
        }
    }
    pub async fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        self.w.t.gov.decide(&self.ctx, ask).await
    }
    /// Asks and expects to be told to wait.
    pub async fn escalate(&self, ask: Ask) -> EscalationId {
        let answer = self.ask(ask).await.expect("an answer");
        assert_eq!(answer.outcome, Outcome::Escalate, "{answer:?}");
        answer.escalation.expect("an escalation").id
    }
    pub async fn approve(&self, id: EscalationId) -> Phase {
        let record = self.w.get(id).await;
        self.w.vote(&record, self.w.people[0], Verdict::Approve).await.expect("a vote").escalation.phase()
    }
    pub async fn card(&self, id: EscalationId) -> Card {
        let shown = self.w.t.gov.escalation_get(&self.w.person(self.w.people[0]), id).await.expect("it");
        shown.card.expect("a card")
    }
    async fn open(&self) -> usize {
        let ctx = self.w.t.operator();
        self.w.t.gov.escalation_list(&ctx, &Query::Waiting, &Filter::default(), 100).await.expect("a page").items.len()
    }
}

async fn an_agent_asks_a_person_approves_and_the_re_ask_is_permitted_once(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let small = a.ask(Agent::refund(4_820)).await.unwrap();
    assert_eq!((small.outcome, small.grant), (Outcome::Permit, None));
    let first = a.ask(Agent::refund(482_000)).await.unwrap();
    assert_eq!((first.outcome, first.reason.as_deref()), (Outcome::Escalate, Some("approval_required")));
    let id = first.escalation.as_ref().unwrap().id;
    let needed = first.needed.unwrap();
    assert_eq!((needed.tier.as_str(), needed.routes), ("high", vec!["finance".to_owned()]));
    assert_eq!(a.ask(Agent::refund(482_000)).await.unwrap_err().kind, Kind::TooMany);
    a.w.wait(1);
    assert_eq!(a.escalate(Agent::refund(482_000)).await, id);
    assert_eq!(a.approve(id).await, Phase::Approved);
    let polled = a.w.t.gov.escalation_poll(&a.ctx, id).await.unwrap();
    assert_eq!((polled.escalation.on_the_wire(), polled.escalation.decision), ("approved", first.id));

    let permit = a.ask(Agent::refund(482_000)).await.unwrap();
    assert_eq!((permit.outcome, permit.reason.as_deref()), (Outcome::Permit, Some("approved")));
    assert_eq!(permit.escalation.unwrap().id, id);
    let grant = permit.grant.unwrap();
    assert_eq!(grant.expires_at, permit.at + chrono::TimeDelta::minutes(15));
    let end = a.w.get(id).await.escalation;
    let consumed = governance::escalation::State::Consumed { at: permit.at, decision: permit.id };
    assert_eq!(end.state, consumed);
    // one approval, one permit: asked again it waits again
    let again = a.escalate(Agent::refund(482_000)).await;
    assert_ne!(again, id);
    assert_eq!(a.w.told(id).await[..4], ["opened", "decision.escalate", "decision.escalate", "vote"]);
    let told = a.w.told(id).await;
    assert_eq!(told[4..], ["released", "learned", "consumed", "grant.issued", "decision.permit"]);
}

async fn a_probe_and_an_item_open_and_use_nothing(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let mut probe = Agent::refund(482_000);
    probe.context.insert("probe".into(), json!(true));
    let item = Ask { way: Way::Item, ..Agent::refund(482_000) };
    for ask in [&probe, &item] {
        let answer = a.ask(ask.clone()).await.unwrap();
        assert_eq!((answer.outcome, answer.escalation.is_none()), (Outcome::Escalate, true));
        assert_eq!(answer.reason.as_deref(), Some("approval_required"));
    }
    assert_eq!(a.open().await, 0);
    let id = a.escalate(Agent::refund(482_000)).await;
    a.approve(id).await;
    for ask in [&probe, &item] {
        assert_eq!(a.ask(ask.clone()).await.unwrap().outcome, Outcome::Escalate);
    }
    let mut named = item;
    named.context.insert("approval".into(), json!({"id": id.to_string()}));
    assert_eq!(a.ask(named).await.unwrap().outcome, Outcome::Permit);
}

async fn what_is_submitted_waits_also_when_the_key_does_not_submit_by_itself(t: Fresh) {
    let a = Agent::new(t, 1, false).await;
    let told = a.ask(Agent::refund(482_000)).await.unwrap();
    assert_eq!((told.outcome, told.escalation), (Outcome::Escalate, None));
    let again = a.w.t.gov.decision_ask(&a.ctx, told.id).await.unwrap();
    let submitted = Ask { way: Way::Submission, ..again };
    let id = a.escalate(submitted.clone()).await;
    a.w.wait(1);
    assert_eq!(a.escalate(submitted.clone()).await, id, "submitting an open one returns it");
    a.approve(id).await;
    assert_eq!(a.escalate(submitted).await, id, "submitting an approved one returns it and uses nothing");
    assert_eq!(a.ask(Agent::refund(482_000)).await.unwrap().outcome, Outcome::Permit);
}

async fn the_card_says_why_and_what_was_checked(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    for n in 0..25 {
        assert_eq!(a.ask(Agent::refund(1_000 + n)).await.unwrap().outcome, Outcome::Permit);
    }
    let mut ask = Agent::refund(482_000);
    ask.resource.properties.insert("country".into(), json!("DE"));
    ask.resource.properties.insert("holder".into(), json!("Alba"));
    ask.subject.properties.insert("on_behalf_of".into(), json!("nobody@example.com"));
    ask.context.insert("justification".into(), json!("The customer\u{202e} waits"));
    let card = {
        let id = a.escalate(ask).await;
        a.card(id).await
    };
    assert_eq!(card.headline.sentence(), "invoice-agent wants to refund 4,820.00 EUR (stripe:test)");
    assert_eq!(card.headline.reversibility.as_deref(), Some("It cannot be taken back."));
    let stop = &card.stops[0];
    assert_eq!((stop.rule.as_str(), stop.file.as_str(), stop.line), ("refund-over-500", "policies/a.cedar", 2));
    let limit = &stop.limits[0];
    assert_eq!((limit.field.as_str(), limit.operator.as_str()), ("input.amount_minor", ">"));
    assert_eq!((&limit.limit, &limit.value), (&json!(50_000), &json!(482_000)));
    let refuted = &card.refuted[0];
    assert_eq!(
        (refuted.field.as_str(), &refuted.claimed, &refuted.fact),
        ("resource.properties.country", &json!("DE"), &json!("RU"))
    );
    let normal = &card.normal[0];
    assert_eq!((normal.field.as_str(), normal.n, normal.unusual), ("input.amount_minor", 25, true));
    assert_eq!((&normal.median, &normal.p95), (&Some(json!(1_012)), &Some(json!(1_023))));
    assert_eq!(normal.difference, "471.1 × the 95th percentile");
    let checked =
        |what: &str| card.checked.iter().find(|c| c.what == what).map(|c| (c.value.clone(), c.source.clone()));
    assert_eq!(checked("resource: country"), Some((json!("RU"), "policy bundle".into())));
    assert_eq!(checked("agent: status"), Some((json!("active"), "register".into())));
    assert_eq!(checked("refunds_day: permitted so far"), Some((json!(25_300), "our log".into())));
    assert_eq!(checked("permits of this action in 90 days"), Some((json!(25), "our log".into())));
    let claims: Vec<_> = card.claimed.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(claims, ["amount_minor", "currency", "resource: holder"]);
    assert!(card.unknown.iter().any(|u| u.what == "what harm the action can do"));
    let chain: Vec<_> = card.chain.iter().map(|l| (l.name.as_str(), l.checked, l.broken.as_deref())).collect();
    assert_eq!(chain, [("nobody@example.com", false, Some("no person of ours")), ("invoice-agent", true, None)]);
    assert_eq!(
        card.words.as_deref(),
        Some("The customer\u{202e} waits"),
        "kept as it came; made visible where it is shown"
    );
    assert!(!card.parameters.to_string().contains("waits"), "the agent's words are not bound");
    assert_eq!((card.grants.uses, card.grants.grant_s), (1, Some(900)));
    assert_eq!(card.deciders.len(), 2);
}

async fn sixty_four_re_asks_at_once_give_one_permit(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let id = a.escalate(Agent::refund(482_000)).await;
    a.approve(id).await;
    let asks = (0..64).map(|_| {
        let (gov, ctx) = (a.w.t.gov.clone(), a.ctx.clone());
        async move { gov.decide(&ctx, Agent::refund(482_000)).await }
    });
    let answers = at_once(asks.collect()).await;
    let permits = answers.iter().filter(|r| r.as_ref().is_ok_and(|r| r.outcome == Outcome::Permit)).count();
    assert_eq!(permits, 1);
    let waits: std::collections::BTreeSet<_> = answers
        .iter()
        .filter_map(|r| r.as_ref().ok().filter(|r| r.outcome == Outcome::Escalate)?.escalation.as_ref().map(|e| e.id))
        .collect();
    assert_eq!(waits.len(), 1, "the others open one and are told to ask less often");
    let told_off = answers.iter().filter_map(|r| r.as_ref().err()).filter(|e| e.kind == Kind::TooMany).count();
    assert_eq!(told_off, 62);
}

async fn a_revocation_ends_what_waits_for_its_subject_and_what_was_handed_on(t: Fresh) {
    const UPSTREAM: &str = "insert into identities (id, name, kind, status, mode, registered_at) values ($1, 'planner', 'agent', 'active', 'enforce', 0)";
    let a = Agent::new(t, 1, true).await;
    let planner = governance::id::IdentityId::new(crate::world::at(), [42; 10]);
    let mut write = a.w.t.gov.write(&a.w.t.operator()).await.unwrap();
    write.tx.execute(UPSTREAM, &[planner.into()]).await.unwrap();
    write.append(Event::new(EventKind::IdentityAdded, "operator:test").subject(planner)).await.unwrap();
    write.commit().await.unwrap();
    let mut handed = Agent::refund(482_000);
    handed.subject.properties.insert("act".into(), json!(["planner"]));
    let through = a.escalate(handed).await;
    let own = a.escalate(Agent::refund(482_000)).await;
    assert_ne!(through, own, "the chain is bound");
    let revoke = |target: Target| {
        let gov = a.w.t.gov.clone();
        let ctx = a.w.t.operator();
        async move { gov.revoke(&ctx, &target, "rehearsal").await.unwrap().ended }
    };
    let ended = revoke(Target::Identity(planner)).await;
    assert_eq!((ended.escalations, ended.approvals), (1, 0));
    assert_eq!(a.w.get(through).await.escalation.phase(), Phase::Revoked);
    assert_eq!(a.approve(own).await, Phase::Approved);
    let ended = revoke(Target::Identity(a.w.agent)).await;
    assert_eq!((ended.escalations, ended.approvals), (0, 1));
    assert_eq!(a.w.get(own).await.escalation.phase(), Phase::Revoked);
    assert_eq!(a.ask(Agent::refund(482_000)).await.unwrap().outcome, Outcome::Deny);
}

async fn an_approval_named_wrongly_is_refused_with_the_reason(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let id = a.escalate(Agent::refund(482_000)).await;
    let named = |amount: i64, approval: Value| {
        let mut ask = Agent::refund(amount);
        ask.context.insert("approval".into(), approval);
        a.ask(ask)
    };
    let ours = json!({"id": id.to_string(), "approved_until": "2030-01-01T00:00:00Z"});
    let reason = |answer: Result<Answer, Error>| answer.map(|a| (a.outcome, a.reason.unwrap_or_default())).unwrap();
    let deny = |why: &str| (Outcome::Deny, why.to_owned());
    assert_eq!(reason(named(482_000, ours.clone()).await), deny("grant_pending"));
    a.approve(id).await;
    assert_eq!(reason(named(482_001, ours.clone()).await), deny("out_of_scope"));
    assert_eq!(reason(named(482_000, json!({"id": "esc_1"})).await), deny("approval_unverifiable"));
    assert_eq!(reason(named(482_000, json!("yes")).await), deny("approval_unverifiable"));
    assert_eq!(reason(named(482_000, ours.clone()).await), (Outcome::Permit, "approved".into()));
    assert_eq!(reason(named(482_000, ours).await), deny("approval_expired"));
}

async fn the_author_of_the_gate_does_not_decide(t: Fresh) {
    let a = Agent::new(t, 3, true).await;
    let author = a.w.people[0];
    let gate = GATE.replace("50000", "40000");
    activate(&a.w, &gate, &author.to_string()).await;
    // the same gate in a later bundle of somebody else is still theirs
    let later = format!(
        "{gate}@id(\"other\") forbid (principal, action == Action::\"refund.create\", resource) when {{ context.input.currency == \"XXX\" }};\n"
    );
    activate(&a.w, &later, &a.w.people[1].to_string()).await;
    let id = a.escalate(Agent::refund(482_000)).await;
    let record = a.w.get(id).await;
    let error = a.w.vote(&record, author, Verdict::Approve).await.unwrap_err();
    assert_eq!(error.detail, "you may not decide: you alone wrote the rule that stopped it");
    assert_eq!(a.w.vote(&record, a.w.people[1], Verdict::Approve).await.unwrap().escalation.phase(), Phase::Approved);
}

async fn a_changed_gate_or_owner_makes_a_new_card(t: Fresh) {
    let a = Agent::new(t, 3, true).await;
    let id = a.escalate(Agent::refund(482_000)).await;
    let before = a.w.get(id).await;
    // another policy beside it changes nothing
    activate(&a.w, &format!("{GATE}@id(\"other\") forbid (principal, action == Action::\"refund.create\", resource) when {{ context.input.currency == \"XXX\" }};\n"), "operator:test").await;
    assert_eq!(a.w.vote(&before, a.w.owner, Verdict::Approve).await.unwrap().escalation.votes.len(), 1);
    activate(&a.w, &GATE.replace("@grant", "@quorum(\"2\") @grant"), "operator:test").await;
    let error = a.w.vote(&before, a.w.people[0], Verdict::Approve).await.unwrap_err();
    assert_eq!((error.kind, error.detail.as_str()), (Kind::Conflict, "changed since you looked: read the card again"));
    let after = a.w.get(id).await;
    assert_eq!(
        (after.escalation.card_version, after.escalation.votes.len(), after.escalation.requirement.quorum),
        (2, 0, 2)
    );
    assert_ne!(after.escalation.digest, before.escalation.digest);
    assert_eq!(a.card(id).await.quorum, 2);
    let told = a.w.told(id).await;
    assert_eq!(told.last().map(String::as_str), Some("refreshed"));
    a.w.vote(&after, a.w.people[0], Verdict::Approve).await.unwrap();
    // a new owner, who has approved already, no longer counts alone
    let mut write = a.w.t.gov.write(&a.w.t.operator()).await.unwrap();
    let args = [a.w.agent.into(), a.w.people[0].into()];
    write.tx.execute("update identities set owner_id = $2 where id = $1", &args).await.unwrap();
    write.append(Event::new(EventKind::IdentityOwned, "operator:test").subject(a.w.agent)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(a.w.vote(&after, a.w.people[1], Verdict::Approve).await.unwrap_err().kind, Kind::Conflict);
    let last = a.w.get(id).await;
    assert_eq!((last.escalation.card_version, last.escalation.votes.len()), (3, 0));
    for by in [a.w.people[0], a.w.people[1]] {
        a.w.vote(&last, by, Verdict::Approve).await.unwrap();
    }
    // the very question finds its approval under the new gate
    assert_eq!(a.ask(Agent::refund(482_000)).await.unwrap().outcome, Outcome::Permit);
}

async fn the_acts_facts_raise_the_tier(t: Fresh) {
    let a = Agent::new(t, 2, true).await;
    activate(&a.w, &GATE.replace("high", "low"), "operator:test").await;
    let tier = |amount: i64| {
        let a = &a;
        async move { a.ask(Agent::refund(amount)).await.unwrap().needed.unwrap().tier }
    };
    assert_eq!(tier(482_000).await, "low");
    let mut write = a.w.t.gov.write(&a.w.t.operator()).await.unwrap();
    let at = write.at();
    store::policies::action_facts_set(&mut write.tx, "refund.create", &["moves_money".into()], at, "test")
        .await
        .unwrap();
    write.append(Event::new(EventKind::ActionFactsSet, "operator:test")).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(tier(482_001).await, "high");
}
