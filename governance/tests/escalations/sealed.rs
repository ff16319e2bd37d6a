//! A log or a clock that was set back: nothing is decided until two people say that it may go on, on both databases.
use crate::asking::Agent;
use crate::world::World;
use governance::decision::Outcome;
use governance::engine::policies::PolicyState;
use governance::engine::seals::Unsealing;
use governance::engine::{Actor, Ctx, Role};
use governance::error::Kind;
use governance::escalation::{Phase, Tier, Verdict};
use governance::id::PersonId;
use governance::log::Checkpoint;
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    a_log_that_was_set_back_decides_nothing_until_two_people_unseal
    the_word_of_the_first_lasts_a_day_and_ends_with_their_office
    a_log_that_goes_on_is_not_sealed
    nobody_approves_by_a_clock_that_was_set_back
}

/// The checkpoint that stands beside the key, of a log that went on by so many entries.
async fn ahead(a: &Agent, by: u64) -> Checkpoint {
    let note = a.w.t.gov.log_checkpoint_sign(&a.w.t.key, None).await.unwrap();
    let now = Checkpoint::verify(note.as_bytes(), a.w.t.key.verifier()).unwrap();
    Checkpoint { size: now.size + by, root: [7; 32], ..now }
}

async fn admin(a: &Agent, name: &str) -> (PersonId, Ctx) {
    let id = a.w.approver(name, "admins").await;
    let mut w = a.w.t.gov.write(&a.w.t.operator()).await.unwrap();
    w.tx.execute("update person_roles set role = 'admin' where person_id = $1", &[id.into()]).await.unwrap();
    w.append(governance::log::event::Event::new(governance::log::event::EventKind::PersonChanged, "operator:test"))
        .await
        .unwrap();
    w.commit().await.unwrap();
    (id, a.w.t.gov.ctx(Actor::Person { id, roles: [Role::Admin].into() }))
}

async fn a_log_that_was_set_back_decides_nothing_until_two_people_unseal(t: Fresh) {
    let a = Agent::new(t, 2, true).await;
    let gov = &a.w.t.gov;
    let ((_, ada), (_, bo)) = (admin(&a, "ada").await, admin(&a, "bo").await);
    // a grant, an approval, a waiting case and a session are there
    let granted = a.escalate(Agent::refund(482_000)).await;
    a.approve(granted).await;
    let grant = a.ask(Agent::refund(482_000)).await.unwrap().grant.unwrap();
    let approved = a.escalate(Agent::refund(482_001)).await;
    a.approve(approved).await;
    let waiting = a.escalate(Agent::refund(482_002)).await;
    gov.session_save("browser", "{}").await.unwrap();

    let mark = ahead(&a, 10).await;
    let seal = gov.log_seal_unless_continued(&mark).await.unwrap().unwrap();
    assert_eq!((seal.kept_size, seal.found_size), (mark.size, mark.size - 10));
    let sealed = a.ask(Agent::refund(1)).await.unwrap_err();
    assert_eq!(sealed.kind, Kind::Unavailable);
    assert!(sealed.detail.contains("sealed"), "{}", sealed.detail);
    assert!(matches!(gov.policy_state().await.unwrap(), PolicyState::Sealed { .. }));
    assert_eq!(gov.grant_redeem(&a.ctx, grant.id, None).await.unwrap_err().kind, Kind::Conflict);
    for id in [approved, waiting] {
        assert_eq!(a.w.get(id).await.escalation.phase(), Phase::Revoked);
    }
    assert_eq!(gov.session_load("browser").await.unwrap(), None);
    assert_eq!(gov.log_checkpoint_sign(&a.w.t.key, None).await.unwrap_err().kind, Kind::Unavailable);
    // another start finds the same seal and writes nothing
    let size = gov.log_size().await.unwrap();
    assert_eq!(gov.log_seal_unless_continued(&mark).await.unwrap(), Some(seal.clone()));
    assert_eq!(gov.log_size().await.unwrap(), size);

    for nobody in [a.w.person(a.w.people[0]), a.w.t.operator(), a.ctx.clone(), gov.ctx(Actor::System("x"))] {
        assert_eq!(gov.unseal(&nobody, seal.id).await.unwrap_err().kind, Kind::Forbidden);
    }
    assert_eq!(gov.unseal(&ada, seal.id).await.unwrap(), Unsealing::Begun);
    assert_eq!(gov.unseal(&ada, seal.id).await.unwrap_err().kind, Kind::Conflict);
    assert_eq!(a.ask(Agent::refund(1)).await.unwrap_err().kind, Kind::Unavailable, "one person is not enough");
    assert_eq!(gov.unseal(&bo, seal.id).await.unwrap(), Unsealing::Lifted);
    assert_eq!(gov.unseal(&bo, seal.id).await.unwrap_err().kind, Kind::Conflict);

    assert_eq!(a.ask(Agent::refund(1)).await.unwrap().outcome, Outcome::Permit);
    // the mark they let it go on behind counts no more: it is signed over, and no start seals again
    gov.log_checkpoint_sign(&a.w.t.key, Some(&mark)).await.unwrap();
    assert_eq!(gov.log_seal_unless_continued(&mark).await.unwrap(), None);
    assert!(gov.log_check(&a.w.t.operator(), Some(&mark)).await.unwrap().holds());
    let mut tx = gov.read().await.unwrap();
    let events = store::events::after(&mut tx, -1, 1_000).await.unwrap();
    let told: Vec<_> = events.iter().map(|e| e.kind.as_str()).filter(|k| k.contains("seal")).collect();
    assert_eq!(told, ["sealed", "unseal.begun", "unsealed"]);
    drop(tx);
    // set back once more, behind another mark, it is sealed again
    assert!(gov.log_seal_unless_continued(&ahead(&a, 3).await).await.unwrap().is_some());
}

