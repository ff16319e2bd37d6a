//! Who acts through whom: each question that names who handed the work on is counted with its answer, in the same commit.
use super::decisions::Known;
use super::{Act, Ctx, Governance, Write};
use crate::decision::Outcome;
use crate::error::{Error, Result};
use crate::store;
use crate::store::handoffs::{Answers, Delegator, Edge};
use chrono::TimeDelta;

/// Days that are looked at where nobody says how many …
pub const DAYS: u16 = 7;
/// … and at most.
pub const MOST_DAYS: u16 = 90;
/// Pairs that are shown; the rest is only said to be there.
const EDGES: usize = 200;

/// Who handed work to whom, the busiest first.
#[derive(Debug, Clone)]
pub struct Handoffs {
    pub edges: Vec<Edge>,
    /// There are more than are named.
    pub more: bool,
}

impl Governance {
    /// Who handed work to whom in the last `days` days, today among them.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for no number of days.
    pub async fn handoff_list(&self, ctx: &Ctx, days: u16) -> Result<Handoffs> {
        ctx.authorize(Act::See)?;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::invalid(format!("days: 1 to {MOST_DAYS}")));
        }
        let since = ctx.at - TimeDelta::days(i64::from(days) - 1);
        let rows = i64::try_from(EDGES + 1).map_err(Error::internal)?;
        let mut edges = store::handoffs::edges(&mut self.read().await?, since, rows).await?;
        let more = edges.len() > EDGES;
        edges.truncate(EDGES);
        Ok(Handoffs { edges, more })
    }
}

/// Counts the pairs of a question: the person it is asked for, each agent of the chain, the asker.
///
/// # Errors
/// As the database says.
pub(super) async fn count(w: &mut Write, known: &Known, answer: Outcome) -> Result<()> {
    let answers = Answers {
        permits: i64::from(answer == Outcome::Permit),
        escalates: i64::from(answer == Outcome::Escalate),
        denies: i64::from(answer == Outcome::Deny),
    };
    let person = |id: crate::id::PersonId| Delegator { kind: "person", id: id.to_string() };
    let mut from = known.acting.as_ref().and_then(|a| a.person).or(known.started_by).map(person);
    let links = known.chain.iter().zip(&known.handed_by);
    let links = links.map(|(agent, by)| (agent.as_deref(), *by)).chain([(known.subject.as_deref(), None)]);
    for (agent, by) in links {
        let Some(agent) = agent else {
            // a person among the links; a stranger breaks the line
            from = by.map(person);
            continue;
        };
        if let Some(from) = from.filter(|from| from.id != agent.id.to_string()) {
            let at = w.at();
            store::handoffs::add(&mut w.tx, &from, agent.id, answers, at).await?;
        }
        from = Some(Delegator { kind: "identity", id: agent.id.to_string() });
    }
    Ok(())
}
