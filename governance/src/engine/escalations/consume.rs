//! Using an approval up, inside the transaction of the permit it becomes.
use super::clock::settle_in;
use super::moves::{event, save};
use crate::engine::Write;
use crate::error::Result;
use crate::escalation::{Bars, Binding, Phase, Record};
use crate::id::{DecisionId, EscalationId, PersonId};
use crate::log::event::EventKind;
use crate::store;
use crate::time::Timestamp;

/// An approval that this permit used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub escalation: EscalationId,
    pub expires_at: Timestamp,
    /// Seconds the grant lives; `None`: no gate names a grant.
    pub grant_s: Option<u32>,
    /// Whose votes it rests on.
    pub people: Vec<PersonId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumption {
    Used(Used),
    /// No approval stands for this very question.
    Nothing,
    /// The approval the caller named cannot be used; ARAP's word for why (protocols.md §1.3).
    Refused {
        reason: &'static str,
        message: String,
    },
}

impl Consumption {
    fn refused(reason: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { reason, message: message.into() }
    }
}

/// Uses up the approval for this very question: the one the caller names, else the one that matches. Exactly one row moves
/// from approved to consumed, or nothing is permitted (I4). A vote of somebody who asks now (`asking`) carries nothing (I5).
///
/// # Errors
/// `Conflict` if somebody moved it first, else as the database says.
pub async fn escalation_consume_in(
    w: &mut Write,
    binding: &Binding<'_>,
    named: Option<EscalationId>,
    asking: &Bars,
    permit: DecisionId,
    actor: &str,
) -> Result<Consumption> {
    let found = match named {
        Some(id) => store::escalations::get(&mut w.tx, id).await?.filter(|r| r.escalation.agent == binding.agent),
        None => store::escalations::approved(&mut w.tx, &binding.question()).await?,
    };
    let Some(found) = found else {
        return Ok(match named {
            Some(id) => Consumption::refused("approval_unverifiable", format!("no approval {id} of this agent")),
            None => Consumption::Nothing,
        });
    };
    let record = settle_in(w, found).await?;
    let digest = binding.digest(record.escalation.id, record.escalation.expires_at);
    if named.is_some()
        && let Some(refused) = refusal(&record, &digest)
    {
        return Ok(refused);
    }
    if record.escalation.phase() != Phase::Approved || record.escalation.digest != digest {
        return Ok(Consumption::Nothing);
    }
    let own = record.escalation.votes.iter().any(|v| asking.why(v.by).is_some() || asking.why(v.seat).is_some());
    if own {
        return Ok(match named {
            Some(_) => Consumption::refused("out_of_scope", "somebody who approved it asks for it now"),
            None => Consumption::Nothing,
        });
    }
    let at = w.at();
    let after = record.escalation.clone().consume(&digest, permit, at)?;
    let record = save(w, record, after).await?;
    w.append(event(&record, EventKind::EscalationConsumed, actor).id("permit", permit)).await?;
    let e = record.escalation;
    Ok(Consumption::Used(Used {
        escalation: e.id,
        expires_at: e.expires_at,
        grant_s: e.requirement.grant_s,
        people: e.votes.iter().map(|v| v.seat).collect(),
    }))
}

fn refusal(record: &Record, digest: &str) -> Option<Consumption> {
    let e = &record.escalation;
    let refused = |reason, message: &str| Some(Consumption::refused(reason, message));
    if e.digest != digest {
        return refused("out_of_scope", "the approval is for another request");
    }
    match e.phase() {
        Phase::Approved => None,
        Phase::Pending | Phase::Held => refused("grant_pending", "people have not decided yet"),
        Phase::Consumed => refused("approval_expired", "the approval was used already"),
        Phase::Expired => refused("approval_expired", "the approval ran out"),
        Phase::Denied => refused("policy_denied", "a person denied it"),
        Phase::Cancelled => refused("approval_expired", "the request was cancelled"),
        Phase::Revoked => refused("approval_expired", "the approval was revoked"),
    }
}
