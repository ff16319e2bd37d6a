//! The rules of a role to rights: one for each verb on each resource, on each name where names are given.
use super::privilege;
use crate::{
    entitlement::Privilege,
    import::{read::At, snapshot::Problem},
};
use std::collections::{BTreeMap, BTreeSet};

/// Rights one rule may come to: `admin` comes to some four hundred in all its rules.
const MOST: usize = 20_000;

/// What a right is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// All objects of the resource.
    All,
    /// The object of this name.
    Named(String),
    /// A path of the API server that is no resource.
    Url(String),
}

/// How much a right gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power {
    pub privilege: Privilege,
    /// By which ways it leads to more.
    pub ways: BTreeSet<&'static str>,
    /// Every authenticated caller needs it to find its way about the API: no access to anything.
    pub discovery: bool,
}

/// By action (`core/secrets:get`, `url:get`) and target.
pub type Rights = BTreeMap<(String, Target), Power>;

/// Adds what one rule gives.
pub fn add(at: &At<'_>, rights: &mut Rights) -> Result<(), Problem> {
    let verbs = needed(at, "verbs")?;
    let urls = at.texts("nonResourceURLs")?;
    let resources = at.texts("resources")?;
    if resources.is_empty() {
        if urls.is_empty() {
            return Err(at.problem("neither resources nor nonResourceURLs"));
        }
        check_size(at, &[verbs.len(), urls.len()])?;
        for verb in &verbs {
            for url in &urls {
                let privilege = privilege::level_of_url(verb);
                let power = Power {
                    privilege,
                    ways: BTreeSet::new(),
                    discovery: privilege == Privilege::Read && is_discovery(url),
                };
                rights.insert((format!("url:{verb}"), Target::Url((*url).to_owned())), power);
            }
        }
        return Ok(());
    }
    let groups = needed(at, "apiGroups")?;
    let targets: Vec<Target> = match at.texts("resourceNames")?.as_slice() {
        [] => vec![Target::All],
        names => names.iter().map(|n| Target::Named((*n).to_owned())).collect(),
    };
    check_size(at, &[verbs.len(), resources.len(), groups.len(), targets.len()])?;
    for group in groups {
        let shown = if group.is_empty() { "core" } else { group };
        for resource in &resources {
            for verb in &verbs {
                let power = Power {
                    privilege: privilege::level(group, resource, verb),
                    ways: privilege::ways(group, resource, verb).into_iter().collect(),
                    discovery: *verb == "create" && resource.starts_with("self") && resource.ends_with("reviews"),
                };
                for target in &targets {
                    rights.insert((format!("{shown}/{resource}:{verb}"), target.clone()), power.clone());
                }
            }
        }
    }
    Ok(())
}

fn needed<'a>(at: &At<'a>, key: &str) -> Result<Vec<&'a str>, Problem> {
    let texts = at.texts(key)?;
    if texts.is_empty() { Err(at.problem(format!("{key} is missing"))) } else { Ok(texts) }
}

fn check_size(at: &At<'_>, factors: &[usize]) -> Result<(), Problem> {
    let size = factors.iter().fold(1_usize, |size, n| size.saturating_mul(*n));
    if size > MOST { Err(at.problem(format!("it comes to more than {MOST} rights"))) } else { Ok(()) }
}

/// The paths that Kubernetes itself opens to every caller (`system:discovery`, `system:public-info-viewer`,
/// `system:service-account-issuer-discovery`).
fn is_discovery(url: &str) -> bool {
    let path = url.trim_end_matches('*').trim_end_matches('/');
    matches!(
        path,
        "/api"
            | "/apis"
            | "/healthz"
            | "/livez"
            | "/readyz"
            | "/openapi"
            | "/version"
            | "/.well-known/openid-configuration"
            | "/openid/v1/jwks"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(rule: &Value) -> Result<Vec<String>, String> {
        let mut rights = Rights::new();
        add(&At::top("f", rule), &mut rights).map_err(|p| p.to_string())?;
        Ok(rights
            .into_iter()
            .map(|((action, target), power)| format!("{action} {target:?} {}", power.privilege))
            .collect())
    }

    #[test]
    fn each_verb_on_each_resource_is_one_right() {
        let check = |rule: Value, want: &[&str]| assert_eq!(read(&rule).unwrap(), want, "{rule}");
        check(
            json!({"apiGroups": ["", "apps"], "resources": ["pods"], "verbs": ["get", "delete"]}),
            &[
                "apps/pods:delete All write",
                "apps/pods:get All read",
                "core/pods:delete All write",
                "core/pods:get All read",
            ],
        );
        check(
            json!({"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a", "b"], "verbs": ["get"]}),
            &[
                "core/secrets:get Named(\"a\") permissions_management",
                "core/secrets:get Named(\"b\") permissions_management",
            ],
        );
        check(json!({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}), &["url:get Url(\"/metrics\") read"]);
    }

    #[test]
    fn a_bad_rule_says_what_is_wrong() {
        let check = |rule: Value, want: &str| assert_eq!(read(&rule).unwrap_err(), want);
        check(json!({"apiGroups": [""], "resources": ["pods"]}), "f: top: verbs is missing");
        check(json!({"resources": ["pods"], "verbs": ["get"]}), "f: top: apiGroups is missing");
        check(json!({"apiGroups": [""], "verbs": ["get"]}), "f: top: neither resources nor nonResourceURLs");
        check(
            json!({"apiGroups": [""], "resources": [7], "verbs": ["get"]}),
            "f: resources[0]: expected text, found a number",
        );
        let many: Vec<_> = (0..200).map(|n| n.to_string()).collect();
        check(
            json!({"apiGroups": [""], "resources": many, "verbs": many}),
            "f: top: it comes to more than 20000 rights",
        );
    }

    #[test]
    fn what_everyone_needs_is_known_and_no_more() {
        for (url, want) in [
            ("/api", true),
            ("/apis/*", true),
            ("/version/", true),
            ("/metrics", false),
            ("/logs", false),
            ("*", false),
        ] {
            assert_eq!(is_discovery(url), want, "{url}");
        }
    }
}