async fn the_word_of_the_first_lasts_a_day_and_ends_with_their_office(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let gov = &a.w.t.gov;
    let ((_, ada), (bo_id, bo), (_, cy)) = (admin(&a, "ada").await, admin(&a, "bo").await, admin(&a, "cy").await);
    let seal = gov.log_seal_unless_continued(&ahead(&a, 1).await).await.unwrap().unwrap();
    gov.unseal(&ada, seal.id).await.unwrap();
    a.w.wait(24 * 3_600);
    assert_eq!(gov.unseal(&bo, seal.id).await.unwrap(), Unsealing::Begun);
    let mut w = gov.write(&a.w.t.operator()).await.unwrap();
    w.tx.execute("update people set status = 'left' where id = $1", &[bo_id.into()]).await.unwrap();
    w.append(governance::log::event::Event::new(governance::log::event::EventKind::PersonChanged, "operator:test"))
        .await
        .unwrap();
    w.commit().await.unwrap();
    assert_eq!(gov.unseal(&cy, seal.id).await.unwrap(), Unsealing::Begun);
    assert_eq!(gov.unseal(&ada, seal.id).await.unwrap(), Unsealing::Lifted);
}

async fn a_log_that_goes_on_is_not_sealed(t: Fresh) {
    let a = Agent::new(t, 1, true).await;
    let note = a.w.t.gov.log_checkpoint_sign(&a.w.t.key, None).await.unwrap();
    let mark = Checkpoint::verify(note.as_bytes(), a.w.t.key.verifier()).unwrap();
    a.ask(Agent::refund(1)).await.unwrap();
    assert_eq!(a.w.t.gov.log_seal_unless_continued(&mark).await.unwrap(), None);
    let other = Checkpoint { root: [7; 32], ..mark };
    assert!(a.w.t.gov.log_seal_unless_continued(&other).await.unwrap().is_some(), "history was changed");
}

/// A denial stops what it is about whatever the time is; an approval ends some time.
async fn nobody_approves_by_a_clock_that_was_set_back(t: Fresh) {
    let w = World::new(t, 2).await;
    let record = w.open(w.refund(100, Tier::High, 1)).await;
    w.wait(-3_600);
    let refused = w.vote(&record, w.people[0], Verdict::Approve).await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unavailable);
    assert!(refused.detail.contains("behind the log"), "{refused}");
    w.vote(&record, w.people[1], Verdict::Deny).await.unwrap();
    assert_eq!(w.get(record.escalation.id).await.escalation.phase(), Phase::Denied);
}
