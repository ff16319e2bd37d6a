//! Roles and cluster roles, and what cluster roles gather from each other by labels (aggregation).
use super::{
    files::{Kind, Objects},
    object::{self, Name},
    rules::{self, Rights},
};
use crate::import::{
    read::At,
    snapshot::{Parsed, Problem},
};
use std::collections::{BTreeMap, BTreeSet};

/// One role.
#[derive(Debug, Default, PartialEq)]
pub struct Role {
    /// By its own rules. On a live cluster those of an aggregating role are already the sum.
    rights: Rights,
    labels: BTreeMap<String, String>,
    gathers: Vec<Selector>,
    /// A rule could not be read: it may give more.
    pub doubtful: bool,
}

/// A label selector: all of its requirements hold. Without any it selects everything.
#[derive(Debug, Default, PartialEq)]
struct Selector(Vec<Requirement>);

#[derive(Debug, PartialEq)]
struct Requirement {
    key: String,
    /// One of these; `None`: any value.
    values: Option<BTreeSet<String>>,
    /// The opposite; then a missing label fits too.
    not: bool,
}

/// All roles by their names.
pub type Roles = BTreeMap<Name, Role>;

/// Reads them; one without a name leaves in doubt what anybody holds.
pub fn read(objects: &Objects<'_>, parsed: &mut Parsed) -> Roles {
    let mut roles = Roles::new();
    for kind in [Kind::Role, Kind::ClusterRole] {
        for at in objects.each(kind) {
            let result = one(at, kind, parsed).and_then(|(name, role)| object::once(&mut roles, name, role, at));
            if let Err(problem) = result {
                parsed.problems.push(problem);
                parsed.unnamed = true;
            }
        }
    }
    roles
}

fn one(at: &At<'_>, kind: Kind, parsed: &mut Parsed) -> Result<(Name, Role), Problem> {
    let metadata = object::metadata(at)?;
    let namespace = if kind == Kind::Role { Some(object::segment(&metadata, "namespace")?) } else { None };
    let name = (namespace, object::segment(&metadata, "name")?);
    let before = parsed.problems.len();
    let mut role = Role { labels: object::words(&metadata, "labels")?, ..Role::default() };
    for rule in at.list("rules")? {
        parsed.problems.extend(rules::add(&rule, &mut role.rights).err());
    }
    if let Some(aggregation) = at.get("aggregationRule")? {
        for item in aggregation.list("clusterRoleSelectors")? {
            match selector(&item) {
                Ok(selector) => role.gathers.push(selector),
                Err(problem) => parsed.problems.push(problem),
            }
        }
    }
    role.doubtful = parsed.problems.len() > before;
    Ok((name, role))
}

fn selector(at: &At<'_>) -> Result<Selector, Problem> {
    let mut all = vec![];
    for (key, value) in object::words(at, "matchLabels")? {
        all.push(Requirement { key, values: Some(BTreeSet::from([value])), not: false });
    }
    for item in at.list("matchExpressions")? {
        let key = item.need("key")?.to_owned();
        let values = || Ok(Some(item.texts("values")?.into_iter().map(Into::into).collect()));
        let (values, not) = match item.need("operator")? {
            "In" => (values()?, false),
            "NotIn" => (values()?, true),
            "Exists" => (None, false),
            "DoesNotExist" => (None, true),
            _ => return Err(item.problem("operator is not one of In, NotIn, Exists, DoesNotExist")),
        };
        all.push(Requirement { key, values, not });
    }
    Ok(Selector(all))
}

impl Selector {
    fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|r| {
            let fits = labels.get(&r.key).is_some_and(|v| r.values.as_ref().is_none_or(|all| all.contains(v)));
            fits != r.not
        })
    }
}

