//! What the policies of an account come to: who can give itself more, and who can become whom.
use crate::import::snapshot::{EVERYTHING, LIMITED, POWER, Snapshot};
use crate::privilege::aws::pattern::covers;
use crate::privilege::aws::trust::{ASSUME, may_become, named};
use crate::privilege::aws::{Held, Match, State, escalation, held::TRUST};
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
        for (role, how) in held.as_ref().map(|held| elsewhere(arn, held)).unwrap_or_default() {
            if principal.claim.becomes.len() < MOST {
                principal.claim.becomes.entry(role).or_insert(how);
            }
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

/// Roles of other accounts that its policies let it assume, as they name them, and how. Whether one lets it in stands in that account.
fn elsewhere(arn: &str, held: &Held) -> BTreeMap<String, String> {
    let own = arn.split(':').nth(4).unwrap_or_default();
    let foreign = |resource: &str| {
        let parts: Vec<_> = resource.splitn(6, ':').collect();
        let [_, "aws" | "aws-cn" | "aws-us-gov", "iam", _, account, role] = parts.as_slice() else { return None };
        let is = role.starts_with("role/") && *account != own && account.bytes().all(|b| b.is_ascii_digit());
        is.then(|| (*account).to_owned())
    };
    let speaks = |resources: &&Match| matches!(resources, Match::Only(all) if all.iter().any(|r| foreign(r).is_some()));
    if !held.resources_of(ASSUME).iter().any(speaks) {
        return BTreeMap::new();
    }
    let mut all = BTreeMap::new();
    for it in held.reached().into_iter().filter(|it| it.state.is_some()) {
        let Some(account) = foreign(&it.resource) else { continue };
        let action = it.action.to_ascii_lowercase();
        let assumes = match action.strip_prefix("* except ") {
            Some(but) => !but.split(", ").any(|p| covers(p, ASSUME)),
            None => covers(&action, ASSUME),
        };
        if assumes {
            let limit = if it.state == State::Whole { "" } else { ", under a condition or in part" };
            let how =
                format!("{} allows it{limit}; role of account {account}, not read: its trust policy decides", it.via);
            all.entry(it.resource).or_insert(how);
        }
    }
    all
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
