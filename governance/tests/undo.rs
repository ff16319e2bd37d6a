//! Undoing a revocation takes two people, and what it ended stays ended; on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::engine::identities::NewIdentity;
use governance::engine::people::{NewPerson, PersonChange};
use governance::engine::{Actor, Ctx, Role, page::Want};
use governance::error::Result;
use governance::id::{IdentityId, PersonId, RevocationId};
use governance::identity::Kind;
use governance::on_every_database;
use governance::revocation::{Target, Undoing};
use governance::testkit::Fresh;
use std::collections::BTreeSet;

on_every_database! {
    two_people_undo_a_revocation
    one_person_is_not_enough
    the_first_word_does_not_wait_for_ever
    the_word_of_somebody_out_of_office_does_not_count
    owners_alone_do_not_undo
    whoever_was_stopped_has_no_say
    only_what_stops_now_is_undone
    every_scope_that_stops_is_undone
}

async fn person(t: &Fresh, name: &str, roles: &[Role]) -> Ctx {
    let roles: BTreeSet<Role> = roles.iter().copied().collect();
    let new = NewPerson {
        email: format!("{name}@example.com"),
        name: name.into(),
        roles: roles.clone(),
        groups: BTreeSet::new(),
        manager: None,
    };
    let id = t.gov.person_add(&t.operator(), new).await.unwrap().id;
    t.gov.ctx(Actor::Person { id, roles })
}

fn id_of(ctx: &Ctx) -> PersonId {
    ctx.person().unwrap()
}

async fn identity(t: &Fresh, owner: Option<&Ctx>, backup: Option<&Ctx>) -> IdentityId {
    let new =
        NewIdentity { owner: owner.map(id_of), backup: backup.map(id_of), ..NewIdentity::named("payer", Kind::Agent) };
    t.gov.identity_add(&t.operator(), new).await.unwrap().id
}

async fn stop(t: &Fresh, target: &Target) -> RevocationId {
    t.gov.revoke(&t.operator(), target, "it acted oddly").await.unwrap().id
}

/// What stops this identity now.
async fn stopped(t: &Fresh, id: IdentityId) -> Vec<String> {
    let stops = t.gov.identity_dossier(&t.operator(), id).await.unwrap().stops;
    stops.into_iter().map(|s| s.kind).collect()
}

fn words(done: Result<Undoing>) -> String {
    match done {
        Ok(done) => format!("{done:?}"),
        Err(e) => format!("{:?}: {}", e.kind, e.detail),
    }
}

async fn undo(t: &Fresh, by: &Ctx, id: RevocationId) -> String {
    // the clock of who acts is read anew with each request
    let by = t.gov.ctx(by.actor.clone());
    words(t.gov.revocation_undo(&by, id, "looked into it: a false alarm").await)
}

async fn two_people_undo_a_revocation(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Operator]).await, person(&t, "bo", &[Role::Operator]).await);
    let it = identity(&t, None, None).await;
    let id = stop(&t, &Target::Identity(it)).await;
    assert_eq!(stopped(&t, it).await, ["identity"]);
    assert_eq!(undo(&t, &ana, id).await, "Begun");
    let listed = t.gov.revocation_list(&ana, true, &Want::default()).await.unwrap().items;
    let [one] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!((one.target_name.as_deref(), one.in_force, one.undo_begun), (Some("payer"), true, true));
    assert_eq!(undo(&t, &bo, id).await, "Lifted");
    assert_eq!(stopped(&t, it).await, [""; 0]);
    let read = t.gov.revocation_get(&ana, id).await.unwrap();
    assert_eq!((read.undone_by, read.undone_at), (Some(id_of(&bo)), Some(t.gov.now())));
    assert_eq!(read.undo_first.map(|(who, _)| who), Some(id_of(&ana)));
    assert!(t.gov.revocation_list(&ana, true, &Want::default()).await.unwrap().items.is_empty());
    assert_eq!(t.gov.revocation_list(&ana, false, &Want::default()).await.unwrap().items.len(), 1);
    assert!(undo(&t, &ana, id).await.starts_with("Conflict: it was undone at "));
}

async fn one_person_is_not_enough(t: Fresh) {
    let ana = person(&t, "ana", &[Role::Operator, Role::Owner]).await;
    let it = identity(&t, Some(&ana), None).await;
    let id = stop(&t, &Target::Identity(it)).await;
    assert_eq!(undo(&t, &ana, id).await, "Begun");
    assert_eq!(undo(&t, &ana, id).await, "Conflict: you have said so already: it takes a second person");
    assert_eq!(stopped(&t, it).await, ["identity"]);
    for role in [Role::Viewer, Role::Approver, Role::Admin, Role::Auditor] {
        let other = person(&t, role.as_str(), &[role]).await;
        let said = undo(&t, &other, id).await;
        assert!(said.starts_with("Forbidden: you may not undo a revocation"), "{said}");
    }
    let host = t.gov.revocation_undo(&t.operator(), id, "by hand").await;
    assert!(words(host).starts_with("Forbidden"), "the command line is nobody");
    let bo = person(&t, "bo", &[Role::Operator]).await;
    assert_eq!(words(t.gov.revocation_undo(&bo, id, " ").await), "Invalid: reason: say why in 1 to 1,000 characters");
    assert_eq!(stopped(&t, it).await, ["identity"]);
}

