//! The log, read in order.
use super::{Act, Ctx, Governance};
use crate::error::Result;
use crate::store;
use crate::store::events::StoredEvent;

impl Governance {
    /// Events behind `after` in order (`-1`: from the first on), at most `limit` (1 to 1,000).
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn event_list(&self, ctx: &Ctx, after: i64, limit: u16) -> Result<Vec<StoredEvent>> {
        ctx.authorize(Act::Export)?;
        store::events::after(&mut self.db.read().await?, after, i64::from(limit.clamp(1, 1_000))).await
    }
}
