//! UC-17: an owner leaves. The backup owner answers in the same commit; without one the agent is orphaned: what takes a person
//! or a grant stops, grants that run finish, what policy permits by itself goes on, and successors are proposed with reasons.
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::{World, addressed};
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::attestations::Answer;
use governance::engine::findings::Filter;
use governance::engine::identities::NewIdentity;
use governance::engine::notices::Says;
use governance::engine::page::Want;
use governance::engine::people::{NewPerson, PersonChange};
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::finding::Rule;
use governance::id::{IdentityId, PersonId};
use governance::identity::Kind;
use governance::on_every_database;
use governance::person::Status;
use governance::testkit::Fresh;
use serde_json::json;
use std::collections::BTreeSet;

on_every_database! {
    who_it_went_to_is_told_and_of_orphans_who_may_give_an_owner
    who_says_not_mine_hands_over_with_a_word
    the_backup_owner_steps_in_with_the_commit
    an_orphan_gets_nothing_above_the_threshold_and_what_runs_finishes
    who_is_away_without_a_backup_leaves_an_orphan_too
    successors_are_proposed_with_reasons
    what_an_orphan_handed_on_stops_too
}

struct Played {
    w: World,
    desk: IdentityId,
    own: Ctx,
    olga: PersonId,
    bob: PersonId,
}

pub async fn person(w: &World, name: &str, manager: Option<PersonId>, groups: &[&str]) -> PersonId {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [Role::Owner].into(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        manager,
    };
    w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id
}

async fn begin(t: Fresh, backup: bool) -> Played {
    let w = World { t };
    w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let bob = person(&w, "bob", None, &[]).await;
    let olga = person(&w, "olga", Some(bob), &["crm"]).await;
    let new = NewIdentity {
        owner: Some(olga),
        backup: backup.then_some(bob),
        team: Some("support-agents".into()),
        ..NewIdentity::named("desk", Kind::Agent)
    };
    let desk = w.t.gov.identity_add(&w.t.operator(), new).await.unwrap().id;
    let own = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    Played { w, desk, own, olga, bob }
}

pub async fn becomes(w: &World, person: PersonId, status: Status) {
    let change = PersonChange { status: Some(status), ..PersonChange::default() };
    w.t.gov.person_change(&w.t.operator(), person, change).await.unwrap();
}

async fn found(w: &World, rule: Rule) -> Vec<String> {
    let filter = Filter { rule: Some(rule), ..Filter::default() };
    let page = w.t.gov.finding_list(&w.t.operator(), &filter, &Want::default()).await.unwrap();
    page.items.into_iter().map(|f| f.found.words).collect()
}

async fn the_backup_owner_steps_in_with_the_commit(t: Fresh) {
    let Played { w, desk, own, olga, bob } = begin(t, true).await;
    becomes(&w, olga, Status::Left).await;
    let it = w.t.gov.identity_find(&w.t.operator(), "desk").await.unwrap();
    assert_eq!((it.owner, it.backup), (Some(bob), None));
    assert!(found(&w, Rule::NoOwner).await.is_empty());
    assert_eq!(w.answer(&own, refund(60_000)).await.1, "escalate approval_required", "somebody answers for it");
    let events = w.t.gov.event_list(&w.t.operator(), -1, 1_000).await.unwrap();
    let leaf = |e: &governance::store::events::StoredEvent| String::from_utf8(e.leaf.clone()).unwrap();
    let last: Vec<_> = events.iter().filter(|e| e.kind.as_str().starts_with("identity.owned")).map(leaf).collect();
    assert_eq!(last.len(), 1);
    for part in [desk.to_string(), bob.to_string(), olga.to_string(), "the owner left".into()] {
        assert!(last[0].contains(&part), "{}", last[0]);
    }
    // both leave: it is orphaned, and says so
    becomes(&w, bob, Status::Left).await;
    assert_eq!(found(&w, Rule::NoOwner).await, ["The owner of desk has left: nobody active answers for it."]);
}

