//! UC-04: an agent acts oddly; what a gateway saw suspends it in the commit that records it, its owner is told, and two people
//! undo it.
use super::world::World;
use chrono::TimeDelta;
use governance::engine::notices::{Says, To, Ways};
use governance::engine::page::Want;
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::finding::Rule;
use governance::id::PersonId;
use governance::identity::{Kind, Status};
use governance::on_every_database;
use governance::testkit::Fresh;
use governance::watch::reaction::{Measure, Mode, State};
use governance::watch::{Came, Observed, Thing};
use serde_json::json;

on_every_database! {
    it_is_suspended_at_once_and_two_people_undo_it
    it_is_narrowed_and_each_act_needs_a_person
    at_first_a_rule_only_says_what_it_would_do
    a_rule_stops_at_its_cap_and_says_so
    its_own_word_never_counts_alone
    what_was_approved_and_never_seen_is_found_once
}

/// An act as a gateway saw it, of which it knows no decision.
pub fn act(agent: &str, action: &str) -> Observed {
    Observed {
        id: None,
        agent: Thing { kind: "agent".into(), id: agent.into() },
        action: action.into(),
        resource: Thing { kind: "account".into(), id: "stripe:shop".into() },
        input: None,
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

async fn person(w: &World, name: &str, role: Role) -> (PersonId, Ctx) {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [role].into(),
        groups: Default::default(),
        manager: None,
    };
    let id = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    (id, w.t.gov.ctx(Actor::Person { id, roles: [role].into() }))
}

fn small_refund() -> serde_json::Value {
    json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": { "amount_minor": 100, "currency": "EUR" } },
        "resource": { "type": "account", "id": "stripe:shop" },
    })
}

async fn on(w: &World, rule: Rule, measure: Measure) {
    w.t.gov.reaction_set(&w.t.operator(), rule, Mode::On, measure, 5).await.unwrap();
}

async fn it_is_suspended_at_once_and_two_people_undo_it(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let (owner, owner_ctx) = person(&w, "olga", Role::Owner).await;
    let (_, ana) = person(&w, "ana", Role::Operator).await;
    let desk = w.agent("desk", "support-agents").await;
    w.t.gov.identity_own(&w.t.operator(), desk, owner, None).await.unwrap();
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Act]).await;
    on(&w, Rule::ExecutedUndecided, Measure::Suspend).await;
    assert_eq!(w.answer(&agent, small_refund()).await.1, "permit");

    let noted = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    let done: Vec<_> = noted.contained.iter().map(|c| (c.rule, c.measure, c.state)).collect();
    assert_eq!(done, [(Rule::ExecutedUndecided, Measure::Suspend, State::Active)]);
    assert_eq!(w.answer(&agent, small_refund()).await.1, "deny not_active", "no later permit");
    let it = w.t.gov.identity_find(&w.t.operator(), "desk").await.unwrap();
    assert_eq!(it.status, Status::Suspended);

    // its owner is told
    let house = w.t.gov.ctx(Actor::System("notices"));
    w.t.gov.notice_spread(&house, Ways { webhook: false, mail: true }).await.unwrap();
    let told = w.t.gov.notice_claim(&house, 10).await.unwrap();
    let [mail] = &told[..] else { panic!("{told:?}") };
    assert!(matches!(&mail.to, To::Person { email, .. } if email == "olga@example.com"));
    assert!(matches!(&mail.says, Says::Contained(c) if c.rule == Rule::ExecutedUndecided));

    // nobody undoes it alone, and not by the way of an ordinary suspension
    let id = noted.contained[0].id;
    let around = w.t.gov.identity_status(&ana, desk, it.version, Status::Active).await.unwrap_err();
    assert_eq!(
        around.detail,
        format!("desk was suspended by the rule executed_undecided: undo {id} instead"),
        "{around:?}"
    );
    let undo = |ctx: Ctx| {
        let (w, ctx) = (&w, w.t.gov.ctx(ctx.actor));
        async move {
            let done = w.t.gov.containment_undo(&ctx, id, "the export was ordered by phone").await;
            done.map_or_else(|e| e.detail, |done| format!("{done:?}"))
        }
    };
    assert_eq!(undo(owner_ctx.clone()).await, "Begun");
    assert_eq!(undo(owner_ctx).await, "you have said so already: it takes a second person");
    assert_eq!(w.answer(&agent, small_refund()).await.1, "deny not_active");
    assert_eq!(undo(ana.clone()).await, "Lifted");
    assert_eq!(w.answer(&agent, small_refund()).await.1, "permit");
    assert_eq!(undo(ana).await, "nothing to undo: it is undone");
}

