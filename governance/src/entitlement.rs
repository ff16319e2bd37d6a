//! What an identity may do in a source: an action on a resource, and how much power that is.
use crate::{
    id::{EntitlementId, IdentityId, SourceId},
    source::Told,
    time::Timestamp,
    words,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

words! {
    /// How much power an action gives, least first; `unknown` when the source does not say what it allows.
    pub enum Privilege("privilege level") {
        List = "list",
        Read = "read",
        Tagging = "tagging",
        Write = "write",
        Unknown = "unknown",
        /// Can give access to itself or to others.
        PermissionsManagement = "permissions_management",
        /// Everything of a service, or everything.
        Administrative = "administrative",
    }
}

impl Privilege {
    /// Whether holding it all the time is a risk by itself.
    #[must_use]
    pub const fn is_privileged(self) -> bool {
        matches!(self, Self::PermissionsManagement | Self::Administrative)
    }
}

/// What makes two entitlements of one identity the same: `via` is the policy and, where it comes through one, the group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub action: String,
    pub resource: String,
    pub via: String,
}

/// What a source says of one entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub privilege: Privilege,
    /// The action or the resource is a pattern that matches more than one named thing.
    pub wildcard: bool,
    /// The source allows it only under a condition (which we do not evaluate).
    pub conditional: bool,
    /// `None`: no end is known, so it is standing.
    pub expires_at: Option<Timestamp>,
    /// Last use; with `usage_reported` false, `None` means that the source does not say.
    pub last_used_at: Option<Timestamp>,
    /// Whether the source tells of use at all. True and no `last_used_at`: not used as far back as it looks.
    pub usage_reported: bool,
}

/// Whether something was used in a window of time. In this order: whatever was used anywhere is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "use", content = "last")]
pub enum Use {
    /// Reported to be unused for the whole window; its last use before.
    Unused(Option<Timestamp>),
    /// The source does not say, has not known it for so long, or has been silent for too long.
    Unknown,
    Used(Timestamp),
}

/// One entitlement as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    pub id: EntitlementId,
    pub identity: IdentityId,
    pub source: SourceId,
    #[serde(flatten)]
    pub key: Key,
    #[serde(flatten)]
    pub facts: Facts,
    /// When the source first showed it to us.
    pub first_seen_at: Timestamp,
    /// How far its source's word on use goes; `None`: it was never read, or not asked for. Of the source, so not part of the row.
    #[serde(skip)]
    pub told: Option<Told>,
}

impl Entitlement {
    /// Its use in a window of so many days. Used is what was used since `now - days`; unused only what its source saw no use of
    /// in as many days before the end of its word, having known it (`known_since`) all that time.
    #[must_use]
    pub fn used(&self, known_since: Timestamp, now: Timestamp, days: i64) -> Use {
        let window = TimeDelta::days(days);
        let last = self.facts.last_used_at;
        if let Some(at) = last.filter(|at| *at >= now - window) {
            return Use::Used(at);
        }
        let Some(told) = self.told.filter(|told| self.facts.usage_reported && told.counts(now)) else {
            return Use::Unknown;
        };
        let since = told.until.min(now) - window;
        if known_since < since && last.is_none_or(|at| at < since) { Use::Unused(last) } else { Use::Unknown }
    }
}

impl Facts {
    /// A plain entitlement of which nothing is known but its power: without an end, and nobody tells of its use.
    #[must_use]
    pub const fn of(privilege: Privilege) -> Self {
        Self {
            privilege,
            wildcard: false,
            conditional: false,
            expires_at: None,
            last_used_at: None,
            usage_reported: false,
        }
    }
    /// It has no end.
    #[must_use]
    pub const fn is_standing(&self) -> bool {
        self.expires_at.is_none()
    }
    /// The last use in words: a date, `never`, or that the source does not say.
    #[must_use]
    pub fn last_used_words(&self) -> String {
        match (self.usage_reported, self.last_used_at) {
            (_, Some(at)) => at.datetime().format("%Y-%m-%d").to_string(),
            (true, None) => "never".into(),
            (false, None) => "source does not say".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_micros(n * 86_400_000_000).unwrap()
    }

    /// Known since day 0, of a source whose word goes until `until` and counts for a week; looked at on day 200.
    fn used(usage_reported: bool, last_used: Option<i64>, until: i64) -> Use {
        let (bytes, at) = ([0; 10], day(0));
        let it = Entitlement {
            id: EntitlementId::new(at, bytes),
            identity: IdentityId::new(at, bytes),
            source: SourceId::new(at, bytes),
            key: Key { action: "a".into(), resource: "*".into(), via: String::new() },
            facts: Facts { last_used_at: last_used.map(day), usage_reported, ..Facts::of(Privilege::Read) },
            first_seen_at: at,
            told: Some(Told { until: day(until), stale_at: day(until + 7) }),
        };
        it.used(day(0), day(200), 90)
    }

    #[test]
    fn silence_of_a_source_is_not_disuse() {
        assert_eq!(used(false, None, 200), Use::Unknown);
        assert_eq!(used(false, Some(150), 200), Use::Used(day(150)), "a date is a fact, whoever tells it");
    }

    #[test]
    fn what_was_not_seen_in_the_whole_window_is_unused() {
        assert_eq!(used(true, None, 200), Use::Unused(None));
        assert_eq!(used(true, Some(109), 200), Use::Unused(Some(day(109))));
        assert_eq!(used(true, Some(110), 200), Use::Used(day(110)));
    }

    #[test]
    fn the_window_ends_where_the_word_of_the_source_does() {
        assert_eq!(used(true, Some(100), 193), Use::Unused(Some(day(100))));
        assert_eq!(used(true, Some(105), 193), Use::Unknown, "its 90 days are from day 103 to 193");
        assert_eq!(used(true, None, 192), Use::Unknown, "an old report says nothing of today");
        assert_eq!(used(true, None, 80), Use::Unknown);
    }

    #[test]
    fn the_last_use_is_said_in_words() {
        let facts = |usage_reported, last: Option<i64>| Facts {
            last_used_at: last.map(day),
            usage_reported,
            ..Facts::of(Privilege::Read)
        };
        assert_eq!(facts(false, None).last_used_words(), "source does not say");
        assert_eq!(facts(true, None).last_used_words(), "never");
        assert_eq!(facts(true, Some(1)).last_used_words(), "1970-01-02");
    }
}
