//! What of a resource is shown: `attributes`, `excludedAttributes` (RFC 7644 §3.9), and its version.
use super::path::named;
use super::{Document, Fault, Resource, Result};
use crate::engine::hex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Shown whatever is asked for.
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// Which attributes a client wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shown {
    #[default]
    Everything,
    Only(Vec<String>),
    Without(Vec<String>),
}

impl Shown {
    /// From the two parameters, of which one may be given.
    ///
    /// # Errors
    /// `invalidValue` for both.
    pub fn of(attributes: Vec<String>, excluded: Vec<String>) -> Result<Self> {
        match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => Ok(Self::Everything),
            (false, true) => Ok(Self::Only(attributes)),
            (true, false) => Ok(Self::Without(excluded)),
            (false, false) => Err(Fault::value("attributes and excludedAttributes do not go together")),
        }
    }

    /// The resource as it is shown. Attributes that nobody knows are not there to be shown.
    #[must_use]
    pub fn project(&self, of: Resource, mut it: Document) -> Document {
        let (names, only) = match self {
            Self::Everything => return it,
            Self::Only(names) => (names, true),
            Self::Without(names) => (names, false),
        };
        let named: Vec<_> = names.iter().filter_map(|n| named(of, n, false).ok().flatten()).collect();
        if only {
            let all = std::mem::take(&mut it);
            for (name, value) in all {
                let asked: Vec<_> = named.iter().filter(|n| n.attribute.name == name).collect();
                if ALWAYS.contains(&name.as_str()) || asked.iter().any(|n| n.part.is_none()) {
                    it.insert(name, value);
                } else if !asked.is_empty() {
                    let parts: Vec<_> = asked.iter().filter_map(|n| n.part.map(|p| p.name)).collect();
                    it.insert(name, each_with(value, |part| parts.contains(&part)));
                }
            }
            return it;
        }
        for n in named.iter().filter(|n| !ALWAYS.contains(&n.attribute.name)) {
            match n.part {
                None => drop(it.remove(n.attribute.name)),
                Some(part) => {
                    if let Some(value) = it.remove(n.attribute.name) {
                        it.insert(n.attribute.name.into(), each_with(value, |name| name != part.name));
                    }
                }
            }
        }
        it
    }
}

fn each_with(value: Value, keep: impl Fn(&str) -> bool + Copy) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|v| each_with(v, keep)).collect(),
        Value::Object(parts) => Value::Object(parts.into_iter().filter(|(name, _)| keep(name)).collect()),
        other => other,
    }
}

/// The weak ETag of what a client sees: any change of it, by whomever, is another version.
#[must_use]
pub fn version(it: &Document) -> String {
    let mut hash = Sha256::new();
    let mut names: Vec<_> = it.keys().filter(|name| *name != "meta").collect();
    names.sort();
    for name in names {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(it[name.as_str()].to_string().as_bytes());
        hash.update([0]);
    }
    let digest = hex(&hash.finalize());
    format!("W/\"{}\"", &digest[..16])
}

/// Whether `If-Match` allows a change of this version (RFC 9110 §13.1.1; weak versions are compared as they are written).
#[must_use]
pub fn matches(if_match: Option<&str>, version: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    if_match.is_none_or(|given| given.trim() == "*" || given.split(',').any(|tag| plain(tag) == plain(version)))
}
