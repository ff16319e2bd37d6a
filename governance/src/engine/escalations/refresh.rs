//! A gate, the owner or the agent's epoch changed since the card was made: a new version of it, and votes on the old one do
//! not count (semantics.md, "Facts are frozen").
use super::moves::{CLOCK, card, event, save, terms};
use super::open::deciders;
use crate::action_facts::floor_tier;
use crate::engine::Write;
use crate::error::{Error, Result};
use crate::escalation::{Bars, Binding, Card, GateRef, Record, Requirement};
use crate::id::PersonId;
use crate::log::event::EventKind;
use crate::policy::gate::Gate;
use crate::store;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// What is different now.
struct Changes {
    gates: Vec<Gate>,
    epoch: i64,
    owners: BTreeSet<PersonId>,
    words: Vec<&'static str>,
}

/// The record as it was if its card still stands; `None` if a new version was written, or if another escalation took its
/// place.
///
/// # Errors
/// As the database says.
pub(super) async fn unless_changed(w: &mut Write, record: Record) -> Result<Option<Record>> {
    let old = card(&mut w.tx, &record).await?;
    let Some(changes) = changes(w, &record, &old).await? else { return Ok(Some(record)) };
    let next = changed(w, &record, &old, &changes).await?;
    let open = store::escalations::open(&mut w.tx, &next.asked.question).await?;
    if open.is_some_and(|other| other.escalation.id != record.escalation.id) {
        let after = record.escalation.clone().cancel(w.at())?;
        let record = save(w, record, after).await?;
        w.append(event(&record, EventKind::EscalationCancelled, CLOCK).reason("superseded")).await?;
        return Ok(None);
    }
    write(w, &record, next, old, changes).await?;
    Ok(None)
}

/// Somebody who voted asks for it now: a new version of the same card, and no vote on the old one counts.
///
/// # Errors
/// As the database says.
pub(super) async fn bar(w: &mut Write, record: Record, bars: &Bars) -> Result<Record> {
    let at = w.at();
    for vote in &record.escalation.votes {
        store::approvals::withdraw(&mut w.tx, vote, at).await?;
    }
    let e = &record.escalation;
    let after = e.clone().refresh(e.digest.clone(), e.card_hash.clone(), bars)?;
    let record = save(w, record, after).await?;
    store::escalations::insert_card(&mut w.tx, &record.escalation, at).await?;
    let mut event = event(&record, EventKind::EscalationRefreshed, CLOCK).reason("requester");
    event.payloads.insert("terms", terms(w, &record).await?);
    w.append(event).await?;
    Ok(record)
}

async fn changes(w: &mut Write, record: &Record, old: &Card) -> Result<Option<Changes>> {
    let e = &record.escalation;
    let gov = w.gov().clone();
    // without a valid bundle nothing is permitted, yet people can still deny
    let bundle = gov.bundle_active(&mut w.tx).await.ok();
    let subject = store::facts::subject_by_id(&mut w.tx, e.agent).await?;
    let subject = subject.ok_or_else(|| Error::broken("an escalation of an identity that is not there"))?;
    // a gate that is gone stays on the card: approving it does no harm, for the re-ask is judged by what stands then
    let now = |stop: &crate::escalation::card::Stop| {
        let gate = bundle.as_ref().and_then(|b| b.gates().iter().find(|g| g.id == stop.rule)).cloned();
        gate.unwrap_or_else(|| Gate {
            id: stop.rule.clone(),
            route: stop.route.clone(),
            tier: stop.tier,
            quorum: stop.quorum,
            expires_s: Some(e.requirement.expires_s),
            grant_s: e.requirement.grant_s,
            terms: e.requirement.terms.clone(),
            reason: stop.reason.clone(),
            file: stop.file.clone(),
            line: stop.line,
            text: String::new(),
            text_hash: stop.text_hash.clone(),
            limits: vec![],
        })
    };
    let gates: Vec<Gate> = old.stops.iter().map(now).collect();
    let owners: BTreeSet<PersonId> = [subject.owner, subject.backup].into_iter().flatten().collect();
    let words = [
        (gates.iter().zip(&old.stops).any(|(g, s)| g.text_hash != s.text_hash), "gate"),
        (!owners.is_subset(&e.bars.owners), "owner"),
        (subject.epoch != e.agent_epoch, "epoch"),
    ];
    let words: Vec<_> = words.into_iter().filter_map(|(changed, word)| changed.then_some(word)).collect();
    Ok((!words.is_empty()).then_some(Changes { gates, epoch: subject.epoch, owners, words }))
}

