//! One question under the log's lock: replay, fresh facts, the outcome; `record.rs` writes it down.
mod judge;
mod record;

use super::Write;
use super::committer::Prepared;
use super::decisions::{Inputs, Known};
use crate::decision::Answer;
use crate::error::Result;
use crate::policy::question::ServerContext;
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use chrono::TimeDelta;
pub(crate) use judge::{Verdict, judge, rests_on_grounds};
use record::record;
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
    let world = w.world();
    let early = w.gov().believes_early_reads();
    let mut known = match p.known.take().filter(|k| early || k.world.number == world) {
        Some(known) => known,
        None => {
            p.evaluated = None;
            let gov = w.gov().clone();
            gov.known_at(&mut w.tx, world, &p).await?
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
    super::builds::look(w, &p, &mut known).await?;
    known.run = super::runs::joined(&mut w.tx, &p, &known).await?;
    let at = w.at();
    let used = counters(&mut w.tx, at, &p, &known).await?;
    let evaluated = match p.evaluated.take() {
        Some(done) if used.is_empty() || early => done,
        _ => p.evaluate(&known, w.at(), used),
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
