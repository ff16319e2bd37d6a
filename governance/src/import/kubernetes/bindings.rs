//! Role bindings: which role, where, and for whom.
use super::{
    accounts,
    files::{Kind, Objects},
    object::{self, Name},
};
use crate::import::{
    read::At,
    snapshot::{Parsed, Problem},
};
use std::collections::BTreeMap;

/// One binding.
#[derive(Debug, PartialEq)]
pub struct Binding {
    /// `None`: what it refers to cannot be a role.
    pub role: Option<Name>,
    pub subjects: Vec<Subject>,
}

/// For whom a binding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A service account, by namespace and name.
    Account(String, String),
    /// All service accounts, or those of one namespace, by the name of the group.
    Accounts(Option<String>, String),
    /// A user that is a machine of another platform, by its name there.
    Machine(String),
    /// Nobody that the cluster keeps, with the reason.
    Aside(String, &'static str),
}

pub type Bindings = BTreeMap<Name, Binding>;

/// Reads them; one that does not say whom it speaks of leaves in doubt what anybody holds.
pub fn read(objects: &Objects<'_>, parsed: &mut Parsed) -> Bindings {
    let mut bindings = Bindings::new();
    for kind in [Kind::RoleBinding, Kind::ClusterRoleBinding] {
        for at in objects.each(kind) {
            let result = one(at, kind, parsed).and_then(|(name, b)| object::once(&mut bindings, name, b, at));
            if let Err(problem) = result {
                parsed.problems.push(problem);
                parsed.unnamed = true;
            }
        }
    }
    bindings
}

fn one(at: &At<'_>, kind: Kind, parsed: &mut Parsed) -> Result<(Name, Binding), Problem> {
    let metadata = object::metadata(at)?;
    let namespace = if kind == Kind::RoleBinding { Some(object::segment(&metadata, "namespace")?) } else { None };
    let name = (namespace.clone(), object::segment(&metadata, "name")?);
    let mut subjects = vec![];
    for item in at.list("subjects")? {
        match subject(&item, namespace.as_deref()) {
            Ok(subject) => subjects.push(subject),
            Err(problem) => {
                parsed.problems.push(problem);
                parsed.unnamed = true;
            }
        }
    }
    let role = role_of(at, namespace.as_deref()).map_err(|problem| parsed.problems.push(problem)).ok();
    Ok((name, Binding { role, subjects }))
}

fn role_of(at: &At<'_>, namespace: Option<&str>) -> Result<Name, Problem> {
    let reference = at.get("roleRef")?.ok_or_else(|| at.problem("roleRef is missing"))?;
    let name = object::segment(&reference, "name")?;
    match (reference.need("kind")?, namespace) {
        ("ClusterRole", _) => Ok((None, name)),
        ("Role", Some(namespace)) => Ok((Some(namespace.to_owned()), name)),
        ("Role", None) => {
            Err(reference
                .problem("kind is Role, and a cluster role binding can only give a ClusterRole: it gives nothing"))
        }
        _ => Err(reference.problem("kind is neither Role nor ClusterRole")),
    }
}

fn subject(at: &At<'_>, namespace: Option<&str>) -> Result<Subject, Problem> {
    let name = object::subject(at, "name")?;
    match at.need("kind")? {
        "ServiceAccount" => {
            // as the API server does: without a namespace it is the binding's
            let own = at.text("namespace")?.filter(|n| !n.is_empty()).or(namespace);
            match own {
                Some(namespace) => Ok(Subject::Account(namespace.to_owned(), name)),
                None => {
                    Err(at.problem("a service account without a namespace in a cluster role binding: nobody is it"))
                }
            }
        }
        "User" => Ok(user(name)),
        "Group" => Ok(group(name)),
        _ => Err(at.problem("kind is not ServiceAccount, User or Group")),
    }
}

/// Whom the API server means by a user of this name.
pub fn user(name: String) -> Subject {
    if let Some((namespace, account)) = accounts::parts(&name) {
        return Subject::Account(namespace.to_owned(), account.to_owned());
    }
    if name.ends_with(".gserviceaccount.com") || (name.starts_with("arn:aws") && name.contains(":role/")) {
        return Subject::Machine(name);
    }
    let reason = match name.as_str() {
        "system:anonymous" => "whoever does not sign in",
        n if n.starts_with("system:") => "a part of Kubernetes itself, which the cluster does not keep as an account",
        _ => "a user: a person, or a machine that signs in from outside; the cluster does not keep which",
    };
    Subject::Aside(format!("user {name}"), reason)
}

fn group(name: String) -> Subject {
    if let Some(namespace) = name.strip_prefix("system:serviceaccounts:") {
        return Subject::Accounts(Some(namespace.to_owned()), name.clone());
    }
    match name.as_str() {
        "system:serviceaccounts" | "system:authenticated" => Subject::Accounts(None, name),
        "system:unauthenticated" => Subject::Aside(format!("group {name}"), "whoever does not sign in"),
        n if n.starts_with("system:") => Subject::Aside(
            format!("group {name}"),
            "a part of Kubernetes itself, which the cluster does not keep as an account",
        ),
        _ => Subject::Aside(format!("group {name}"), "a group: who is in it, the cluster does not keep"),
    }
}
