//! How far what acts here is known and answered for, now and over time. Each day's numbers are an event of the log, so that the
//! trend rests on what was counted then and not on what is remembered of it.
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::log::entry::Entry;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::db::Tx;
use crate::visibility::{Counted, SourceStanding, Step, Visibility, funnel};

/// Days of the trend.
const DAYS: i64 = 90;

impl Governance {
    /// The funnel from discovered to attested, its parts, the sources and the trend.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn visibility(&self, ctx: &Ctx) -> Result<Visibility> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let cells = store::visibility::cells(&mut tx).await?;
        let windows = store::uses::windows(&mut tx).await?;
        let standing = |source: crate::source::Source| SourceStanding {
            stale: source.is_stale(ctx.at),
            activity: windows.get(&source.id).copied(),
            reached: funnel(cells.iter().filter(|cell| cell.source == Some(source.id))),
            source,
        };
        let sources = store::sources::list(&mut tx).await?.into_iter().map(standing).collect();
        let trend = store::visibility::counted(&mut tx, DAYS).await?;
        let mut trend = trend.iter().map(|leaf| counted(leaf)).collect::<Result<Vec<_>>>()?;
        trend.reverse();
        Ok(Visibility { reached: funnel(&cells), sources, trend, cells })
    }

    /// Counts once a day (UTC); whether it did.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn visibility_sweep(&self, ctx: &Ctx) -> Result<bool> {
        ctx.authorize(Act::KeepHouse)?;
        if last_day(&mut self.read().await?).await? >= Some(ctx.at.day()) {
            return Ok(false);
        }
        let mut w = self.write(ctx).await?;
        if last_day(&mut w.tx).await? >= Some(w.at().day()) {
            return Ok(false); // somebody else was quicker
        }
        let cells = store::visibility::cells(&mut w.tx).await?;
        let mut event = Event::new(EventKind::VisibilityCounted, w.actor().to_owned()).subject(self.installation().id);
        event.reasons = funnel(&cells).iter().map(|r| format!("{} {}", r.step, r.n)).collect();
        w.append(event).await?;
        w.leaves_world();
        w.commit().await?;
        Ok(true)
    }
}

/// The day that was counted last.
async fn last_day(tx: &mut Tx) -> Result<Option<i64>> {
    let last = store::visibility::counted(tx, 1).await?;
    Ok(last.first().map(|leaf| counted(leaf)).transpose()?.map(|counted| counted.day))
}

fn counted(leaf: &[u8]) -> Result<Counted> {
    let entry = Entry::parse(leaf)?;
    let number = |step: &Step| {
        let said = entry.reasons.iter().find_map(|r| r.strip_prefix(step.as_str())?.strip_prefix(' '));
        let said = said.and_then(|n| n.parse().ok());
        said.ok_or_else(|| Error::broken(format!("event {}: no number of {step}", entry.seq)))
    };
    Ok(Counted { day: entry.time.day(), reached: Step::ALL.iter().map(number).collect::<Result<_>>()? })
}
