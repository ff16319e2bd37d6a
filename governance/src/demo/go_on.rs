//! Once somebody looks, the agents that wait go on as agents do: ask again when nobody answered in time, act once approved.
use super::acting::{act, ask, caller};
use super::waiting::{WAITING, Waiting};
use crate::decision::Outcome;
use crate::engine::{Actor, Governance};
use crate::error::Result;
use crate::escalation::Phase;
use crate::store::decisions::Filter;

/// One round. What a person denied stays denied.
///
/// # Errors
/// As the operations.
pub async fn go_on(gov: &Governance) -> Result<()> {
    for waiting in &WAITING {
        one(gov, waiting).await?;
    }
    Ok(())
}

async fn one(gov: &Governance, waiting: &Waiting) -> Result<()> {
    let system = gov.ctx(Actor::System("demo"));
    let agent = gov.identity_find(&system, waiting.agent).await?;
    let filter = Filter { identity: Some(agent.id), action: Some(waiting.action.into()), ..Filter::default() };
    let last = gov.decision_list(&system, &filter, 1).await?.into_iter().next();
    let Some(escalation) = last.filter(|d| d.outcome == Outcome::Escalate.as_str()).and_then(|d| d.escalation_id)
    else {
        return Ok(());
    };
    let state = gov.escalation_get(&system, escalation).await?.record.escalation;
    let goes_on = matches!(state.due(gov.now()).unwrap_or(state.phase()), Phase::Approved | Phase::Expired);
    if goes_on {
        let ctx = caller(gov, waiting.agent).await?;
        let answer = gov.decide(&ctx, ask(&waiting.said())).await?;
        if answer.outcome == Outcome::Permit {
            act(gov, &ctx, &answer).await?;
        }
    }
    Ok(())
}
