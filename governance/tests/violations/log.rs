//! The log and what watches over it.
use crate::violated;
use crate::world::World;
use chrono::TimeDelta;
use governance::engine::Role;
use serde_json::{Map, json};

violated! {
    "AUD-01" nobody_checks_the_log
    "AUD-02" no_checkpoint_leaves_the_house
    "AUD-03" an_entry_is_about_nothing
    "AUD-04" a_credential_appears_without_an_entry
    "AUD-05" more_history_is_asked_for_than_can_be_kept
    "AUD-06" an_auditor_approves
    "AUD-08" an_action_is_reported_late
    "GOV-07" nobody_assesses
}

async fn nobody_checks_the_log(w: &mut World) {
    let ctx = w.t.operator();
    assert!(w.t.gov.log_check_due(&ctx, TimeDelta::hours(24)).await.unwrap(), "it never was");
    assert!(w.t.gov.log_check_kept(&ctx, None).await.unwrap().holds());
    assert!(!w.t.gov.log_check_due(&w.t.operator(), TimeDelta::hours(24)).await.unwrap());
    let events = i64::try_from(w.t.gov.log_size().await.unwrap()).unwrap();
    w.clean(events).await;
    w.wait(TimeDelta::hours(25));
    assert!(w.t.gov.log_check_due(&w.t.operator(), TimeDelta::hours(24)).await.unwrap());
    let rows = w.found(1).await;
    assert_eq!(rows[0].detail, "no successful full check in interval");
}

async fn no_checkpoint_leaves_the_house(w: &mut World) {
    w.t.gov.log_checkpoint_sign(&w.t.key, None).await.unwrap();
    w.t.gov.log_export(&w.t.operator(), |_, _| Ok(())).await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::hours(25));
    w.t.gov.log_checkpoint_sign(&w.t.key, None).await.unwrap();
    w.found(1).await;
}

/// A gateway asks for a principal that nobody registered: the entry of the denial is about nobody the register knows.
async fn an_entry_is_about_nothing(w: &mut World) {
    let gateway = w.key(None, None).await;
    w.wait(TimeDelta::seconds(1));
    w.agent().await;
    let input = json!({"amount_minor": 100, "currency": "EUR", "customer": "Blum KG"});
    w.ask(&gateway, "desk-bot", "refund.create", input.clone(), Map::new()).await;
    let events = i64::try_from(w.t.gov.log_size().await.unwrap()).unwrap();
    w.clean(events).await;
    w.ask(&gateway, "ghost", "refund.create", input, Map::new()).await;
    w.found(1).await;
}

/// The platform made it and an import brought it: our log has an entry of the import, none of the making.
async fn a_credential_appears_without_an_entry(w: &mut World) {
    w.aws(&[]).await;
    w.clean(1).await;
    let old = "ci-upload,arn:aws:iam::111122223333:user/ci-upload,2025-02-01T08:00:00+00:00,false,N/A,N/A";
    let new = "ci-upload,arn:aws:iam::111122223333:user/ci-upload,2026-11-10T08:00:00+00:00,true,N/A,N/A";
    w.aws(&[(old, new)]).await;
    let rows = w.found(1).await;
    assert_eq!(rows[0].label.as_deref(), Some("ci-upload: password password"));
}

/// Events are never removed, which is given as a hundred years: a threshold of our own that asks for more finds it too short.
async fn more_history_is_asked_for_than_can_be_kept(w: &mut World) {
    w.clean(1).await;
    w.t.gov.threshold_set(&w.t.operator(), "AUD-05", "required_s", Some(4_000_000_000)).await.unwrap();
    w.found(1).await;
}

async fn an_auditor_approves(w: &mut World) {
    w.person("ana", &[Role::Auditor]).await;
    w.clean(1).await;
    w.person("bo", &[Role::Auditor, Role::Approver]).await;
    w.found(1).await;
}

async fn an_action_is_reported_late(w: &mut World) {
    let agent = w.agent().await;
    let permit = w.refund(&agent, 100).await;
    w.report(&agent, permit.id, None).await;
    let events = i64::try_from(w.t.gov.log_size().await.unwrap()).unwrap();
    w.clean(events).await;
    w.wait(TimeDelta::minutes(20));
    w.report(&agent, permit.id, Some(w.t.gov.now() - TimeDelta::minutes(10))).await;
    w.found(1).await;
}

async fn nobody_assesses(w: &mut World) {
    w.t.gov.assess_run(&w.t.operator(), None, None).await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::days(8));
    w.found(1).await;
}
