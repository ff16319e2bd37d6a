//! A grant: time-limited permission that an approval or a policy issued (semantics.md "Grants and revocation").
pub mod terms;
pub mod window;

use crate::error::{Error, Kind, Result};
use crate::id::{DecisionId, EscalationId, GrantId, IdentityId, TaskId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Least time between two renewals of one lease, as between two askings of the same question: a loop gone wild must not keep
/// the log's lock busy.
pub const BETWEEN_RENEWALS: TimeDelta = TimeDelta::seconds(1);

crate::words! {
    pub enum Status("state of a grant") {
        Active = "active",
        /// Its last use was made.
        Consumed = "consumed",
        Expired = "expired",
        Revoked = "revoked",
    }
}

impl Status {
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!((self, next), (Self::Active, Self::Consumed | Self::Expired | Self::Revoked))
    }
}

/// What a grant allows, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub id: GrantId,
    pub identity: IdentityId,
    /// The permit that issued it.
    pub decision: DecisionId,
    pub escalation: Option<EscalationId>,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    /// SHA-256 of the parameter bytes, hex: it is for these and no others.
    pub params_hash: String,
    pub purpose: Option<String>,
    /// As the agent named what it works for.
    pub task: Option<String>,
    /// The task it ends with, where that is one of ours.
    pub task_id: Option<TaskId>,
    pub status: Status,
    /// Redemptions it allowed when it was issued, and those that are left.
    pub uses: u32,
    pub uses_left: u32,
    pub issued_at: Timestamp,
    /// It holds in `[starts_at, expires_at)`.
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    /// A lease: one renewal holds for so many seconds.
    pub lease_s: Option<u32>,
    /// A running lease ends then, exclusive, unless it is renewed before; `None` until it is redeemed.
    pub renew_by: Option<Timestamp>,
    /// When it was last renewed.
    pub renewed_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Why it ended before its time, in words.
    pub ended_reason: Option<String>,
    pub version: i64,
}

impl Grant {
    fn ended(&self) -> Error {
        if self.lease_s.is_some()
            && let Some(why) = &self.ended_reason
        {
            let kind = if self.status == Status::Expired { Kind::Expired } else { Kind::Conflict };
            return Error::new(kind, format!("the lease is over: {why}; ask again"));
        }
        match self.status {
            Status::Active => Error::conflict("the grant is active"),
            Status::Consumed => Error::conflict("the grant was used up: ask again"),
            Status::Expired => Error::new(Kind::Expired, "the grant has expired: ask again"),
            Status::Revoked => Error::conflict("the grant was revoked"),
        }
    }
    fn moved(mut self, next: Status, at: Timestamp) -> Result<Self> {
        if !self.status.may_become(next) {
            return Err(self.ended());
        }
        (self.status, self.ended_at) = (next, Some(at));
        Ok(self)
    }

    /// Why time has ended it by this instant, in words; `None`: it has not.
    #[must_use]
    pub fn overdue(&self, at: Timestamp) -> Option<String> {
        if at >= self.expires_at {
            return Some("expired".into());
        }
        let by = self.renew_by.filter(|by| at >= *by)?;
        Some(format!("the lease was not renewed by {by}"))
    }

    fn timely(&self, at: Timestamp) -> Result<()> {
        match self.overdue(at) {
            None => Ok(()),
            Some(_) if at >= self.expires_at => Err(Error::new(Kind::Expired, "the grant has expired: ask again")),
            Some(why) => Err(Error::new(Kind::Expired, format!("{why}: ask again"))),
        }
    }

