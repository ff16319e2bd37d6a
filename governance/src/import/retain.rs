//! What an import does not speak of stays as it was: parts that were not among the files, objects that could not be read.
use super::sheet::keep::keep;
use super::snapshot::{Claim, POWER, Parsed, Part, Principal, RUNS_AS_IT, Snapshot, USED, note};
use crate::credential;
use crate::entitlement::Facts;
use std::collections::BTreeSet;

/// Parts that tell what principals may do, where that does not stand in a list of its own …
const GIVES: &[Part] = &[Part::AuthorizationDetails, Part::Rbac, Part::IamPolicy, Part::AssetPolicies];
/// … and that tell what was used of it.
const TELLS_USE: &[Part] = &[Part::AccessAdvisor, Part::IamInsights];

/// The snapshot to compare with: what was read, and of `current` what the files say nothing about.
#[cfg(any(test, feature = "testkit"))]
#[must_use]
pub fn retain(current: &Snapshot, parsed: &Parsed) -> Snapshot {
    retained(current, parsed.snapshot.clone(), parsed)
}

/// The same; the snapshot that was read was taken out of `parsed` and is not held twice.
#[must_use]
pub fn retained(current: &Snapshot, mut next: Snapshot, parsed: &Parsed) -> Snapshot {
    let aside: BTreeSet<_> = parsed.set_aside.iter().map(|s| s.principal.as_str()).collect();
    for (name, known) in current.principals.iter().filter(|(name, _)| !aside.contains(name.as_str())) {
        match next.principals.get_mut(name) {
            None if parsed.unnamed || parsed.partial.contains(name) || !speaks_of(parsed, name, &known.claim) => {
                next.principals.insert(name.clone(), known.clone());
            }
            None => {}
            Some(new) => {
                let partial = parsed.partial.contains(name);
                merge(known, new, parsed, partial);
                if partial && parsed.covered.contains(&Part::Sheet) {
                    keep(known, new, parsed.kinds_unread.contains(name));
                }
            }
        }
    }
    next
}

/// Whether the files would show it if it were there: all lists that it stands in were read, and of a list in pieces its own. What
/// stands in no list of its source (the root account) is looked for in all that showed it; what only ever comes by itself (the
/// workflows of a repository) no file tells to be gone.
fn speaks_of(parsed: &Parsed, name: &str, claim: &Claim) -> bool {
    let lists = claim.shown_by.iter().any(|part| part.lists_principals());
    let speaks = |part: &Part| match part {
        Part::DeployKeys => parsed.pieces.iter().any(|begin| name.starts_with(begin)),
        // who only ever acted is gone when a list that would have it does not
        Part::Activity => is_listed(name, parsed),
        part => parsed.covered.contains(part) && !part.is_per_principal(),
    };
    claim.shown_by.iter().filter(|part| !lists || part.lists_principals()).all(speaks)
}

/// Whether the lists that were read would have a principal of this name, if it existed: none has one of another project, or one that
/// signs in from outside.
fn is_listed(name: &str, parsed: &Parsed) -> bool {
    let of_project = name.strip_suffix(".iam.gserviceaccount.com");
    let parts: &[Part] = match name {
        name if name.starts_with("arn:") && name.ends_with(":root") => &[Part::CredentialReport],
        name if name.starts_with("arn:") => &[Part::AuthorizationDetails],
        name if name.starts_with("system:serviceaccount:") => &[Part::ServiceAccounts],
        _ if of_project.is_some_and(|n| n.ends_with(&format!("@{}", parsed.scope))) => &[Part::ServiceAccounts],
        // Okta: an API token; an application, which may be one of its catalogue
        name if name.starts_with("00T") => &[Part::ApiTokens],
        name if name.starts_with("0oa") => &[Part::Apps, Part::ApiServices],
        name if name.starts_with("apikey_") => &[Part::ApiKeys],
        name if is_object_id(name) => &[Part::ServicePrincipals],
        name if of_organization(name, "apps") => &[Part::Installations],
        name if of_organization(name, "tokens") => &[Part::PersonalAccessTokens],
        _ => return false,
    };
    parts.iter().all(|part| parsed.covered.contains(part))
}