/// The record under the changed terms; digest and card come with [`write`].
async fn changed(w: &mut Write, record: &Record, old: &Card, changes: &Changes) -> Result<Record> {
    let mut next = record.clone();
    let facts = store::policies::action_facts(&mut w.tx).await?;
    let floor = facts.get(&record.asked.action).and_then(|facts| floor_tier(facts));
    let e = &mut next.escalation;
    e.requirement =
        Requirement::of(&changes.gates, floor).ok_or_else(|| Error::broken("an escalation without a gate"))?;
    e.expires_at = e.expires_at.min(e.opened_at + TimeDelta::seconds(e.requirement.expires_s.into()));
    e.agent_epoch = changes.epoch;
    let gate = |g: &Gate| GateRef { rule: g.id.clone(), text_hash: g.text_hash.clone() };
    next.asked.gates = changes.gates.iter().map(gate).collect();
    let hashes: Vec<_> = next.asked.gates.iter().map(|g| g.text_hash.clone()).collect();
    let parameters = crate::json::canonical(&old.parameters);
    next.asked.question = binding(&next, &hashes, parameters.as_bytes()).question();
    Ok(next)
}

fn binding<'a>(record: &'a Record, gates: &'a [String], parameters: &'a [u8]) -> Binding<'a> {
    let asked = &record.asked;
    Binding {
        agent: record.escalation.agent,
        agent_epoch: record.escalation.agent_epoch,
        acting: asked.acting.as_deref(),
        chain: &asked.chain,
        action: &asked.action,
        resource: (&asked.resource_type, &asked.resource_id),
        parameters,
        gates,
        task: asked.task,
    }
}

async fn write(w: &mut Write, before: &Record, next: Record, mut card: Card, changes: Changes) -> Result<()> {
    let hashes: Vec<_> = next.asked.gates.iter().map(|g| g.text_hash.clone()).collect();
    let parameters = crate::json::canonical(&card.parameters);
    let e = &next.escalation;
    let digest = binding(&next, &hashes, parameters.as_bytes()).digest(e.id, e.expires_at);
    for (stop, gate) in card.stops.iter_mut().zip(changes.gates).filter(|(stop, gate)| stop.text_hash != gate.text_hash)
    {
        (stop.route, stop.tier, stop.quorum) = (gate.route, gate.tier, gate.quorum);
        (stop.file, stop.line, stop.reason) = (gate.file, gate.line, gate.reason);
        stop.text_hash = gate.text_hash;
        // what the old text compared is not what the new one does
        stop.limits.clear();
    }
    (card.tier, card.quorum, card.expires_at) = (e.requirement.tier, e.requirement.quorum, e.expires_at);
    card.grants = crate::escalation::card::Grants::of(&e.requirement);
    card.digest.clone_from(&digest);
    let (at, since) = (w.at(), w.gov().installation().created_at);
    let (electorate, names) = store::electorate::get(&mut w.tx, e.agent, None, since, at).await?;
    card.deciders = deciders(&electorate, &names, &next);
    let card_hash = w.payload(&card.bytes()?).await?;
    let bars = Bars { owners: changes.owners, ..Bars::default() };
    for vote in &before.escalation.votes {
        store::approvals::withdraw(&mut w.tx, vote, at).await?;
    }
    let after = next.escalation.clone().refresh(digest, card_hash, &bars)?;
    let record = save(w, next, after).await?;
    store::escalations::replace_routes(&mut w.tx, &record.escalation).await?;
    store::escalations::insert_card(&mut w.tx, &record.escalation, at).await?;
    let mut event = event(&record, EventKind::EscalationRefreshed, CLOCK);
    event.payloads.insert("terms", terms(w, &record).await?);
    event.reasons.extend(changes.words.into_iter().map(str::to_owned));
    w.append(event).await.map(drop)
}
