//! Reads `policies/*.cedar` into rules: each with its own text, line, annotations and scope.
use super::fault::{Fault, line_at};
use super::files::hex;
use super::gate::Gate;
use super::{duration, limit, split};
use crate::grant::terms::Terms;
use crate::text::visible_line;
use cedar_policy::{
    ActionConstraint, Effect, EntityTypeName, EntityUid, Policy, PolicyId, PrincipalConstraint, ResourceConstraint,
};
use miette::Diagnostic;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A rule as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyText {
    /// The rule's `@id`.
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: &'static str,
    /// Path inside the bundle.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// Annotations included, comments before the rule not.
    pub text: String,
    pub annotations: BTreeMap<String, String>,
}

/// A rule with what the index and the checks need of it.
#[derive(Debug)]
pub struct Rule {
    pub text: PolicyText,
    pub policy: Policy,
    pub gate: Option<Gate>,
    pub principal: Scope,
    pub resource: Scope,
    pub action: ActionConstraint,
    /// Entities the conditions name, with the byte offset of the rule left out: Cedar's JSON form has none.
    pub literals: Vec<EntityUid>,
}

impl Rule {
    pub fn forbids(&self) -> bool {
        self.policy.effect() == Effect::Forbid
    }
    /// `@reason`, for people.
    pub fn reason(&self) -> Option<String> {
        let said = self.text.annotations.get("reason").filter(|said| !said.trim().is_empty());
        said.map(|said| visible_line(said).into_owned())
    }
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(&self.text.file, Some(self.text.line), message).of_rule(&self.text.id)
    }
    /// A fault at a byte offset inside the rule's text.
    pub fn fault_at(&self, offset: usize, message: impl Into<String>) -> Fault {
        let line = self.text.line + line_at(&self.text.text, offset) - 1;
        Fault::new(&self.text.file, Some(line), message).of_rule(&self.text.id)
    }
}

/// The head's constraint on principal or resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// `is`
    pub of_type: Option<EntityTypeName>,
    /// `==` or `in`
    pub within: Option<EntityUid>,
}

impl From<PrincipalConstraint> for Scope {
    fn from(constraint: PrincipalConstraint) -> Self {
        match constraint {
            PrincipalConstraint::Any => Self::default(),
            PrincipalConstraint::In(uid) | PrincipalConstraint::Eq(uid) => Self { of_type: None, within: Some(uid) },
            PrincipalConstraint::Is(name) => Self { of_type: Some(name), within: None },
            PrincipalConstraint::IsIn(name, uid) => Self { of_type: Some(name), within: Some(uid) },
        }
    }
}
impl From<ResourceConstraint> for Scope {
    fn from(constraint: ResourceConstraint) -> Self {
        match constraint {
            ResourceConstraint::Any => Self::default(),
            ResourceConstraint::In(uid) | ResourceConstraint::Eq(uid) => Self { of_type: None, within: Some(uid) },
            ResourceConstraint::Is(name) => Self { of_type: Some(name), within: None },
            ResourceConstraint::IsIn(name, uid) => Self { of_type: Some(name), within: Some(uid) },
        }
    }
}

/// Reads one file's rules.
pub fn read(file: &str, text: &str, faults: &mut Vec<Fault>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (offset, piece) in split::split(text) {
        match rule(file, line_at(text, offset), piece) {
            Ok(rule) => rules.push(rule),
            Err(fault) => faults.push(fault),
        }
    }
    rules
}

fn rule(file: &str, line: u32, text: &str) -> Result<Rule, Fault> {
    let parsed = Policy::parse(None, text).map_err(|errors| {
        let offset = errors.iter().find_map(offset_of).unwrap_or(0);
        let message = errors.iter().map(described).collect::<Vec<_>>().join("; ");
        Fault::new(file, Some(line + line_at(text, offset) - 1), message)
    })?;
    let Some(id) = parsed.annotation("id").map(str::to_owned) else {
        return Err(Fault::new(file, Some(line), "a rule needs an @id(\"…\") of its own"));
    };
    if !is_name(&id) {
        let message = format!("@id(\"{id}\") must have 1 to 100 of a-z A-Z 0-9 . _ - : /");
        return Err(Fault::new(file, Some(line), message));
    }
    let policy = parsed.new_id(PolicyId::new(&id));
    let json = policy.to_json().map_err(|e| Fault::new(file, Some(line), e.to_string()).of_rule(&id))?;
    let annotations: BTreeMap<_, _> = policy.annotations().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let effect = if policy.effect() == Effect::Permit { "permit" } else { "forbid" };
    let text = PolicyText { id, effect, file: file.into(), line, text: text.into(), annotations };
    let gate = gate(&text, &json).map_err(|message| Fault::new(file, Some(line), message).of_rule(&text.id))?;
    Ok(Rule {
        gate,
        principal: policy.principal_constraint().into(),
        resource: policy.resource_constraint().into(),
        action: policy.action_constraint(),
        literals: literals(&json["conditions"]),
        policy,
        text,
    })
}

