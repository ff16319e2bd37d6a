//! What an identity may do in a source: an action on a resource, and how much power that is.
use crate::{
    id::{EntitlementId, IdentityId, SourceId},
    time::Timestamp,
    words,
};
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
    /// Not used since `since`, as far as the source tells; `None` where it does not.
    #[must_use]
    pub fn unused_since(&self, since: Timestamp) -> Option<bool> {
        self.usage_reported.then(|| self.last_used_at.is_none_or(|at| at < since))
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

    #[test]
    fn silence_of_a_source_is_not_disuse() {
        let at = |s: i64| Timestamp::from_micros(s * 1_000_000).unwrap();
        let facts = |usage_reported, last_used_at: Option<i64>| Facts {
            privilege: Privilege::Read,
            wildcard: false,
            conditional: false,
            expires_at: None,
            last_used_at: last_used_at.map(at),
            usage_reported,
        };
        let check = |f: Facts, unused, words: &str| {
            assert_eq!(f.unused_since(at(100_000)), unused, "{f:?}");
            assert_eq!(f.last_used_words(), words, "{f:?}");
        };
        check(facts(false, None), None, "source does not say");
        check(facts(true, None), Some(true), "never");
        check(facts(true, Some(1)), Some(true), "1970-01-01");
        check(facts(true, Some(100_000)), Some(false), "1970-01-02");
    }
}
