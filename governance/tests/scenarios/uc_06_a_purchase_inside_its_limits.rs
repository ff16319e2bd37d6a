//! UC-06: a procurement agent buys by itself inside its vendor list and its threshold. Above either a person approves that exact
//! purchase, and no other.
use super::world::{World, permitted, waits};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::escalation::card::Amount;
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::{Value, json};

on_every_database! {
    free_inside_its_limits_and_above_them_a_person_approves_that_exact_purchase
    many_small_purchases_are_a_large_one
}

const ABOVE: &str = "Purchases above 1,000.00 EUR, above 3,000.00 EUR a day, or in another currency";

fn purchase(vendor: &str, amount_minor: i64, item: &str) -> Value {
    json!({
        "subject": { "type": "agent", "id": "buyer" },
        "action": {
            "name": "purchase.create",
            "properties": { "amount_minor": amount_minor, "currency": "EUR", "item": item },
        },
        "resource": { "type": "vendor", "id": vendor },
    })
}

async fn free_inside_its_limits_and_above_them_a_person_approves_that_exact_purchase(t: Fresh) {
    let w = World::of(t, "finance").await;
    let pia = w.approver("pia", "procurement").await;
    let buyer = w.agent("buyer", "procurement-agents").await;
    let agent = w.key(Some(buyer), &[Scope::Ask, Scope::Act]).await;
    let buy = async |vendor: &str, amount: i64| -> Value {
        w.t.clock.advance(TimeDelta::seconds(1));
        w.whole(&agent, purchase(vendor, amount, "servers")).await
    };
    assert_eq!(buy("cloud-hosting", 100_000).await, permitted(&["purchase"]), "the threshold itself is inside");
    let stranger = waits(&["purchase-new-vendor"], "The vendor is not on the approved list", "high", 1_800);
    assert_eq!(buy("corner-shop", 8_000).await, stranger);
    let above = waits(&["purchase-over-1000"], ABOVE, "high", 1_800);
    assert_eq!(buy("cloud-hosting", 150_000).await, above);

    let waiting = w.open(buyer).await;
    assert_eq!(waiting.len(), 2);
    let mut card = None;
    for id in waiting {
        let shown = w.t.gov.escalation_get(&pia, id).await.unwrap().card.unwrap();
        card = card.or((shown.headline.target == "cloud-hosting").then_some((id, shown.headline.amount)));
    }
    let (id, amount) = card.unwrap();
    let shown = Amount { value: "150000".into(), unit: Some("EUR".into()), minor_units: true };
    assert_eq!(amount, Some(shown), "what she is shown is what was asked");
    w.approve(&pia, id).await;
    for (vendor, amount, item) in [
        ("cloud-hosting", 150_001, "servers"),
        ("cloud-hosting", 149_999, "servers"),
        ("office-supplies", 150_000, "servers"),
        ("cloud-hosting", 150_000, "a yacht"),
    ] {
        let other = w.whole(&agent, purchase(vendor, amount, item)).await;
        assert_eq!(other, above, "{amount} at {vendor} for {item} is another purchase");
    }
    let once = buy("cloud-hosting", 150_000).await;
    let approved = json!({
        "outcome": "permit",
        "reason": "approved",
        "rules": ["purchase-over-1000"],
        "valid_for_s": 5,
        "grant_for_s": 1_800,
        "tier": "high",
        "waits_for_s": 1_799,
    });
    assert_eq!(once, approved);
    assert_eq!(buy("cloud-hosting", 150_000).await, above, "a second time it waits again");
}

async fn many_small_purchases_are_a_large_one(t: Fresh) {
    let w = World::of(t, "finance").await;
    let (one, another) = (w.agent("buyer", "procurement-agents").await, w.agent("other", "procurement-agents").await);
    let (agent, colleague) = (w.key(Some(one), &[Scope::Ask]).await, w.key(Some(another), &[Scope::Ask]).await);
    for n in 0..3 {
        let bought = w.whole(&agent, purchase("cloud-hosting", 100_000, &format!("part {n}"))).await;
        assert_eq!(bought, permitted(&["purchase"]));
    }
    let fourth = w.whole(&agent, purchase("cloud-hosting", 1, "part 3")).await;
    assert_eq!(fourth, waits(&["purchase-over-1000"], ABOVE, "high", 1_800), "3,000.00 a day are spent");
    let mut theirs = purchase("cloud-hosting", 1, "part 3");
    theirs["subject"]["id"] = "other".into();
    assert_eq!(w.whole(&colleague, theirs).await, permitted(&["purchase"]), "another agent has its own day");
    w.t.clock.advance(TimeDelta::hours(24) + TimeDelta::minutes(1));
    assert_eq!(w.whole(&agent, purchase("cloud-hosting", 100_000, "part 4")).await, permitted(&["purchase"]));
}
