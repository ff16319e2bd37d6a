//! What bindings give to whom: each right of the role, with the way to it.
use super::{
    accounts,
    bindings::{Bindings, Subject},
    object::Name,
    roles::{self, Roles},
    rules::{Power, Target},
};
use crate::{
    entitlement::{Facts, Key, Privilege},
    error::{Error, Result},
    import::snapshot::{Claim, POWER, Parsed, Part, Principal, SetAside, note},
};
use std::collections::BTreeSet;

/// Entitlements of one import. More would not fit into memory along with the register's own.
const MOST: usize = 5_000_000;

/// What became of the bindings, for the notes.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Bindings of roles that do not exist.
    pub no_role: usize,
    /// Subjects that are service accounts that do not exist.
    pub no_account: usize,
    /// What Kubernetes gives to every caller was left out for groups of everybody.
    pub discovery: bool,
}

/// Which kinds of object the files hold all of.
#[derive(Debug, Clone, Copy)]
pub struct Complete {
    pub accounts: bool,
    pub roles: bool,
}

/// Gives every holder what its bindings give.
///
/// # Errors
/// `Invalid` when it comes to more entitlements than can be kept.
pub fn hold(bindings: &Bindings, roles: &Roles, complete: Complete, parsed: &mut Parsed) -> Result<Outcome> {
    let (mut outcome, mut total) = (Outcome::default(), 0);
    name_holders(bindings, complete, parsed, &mut outcome);
    for (name, binding) in bindings {
        let found = binding.role.as_ref().and_then(|role| roles::given(roles, role));
        outcome.no_role += usize::from(found.is_none() && binding.role.is_some() && complete.roles);
        for subject in &binding.subjects {
            let group = match subject {
                Subject::Accounts(_, group) => Some(group.as_str()),
                _ => None,
            };
            for key in reached(subject, parsed) {
                let Some(principal) = parsed.snapshot.principals.get_mut(&key) else { continue };
                principal.claim.shown_by.insert(Part::Rbac);
                let before = principal.entitlements.len();
                let doubtful = match (&binding.role, &found) {
                    (None, _) => true,
                    (Some(_), Some(given)) => {
                        outcome.discovery |= take(principal, given, name, group);
                        given.iter().any(|(_, role)| role.doubtful)
                    }
                    (Some(_), None) if complete.roles => false,
                    (Some(role), None) => {
                        unseen(principal, role, name, group);
                        false
                    }
                };
                total += principal.entitlements.len() - before;
                if doubtful {
                    parsed.partial.insert(key);
                }
                if total > MOST {
                    return Err(Error::invalid(format!(
                        "the bindings come to more than {MOST} entitlements; import a part"
                    )));
                }
            }
        }
    }
    Ok(outcome)
}

/// Puts into the snapshot whom only bindings name, and sets aside who is no account.
fn name_holders(bindings: &Bindings, complete: Complete, parsed: &mut Parsed, outcome: &mut Outcome) {
    for subject in bindings.values().flat_map(|b| &b.subjects) {
        match subject {
            Subject::Account(namespace, name) => {
                let key = accounts::principal(namespace, name);
                match parsed.snapshot.principals.contains_key(&key) {
                    true => {}
                    false if complete.accounts => outcome.no_account += 1,
                    false => show(parsed, key, format!("{namespace}/{name}")),
                }
            }
            Subject::Machine(name) => show(parsed, name.clone(), name.clone()),
            Subject::Aside(principal, reason) => {
                parsed.set_aside.push(SetAside { principal: principal.clone(), reason: (*reason).into() });
            }
            Subject::Accounts(..) => {}
        }
    }
    parsed.set_aside.sort_by(|a, b| a.principal.cmp(&b.principal));
    parsed.set_aside.dedup();
}

fn show(parsed: &mut Parsed, key: String, name: String) {
    let claim = Claim::of(crate::identity::Kind::ServiceAccount, name, Part::Rbac);
    parsed.snapshot.principals.entry(key).or_insert_with(|| accounts::holder(claim));
}

/// The principals of the snapshot that a subject means.
fn reached(subject: &Subject, parsed: &Parsed) -> Vec<String> {
    let principals = &parsed.snapshot.principals;
    match subject {
        Subject::Account(namespace, name) => vec![accounts::principal(namespace, name)],
        Subject::Machine(name) => vec![name.clone()],
        Subject::Accounts(of, _) => {
            let fits = |p: &&String| accounts::parts(p).is_some_and(|(n, _)| of.as_ref().is_none_or(|of| of == n));
            principals.keys().filter(fits).cloned().collect()
        }
        Subject::Aside(..) => vec![],
    }
}

/// Gives what a role gives; says whether something that every caller is given was left out.
fn take(principal: &mut Principal, given: &[(String, &roles::Role)], binding: &Name, group: Option<&str>) -> bool {
    let (mut seen, mut left_out) = (BTreeSet::new(), false);
    for (role, found) in given {
        let via = via(role, binding, group);
        for ((action, target), power) in found.rights() {
            if group.is_some() && power.discovery {
                left_out = true;
                continue;
            }
            let Some(resource) = resource(target, binding.0.as_deref()) else { continue };
            if seen.insert((action, target)) {
                note_ways(principal, power, binding.0.as_deref());
                let wildcard = action.contains('*') || resource.contains('*');
                let facts = facts(power.privilege, wildcard);
                principal.entitlements.insert(Key { action: action.clone(), resource, via: via.clone() }, facts);
            }
        }
    }
    left_out
}

/// A role that is not among the files. For the one that gives everything, the name says it.
fn unseen(principal: &mut Principal, role: &Name, binding: &Name, group: Option<&str>) {
    let (action, privilege) = match role {
        (None, name) if name == "cluster-admin" => ("*/*:*", Privilege::Administrative),
        _ => ("not in the export", Privilege::Unknown),
    };
    let resource = binding.0.clone().unwrap_or_else(|| "*".into());
    let facts = facts(privilege, action.contains('*') || resource == "*");
    let key = Key { action: action.into(), resource, via: via(&roles::words(role), binding, group) };
    principal.entitlements.insert(key, facts);
}

/// Where a right holds: a namespace or `*`, with the object's name where one is given. Paths outside resources are given by
/// cluster role bindings alone.
fn resource(target: &Target, namespace: Option<&str>) -> Option<String> {
    let place = namespace.unwrap_or("*");
    match target {
        Target::All => Some(place.to_owned()),
        Target::Named(name) => Some(format!("{place}/{name}")),
        Target::Url(url) => namespace.is_none().then(|| url.clone()),
    }
}

fn via(role: &str, binding: &Name, group: Option<&str>) -> String {
    let through = group.map_or_else(String::new, |g| format!(", group {g}"));
    match binding {
        (Some(namespace), name) => format!("{role}, role binding {namespace}/{name}{through}"),
        (None, name) => format!("{role}, cluster role binding {name}{through}"),
    }
}

fn note_ways(principal: &mut Principal, power: &Power, namespace: Option<&str>) {
    let place = namespace.map_or_else(|| "everywhere".to_owned(), |n| format!("in {n}"));
    for way in &power.ways {
        note(&mut principal.claim.notes, &format!("{POWER}{way}"), &place);
    }
}

const fn facts(privilege: Privilege, wildcard: bool) -> Facts {
    Facts { wildcard, ..Facts::of(privilege) }
}
