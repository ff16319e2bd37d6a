//! One history on the model and on the engine, and the shortest that still tells them apart.
use crate::coverage::Seen;
use crate::engine::Engine;
use crate::history::history;
use crate::model::{Model, Wrong};
use crate::operation::{Op, Until};
use governance::testkit::Fresh;
use std::collections::BTreeMap;

/// Steps of one installation.
pub const LENGTH: usize = 5_000;

/// Where model and engine part, and what each answered.
pub struct Difference {
    pub step: usize,
    pub words: String,
}

/// Controls: specifications with one rule told wrongly, which go through the same histories until they part from the engine.
pub struct Controls {
    going: Vec<Model>,
    /// Those that were found out, and by what.
    pub found: BTreeMap<Wrong, String>,
}

impl Controls {
    pub fn new() -> Self {
        Self { going: vec![], found: BTreeMap::new() }
    }
    /// Those that were not found out yet begin another history.
    fn begin(&mut self) {
        let left = Wrong::ALL.into_iter().filter(|wrong| !self.found.contains_key(wrong));
        self.going = left.map(|wrong| Model::new(Some(wrong))).collect();
    }
    fn step(&mut self, op: &Op, now: i64, got: &str) {
        let found = &mut self.found;
        self.going.retain_mut(|model| {
            model.now = now;
            let said = model.step(op);
            if said != got {
                let words = format!("{op:?}: it says `{said}`, the engine `{got}`");
                found.extend(model.wrong().map(|wrong| (wrong, words)));
            }
            said == got
        });
    }
}

/// Compares one history; `wrong`: with a rule told wrongly.
pub async fn compare(t: Fresh, ops: &[Op], wrong: Option<Wrong>, beside: &mut Controls) -> (Option<Difference>, Seen) {
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
        assert!(wrong.is_some() || model.within_budget(), "step {step}, {op:?}: more was done than the budget allows");
        beside.step(op, model.now, &got);
        seen.count(op, &got);
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
pub async fn shortest(mut ops: Vec<Op>, wrong: Option<Wrong>) -> Vec<Op> {
    let mut piece = ops.len() / 2;
    while piece > 0 {
        let mut from = 0;
        while from < ops.len() {
            let mut less = ops.clone();
            less.drain(from..(from + piece).min(ops.len()));
            // the first two make the agents everything else is about
            let agents = less.iter().take(2).filter(|op| matches!(op, Op::NewAgent { .. })).count();
            match agents == 2 {
                true => match difference(&less, wrong).await {
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

/// Where one history parts on SQLite; `None`: nowhere.
pub async fn difference(ops: &[Op], wrong: Option<Wrong>) -> Option<Difference> {
    compare(Fresh::sqlite_in_memory().await, ops, wrong, &mut Controls::new()).await.0
}

/// Compares the histories of these seeds, the controls beside them.
pub async fn histories(postgres: bool, seeds: std::ops::Range<u64>) -> (Seen, Controls) {
    let (mut all, mut controls) = (Seen::new(), Controls::new());
    for seed in seeds {
        eprintln!("seed {seed}");
        let Some(t) = fresh(postgres).await else { break };
        let mut ops = history(seed, LENGTH);
        ops.push(Op::RevokeEverything);
        ops.extend(history(seed + 1_000_000, 40).into_iter().filter(|op| !matches!(op, Op::Wait { .. })));
        controls.begin();
        let (found, seen) = compare(t, &ops, None, &mut controls).await;
        if let Some(found) = found {
            ops.truncate(found.step + 1);
            eprintln!("seed {seed}: {}", found.words);
            let short = shortest(ops, None).await;
            panic!("seed {seed}: {}\nshortest history, on SQLite: {short:#?}", found.words);
        }
        all.add(seen);
    }
    (all, controls)
}
