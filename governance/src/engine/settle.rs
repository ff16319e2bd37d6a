//! One question under the log's lock: replay, fresh facts, approvals, the event and its rows.
use super::Write;
use super::committer::Prepared;
use super::decisions::{Inputs, Known};
use super::write::salted_hash;
use crate::decision::{Answer, GrantRef, Needed, Outcome};
use crate::error::{Error, Result};
use crate::escalation::binding::parameters_hash;
use crate::grant::{self, Grant};
use crate::id::{DecisionId, GrantId};
use crate::identity::{Mode, Status};
use crate::log::event::{Event, EventKind};
use crate::policy::gate::{Gate, Requirement};
use crate::policy::question::{Evaluation, Question, ServerContext, Tentative};
use crate::store;
use crate::store::db::Tx;
use crate::store::decisions::StoredDecision;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// How long a grant lives whose gate names no `@grant`, in seconds.
const GRANT_S: u32 = 300;

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
    let known = match p.known.take().filter(|k| k.world.number == world) {
        Some(known) => known,
        None => {
            p.evaluated = None;
            let gov = w.gov().clone();
            gov.known_at(&mut w.tx, world, &p).await?
        }
    };
    known.own(&p.key, &p.ask.subject)?;
    let at = w.at();
    let used = counters(&mut w.tx, at, &p, &known).await?;
    let (question, evaluation) = match p.evaluated.take() {
        Some(done) if used.is_empty() => done,
        _ => p.evaluate(&known, w.at(), used),
    };
    let verdict = judge(&p, &known, &question, &evaluation);
    let answer = record(w, &p, &known, question, evaluation, verdict).await?;
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
pub(super) fn judge(p: &Prepared, known: &Known, question: &Question, evaluation: &Evaluation) -> Verdict {
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
    let mut verdict = match &evaluation.outcome {
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
                evaluation.errors.first().cloned().unwrap_or_else(|| words(reason.as_str()).into()),
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
    };
    let observes = known.subject.as_ref().is_some_and(|s| s.mode == Mode::Observe);
    if observes && verdict.outcome != Outcome::Permit && !above_floor(known, &question.action) {
        verdict.would = Some(verdict.outcome);
        verdict.outcome = Outcome::Permit;
    }
    verdict
}

fn words(reason: &str) -> &'static str {
    match reason {
        "forbidden" => "a rule forbids this",
        "no_rule" => "no rule permits this",
        "unregistered" => "the subject is not in the register",
        "unknown_action" => "policy knows no such action",
        _ => "policy could not be evaluated, so the answer is deny",
    }
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

