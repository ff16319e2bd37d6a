//! Secrets: the long-lived credentials that are switched on, and what is of concern about each.
//!
//! Silence is never an answer: where a source tells no age, use or end, that is what is said of the secret.
use crate::credential::{Credential, Kind, Storage};
use crate::finding::rules::DAYS;
use crate::id::IdentityId;
use crate::identity::Environment;
use crate::time::Timestamp;
use crate::words;
use chrono::TimeDelta;
use serde::Serialize;

words! {
    /// What is of concern about a secret, the worst first.
    pub enum Concern("concern") {
        /// It stood readable in a file; its value was dropped.
        Exposed = "exposed",
        /// Identities of different environments hold the same one.
        AcrossEnvironments = "across_environments",
        /// Several identities hold the same one.
        Shared = "shared",
        /// A person can sign in with it, and somebody used it.
        UsedByPeople = "used_by_people",
        /// Its end is past, and its source still shows it switched on.
        Expired = "expired",
        NeverExpires = "never_expires",
        /// In use for more than [`DAYS`] days since it was made or rotated.
        Old = "old",
        AgeNotTold = "age_not_told",
        NeverRotated = "never_rotated",
        /// Its source tells of use, and of none in [`DAYS`] days.
        Unused = "unused",
        /// It is kept in a configuration file.
        InFile = "in_file",
    }
}

impl Concern {
    /// As a short heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Exposed => "Readable in a file",
            Self::AcrossEnvironments => "Used across environments",
            Self::Shared => "Shared by identities",
            Self::UsedByPeople => "Used by people",
            Self::Expired => "Past its end",
            Self::NeverExpires => "Never expires",
            Self::Old => "Older than 90 days",
            Self::AgeNotTold => "Age not told",
            Self::NeverRotated => "Never rotated",
            Self::Unused => "Unused for 90 days",
            Self::InFile => "Kept in a file",
        }
    }

    /// What must be before this instant for the concern to hold; `None`: time has no part in it.
    #[must_use]
    pub fn cutoff(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Old | Self::Unused => Some(now - TimeDelta::days(DAYS)),
            Self::Expired => Some(now),
            _ => None,
        }
    }
}

/// Which credentials are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    /// Every secret.
    #[default]
    Secrets,
    /// The secrets of one concern.
    Of(Concern),
    /// All credentials of a kind, trusts and those that are switched off too.
    Kind(Kind),
}

/// Another identity that holds the same secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    pub id: IdentityId,
    pub name: String,
    pub environment: Option<Environment>,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Secret {
    #[serde(flatten)]
    pub credential: Credential,
    pub identity_name: String,
    pub identity_kind: crate::identity::Kind,
    pub environment: Option<Environment>,
    pub source_name: String,
    /// The source has been silent for too long for its word on use to count.
    pub stale: bool,
    pub concerns: Vec<Concern>,
    /// Others that hold it, so far as sources tell; the first [`ELSEWHERE`].
    pub elsewhere: Vec<Holder>,
}

/// Other holders that a line names.
pub const ELSEWHERE: i64 = 5;

/// What a source tells of rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    At(Timestamp),
    /// It is the one that was made then.
    Never(Timestamp),
    NotTold,
}

/// Nothing but the dates of the source: most platforms rotate by making another secret, which has a date of its own.
#[must_use]
pub fn rotation(it: &Credential) -> Rotation {
    match (it.facts.created_at, it.facts.last_rotated_at) {
        (Some(made), rotated) if rotated.is_none_or(|at| at <= made) => Rotation::Never(made),
        (_, Some(at)) => Rotation::At(at),
        (_, None) => Rotation::NotTold,
    }
}

/// Its concerns, worst first; none for what is no secret or switched off.
#[must_use]
pub fn concerns(it: &Credential, shared: bool, across: bool, now: Timestamp) -> Vec<Concern> {
    let f = &it.facts;
    let before = |concern: Concern, at: Timestamp| concern.cutoff(now).is_some_and(|cutoff| at < cutoff);
    let holds = |concern: Concern| match concern {
        Concern::Exposed => f.exposed,
        Concern::AcrossEnvironments => across,
        Concern::Shared => shared,
        Concern::UsedByPeople => f.interactive && f.last_used_at.is_some(),
        Concern::Expired => f.expires_at.is_some_and(|at| before(concern, at)),
        Concern::NeverExpires => f.expiry_reported && f.expires_at.is_none(),
        Concern::Old => f.in_use_since().is_some_and(|at| before(concern, at)),
        Concern::AgeNotTold => f.in_use_since().is_none(),
        Concern::NeverRotated => matches!(rotation(it), Rotation::Never(_)),
        Concern::Unused => {
            let idle = f.last_used_at.or(f.created_at).unwrap_or(it.first_seen_at);
            f.usage_reported && before(concern, idle)
        }
        Concern::InFile => f.storage == Some(Storage::ConfigFile),
    };
    let secret = f.long_lived && f.active;
    Concern::ALL.iter().copied().filter(|concern| secret && holds(*concern)).collect()
}
