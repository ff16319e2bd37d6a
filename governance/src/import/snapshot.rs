//! All that one source shows at one instant, keyed by the source's own names, in an order that does not depend on the file's.
use crate::{
    credential, entitlement,
    identity::{Environment, Kind},
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

words! {
    /// The kinds of file a source is read from. An import that brings only some of them says nothing of the others.
    pub enum Part("part of a source") {
        AuthorizationDetails = "authorization-details",
        CredentialReport = "credential-report",
        AccessAdvisor = "access-advisor",
        Config = "config",
        ServiceAccounts = "service-accounts",
        Rbac = "rbac",
        Pods = "pods",
        TokenSecrets = "token-secrets",
        ServicePrincipals = "service-principals",
        Applications = "applications",
        FederatedCredentials = "federated-credentials",
        AppRoleAssignments = "app-role-assignments",
        PermissionGrants = "permission-grants",
        RoleAssignments = "role-assignments",
        Owners = "owners",
        Sponsors = "sponsors",
        SignInActivity = "sign-in-activity",
        Apps = "apps",
        ApiServices = "api-services",
        ApiTokens = "api-tokens",
        AppGrants = "app-grants",
        AppCredentials = "app-credentials",
        Installations = "installations",
        PersonalAccessTokens = "personal-access-tokens",
        TokenRepositories = "token-repositories",
        DeployKeys = "deploy-keys",
        WorkflowPermissions = "workflow-permissions",
        SubjectClaim = "subject-claim",
        Secrets = "secrets",
        ServiceAccountKeys = "service-account-keys",
        IamPolicy = "iam-policy",
        AssetPolicies = "asset-policies",
        IamInsights = "iam-insights",
        ApiKeys = "api-keys",
        AgentCard = "agent-card",
        /// Logs of what was done: they show who acts, and never who does not.
        Activity = "activity",
        /// A list that somebody keeps by hand.
        Sheet = "sheet",
        /// What an identity provider sends of one agent (SCIM).
        Provisioning = "provisioning",
    }
}

impl Part {
    /// It lists principals in full: what it does not show any more is gone.
    #[must_use]
    pub const fn lists_principals(self) -> bool {
        matches!(
            self,
            Self::AuthorizationDetails
                | Self::ServicePrincipals
                | Self::Apps
                | Self::ApiServices
                | Self::ApiTokens
                | Self::Installations
                | Self::PersonalAccessTokens
                | Self::DeployKeys
                | Self::ApiKeys
                | Self::ServiceAccounts
                | Self::Sheet
        )
    }
    /// It may come for some principals and not for others: it speaks of those that name it in `shown_by`.
    #[must_use]
    pub const fn is_per_principal(self) -> bool {
        matches!(
            self,
            Self::AccessAdvisor
                | Self::Applications
                | Self::FederatedCredentials
                | Self::AppRoleAssignments
                | Self::PermissionGrants
                | Self::RoleAssignments
                | Self::Owners
                | Self::Sponsors
                | Self::SignInActivity
                | Self::AppGrants
                | Self::AppCredentials
                | Self::TokenRepositories
                | Self::WorkflowPermissions
                | Self::SubjectClaim
                | Self::Secrets
                | Self::ServiceAccountKeys
        )
    }
}

/// The note of what runs as a principal, which one part of a source tells: [`Part::Pods`].
pub const RUNS_AS_IT: &str = "runs as it";

/// Begins the notes of which permissions of a role were used.
pub const USED: &str = "used of ";
/// Notes in which sources name whose it is.
pub const OWNERS: [&str; 4] = ["owner", "owners", "label owner", "tag owner"];
/// Begins the notes of what a principal's entitlements lead to; each says where.
pub const POWER: &str = "power: ";
/// Where a power is held, in a sentence: by a policy of AWS's, on a resource of Google's, in a namespace or everywhere in a cluster.
#[must_use]
pub fn held_where(at: &str) -> String {
    match at {
        at if at.starts_with("everywhere") || at.starts_with("in ") => at.to_owned(),
        at if at.starts_with("policy ") || at.starts_with("inline policy ") => format!("by {at}"),
        at => format!("on {at}"),
    }
}

/// The power that takes in all others.
pub const EVERYTHING: &str = "may do everything";
/// Ends the place of a power that is not held over all.
pub const LIMITED: &str = " (for some resources or under a condition)";

/// Adds words to a note that holds a list: sorted, each once, so that it does not depend on the order of the files.
pub fn note(notes: &mut BTreeMap<String, String>, key: &str, words: &str) {
    let known = notes.entry(key.to_owned()).or_default();
    let all: BTreeSet<&str> = known.split(", ").chain(words.split(", ")).filter(|w| !w.is_empty()).collect();
    *known = all.into_iter().collect::<Vec<_>>().join(", ");
}

/// Principals by the source's own name for them (an ARN, a server's name).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub principals: BTreeMap<String, Principal>,
}

/// One principal with all it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    pub claim: Claim,
    #[serde(with = "pairs")]
    pub entitlements: BTreeMap<entitlement::Key, entitlement::Facts>,
    /// By the credential's name in the source.
    pub credentials: BTreeMap<String, credential::Facts>,
}

