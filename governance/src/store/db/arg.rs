//! What is bound to a statement.
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// A value bound to `$n`. Times are microseconds since 1970, booleans 0 and 1, ids and JSON text.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

impl Arg {
    /// Whether it is bound as null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Text(None) | Self::Int(None) | Self::Bytes(None))
    }
}
impl From<&str> for Arg {
    fn from(v: &str) -> Self {
        Self::Text(Some(v.into()))
    }
}
impl From<String> for Arg {
    fn from(v: String) -> Self {
        Self::Text(Some(v))
    }
}
impl From<&String> for Arg {
    fn from(v: &String) -> Self {
        Self::Text(Some(v.clone()))
    }
}
impl From<Option<String>> for Arg {
    fn from(v: Option<String>) -> Self {
        Self::Text(v)
    }
}
impl From<Option<&str>> for Arg {
    fn from(v: Option<&str>) -> Self {
        Self::Text(v.map(Into::into))
    }
}
impl From<i64> for Arg {
    fn from(v: i64) -> Self {
        Self::Int(Some(v))
    }
}
impl From<Option<i64>> for Arg {
    fn from(v: Option<i64>) -> Self {
        Self::Int(v)
    }
}
impl From<bool> for Arg {
    fn from(v: bool) -> Self {
        Self::Int(Some(i64::from(v)))
    }
}
impl From<Timestamp> for Arg {
    fn from(v: Timestamp) -> Self {
        Self::Int(Some(v.micros()))
    }
}
impl From<Option<Timestamp>> for Arg {
    fn from(v: Option<Timestamp>) -> Self {
        Self::Int(v.map(Timestamp::micros))
    }
}
impl From<Vec<u8>> for Arg {
    fn from(v: Vec<u8>) -> Self {
        Self::Bytes(Some(v))
    }
}
impl From<&[u8]> for Arg {
    fn from(v: &[u8]) -> Self {
        Self::Bytes(Some(v.to_vec()))
    }
}
impl Arg {
    /// An id, or anything else that prints as the text that is stored.
    pub fn id(v: impl std::fmt::Display) -> Self {
        Self::Text(Some(v.to_string()))
    }
    pub fn some_id(v: Option<impl std::fmt::Display>) -> Self {
        Self::Text(v.map(|v| v.to_string()))
    }
    /// A value as JSON text.
    ///
    /// # Errors
    /// `Internal` if `v` has no JSON form.
    pub fn json(v: &impl serde::Serialize) -> Result<Self> {
        Ok(Self::Text(Some(serde_json::to_string(v).map_err(Error::internal)?)))
    }
}
