//! One source's claim that a principal exists: matched to an identity, or a visibility gap.
use crate::{
    id::{IdentityId, SightingId, SourceId},
    identity::Kind,
    time::Timestamp,
    words,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    pub id: SightingId,
    /// `None`: it asked us.
    pub source: Option<SourceId>,
    /// The source's own name for it: an ARN, `type:id` of a question.
    pub principal: String,
    pub kind: Kind,
    /// What the source calls it for people.
    pub name: String,
    /// `None`: nobody registered it (a visibility gap).
    pub identity: Option<IdentityId>,
    pub first_seen_at: Timestamp,
    /// The last import or question that showed it.
    pub last_seen_at: Timestamp,
    /// Set when a later import of the source no longer shows it.
    pub gone_at: Option<Timestamp>,
}

impl Sighting {
    /// When it was last shown: while its source shows it, at that one's last sync.
    #[must_use]
    pub fn last_shown_at(&self, last_sync_at: Option<Timestamp>) -> Timestamp {
        last_sync_at.filter(|_| self.gone_at.is_none()).unwrap_or(self.last_seen_at)
    }
}

/// How long something may be there that nobody answers for, in days from when we first knew of it.
pub const DUE_DAYS: i64 = 7;

words! {
    /// How we know of what nobody answers for.
    pub enum How("way to know of it") {
        /// It asked us and is not in the register.
        Asked = "asked",
        /// A source showed it, and it has no owner.
        Shown = "shown",
    }
}

/// What acts and nobody answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub how: How,
    /// Of a sighting, or of an identity.
    pub id: String,
    pub kind: Kind,
    pub name: String,
    /// What the source is called that showed it.
    pub source: Option<String>,
    /// When we first knew of it: the clock runs from here.
    pub since: Timestamp,
    pub last_seen_at: Option<Timestamp>,
}

impl Gap {
    /// Until then it is to have an owner.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        due_at(self.since)
    }
}

/// From how many days before the end people are told that it nears.
pub const ENDING_DAYS: i64 = 2;

words! {
    /// How far the time has run in which something is to have an owner.
    pub enum Stage("stage of a gap") {
        Runs = "runs",
        /// Two days are left, or less.
        Ending = "ending",
        Over = "over",
    }
}

impl Stage {
    /// Of what is known since then.
    #[must_use]
    pub fn of(since: Timestamp, now: Timestamp) -> Self {
        let due = due_at(since);
        if now >= due {
            Self::Over
        } else if now >= due - TimeDelta::days(ENDING_DAYS) {
            Self::Ending
        } else {
            Self::Runs
        }
    }
}

/// When what is known since then is to have an owner.
#[must_use]
pub fn due_at(since: Timestamp) -> Timestamp {
    since + TimeDelta::days(DUE_DAYS)
}
