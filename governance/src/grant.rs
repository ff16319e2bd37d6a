//! A grant: time-limited permission that an approval or a policy issued (semantics.md "Grants and revocation").
use crate::error::{Error, Kind, Result};
use crate::id::{DecisionId, EscalationId, GrantId, IdentityId, TaskId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// No grant is without end: the longest …
pub const LONGEST: TimeDelta = TimeDelta::hours(8);
/// … and the longest for an administrative act.
pub const LONGEST_ADMINISTRATIVE: TimeDelta = TimeDelta::hours(1);

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
    pub uses_left: u32,
    pub issued_at: Timestamp,
    /// It holds in `[issued_at, expires_at)`.
    pub expires_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Why it ended before its time, in words.
    pub ended_reason: Option<String>,
    pub version: i64,
}

/// When a grant issued at `at` for `seconds` ends: never later than the longest life.
#[must_use]
pub fn end(at: Timestamp, seconds: u32, administrative: bool) -> Timestamp {
    let longest = if administrative { LONGEST_ADMINISTRATIVE } else { LONGEST };
    at + TimeDelta::seconds(seconds.into()).min(longest)
}

impl Grant {
    fn ended(&self) -> Error {
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

    /// It could be redeemed at this instant.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.status == Status::Active && self.uses_left > 0 && self.issued_at <= at && at < self.expires_at
    }

    /// Spends one use, just before the side effect.
    ///
    /// # Errors
    /// `Forbidden` for another identity's grant, `Conflict` once it was used up or revoked, `Expired` past its end.
    pub fn redeem(mut self, by: IdentityId, at: Timestamp) -> Result<Self> {
        if by != self.identity {
            return Err(Error::forbidden("this grant belongs to another identity"));
        }
        if self.status != Status::Active {
            return Err(self.ended());
        }
        if at >= self.expires_at {
            return Err(Error::new(Kind::Expired, "the grant has expired: ask again"));
        }
        if at < self.issued_at {
            return Err(Error::conflict("the grant does not hold yet"));
        }
        self.uses_left =
            self.uses_left.checked_sub(1).ok_or_else(|| Error::conflict("the grant was used up: ask again"))?;
        if self.uses_left == 0 { self.moved(Status::Consumed, at) } else { Ok(self) }
    }

    /// Ends what time has ended.
    ///
    /// # Errors
    /// `Conflict` or `Expired` unless it is active and its time is over.
    pub fn expire(self, at: Timestamp) -> Result<Self> {
        if self.status == Status::Active && at < self.expires_at {
            return Err(Error::conflict("the grant's time is not over"));
        }
        self.moved(Status::Expired, at)
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
            uses_left: uses,
            issued_at: t(0),
            expires_at: t(900),
            ended_at: None,
            ended_reason: None,
            version: 0,
        }
    }

    #[test]
    fn a_grant_moves() {
        #[track_caller]
        fn check(uses: u32, moves: &[(&str, i64)], want: &str) {
            let step = |g: Grant, (verb, second): &(&str, i64)| match *verb {
                "redeem" => g.redeem(identity(1), t(*second)),
                "steal" => g.redeem(identity(2), t(*second)),
                "expire" => g.expire(t(*second)),
                _ => g.revoke("the agent was stopped", t(*second)),
            };
            let got = moves.iter().try_fold(grant(uses), step);
            let got = got.map_or_else(|e| format!("{:?}: {}", e.kind, e.detail), |g| g.status.to_string());
            assert_eq!(got, want);
        }
        check(1, &[("redeem", 0)], "consumed");
        check(1, &[("redeem", 899)], "consumed");
        check(1, &[("redeem", 900)], "Expired: the grant has expired: ask again");
        check(1, &[("redeem", -1)], "Conflict: the grant does not hold yet");
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
    fn no_grant_is_without_end() {
        assert_eq!(end(t(0), 900, false), t(900));
        assert_eq!(end(t(0), u32::MAX, false), t(8 * 3_600));
        assert_eq!(end(t(0), 7_200, true), t(3_600));
    }
}
