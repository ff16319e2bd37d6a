//! Checking the whole log, and keeping that it was checked: control test AUD-01 rests on it.
use crate::engine::log_check::LogCheck;
use crate::engine::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::log::Checkpoint;
use crate::log::event::{Event, EventKind};
use crate::store;
use chrono::TimeDelta;

impl Governance {
    /// As [`Governance::log_check`], and keeps when it was and whether everything held.
    ///
    /// # Errors
    /// `Forbidden`; as the database says. What does not hold is no error but in the answer.
    pub async fn log_check_kept(&self, ctx: &Ctx, mark: Option<&Checkpoint>) -> Result<LogCheck> {
        ctx.authorize(Act::Assess)?;
        let found = self.log_check(ctx, mark).await?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let last = i64::try_from(found.events).map_err(Error::internal)? - 1;
        let outcome = if found.holds() { "holds" } else { "fails" };
        let event = Event::new(EventKind::LogChecked, w.actor())
            .subject(self.installation.id)
            .outcome(outcome)
            .reason(format!("entries 0 to {last}"));
        let seq = i64::try_from(w.append(event).await?).map_err(Error::internal)?;
        let at = w.at();
        store::integrity::insert(&mut w.tx, seq, at, last, found.holds()).await?;
        w.commit().await?;
        Ok(found)
    }

    /// Whether the last full check is older than that, or there was none.
    ///
    /// # Errors
    /// As the database says.
    pub async fn log_check_due(&self, ctx: &Ctx, every: TimeDelta) -> Result<bool> {
        ctx.authorize(Act::See)?;
        let last = store::integrity::last(&mut self.read().await?).await?;
        Ok(last.is_none_or(|at| ctx.at - at >= every))
    }
}