/// The byte offset of a diagnostic's first label.
pub fn offset_of(diagnostic: &(impl Diagnostic + ?Sized)) -> Option<usize> {
    diagnostic.labels()?.next().map(|label| label.offset())
}

/// Message and advice of a diagnostic.
pub fn described(diagnostic: &(impl Diagnostic + ?Sized)) -> String {
    match diagnostic.help() {
        Some(help) => format!("{diagnostic} ({help})"),
        None => diagnostic.to_string(),
    }
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    (1..=100).contains(&text.len()) && text.chars().all(plain)
}

/// Longest life of a grant (semantics.md: "No grant is without end: longest 8 h").
const LONGEST_GRANT: u32 = 8 * 3_600;
/// Longest a card may wait: a week.
const LONGEST_WAIT: u32 = 7 * 86_400;

fn gate(text: &PolicyText, json: &serde_json::Value) -> Result<Option<Gate>, String> {
    let get = |name: &str| text.annotations.get(name);
    let Some(route) = get("approval") else {
        let stray = ["tier", "quorum", "expires", "grant", "uses", "window", "lease"]
            .into_iter()
            .find(|name| get(name).is_some());
        return stray.map_or(Ok(None), |name| Err(format!("@{name} means nothing without @approval(\"route\")")));
    };
    if text.effect != "forbid" {
        return Err("@approval belongs on a forbid: a permit needs nobody's approval".into());
    }
    if !is_name(route) {
        return Err(format!("@approval(\"{route}\") must name a group in 1 to 100 of a-z A-Z 0-9 . _ - : /"));
    }
    let tier = match get("tier") {
        None => super::gate::Tier::default(),
        Some(tier) => tier.parse().map_err(|()| format!("@tier(\"{tier}\") must be low, medium, high or critical"))?,
    };
    let quorum = match get("quorum") {
        None => 1,
        Some(quorum) => quorum
            .parse()
            .ok()
            .filter(|n: &u32| (1..=100).contains(n) && n.to_string() == *quorum)
            .ok_or_else(|| format!("@quorum(\"{quorum}\") must be a whole number from 1 to 100"))?,
    };
    let seconds = |name: &str, most: u32, example: &str| match get(name) {
        None => Ok(None),
        Some(text) => duration::iso_seconds(text).filter(|s| *s <= most).map(Some).ok_or_else(|| {
            format!("@{name}(\"{text}\") must be an ISO 8601 duration such as {example}, at most {} h", most / 3_600)
        }),
    };
    let reason = get("reason").cloned();
    if reason.as_ref().is_some_and(|r| r.is_empty() || r.chars().count() > 300 || r.chars().any(char::is_control)) {
        return Err("@reason must have 1 to 300 characters on one line".into());
    }
    if get("grant").is_none()
        && let Some(name) = ["uses", "window", "lease"].into_iter().find(|name| get(name).is_some())
    {
        return Err(format!("@{name} means nothing without @grant(\"PT15M\"): it says how that grant holds"));
    }
    let said = |name: &str| get(name).map(String::as_str);
    Ok(Some(Gate {
        id: text.id.clone(),
        route: route.clone(),
        tier,
        quorum,
        expires_s: seconds("expires", LONGEST_WAIT, "PT30M")?,
        grant_s: seconds("grant", LONGEST_GRANT, "PT15M")?,
        terms: Terms::read(said("uses"), said("window"), said("lease"))?,
        reason,
        file: text.file.clone(),
        line: text.line,
        text: text.text.clone(),
        text_hash: hex(&Sha256::digest(text.text.as_bytes())),
        limits: limit::limits(json),
    }))
}

/// The entities named in conditions (`{"__entity":{"type","id"}}` in Cedar's JSON form).
fn literals(json: &serde_json::Value) -> Vec<EntityUid> {
    let mut found = Vec::new();
    collect(json, &mut found);
    found
}

fn collect(json: &serde_json::Value, found: &mut Vec<EntityUid>) {
    match json {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        serde_json::Value::Object(map) => {
            if let Some(entity) = map.get("__entity") {
                let name = entity["type"].as_str().and_then(|t| t.parse::<EntityTypeName>().ok());
                if let (Some(name), Some(id)) = (name, entity["id"].as_str()) {
                    found.push(EntityUid::from_type_name_and_id(name, cedar_policy::EntityId::new(id)));
                }
            }
            map.values().for_each(|value| collect(value, found));
        }
        _ => {}
    }
}
