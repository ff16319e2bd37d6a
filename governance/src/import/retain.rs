//! What an import does not speak of stays as it was: parts that were not among the files, objects that could not be read.
use super::snapshot::{Claim, Parsed, Part, Principal, Snapshot};
use crate::credential;

/// The snapshot to compare with: what was read, and of `current` what the files say nothing about.
#[must_use]
pub fn retain(current: &Snapshot, parsed: &Parsed) -> Snapshot {
    let mut next = parsed.snapshot.clone();
    for (name, known) in &current.principals {
        if parsed.set_aside.iter().any(|s| s.principal == *name) {
            continue;
        }
        match next.principals.get_mut(name) {
            None if parsed.unnamed || parsed.partial.contains(name) || !speaks_of(parsed, &known.claim) => {
                next.principals.insert(name.clone(), known.clone());
            }
            None => {}
            Some(new) => merge(known, new, parsed, parsed.partial.contains(name)),
        }
    }
    next
}

/// Whether the files would show it if it were there. The authorization details list every user and role; what only another
/// part showed (the root account) is looked for in all that did.
fn speaks_of(parsed: &Parsed, claim: &Claim) -> bool {
    if claim.shown_by.contains(&Part::AuthorizationDetails) {
        return parsed.covered.contains(&Part::AuthorizationDetails);
    }
    claim.shown_by.iter().all(|part| parsed.covered.contains(part))
}

fn merge(known: &Principal, new: &mut Principal, parsed: &Parsed, partial: bool) {
    let silent = |part: Part| known.claim.shown_by.contains(&part) && !parsed.covered.contains(&part);
    let unread: Vec<_> = known.claim.shown_by.iter().copied().filter(|p| silent(*p)).collect();
    if unread.is_empty() && !partial {
        return;
    }
    if silent(Part::AuthorizationDetails) {
        let told = std::mem::replace(&mut new.claim, known.claim.clone());
        new.claim.shown_by.extend(told.shown_by);
        (new.claim.last_used_at, new.claim.usage_reported) = (told.last_used_at, told.usage_reported);
    }
    new.claim.last_used_at = new.claim.last_used_at.max(known.claim.last_used_at);
    new.claim.usage_reported |= known.claim.usage_reported;
    new.claim.shown_by.extend(&unread);
    if partial || silent(Part::AuthorizationDetails) {
        for (key, facts) in &known.entitlements {
            new.entitlements.entry(key.clone()).or_insert_with(|| facts.clone());
        }
    }
    if silent(Part::AccessAdvisor) {
        for (key, facts) in &mut new.entitlements {
            if let Some(known) = known.entitlements.get(key).filter(|k| k.usage_reported && !facts.usage_reported) {
                (facts.usage_reported, facts.last_used_at) = (true, known.last_used_at);
            }
        }
    }
    for (key, facts) in &known.credentials {
        if partial || silent(part_of(facts.kind)) {
            new.credentials.entry(key.clone()).or_insert_with(|| facts.clone());
        }
    }
}

/// Which part of a source shows credentials of a kind.
const fn part_of(kind: credential::Kind) -> Part {
    match kind {
        credential::Kind::Trust => Part::AuthorizationDetails,
        credential::Kind::AccessKey | credential::Kind::Password | credential::Kind::Certificate => {
            Part::CredentialReport
        }
        credential::Kind::Token => Part::Config,
    }
}
