//! The manifest: an in-toto statement that names every file of a pack with its size and SHA-256.
use super::pack::About;
use super::zip::Files;
use crate::error::{Error, Result};
use crate::log::{Checkpoint, Range};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "urn:countersign:evidence-pack:v1";

/// Members stand in the order of canonical JSON (RFC 8785).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    #[serde(rename = "_type")]
    statement: String,
    pub predicate: Predicate,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    pub subject: Vec<Subject>,
}

/// What the pack says of itself as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    pub about: About,
    pub checkpoint: Head,
    pub events: Run,
}

/// The log as it stood when the pack was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub origin: String,
    /// Base64.
    pub root: String,
    pub size: u64,
}

/// The entries of the log inside: `[begin, end)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub begin: u64,
    pub end: u64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub annotations: Size,
    pub digest: Digest,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Bytes.
    pub size: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Hexadecimal, lower case.
    pub sha256: String,
}

impl Manifest {
    /// The manifest of these files.
    ///
    /// # Errors
    /// `Invalid` for a file larger than any archive holds.
    pub fn of(about: About, checkpoint: &Checkpoint, range: Range, files: &Files<'_>) -> Result<Self> {
        let subject = files.iter().map(|(name, bytes)| {
            let size = u64::try_from(bytes.len()).map_err(Error::internal)?;
            let digest = Digest { sha256: sha256_hex(bytes) };
            Ok(Subject { annotations: Size { size }, digest, name: (*name).to_owned() })
        });
        let head = Head {
            origin: checkpoint.origin.clone(),
            root: BASE64_STANDARD.encode(checkpoint.root),
            size: checkpoint.size,
        };
        Ok(Self {
            statement: STATEMENT.into(),
            predicate: Predicate { about, checkpoint: head, events: Run { begin: range.begin, end: range.end } },
            predicate_type: PREDICATE.into(),
            subject: subject.collect::<Result<_>>()?,
        })
    }

    /// Canonical JSON.
    ///
    /// # Errors
    /// None that can happen.
    pub fn print(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(Error::internal)
    }

    /// # Errors
    /// `Invalid` when it is no manifest, of another version, or not in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let this: Self =
            serde_json::from_slice(bytes).map_err(|e| Error::invalid(format!("manifest.json is no manifest: {e}")))?;
        if this.statement != STATEMENT || this.predicate_type != PREDICATE {
            return Err(Error::invalid("manifest.json is of a version this program does not know"));
        }
        if this.print()? != bytes {
            return Err(Error::invalid("manifest.json is not in canonical form"));
        }
        Ok(this)
    }

    /// Checks that `files` are exactly those named: none missing, none more, none changed.
    ///
    /// # Errors
    /// `Invalid`, naming the first file that is not as it should be.
    pub fn check(&self, files: &Files<'_>) -> Result<()> {
        let mut rest = files.clone();
        for subject in &self.subject {
            let name = subject.name.as_str();
            let bytes =
                rest.remove(name).ok_or_else(|| Error::invalid(format!("{name} is missing, or named twice")))?;
            let same = u64::try_from(bytes.len()) == Ok(subject.annotations.size)
                && sha256_hex(bytes) == subject.digest.sha256;
            if !same {
                return Err(Error::invalid(format!("{name} was changed: it is not the file the manifest names")));
            }
        }
        match rest.keys().next() {
            Some(name) => Err(Error::invalid(format!("{name} is in the pack but not in the manifest"))),
            None => Ok(()),
        }
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut s, b| {
        for digit in [b >> 4, b & 15] {
            s.extend(char::from_digit(u32::from(digit), 16));
        }
        s
    })
}
