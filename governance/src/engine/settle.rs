//! One question under the log's lock: replay, fresh facts, the outcome; `record.rs` writes it down.
mod judge;
mod record;
mod renew;

use super::Write;
use super::committer::Prepared;
use super::decisions::{Evaluated, Inputs, Known};
use crate::decision::Answer;
use crate::error::Result;
use crate::grant::terms::Terms;
use crate::policy::chain::united;
use crate::policy::question::{ServerContext, Tentative};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use chrono::TimeDelta;
pub(crate) use judge::{Verdict, judge, rests_on_grounds};
use record::record;
pub(crate) use renew::{Lost, still_allowed};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) async fn settle(w: &mut Write, mut p: Prepared) -> Result<Answer> {
    super::keys::still_good(w, &p.key).await?;
    let caller = p.key.id.to_string();
    if let Some(key) = &p.ask.idempotency_key {
        let at = w.at();
        let found = store::idempotency::get::<Answer>(&mut w.tx, &caller, key, &p.fingerprint, at).await?;
        if let Some(answer) = found {
            return Ok(answer);
        }
    }
    let mut known = facts(w, &mut p).await?;
    super::builds::look(w, &p, &mut known).await?;
    known.run = super::runs::joined(&mut w.tx, &p, &known).await?;
    let at = w.at();
    let used = counters(&mut w.tx, at, &p, &known).await?;
    let early = w.gov().believes_early_reads();
    // trust ends by the clock too
    if let Some(done) = p.evaluated.as_ref().filter(|_| !early)
        && done.listed != known.world.listed(&done.question, p.told.tool.as_deref(), at)
    {
        p.evaluated = None;
    }
    let evaluated = match p.evaluated.take() {
        Some(done) if used.is_empty() || early => done,
        _ => {
            let once = p.evaluate(&known, at, used.clone());
            match further_uses(&once) {
                0 => once,
                more => p.evaluate(&known, at, all_uses(used, &p, &known, more)),
            }
        }
    };
    let inputs = Inputs::of(&p, &known, evaluated, at);
    let verdict = judge(known.subject.as_ref().map(|s| s.id), &inputs);
    let answer = record(w, &p, &known, &inputs, verdict).await?;
    if let Some(key) = &p.ask.idempotency_key {
        let at = w.at();
        store::idempotency::put(&mut w.tx, &caller, key, &p.fingerprint, &answer, at).await?;
    }
    Ok(answer)
}

/// The facts of a question at this instant of the log: those it came with where they still stand.
async fn facts(w: &mut Write, p: &mut Prepared) -> Result<Known> {
    let world = w.world();
    let early = w.gov().believes_early_reads();
    let mut known = match p.known.take().filter(|k| early || k.world.number == world) {
        Some(known) => known,
        None => {
            p.evaluated = None;
            let gov = w.gov().clone();
            gov.known_at(&mut w.tx, world, p).await?
        }
    };
    known.own(&p.key, &p.ask.subject)?;
    if let Some(reference) = p.told.task.as_ref().filter(|_| !early) {
        let now = store::tasks::latest(&mut w.tx, reference).await?;
        if now.as_ref() != known.task.as_deref() {
            p.evaluated = None;
            known.task = now.map(Arc::new);
        }
    }
    Ok(known)
}

/// Uses beyond the first that the gates of this answer let one grant allow.
fn further_uses(evaluated: &Evaluated) -> u32 {
    match united(&evaluated.own, &evaluated.links).outcome {
        Tentative::Gated { gates } => Terms::strictest(gates.iter().map(|g| &g.terms)).uses - 1,
        Tentative::Permit | Tentative::Deny { .. } => 0,
    }
}

/// Counters as if all but one of a grant's uses had been made: a budget is asked for all of them at once (I12).
fn all_uses(mut used: BTreeMap<String, i64>, p: &Prepared, known: &Known, more: u32) -> BTreeMap<String, i64> {
    for (name, amount) in amounts(p, known) {
        let held = used.entry(name).or_insert(0);
        *held = held.saturating_add(amount.saturating_mul(more.into()));
    }
    used
}

/// What one act adds to each counter that it moves.
fn amounts(p: &Prepared, known: &Known) -> BTreeMap<String, i64> {
    let question = p.question(known, ServerContext::default());
    let action = &p.ask.action.name;
    let moved = known.world.bundle.counters(action).iter().filter(|c| c.counts(action));
    moved.map(|c| (c.name.clone(), c.amount(&question))).collect()
}

/// What this system permitted, per counter the action reads, under the lock (I12).
pub(super) async fn counters(tx: &mut Tx, at: Timestamp, p: &Prepared, known: &Known) -> Result<BTreeMap<String, i64>> {
    let counters = known.world.bundle.counters(&p.ask.action.name);
    let mut used = BTreeMap::new();
    if counters.is_empty() {
        return Ok(used);
    }
    let question = p.question(known, ServerContext::default());
    for counter in counters {
        let since = at - TimeDelta::seconds(i64::from(counter.window_s));
        let sum = store::decisions::counter_sum(tx, &counter.name, &counter.key(&question), since).await?;
        used.insert(counter.name.clone(), sum);
    }
    Ok(used)
}
