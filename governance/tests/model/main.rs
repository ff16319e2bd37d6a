//! The sequential specification against the engine: random histories of questions, hand-offs, votes, grants, leases, stops, their
//! undoing and tasks, each answer compared, on both databases. What every history left in the log is replayed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod coverage;
mod engine;
mod history;
mod model;
mod operation;
mod run;

use coverage::Seen;
use history::history;
use model::Wrong;
use run::{LENGTH, difference, histories, shortest};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is to happen happens, and each rule told wrongly is found out.
#[test]
fn the_engine_answers_as_the_model_on_sqlite() {
    let half = |seeds: Range<u64>| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        std::thread::spawn(move || runtime.block_on(histories(false, seeds)))
    };
    let halves = [half(0..9), half(9..17)];
    let (mut seen, mut found) = (Seen::new(), BTreeMap::new());
    for half in halves {
        let (these, controls) = half.join().unwrap();
        seen.add(these);
        found.extend(controls.found);
    }
    eprintln!("{}", seen.lines());
    found.iter().for_each(|(wrong, words)| eprintln!("{wrong:?}: {words}"));
    // a hundred thousand with those on PostgreSQL
    assert!(seen.transitions() >= 85_000);
    assert!(seen.missing().is_empty(), "never happened: {:?}", seen.missing());
    let blind: Vec<_> = Wrong::ALL.into_iter().filter(|wrong| !found.contains_key(wrong)).collect();
    assert!(blind.is_empty(), "wrong rules that no history told from the engine: {blind:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_answers_as_the_model_on_postgres() {
    let (seen, _) = histories(true, 100..103).await;
    eprintln!("{}", seen.lines());
    // without a server there is nothing to compare; that everything happens is seen on the longer run
    assert!(seen.is_empty() || seen.transitions() >= 15_000);
    let used = seen.has("AskAgain", "permit approved") && seen.has("Renew", "renewed until");
    assert!(seen.is_empty() || used, "no approval was used, or no lease renewed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shortest_history_of_a_difference_is_short() {
    let ops = history(7, LENGTH);
    let found = difference(&ops, Some(Wrong::OwnerAlone)).await.unwrap();
    let short = shortest(ops[..=found.step].to_vec(), Some(Wrong::OwnerAlone)).await;
    assert!(short.len() <= 8, "{short:#?}");
}