async fn record(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    question: Question,
    evaluation: Evaluation,
    mut verdict: Verdict,
) -> Result<Answer> {
    let at = w.at();
    let id = DecisionId::new(at, w.random());
    let parameters = p.parameters(known);
    let params_hash = parameters_hash(&parameters);
    let inputs = Inputs {
        question,
        evaluation,
        subject_properties: p.ask.subject.properties.clone(),
        acting: known.acting.clone(),
        chain: known.chain.iter().map(|s| s.as_ref().map(|s| s.id)).collect(),
        handed_by: known.handed_by.iter().flatten().copied().collect(),
        started_by: known.started_by,
        stops: known.world.stops.clone(),
        justification: p.told.justification.clone(),
    };

    let mut escalation = None;
    let mut approval = None;
    if verdict.outcome == Outcome::Escalate {
        let gated = super::gated::Gated {
            p,
            known,
            inputs: &inputs,
            gates: &verdict.gates,
            parameters: &parameters,
            decision: id,
        };
        match super::gated::gated(w, &gated).await? {
            super::gated::Found::Approved(found) => {
                verdict.outcome = Outcome::Permit;
                verdict.reason = Some("approved".into());
                verdict.message = None;
                approval = Some(found);
            }
            super::gated::Found::Waits(found) => escalation = Some(found),
            super::gated::Found::Submit => {}
            super::gated::Found::Deny { reason, message } => {
                verdict.outcome = Outcome::Deny;
                verdict.reason = Some(reason.into());
                verdict.message = Some(message);
            }
        }
    }

    let mut answer = Answer {
        id,
        seq: 0,
        at,
        outcome: verdict.outcome,
        reason: verdict.reason,
        message: verdict.message,
        rules: verdict.rules,
        bundle: known.world.bundle.hash().to_owned(),
        valid_until: None,
        grant: None,
        would: verdict.would,
        escalation: escalation.or_else(|| approval.as_ref().map(|a| a.escalation.clone())),
        needed: needed(&verdict.gates, known, &p.ask.action.name),
    };
    if answer.outcome == Outcome::Permit {
        let valid = i64::from(known.world.bundle.valid_seconds(&p.ask.action.name));
        answer.valid_until = Some(at + TimeDelta::seconds(valid));
        spend(w, p, known, &inputs.question).await?;
        let must_redeem = approval.is_some() || (verdict.would.is_none() && above_floor(known, &p.ask.action.name));
        if must_redeem && known.subject.is_some() {
            answer.grant = Some(issue(w, p, known, id, &params_hash, approval.as_ref()).await?);
        }
    }
    write(w, p, known, &mut answer, &inputs, &params_hash).await?;
    if known.subject.is_none()
        && let Some(Ok(kind)) = known.world.bundle.identity_kind(&p.ask.subject.kind).map(str::parse)
    {
        super::findings::asked(w, kind, &p.ask.subject.id).await?;
    }
    Ok(answer)
}

fn needed(gates: &[Gate], known: &Known, action: &str) -> Option<Needed> {
    let required = Requirement::of(gates, super::gated::floor(known, action))?;
    Some(Needed {
        tier: required.tier.as_str().into(),
        routes: required.routes.into_iter().collect(),
        reasons: gates.iter().filter_map(|g| g.reason.clone()).collect(),
    })
}

/// Adds a permit to every counter it moves, in the same commit.
async fn spend(w: &mut Write, p: &Prepared, known: &Known, question: &Question) -> Result<()> {
    for counter in known.world.bundle.counters(&p.ask.action.name).iter().filter(|c| c.counts(&p.ask.action.name)) {
        let (key, at) = (counter.key(question), w.at());
        let held = question.server.used.get(&counter.name).copied().unwrap_or(0);
        // a sum that would overflow stays at the top: the budget is spent, not wrapped around
        let amount = counter.amount(question).min(i64::MAX - held.max(0));
        let ceiling = i64::MAX / 4096;
        store::decisions::counter_add(&mut w.tx, &counter.name, &key, at, amount.min(ceiling)).await?;
    }
    Ok(())
}

async fn issue(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    decision: DecisionId,
    params_hash: &str,
    approval: Option<&super::gated::Approved>,
) -> Result<GrantRef> {
    let subject =
        known.subject.as_ref().ok_or_else(|| Error::broken("a grant for a subject that is not in the register"))?;
    let at = w.at();
    let life = approval.and_then(|a| a.grant_s).unwrap_or(GRANT_S);
    let administrative =
        known.world.action_facts.get(&p.ask.action.name).is_some_and(|f| f.iter().any(|f| f == "identity_system"));
    let grant = Grant {
        id: GrantId::new(at, w.random()),
        identity: subject.id,
        decision,
        escalation: approval.map(|a| a.escalation.id),
        action: p.ask.action.name.clone(),
        resource_type: p.ask.resource.kind.clone(),
        resource_id: p.ask.resource.id.clone(),
        params_hash: params_hash.into(),
        purpose: None,
        task: p.told.task.clone(),
        status: grant::Status::Active,
        uses_left: 1,
        issued_at: at,
        expires_at: grant::end(at, life, administrative),
        ended_at: None,
        ended_reason: None,
        version: 0,
    };
    store::grants::insert(&mut w.tx, &grant).await?;
    let event = Event::new(EventKind::GrantIssued, w.actor().to_owned())
        .subject(subject.id)
        .id("grant", grant.id)
        .id("decision", decision)
        .reason(format!("expires {}", grant.expires_at));
    let event = match grant.escalation {
        Some(escalation) => event.id("escalation", escalation),
        None => event,
    };
    w.append(event).await?;
    Ok(GrantRef { id: grant.id, expires_at: grant.expires_at })
}

