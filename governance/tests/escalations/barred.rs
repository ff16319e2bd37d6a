//! Who asked never decides, however they asked (invariant I5), on both databases.
use crate::asking::{Agent, GATE, activate};
use governance::decision::{Ask, Outcome};
use governance::engine::keys::NewKey;
use governance::engine::page::Want;
use governance::engine::{Actor, Role, Scope};
use governance::error::Kind;
use governance::escalation::{Phase, Verdict};
use governance::id::{EscalationId, PersonId};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    each_way_of_asking_bars_the_person_and_says_why
    who_can_decide_now_is_who_may_vote
    a_key_is_barred_with_the_person_who_made_it
    asking_again_bars_who_asks_now_and_takes_their_vote_back
    an_approval_never_serves_the_person_who_gave_it
    a_route_whose_people_all_asked_is_denied_and_found
    a_link_that_names_nobody_is_still_refused
}

fn with(amount: i64, name: &str, value: Value) -> Ask {
    let mut ask = Agent::refund(amount);
    ask.subject.properties.insert(name.into(), value);
    ask
}
fn mail(person: PersonId) -> String {
    format!("{person}@example.com")
}
async fn refused(a: &Agent, id: EscalationId, by: PersonId) -> String {
    let record = a.w.get(id).await;
    let error = a.w.vote(&record, by, Verdict::Approve).await.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden);
    assert!(a.w.get(id).await.escalation.votes.is_empty());
    error.detail
}
async fn can_decide(a: &Agent, id: EscalationId) -> Vec<PersonId> {
    let shown = a.w.t.gov.escalation_get(&a.w.t.operator(), id).await.unwrap();
    shown.deciders.into_iter().map(|d| d.person).collect()
}

async fn each_way_of_asking_bars_the_person_and_says_why(t: Fresh) {
    let a = Agent::new(t, 3, true).await;
    let me = a.w.people[0];
    let ways = [
        (with(482_000, "on_behalf_of", json!(mail(me))), "the agent acts for you"),
        (with(482_001, "on_behalf_of", json!(me.to_string())), "the agent acts for you"),
        (with(482_002, "initiator", json!({"type": "person", "id": mail(me)})), "you asked for this yourself"),
        (with(482_003, "act", json!([mail(me)])), "you handed this work on"),
        (with(482_004, "act", json!({"sub": mail(me)})), "you handed this work on"),
    ];
    for (ask, why) in ways {
        let id = a.escalate(ask).await;
        assert_eq!(refused(&a, id, me).await, format!("you may not decide: {why}"));
        assert!(!can_decide(&a, id).await.contains(&me));
        let card = a.card(id).await;
        assert!(!card.deciders.iter().any(|d| d.person == me), "{why}");
        assert!(card.chain.iter().any(|l| l.id == Some(me.to_string())), "the card names who asked: {why}");
        assert_eq!(
            a.w.vote(&a.w.get(id).await, a.w.people[1], Verdict::Approve).await.unwrap().escalation.phase(),
            Phase::Approved
        );
    }
    // that something is called a schedule bars nobody, whatever name stands beside it
    let id = a.escalate(with(482_005, "initiator", json!({"type": "schedule", "id": mail(me)}))).await;
    assert!(can_decide(&a, id).await.contains(&me));
    let error = a.ask(with(482_006, "initiator", json!({"type": "cron"}))).await.unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
}

async fn who_can_decide_now_is_who_may_vote(t: Fresh) {
    let a = Agent::new(t, 4, true).await;
    activate(&a.w, &GATE.replace("@grant", "@quorum(\"2\") @grant"), &a.w.people[3].to_string()).await;
    let ask = with(482_000, "on_behalf_of", json!(mail(a.w.people[0])));
    let id = a.escalate(ask).await;
    let agree = || async {
        let listed = can_decide(&a, id).await;
        for person in a.w.people.iter().chain([&a.w.owner]) {
            let shown = a.w.t.gov.escalation_get(&a.w.person(*person), id).await.unwrap();
            assert_eq!(shown.seats.is_ok(), listed.contains(person), "{person}: {:?}", shown.seats);
        }
        listed.len()
    };
    assert_eq!(agree().await, 3, "two approvers and the owner: neither the person acted for nor the author");
    a.w.vote(&a.w.get(id).await, a.w.people[1], Verdict::Approve).await.unwrap();
    assert_eq!(agree().await, 2, "who has decided decides no more");
}

