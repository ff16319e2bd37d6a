//! Ended from above: a revocation or a seal voids what is open and what is approved and not used, another role the latter.
use super::clock::settle_in;
use super::moves::{event, save};
use crate::engine::Write;
use crate::error::Result;
use crate::escalation::Phase;
use crate::id::IdentityId;
use crate::log::event::EventKind;
use crate::store;
use crate::store::escalations::Of;

/// What was ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Voided {
    /// Those that still waited for people.
    pub escalations: usize,
    /// Those that were approved and not used.
    pub approvals: usize,
}

/// Ends every escalation of `of` that is open or approved, in the transaction of what ends them: `cause` is its kind and id.
///
/// # Errors
/// `Conflict` if somebody moved one first.
pub async fn escalation_revoke_in(
    w: &mut Write,
    of: Of<'_>,
    cause: (&'static str, String),
    actor: &str,
) -> Result<Voided> {
    let mut voided = Voided::default();
    for record in store::escalations::live(&mut w.tx, of).await? {
        let record = settle_in(w, record).await?;
        match record.escalation.phase() {
            Phase::Approved => voided.approvals += 1,
            phase if phase.open() => voided.escalations += 1,
            _ => continue,
        }
        let after = record.escalation.clone().revoke(w.at())?;
        let record = save(w, record, after).await?;
        w.append(event(&record, EventKind::EscalationRevoked, actor).id(cause.0, &cause.1)).await?;
    }
    Ok(voided)
}

/// Ends what of `of` is approved and not used; what still waits goes on, with a new version of its card. `identity` is whose
/// role changed. Returns how many.
///
/// # Errors
/// `Conflict` if somebody moved one first.
pub(crate) async fn escalation_unapprove_in(
    w: &mut Write,
    of: Of<'_>,
    identity: IdentityId,
    actor: &str,
) -> Result<usize> {
    let mut ended = 0;
    for record in store::escalations::live(&mut w.tx, of).await? {
        let record = settle_in(w, record).await?;
        if record.escalation.phase() != Phase::Approved {
            continue;
        }
        let after = record.escalation.clone().revoke(w.at())?;
        let record = save(w, record, after).await?;
        w.append(event(&record, EventKind::EscalationRevoked, actor).id("identity", identity).reason("role")).await?;
        ended += 1;
    }
    Ok(ended)
}