async fn the_first_word_does_not_wait_for_ever(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Operator]).await, person(&t, "bo", &[Role::Operator]).await);
    let it = identity(&t, None, None).await;
    let id = stop(&t, &Target::Identity(it)).await;
    assert_eq!(undo(&t, &ana, id).await, "Begun");
    t.clock.advance(TimeDelta::hours(24));
    assert_eq!(undo(&t, &bo, id).await, "Begun", "a day later the second is a first");
    t.clock.advance(TimeDelta::hours(24) - TimeDelta::microseconds(1));
    assert_eq!(undo(&t, &ana, id).await, "Lifted");
}

async fn the_word_of_somebody_out_of_office_does_not_count(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Operator]).await, person(&t, "bo", &[Role::Operator]).await);
    let it = identity(&t, None, None).await;
    let id = stop(&t, &Target::Identity(it)).await;
    assert_eq!(undo(&t, &ana, id).await, "Begun");
    let change = PersonChange { roles: Some([Role::Viewer].into()), ..PersonChange::default() };
    t.gov.person_change(&t.operator(), id_of(&ana), change).await.unwrap();
    assert_eq!(undo(&t, &bo, id).await, "Begun");
    assert_eq!(stopped(&t, it).await, ["identity"]);
}

async fn owners_alone_do_not_undo(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Owner]).await, person(&t, "bo", &[Role::Owner]).await);
    let it = identity(&t, Some(&ana), Some(&bo)).await;
    let id = stop(&t, &Target::Identity(it)).await;
    let stranger = person(&t, "eve", &[Role::Owner]).await;
    let said = undo(&t, &stranger, id).await;
    assert_eq!(said, "Forbidden: an owner undoes what stopped their own; for the rest ask an operator");
    assert_eq!(undo(&t, &ana, id).await, "Begun");
    let said = undo(&t, &bo, id).await;
    assert_eq!(said, "Conflict: one of the two is an operator: owners alone do not undo a revocation");
    assert_eq!(stopped(&t, it).await, ["identity"]);
    let cy = person(&t, "cy", &[Role::Operator]).await;
    assert_eq!(undo(&t, &cy, id).await, "Lifted");
}

async fn whoever_was_stopped_has_no_say(t: Fresh) {
    let ana = person(&t, "ana", &[Role::Operator, Role::Owner]).await;
    let it = identity(&t, Some(&ana), None).await;
    let id = stop(&t, &Target::Owner(id_of(&ana))).await;
    assert_eq!(stopped(&t, it).await, ["owner"]);
    assert_eq!(undo(&t, &ana, id).await, "Forbidden: what you own was stopped: two others undo it");
}

async fn only_what_stops_now_is_undone(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Operator]).await, person(&t, "bo", &[Role::Operator]).await);
    let it = identity(&t, None, None).await;
    let first = stop(&t, &Target::Identity(it)).await;
    assert_eq!(undo(&t, &ana, first).await, "Begun");
    t.clock.advance(TimeDelta::seconds(1));
    let second = stop(&t, &Target::Identity(it)).await;
    let said = undo(&t, &bo, first).await;
    assert_eq!(said, format!("Conflict: it was stopped again since, by {second}: undo that one"));
    assert_eq!(undo(&t, &bo, second).await, "Begun", "the word about the first says nothing of the second");
    assert_eq!(undo(&t, &ana, second).await, "Lifted");
    assert_eq!(stopped(&t, it).await, [""; 0]);
    // the earlier one stops nothing any more, and says so
    assert!(t.gov.revocation_get(&ana, first).await.unwrap().undone_at.is_some());
    let third = stop(&t, &Target::Identity(it)).await;
    assert_eq!(stopped(&t, it).await, ["identity"]);
    assert_eq!(undo(&t, &ana, third).await, "Begun", "each stop is undone anew");
}

async fn every_scope_that_stops_is_undone(t: Fresh) {
    let (ana, bo) = (person(&t, "ana", &[Role::Operator]).await, person(&t, "bo", &[Role::Operator]).await);
    let cy = person(&t, "cy", &[Role::Owner]).await;
    let it = identity(&t, Some(&cy), None).await;
    for target in [Target::Owner(id_of(&cy)), Target::Everything, Target::Tool("refund.create".into())] {
        let id = stop(&t, &target).await;
        assert_eq!(undo(&t, &ana, id).await, "Begun", "{target:?}");
        assert_eq!(undo(&t, &bo, id).await, "Lifted", "{target:?}");
    }
    assert_eq!(stopped(&t, it).await, [""; 0]);
    assert!(t.gov.revocation_list(&ana, true, &Want::default()).await.unwrap().items.is_empty());
}