/// What a role gives, with the words for the way: its own rights first, then those of the roles it gathers, and of those
/// that they gather. `None`: there is no such role.
pub fn given<'a>(roles: &'a Roles, name: &Name) -> Option<Vec<(String, &'a Role)>> {
    let (name, role) = roles.get_key_value(name)?;
    let mut all = vec![(words(name), role)];
    let (mut seen, mut next) = (BTreeSet::from([name]), 0);
    while let Some((via, role)) = all.get(next).map(|(via, role)| (via.clone(), *role)) {
        next += 1;
        if role.gathers.is_empty() {
            continue;
        }
        let clusters = roles.iter().filter(|(n, _)| n.0.is_none());
        for (other, found) in clusters.filter(|(_, r)| role.gathers.iter().any(|s| s.selects(&r.labels))) {
            if seen.insert(other) {
                all.push((format!("{} in {via}", words(other)), found));
            }
        }
    }
    Some(all)
}

/// `role shop/reader`, `cluster role view`.
pub fn words(name: &Name) -> String {
    match name {
        (Some(namespace), name) => format!("role {namespace}/{name}"),
        (None, name) => format!("cluster role {name}"),
    }
}

impl Role {
    pub const fn rights(&self) -> &Rights {
        &self.rights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::kubernetes::files;
    use serde_json::{Value, json};

    fn role(name: &str, labels: &Value, gathers: &Value, verb: &str) -> Value {
        json!({"kind": "ClusterRole", "metadata": {"name": name, "labels": labels},
            "aggregationRule": {"clusterRoleSelectors": gathers},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}]})
    }
    fn gathered(items: &[Value]) -> (Vec<String>, Vec<String>) {
        let text = json!({"kind": "List", "items": items}).to_string();
        let documents = files::documents(&[("f".into(), text.into_bytes())]).unwrap();
        let mut parsed = Parsed::default();
        let roles = read(&files::objects(&documents).unwrap(), &mut parsed);
        let given = given(&roles, &(None, "top".into())).unwrap();
        (given.into_iter().map(|(via, _)| via).collect(), parsed.problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_role_gathers_others_by_their_labels_even_in_a_circle() {
        let labels = |label: &str| json!([{"matchLabels": {"to": label}}]);
        let items = [
            role("top", &json!({"to": "c"}), &labels("a"), "get"),
            role(
                "a",
                &json!({"to": "a"}),
                &json!([{"matchExpressions": [{"key": "to", "operator": "In", "values": ["b"]}]}]),
                "list",
            ),
            role("b", &json!({"to": "b"}), &labels("c"), "watch"),
            role("other", &json!({"to": "d"}), &json!([]), "delete"),
        ];
        let (given, problems) = gathered(&items);
        assert_eq!(
            (given, problems),
            (
                vec![
                    "cluster role top".into(),
                    "cluster role a in cluster role top".into(),
                    "cluster role b in cluster role a in cluster role top".into()
                ],
                vec![]
            )
        );
    }

    #[test]
    fn a_selector_selects_as_the_api_server_does() {
        let check = |selector: Value, want: bool| {
            let items = [
                role("top", &json!({}), &json!([selector]), "get"),
                role("a", &json!({"x": "1"}), &Value::Null, "get"),
            ];
            assert_eq!(gathered(&items).0.len() == 2, want, "{selector}");
        };
        check(json!({}), true);
        check(json!({"matchLabels": {"x": "1"}}), true);
        check(json!({"matchLabels": {"x": "2"}}), false);
        check(json!({"matchExpressions": [{"key": "x", "operator": "Exists"}]}), true);
        check(json!({"matchExpressions": [{"key": "x", "operator": "DoesNotExist"}]}), false);
        check(json!({"matchExpressions": [{"key": "y", "operator": "NotIn", "values": ["1"]}]}), true);
        check(json!({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["1"]}]}), false);
        let wrong =
            [role("top", &json!({}), &json!([{"matchExpressions": [{"key": "x", "operator": "Like"}]}]), "get")];
        assert!(gathered(&wrong).1[0].contains("matchExpressions[0]: operator is not one of"));
    }
}
