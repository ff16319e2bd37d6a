//! Ended from above: revocation voids what is open and what is approved and not used.
use super::clock::settle_in;
use super::moves::{event, save};
use crate::engine::Write;
use crate::error::Result;
use crate::escalation::Phase;
use crate::id::RevocationId;
use crate::log::event::EventKind;
use crate::store;
use crate::store::escalations::Of;

/// What a revocation ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Voided {
    /// Those that still waited for people.
    pub escalations: usize,
    /// Those that were approved and not used.
    pub approvals: usize,
}

/// Ends every escalation of `of` that is open or approved, inside the revocation's transaction.
///
/// # Errors
/// `Conflict` if somebody moved one first.
pub async fn escalation_revoke_in(w: &mut Write, of: Of<'_>, revocation: RevocationId, actor: &str) -> Result<Voided> {
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
        w.append(event(&record, EventKind::EscalationRevoked, actor).id("revocation", revocation)).await?;
    }
    Ok(voided)
}