    /// It could be redeemed at this instant, or is a lease that runs.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        let usable = self.uses_left > 0 || self.renew_by.is_some();
        self.status == Status::Active && usable && self.starts_at <= at && self.overdue(at).is_none()
    }

    /// Spends one use, just before the side effect. A lease begins to run with its first.
    ///
    /// # Errors
    /// `Forbidden` for another identity's grant, `Conflict` before its start and once it was used up or revoked, `Expired` past
    /// its end.
    pub fn redeem(mut self, by: IdentityId, at: Timestamp) -> Result<Self> {
        if by != self.identity {
            return Err(Error::forbidden("this grant belongs to another identity"));
        }
        if self.status != Status::Active {
            return Err(self.ended());
        }
        self.timely(at)?;
        if at < self.starts_at {
            return Err(Error::conflict(format!("the grant does not hold yet: it starts at {}", self.starts_at)));
        }
        self.uses_left =
            self.uses_left.checked_sub(1).ok_or_else(|| Error::conflict("the grant was used up: ask again"))?;
        if let Some(lease_s) = self.lease_s {
            let by = self.held_until(at, lease_s);
            self.renew_by.get_or_insert(by);
            return Ok(self);
        }
        if self.uses_left == 0 { self.moved(Status::Consumed, at) } else { Ok(self) }
    }

    /// Renews a lease that runs. It spends no use, and never reaches past the grant's own end.
    ///
    /// # Errors
    /// `Forbidden` for another identity's grant, `Conflict` for what is no lease, was not redeemed yet or has ended, `Expired`
    /// once a renewal was missed, `TooMany` within a second of the last renewal.
    pub fn renew(mut self, by: IdentityId, at: Timestamp) -> Result<Self> {
        if by != self.identity {
            return Err(Error::forbidden("this grant belongs to another identity"));
        }
        let Some(lease_s) = self.lease_s else {
            return Err(Error::conflict("this grant is no lease: it is redeemed, and not renewed"));
        };
        if self.status != Status::Active {
            return Err(self.ended());
        }
        self.timely(at)?;
        if self.renew_by.is_none() {
            return Err(Error::conflict("the lease does not run yet: redeem it first"));
        }
        if self.renewed_at.is_some_and(|last| at < last + BETWEEN_RENEWALS) {
            return Err(Error::new(
                Kind::TooMany,
                "the lease was renewed within the last second and holds: renew it again later",
            ));
        }
        (self.renew_by, self.renewed_at) = (Some(self.held_until(at, lease_s)), Some(at));
        Ok(self)
    }

    fn held_until(&self, at: Timestamp, lease_s: u32) -> Timestamp {
        self.expires_at.min(at + TimeDelta::seconds(lease_s.into()))
    }

    /// Ends what time has ended.
    ///
    /// # Errors
    /// `Conflict` or `Expired` unless it is active and its time is over.
    pub fn expire(self, at: Timestamp) -> Result<Self> {
        let why = self.overdue(at);
        if self.status == Status::Active && why.is_none() {
            return Err(Error::conflict("the grant's time is not over"));
        }
        let mut expired = self.moved(Status::Expired, at)?;
        expired.ended_reason = why;
        Ok(expired)
    }

    /// Takes it back.
    ///
    /// # Errors
    /// `Conflict` or `Expired` once it has ended.
    pub fn revoke(self, reason: &str, at: Timestamp) -> Result<Self> {
        let mut revoked = self.moved(Status::Revoked, at)?;
        revoked.ended_reason = Some(reason.to_owned());
        Ok(revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000).unwrap()
    }
    fn identity(n: u8) -> IdentityId {
        IdentityId::new(t(0), [n; 10])
    }
    fn grant(uses: u32) -> Grant {
        Grant {
            id: GrantId::new(t(0), [1; 10]),
            identity: identity(1),
            decision: DecisionId::new(t(0), [2; 10]),
            escalation: None,
            action: "refund.create".into(),
            resource_type: "account".into(),
            resource_id: "1".into(),
            params_hash: "p".into(),
            purpose: None,
            task: None,
            task_id: None,
            status: Status::Active,
            uses,
            uses_left: uses,
            issued_at: t(0),
            starts_at: t(0),
            expires_at: t(900),
            lease_s: None,
            renew_by: None,
            renewed_at: None,
            ended_at: None,
            ended_reason: None,
            version: 0,
        }
    }

    /// What a grant is after these moves, or why one was refused.
    fn after(grant: Grant, moves: &[(&str, i64)]) -> String {
        let step = |g: Grant, (verb, second): &(&str, i64)| match *verb {
            "redeem" => g.redeem(identity(1), t(*second)),
            "renew" => g.renew(identity(1), t(*second)),
            "steal" => g.redeem(identity(2), t(*second)),
            "keep" => g.renew(identity(2), t(*second)),
            "expire" => g.expire(t(*second)),
            _ => g.revoke("the agent was stopped", t(*second)),
        };
        let got = moves.iter().try_fold(grant, step);
        got.map_or_else(|e| format!("{:?}: {}", e.kind, e.detail), |g| g.status.to_string())
    }

    #[test]
    fn a_grant_moves() {
        #[track_caller]
        fn check(uses: u32, moves: &[(&str, i64)], want: &str) {
            assert_eq!(after(grant(uses), moves), want);
        }
        check(1, &[("redeem", 0)], "consumed");
        check(1, &[("redeem", 899)], "consumed");
        check(1, &[("redeem", 900)], "Expired: the grant has expired: ask again");
        check(1, &[("redeem", -1)], "Conflict: the grant does not hold yet: it starts at 1970-01-01T00:00:00.000000Z");
        check(1, &[("renew", 1)], "Conflict: this grant is no lease: it is redeemed, and not renewed");
        check(1, &[("redeem", 1), ("redeem", 2)], "Conflict: the grant was used up: ask again");
        check(2, &[("redeem", 1)], "active");
        check(2, &[("redeem", 1), ("redeem", 2)], "consumed");
        check(0, &[("redeem", 1)], "Conflict: the grant was used up: ask again");
        check(1, &[("steal", 1)], "Forbidden: this grant belongs to another identity");
        check(1, &[("expire", 899)], "Conflict: the grant's time is not over");
        check(1, &[("expire", 900)], "expired");
        check(1, &[("expire", 900), ("redeem", 901)], "Expired: the grant has expired: ask again");
        check(1, &[("revoke", 5)], "revoked");
        check(1, &[("revoke", 5), ("redeem", 6)], "Conflict: the grant was revoked");
        check(1, &[("revoke", 5), ("expire", 900)], "Conflict: the grant was revoked");
        check(1, &[("redeem", 5), ("revoke", 6)], "Conflict: the grant was used up: ask again");
    }

    #[test]
    fn a_lease_runs_as_long_as_it_is_renewed() {
        #[track_caller]
        fn check(moves: &[(&str, i64)], want: &str) {
            let lease = Grant { lease_s: Some(15), starts_at: t(60), ..grant(1) };
            assert_eq!(after(lease, moves), want);
        }
        let start = ("redeem", 60);
        check(&[("redeem", 59)], "Conflict: the grant does not hold yet: it starts at 1970-01-01T00:01:00.000000Z");
        check(&[("renew", 60)], "Conflict: the lease does not run yet: redeem it first");
        check(&[start, ("renew", 74), ("renew", 88)], "active");
        let missed = "Expired: the lease was not renewed by 1970-01-01T00:01:15.000000Z: ask again";
        check(&[start, ("renew", 75)], missed);
        check(&[start, ("redeem", 75)], missed);
        check(&[start, ("redeem", 61)], "Conflict: the grant was used up: ask again");
        check(&[start, ("keep", 61)], "Forbidden: this grant belongs to another identity");
        check(&[start, ("expire", 74)], "Conflict: the grant's time is not over");
        check(&[start, ("expire", 75)], "expired");
        let over = "Expired: the lease is over: the lease was not renewed by 1970-01-01T00:01:15.000000Z; ask again";
        check(&[start, ("expire", 80), ("renew", 81)], over);
        check(&[start, ("revoke", 61), ("renew", 62)], "Conflict: the lease is over: the agent was stopped; ask again");
        check(&[("expire", 899)], "Conflict: the grant's time is not over");
    }

    #[test]
    fn a_lease_never_outlives_its_grant() {
        let lease = Grant { lease_s: Some(600), ..grant(2) };
        let running = lease.redeem(identity(1), t(0)).unwrap().renew(identity(1), t(500)).unwrap();
        assert_eq!((running.renew_by, running.uses_left), (Some(t(900)), 1), "a renewal spends nothing");
        let soon = running.clone().renew(identity(1), t(500) + TimeDelta::milliseconds(999)).unwrap_err();
        assert_eq!(soon.kind, Kind::TooMany);
        running.clone().renew(identity(1), t(501)).unwrap();
        // another use of it is no renewal
        let again = running.redeem(identity(1), t(700)).unwrap();
        assert_eq!((again.renew_by, again.uses_left, again.status), (Some(t(900)), 0, Status::Active));
        assert!(again.holds(t(899)) && !again.holds(t(900)));
        assert_eq!(again.expire(t(900)).unwrap().ended_reason.as_deref(), Some("expired"));
    }
}
