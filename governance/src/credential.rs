//! How an identity authenticates in a source: a key, a password, a certificate, a trust; never the secret itself.
use crate::{
    id::{CredentialId, IdentityId, SourceId},
    source::Told,
    time::Timestamp,
    words,
};
use serde::{Deserialize, Serialize};

words! {
    pub enum Kind("kind of credential") {
        AccessKey = "access_key",
        Password = "password",
        Certificate = "certificate",
        /// Another service, account or issuer is trusted to act as this identity.
        Trust = "trust",
        /// A token or key handed to a tool by its configuration.
        Token = "token",
    }
}

words! {
    /// Where the secret is kept, as far as a source shows it.
    pub enum Storage("place of storage") {
        /// Literally in a configuration file.
        ConfigFile = "config_file",
        /// An environment variable of whoever starts it.
        Environment = "environment",
        /// Typed in by a person when it starts.
        Prompt = "prompt",
        /// Issued anew by the platform; nothing is kept.
        Platform = "platform",
    }
}

/// What a source says of one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub kind: Kind,
    /// Switched on. An inactive key still exists.
    pub active: bool,
    /// A long-lived secret, not a trust or a token that is issued anew.
    pub long_lived: bool,
    pub created_at: Option<Timestamp>,
    pub last_rotated_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    /// Whether the source tells of use at all.
    pub usage_reported: bool,
    /// `None` with `expiry_reported` false: the source does not say.
    pub expires_at: Option<Timestamp>,
    pub expiry_reported: bool,
    pub storage: Option<Storage>,
    /// A person can sign in with it.
    pub interactive: bool,
    /// The trust names nobody in particular: anyone may use it.
    pub trust_wildcard: bool,
    /// The secret stood readable where it should not; the secret itself was dropped before anything was stored.
    pub exposed: bool,
    /// Whom it trusts, where in a file it stands, which service it was last used for.
    pub detail: String,
    /// The first of the places of its import that hold this very secret; `None`: no other, or not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as: Option<String>,
}

impl Facts {
    /// A credential about which nothing is known but its kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        Self {
            kind,
            active: true,
            long_lived: false,
            created_at: None,
            last_rotated_at: None,
            last_used_at: None,
            usage_reported: false,
            expires_at: None,
            expiry_reported: false,
            storage: None,
            interactive: false,
            trust_wildcard: false,
            exposed: false,
            detail: String::new(),
            same_as: None,
        }
    }
    /// Since when the present secret has been in use: the last rotation, else creation; `None` when no one says.
    #[must_use]
    pub fn in_use_since(&self) -> Option<Timestamp> {
        self.last_rotated_at.or(self.created_at)
    }
}

/// One credential as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub identity: IdentityId,
    pub source: SourceId,
    /// Its name in the source: `access_key_1`, `trust service lambda.amazonaws.com`, `header Authorization`.
    pub key: String,
    #[serde(flatten)]
    pub facts: Facts,
    pub first_seen_at: Timestamp,
    /// As an entitlement's.
    #[serde(skip)]
    pub told: Option<Told>,
}
