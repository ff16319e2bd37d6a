//! What people approved and nobody saw executed.
use crate::engine::findings::note;
use crate::engine::{Act, Ctx, Governance};
use crate::error::Result;
use crate::store;
use crate::time::Timestamp;
use crate::watch::rules;
use chrono::TimeDelta;

/// How long after its end a grant is looked at, so that late reports count, and how far back.
const LATE: TimeDelta = TimeDelta::hours(1);
const BACK: TimeDelta = TimeDelta::hours(25);
/// Grants looked at in one transaction.
const SWEEP: i64 = 100;

impl Governance {
    /// Notes what people approved and nobody saw executed; returns how many.
    ///
    /// # Errors
    /// As the database says.
    pub async fn watch_sweep(&self, ctx: &Ctx) -> Result<usize> {
        ctx.authorize(Act::KeepHouse)?;
        let window = |at: Timestamp| (at - BACK, at - LATE);
        // an idle look must not take the one place of a writer
        let (from, to) = window(ctx.at);
        if store::actions::missed(&mut self.read().await?, from, to, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let at = w.at();
        let (from, to) = window(at);
        let missed = store::actions::missed(&mut w.tx, from, to, SWEEP).await?;
        for it in &missed {
            let line = format!("{} · {} on {}:{}", it.expires_at, it.action, it.resource.0, it.resource.1);
            let line = crate::text::visible_line(&line).into_owned();
            let found = rules::of_missed(&it.identity.to_string(), &it.name, &it.action, line);
            note(&mut w, Some(it.identity), vec![found]).await?;
            store::actions::missed_noted(&mut w.tx, it.grant, at).await?;
        }
        if !missed.is_empty() {
            w.commit().await?;
        }
        Ok(missed.len())
    }
}
