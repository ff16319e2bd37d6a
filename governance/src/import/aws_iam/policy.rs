//! Policy documents to entitlements: one for each action on each resource that a statement allows.
use super::{privilege, values};
use crate::{
    entitlement::{Facts, Key, Privilege},
    import::{read::At, snapshot::Problem},
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one policy document gives.
#[derive(Debug, Default, Clone)]
pub struct Given {
    pub entitlements: BTreeMap<(String, String), Facts>,
    /// Statements that deny: what is given may be less than it says.
    pub denials: usize,
    pub problems: Vec<Problem>,
}

/// Reads a policy document; what cannot be read is a problem, the other statements count.
pub fn given(at: &At<'_>) -> Given {
    let mut given = Given::default();
    if let Err(problem) = document(at, &mut given) {
        given.problems.push(problem);
    }
    given
}

fn document(at: &At<'_>, given: &mut Given) -> Result<(), Problem> {
    let document = values::document(at)?;
    let top = At { file: at.file, path: at.path.clone(), value: &document };
    let statements = match top.get("Statement")? {
        None => return Err(top.problem("Statement is missing")),
        Some(one) if one.value.is_object() => vec![one],
        Some(many) => many.items()?,
    };
    for statement in statements {
        if let Err(problem) = read_statement(&statement, given) {
            given.problems.push(problem);
        }
    }
    Ok(())
}

fn read_statement(at: &At<'_>, given: &mut Given) -> Result<(), Problem> {
    match at.need("Effect")? {
        "Allow" => {}
        "Deny" => {
            given.denials += 1;
            return Ok(());
        }
        _ => return Err(at.problem("Effect is neither Allow nor Deny")),
    }
    let conditional = at.get("Condition")?.is_some_and(|c| c.value.as_object().is_none_or(|o| !o.is_empty()));
    let actions = either(at, "Action", "NotAction")?;
    let resources = either(at, "Resource", "NotResource")?;
    for (action, level) in &actions {
        for (resource, _) in &resources {
            let wildcard = action.contains(['*', '?']) || resource.contains(['*', '?']);
            let facts = Facts { wildcard, conditional, ..Facts::of(*level) };
            let known = given.entitlements.entry((action.clone(), resource.clone())).or_insert_with(|| facts.clone());
            // said twice, once without a condition: that one holds
            known.conditional &= conditional;
        }
    }
    Ok(())
}

/// The values of a member, or what is left when those of its opposite are taken away: `* except iam:*`.
fn either(at: &At<'_>, key: &str, not: &str) -> Result<Vec<(String, Privilege)>, Problem> {
    let given = at.texts(key)?;
    if !given.is_empty() {
        return Ok(given.into_iter().map(|v| (v.to_owned(), privilege::level(v))).collect());
    }
    let except = at.texts(not)?;
    if except.is_empty() {
        return Err(at.problem(format!("{key} is missing")));
    }
    Ok(vec![(format!("* except {}", except.join(", ")), Privilege::Administrative)])
}

/// Entitlements of one holder, by the way it got them.
pub fn hold(into: &mut BTreeMap<Key, Facts>, given: &Given, via: &str) {
    for ((action, resource), facts) in &given.entitlements {
        let key = Key { action: action.clone(), resource: resource.clone(), via: via.into() };
        into.insert(key, facts.clone());
    }
}

/// The text of those of AWS's own policies that are not in the export and that everybody knows.
pub fn well_known(arn: &str) -> Option<Arc<Value>> {
    arn.ends_with(":policy/AdministratorAccess")
        .then(|| serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).into())
}

/// A policy whose text is not in the export. For AWS's own two that give everything or nearly, the name says it.
pub fn unseen(into: &mut BTreeMap<Key, Facts>, arn: &str, via: &str) {
    let (action, privilege) = match arn.rsplit('/').next() {
        Some("AdministratorAccess") => ("*", Privilege::Administrative),
        Some("PowerUserAccess") => ("* except iam:*, organizations:*, account:*", Privilege::Administrative),
        _ => ("not in the export", Privilege::Unknown),
    };
    let facts = Facts { wildcard: action.contains('*'), ..Facts::of(privilege) };
    into.insert(Key { action: action.into(), resource: "*".into(), via: via.into() }, facts);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value) -> Given {
        given(&At::top("f", value))
    }

    #[test]
    fn each_action_on_each_resource_is_one_entitlement() {
        let got = read(&json!({"Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::a/1", "arn:aws:s3:::b/*"]},
            {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"},
        ]}));
        let keys: Vec<_> = got.entitlements.iter().map(|((a, r), f)| (a.as_str(), r.as_str(), f.wildcard)).collect();
        assert_eq!(
            keys,
            [
                ("s3:GetObject", "arn:aws:s3:::a/1", false),
                ("s3:GetObject", "arn:aws:s3:::b/*", true),
                ("s3:PutObject", "arn:aws:s3:::a/1", false),
                ("s3:PutObject", "arn:aws:s3:::b/*", true),
            ]
        );
        assert_eq!((got.denials, got.problems.len()), (1, 0));
    }

    #[test]
    fn what_is_left_after_not_is_nearly_everything() {
        let got = read(&json!({"Statement": {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}));
        let ((action, _), facts) = got.entitlements.into_iter().next().unwrap();
        assert_eq!(
            (action.as_str(), facts.privilege, facts.conditional),
            ("* except iam:*", Privilege::Administrative, true)
        );
    }

    #[test]
    fn a_bad_statement_is_named_and_the_others_count() {
        let got = read(&json!({"Statement": [
            {"Effect": "Perhaps", "Action": "a:b", "Resource": "*"},
            {"Effect": "Allow", "Resource": "*"},
            {"Effect": "Allow", "Action": 7, "Resource": "*"},
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
        ]}));
        let words: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "f: Statement[0]: Effect is neither Allow nor Deny",
                "f: Statement[1]: Action is missing",
                "f: Statement[2].Action: expected a list, found a number",
            ]
        );
        assert_eq!(got.entitlements.len(), 1);
    }
}
