//! Who may act as a role: its trust policy, which also tells what kind of identity it is.
use super::values;
use crate::{
    credential::{self, Facts, Storage},
    identity::Kind,
    import::{issuer, read::At, snapshot::Problem},
};
use std::collections::BTreeMap;

/// What a trust policy says.
#[derive(Debug, Default)]
pub struct Trust {
    /// By their name: `trust service lambda.amazonaws.com`.
    pub credentials: BTreeMap<String, Facts>,
    sorts: Vec<Sort>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Agent,
    Pipeline,
    Workload,
    Account,
    /// People who signed in elsewhere (SAML).
    People,
}

impl Trust {
    /// The kind of identity this trust makes of a role; `None` when only people may act as it.
    pub fn kind(&self) -> Option<Kind> {
        let has = |s| self.sorts.contains(&s);
        if has(Sort::Agent) {
            Some(Kind::Agent)
        } else if has(Sort::Pipeline) {
            Some(Kind::Pipeline)
        } else if has(Sort::Workload) {
            Some(Kind::Workload)
        } else if !self.sorts.is_empty() && self.sorts.iter().all(|s| *s == Sort::People) {
            None
        } else {
            Some(Kind::ServiceAccount)
        }
    }
}

/// Reads `AssumeRolePolicyDocument`.
pub fn read(at: &At<'_>) -> Result<Trust, Problem> {
    let document = values::document(at)?;
    let top = At { file: at.file, path: at.path.clone(), value: &document };
    let statements = match top.get("Statement")? {
        None => return Err(top.problem("Statement is missing")),
        Some(one) if one.value.is_object() => vec![one],
        Some(many) => many.items()?,
    };
    let mut trust = Trust::default();
    for statement in &statements {
        if statement.need("Effect")? == "Allow" {
            read_statement(statement, &mut trust)?;
        }
    }
    Ok(trust)
}

fn read_statement(at: &At<'_>, trust: &mut Trust) -> Result<(), Problem> {
    let condition = at.get("Condition")?;
    let principal = at.get("Principal")?.ok_or_else(|| at.problem("Principal is missing"))?;
    if principal.value.is_string() {
        return add(trust, "AWS", principal.as_text()?, condition.as_ref());
    }
    for (sort, _) in principal.members()? {
        for who in principal.texts(sort)? {
            add(trust, sort, who, condition.as_ref())?;
        }
    }
    Ok(())
}

fn add(trust: &mut Trust, sort: &str, who: &str, condition: Option<&At<'_>>) -> Result<(), Problem> {
    let (sort, label, open) = match sort {
        "Service" => (service(who), "service", false),
        "Federated" => {
            let sort = federation(who);
            // a public issuer speaks for everyone who has an account there, unless the subject is named
            (sort, "issuer", sort == Sort::Pipeline && !names_subject(condition)?)
        }
        _ => (Sort::Account, "principal", who == "*" && condition.is_none()),
    };
    let mut facts = Facts::of(credential::Kind::Trust);
    facts.storage = Some(Storage::Platform);
    facts.trust_wildcard = open;
    facts.interactive = sort == Sort::People;
    facts.detail = match (open, condition) {
        (true, _) if label == "issuer" => "no condition names whose tokens count".into(),
        (true, _) => "anyone, in any account".into(),
        (false, Some(_)) => "under a condition".into(),
        (false, None) => String::new(),
    };
    trust.sorts.push(sort);
    let known = trust.credentials.entry(format!("trust {label} {who}")).or_insert_with(|| facts.clone());
    known.trust_wildcard |= open;
    Ok(())
}

fn service(name: &str) -> Sort {
    match name.split('.').next().unwrap_or_default() {
        "bedrock" | "bedrock-agentcore" => Sort::Agent,
        "codebuild" | "codepipeline" | "codedeploy" | "cloudformation" => Sort::Pipeline,
        _ => Sort::Workload,
    }
}

fn federation(issuer: &str) -> Sort {
    if issuer.contains(":saml-provider/") {
        Sort::People
    } else if issuer::is_pipeline(issuer) {
        Sort::Pipeline
    } else {
        Sort::Workload
    }
}

/// Whether any condition is about the subject of a token, and not just anything.
fn names_subject(condition: Option<&At<'_>>) -> Result<bool, Problem> {
    let Some(condition) = condition else { return Ok(false) };
    for (_, test) in condition.members()? {
        for (key, _) in test.members()? {
            let narrow = !test.texts(key)?.contains(&"*");
            if key.to_ascii_lowercase().ends_with(":sub") && narrow {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_trust_tells_the_kind_and_who_may_come() {
        let check = |principal: Value, condition: Value, kind, want: &[(&str, bool)]| {
            let mut statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            let value = json!({"Statement": [statement]});
            let trust = read(&At::top("f", &value)).unwrap();
            let got: Vec<_> = trust.credentials.iter().map(|(k, f)| (k.as_str(), f.trust_wildcard)).collect();
            assert_eq!((trust.kind(), got.as_slice()), (kind, want), "{value}");
        };
        let (none, github) = (Value::Null, "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com");
        check(
            json!({"Service": "lambda.amazonaws.com"}),
            none.clone(),
            Some(Kind::Workload),
            &[("trust service lambda.amazonaws.com", false)],
        );
        check(
            json!({"Service": "bedrock.amazonaws.com"}),
            none.clone(),
            Some(Kind::Agent),
            &[("trust service bedrock.amazonaws.com", false)],
        );
        check(json!({"AWS": "*"}), none.clone(), Some(Kind::ServiceAccount), &[("trust principal *", true)]);
        check(
            json!("*"),
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            Some(Kind::ServiceAccount),
            &[("trust principal *", false)],
        );
        check(
            json!({"Federated": github}),
            none.clone(),
            Some(Kind::Pipeline),
            &[(&format!("trust issuer {github}"), true)],
        );
        let sub = json!({"StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}});
        check(json!({"Federated": github}), sub, Some(Kind::Pipeline), &[(&format!("trust issuer {github}"), false)]);
        let saml = "arn:aws:iam::1:saml-provider/idp";
        check(json!({"Federated": saml}), none, None, &[(&format!("trust issuer {saml}"), false)]);
    }
}
