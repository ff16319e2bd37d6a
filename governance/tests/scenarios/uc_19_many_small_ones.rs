//! UC-19: an agent splits one large refund into many small ones. What was permitted in a day is counted, also when all of them
//! come at once.
use super::uc_11_a_refund_above_the_threshold::refund;
use super::world::{World, permitted, waits};
use chrono::TimeDelta;
use governance::engine::Scope;
use governance::on_every_database;
use governance::testkit::Fresh;
use std::sync::Arc;

on_every_database! {
    the_total_over_the_day_escalates_however_many_ask_at_once
    nor_is_it_split_among_many_agents
}

async fn the_total_over_the_day_escalates_however_many_ask_at_once(t: Fresh) {
    let w = World::of(t, "support").await;
    let desk = w.agent("desk", "support-agents").await;
    let agent = Arc::new(w.key(Some(desk), &[Scope::Ask]).await);
    let w = Arc::new(w);
    // 2,000.00 EUR a day: five of 400.00 fit, each of them inside the threshold; each a little different, for none joins another
    let asking: Vec<_> = (0..64)
        .map(|n| {
            let (w, agent) = (w.clone(), agent.clone());
            tokio::spawn(async move {
                let mut question = refund(40_000);
                question["action"]["properties"]["order"] = format!("order-{n}").into();
                question["idempotency_key"] = format!("ask-{n}").into();
                // a machine too slow to answer all of them in two seconds says so, and is asked again
                loop {
                    let said = w.answer(&agent, question.clone()).await.1;
                    if !said.starts_with("Unavailable") {
                        return said;
                    }
                }
            })
        })
        .collect();
    let mut said = std::collections::BTreeMap::new();
    for task in asking {
        *said.entry(task.await.unwrap()).or_insert(0) += 1;
    }
    let want = [("deny too_many_pending", 39), ("escalate approval_required", 20), ("permit", 5)];
    assert_eq!(said, want.map(|(line, n)| (line.to_owned(), n)).into());
    // the window moves on: a day later the budget is there again
    w.t.clock.advance(TimeDelta::hours(24) + TimeDelta::minutes(1));
    assert_eq!(w.answer(&agent, refund(40_000)).await.1, "permit");
}

async fn nor_is_it_split_among_many_agents(t: Fresh) {
    let w = World::of(t, "support").await;
    let refunds = async |n: u32, count: u32| -> Vec<serde_json::Value> {
        let who = format!("desk-{n}");
        let agent = w.agent(&who, "support-agents").await;
        let key = w.key(Some(agent), &[Scope::Ask]).await;
        let mut said = Vec::new();
        for order in 0..count {
            let mut question = refund(40_000);
            question["subject"]["id"] = who.as_str().into();
            question["action"]["properties"]["order"] = format!("order-{n}-{order}").into();
            said.push(w.whole(&key, question).await);
        }
        said
    };
    // each of ten agents stays inside its own day; together they have refunded 20,000.00 EUR
    for n in 0..10 {
        assert_eq!(refunds(n, 5).await, vec![permitted(&["refund"]); 5], "agent {n}");
    }
    let together = "All agents together refund at most 20,000.00 a day from one account";
    let above = waits(&["refund-account-over-20000"], together, "high", 1_800);
    assert_eq!(refunds(10, 1).await, [above], "the eleventh has refunded nothing yet");
}
