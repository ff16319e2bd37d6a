//! Cedar's strict validation, said as faults. Its part that matters most here: an optional attribute is read only behind
//! `has`. A `forbid` that fails is skipped by Cedar, so an unguarded read would let pass what the rule forbids.
use super::fault::Fault;
use super::rules::{Rule, described, offset_of};
use cedar_policy::{PolicySet, Schema, ValidationError, ValidationMode, Validator};
use std::collections::HashMap;

/// Validates the rules strictly. A warning (a rule that can never match, look-alike letters) is a fault too: a `forbid`
/// that never fires protects nobody.
pub fn validate(rules: &[Rule], schema: Schema) -> Vec<Fault> {
    let by_id: HashMap<&str, &Rule> = rules.iter().map(|rule| (rule.text.id.as_str(), rule)).collect();
    let set = match PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())) {
        Ok(set) => set,
        Err(error) => return vec![Fault::new("policies/", None, error.to_string())],
    };
    let result = Validator::new(schema).validate(&set, ValidationMode::Strict);
    let place = |id: &str, offset: Option<usize>, message: String| match by_id.get(id) {
        Some(rule) => rule.fault_at(offset.unwrap_or(0), message),
        None => Fault::new("policies/", None, message),
    };
    let errors = result.validation_errors().map(|error| {
        let id: &str = error.policy_id().as_ref();
        place(id, offset_of(error), advice(error).unwrap_or_else(|| plain(&described(error), id)))
    });
    let warnings = result.validation_warnings().map(|warning| {
        let id: &str = warning.policy_id().as_ref();
        place(id, offset_of(warning), plain(&described(warning), id))
    });
    errors.chain(warnings).collect()
}

/// The fault names the rule already.
fn plain(message: &str, id: &str) -> String {
    message.replacen(&format!("for policy `{id}`, "), "", 1)
}

fn advice(error: &ValidationError) -> Option<String> {
    let id: &str = error.policy_id().as_ref();
    match error {
        ValidationError::UnsafeOptionalAttributeAccess(_) | ValidationError::UnsafeTagAccess(_) => {
            Some(format!("{}: what may be absent is read only behind a test with `has`", plain(&described(error), id)))
        }
        _ => None,
    }
}