async fn who_it_went_to_is_told_and_of_orphans_who_may_give_an_owner(t: Fresh) {
    let Played { w, olga, bob, .. } = begin(t, true).await;
    let new = NewPerson { email: "oscar@example.com".into(), name: "oscar".into(), ..NewPerson::default() };
    w.t.gov.person_add(&w.t.operator(), NewPerson { roles: [Role::Operator].into(), ..new }).await.unwrap();
    let kim = person(&w, "kim", None, &[]).await;
    for (name, backup) in [("mails", Some(bob)), ("cases", Some(kim)), ("alone", None)] {
        let new = NewIdentity { owner: Some(olga), backup, ..NewIdentity::named(name, Kind::Agent) };
        w.t.gov.identity_add(&w.t.operator(), new).await.unwrap();
    }
    becomes(&w, olga, Status::Inactive).await;
    let told = w.told().await;
    assert_eq!(addressed(&told), ["orphaned to oscar", "orphaned to webhook"], "a backup answers for the rest");
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let Says::Answering(orphans) = &told[0].2 else { panic!("{told:?}") };
    assert_eq!((&orphans.names, orphans.more), (&owned(&["alone"]), 0));
    w.t.clock.advance(TimeDelta::seconds(1));
    becomes(&w, olga, Status::Left).await;
    let told = w.told().await;
    assert_eq!(
        addressed(&told),
        ["owner_changed to bob", "owner_changed to kim", "owner_changed to webhook"],
        "that nobody answers for the last one was told"
    );
    let names: Vec<_> = told
        .iter()
        .map(|(_, _, says)| {
            let Says::Answering(it) = says else { panic!("{says:?}") };
            it.names.clone()
        })
        .collect();
    assert_eq!(names, [owned(&["desk", "mails"]), owned(&["cases"]), owned(&["cases", "desk", "mails"])]);
    assert!(w.told().await.is_empty(), "once");
    // before it could be told somebody else was named: nobody is told what is no longer so
    w.t.clock.advance(TimeDelta::seconds(1));
    becomes(&w, bob, Status::Left).await;
    for name in ["desk", "mails"] {
        let id = w.t.gov.identity_find(&w.t.operator(), name).await.unwrap().id;
        w.t.gov.identity_own(&w.t.operator(), id, kim, None).await.unwrap();
    }
    assert!(w.told().await.is_empty());
}

async fn who_says_not_mine_hands_over_with_a_word(t: Fresh) {
    let Played { w, desk, olga, bob, .. } = begin(t, true).await;
    let not_mine = async |who: PersonId| {
        w.t.clock.advance(TimeDelta::seconds(1));
        let ctx = w.t.gov.ctx(Actor::Person { id: who, roles: [Role::Owner].into() });
        let version = w.t.gov.identity_find(&w.t.operator(), "desk").await.unwrap().version;
        w.t.gov.identity_attest(&ctx, desk, version, Answer::NotMine, None).await.unwrap();
        addressed(&w.told().await)
    };
    assert_eq!(not_mine(olga).await, ["owner_changed to bob", "owner_changed to webhook"]);
    assert_eq!(not_mine(bob).await, ["orphaned to webhook"], "there is nobody who may name another");
}

async fn an_orphan_gets_nothing_above_the_threshold_and_what_runs_finishes(t: Fresh) {
    let Played { w, desk, own, olga, bob } = begin(t, false).await;
    let facts = [ActionFact::MovesMoney].into();
    let small = w.whole(&own, refund(4_820)).await;
    assert_eq!(small["outcome"], "permit", "inside the threshold, without a grant");
    w.t.gov.action_facts_set(&w.t.operator(), "refund.create", &facts).await.unwrap();
    let running = w.answer(&own, refund(4_821)).await.0.unwrap().grant.unwrap();
    w.t.gov.action_facts_set(&w.t.operator(), "refund.create", &BTreeSet::new()).await.unwrap();
    assert_eq!(w.answer(&own, refund(60_000)).await.1, "escalate approval_required");
    let waiting = w.open(desk).await;
    becomes(&w, olga, Status::Left).await;
    assert_eq!(found(&w, Rule::NoOwner).await.len(), 1);
    // inside the threshold it works on, and what was granted is spent
    assert_eq!(w.answer(&own, refund(4_822)).await.1, "permit");
    w.t.gov.grant_redeem(&own, running.id, None).await.unwrap();
    // above it nothing new begins, for people as for grants, and an approval from before is not used
    w.t.clock.advance(TimeDelta::seconds(1));
    let refused = json!({
        "outcome": "deny",
        "reason": "orphaned",
        "message": "nobody active answers for desk: what takes a person or a grant waits for an owner",
        "rules": [],
    });
    assert_eq!(w.whole(&own, refund(60_000)).await, refused);
    let ana = w.t.gov.person_find(&w.t.operator(), "ana@example.com").await.unwrap();
    let ana = w.t.gov.ctx(Actor::Person { id: ana.id, roles: ana.roles });
    w.approve(&ana, waiting[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&own, refund(60_000)).await, refused);
    w.t.gov.action_facts_set(&w.t.operator(), "refund.create", &facts).await.unwrap();
    assert_eq!(w.whole(&own, refund(4_823)).await, refused, "a grant would be issued");
    // with an owner it goes on at once
    w.t.gov.identity_own(&w.t.operator(), desk, bob, None).await.unwrap();
    assert_eq!(w.answer(&own, refund(4_823)).await.1, "permit");
    assert!(found(&w, Rule::NoOwner).await.is_empty());
}