/// Whether a text has the form of an object's or application's id in Entra: `50000000-0000-4000-8000-000000000002`.
pub fn is_object_id(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// Whether GitHub's log names a principal so: `orgs/ORGANIZATION/apps/SLUG`.
fn of_organization(name: &str, sort: &str) -> bool {
    name.strip_prefix("orgs/").is_some_and(|rest| rest.split('/').nth(1) == Some(sort))
}

fn merge(known: &Principal, new: &mut Principal, parsed: &Parsed, partial: bool) {
    let told = new.claim.shown_by.clone();
    let silent = |part: Part| {
        let speaks = if part.is_per_principal() { told.contains(&part) } else { parsed.covered.contains(&part) };
        known.claim.shown_by.contains(&part) && !speaks
    };
    let unread: Vec<_> = known.claim.shown_by.iter().copied().filter(|p| silent(*p)).collect();
    if unread.is_empty() && !partial {
        return;
    }
    // a list of a part of the source still says how what it does list stands now
    let listed = !unread.iter().any(|part| part.lists_principals()) || told.iter().any(|part| part.lists_principals());
    if !listed {
        let told = std::mem::replace(&mut new.claim, known.claim.clone());
        new.claim.shown_by.extend(told.shown_by);
        new.claim.notes.retain(|key, _| parts_of_name(key).is_none());
        new.claim.notes.extend(told.notes.into_iter().filter(|(key, _)| parts_of_name(key).is_some()));
        (new.claim.last_used_at, new.claim.usage_reported) = (told.last_used_at, told.usage_reported);
        (new.claim.usage_until, new.claim.usage) = (told.usage_until, told.usage);
    }
    new.claim.last_used_at = new.claim.last_used_at.max(known.claim.last_used_at);
    new.claim.usage_reported |= known.claim.usage_reported;
    if new.claim.usage_until.is_none() {
        new.claim.usage.clone_from(&known.claim.usage);
    }
    new.claim.usage_until = new.claim.usage_until.or(known.claim.usage_until);
    new.claim.shown_by.extend(&unread);
    if silent(Part::FederatedCredentials) {
        // who is trusted makes a pipeline of an application
        new.claim.kind = known.claim.kind;
    }
    let any = |parts: &[Part]| parts.iter().any(|part| silent(*part));
    let kept = |name: &str| partial || parts_of_name(name).is_some_and(any);
    for (key, text) in known.claim.notes.iter().filter(|(key, _)| kept(key)) {
        match key.starts_with(POWER) {
            true => note(&mut new.claim.notes, key, text),
            false => drop(new.claim.notes.entry(key.clone()).or_insert_with(|| text.clone())),
        }
    }
    if partial {
        for (name, document) in &known.claim.documents {
            new.claim.documents.entry(name.clone()).or_insert_with(|| document.clone());
        }
    }
    // in a cluster it follows from the bindings and from who is there
    if partial || any(&[Part::Rbac, Part::ServiceAccounts]) {
        for (name, how) in &known.claim.becomes {
            new.claim.becomes.entry(name.clone()).or_insert_with(|| how.clone());
        }
    }
    let gives = if GIVES.iter().any(|part| known.claim.shown_by.contains(part)) { any(GIVES) } else { !listed };
    // a report that came without what the rights stand in did not look at them: its silence is no disuse
    let reported_anew = told.iter().any(|part| TELLS_USE.contains(part));
    for (key, facts) in &known.entitlements {
        if gives || kept(&key.via) {
            let usage_reported = facts.usage_reported && !reported_anew;
            new.entitlements.entry(key.clone()).or_insert_with(|| Facts { usage_reported, ..facts.clone() });
        }
    }
    if any(TELLS_USE) {
        for (key, facts) in &mut new.entitlements {
            if let Some(known) = known.entitlements.get(key).filter(|k| k.usage_reported && !facts.usage_reported) {
                (facts.usage_reported, facts.last_used_at) = (true, known.last_used_at);
            }
        }
    }
    for (key, facts) in &known.credentials {
        if kept(key) || any(shows(facts.kind)) {
            new.credentials.entry(key.clone()).or_insert_with(|| facts.clone());
        }
    }
}

/// Which parts of a source show a note, an entitlement or a credential, by how its name (an entitlement's `via`) begins.
/// `None` where the part that lists the principals shows it.
fn parts_of_name(name: &str) -> Option<&'static [Part]> {
    const NAMES: &[(&str, &[Part])] = &[
        ("app role", &[Part::AppRoleAssignments]),
        ("delegated permission", &[Part::PermissionGrants]),
        ("directory role", &[Part::RoleAssignments]),
        ("app credential ", &[Part::Applications]),
        ("app trust ", &[Part::FederatedCredentials]),
        ("scope", &[Part::AppGrants]),
        ("administrator role", &[Part::RoleAssignments]),
        ("client secret ", &[Part::AppCredentials]),
        ("public key ", &[Part::AppCredentials]),
        ("repositories", &[Part::TokenRepositories]),
        ("default workflow permissions", &[Part::WorkflowPermissions]),
        ("subject of its tokens", &[Part::SubjectClaim]),
        ("secret ", &[Part::Secrets]),
        ("owners", &[Part::Owners]),
        ("sponsors", &[Part::Sponsors]),
        (RUNS_AS_IT, &[Part::Pods]),
        (POWER, GIVES),
        (USED, TELLS_USE),
    ];
    NAMES.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, parts)| *parts)
}