/// The event, and the decision's row beside it.
async fn write(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    answer: &mut Answer,
    inputs: &Inputs,
    params_hash: &str,
) -> Result<()> {
    let salt: [u8; 16] = w.gov().random_bytes();
    let inputs = serde_json::to_string(inputs).map_err(Error::internal)?;
    let kind = match answer.outcome {
        Outcome::Permit => EventKind::DecisionPermit,
        Outcome::Deny => EventKind::DecisionDeny,
        Outcome::Escalate => EventKind::DecisionEscalate,
    };
    let mut event = Event::new(kind, p.key.id.to_string()).id("decision", answer.id).outcome(answer.outcome.as_str());
    event.subject = known.subject.as_ref().map(|s| s.id.to_string());
    event.request = Some(params_hash.into());
    event.bundle = Some(answer.bundle.clone());
    event.reasons.extend(answer.reason.clone());
    event.reasons.extend(answer.would.map(|w| format!("would {}", w.as_str())));
    event.reasons.extend(answer.rules.iter().map(|r| format!("rule {r}")));
    for subject in known.subject.iter().chain(known.chain.iter().flatten()) {
        event.epochs.insert(subject.id.to_string(), subject.epoch);
    }
    if let Some(e) = &answer.escalation {
        event.ids.insert("escalation", e.id.to_string());
    }
    if let Some(g) = &answer.grant {
        event.ids.insert("grant", g.id.to_string());
    }
    event.run.clone_from(&p.told.run);
    event.task.clone_from(&p.told.task);
    event.initiator.clone_from(&p.told.initiator);
    event.acting = known.acting.as_ref().and_then(|a| a.person).map(|id| id.to_string());
    event.via = Some(p.key.id.to_string());
    event.observed_by = Some(p.key.observed_by().into());
    event.build.clone_from(&p.told.build);
    event.tool.clone_from(&p.told.tool);
    event.payloads.insert("inputs", salted_hash(&salt, inputs.as_bytes()));
    answer.seq = w.append(event).await?;

    let row = StoredDecision {
        id: answer.id,
        seq: i64::try_from(answer.seq).map_err(Error::internal)?,
        at: answer.at,
        key_id: p.key.id,
        identity_id: known.subject.as_ref().map(|s| s.id),
        subject_type: p.ask.subject.kind.clone(),
        subject_id: p.ask.subject.id.clone(),
        action: p.ask.action.name.clone(),
        resource_type: p.ask.resource.kind.clone(),
        resource_id: p.ask.resource.id.clone(),
        outcome: answer.outcome.as_str().into(),
        reason: answer.reason.clone(),
        would: answer.would.map(|w| w.as_str().into()),
        rules: answer.rules.clone(),
        bundle_hash: answer.bundle.clone(),
        tier: answer.needed.as_ref().map(|n| n.tier.clone()),
        escalation_id: answer.escalation.as_ref().map(|e| e.id),
        grant_id: answer.grant.as_ref().map(|g| g.id),
        acting_person: known.acting.as_ref().map(|a| a.person.map_or_else(|| a.named.clone(), |id| id.to_string())),
        run: p.told.run.clone(),
        task: p.told.task.clone(),
        initiator: p.told.initiator.clone(),
        observed_by: p.key.observed_by().into(),
        params_hash: params_hash.into(),
        valid_until: answer.valid_until,
        salt: salt.to_vec(),
        inputs: Some(inputs),
    };
    w.decided(row)
}
