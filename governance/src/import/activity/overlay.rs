//! What was seen to be done, laid over what an inventory shows: last uses, and never disuse.
use super::{Names, Uses, anthropic, cloudtrail, entra, github, kubernetes, okta};
use crate::entitlement::Key;
use crate::import::snapshot::Snapshot;
use crate::source::Kind;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The note of which permissions a principal used, where entitlements are roles and not permissions.
pub const PERMISSIONS: &str = "permissions seen used";
/// The note of which services a principal signed in to.
const SIGNED_IN: &str = "signed in to";
/// Permissions that are shown by name; the rest is counted.
const SHOWN: usize = 20;

/// Dates principals and what they hold by what they did. Dates only go forward, and whether a source reports use stays as it is: a
/// log that shows nothing of a thing may not be a log of such things.
pub fn overlay(of: Kind, to: &mut Snapshot, uses: &BTreeMap<String, Uses>) {
    let names = Names::of(of, to);
    // logs may have two names for one principal
    let mut by_principal = BTreeMap::<&str, Vec<&Uses>>::new();
    for (logged, uses) in uses {
        by_principal.entry(names.resolve(logged)).or_default().push(uses);
    }
    for (principal, uses) in by_principal {
        let Some(it) = to.principals.get_mut(principal) else { continue };
        it.claim.last_used_at = it.claim.last_used_at.max(uses.iter().filter_map(|uses| uses.last()).max());
        let all = uses.iter().flat_map(|uses| uses.iter()).filter(|(action, ..)| !action.is_empty());
        if matches!(of, Kind::Gcp | Kind::Entra) {
            let (signed_in, done): (Vec<_>, Vec<_>) = all.partition(|(action, ..)| *action == entra::SIGN_IN);
            let words = [
                (PERMISSIONS, shown(done.iter().map(|(action, ..)| *action))),
                (SIGNED_IN, shown(signed_in.iter().map(|(_, resource, _)| *resource))),
            ];
            it.claim.notes.extend(words.into_iter().filter_map(|(note, words)| Some((note.to_owned(), words?))));
            continue;
        }
        let done: Vec<(String, &str, Timestamp)> =
            all.map(|(action, resource, at)| (folded(of, action), resource, at)).collect();
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
        Kind::Anthropic => anthropic::covers(key),
        Kind::AwsIam => cloudtrail::covers(key, action, resource),
        Kind::Kubernetes => kubernetes::covers(key, action, resource),
        Kind::Github => github::covers(key, action, resource),
        Kind::Okta => okta::covers(key, action),
        // which permissions a role holds, no file says; nor which of its app roles a token was used for
        _ => false,
    }
}

/// `2: storage.objects.get, storage.objects.list`
fn shown<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    let first = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then(|| format!("{}: {first}{more}", names.len()))
}