/// Which parts of sources show credentials of a kind, where their names do not tell.
const fn shows(kind: credential::Kind) -> &'static [Part] {
    match kind {
        credential::Kind::Trust => &[Part::AuthorizationDetails, Part::AssetPolicies],
        credential::Kind::AccessKey | credential::Kind::Password | credential::Kind::Certificate => {
            &[Part::CredentialReport, Part::ServiceAccountKeys]
        }
        credential::Kind::Token => &[Part::Config, Part::TokenSecrets],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entitlement::{Key, Privilege};
    use crate::identity::Kind;
    use crate::time::Timestamp;
    use std::collections::BTreeMap;

    fn day(n: i64) -> Timestamp {
        Timestamp::of_day(n).unwrap()
    }

    fn snapshot(parts: &[Part], until: Option<i64>, right: Option<bool>) -> Snapshot {
        let key = Key { action: "s3:GetObject".into(), resource: "*".into(), via: "policy p".into() };
        let facts =
            |usage_reported| Facts { usage_reported, last_used_at: Some(day(100)), ..Facts::of(Privilege::Read) };
        let mut claim = Claim::of(Kind::ServiceAccount, "u", parts[0]);
        claim.shown_by.extend(parts);
        claim.usage_until = until.map(day);
        let entitlements = right.map(|reported| (key, facts(reported))).into_iter().collect();
        let it = Principal { claim, entitlements, credentials: BTreeMap::new() };
        Snapshot { principals: [("arn:aws:iam::1:user/u".to_owned(), it)].into() }
    }

    /// Else what was in use all the time would be unused as soon as a report came by itself.
    #[test]
    fn a_report_that_did_not_look_at_a_right_says_nothing_of_its_use() {
        use Part::{AccessAdvisor, AuthorizationDetails, CredentialReport};
        let known = snapshot(&[AuthorizationDetails, CredentialReport, AccessAdvisor], Some(110), Some(true));
        let check = |covered: &[Part], until, right, want: bool| {
            let parsed = Parsed {
                snapshot: snapshot(covered, until, right),
                covered: covered.iter().copied().collect(),
                ..Parsed::default()
            };
            let next = retain(&known, &parsed);
            let it = &next.principals["arn:aws:iam::1:user/u"];
            let reported: Vec<_> = it.entitlements.values().map(|f| f.usage_reported).collect();
            assert_eq!(reported, [want], "{covered:?}");
        };
        check(&[CredentialReport, AccessAdvisor], Some(310), None, false);
        check(&[CredentialReport], None, None, true);
        check(&[AuthorizationDetails, CredentialReport], None, Some(false), true);
        check(&[AuthorizationDetails, CredentialReport, AccessAdvisor], Some(310), Some(true), true);
    }
}
