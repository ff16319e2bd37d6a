//! Putting a pack together. What leaves here has been verified the way its reader will.
use super::manifest::Manifest;
use super::verify::{Asked, verify};
use super::{dsse, zip};
use crate::error::{Error, Result};
use crate::log::{Checkpoint, ProofFile, RangeProof, SigningKey, Since};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const MANIFEST: &str = "manifest.json";
pub const ENVELOPE: &str = "manifest.dsse.json";
pub const CHECKPOINT: &str = "checkpoint";
pub const VKEY: &str = "vkey";
pub const EVENTS: &str = "events.ndjson";
pub const RANGE: &str = "proofs/range";
pub const PROOFS: &str = "proofs/";
pub const SINCE: &str = "proofs/since-";
pub const PROOF_END: &str = ".tlog-proof";
pub const PAYLOADS: &str = "payloads/";
/// Bytes of salt in front of every payload.
pub const SALT: usize = 16;

/// What a pack is about. Members stand in the order of canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    #[serde(with = "instant")]
    pub created_at: Timestamp,
    /// The framework's id and version, where the pack is for one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub framework: Option<String>,
    /// First instant of the period.
    #[serde(with = "instant")]
    pub from: Timestamp,
    /// Program and version that made it.
    pub generator: String,
    /// The pack's id.
    pub pack: String,
    /// First instant after the period.
    #[serde(with = "instant")]
    pub to: Timestamp,
}

/// Everything that goes into a pack.
#[derive(Debug, Clone)]
pub struct Content {
    pub about: About,
    /// What people read: name to bytes. Names of the machinery (`manifest.json`, `proofs/…`, `payloads/…` …) are refused.
    pub documents: BTreeMap<String, Vec<u8>>,
    /// The log's entries of the period in order, with the one before and the one after it where there are such: so the
    /// reader sees that none was left out.
    pub leaves: Vec<Vec<u8>>,
    /// That these are the log's, whole and in order.
    pub range: RangeProof,
    /// The signed checkpoint all proofs lead to.
    pub checkpoint: String,
    /// Single proofs for entries that people will want to hand on by themselves.
    pub proofs: Vec<ProofFile>,
    /// What stands behind digests in the leaves: SHA-256 to `salt ‖ bytes`.
    pub payloads: BTreeMap<String, Vec<u8>>,
    /// That the checkpoint continues earlier ones which people outside may hold.
    pub earlier: Vec<Since>,
}

/// The pack, signed with the log's key.
///
/// # Errors
/// `Invalid` for a name that cannot be or a pack that is too large; `Internal` when what was put together does not verify.
pub fn build(content: &Content, key: &SigningKey) -> Result<Vec<u8>> {
    let made = made(content, key)?;
    let mut files: zip::Files<'_> = content.documents.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    for (name, bytes) in &made {
        if files.insert(name, bytes).is_some() {
            return Err(Error::invalid(format!("a document of a pack cannot be named {name}")));
        }
    }
    let checkpoint = Checkpoint::verify(content.checkpoint.as_bytes(), key.verifier())?;
    let manifest = Manifest::of(content.about.clone(), &checkpoint, content.range.range, &files)?.print()?;
    let envelope = dsse::sign(&manifest, key)?;
    for (name, bytes) in [(MANIFEST, &manifest), (ENVELOPE, &envelope)] {
        if files.insert(name, bytes).is_some() {
            return Err(Error::invalid(format!("a document of a pack cannot be named {name}")));
        }
    }
    let pack = zip::write(&files)?;
    let report = verify(&pack, &Asked { key: Some(key.verifier()), outside: Some(content.checkpoint.as_bytes()) });
    match report.failure() {
        None => Ok(pack),
        Some(why) => Err(Error::broken(format!("a pack that would not verify was not handed out: {why}"))),
    }
}

/// The files that carry the proof.
fn made(content: &Content, key: &SigningKey) -> Result<BTreeMap<String, Vec<u8>>> {
    let machinery = |n: &&String| n.starts_with(PROOFS) || n.starts_with(PAYLOADS);
    if let Some(name) = content.documents.keys().find(machinery) {
        return Err(Error::invalid(format!("a document of a pack cannot be named {name}")));
    }
    let mut events = Vec::new();
    for leaf in &content.leaves {
        events.extend_from_slice(leaf);
        events.push(b'\n');
    }
    let mut made = BTreeMap::from([
        (CHECKPOINT.to_owned(), content.checkpoint.clone().into_bytes()),
        (VKEY.to_owned(), format!("{}\n", key.verifier()).into_bytes()),
        (EVENTS.to_owned(), events),
        (RANGE.to_owned(), content.range.print().into_bytes()),
    ]);
    made.extend(content.proofs.iter().map(|p| (format!("{PROOFS}{}{PROOF_END}", p.index), p.print().into_bytes())));
    made.extend(content.earlier.iter().map(|s| (format!("{SINCE}{}", s.old), s.print().into_bytes())));
    made.extend(content.payloads.iter().map(|(hash, bytes)| (format!("{PAYLOADS}{hash}"), bytes.clone())));
    Ok(made)
}

mod instant {
    use super::Timestamp;
    pub fn serialize<S: serde::Serializer>(at: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(at)
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Timestamp, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(d)?;
        Timestamp::parse(&text).ok_or_else(|| serde::de::Error::custom("not an instant"))
    }
}