async fn a_key_is_barred_with_the_person_who_made_it(t: Fresh) {
    let mut a = Agent::new(t, 2, true).await;
    let maker = a.w.people[0];
    let operator = a.w.t.gov.ctx(Actor::Person { id: maker, roles: [Role::Operator, Role::Approver].into() });
    let key = NewKey {
        identity: Some(a.w.agent),
        name: "mine".into(),
        patterns: vec![],
        scopes: [Scope::Ask].into(),
        submits: true,
        expires_at: None,
    };
    let made = a.w.t.gov.key_create(&operator, key).await.unwrap();
    a.ctx = a.w.t.gov.ctx(a.w.t.gov.key_authenticate(&made.secret).await.unwrap());
    let id = a.escalate(Agent::refund(482_000)).await;
    assert_eq!(refused(&a, id, maker).await, "you may not decide: you made the key this was asked with");
}

async fn asking_again_bars_who_asks_now_and_takes_their_vote_back(t: Fresh) {
    let a = Agent::new(t, 3, true).await;
    activate(&a.w, &GATE.replace("@grant", "@quorum(\"2\") @grant"), "operator:test").await;
    let id = a.escalate(Agent::refund(482_000)).await;
    let me = a.w.people[0];
    a.w.vote(&a.w.get(id).await, me, Verdict::Approve).await.unwrap();
    a.w.wait(1);
    let again = a.escalate(with(482_000, "initiator", json!({"type": "person", "id": mail(me)}))).await;
    assert_eq!(again, id, "who started it is not bound: it is the same question");
    let after = a.w.get(id).await;
    assert_eq!((after.escalation.votes.len(), after.escalation.card_version), (0, 2));
    assert_eq!(refused(&a, id, me).await, "you may not decide: you asked for this yourself");
    assert!(a.w.told(id).await.contains(&"refreshed".to_owned()));
    for by in &a.w.people[1..] {
        a.w.vote(&after, *by, Verdict::Approve).await.unwrap();
    }
    assert_eq!(a.w.get(id).await.escalation.phase(), Phase::Approved);
}

async fn an_approval_never_serves_the_person_who_gave_it(t: Fresh) {
    let a = Agent::new(t, 2, true).await;
    let id = a.escalate(Agent::refund(482_000)).await;
    a.approve(id).await;
    let mine = with(482_000, "initiator", json!({"type": "person", "id": mail(a.w.people[0])}));
    let other = a.escalate(mine).await;
    assert_ne!(other, id);
    assert_eq!(a.ask(Agent::refund(482_000)).await.unwrap().outcome, Outcome::Permit);
}

async fn a_route_whose_people_all_asked_is_denied_and_found(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let found = || async {
        let all = a.w.t.gov.finding_list(&a.w.t.operator(), &Default::default(), &Want::default()).await.unwrap();
        all.items.into_iter().map(|f| (f.found.rule.to_string(), f.found.subject)).collect::<Vec<_>>()
    };
    assert!(found().await.is_empty());
    // the owner is left, who never decides alone
    let denied = a.ask(with(482_000, "on_behalf_of", json!(mail(a.w.people[0])))).await.unwrap();
    assert_eq!((denied.outcome, denied.reason.as_deref()), (Outcome::Deny, Some("no_approver")));
    assert_eq!(found().await, [("short_route".to_owned(), "route:finance".to_owned())]);
    a.w.approver("another", "finance").await;
    a.escalate(with(482_000, "on_behalf_of", json!(mail(a.w.people[0])))).await;
    assert!(found().await.is_empty());
}

async fn a_link_that_names_nobody_is_still_refused(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let denied = a.ask(with(482_000, "act", json!(["nobody@example.com"]))).await.unwrap();
    assert_eq!((denied.outcome, denied.reason.as_deref()), (Outcome::Deny, Some("unregistered")));
}
