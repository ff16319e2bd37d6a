//! What was decided, written down: approvals used or asked for, counters, grants, the event and the decision's row.
use super::Verdict;
use crate::decision::{Answer, GrantRef, Needed, Outcome};
use crate::engine::Write;
use crate::engine::committer::Prepared;
use crate::engine::decisions::{Inputs, Known};
use crate::engine::gated;
use crate::engine::write::salted_hash;
use crate::error::{Error, Result};
use crate::escalation::binding::parameters_hash;
use crate::grant::terms::Terms;
use crate::grant::{self, Grant};
use crate::id::{DecisionId, EscalationId, GrantId, RunId};
use crate::log::event::{Event, EventKind};
use crate::policy::gate::{Gate, Requirement};
use crate::policy::question::Question;
use crate::store;
use crate::store::decisions::StoredDecision;
use crate::watch::rules;
use chrono::TimeDelta;

/// How long a grant lives whose gate names no `@grant`, in seconds.
const GRANT_S: u32 = 300;

pub(super) async fn record(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    inputs: &Inputs,
    mut verdict: Verdict,
) -> Result<Answer> {
    let at = w.at();
    let id = DecisionId::new(at, w.random());
    let parameters = p.parameters(known);
    let params_hash = parameters_hash(&parameters);

    let mut escalation = None;
    let mut approval = None;
    if verdict.outcome == Outcome::Escalate {
        let gated = gated::Gated { p, known, inputs, gates: &verdict.gates, parameters: &parameters, decision: id };
        match gated::gated(w, &gated).await? {
            gated::Found::Approved(found) => {
                verdict.outcome = Outcome::Permit;
                verdict.reason = Some("approved".into());
                verdict.message = None;
                approval = Some(found);
            }
            gated::Found::Waits(found) => escalation = Some(found),
            gated::Found::Submit => {}
            gated::Found::Deny { reason, message } => {
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
        let must_redeem = approval.is_some() || (verdict.would.is_none() && known.above_floor(&p.ask.action.name));
        let mut grant = None;
        if must_redeem && known.subject.is_some() {
            let terms = Terms::strictest(verdict.gates.iter().filter(|_| approval.is_some()).map(|g| &g.terms));
            let life = approval.as_ref().and_then(|a| a.grant_s).unwrap_or(GRANT_S);
            let escalation = approval.as_ref().map(|a| a.escalation.id);
            grant = Some(
                issue(w, p, known, Issue { decision: id, params_hash: &params_hash, escalation, terms, life }).await?,
            );
        }
        spend(w, p, known, &inputs.question, grant.as_ref()).await?;
        answer.grant = grant.map(|g| GrantRef {
            id: g.id,
            starts_at: Some(g.starts_at),
            expires_at: g.expires_at,
            uses: g.uses,
            lease_s: g.lease_s,
        });
    }
    let permitted = answer.outcome == Outcome::Permit;
    let run = crate::engine::runs::go_on(w, p, known, &inputs.question, permitted).await?;
    crate::engine::handoffs::count(w, known, answer.outcome).await?;
    write(w, p, known, &mut answer, inputs, (&params_hash, run)).await?;
    if let (Some(subject), false) = (&known.subject, p.secrets.is_empty()) {
        let found = rules::of_question(&subject.id.to_string(), &subject.name, &p.ask.action.name, &p.secrets, at);
        crate::engine::findings::note(w, Some(subject.id), vec![found]).await?;
    }
    if known.subject.is_none()
        && let Some(Ok(kind)) = known.world.bundle.identity_kind(&p.ask.subject.kind).map(str::parse)
    {
        crate::engine::findings::asked(w, kind, &p.ask.subject.id).await?;
    }
    Ok(answer)
}

fn needed(gates: &[Gate], known: &Known, action: &str) -> Option<Needed> {
    let required = Requirement::of(gates, gated::floor(known, action))?;
    Some(Needed {
        tier: required.tier.as_str().into(),
        routes: required.routes.into_iter().collect(),
        reasons: gates.iter().filter_map(|g| g.reason.clone()).collect(),
    })
}

/// Adds a permit to every counter it moves, in the same commit. What a grant still allows counts until it ends: all its uses,
/// at the instant of its end.
async fn spend(w: &mut Write, p: &Prepared, known: &Known, question: &Question, grant: Option<&Grant>) -> Result<()> {
    let (at, uses) = grant.map_or((w.at(), 1), |g| (g.expires_at, g.uses));
    for counter in known.world.bundle.counters(&p.ask.action.name).iter().filter(|c| c.counts(&p.ask.action.name)) {
        let key = counter.key(question);
        let held = question.server.used.get(&counter.name).copied().unwrap_or(0);
        // a sum that would overflow stays at the top: the budget is spent, not wrapped around
        let amount = counter.amount(question).saturating_mul(uses.into()).min(i64::MAX - held.max(0));
        let ceiling = i64::MAX / 4096;
        store::decisions::counter_add(&mut w.tx, &counter.name, &key, at, amount.min(ceiling)).await?;
    }
    Ok(())
}

/// A grant to be issued.
struct Issue<'a> {
    decision: DecisionId,
    params_hash: &'a str,
    escalation: Option<EscalationId>,
    terms: Terms,
    /// Seconds it lives.
    life: u32,
}

async fn issue(w: &mut Write, p: &Prepared, known: &Known, new: Issue<'_>) -> Result<Grant> {
    let subject =
        known.subject.as_ref().ok_or_else(|| Error::broken("a grant for a subject that is not in the register"))?;
    let at = w.at();
    let administrative =
        known.world.action_facts.get(&p.ask.action.name).is_some_and(|f| f.iter().any(|f| f == "identity_system"));
    let holds = new.terms.holds(at, new.life, administrative, known.task.as_ref().map(|t| t.ends_at));
    let (starts_at, expires_at) = holds.ok_or_else(|| Error::broken("a grant that never holds"))?;
    let grant = Grant {
        id: GrantId::new(at, w.random()),
        identity: subject.id,
        decision: new.decision,
        escalation: new.escalation,
        action: p.ask.action.name.clone(),
        resource_type: p.ask.resource.kind.clone(),
        resource_id: p.ask.resource.id.clone(),
        params_hash: new.params_hash.into(),
        purpose: known.task.as_ref().map(|t| t.purpose.clone()),
        task: p.told.task.clone(),
        task_id: known.task.as_ref().map(|t| t.id),
        status: grant::Status::Active,
        uses: new.terms.uses,
        uses_left: new.terms.uses,
        issued_at: at,
        starts_at,
        expires_at,
        lease_s: new.terms.lease_s,
        renew_by: None,
        renewed_at: None,
        ended_at: None,
        ended_reason: None,
        version: 0,
    };
    store::grants::insert(&mut w.tx, &grant).await?;
    for link in known.chain.iter().flatten() {
        store::grants::insert_link(&mut w.tx, grant.id, link.id).await?;
    }
    let mut event = Event::new(EventKind::GrantIssued, w.actor().to_owned())
        .subject(subject.id)
        .id("grant", grant.id)
        .id("decision", new.decision)
        .reason(format!("expires {}", grant.expires_at));
    if let Some(escalation) = grant.escalation {
        event = event.id("escalation", escalation);
    }
    event.reasons.extend((grant.starts_at != at).then(|| format!("starts {}", grant.starts_at)));
    event.reasons.extend((grant.uses != 1).then(|| format!("uses {}", grant.uses)));
    event.reasons.extend(grant.lease_s.map(|s| format!("lease {s}")));
    w.append(event).await?;
    Ok(grant)
}

/// The event, and the decision's row beside it.
async fn write(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    answer: &mut Answer,
    inputs: &Inputs,
    (params_hash, run): (&str, Option<RunId>),
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
    if let Some(words) = &p.told.words {
        let words = serde_json::to_vec(words).map_err(Error::internal)?;
        event.payloads.insert(crate::engine::words::PAYLOAD, w.payload_beside(&words));
    }
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
        run_id: run,
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
