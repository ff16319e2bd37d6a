//! A log with everything in it replays; a register that was doctored behind it does not.
use super::uc_04_what_acts_oddly_is_held::act;
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::World;
use chrono::TimeDelta;
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::finding::Rule;
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::replay::{Invariant, Report};
use governance::revocation::{Target, Undoing};
use governance::testkit::Fresh;
use governance::watch::reaction::{Measure, Mode};
use serde_json::json;

on_every_database! {
    a_log_replays_and_counts_what_it_looked_at
    a_doctored_register_is_found
    what_a_doctored_register_let_through_is_found
    what_was_erased_is_counted_and_no_problem
}

/// A refund that a person approved, permitted once, its grant spent; one more that waits.
async fn refunded(t: Fresh) -> World {
    let w = World { t };
    let ana = w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    drop(w.answer(&agent, refund(50_001)).await);
    w.t.clock.advance(TimeDelta::seconds(1));
    w.approve(&ana, w.open(desk).await[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    let permitted = w.answer(&agent, refund(50_001)).await.0.unwrap();
    w.t.gov.grant_redeem(&agent, permitted.grant.unwrap().id, None).await.unwrap();
    drop(w.answer(&agent, refund(50_001)).await);
    w
}

async fn replayed(w: &World) -> Report {
    w.t.gov.log_replay(&w.t.operator()).await.unwrap()
}

async fn doctor(w: &World, sql: &'static str) {
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    assert!(write.tx.execute(sql, &[]).await.unwrap() > 0, "nothing was doctored: {sql}");
    write.append(Event::new(EventKind::SettingChanged, "operator:test")).await.unwrap();
    write.commit().await.unwrap();
}

async fn a_log_replays_and_counts_what_it_looked_at(t: Fresh) {
    let w = refunded(t).await;
    let report = replayed(&w).await;
    assert!(report.holds(), "{report:#?}");
    let mut counted = report.lines.iter().map(|line| (line.checked, line.untold.len()));
    assert!(counted.all(|(n, untold)| n > 0 && untold == 0), "{report:#?}");
}

async fn a_doctored_register_is_found(t: Fresh) {
    t.by_hand(Invariant::ALL);
    let w = refunded(t).await;
    assert!(replayed(&w).await.holds());
    let doctored = [
        ("update decisions set reason = 'forbidden' where reason = 'approved'", Invariant::I1, "row's reason"),
        ("update decisions set outcome = 'permit' where outcome = 'escalate'", Invariant::I1, "row's outcome"),
        ("update decisions set inputs = replace(inputs, '50001', '40001')", Invariant::I1, "row's inputs"),
        ("update decisions set action = 'refund.delete'", Invariant::I11, "another question"),
        ("update bundles set files = '{}'", Invariant::I11, "policy bundle"),
        (
            "update escalations set state = 'expired', ended_at = 0, permit_id = null where state = 'consumed'",
            Invariant::I6,
            "its row says expired",
        ),
        ("update grants set expires_at = expires_at + 1", Invariant::Grants, "not what was issued"),
        ("update grants set params_hash = 'other'", Invariant::Grants, "other parameters"),
        ("update decisions set seq = seq + 100000, at = at + 100000000000", Invariant::I1, "no decision stands there"),
        ("delete from decisions", Invariant::I1, "no row"),
        ("delete from grants", Invariant::Grants, "has no row"),
    ];
    for (sql, invariant, words) in doctored {
        doctor(&w, sql).await;
        let report = replayed(&w).await;
        let line = report.line(invariant).unwrap();
        assert!(line.problems.iter().any(|p| p.words.contains(words)), "{sql}: {line:#?}");
    }
}

/// Who undoes what was stopped.
async fn operator(w: &World, name: &str) -> Ctx {
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: [Role::Operator].into(),
        groups: Default::default(),
        manager: None,
    };
    let id = w.t.gov.person_add(&w.t.operator(), new).await.unwrap().id;
    w.t.gov.ctx(Actor::Person { id, roles: [Role::Operator].into() })
}

/// What the engine would never do, made to do it by rows that somebody changed behind it.
async fn what_a_doctored_register_let_through_is_found(t: Fresh) {
    t.by_hand(Invariant::ALL);
    let w = World { t };
    w.approver("bo", "containment").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let (agent, gateway) = (w.key(Some(desk), &[Scope::Ask, Scope::Act]).await, w.key(None, &[Scope::Act]).await);
    let found = async |words: &str| {
        let report = replayed(&w).await;
        let line = report.line(Invariant::I3).unwrap();
        assert!(line.problems.iter().any(|p| p.words.contains(words)), "{words}: {line:#?}");
    };
    let built = |digit: &str| {
        let mut asked = refund(100);
        asked["subject"]["properties"] = json!({ "build": digit.repeat(64) });
        asked
    };

    assert_eq!(w.answer(&agent, built("a")).await.1, "permit");
    assert_eq!(w.answer(&agent, built("b")).await.1, "deny build_changed");
    assert!(replayed(&w).await.holds());
    doctor(&w, "update builds set changed = null, changed_at = null").await;
    assert_eq!(w.answer(&agent, built("a")).await.1, "permit", "the engine was deceived");
    found("while another build of").await;

    w.t.gov.reaction_set(&w.t.operator(), Rule::ExecutedUndecided, Mode::On, Measure::Narrow, 5).await.unwrap();
    w.t.gov.activity_report(&gateway, &[act("desk", "payout.create")]).await.unwrap();
    assert_eq!(w.answer(&agent, refund(100)).await.1, "escalate approval_required");
    doctor(&w, "update identities set narrowed_by = null where narrowed_by is not null").await;
    assert_eq!(w.answer(&agent, refund(100)).await.1, "permit", "the engine was deceived");
    found("without a person although").await;

    let (ana, _) = (operator(&w, "ana").await, operator(&w, "cy").await);
    let stop = w.t.gov.revoke(&w.t.operator(), &Target::Identity(desk), "it acted oddly").await.unwrap().id;
    let undo = async || w.t.gov.revocation_undo(&w.t.gov.ctx(ana.actor.clone()), stop, "a false alarm").await.unwrap();
    assert_eq!(undo().await, Undoing::Begun);
    doctor(&w, "update revocations set undo_first_by = (select id from people where name = 'cy')").await;
    assert_eq!(undo().await, Undoing::Lifted, "the engine was deceived");
    found("without the word of two people").await;
}

async fn what_was_erased_is_counted_and_no_problem(t: Fresh) {
    let w = refunded(t).await;
    let before = replayed(&w).await.line(Invariant::I11).unwrap().checked;
    doctor(&w, "update decisions set inputs = null, erased_at = 1").await;
    doctor(&w, "update payloads set bytes = null, erased_at = 1").await;
    let report = replayed(&w).await;
    assert!(report.holds(), "{report:#?}");
    let line = report.line(Invariant::I11).unwrap();
    assert_eq!((line.checked, line.untold.values().sum::<u64>()), (0, before));
    assert!(!report.line(Invariant::I5).unwrap().untold.is_empty(), "who was barred is erased too");
}
