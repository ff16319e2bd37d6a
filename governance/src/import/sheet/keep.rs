//! What a cell that could not be read said before stays: the register forgets nothing for a slip of the pen.
use crate::import::snapshot::Principal;

/// Puts into `new`, of which some cells could not be read, what is `known` and not said anew.
pub fn keep(known: &Principal, new: &mut Principal, kind_unread: bool) {
    if kind_unread {
        new.claim.kind = known.claim.kind;
    }
    new.claim.environment = new.claim.environment.or(known.claim.environment);
    new.claim.created_at = new.claim.created_at.or(known.claim.created_at);
    for (key, facts) in &mut new.entitlements {
        if let Some(before) = known.entitlements.get(key) {
            facts.expires_at = facts.expires_at.or(before.expires_at);
        }
    }
    for (key, facts) in &mut new.credentials {
        let Some(before) = known.credentials.get(key) else { continue };
        facts.created_at = facts.created_at.or(before.created_at);
        facts.last_rotated_at = facts.last_rotated_at.or(before.last_rotated_at);
        facts.expires_at = facts.expires_at.or(before.expires_at);
        facts.expiry_reported |= before.expiry_reported;
    }
}