async fn who_is_away_without_a_backup_leaves_an_orphan_too(t: Fresh) {
    let Played { w, own, olga, .. } = begin(t, false).await;
    becomes(&w, olga, Status::Inactive).await;
    assert_eq!(w.answer(&own, refund(60_000)).await.1, "deny orphaned");
    becomes(&w, olga, Status::Active).await;
    assert_eq!(w.answer(&own, refund(60_000)).await.1, "escalate approval_required", "back again: it is still hers");
    // one nobody ever owned is a finding and no orphan
    let new = NewIdentity { team: Some("support-agents".into()), ..NewIdentity::named("new", Kind::Agent) };
    let id = w.t.gov.identity_add(&w.t.operator(), new).await.unwrap().id;
    let key = w.key(Some(id), &[Scope::Ask]).await;
    let mut question = refund(60_000);
    question["subject"]["id"] = json!("new");
    assert_eq!(w.answer(&key, question).await.1, "escalate approval_required");
}

async fn successors_are_proposed_with_reasons(t: Fresh) {
    let Played { w, desk, own, olga, bob } = begin(t, false).await;
    let kim = person(&w, "kim", None, &["crm"]).await;
    let lee = person(&w, "lee", None, &["crm"]).await;
    becomes(&w, lee, Status::Inactive).await;
    let new = NewIdentity {
        owner: Some(kim),
        team: Some("support-agents".into()),
        ..NewIdentity::named("sibling", Kind::Agent)
    };
    w.t.gov.identity_add(&w.t.operator(), new).await.unwrap();
    let task = NewTask {
        reference: "CRM-1".into(),
        purpose: "answer the customer".into(),
        agent: "desk".into(),
        tools: BTreeSet::new(),
        data: BTreeSet::new(),
        link: None,
        ends_at: None,
        ends_in_s: None,
    };
    let tess = person(&w, "tess", None, &[]).await;
    let opener = w.t.gov.ctx(Actor::Person { id: tess, roles: [Role::Operator].into() });
    w.t.gov.task_open(&opener, &task, None).await.unwrap();
    assert_eq!(w.answer(&own, refund(60_000)).await.1, "escalate approval_required");
    w.t.clock.advance(TimeDelta::seconds(1));
    let ana = w.t.gov.person_find(&w.t.operator(), "ana@example.com").await.unwrap();
    let voter = w.t.gov.ctx(Actor::Person { id: ana.id, roles: ana.roles });
    w.approve(&voter, w.open(desk).await[0]).await;
    becomes(&w, olga, Status::Left).await;
    let proposed = w.t.gov.identity_successors(&w.t.operator(), desk).await.unwrap();
    let lines: Vec<_> = proposed.iter().map(|s| (s.email.as_str(), s.reasons.join("; "))).collect();
    assert_eq!(
        lines,
        [
            ("bob@example.com", "is the manager of its owner".to_owned()),
            ("kim@example.com", "owns one of its team; is in a group of its owner".to_owned()),
            ("ana@example.com", "voted on one of its cards".to_owned()),
            ("tess@example.com", "opened a task for it".to_owned()),
        ]
    );
    assert_eq!(proposed[0].person, bob);
}

async fn what_an_orphan_handed_on_stops_too(t: Fresh) {
    let Played { w, olga, .. } = begin(t, false).await;
    let second = w.agent("second", "support-agents").await;
    let key = w.key(Some(second), &[Scope::Ask]).await;
    let mut question = refund(60_000);
    question["subject"] = json!({ "type": "agent", "id": "second", "properties": { "act": ["desk"] } });
    assert_eq!(w.answer(&key, question.clone()).await.1, "escalate approval_required");
    becomes(&w, olga, Status::Left).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.answer(&key, question).await.1, "deny orphaned");
}
