//! Constant load on every node, most of it on what is stopped next.
use crate::world::{Node, World, ask, patient};
use governance::decision::Outcome;
use governance::error::Kind;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;

/// Questions under way at once, on all nodes together.
const WORKERS: usize = 12;

/// A new one each time, printed.
pub fn seed() -> u64 {
    let seed = std::hash::RandomState::new().build_hasher().finish() >> 16;
    eprintln!("seed {seed}");
    seed
}

/// What most of the load asks for just now, and how that was answered.
#[derive(Default)]
pub struct Aim {
    pub agents: Vec<String>,
    pub actions: Vec<&'static str>,
    pub task: Option<String>,
    permitted: AtomicUsize,
    refused: AtomicUsize,
}

impl Aim {
    pub fn at(agents: Vec<String>, actions: &[&'static str], task: Option<String>) -> Arc<Self> {
        Arc::new(Self { agents, actions: actions.to_vec(), task, ..Self::default() })
    }
    pub async fn permitted(&self, times: usize) {
        until(|| self.permitted.load(Ordering::SeqCst) >= times).await;
    }
    pub async fn refused(&self, times: usize) {
        until(|| self.refused.load(Ordering::SeqCst) >= times).await;
    }
}

/// Waits for the load. That it never comes is a failure, however slow the machine.
async fn until(done: impl Fn() -> bool) {
    for _ in 0..60_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("the load stands still");
}

pub struct Load {
    aim: Arc<Mutex<Arc<Aim>>>,
    stop: Arc<AtomicBool>,
    workers: JoinSet<()>,
}

impl Load {
    /// Every fourth question is about one of `others`, who are asked for all the time.
    pub fn start(w: &World, others: &[String], seed: u64) -> Self {
        let mut load = Self { aim: Arc::default(), stop: Arc::default(), workers: JoinSet::new() };
        for (n, node) in w.nodes.iter().cycle().take(WORKERS).enumerate() {
            let (rng, aim, stop) = (StdRng::seed_from_u64(seed + n as u64), load.aim.clone(), load.stop.clone());
            load.workers.spawn(work(node.clone(), others.to_vec(), aim, stop, rng));
        }
        load
    }

    pub fn aim(&self, at: &Arc<Aim>) {
        *self.aim.lock().unwrap_or_else(PoisonError::into_inner) = at.clone();
    }

    pub async fn end(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        while let Some(worker) = self.workers.join_next().await {
            worker.unwrap();
        }
    }
}

async fn work(node: Node, others: Vec<String>, aim: Arc<Mutex<Arc<Aim>>>, stop: Arc<AtomicBool>, mut rng: StdRng) {
    let nowhere = Aim { agents: others, actions: vec!["read", "pay"], ..Aim::default() };
    while !stop.load(Ordering::SeqCst) {
        let aim = aim.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let at = if aim.agents.is_empty() || rng.random_ratio(1, 4) { &nowhere } else { &*aim };
        let agent = &at.agents[rng.random_range(0..at.agents.len())];
        let action = at.actions[rng.random_range(0..at.actions.len())];
        let question = ask(agent, action, &Value::Null, at.task.as_deref());
        let answer = patient(|| node.gov.decide(&node.caller, question.clone())).await.unwrap();
        match answer.outcome {
            Outcome::Permit => at.permitted.fetch_add(1, Ordering::SeqCst),
            Outcome::Deny | Outcome::Escalate => at.refused.fetch_add(1, Ordering::SeqCst),
        };
        if let Some(grant) = answer.grant {
            let spent = patient(|| node.gov.grant_redeem(&node.caller, grant.id, None)).await;
            // it was taken back in between
            assert!(spent.as_ref().err().is_none_or(|e| e.kind == Kind::Conflict), "{spent:?}");
        }
    }
}
