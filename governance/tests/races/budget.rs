//! Sixty-four questions at once, on every node, against a budget for five (I12).
use crate::history::history;
use crate::world::{World, ask, patient};
use governance::on_every_database;
use governance::testkit::Fresh;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

on_every_database! {
    sixty_four_at_once_get_what_the_budget_holds
    counted_outside_the_lock_they_get_more
}

const ROUNDS: usize = 5;
const AT_ONCE: usize = 64;
/// A fifth of the budget.
const AMOUNT: i64 = 200;

/// Permits of each round by the log; every round has an agent, and so a budget, of its own.
async fn permits(w: &World) -> Vec<usize> {
    let mut ids = vec![];
    for round in 0..ROUNDS {
        let name = format!("agent-{round}");
        ids.push(w.agent(&name, None).await.to_string());
        let barrier = Arc::new(Barrier::new(AT_ONCE));
        let mut all = JoinSet::new();
        for n in 0..AT_ONCE {
            let (node, barrier) = (w.nodes[n % w.nodes.len()].clone(), barrier.clone());
            let question = ask(&name, "refund", &json!({ "amount_minor": AMOUNT }), None);
            all.spawn(async move {
                barrier.wait().await;
                patient(|| node.gov.decide(&node.caller, question.clone())).await.unwrap();
            });
        }
        while let Some(one) = all.join_next().await {
            one.unwrap();
        }
    }
    let log = history(w).await;
    let of = |id: &String| log.iter().filter(|told| told.kind == "decision.permit" && told.subject == *id).count();
    ids.iter().map(of).collect()
}

async fn sixty_four_at_once_get_what_the_budget_holds(t: Fresh) {
    let w = World::new(t).await;
    assert_eq!(permits(&w).await, [5; ROUNDS]);
}

async fn counted_outside_the_lock_they_get_more(t: Fresh) {
    let w = World::new(t).await;
    w.unguarded();
    let permits = permits(&w).await;
    assert!(permits.iter().any(|n| *n > 5), "the race never met the moment: it would show nothing: {permits:?}");
}
