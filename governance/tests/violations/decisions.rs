//! Approvals, decisions, policy.
use crate::violated;
use crate::world::World;
use chrono::TimeDelta;
use governance::engine::Role;
use governance::engine::policies::Release;
use governance::escalation::Verdict;
use governance::policy::baseline::baseline;
use serde_json::{Map, json};

violated! {
    "APR-01" an_agent_goes_on_without_the_approval
    "APR-03" an_agent_does_what_was_denied_to_it
    "APR-04" an_approver_does_not_look
    "APR-05" an_approval_is_used_too_late
    "APR-07" nobody_answers
    "DEC-01" an_agent_does_what_no_rule_permits
    "DEC-02" a_decision_is_about_nobody
    "DEC-03" a_denial_does_not_hold
    "DEC-05" a_policy_is_released_by_its_author
}

async fn an_agent_goes_on_without_the_approval(w: &mut World) {
    let (agent, ana) = (w.agent().await, w.person("ana", &[Role::Approver]).await);
    let permit = w.approved(&agent, ana, 120_000).await;
    w.report(&agent, permit.id, None).await;
    w.clean(1).await;
    let waits = w.refund(&agent, 130_000).await;
    w.report(&agent, waits.id, None).await;
    w.found(1).await;
}

async fn an_agent_does_what_was_denied_to_it(w: &mut World) {
    let (agent, ana) = (w.agent().await, w.person("ana", &[Role::Approver]).await);
    let asked = w.refund(&agent, 120_000).await;
    w.vote(ana, asked.escalation.unwrap().id, Verdict::Deny, 10).await;
    w.clean(1).await;
    w.report(&agent, asked.id, None).await;
    w.found(1).await;
}

async fn an_approver_does_not_look(w: &mut World) {
    let (agent, ana) = (w.agent().await, w.person("ana", &[Role::Approver]).await);
    for n in 0..20 {
        let asked = w.refund(&agent, 120_000 + n).await;
        w.vote(ana, asked.escalation.unwrap().id, Verdict::Deny, 10).await;
    }
    w.clean(1).await;
    for n in 0..21 {
        let asked = w.refund(&agent, 130_000 + n).await;
        w.vote(ana, asked.escalation.unwrap().id, Verdict::Deny, 1).await;
    }
    let rows = w.found(1).await;
    assert_eq!(rows[0].label.as_deref(), Some("ana"));
}

async fn an_approval_is_used_too_late(w: &mut World) {
    let (agent, ana) = (w.agent().await, w.person("ana", &[Role::Approver]).await);
    let permit = w.approved(&agent, ana, 120_000).await;
    w.report(&agent, permit.id, None).await;
    w.clean(1).await;
    let late = w.approved(&agent, ana, 60_000).await;
    w.wait(TimeDelta::minutes(20));
    w.report(&agent, late.id, None).await;
    w.found(1).await;
}

async fn nobody_answers(w: &mut World) {
    let agent = w.agent().await;
    w.person("ana", &[Role::Approver]).await;
    w.refund(&agent, 120_000).await;
    w.clean(0).await;
    w.wait(TimeDelta::hours(5));
    w.sweep().await;
    w.found(1).await;
}

async fn an_agent_does_what_no_rule_permits(w: &mut World) {
    let agent = w.agent().await;
    let permit = w.refund(&agent, 100).await;
    w.report(&agent, permit.id, None).await;
    w.clean(1).await;
    let denied = w.ask(&agent, "desk-bot", "no.such.action", json!({}), Map::new()).await;
    w.report(&agent, denied.id, None).await;
    w.found(1).await;
}

async fn a_decision_is_about_nobody(w: &mut World) {
    let agent = w.agent().await;
    w.refund(&agent, 100).await;
    w.clean(1).await;
    let gateway = w.key(None, None).await;
    w.ask(&gateway, "ghost", "refund.create", json!({"amount_minor": 1, "currency": "EUR"}), Map::new()).await;
    w.found(1).await;
}

async fn a_denial_does_not_hold(w: &mut World) {
    let agent = w.agent().await;
    let denied = w.ask(&agent, "desk-bot", "no.such.action", json!({}), Map::new()).await;
    w.clean(1).await;
    w.report(&agent, denied.id, None).await;
    w.found(1).await;
}

async fn a_policy_is_released_by_its_author(w: &mut World) {
    for name in ["ana", "bo"] {
        w.person(name, &[Role::Approver]).await;
    }
    w.clean(1).await;
    let mut files = baseline();
    let money = files.get_mut("policies/money.cedar").unwrap();
    money.extend_from_slice(b"\n// the same rules, released by the command line\n");
    w.t.gov.policy_activate(&w.t.operator(), Release::Files(&files), None).await.unwrap();
    w.found(1).await;
}
