//! The secrets a tool server gets: each header, variable and argument that is one, and where it is kept. Never its value.
use super::same::Place;
use crate::{
    credential::{Facts, Kind, Storage},
    import::redact,
};
use std::collections::BTreeMap;

/// What a server holds, and while the files of one import are read the literal secrets themselves, to be compared with others'.
#[derive(Default)]
pub struct Held {
    pub facts: BTreeMap<String, Facts>,
    /// By the credential's name. Dropped when the files are read.
    pub literal: BTreeMap<String, String>,
}

impl Held {
    /// The literal secrets of a server of a file, with their places.
    pub fn places(&mut self, scope: &str, server: &str) -> Vec<(String, Place)> {
        let place = |key| Place { scope: scope.into(), server: server.into(), key };
        std::mem::take(&mut self.literal).into_iter().map(|(key, value)| (value, place(key))).collect()
    }
}

/// Notes one named value: a literal secret, a reference to one, or nothing.
pub fn note(held: &mut Held, what: &str, name: &str, value: &str, inputs: &BTreeMap<String, bool>) {
    let into = &mut held.facts;
    if let Some(why) = redact::secret(name, value) {
        let key = format!("{what} {name}");
        exposed(into, &key, why);
        held.literal.insert(key, redact::without_references(value));
    } else if let Some(storage) = reference(name, value, inputs) {
        let mut facts = Facts::of(Kind::Token);
        facts.long_lived = true;
        facts.storage = storage;
        into.insert(format!("{what} {name}"), facts);
    }
}

/// Notes a secret that stands in the file.
pub fn exposed(into: &mut BTreeMap<String, Facts>, key: &str, why: &str) {
    let mut facts = Facts::of(Kind::Token);
    (facts.long_lived, facts.exposed, facts.storage) = (true, true, Some(Storage::ConfigFile));
    facts.detail = why.into();
    into.insert(key.into(), facts);
}

/// Where the secret is kept that a value refers to; `None` when it refers to none.
fn reference(name: &str, value: &str, inputs: &BTreeMap<String, bool>) -> Option<Option<Storage>> {
    let start = value.find("${").map(|at| &value[at + 2..]);
    let inner = start.and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
    match inner {
        Some(inner) => match inner.split_once(':') {
            Some(("input", id)) => {
                let secret = redact::names_secret(name) || inputs.get(id).copied().unwrap_or(false);
                secret.then_some(Some(Storage::Prompt))
            }
            Some(("env", variable)) => {
                (redact::names_secret(name) || redact::names_secret(variable)).then_some(Some(Storage::Environment))
            }
            _ if inner.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') => {
                (redact::names_secret(name) || redact::names_secret(inner)).then_some(Some(Storage::Environment))
            }
            _ => redact::names_secret(name).then_some(None),
        },
        None if redact::names_secret(name) && value.starts_with(['$', '%']) => Some(Some(Storage::Environment)),
        None => None,
    }
}