async fn it_is_narrowed_and_each_act_needs_a_person(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let bo = w.approver("bo", "containment").await;
    let (_, ana) = person(&w, "ana", Role::Operator).await;
    let (_, cy) = person(&w, "cy", Role::Operator).await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Act]).await;
    on(&w, Rule::ExecutedUndecided, Measure::Narrow).await;
    let noted = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    let id = noted.contained[0].id;

    // what was permitted at once waits for a person now
    let waits = json!({
        "outcome": "escalate", "reason": "approval_required", "rules": ["refund"], "tier": "high", "waits_for_s": 1_800,
        "message": "A rule narrowed this agent after something odd was seen: each of its acts needs a person",
    });
    assert_eq!(w.whole(&agent, small_refund()).await, waits);
    let [open] = w.open(desk).await[..] else { panic!() };
    w.t.clock.advance(TimeDelta::seconds(30));
    w.approve(&bo, open).await;
    w.t.clock.advance(TimeDelta::seconds(30));
    let once = w.whole(&agent, small_refund()).await;
    assert_eq!((&once["outcome"], &once["reason"]), (&json!("permit"), &json!("approved")));
    assert_eq!(w.answer(&agent, small_refund()).await.1, "escalate approval_required", "one approval, one permit");
    // what policy denies stays denied
    let mut stranger = small_refund();
    stranger["action"]["name"] = json!("refund.unknown");
    assert_eq!(w.answer(&agent, stranger).await.1, "deny unknown_action");

    // a second report does not narrow twice
    let again = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    assert_eq!(again.contained, []);
    assert_eq!(again.findings[0].finding, noted.findings[0].finding, "one finding of a rule stays open");

    for ctx in [&ana, &cy] {
        let ctx = w.t.gov.ctx(ctx.actor.clone());
        w.t.gov.containment_undo(&ctx, id, "looked into it").await.unwrap();
    }
    assert_eq!(w.answer(&agent, small_refund()).await.1, "permit");
}

async fn at_first_a_rule_only_says_what_it_would_do(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask]).await;
    let gateway = w.key(None, &[Scope::Act]).await;
    let noted = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    let done: Vec<_> = noted.contained.iter().map(|c| (c.measure, c.state)).collect();
    assert_eq!(done, [(Measure::Narrow, State::Would)]);
    assert_eq!(w.answer(&agent, small_refund()).await.1, "permit");
    let again = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    assert_eq!(again.contained, [], "it says so once a day");
    w.t.clock.advance(TimeDelta::days(1));
    let later = w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    assert_eq!(later.contained.len(), 1);
    let listed = w.t.gov.containment_list(&w.t.operator(), Some(State::Would), &Want::default()).await.unwrap();
    assert_eq!(listed.items.len(), 2);
    assert_eq!(listed.items[0].name, "desk");
}

async fn a_rule_stops_at_its_cap_and_says_so(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    let rule = Rule::ExecutedUndecided;
    w.t.gov.reaction_set(&w.t.operator(), rule, Mode::On, Measure::Suspend, 2).await.unwrap();
    let gateway = w.key(None, &[Scope::Act]).await;
    let names = ["a-1", "a-2", "a-3", "a-4"];
    for name in names {
        w.agent(name, "support-agents").await;
    }
    let acts: Vec<_> = names.iter().map(|name| act(name, "payout.create")).collect();
    let noted = w.t.gov.activity_report(&gateway, &acts).await.unwrap();
    let mut states: Vec<_> = noted.contained.iter().map(|c| c.state).collect();
    states.sort();
    assert_eq!(states, [State::Capped, State::Capped, State::Active, State::Active]);
    let open = w.t.gov.finding_counts(&w.t.operator()).await.unwrap();
    assert!(open.iter().any(|(rule, _, n)| (*rule, *n) == (Rule::ReactionCapped, 1)), "{open:?}");
    w.t.clock.advance(TimeDelta::hours(1));
    let later = w.t.gov.activity_report(&gateway, &acts).await.unwrap().contained;
    assert_eq!(later.iter().filter(|c| c.state == State::Active).count(), 2, "an hour later it acts again: {later:?}");
}

async fn its_own_word_never_counts_alone(t: Fresh) {
    let w = World { t };
    w.baseline().await;
    on(&w, Rule::ExecutedUndecided, Measure::Suspend).await;
    let desk = w.identity("desk", Kind::Agent, "support-agents", None).await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let noted = w.t.gov.activity_report(&agent, &[act("desk", "payout.create")]).await.unwrap();
    assert_eq!((noted.findings.len(), noted.contained.len()), (1, 0));
    assert_eq!(w.answer(&agent, small_refund()).await.1, "permit");
    let other = w.t.gov.activity_report(&agent, &[act("another", "payout.create")]).await.unwrap_err();
    assert_eq!(other.detail, "act 1: this key may not ask for agent:another");
}

async fn what_was_approved_and_never_seen_is_found_once(t: Fresh) {
    let w = World { t };
    let bo = w.approver("bo", "finance-ops").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let gateway = w.key(None, &[Scope::Act]).await;
    let mut large = small_refund();
    large["action"]["properties"]["amount_minor"] = json!(60_000);
    w.answer(&agent, large.clone()).await;
    let [open] = w.open(desk).await[..] else { panic!() };
    w.t.clock.advance(TimeDelta::seconds(30));
    w.approve(&bo, open).await;
    let permit = w.answer(&agent, large).await.0.unwrap();
    assert!(permit.grant.is_some());
    let sweep = || async {
        let ctx = w.t.gov.ctx(Actor::System("findings"));
        w.t.gov.watch_sweep(&ctx).await.unwrap()
    };
    w.t.clock.advance(TimeDelta::hours(2));
    assert_eq!(sweep().await, 0, "no gateway sees this action of it: silence says nothing");
    w.answer(&agent, small_refund()).await;
    w.t.gov.activity_report(&gateway, &[act("desk", "refund.create")]).await.unwrap();
    assert_eq!(sweep().await, 1);
    assert_eq!(sweep().await, 0, "it is noted once");
    let open = w.t.gov.finding_counts(&w.t.operator()).await.unwrap();
    assert!(open.iter().any(|(rule, _, n)| (*rule, *n) == (Rule::NeverExecuted, 1)), "{open:?}");
}
