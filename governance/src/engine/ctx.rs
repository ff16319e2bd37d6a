//! Who acts, and when: made once at the edge, the first argument of every operation.
use super::authz::{Act, Role};
use crate::error::{Error, Kind, Result};
use crate::id::{HookId, IdentityId, KeyId, PersonId};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// What a key may be used for (interfaces.md, `key create --scope`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Ask,
    Act,
    Task,
    Import,
    Read,
    Revoke,
    /// Provision through SCIM; it goes with no other.
    Provision,
}

impl Scope {
    pub const ALL: [Self; 7] =
        [Self::Ask, Self::Act, Self::Task, Self::Import, Self::Read, Self::Revoke, Self::Provision];
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Act => "act",
            Self::Task => "task",
            Self::Import => "import",
            Self::Read => "read",
            Self::Revoke => "revoke",
            Self::Provision => "provision",
        }
    }
}
impl std::str::FromStr for Scope {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|v| v.as_str() == s).ok_or_else(|| {
            Error::invalid(format!(
                "there is no scope `{s}`: it is one of ask, act, task, import, read, revoke, provision"
            ))
        })
    }
}

/// An agent or a gateway, known by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCaller {
    pub id: KeyId,
    /// Whose key it is; `None` for a gateway's.
    pub identity: Option<IdentityId>,
    /// The register's name of that identity.
    pub identity_name: Option<String>,
    /// `TYPE:PATTERN` a gateway may speak for; empty: any subject.
    pub patterns: Vec<String>,
    pub scopes: BTreeSet<Scope>,
    /// A question above the limit opens an escalation by itself.
    pub submits: bool,
    /// The number of the world at which the key was seen to be good: a decision under another number looks again.
    pub seen_at: Option<i64>,
}

impl KeyCaller {
    #[must_use]
    pub fn is_gateway(&self) -> bool {
        self.identity.is_none()
    }
    /// `self` or `gateway`: who observed what this key reports (semantics.md, Audit log).
    #[must_use]
    pub fn observed_by(&self) -> &'static str {
        if self.is_gateway() { "gateway" } else { "self" }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in person with the roles held at this request.
    Person {
        id: PersonId,
        roles: BTreeSet<Role>,
    },
    Key(KeyCaller),
    /// The command line on this host: logged, never a vote.
    Operator {
        host: String,
    },
    /// A hook whose delivery was signed with its secret.
    Hook {
        id: HookId,
        name: String,
    },
    /// The installation itself: `install`, `sweep`, `demo` …
    System(&'static str),
}

impl Actor {
    /// As the log names it.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Person { id, .. } => id.to_string(),
            Self::Key(key) => key.id.to_string(),
            Self::Operator { host } => format!("operator:{host}"),
            Self::Hook { name, .. } => format!("hook:{name}"),
            Self::System(what) => format!("system:{what}"),
        }
    }
}

/// Refuses words that record nothing, and those that are no reason any more.
///
/// # Errors
/// `Invalid` for an empty reason and one of more than 1,000 characters.
pub(super) fn check_reason(reason: &str) -> Result<()> {
    match reason.trim().is_empty() || reason.chars().count() > 1_000 {
        true => Err(Error::invalid("reason: say why in 1 to 1,000 characters")),
        false => Ok(()),
    }
}

#[derive(Debug, Clone)]
pub struct Ctx {
    pub actor: Actor,
    /// Read once an operation. What is compared with the log's order uses [`super::Write::at`] instead.
    pub at: Timestamp,
    pub request_id: Option<String>,
}

impl Ctx {
    /// The first line of every operation.
    ///
    /// # Errors
    /// `Forbidden` in words that name what is missing.
    pub fn authorize(&self, act: Act) -> Result<()> {
        act.allows(&self.actor)
    }

    /// # Errors
    /// `Forbidden` unless a person is signed in.
    pub fn person(&self) -> Result<PersonId> {
        match &self.actor {
            Actor::Person { id, .. } => Ok(*id),
            _ => Err(Error::forbidden("only a signed-in person may do this")),
        }
    }

    /// # Errors
    /// `Unauthenticated` unless a key called, `Forbidden` without the scope.
    pub fn key(&self, scope: Scope) -> Result<&KeyCaller> {
        match &self.actor {
            Actor::Key(key) if key.scopes.contains(&scope) => Ok(key),
            Actor::Key(_) => Err(Error::forbidden(format!(
                "this key lacks the scope `{}`: make one with `countersign key create … --scope {}`",
                scope.as_str(),
                scope.as_str()
            ))),
            _ => {
                Err(Error::new(Kind::Unauthenticated, "send an agent's or gateway's key: Authorization: Bearer csk_…"))
            }
        }
    }
}
