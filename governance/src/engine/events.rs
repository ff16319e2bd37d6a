//! The log, read in order.
use super::{Act, Ctx, Governance};
use crate::error::Result;
use crate::store;
use crate::store::events::StoredEvent;
use std::collections::BTreeMap;

impl Governance {
    /// Events behind `after` in order (`-1`: from the first on), at most `limit` (1 to 1,000).
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn event_list(&self, ctx: &Ctx, after: i64, limit: u16) -> Result<Vec<StoredEvent>> {
        ctx.authorize(Act::Export)?;
        store::events::after(&mut self.db.read().await?, after, i64::from(limit.clamp(1, 1_000))).await
    }

    /// Who the log's actors are, in words: a person's name, `command line on HOST`, `Countersign itself`. One the register does
    /// not know keeps its id.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn actor_names(&self, ctx: &Ctx, actors: &[&str]) -> Result<BTreeMap<String, String>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        let mut names = BTreeMap::new();
        for actor in actors {
            if names.contains_key(*actor) {
                continue;
            }
            let name = match actor.split_once(':') {
                Some(("operator", host)) => format!("command line on {host}"),
                Some(("hook", name)) => format!("hook {name}"),
                Some(("system", _)) => "Countersign itself".to_owned(),
                _ => store::labels::of(&mut tx, actor).await?.unwrap_or_else(|| (*actor).to_owned()),
            };
            names.insert((*actor).to_owned(), name);
        }
        Ok(names)
    }
}
