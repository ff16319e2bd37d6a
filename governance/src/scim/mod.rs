//! SCIM 2.0 (RFC 7643, RFC 7644) without a database: which attributes there are, filters, changes, and what an answer shows.
pub mod discovery;
pub mod document;
pub mod filter;
mod holds;
mod lexer;
pub mod patch;
pub mod path;
pub mod project;
pub mod schema;
#[cfg(test)]
mod tests;

use crate::error::{Error, Kind};

/// One resource as JSON, under the names its schema gives.
pub type Document = serde_json::Map<String, serde_json::Value>;

/// What can be provisioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    User,
    Group,
    Agent,
}

impl Resource {
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Agent];

    /// The resource type's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Agent => "Agent",
        }
    }

    /// Where it is, under the base address.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
            Self::Agent => "/Agents",
        }
    }

    /// The URN of its schema; an agent's is that of draft-abbey-scim-agent-extension and draft-wzdk-scim-agent-resource.
    #[must_use]
    pub const fn urn(self) -> &'static str {
        match self {
            Self::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
            Self::Agent => "urn:ietf:params:scim:schemas:core:2.0:Agent",
        }
    }
}

/// Why a request was refused, as RFC 7644 §3.12 says it.
#[derive(Debug)]
pub struct Fault {
    pub status: u16,
    pub scim_type: Option<&'static str>,
    pub detail: String,
    /// What it came from, for the log.
    pub error: Option<Error>,
}

impl Fault {
    fn of(status: u16, scim_type: Option<&'static str>, detail: impl Into<String>) -> Self {
        Self { status, scim_type, detail: detail.into(), error: None }
    }
    pub fn value(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidValue"), detail)
    }
    pub fn syntax(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidSyntax"), detail)
    }
    pub fn filter(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidFilter"), detail)
    }
    pub fn path(detail: impl Into<String>) -> Self {
        Self::of(400, Some("invalidPath"), detail)
    }
    pub fn no_target(detail: impl Into<String>) -> Self {
        Self::of(400, Some("noTarget"), detail)
    }
    pub fn mutability(detail: impl Into<String>) -> Self {
        Self::of(400, Some("mutability"), detail)
    }
    pub fn taken(detail: impl Into<String>) -> Self {
        Self::of(409, Some("uniqueness"), detail)
    }
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::of(409, None, detail)
    }
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::of(404, None, detail)
    }
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::of(403, None, detail)
    }
    pub fn outdated() -> Self {
        Self::of(412, None, "it changed since that version (If-Match): get it again")
    }
    pub fn not_implemented(detail: impl Into<String>) -> Self {
        Self::of(501, None, detail)
    }
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        let scim_type = (e.kind == Kind::Invalid).then_some("invalidValue");
        let (status, _) = e.kind.status_and_title();
        Self { status, scim_type, detail: e.detail.clone(), error: Some(e) }
    }
}

/// The answer to a request, or why there is none.
pub type Result<T, E = Fault> = std::result::Result<T, E>;
