//! What the register says of actions (semantics.md, Action facts).
use super::{Act, Ctx, Governance};
use crate::action_facts::ActionFact;
use crate::error::{Error, Result};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::policies::ActionFacts;
use std::collections::BTreeSet;

/// Longest name of an action, in bytes.
const NAME_MAX: usize = 200;

impl Governance {
    /// Says what an action is, replacing what was said before. An empty set says that none of the facts applies.
    ///
    /// # Errors
    /// `Invalid` for a name that cannot be an action's, `Forbidden`.
    pub async fn action_facts_set(&self, ctx: &Ctx, action: &str, facts: &BTreeSet<ActionFact>) -> Result<ActionFacts> {
        ctx.authorize(Act::ChangeRegister)?;
        if action.is_empty() || action.len() > NAME_MAX || action.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::invalid(format!("an action's name has 1 to {NAME_MAX} characters and no spaces")));
        }
        let facts: Vec<String> = facts.iter().map(|fact| fact.as_str().to_owned()).collect();
        let mut w = self.write(ctx).await?;
        let (at, by) = (w.at(), w.actor().to_owned());
        store::policies::action_facts_set(&mut w.tx, action, &facts, at, &by).await?;
        let mut event = Event::new(EventKind::ActionFactsSet, by.clone()).subject(action);
        event.reasons = if facts.is_empty() { vec!["none".into()] } else { facts.clone() };
        w.append(event).await?;
        w.commit().await?;
        Ok(ActionFacts { action: action.into(), facts, at, by })
    }

    /// What was said of actions, by name, at most 1,000. An action that is not there is unknown.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn action_facts_list(&self, ctx: &Ctx) -> Result<Vec<ActionFacts>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        store::policies::action_facts_list(&mut tx, 1_000).await
    }
}
