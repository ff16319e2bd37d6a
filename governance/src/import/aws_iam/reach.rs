//! What the policies of an account come to: who can give itself more, and who can become whom.
use crate::import::snapshot::{EVERYTHING, LIMITED, POWER, Snapshot};
use crate::privilege::aws::trust::{ASSUME, may_become, named};
use crate::privilege::aws::{Held, Match, escalation, held::TRUST};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Roles that are kept of those that one principal can become.
const MOST: usize = 500;

/// Writes it into the claims of all principals.
pub fn note(snapshot: &mut Snapshot) {
    let roles = Roles::of(snapshot);
    for (arn, principal) in &mut snapshot.principals {
        let held = Held::of(&principal.claim.documents);
        for role in roles.candidates(arn, held.as_ref()) {
            let Some(how) = roles.trusts.get(role).and_then(|trust| may_become(arn, held.as_ref(), role, trust)) else {
                continue;
            };
            if principal.claim.becomes.len() == MOST {
                let words = format!("more than the {MOST} roles that are kept");
                principal.claim.notes.insert("can become".into(), words);
                break;
            }
            let limit = if how.limited { ", under a condition" } else { "" };
            principal.claim.becomes.insert(role.to_owned(), format!("{}{limit}", how.words));
        }
        for (way, policies) in held.as_ref().map(powers).unwrap_or_default() {
            principal.claim.notes.insert(format!("{POWER}{way}"), policies);
        }
    }
}

/// The roles of an account by who could come to be them: an account may have many thousands, and most are for few.
struct Roles {
    trusts: BTreeMap<String, Arc<Value>>,
    /// Roles by the principals they name.
    naming: BTreeMap<String, Vec<String>>,
    /// Those that leave it to the policies of the account's principals.
    open: BTreeSet<String>,
}

impl Roles {
    fn of(snapshot: &Snapshot) -> Self {
        let mut roles = Self { trusts: BTreeMap::new(), naming: BTreeMap::new(), open: BTreeSet::new() };
        for (arn, principal) in &snapshot.principals {
            let Some(trust) = principal.claim.documents.get(TRUST).and_then(|d| d.text.clone()) else { continue };
            let (each, account) = named(arn, &trust);
            for who in each {
                roles.naming.entry(who).or_default().push(arn.clone());
            }
            if account {
                roles.open.insert(arn.clone());
            }
            roles.trusts.insert(arn.clone(), trust);
        }
        roles
    }

    /// Those that a principal might become: they name it, or are open and its policies speak of them.
    fn candidates<'a>(&'a self, arn: &str, held: Option<&Held>) -> BTreeSet<&'a str> {
        let mut all: BTreeSet<_> = self.naming.get(arn).into_iter().flatten().map(String::as_str).collect();
        for resources in held.map(|held| held.resources_of(ASSUME)).unwrap_or_default() {
            match resources {
                Match::Only(names) if names.iter().all(|n| !n.contains(['*', '?'])) => {
                    all.extend(names.iter().filter_map(|n| self.open.get(n)).map(String::as_str));
                }
                _ => all.extend(self.open.iter().filter(|role| resources.holds(role)).map(String::as_str)),
            }
        }
        all
    }
}

fn powers(held: &Held) -> BTreeMap<String, String> {
    let plain = |via: &str| via.replace(", ", " of ");
    if let Some(all) = held.reached().into_iter().find(|r| r.action == "*" && r.unlimited()) {
        return BTreeMap::from([(EVERYTHING.to_owned(), plain(&all.via))]);
    }
    escalation::open(held)
        .into_iter()
        .map(|open| {
            let limit = if open.limited { LIMITED } else { "" };
            (format!("{}: {}", open.words, open.actions), format!("{}{limit}", plain(&open.policies())))
        })
        .collect()
}
