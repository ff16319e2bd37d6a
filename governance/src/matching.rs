//! One identity from many sightings: by what a principal is known wherever it is shown, what hints that two identities are one,
//! and what a person made of it (`docs/matching.md`).
use crate::{
    id::{IdentityId, MergeId, SightingId, SourceId},
    identity::{Kind, Status},
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "engine")]
pub mod fold;

words! {
    /// What a term of a principal is. The first of them are strong: they mean the same principal wherever they are shown.
    pub enum Sort("sort of term") {
        AwsArn = "aws_arn",
        GcpAccount = "gcp_service_account",
        /// An object id of a service principal, with its tenant.
        EntraObject = "entra_object",
        /// An application's id, with the tenant whose principal it is.
        EntraApp = "entra_app",
        OktaClient = "okta_client",
        /// Cluster, namespace and name.
        KubernetesAccount = "kubernetes_service_account",
        /// An app's number, with the host.
        GithubApp = "github_app",
        /// The address of an agent's card or of the agent itself.
        AgentCard = "agent_card",
        AccessKey = "access_key",
        /// An id whose tenant, cluster or organisation the source does not tell.
        Id = "id",
        /// A key or certificate by its id.
        Credential = "credential",
        Address = "address",
        /// A name without what is added to names.
        Name = "name",
    }
}

impl Sort {
    /// Whether it means the same principal wherever it is shown.
    #[must_use]
    pub const fn strong(self) -> bool {
        !matches!(self, Self::Id | Self::Credential | Self::Address | Self::Name)
    }
    /// In words: "the same …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AwsArn => "ARN",
            Self::GcpAccount => "Google service account",
            Self::EntraObject => "Entra object id",
            Self::EntraApp => "Entra application id",
            Self::OktaClient => "Okta client id",
            Self::KubernetesAccount => "Kubernetes service account",
            Self::GithubApp => "GitHub app",
            Self::AgentCard => "agent's address",
            Self::AccessKey => "access key id",
            Self::Id => "id",
            Self::Credential => "credential",
            Self::Address => "address",
            Self::Name => "name",
        }
    }
}

/// By what a principal is known, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Term {
    pub sort: Sort,
    pub value: String,
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.sort, self.value)
    }
}

impl std::str::FromStr for Term {
    type Err = crate::error::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sort, value) = text.split_once(' ').unwrap_or((text, ""));
        Ok(Self { sort: sort.parse()?, value: value.to_owned() })
    }
}

/// A new principal of a source that is an identity known already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    pub principal: String,
    pub identity: IdentityId,
    pub name: String,
    pub key: Term,
    /// The source that shows it under this key.
    pub source: SourceId,
    pub source_name: String,
}

words! {
    /// How much speaks for it that two identities are one.
    pub enum Strength("strength of a suggestion") {
        Likely = "likely",
        Possible = "possible",
    }
}

/// One identity of two that may be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    pub id: IdentityId,
    pub kind: Kind,
    pub name: String,
    pub status: Status,
    pub owner: Option<String>,
    pub version: i64,
    pub registered_at: Timestamp,
    pub shown: Vec<ShownBy>,
}

/// What one source says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownBy {
    pub source: String,
    pub principal: String,
    pub name: String,
    pub created_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Whether it tells of use at all.
    pub usage_reported: bool,
    pub last_seen_at: Timestamp,
    /// It was not read for too long: what it does not say is not known.
    pub stale: bool,
    pub gone: bool,
}

/// Two identities of different sources that may be one; the one to keep first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub keep: Side,
    pub other: Side,
    pub strength: Strength,
    /// In words, the strongest first.
    pub reasons: Vec<String>,
}

/// Suggestions, the likely ones first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestions {
    pub suggestions: Vec<Suggestion>,
    /// There are more than are named.
    pub more: bool,
}

/// What a merge ends of the identity that is retired by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    pub grants: usize,
    /// Open questions and approvals that were not used.
    pub escalations: usize,
    pub keys: usize,
}

/// Two identities that a person said are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    pub id: MergeId,
    /// The position of its event in the log.
    pub seq: i64,
    pub at: Timestamp,
    /// The one that is retired by it.
    pub identity: IdentityId,
    pub name: String,
    pub kept: IdentityId,
    pub kept_name: String,
    pub by: String,
    pub before: Before,
    pub undone_at: Option<Timestamp>,
}

/// What undoing a merge goes back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub status: Status,
    pub suspended_at: Option<Timestamp>,
    /// What went over to the one that was kept.
    pub sightings: Vec<SightingId>,
    pub first_seen_at: Timestamp,
    pub kept_first_seen_at: Timestamp,
}
