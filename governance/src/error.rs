//! What can go wrong, said once. Callers match on [`Kind`]; people read `detail`; logs get the source.
use serde::{Deserialize, Serialize};

/// The closed list of ways an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The input is wrong; `detail` says what, where and how to mend it.
    Invalid,
    Unauthenticated,
    Forbidden,
    /// There is none, or the caller may not know that there is one.
    NotFound,
    /// It changed in the meantime, or is in a state that does not allow the move.
    Conflict,
    Expired,
    /// The key was used for another request (semantics.md, Idempotency-Key).
    KeyReused,
    /// The body is longer than the address takes.
    TooLarge,
    TooMany,
    /// Nothing was decided: queue full, database away, no valid bundle (sealed).
    Unavailable,
    Internal,
}

impl Kind {
    /// The HTTP status and the short title, one row for each kind: the only place that knows a status.
    #[must_use]
    pub const fn status_and_title(self) -> (u16, &'static str) {
        match self {
            Self::Invalid => (400, "The request is not valid"),
            Self::Unauthenticated => (401, "Sign in first"),
            Self::Forbidden => (403, "You may not do this"),
            Self::NotFound => (404, "No such thing, or not yours to see"),
            Self::Conflict => (409, "It changed in the meantime"),
            Self::Expired => (410, "It has expired"),
            Self::KeyReused => (422, "This idempotency key belongs to another request"),
            Self::TooLarge => (413, "The body is too large"),
            Self::TooMany => (429, "Too many requests"),
            Self::Unavailable => (503, "Try again shortly"),
            Self::Internal => (500, "Something broke on our side"),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Error {
    pub kind: Kind,
    /// For the caller; free of internals.
    pub detail: String,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), source: None }
    }
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, detail)
    }
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, detail)
    }
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, detail)
    }
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, detail)
    }
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, detail)
    }
    /// Something that cannot happen did; `what` is for the log, not for the caller.
    pub fn broken(what: impl Into<String>) -> Self {
        Self {
            kind: Kind::Internal,
            detail: "internal error".into(),
            source: Some(Box::<dyn std::error::Error + Send + Sync>::from(what.into())),
        }
    }
    pub fn internal(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { kind: Kind::Internal, detail: "internal error".into(), source: Some(Box::new(source)) }
    }
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (status, title) = self.kind.status_and_title();
        Problem { kind: self.kind, status, title: title.into(), detail: self.detail.clone() }
    }
}

/// RFC 9457 problem details: the one shape of failure on the API, in server functions and on pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: Kind,
    pub status: u16,
    pub title: String,
    pub detail: String,
}
