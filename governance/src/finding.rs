//! A gap or a risk in the register: what, about whom, how bad, and how to mend it.
use crate::{id::FindingId, time::Timestamp, words};
use serde::{Deserialize, Serialize};

pub mod rules;

words! {
    /// What is looked for. Each is a pure function of the register ([`rules`]).
    pub enum Rule("rule") {
        NoOwner = "no_owner",
        NoBackup = "no_backup",
        Unused90d = "unused_90d",
        StandingAdmin = "standing_admin",
        CanEscalate = "can_escalate",
        KeyOlder90d = "key_older_90d",
        SecretInConfig = "secret_in_config",
        NeverAttested = "never_attested",
        NotMonitored = "not_monitored",
        UnregisteredPrincipalAsked = "unregistered_principal_asked",
        EmptyRoute = "empty_route",
        ShortRoute = "short_route",
        NoticeUndelivered = "notice_undelivered",
        ExecutedUndecided = "executed_undecided",
        ExecutedDifferently = "executed_differently",
        DeniedYetExecuted = "denied_yet_executed",
        NeverExecuted = "never_executed",
        OutsideBoundary = "outside_boundary",
        FirstTool = "first_tool",
        FirstDestination = "first_destination",
        UnusualRate = "unusual_rate",
        UnusualAmount = "unusual_amount",
        SecretInArguments = "secret_in_arguments",
        CreatedIdentity = "created_identity",
        ReactionCapped = "reaction_capped",
        BuildChanged = "build_changed",
        DefinitionChanged = "definition_changed",
        AttestAgain = "attest_again",
    }
}

words! {
    pub enum Severity("severity") {
        Low = "low",
        Medium = "medium",
        High = "high",
        Critical = "critical",
    }
}

words! {
    pub enum State("state of a finding") {
        Open = "open",
        /// An approved exception lets it stay for a time.
        Excepted = "excepted",
        Resolved = "resolved",
    }
}

impl Rule {
    /// The rule as a short heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoOwner => "No owner",
            Self::NoBackup => "No backup owner",
            Self::Unused90d => "Unused for 90 days",
            Self::StandingAdmin => "Standing administrative privilege",
            Self::CanEscalate => "Can give itself more",
            Self::KeyOlder90d => "Key older than 90 days",
            Self::SecretInConfig => "Secret in a configuration file",
            Self::NeverAttested => "Never attested",
            Self::NotMonitored => "Not monitored",
            Self::UnregisteredPrincipalAsked => "An unregistered principal asked",
            Self::EmptyRoute => "Nobody to ask in a group",
            Self::ShortRoute => "Too few to ask in a group",
            Self::NoticeUndelivered => "A notice that never arrived",
            Self::ExecutedUndecided => "Executed without a decision",
            Self::ExecutedDifferently => "Executed differently from what was decided",
            Self::DeniedYetExecuted => "Denied, yet executed",
            Self::NeverExecuted => "Approved, but never executed",
            Self::OutsideBoundary => "Outside its boundary",
            Self::FirstTool => "Its first use of a tool",
            Self::FirstDestination => "Its first use of a destination",
            Self::UnusualRate => "More acts than it is used to",
            Self::UnusualAmount => "An amount far from its own history",
            Self::SecretInArguments => "A secret in arguments or prompts",
            Self::CreatedIdentity => "It created an identity or a key",
            Self::ReactionCapped => "A rule reached its cap",
            Self::BuildChanged => "An agent that is no longer the one approved",
            Self::DefinitionChanged => "A tool that is no longer the one approved",
            Self::AttestAgain => "Another role, and what it held before",
        }
    }

    /// It is found by watching what happens, not in what the register holds: it stays open until a person has looked.
    #[must_use]
    pub const fn watched(self) -> bool {
        matches!(
            self,
            Self::ExecutedUndecided
                | Self::ExecutedDifferently
                | Self::DeniedYetExecuted
                | Self::NeverExecuted
                | Self::OutsideBoundary
                | Self::FirstTool
                | Self::FirstDestination
                | Self::UnusualRate
                | Self::UnusualAmount
                | Self::SecretInArguments
                | Self::CreatedIdentity
                | Self::ReactionCapped
                | Self::DefinitionChanged
        )
    }
}

/// What a rule found, before it has an id: two of one rule and subject are the same finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub rule: Rule,
    /// The id of an identity, a credential, a sighting or a resource; `route:` and a group's name; `channel:` and how notices are sent.
    pub subject: String,
    pub severity: Severity,
    /// One sentence with the numbers in it.
    pub words: String,
    /// What ends it.
    pub mend: String,
    /// What was looked at: at most a handful of lines.
    pub evidence: Vec<String>,
}

/// An identity, as a finding names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub id: crate::id::IdentityId,
    pub name: String,
}

/// One finding as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub id: FindingId,
    #[serde(flatten)]
    pub found: Found,
    /// The identity it is about; `None` where there is none yet.
    pub identity: Option<About>,
    pub state: State,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub version: i64,
}
