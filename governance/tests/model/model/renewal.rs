//! Leases (semantics.md, Grants and revocation: "Long work holds a lease"; product.md UC-16): each renewal asks the question of
//! its permit once more, on what is so now.
use super::grants::{Grant, GrantState};
use super::{Model, Wrong};

/// Least time between two renewals of a lease.
const BETWEEN_MS: i64 = 1_000;

impl Model {
    pub(super) fn renew(&mut self, n: usize, own: bool) -> String {
        if !own {
            return "error NotFound".into();
        }
        let (now, wrong) = (self.now, self.wrong);
        let grant = &self.grants[n];
        let Some(lease) = grant.lease else { return "error Conflict".into() };
        if let Some(ended) = grant.ended() {
            return ended;
        }
        if now >= grant.due() && !(wrong == Some(Wrong::RenewedLate) && now < grant.ends) {
            self.grants[n].state = GrantState::Expired;
            return "error Expired".into();
        }
        if grant.renew_by.is_none() {
            return "error Conflict".into();
        }
        if grant.renewed.is_some_and(|last| now < last + BETWEEN_MS) && wrong != Some(Wrong::RenewedAtOnce) {
            return "error TooMany".into();
        }
        if !self.still_allowed(grant) && wrong != Some(Wrong::RenewedBlindly) {
            self.grants[n].state = GrantState::Revoked;
            return "lost Conflict".into();
        }
        let grant = &mut self.grants[n];
        let latest = if wrong == Some(Wrong::LeaseOutlives) { i64::MAX } else { grant.ends };
        let until = (now + lease).min(latest);
        (grant.renew_by, grant.renewed) = (Some(until), Some(now));
        format!("renewed until {until}")
    }

    /// Its question would be permitted now, the gates that people opened for it being open still. Its own act is not counted a
    /// second time.
    fn still_allowed(&self, grant: &Grant) -> bool {
        let q = &grant.question;
        let active = q.actors().all(|a| !self.agents[a].suspended) && !q.through.iter().any(|a| self.build_waits(*a));
        if !active || self.stopped(q.actors(), q.tool) || self.other_build(q.agent, grant.build) {
            return false;
        }
        if self.narrowed(q) && !grant.narrowed {
            return false;
        }
        let used = (self.used(q.agent, q.tool) - 1).max(0);
        self.gates(q, used).is_ok_and(|gates| gates.is_subset(&q.gates))
    }
}
