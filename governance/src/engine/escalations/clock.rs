//! What the passing of time does: releases what was held, expires what nobody answered or used, reminds at half time.
use super::moves::{CLOCK, event, save};
use crate::engine::notices::tell;
use crate::engine::{Act, Ctx, Governance, Write};
use crate::error::Result;
use crate::escalation::{Phase, Record};
use crate::log::event::EventKind;
use crate::notice::Kind;
use crate::store;

/// Moves of one transaction; the sweep goes on while there are more.
const BATCH: i64 = 100;

/// Brings a record up to the log's time, each step with its event. Every operation does this before it looks at the state,
/// so nothing depends on how often the sweep runs.
///
/// # Errors
/// `Conflict` if somebody moved it first.
pub(crate) async fn settle_in(w: &mut Write, mut record: Record) -> Result<Record> {
    let at = w.at();
    while let Some(next) = record.escalation.due(at) {
        let before = record.escalation.clone();
        let (after, kind) = match next {
            Phase::Approved => (before.release(at)?, EventKind::EscalationReleased),
            _ => (before.expire(at)?, EventKind::EscalationExpired),
        };
        record = save(w, record, after).await?;
        w.append(event(&record, kind, CLOCK)).await?;
    }
    Ok(record)
}

impl Governance {
    /// Does all that time has made due, and returns how many moves that were. Run it every second.
    ///
    /// # Errors
    /// `Unavailable` if the log's lock cannot be had: the next run does it.
    pub async fn escalation_sweep(&self, ctx: &Ctx) -> Result<usize> {
        ctx.authorize(Act::KeepHouse)?;
        let mut moved = 0;
        loop {
            if self.nothing_due(ctx).await? {
                return Ok(moved);
            }
            let mut w = self.write(ctx).await?;
            w.leaves_world();
            let at = w.at();
            let due = store::escalations::due(&mut w.tx, at, BATCH).await?;
            if due.is_empty() {
                return Ok(moved);
            }
            moved += due.len();
            for record in due {
                let record = settle_in(&mut w, record).await?;
                if record.reminder_due(at) {
                    remind(&mut w, record).await?;
                }
            }
            w.commit().await?;
        }
    }

    /// Looks without the lock: an idle sweep must not hold up decisions.
    async fn nothing_due(&self, ctx: &Ctx) -> Result<bool> {
        let mut tx = self.read().await?;
        Ok(store::escalations::due(&mut tx, ctx.at, 1).await?.is_empty())
    }
}

/// Half of the time is over: the backup is told.
async fn remind(w: &mut Write, mut record: Record) -> Result<()> {
    record.reminded_at = Some(w.at());
    let same = record.escalation.clone();
    let record = save(w, record, same).await?;
    w.append(event(&record, EventKind::EscalationReminded, CLOCK)).await?;
    tell(w, &record, Kind::Reminded).await
}
