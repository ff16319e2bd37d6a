//! The sequential specification against the engine: random histories of questions, votes, grants, revocations and tasks, each
//! answer compared, on both databases. What every history left in the log is replayed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod engine;
mod model;
mod operation;

use engine::Engine;
use governance::testkit::Fresh;
use model::{Model, Wrong};
use operation::{Op, Until, history};
use std::collections::BTreeMap;

/// Steps of one installation.
const LENGTH: usize = 5_000;

/// Where model and engine part, and what each answered.
struct Difference {
    step: usize,
    words: String,
}

/// How often each kind of answer was given.
type Seen = BTreeMap<String, usize>;

/// Its first two words, without the number of an escalation.
fn kind_of(answer: &str) -> String {
    let numbered = |word: &&str| word.strip_prefix('E').is_some_and(|n| n.parse::<usize>().is_ok());
    answer.split(' ').take(2).filter(|word| !numbered(word)).collect::<Vec<_>>().join(" ")
}

async fn compare(t: Fresh, ops: &[Op], wrong: Option<Wrong>) -> (Option<Difference>, Seen) {
    let (mut engine, mut model, mut seen) = (Engine::new(t).await, Model::new(wrong), Seen::new());
    for (step, op) in ops.iter().enumerate() {
        // no two things happen in one millisecond: ids then say what came first
        model.now = match op {
            Op::Wait { until, .. } => model.wait(*until),
            _ => model.wait(Until::Milliseconds(1)),
        };
        let got = engine.step(op, &model).await;
        let want = model.step(op);
        if got != want {
            let words = format!("step {step}, {op:?}: the model says `{want}`, the engine `{got}`");
            return (Some(Difference { step, words }), seen);
        }
        *seen.entry(kind_of(&want)).or_default() += 1;
    }
    if wrong.is_none() {
        let replayed = engine.t.gov.log_replay(&engine.t.operator()).await.unwrap();
        assert!(replayed.holds(), "{replayed:#?}");
    }
    (None, seen)
}

async fn fresh(postgres: bool) -> Option<Fresh> {
    if postgres { Fresh::postgres().await } else { Some(Fresh::sqlite_in_memory().await) }
}

/// The shortest history that still parts: the prefix up to the difference, and of that whatever can be left out.
async fn shortest(mut ops: Vec<Op>, wrong: Option<Wrong>) -> Vec<Op> {
    let mut piece = ops.len() / 2;
    while piece > 0 {
        let mut from = 0;
        while from < ops.len() {
            let mut less = ops.clone();
            less.drain(from..(from + piece).min(ops.len()));
            // the first two make the agents everything else is about
            let agents = less.iter().take(2).filter(|op| matches!(op, Op::NewAgent { .. })).count();
            match agents == 2 {
                true => match compare(Fresh::sqlite_in_memory().await, &less, wrong).await.0 {
                    Some(found) => {
                        less.truncate(found.step + 1);
                        ops = less;
                    }
                    None => from += piece,
                },
                false => from += piece,
            }
        }
        piece /= 2;
    }
    ops
}

async fn histories(postgres: bool, seeds: std::ops::Range<u64>) -> Seen {
    let mut all = Seen::new();
    for seed in seeds {
        eprintln!("seed {seed}");
        let Some(t) = fresh(postgres).await else { return all };
        let mut ops = history(seed, LENGTH);
        ops.push(Op::RevokeEverything);
        ops.extend(history(seed + 1_000_000, 40).into_iter().filter(|op| !matches!(op, Op::Wait { .. })));
        let (found, seen) = compare(t, &ops, None).await;
        if let Some(found) = found {
            ops.truncate(found.step + 1);
            let short = shortest(ops, None).await;
            panic!("seed {seed}: {}\nshortest history, on SQLite: {short:#?}", found.words);
        }
        seen.into_iter().for_each(|(answer, n)| *all.entry(answer).or_default() += n);
    }
    all
}

/// A comparison in which nothing happens shows nothing.
fn everything_happened(seen: &Seen) {
    eprintln!("{} transitions: {seen:#?}", seen.values().sum::<usize>());
    for answer in [
        "permit",
        "permit approved",
        "escalate",
        "deny revoked",
        "deny another_task",
        "deny task_over",
        "deny outside_task",
        "deny approval_unverifiable",
        "deny approval_expired",
        "deny out_of_scope",
        "deny grant_pending",
        "deny policy_denied",
        "deny no_approver",
        "error TooMany",
        "error Conflict",
        "error Forbidden",
        "error Invalid",
        "error Expired",
        "error NotFound",
        "redeemed 0",
        "pending 1",
        "held 1",
        "approved 2",
        "denied 1",
        "cancelled 0",
        "ended 1",
        "swept 1",
    ] {
        assert!(seen.keys().any(|k| k == answer || k.starts_with(&format!("{answer} "))), "never answered: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_answers_as_the_model_on_sqlite() {
    everything_happened(&histories(false, 0..17).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_engine_answers_as_the_model_on_postgres() {
    let seen = histories(true, 100..103).await;
    eprintln!("{} transitions: {seen:#?}", seen.values().sum::<usize>());
    // without a server there is nothing to compare; that everything happens is seen on the longer run
    assert!(seen.is_empty() || seen.contains_key("permit approved"), "no approval was used: {seen:#?}");
}

/// The control: told one rule wrongly, the model and the engine part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_with_a_wrong_rule_is_found_out() {
    for wrong in [
        Wrong::EndIncluded,
        Wrong::OwnerAlone,
        Wrong::TaskKeepsGrants,
        Wrong::UndoAlways,
        Wrong::ToolKeepsGrants,
        Wrong::NeverUsedUp,
    ] {
        let mut found = None;
        for seed in 7..12 {
            if found.is_none() {
                found = compare(Fresh::sqlite_in_memory().await, &history(seed, LENGTH), Some(wrong)).await.0;
            }
        }
        let found = found.unwrap_or_else(|| panic!("{wrong:?} was not noticed"));
        eprintln!("{wrong:?}: {}", found.words);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shortest_history_of_a_difference_is_short() {
    let ops = history(7, LENGTH);
    let found = compare(Fresh::sqlite_in_memory().await, &ops, Some(Wrong::OwnerAlone)).await.0.unwrap();
    let short = shortest(ops[..=found.step].to_vec(), Some(Wrong::OwnerAlone)).await;
    assert!(short.len() <= 8, "{short:#?}");
}
