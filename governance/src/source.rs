//! A place identities, entitlements or activity come from, with its last sync and when that is too old.
use crate::{id::SourceId, time::Timestamp, words};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

words! {
    /// What a source is, and which importer reads it.
    pub enum Kind("source") {
        AwsIam = "aws-iam",
        Gcp = "gcp",
        Kubernetes = "kubernetes",
        McpConfig = "mcp-config",
        Entra = "entra",
        Okta = "okta",
        Github = "github",
        /// API keys of an organization (Admin API).
        Anthropic = "anthropic",
        A2a = "a2a",
        /// A list that somebody keeps by hand.
        Csv = "csv",
        /// An identity provider that sends what it knows (SCIM 2.0).
        Scim = "scim",
    }
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub id: SourceId,
    pub kind: Kind,
    /// Given by `--name`, or made from the kind and the scope.
    pub name: String,
    /// What it speaks of: an account, a file. Unique within its kind.
    pub scope: String,
    /// What it was last told; `None` before its first import.
    pub last_sync_at: Option<Timestamp>,
    /// Longest acceptable age of the last sync, in seconds.
    pub max_staleness_s: i64,
    pub version: i64,
}

/// A source is stale after a week unless it says otherwise.
pub const MAX_STALENESS_S: i64 = 7 * 24 * 3600;

impl Source {
    /// Whether what it told may no longer be so.
    #[must_use]
    pub fn is_stale(&self, now: Timestamp) -> bool {
        !self.told(None).is_some_and(|told| told.counts(now))
    }

    /// How far its word goes: until its last sync, or until `until` where what was read says so itself. `None`: it was never
    /// read.
    #[must_use]
    pub fn told(&self, until: Option<Timestamp>) -> Option<Told> {
        Told::of(until.or(self.last_sync_at), self.max_staleness_s)
    }
}

/// How far the word of a source goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The end of what it looked at.
    pub until: Timestamp,
    /// From then on it has been silent for too long: nothing is called unused by it.
    pub stale_at: Timestamp,
}

impl Told {
    /// Of a word that goes until then and counts for so many seconds more.
    #[must_use]
    pub fn of(until: Option<Timestamp>, counts_s: i64) -> Option<Self> {
        until.map(|until| Self { until, stale_at: until + TimeDelta::seconds(counts_s) })
    }

    /// What two know together: no more than either.
    #[must_use]
    pub fn all(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Self { until: a.until.min(b.until), stale_at: a.stale_at.min(b.stale_at) }),
            (one, other) => one.or(other),
        }
    }

    /// Whether its silence still means something.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        now <= self.stale_at
    }
}

/// From the first to the last event of the activity logs that were read; in between there may be gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    /// The one that holds both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "activity from {} to {}", self.from, self.to)
    }
}
