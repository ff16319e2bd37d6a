//! UC-11: a support agent refunds inside its threshold by itself; an exception waits for a person, who permits it once.
use super::world::{World, permitted, waits};
use chrono::TimeDelta;
use governance::engine::{Actor, Scope};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    inside_the_threshold_at_once_above_it_by_a_person_and_once
    what_nobody_answers_is_denied
}

pub fn refund(amount_minor: i64) -> Value {
    json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": { "amount_minor": amount_minor, "currency": "EUR" } },
        "resource": { "type": "account", "id": "stripe:shop" },
    })
}

fn above() -> Value {
    let words = "Refunds above 500.00 EUR, above 2,000.00 EUR a day, or in another currency";
    waits(&["refund-over-500"], words, "high", 1_800)
}

async fn inside_the_threshold_at_once_above_it_by_a_person_and_once(t: Fresh) {
    let w = World::of(t, "support").await;
    let ana = w.approver("ana", "finance-ops").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    assert_eq!(w.whole(&agent, refund(50_000)).await, permitted(&["refund"]), "the threshold itself is inside");
    assert_eq!(w.whole(&agent, refund(50_001)).await, above());
    let waiting = w.open(desk).await;
    assert_eq!(waiting.len(), 1);
    w.approve(&ana, waiting[0]).await;
    w.t.clock.advance(TimeDelta::seconds(1));
    let once = w.whole(&agent, refund(50_001)).await;
    let approved = json!({
        "outcome": "permit",
        "reason": "approved",
        "rules": ["refund-over-500"],
        "valid_for_s": 5,
        "grant_for_s": 900,
        "tier": "high",
        "waits_for_s": 1_799,
    });
    assert_eq!(once, approved, "with a grant of a quarter of an hour");
    w.t.clock.advance(TimeDelta::seconds(1));
    assert_eq!(w.whole(&agent, refund(50_001)).await, above(), "a second time it waits again");
}

async fn what_nobody_answers_is_denied(t: Fresh) {
    let w = World::of(t, "support").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask]).await;
    assert_eq!(w.whole(&agent, refund(90_000)).await, above());
    let waiting = w.open(desk).await;
    w.t.clock.advance(TimeDelta::minutes(30));
    w.t.gov.escalation_sweep(&w.t.gov.ctx(Actor::System("sweep"))).await.unwrap();
    assert!(w.open(desk).await.is_empty());
    let card = w.t.gov.escalation_get(&w.t.operator(), waiting[0]).await.unwrap();
    assert_eq!(card.record.escalation.phase(), governance::escalation::Phase::Expired);
}
