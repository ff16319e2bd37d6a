//! What acts and nobody answers for: shown with its clock and with who could be asked (UC-18).
use super::page::{Page, Want};
use super::successors::{Successor, of_identity, of_stranger};
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::sighting::{Gap, How};
use crate::store;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Gaps of one page at most: for each of them everybody is looked through.
const PAGE: u16 = 100;

/// A gap with its clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    #[serde(flatten)]
    pub gap: Gap,
    /// Until then it is to have an owner.
    pub due_at: Timestamp,
    pub overdue: bool,
    /// Who could answer for it, the likeliest first.
    pub suggested: Vec<Successor>,
}

impl Governance {
    /// What nobody answers for, the longest open first: who asked without being in the register, and what a source showed
    /// without an owner. At most 100 on a page.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn gap_list(&self, ctx: &Ctx, want: &Want) -> Result<Page<Open>> {
        ctx.authorize(Act::See)?;
        let want = Want { cursor: want.cursor.clone(), limit: want.limit.min(PAGE) };
        let after = want.after::<(i64, String)>()?.unwrap_or((i64::MIN, String::new()));
        let mut tx = self.read().await?;
        let gaps =
            want.page(store::gaps::page(&mut tx, after, want.rows()).await?, |g| (g.since.micros(), g.id.clone()))?;
        let mut items = Vec::with_capacity(gaps.items.len());
        for gap in gaps.items {
            let suggested = match gap.how {
                How::Asked => of_stranger(&mut tx, &gap.name).await?,
                How::Shown => {
                    let id = gap.id.parse().map_err(|_| Error::broken(format!("no identity {}", gap.id)))?;
                    of_identity(&mut tx, id).await?
                }
            };
            let due_at = gap.due_at();
            items.push(Open { overdue: ctx.at >= due_at, due_at, suggested, gap });
        }
        Ok(Page { items, next: gaps.next })
    }
}
