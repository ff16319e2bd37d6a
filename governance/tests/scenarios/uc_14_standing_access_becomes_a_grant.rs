//! UC-14: an agent asks for standing access. It is refused, or a person turns it into a grant with an end.
use super::world::{World, forbidden, no_rule, waits};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::error::Kind;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    standing_access_is_refused_or_becomes_a_grant_with_an_end
}

fn access(role: &str, system: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "access.request", "properties": { "role": role, "until": "for good" } },
        "resource": { "type": "system", "id": system },
    })
}

async fn standing_access_is_refused_or_becomes_a_grant_with_an_end(t: Fresh) {
    let w = World::of(t, "support").await;
    let lea = w.approver("lea", "support-leads").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let asked = async |role: &str, system: &str| -> Value { w.whole(&agent, access(role, system)).await };
    assert_eq!(
        asked("admin", "helpdesk").await,
        forbidden("access-roles", "Agents are given the roles reader, agent and supervisor, never an administrator's"),
        "an administrator is a person"
    );
    assert_eq!(asked("reader", "payroll").await, no_rule(), "nobody is asked for another's system");
    assert!(w.open(desk).await.is_empty());

    let by_a_person = "Access to a system is given by a person, and for an hour";
    let waits = waits(&["access-for-an-hour"], by_a_person, "high", 1_800);
    assert_eq!(asked("supervisor", "helpdesk").await, waits);
    let waiting = w.open(desk).await;
    w.approve(&lea, waiting[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    let (answer, line) = w.answer(&agent, access("supervisor", "helpdesk")).await;
    assert_eq!(line, "permit");
    let grant = answer.unwrap().grant.unwrap();
    assert_eq!(grant.expires_at, w.t.gov.now() + TimeDelta::hours(1), "what was asked for good has an end");
    w.t.clock.advance(TimeDelta::hours(1));
    let late = w.t.gov.grant_redeem(&agent, grant.id, None).await.unwrap_err();
    assert_eq!(late.kind, Kind::Expired);
    assert_eq!(asked("supervisor", "helpdesk").await, waits, "and the next time begins anew");
}