/// What the source says of the principal itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub kind: Kind,
    /// What people call it there.
    pub name: String,
    pub environment: Option<Environment>,
    pub created_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Whether the source tells when the principal itself was last used.
    pub usage_reported: bool,
    /// Until when the source looked at its use, and at that of what it holds, where it says so; else until its last sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_until: Option<Timestamp>,
    /// When what its patterns take in was last used: actions (`s3:CreateBucket`), and services (`s3:*`), as far as the source tells of
    /// each by itself. `None`: never.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, Option<Timestamp>>,
    /// The parts that spoke of it: it is gone when all those that list principals were read and none did.
    pub shown_by: BTreeSet<Part>,
    /// Whatever else helps a person to know it: path, transport, who may assume it. No secrets.
    pub notes: BTreeMap<String, String>,
    /// The policies that give it what it holds, as the source writes them, where it shows them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub documents: Documents,
    /// Whom it can become in this source, and how: a principal's name, and words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub becomes: BTreeMap<String, String>,
}

/// Policy documents by the words of an entitlement's `via`.
pub type Documents = BTreeMap<String, Document>;

/// One policy as its source writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What the source calls it, where it has a name of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `None`: the source names it and does not show it. Shared by all that hold it, and with what compares them: an account of a
    /// hundred thousand roles has few policies of its own.
    pub text: Option<Arc<serde_json::Value>>,
}

impl Claim {
    /// What to call it where so many names that it could have (one at least) are another's of its kind.
    #[must_use]
    pub fn name_among(&self, scope: &str, taken: usize) -> String {
        match taken {
            1 => format!("{}@{scope}", self.name),
            n => format!("{}@{scope} ({n})", self.name),
        }
    }

    /// What a part of a source says that merely names a principal.
    #[must_use]
    pub fn of(kind: Kind, name: impl Into<String>, shown_by: Part) -> Self {
        Self {
            kind,
            name: name.into(),
            environment: None,
            created_at: None,
            last_used_at: None,
            usage_reported: false,
            usage_until: None,
            usage: BTreeMap::new(),
            shown_by: BTreeSet::from([shown_by]),
            notes: BTreeMap::new(),
            documents: BTreeMap::new(),
            becomes: BTreeMap::new(),
        }
    }
}

impl Snapshot {
    #[must_use]
    pub fn counts(&self) -> Counts {
        let all = self.principals.values();
        Counts {
            identities: all.len(),
            entitlements: all.clone().map(|p| p.entitlements.len()).sum(),
            credentials: all.map(|p| p.credentials.len()).sum(),
        }
    }
}

/// How much a snapshot holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub identities: usize,
    pub entitlements: usize,
    pub credentials: usize,
}

/// What was read from a source's files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// What the files speak of: an account, a file's name. Two scopes are two sources.
    pub scope: String,
    /// The files do not say what they are of: what the import is called (`--name`) takes the place of `scope`.
    pub unscoped: bool,
    pub snapshot: Snapshot,
    /// Malformed objects: skipped, the rest went in. Any of them makes the command end with 1.
    pub problems: Vec<Problem>,
    /// The parts that were among the files.
    pub covered: BTreeSet<Part>,
    /// Principals with something malformed in them: what the register knows of them is not taken away.
    pub partial: BTreeSet<String>,
    /// Those of them whose kind was among it: the one the register knows stays.
    pub kinds_unread: BTreeSet<String>,
    /// Of a list that comes in pieces (the deploy keys of each repository): how the names of those begin that the files speak of.
    pub pieces: BTreeSet<String>,
    /// A malformed object did not even say which principal it is: none is taken to be gone.
    pub unnamed: bool,
    /// What to know about the result, in words.
    pub notes: Vec<String>,
    /// What is no non-human identity by this product's rules, each with its reason; not stored.
    pub set_aside: Vec<SetAside>,
}

impl Parsed {
    /// Gives a file that does not say what it is of the name it was imported under, in the places it names too.
    pub fn rescope(&mut self, name: &str) {
        let before = format!("{}: ", std::mem::replace(&mut self.scope, name.into()));
        for facts in self.snapshot.principals.values_mut().flat_map(|p| p.credentials.values_mut()) {
            let within = facts.same_as.as_deref().and_then(|place| place.strip_prefix(&before));
            if let Some(place) = within.map(|rest| format!("{name}: {rest}")) {
                facts.same_as = Some(place);
            }
        }
    }
}

/// One malformed object: where it stands and what is wrong. Never shows a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub file: String,
    /// `RoleDetailList[3].Arn`, `line 7`.
    pub place: String,
    pub words: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.place, self.words)
    }
}

/// One principal that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    pub principal: String,
    pub reason: String,
}

/// JSON has no maps keyed by a struct: a list of pairs.
mod pairs {
    use crate::entitlement::{Facts, Key};
    use serde::{Deserialize, Deserializer, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<S: Serializer>(map: &BTreeMap<Key, Facts>, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(map)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<BTreeMap<Key, Facts>, D::Error> {
        Ok(Vec::<(Key, Facts)>::deserialize(d)?.into_iter().collect())
    }
}
