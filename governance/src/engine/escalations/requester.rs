//! What the agent that asked may do: poll, and cancel.
use super::clock::settle_in;
use super::moves::{event, get, save};
use crate::engine::{Actor, Ctx, Governance, KeyCaller, Scope};
use crate::error::{Error, Result};
use crate::escalation::asked::Callback;
use crate::escalation::{Phase, Record};
use crate::id::EscalationId;
use crate::log::event::EventKind;
use crate::store;

/// The key that asked, or another key of the identity it was asked for.
fn belongs(key: &KeyCaller, record: &Record) -> bool {
    key.id == record.asked.key || key.identity == Some(record.escalation.agent)
}

impl Governance {
    /// How it stands, for the agent that asked. The first poll that sees it approved starts the time in which the approval
    /// must be used; that is on record before it is told.
    ///
    /// # Errors
    /// `NotFound` if the caller did not ask it.
    pub async fn escalation_poll(&self, ctx: &Ctx, id: EscalationId) -> Result<Record> {
        let key = ctx.key(Scope::Ask)?;
        let unknown = || Error::not_found(format!("no escalation {id}"));
        let mut tx = self.read().await?;
        let seen = store::escalations::get(&mut tx, id).await?.filter(|r| belongs(key, r)).ok_or_else(unknown)?;
        drop(tx);
        let untold = |r: &Record| r.escalation.phase() == Phase::Approved && r.escalation.learned_at.is_none();
        if !untold(&seen) && seen.escalation.due(ctx.at).is_none() {
            return Ok(seen);
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let record = get(&mut w, id).await?;
        let mut record = settle_in(&mut w, record).await?;
        if untold(&record) {
            let after = record.escalation.clone().learned(w.at());
            record = save(&mut w, record, after).await?;
            w.append(event(&record, EventKind::EscalationLearned, &ctx.actor.label())).await?;
        }
        w.commit().await?;
        Ok(record)
    }

    /// Where to tell the requester of the end, in place of what they said before. Nothing is told of what has ended already:
    /// who asks now is told by the answer.
    ///
    /// # Errors
    /// `NotFound` if the caller did not ask it, `Conflict` if it moved meanwhile.
    pub async fn escalation_callback(&self, ctx: &Ctx, id: EscalationId, to: &Callback) -> Result<Record> {
        let key = ctx.key(Scope::Ask)?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let mut record = get(&mut w, id).await?;
        if !belongs(key, &record) {
            return Err(Error::not_found(format!("no escalation {id}")));
        }
        let callback = serde_json::to_value(to).map_err(Error::internal)?;
        if record.asked.callback.as_ref() == Some(&callback) || record.escalation.on_the_wire() != "pending" {
            return Ok(record);
        }
        store::escalations::set_callback(&mut w.tx, &record, &callback).await?;
        record.asked.callback = Some(callback);
        record.escalation.version += 1;
        let mut event = event(&record, EventKind::EscalationCallback, &ctx.actor.label());
        let said = w.payload(to.endpoint.as_bytes()).await?;
        event.payloads.insert("endpoint", said);
        w.append(event).await?;
        w.commit().await?;
        Ok(record)
    }

    /// Takes the request back.
    ///
    /// # Errors
    /// `NotFound` if the caller did not ask it, `Conflict` unless it waits still.
    pub async fn escalation_cancel(&self, ctx: &Ctx, id: EscalationId) -> Result<Record> {
        let key = ctx.key(Scope::Ask)?.clone();
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let record = get(&mut w, id).await?;
        if !belongs(&key, &record) {
            return Err(Error::not_found(format!("no escalation {id}")));
        }
        let record = settle_in(&mut w, record).await?;
        let after = record.escalation.clone().cancel(w.at())?;
        let record = save(&mut w, record, after).await?;
        w.append(event(&record, EventKind::EscalationCancelled, &Actor::Key(key).label())).await?;
        w.commit().await?;
        Ok(record)
    }
}
