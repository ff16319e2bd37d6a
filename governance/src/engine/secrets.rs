//! The list of secrets over all identities, and how many are of concern.
use super::page::{Page, Want};
use super::{Act, Ctx, Governance};
use crate::error::Result;
use crate::secret::{Concern, Filter, Secret};
use crate::store;
use serde::Serialize;

/// How many secrets there are, and how many of each concern: exact up to 10,000, and 10,001 for more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub secrets: i64,
    /// Every concern, worst first.
    pub concerns: Vec<(Concern, i64)>,
}

impl Governance {
    /// Secrets, or other credentials, the worst first (`store/secrets.rs` has the order of each filter).
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor, else as the database says.
    pub async fn secret_list(&self, ctx: &Ctx, filter: Filter, want: &Want) -> Result<Page<Secret>> {
        ctx.authorize(Act::See)?;
        let after = want.after::<store::secrets::After>()?;
        let mut tx = self.read().await?;
        let rows = store::secrets::page(&mut tx, filter, after, want.rows(), ctx.at).await?;
        let page = want.page(rows, |(_, after)| *after)?;
        Ok(Page { items: page.items.into_iter().map(|(secret, _)| secret).collect(), next: page.next })
    }

    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn secret_counts(&self, ctx: &Ctx) -> Result<Counts> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let secrets = store::secrets::count(&mut tx, Filter::Secrets, ctx.at).await?;
        let mut concerns = vec![];
        for concern in Concern::ALL {
            concerns.push((*concern, store::secrets::count(&mut tx, Filter::Of(*concern), ctx.at).await?));
        }
        Ok(Counts { secrets, concerns })
    }
}
