//! What was seen to be done, laid over what an inventory shows: last uses, and never disuse.
use super::{Names, Uses, cloudtrail, github, kubernetes, okta};
use crate::entitlement::Key;
use crate::import::snapshot::Snapshot;
use crate::source::Kind;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The note of which permissions a principal used, where entitlements are roles and not permissions.
pub const PERMISSIONS: &str = "permissions seen used";
/// Permissions that are shown by name; the rest is counted.
const SHOWN: usize = 20;

/// Dates principals and what they hold by what they did. Dates only go forward, and whether a source reports use stays as it is: a
/// log that shows nothing of a thing may not be a log of such things.
pub fn overlay(of: Kind, to: &mut Snapshot, uses: &BTreeMap<String, Uses>) {
    let names = Names::of(of, to);
    for (principal, uses) in uses {
        let Some(it) = to.principals.get_mut(names.resolve(principal)) else { continue };
        it.claim.last_used_at = it.claim.last_used_at.max(uses.last());
        let done: Vec<(String, &str, Timestamp)> = uses
            .iter()
            .filter(|(action, ..)| !action.is_empty())
            .map(|(action, resource, at)| (folded(of, action), resource, at))
            .collect();
        if of == Kind::Gcp {
            if let Some(words) = permissions(uses) {
                it.claim.notes.insert(PERMISSIONS.into(), words);
            }
            continue;
        }
        for (key, facts) in &mut it.entitlements {
            let fits = done.iter().filter(|(action, resource, _)| covers(of, key, action, resource));
            facts.last_used_at = facts.last_used_at.max(fits.map(|(.., at)| *at).max());
        }
    }
}

/// Actions of AWS are the same in upper and lower case.
fn folded(of: Kind, action: &str) -> String {
    if of == Kind::AwsIam { action.to_ascii_lowercase() } else { action.to_owned() }
}

fn covers(of: Kind, key: &Key, action: &str, resource: &str) -> bool {
    match of {
        Kind::AwsIam => cloudtrail::covers(key, action, resource),
        Kind::Kubernetes => kubernetes::covers(key, action, resource),
        Kind::Github => github::covers(key, action, resource),
        Kind::Okta => okta::covers(key, action),
        // which permissions a role holds, no file says
        _ => false,
    }
}

/// `2: storage.objects.get, storage.objects.list`
fn permissions(uses: &Uses) -> Option<String> {
    let mut names: Vec<_> = uses.iter().map(|(action, ..)| action).filter(|a| !a.is_empty()).collect();
    names.dedup(); // they come in order
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("{}: {shown}{more}", names.len()))
}
