//! One question under the log's lock: replay, fresh facts, the outcome; `record.rs` writes it down.
mod record;

use super::Write;
use super::committer::Prepared;
use super::decisions::{Evaluated, Known};
use crate::decision::{Answer, Outcome};
use crate::error::Result;
use crate::identity::{Mode, Status};
use crate::policy::gate::Gate;
use crate::policy::question::{Evaluation, ServerContext, Tentative};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use chrono::TimeDelta;
use record::record;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is decided, before it is written.
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) rules: Vec<String>,
    gates: Vec<Gate>,
    pub(super) would: Option<Outcome>,
}

impl Verdict {
    fn deny(reason: &str, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Deny,
            reason: Some(reason.into()),
            message: Some(message.into()),
            rules: Vec::new(),
            gates: Vec::new(),
            would: None,
        }
    }
}

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
    let mut known = match p.known.take().filter(|k| k.world.number == world) {
        Some(known) => known,
        None => {
            p.evaluated = None;
            let gov = w.gov().clone();
            gov.known_at(&mut w.tx, world, &p).await?
        }
    };
    known.own(&p.key, &p.ask.subject)?;
    if let Some(reference) = &p.told.task {
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
        Some(done) if used.is_empty() => done,
        _ => p.evaluate(&known, w.at(), used),
    };
    let verdict = judge(&p, &known, &evaluated, at);
    let answer = record(w, &p, &known, evaluated, verdict).await?;
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

/// The outcome on these facts, before approvals.
pub(super) fn judge(p: &Prepared, known: &Known, evaluated: &Evaluated, at: Timestamp) -> Verdict {
    if let Some(what) = stopped(known, &p.ask.action.name) {
        return Verdict::deny("revoked", format!("{what} is stopped"));
    }
    if let Some(subject) = &known.subject
        && subject.status != Status::Active
    {
        return Verdict::deny("not_active", format!("{} is {}", subject.name, subject.status));
    }
    let nobody = |(agent, person): (&Option<_>, &Option<_>)| agent.is_none() && person.is_none();
    if let Some(at) = known.chain.iter().zip(&known.handed_by).position(nobody) {
        return Verdict::deny("unregistered", format!("link {} of the chain is not in the register", at + 1));
    }
    if let Some(broken) = broken_chain(known) {
        return broken;
    }
    let mut verdict = match (p.build_changed(known), p.misuse(known, at)) {
        (Some(words), _) => Verdict::deny(super::builds::REASON, words),
        (None, Some((why, words))) => Verdict::deny(why.reason(), words),
        (None, None) => by_policy(&evaluated.united()),
    };
    let observes = known.subject.as_ref().is_some_and(|s| s.mode == Mode::Observe);
    if observes && verdict.outcome != Outcome::Permit && !above_floor(known, &p.ask.action.name) {
        verdict.would = Some(verdict.outcome);
        verdict.outcome = Outcome::Permit;
    }
    verdict
}

fn by_policy(evaluation: &Evaluation) -> Verdict {
    match &evaluation.outcome {
        Tentative::Permit => Verdict {
            outcome: Outcome::Permit,
            reason: None,
            message: None,
            rules: evaluation.determining.clone(),
            gates: Vec::new(),
            would: None,
        },
        Tentative::Deny { reason } => {
            let mut v = Verdict::deny(
                reason.as_str(),
                evaluation.errors.first().cloned().unwrap_or_else(|| reason.words().into()),
            );
            v.rules.clone_from(&evaluation.determining);
            v
        }
        Tentative::Gated { gates } => Verdict {
            outcome: Outcome::Escalate,
            reason: Some("approval_required".into()),
            message: gates.first().and_then(|g| g.reason.clone()),
            rules: evaluation.determining.clone(),
            gates: gates.clone(),
            would: None,
        },
    }
}

/// A chain that comes back to who asks, or that leads through an agent that is not active.
fn broken_chain(known: &Known) -> Option<Verdict> {
    let links = || known.chain.iter().enumerate().filter_map(|(at, link)| Some((at + 1, link.as_deref()?)));
    let asker = known.subject.as_ref().map(|s| s.id);
    if let Some((link, agent)) = links().find(|(_, agent)| Some(agent.id) == asker) {
        let why = format!("link {link} of the chain is {}, which asks: act names those before it alone", agent.name);
        return Some(Verdict::deny("chain_cycle", why));
    }
    let (link, agent) = links().find(|(_, agent)| agent.status != Status::Active || agent.build_changed())?;
    let why = match agent.status {
        Status::Active => format!("{}: it runs another build, and its owner looks first", super::builds::REASON),
        status => format!("not_active: it is {status}"),
    };
    Some(Verdict::deny("chain_denied", format!("link {link} of the chain, {}, is denied {why}", agent.name)))
}

/// Acts of which the register says something serious are enforced even in observe mode, and are redeemed.
fn above_floor(known: &Known, action: &str) -> bool {
    known.world.action_facts.get(action).is_some_and(|facts| !facts.is_empty())
}

fn stopped(known: &Known, action: &str) -> Option<&'static str> {
    let subjects = || known.subject.iter().chain(known.chain.iter().flatten());
    known.world.stops.iter().find_map(|(kind, id)| match kind.as_str() {
        "everything" => Some("everything"),
        "tool" if id == action => Some("this action"),
        "identity" if subjects().any(|s| s.id.to_string() == *id) => Some("the identity"),
        "owner" if subjects().any(|s| s.owner.is_some_and(|o| o.to_string() == *id)) => {
            Some("all that its owner answers for")
        }
        "source" if subjects().any(|s| s.source.is_some_and(|o| o.to_string() == *id)) => Some("all of its source"),
        _ => None,
    })
}
