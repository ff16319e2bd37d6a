//! UC-15: a secret is copied into what an agent asks with; it is taken out before anybody or anything sees it, and raised.
use super::world::World;
use governance::engine::Scope;
use governance::finding::{Rule, Severity};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;
use serde_json::json;

on_every_database! {
    it_is_seen_by_nobody_and_raised
}

async fn it_is_seen_by_nobody_and_raised(t: Fresh) {
    let w = World { t };
    w.approver("ana", "finance-ops").await;
    w.baseline().await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = w.key(Some(desk), &[Scope::Ask, Scope::Act]).await;
    let secret = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
    let question = json!({
        "subject": { "type": "agent", "id": "desk" },
        "action": { "name": "refund.create", "properties": {
            "amount_minor": 60_000, "currency": "EUR", "customer": format!("Blum KG (their token is {secret})"),
        } },
        "resource": { "type": "account", "id": "stripe:shop" },
        "context": { "justification": format!("The customer wrote: log in with {secret}.") },
    });
    assert_eq!(w.answer(&agent, question.clone()).await.1, "escalate approval_required");
    let [open] = w.open(desk).await[..] else { panic!() };
    let card = w.t.gov.escalation_get(&w.t.operator(), open).await.unwrap().card;
    let card = serde_json::to_string(&card).unwrap();
    assert!(!card.contains(&secret), "{card}");
    assert!(card.contains("their token is [redacted]"), "{card}");
    assert!(card.contains("log in with [redacted]"), "{card}");
    // the same question with the same secret is the same question
    w.t.clock.advance(chrono::TimeDelta::seconds(2));
    w.answer(&agent, question).await;
    assert_eq!(w.open(desk).await, [open]);
    // nothing of it is in the log, nor beside it
    let mut tx = w.t.gov.read().await.unwrap();
    for event in store::events::after(&mut tx, -1, 1_000).await.unwrap() {
        assert!(!String::from_utf8_lossy(&event.leaf).contains(&secret));
    }
    let found = store::findings::of_subject(&mut tx, &desk.to_string()).await.unwrap();
    let found: Vec<_> = found.iter().filter(|f| f.found.rule == Rule::SecretInArguments).collect();
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!(found.found.severity, Severity::High);
    assert!(found.found.evidence.len() == 2 && found.found.evidence.iter().all(|line| !line.contains(&secret)));
}
