//! An escalation and the moves it may make (semantics.md "Escalations", invariants I4 to I6).
//!
//! `pending → held → approved → consumed`; `pending → denied | expired | cancelled | revoked`; `held → pending` (undo by that
//! voter) `| denied | expired | cancelled | revoked`; `approved → expired | revoked`. Nothing else.
use super::eligibility::{Bars, Electorate, Seat};
use super::tier::Requirement;
use super::vote::{Ballot, Verdict, Vote};
use crate::error::{Error, Kind, Result};
use crate::id::{DecisionId, EscalationId, IdentityId, PersonId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// An approval can be used this long after its release …
const USABLE: TimeDelta = TimeDelta::hours(4);
/// … and this long after the agent first learned of it.
const USABLE_ONCE_KNOWN: TimeDelta = TimeDelta::minutes(10);

crate::words! {
    /// The name of a state: a column, a filter, a word on a page. `held` reads `pending` on the wire.
    pub enum Phase("state of an escalation") {
        Pending = "pending",
        Held = "held",
        Approved = "approved",
        Consumed = "consumed",
        Denied = "denied",
        Expired = "expired",
        Cancelled = "cancelled",
        Revoked = "revoked",
    }
}

impl Phase {
    /// It never changes again (I6).
    #[must_use]
    pub const fn terminal(self) -> bool {
        matches!(self, Self::Consumed | Self::Denied | Self::Expired | Self::Cancelled | Self::Revoked)
    }
    /// It still waits for people, or for the end of the hold.
    #[must_use]
    pub const fn open(self) -> bool {
        matches!(self, Self::Pending | Self::Held)
    }
    /// Whether the life of an escalation has this step.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => {
                matches!(
                    next,
                    Self::Held | Self::Approved | Self::Denied | Self::Expired | Self::Cancelled | Self::Revoked
                )
            }
            Self::Held => matches!(
                next,
                Self::Pending | Self::Approved | Self::Denied | Self::Expired | Self::Cancelled | Self::Revoked
            ),
            Self::Approved => matches!(next, Self::Consumed | Self::Expired | Self::Revoked),
            _ => false,
        }
    }
}

/// Where it stands, with what only that state has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Pending,
    /// Enough people approved; released at `until` unless one of them takes it back.
    Held {
        until: Timestamp,
    },
    Approved,
    Consumed {
        at: Timestamp,
        /// The permit it became.
        decision: DecisionId,
    },
    Denied {
        at: Timestamp,
        by: PersonId,
    },
    Expired {
        at: Timestamp,
    },
    Cancelled {
        at: Timestamp,
    },
    Revoked {
        at: Timestamp,
    },
}

impl State {
    #[must_use]
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Pending => Phase::Pending,
            Self::Held { .. } => Phase::Held,
            Self::Approved => Phase::Approved,
            Self::Consumed { .. } => Phase::Consumed,
            Self::Denied { .. } => Phase::Denied,
            Self::Expired { .. } => Phase::Expired,
            Self::Cancelled { .. } => Phase::Cancelled,
            Self::Revoked { .. } => Phase::Revoked,
        }
    }
    /// When it came to its end; `None` before that.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Pending | Self::Held { .. } | Self::Approved => None,
            Self::Consumed { at, .. }
            | Self::Denied { at, .. }
            | Self::Expired { at }
            | Self::Cancelled { at }
            | Self::Revoked { at } => Some(*at),
        }
    }
}

/// What people decide on. The bound bytes are stored once, beside it; `digest` stands for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    pub id: EscalationId,
    /// The decision that escalated.
    pub decision: DecisionId,
    pub agent: IdentityId,
    pub agent_epoch: i64,
    pub requirement: Requirement,
    /// As they were when it opened; those of now are added at each vote.
    pub bars: Bars,
    /// [`super::Binding::digest`], hex.
    pub digest: String,
    pub card_version: i64,
    /// SHA-256 of the card of this version, hex.
    pub card_hash: String,
    pub opened_at: Timestamp,
    /// It waits in `[opened_at, expires_at)`.
    pub expires_at: Timestamp,
    pub state: State,
    /// When it was approved and the hold, if any, was over; kept through what comes after.
    pub released_at: Option<Timestamp>,
    /// When the agent was first told of the approval.
    pub learned_at: Option<Timestamp>,
    /// Those that stand, in the order they came.
    pub votes: Vec<Vote>,
    pub version: i64,
}

/// What a route still lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub route: String,
    /// How many more people.
    pub people: u32,
    /// One of them neither an owner nor new in the role.
    pub other: bool,
}

