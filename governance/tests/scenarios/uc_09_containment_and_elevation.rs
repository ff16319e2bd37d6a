//! UC-09: an incident agent quarantines endpoints by itself. Writing to an identity system is elevated just in time: for an open
//! incident, by two people, for a quarter of an hour and not beyond the incident.
use super::world::{World, forbidden, no_rule, permitted, waits};
use chrono::TimeDelta;
use governance::engine::tasks::NewTask;
use governance::engine::{Ctx, Scope};
use governance::error::Kind;
use governance::escalation::{Phase, ReasonCode, Verdict};
use governance::on_every_database;
use governance::revocation::Ended;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    containment_is_automatic_up_to_what_it_may_cut_off
    an_identity_system_is_written_to_for_an_open_incident_and_by_two_people
    one_who_says_no_ends_it
}

fn quarantine(endpoint: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "medic" },
        "action": { "name": "endpoint.quarantine", "properties": { "reason": "beacon" } },
        "resource": { "type": "endpoint", "id": endpoint },
    })
}

fn disable(account: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "medic", "properties": { "task": "INC-1" } },
        "action": { "name": "identity.write", "properties": { "change": "disable", "account": account } },
        "resource": { "type": "directory", "id": "corp" },
    })
}

fn elevation() -> Value {
    waits(&["identity-write-always"], "Writing to an identity system needs two people", "critical", 900)
}

/// The alerting system opens an incident for the agent.
async fn incident(w: &World) -> Ctx {
    let alerting = w.key(None, &[Scope::Task]).await;
    let incident = NewTask {
        reference: "INC-1".into(),
        purpose: "contain the beacon".into(),
        agent: "agent:medic".into(),
        ..NewTask::default()
    };
    w.t.gov.task_open(&alerting, &incident, None).await.unwrap();
    alerting
}

async fn containment_is_automatic_up_to_what_it_may_cut_off(t: Fresh) {
    let w = World::of(t, "incident-response").await;
    let medic = w.agent("medic", "security-agents").await;
    let agent = w.key(Some(medic), &[Scope::Ask]).await;
    let critical = "Others depend on this endpoint; a person decides whether it is cut off";
    let first = w.whole(&agent, quarantine("domain-controller-1")).await;
    assert_eq!(first, waits(&["quarantine-critical"], critical, "high", 900));
    for n in 0..20 {
        assert_eq!(w.whole(&agent, quarantine(&format!("laptop-{n}"))).await, permitted(&["contain"]), "laptop {n}");
    }
    let many = "More than 20 endpoints quarantined within an hour";
    assert_eq!(
        w.whole(&agent, quarantine("laptop-20")).await,
        waits(&["quarantines-over-20"], many, "high", 900),
        "an agent led astray does not stop the company"
    );
    w.t.clock.advance(TimeDelta::hours(1) + TimeDelta::minutes(1));
    assert_eq!(w.whole(&agent, quarantine("laptop-20")).await, permitted(&["contain"]));
}

async fn an_identity_system_is_written_to_for_an_open_incident_and_by_two_people(t: Fresh) {
    let w = World::of(t, "incident-response").await;
    let (ida, jon) = (w.approver("ida", "identity-admins").await, w.approver("jon", "identity-admins").await);
    let medic = w.agent("medic", "security-agents").await;
    let agent = w.key(Some(medic), &[Scope::Ask, Scope::Act]).await;
    let asked = async |account: &str| -> Value {
        w.t.clock.advance(TimeDelta::seconds(1));
        w.whole(&agent, disable(account)).await
    };
    assert_eq!(asked("mallory").await, no_rule(), "no incident is open: nobody is asked");
    let alerting = incident(&w).await;
    assert_eq!(
        asked("emergency-admin").await,
        forbidden("break-glass-accounts", "Accounts for emergencies are not an agent's to change"),
        "the way back in stays open"
    );
    assert_eq!(asked("mallory").await, elevation());
    let waiting = w.open(medic).await;
    w.approve(&ida, waiting[0]).await;
    let mut still = elevation();
    still["waits_for_s"] = 899.into();
    assert_eq!(asked("mallory").await, still, "one of two is not enough");
    w.approve(&jon, waiting[0]).await;
    let elevated = async || {
        w.t.clock.advance(TimeDelta::seconds(1));
        let (answer, line) = w.answer(&agent, disable("mallory")).await;
        (answer.unwrap().grant, line)
    };
    let (grant, line) = elevated().await;
    assert_eq!(line, "permit");
    let grant = grant.unwrap();
    assert_eq!(grant.expires_at, w.t.gov.now() + TimeDelta::minutes(15));
    w.t.gov.grant_redeem(&agent, grant.id, None).await.unwrap();
    let again = w.t.gov.grant_redeem(&agent, grant.id, None).await.unwrap_err();
    assert_eq!(again.kind, Kind::Conflict, "once");

    // the next one is approved as well, and the incident closes before it is used
    assert_eq!(asked("eve").await, elevation());
    let waiting = w.open(medic).await;
    for person in [&ida, &jon] {
        w.approve(person, waiting[0]).await;
    }
    let closed = w.t.gov.task_close(&alerting, "INC-1", "contained", None).await.unwrap();
    assert_eq!(closed.ended, Ended { grants: 0, approvals: 1, escalations: 0 });
    let over = json!({ "outcome": "deny", "reason": "task_over", "message": "task INC-1 is over", "rules": [] });
    assert_eq!(asked("eve").await, over);
}

async fn one_who_says_no_ends_it(t: Fresh) {
    let w = World::of(t, "incident-response").await;
    let (ida, jon) = (w.approver("ida", "identity-admins").await, w.approver("jon", "identity-admins").await);
    let medic = w.agent("medic", "security-agents").await;
    let agent = w.key(Some(medic), &[Scope::Ask]).await;
    incident(&w).await;
    assert_eq!(w.whole(&agent, disable("mallory")).await, elevation());
    let first = w.open(medic).await[0];
    w.approve(&ida, first).await;
    w.vote(&jon, first, Verdict::Deny, ReasonCode::NotExpected).await;
    let card = w.t.gov.escalation_get(&ida, first).await.unwrap();
    assert_eq!(card.record.escalation.phase(), Phase::Denied);
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&agent, disable("mallory")).await, elevation(), "asked again, two people are asked anew");
    assert_ne!(w.open(medic).await[0], first);
}
