//! Inventory, ownership, life cycle.
use crate::violated;
use crate::world::World;
use chrono::TimeDelta;
use governance::attestation::Answer;
use governance::engine::identities::NewIdentity;
use governance::engine::people::PersonChange;
use governance::engine::{Actor, Role};
use governance::identity::{Boundary, Criticality, Environment, Kind};
use governance::person::Status;
use governance::revocation::Target;
use serde_json::{Map, json};

violated! {
    "INV-01" an_unregistered_principal_asks
    "INV-02" a_source_is_not_imported_again
    "INV-03" a_record_is_left_incomplete
    "INV-04" an_account_is_seen_long_after_it_was_made
    "OWN-01" an_identity_has_no_owner
    "OWN-02" an_owner_does_not_answer
    "OWN-03" an_owner_leaves_and_nobody_takes_over
    "LIF-01" what_was_stopped_here_is_live_elsewhere
    "LIF-02" an_identity_sleeps
}

async fn an_unregistered_principal_asks(w: &mut World) {
    w.clean(0).await;
    let gateway = w.key(None, None).await;
    let input = json!({"amount_minor": 100, "currency": "EUR", "customer": "Blum KG"});
    w.ask(&gateway, "ghost", "refund.create", input, Map::new()).await;
    let rows = w.found(1).await;
    assert!(rows[0].detail.contains("ghost"), "{rows:?}");
}

async fn a_source_is_not_imported_again(w: &mut World) {
    w.aws(&[]).await;
    w.clean(1).await;
    w.wait(TimeDelta::days(8));
    w.found(1).await;
}

fn complete() -> NewIdentity {
    NewIdentity {
        environment: Some(Environment::Test),
        purpose: Some("refunds for support".into()),
        criticality: Some(Criticality::High),
        autonomy: Some(2),
        boundary: Some(Boundary { tools: vec!["refund.create".into()], ..Boundary::default() }),
        ..NewIdentity::named("desk-bot", Kind::Agent)
    }
}

async fn a_record_is_left_incomplete(w: &mut World) {
    w.t.gov.identity_add(&w.t.operator(), complete()).await.unwrap();
    w.clean(1).await;
    w.identity("bare-bot", Kind::Agent).await;
    let rows = w.found(1).await;
    assert_eq!(rows[0].label.as_deref(), Some("agent bare-bot"));
}

async fn an_account_is_seen_long_after_it_was_made(w: &mut World) {
    w.clean(0).await;
    // these roles were made on the 10th; we see them on the 21st
    w.aws(&[("2025-03-01T00:00:00Z", "2026-11-10T00:00:00Z")]).await;
    let rows = w.found(2).await;
    assert_eq!(rows[0].label.as_deref(), Some("workload night-batch"));
}

async fn an_identity_has_no_owner(w: &mut World) {
    let ana = w.person("ana", &[Role::Owner]).await;
    let owned = NewIdentity { owner: Some(ana), ..NewIdentity::named("owned-bot", Kind::Agent) };
    w.t.gov.identity_add(&w.t.operator(), owned).await.unwrap();
    w.clean(1).await;
    w.identity("desk-bot", Kind::Agent).await;
    w.found(1).await;
}

async fn an_owner_does_not_answer(w: &mut World) {
    let ana = w.person("ana", &[Role::Owner]).await;
    let owned = NewIdentity { owner: Some(ana), ..NewIdentity::named("owned-bot", Kind::Agent) };
    let bot = w.t.gov.identity_add(&w.t.operator(), owned).await.unwrap();
    w.clean(0).await;
    w.wait(TimeDelta::days(91));
    let owner = w.t.gov.ctx(Actor::Person { id: ana, roles: [Role::Owner].into() });
    w.t.gov.identity_attest(&owner, bot.id, bot.version, Answer::Keep, None).await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::days(91));
    w.found(1).await;
}

async fn an_owner_leaves_and_nobody_takes_over(w: &mut World) {
    let ana = w.person("ana", &[Role::Owner]).await;
    let owned = NewIdentity { owner: Some(ana), ..NewIdentity::named("owned-bot", Kind::Agent) };
    w.t.gov.identity_add(&w.t.operator(), owned).await.unwrap();
    w.wait(TimeDelta::days(1));
    let left = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
    w.t.gov.person_change(&w.t.operator(), ana, left).await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::days(2));
    w.found(1).await;
}

async fn what_was_stopped_here_is_live_elsewhere(w: &mut World) {
    w.aws(&[]).await;
    let batch = w.t.gov.identity_find(&w.t.operator(), "night-batch").await.unwrap();
    w.t.gov.revoke(&w.t.operator(), &Target::Identity(batch.id), "it is not needed any more").await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::hours(2));
    w.found(1).await;
}

async fn an_identity_sleeps(w: &mut World) {
    w.identity("desk-bot", Kind::Agent).await;
    w.clean(0).await;
    w.wait(TimeDelta::days(91));
    w.found(1).await;
}