impl Escalation {
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.state.phase()
    }

    /// What is still missing; empty once enough people approved on every route.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let on = |route: &String| {
            let votes = self.votes.iter().filter(|v| v.verdict == Verdict::Approve && v.routes.contains(route));
            let (count, alone) = votes.fold((0_u32, false), |(n, alone), v| (n + 1, alone || v.alone));
            let other = !alone;
            let people = self.requirement.quorum.saturating_sub(count).max(u32::from(other));
            (people > 0).then(|| Missing { route: route.clone(), people, other })
        };
        self.requirement.routes.iter().filter_map(on).collect()
    }

    /// The instant from which an approval can no longer be used; `None` unless it is approved.
    #[must_use]
    pub fn usable_until(&self) -> Option<Timestamp> {
        let latest = self.released_at.filter(|_| self.phase() == Phase::Approved)? + USABLE;
        Some(self.learned_at.map_or(latest, |known| latest.min(known + USABLE_ONCE_KNOWN)))
    }

    /// As a requester reads it (ARAP): the hold is ours alone, and what was approved stays approved, used up or not.
    #[must_use]
    pub const fn on_the_wire(&self) -> &'static str {
        match (self.released_at, self.phase()) {
            (Some(_), _) => "approved",
            (None, Phase::Expired) => "expired",
            (None, Phase::Cancelled) => "cancelled",
            (None, Phase::Denied | Phase::Revoked) => "denied",
            (None, _) => "pending",
        }
    }

    /// What the passing of time alone makes of it at `at`, if anything: the hold ends, the card or the approval expires.
    #[must_use]
    pub fn due(&self, at: Timestamp) -> Option<Phase> {
        match self.state {
            State::Held { until } if until < self.expires_at && at >= until => Some(Phase::Approved),
            State::Pending | State::Held { .. } if at >= self.expires_at => Some(Phase::Expired),
            State::Approved if self.usable_until().is_some_and(|end| at >= end) => Some(Phase::Expired),
            _ => None,
        }
    }

    /// When time alone next changes it; `None` once it has ended.
    #[must_use]
    pub fn changes_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Pending => Some(self.expires_at),
            State::Held { until } => Some(until.min(self.expires_at)),
            State::Approved => self.usable_until(),
            _ => None,
        }
    }

    fn settled(&self) -> Error {
        Error::conflict(format!("it is already {}", self.phase()))
    }
    fn moved(mut self, state: State) -> Result<Self> {
        if !self.phase().may_become(state.phase()) {
            return Err(self.settled());
        }
        self.state = state;
        Ok(self)
    }

    /// Casts a vote. A deny ends it; the approval that completes every route puts it on hold (low and medium) or approves it.
    ///
    /// # Errors
    /// `Conflict` once it is settled or released, for a card that changed since it was shown, for a second vote of the same
    /// human; `Expired` past its end; `Forbidden` for who may not decide; `Invalid` for an approval given with too little care.
    pub fn vote(mut self, ballot: Ballot, electorate: &Electorate, at: Timestamp) -> Result<Self> {
        match (&self.state, ballot.verdict) {
            (State::Pending, _) => {}
            (State::Held { until }, Verdict::Deny) if at < *until => {}
            (State::Held { .. }, _) => return Err(Error::conflict("enough people have approved it already")),
            _ => return Err(self.settled()),
        }
        if at >= self.expires_at {
            return Err(Error::new(Kind::Expired, "nobody answered in time: it is denied"));
        }
        if ballot.digest != self.digest || ballot.card_version != self.card_version {
            return Err(Error::conflict("changed since you looked: read the card again"));
        }
        let seat = self.seat(&ballot, electorate, at)?;
        match ballot.verdict {
            Verdict::Approve => self.requirement.tier.friction().check(&ballot, at)?,
            Verdict::Deny if ballot.code.is_some_and(|code| !code.fits(Verdict::Deny)) => {
                return Err(Error::invalid("this reason is one for approving: choose a reason for denying"));
            }
            Verdict::Deny => {}
        }
        let (verdict, by) = (ballot.verdict, ballot.by);
        self.votes.push(self.counted(ballot, seat, at));
        match verdict {
            Verdict::Deny => self.moved(State::Denied { at, by }),
            Verdict::Approve => self.if_complete(at),
        }
    }

    fn seat(&self, ballot: &Ballot, electorate: &Electorate, at: Timestamp) -> Result<Seat> {
        let mut seats = electorate.seats(&self.bars, &self.requirement.routes, ballot.by, at)?;
        seats.retain(|s| ballot.seat.is_none_or(|wanted| wanted == s.person));
        if seats.is_empty() {
            return Err(Error::forbidden("you may not decide for that person"));
        }
        let free = |s: &Seat| !self.votes.iter().any(|v| v.same_human(ballot.by, s.person));
        seats.into_iter().find(free).ok_or_else(|| Error::conflict("you have decided already: one human, one vote"))
    }

    fn counted(&self, ballot: Ballot, seat: Seat, at: Timestamp) -> Vote {
        Vote {
            id: ballot.id,
            by: ballot.by,
            seat: seat.person,
            routes: seat.routes,
            alone: seat.alone,
            verdict: ballot.verdict,
            at,
            digest: ballot.digest,
            card_version: ballot.card_version,
            card_hash: self.card_hash.clone(),
            code: ballot.code,
            reason: ballot.reason,
            shown_at: ballot.shown_at,
            step_up: ballot.step_up,
        }
    }

    fn if_complete(self, at: Timestamp) -> Result<Self> {
        if !self.missing().is_empty() {
            return Ok(self);
        }
        match self.requirement.tier.hold_seconds() {
            Some(hold) => self.moved(State::Held { until: at + TimeDelta::seconds(hold.into()) }),
            None => self.approved(at),
        }
    }

    fn approved(self, at: Timestamp) -> Result<Self> {
        Ok(Self { released_at: Some(at), ..self.moved(State::Approved)? })
    }

    /// Takes an approval back while it is held.
    ///
    /// # Errors
    /// `Conflict` unless it is held still; `Forbidden` for anyone who did not approve it; `Expired` past its end.
    pub fn undo(mut self, by: PersonId, at: Timestamp) -> Result<Self> {
        match self.state {
            State::Held { until } if at < until => {}
            State::Held { .. } => return Err(Error::conflict("it was released already: revoke it instead")),
            _ => return Err(self.settled()),
        }
        if at >= self.expires_at {
            return Err(Error::new(Kind::Expired, "nobody answered in time: it is denied"));
        }
        let count = self.votes.len();
        self.votes.retain(|v| v.by != by);
        if self.votes.len() == count {
            return Err(Error::forbidden("only who approved it can take that back"));
        }
        // where the other votes suffice by themselves, the hold starts anew
        self.moved(State::Pending)?.if_complete(at)
    }

    /// Releases what was held: the hold is over. The release counts from the end of the hold, however late this is called.
    ///
    /// # Errors
    /// `Conflict` unless it is held and the hold is over; `Expired` past its end.
    pub fn release(self, at: Timestamp) -> Result<Self> {
        match (&self.state, self.due(at)) {
            (State::Held { until }, Some(Phase::Approved)) => {
                let until = *until;
                self.approved(until)
            }
            (State::Held { .. }, Some(_)) => Err(Error::new(Kind::Expired, "it ran out while it was held")),
            (State::Held { until }, None) => Err(Error::conflict(format!("it is held until {until}"))),
            _ => Err(self.settled()),
        }
    }

    /// Notes that the agent has been told of the approval; the first time counts.
    #[must_use]
    pub fn learned(mut self, at: Timestamp) -> Self {
        if self.phase() == Phase::Approved {
            self.learned_at.get_or_insert(at);
        }
        self
    }

    /// Uses the approval up: it becomes the permit `decision`, for the bytes of `digest` and no others (I4).
    ///
    /// # Errors
    /// `Conflict` unless it is approved, or for other bytes; `Expired` past its use.
    pub fn consume(self, digest: &str, decision: DecisionId, at: Timestamp) -> Result<Self> {
        let Some(end) = self.usable_until() else { return Err(self.settled()) };
        if at >= end {
            return Err(Error::new(Kind::Expired, "the approval was not used in time"));
        }
        if digest != self.digest {
            return Err(Error::conflict("the approval is for another request"));
        }
        self.moved(State::Consumed { at, decision })
    }

    /// Ends what time has ended.
    ///
    /// # Errors
    /// `Conflict` unless its time is over.
    pub fn expire(self, at: Timestamp) -> Result<Self> {
        match self.due(at) {
            Some(Phase::Expired) => self.moved(State::Expired { at }),
            _ if self.phase().terminal() => Err(self.settled()),
            _ => Err(Error::conflict("its time is not over")),
        }
    }

    /// The requester no longer wants it.
    ///
    /// # Errors
    /// `Conflict` unless it is open still.
    pub fn cancel(self, at: Timestamp) -> Result<Self> {
        self.moved(State::Cancelled { at })
    }

    /// Ends it from above: its agent, owner, tool or everything was revoked.
    ///
    /// # Errors
    /// `Conflict` once it has ended.
    pub fn revoke(self, at: Timestamp) -> Result<Self> {
        self.moved(State::Revoked { at })
    }

    /// A gate, owner or fact changed: a new version of the card. Votes on the old one do not count for the new.
    ///
    /// # Errors
    /// `Conflict` unless it is open still.
    pub fn refresh(mut self, digest: String, card_hash: String, bars: &Bars) -> Result<Self> {
        if !self.phase().open() {
            return Err(self.settled());
        }
        self.card_version += 1;
        (self.digest, self.card_hash) = (digest, card_hash);
        self.bars = self.bars.and(bars);
        self.votes.clear();
        self.state = State::Pending;
        Ok(self)
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
