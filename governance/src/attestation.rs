//! An attestation: an owner's recorded answer about an identity (product.md, words). Each takes effect at once.
use crate::{
    id::{AttestationId, IdentityId, PersonId},
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};

words! {
    /// What an owner says of an identity when asked.
    pub enum Answer("answer") {
        /// It is mine, needed, and may stay as it is.
        Keep = "keep",
        /// Somebody else answers for it: whoever says so does so no longer.
        NotMine = "not_mine",
        /// It is needed no more: from here on nothing is permitted to it.
        Retire = "retire",
    }
}

impl Answer {
    /// As a button says it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Keep => "Keep as is",
            Self::NotMine => "Not mine",
            Self::Retire => "Retire",
        }
    }
}

/// One answer as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    pub id: AttestationId,
    /// Its place in the log.
    pub log_seq: u64,
    pub identity: IdentityId,
    pub person: PersonId,
    /// The person's name now.
    pub by: String,
    pub answer: Answer,
    /// In their own words, where they said more.
    pub note: Option<String>,
    pub at: Timestamp,
}
