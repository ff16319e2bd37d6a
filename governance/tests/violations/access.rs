//! Privilege, grants, revocation, credentials.
use crate::violated;
use crate::world::World;
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::engine::Role;
use governance::engine::policies::Release;
use governance::identity::Kind;
use governance::policy::baseline::baseline;
use governance::revocation::Target;
use governance::source;

violated! {
    "PRV-01" administrative_access_stands
    "PRV-02" granted_access_is_never_used
    "PRV-03" access_reaches_everything
    "JIT-01" a_grant_outlasts_what_its_action_allows
    "JIT-03" a_grant_names_no_task
    "REV-02" a_revocation_is_never_tried
    "CRD-01" a_key_grows_old
    "CRD-02" a_key_never_ends
    "CRD-03" a_secret_stays_in_a_configuration
    "CRD-04" nobody_says_where_a_key_is_kept
    "CRD-08" a_service_signs_in_with_a_password
    "CRD-09" a_pipeline_gets_a_static_key
    "CRD-10" a_service_may_sign_in_to_the_console
    "CRD-11" an_identity_has_no_credential
}

async fn administrative_access_stands(w: &mut World) {
    w.clean(0).await;
    w.aws(&[]).await;
    let rows = w.found(3).await;
    assert!(rows.iter().any(|r| r.label.as_deref() == Some("deploy: * on *")), "{rows:?}");
}

async fn granted_access_is_never_used(w: &mut World) {
    w.aws(&[]).await;
    w.clean(0).await;
    w.wait(TimeDelta::days(91));
    w.aws(&[]).await;
    w.found(5).await;
}

async fn access_reaches_everything(w: &mut World) {
    w.clean(0).await;
    w.aws(&[]).await;
    w.found(6).await;
}

/// A grant of four hours is within what any action may have; then the action is said to touch an identity system.
async fn a_grant_outlasts_what_its_action_allows(w: &mut World) {
    let mut files = baseline();
    let money = files.get_mut("policies/money.cedar").unwrap();
    *money = String::from_utf8(money.clone()).unwrap().replace("@grant(\"PT15M\")", "@grant(\"PT4H\")").into_bytes();
    let ana = w.person("ana", &[Role::Approver]).await;
    w.person("bo", &[Role::Approver]).await;
    w.t.gov.policy_activate(&w.t.operator(), Release::Files(&files), None).await.unwrap();
    let agent = w.agent().await;
    w.approved(&agent, ana, 120_000).await;
    w.clean(1).await;
    w.facts("refund.create", &[ActionFact::IdentitySystem]).await;
    w.found(1).await;
}

async fn a_grant_names_no_task(w: &mut World) {
    let (agent, ana) = (w.agent().await, w.person("ana", &[Role::Approver]).await);
    w.clean(0).await;
    w.approved(&agent, ana, 120_000).await;
    w.found(1).await;
}

async fn a_revocation_is_never_tried(w: &mut World) {
    let bot = w.identity("desk-bot", Kind::Agent).await;
    w.key(Some(bot), None).await;
    w.t.gov.revoke(&w.t.operator(), &Target::Identity(bot), "it is not needed any more").await.unwrap();
    w.clean(1).await;
    w.wait(TimeDelta::hours(2));
    w.found(1).await;
}

async fn a_key_grows_old(w: &mut World) {
    w.agent().await;
    w.clean(1).await;
    w.wait(TimeDelta::days(91));
    w.found(1).await;
}

async fn a_key_never_ends(w: &mut World) {
    let bot = w.identity("desk-bot", Kind::Agent).await;
    w.key(Some(bot), Some(w.t.gov.now() + TimeDelta::days(90))).await;
    w.clean(1).await;
    w.key(Some(bot), None).await;
    w.found(1).await;
}

async fn a_secret_stays_in_a_configuration(w: &mut World) {
    w.import(source::Kind::McpConfig, &["mcp/team.json"], &[]).await;
    w.clean(2).await;
    w.wait(TimeDelta::hours(2));
    w.found(2).await;
}

async fn nobody_says_where_a_key_is_kept(w: &mut World) {
    w.clean(0).await;
    w.agent().await;
    let rows = w.found(1).await;
    assert_eq!(rows[0].detail, "stored in unknown");
}

/// The account of `credential-report.csv` that has a key, now with a password too.
const PASSWORD: (&str, &str) = (
    "ci-upload,arn:aws:iam::111122223333:user/ci-upload,2025-02-01T08:00:00+00:00,false,N/A,N/A",
    "ci-upload,arn:aws:iam::111122223333:user/ci-upload,2025-02-01T08:00:00+00:00,true,2026-11-01T00:00:00+00:00,2026-10-01T00:00:00+00:00",
);

async fn a_service_signs_in_with_a_password(w: &mut World) {
    w.aws(&[]).await;
    w.clean(3).await;
    w.aws(&[PASSWORD]).await;
    w.found(1).await;
}

async fn a_pipeline_gets_a_static_key(w: &mut World) {
    let build = w.identity("nightly-build", Kind::Pipeline).await;
    w.clean(1).await;
    w.key(Some(build), None).await;
    w.found(1).await;
}

async fn a_service_may_sign_in_to_the_console(w: &mut World) {
    w.aws(&[]).await;
    w.clean(3).await;
    w.aws(&[PASSWORD]).await;
    w.found(1).await;
}

async fn an_identity_has_no_credential(w: &mut World) {
    let bot = w.identity("desk-bot", Kind::Agent).await;
    w.key(Some(bot), None).await;
    w.wait(TimeDelta::days(2));
    w.clean(1).await;
    w.identity("bare-bot", Kind::Agent).await;
    w.wait(TimeDelta::days(2));
    w.found(1).await;
}
