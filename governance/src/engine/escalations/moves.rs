//! What every move shares: the compare-and-set, and the event that tells of it.
use crate::engine::Write;
use crate::engine::notices::tell_requester;
use crate::error::{Error, Result};
use crate::escalation::{Card, Escalation, Record};
use crate::id::EscalationId;
use crate::log::event::{Event, EventKind};
use crate::store;
use serde_json::json;

/// What the clock does, it does in nobody's name.
pub(super) const CLOCK: &str = "system:clock";

/// Writes the state `after` over the record it came from, and tells the requester who asked to be told.
///
/// # Errors
/// `Conflict` if somebody moved it first.
pub(super) async fn save(w: &mut Write, mut record: Record, after: Escalation) -> Result<Record> {
    let before = record.escalation.on_the_wire();
    record.escalation = after;
    store::escalations::save(&mut w.tx, &record).await?;
    record.escalation.version += 1;
    let outcome = record.escalation.on_the_wire();
    if outcome != before && outcome != "pending" {
        tell_requester(w, &record, outcome).await?;
    }
    Ok(record)
}

/// The event of a move: ids, what it is bound to, the card that was shown.
pub(super) fn event(record: &Record, kind: EventKind, actor: &str) -> Event {
    let (e, asked) = (&record.escalation, &record.asked);
    let mut event = Event::new(kind, actor)
        .subject(e.agent)
        .id("escalation", e.id)
        .id("decision", e.decision)
        .id("digest", &e.digest)
        .outcome(e.phase().as_str());
    event.request = Some(asked.params_hash.clone());
    event.bundle = Some(asked.bundle.clone());
    event.epochs.insert(e.agent.to_string(), e.agent_epoch);
    // ids only: a name or a mail somebody sent stays out of the log
    event.acting = e.bars.acting.first().map(ToString::to_string);
    event.payloads.insert("card", e.card_hash.clone());
    event
}

/// Keeps beside the log who never decides here, what is required and until when; returns the hash for the event.
///
/// # Errors
/// As the database says.
pub(super) async fn terms(w: &mut Write, record: &Record) -> Result<String> {
    let e = &record.escalation;
    let terms = json!({ "bars": e.bars, "expires_at": e.expires_at, "question": record.asked.question, "requirement": e.requirement });
    w.payload(crate::json::canonical(&terms).as_bytes()).await
}

/// # Errors
/// `NotFound` if there is none.
pub(super) async fn get(w: &mut Write, id: EscalationId) -> Result<Record> {
    store::escalations::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no escalation {id}")))
}

/// The card of the record's version.
///
/// # Errors
/// `Expired` once it was erased.
pub(super) async fn card(tx: &mut store::db::Tx, record: &Record) -> Result<Card> {
    let hash = &record.escalation.card_hash;
    let (_, bytes) = store::events::payload(tx, hash).await?.ok_or_else(|| Error::broken(format!("no card {hash}")))?;
    let bytes = bytes.ok_or_else(|| Error::new(crate::error::Kind::Expired, "this card was erased"))?;
    Card::read(&bytes)
}
