//! What an import would change: pure, ordered, and exactly what takes the one snapshot to the other.
use super::snapshot::{Claim, Principal, SetAside, Snapshot};
use crate::{
    credential, entitlement,
    error::{Error, Result},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One change of one thing; without `before` it is new, without `after` it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta<T> {
    pub before: Option<T>,
    pub after: Option<T>,
}

/// One change of what a source shows. A principal that is gone takes what it held with it, without a change for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    // the rare and large ones apart, or a list of a million rights takes their room for each
    Principal { principal: String, delta: Box<Delta<Claim>> },
    Entitlement { principal: String, key: entitlement::Key, delta: Delta<entitlement::Facts> },
    Credential { principal: String, key: String, delta: Box<Delta<credential::Facts>> },
}

/// New, changed and gone, for one kind of thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub new: usize,
    pub changed: usize,
    pub gone: usize,
}

/// The changes of an import in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub identities: Tally,
    pub entitlements: Tally,
    pub credentials: Tally,
    /// Principals that are new to their source, and identities known already.
    #[serde(default)]
    pub matched: usize,
}

impl Summary {
    /// The same, where so many of the new principals are identities known already.
    #[must_use]
    pub const fn matching(mut self, matched: usize) -> Self {
        self.identities.new = self.identities.new.saturating_sub(matched);
        self.matched = matched;
        self
    }
}

/// The share of what is known that one import may take away, in percent, unless it is told otherwise.
pub const REMOVALS_PERCENT: usize = 30;

/// What takes `current` to `next`: `apply(diff(a, b), a) == b`, and `diff(a, a)` is empty.
#[must_use]
pub fn diff(current: &Snapshot, next: &Snapshot) -> Vec<Change> {
    changes(current, next.clone())
}

/// As [`diff`], where `next` is for nothing else: what it holds is not held twice.
#[must_use]
pub fn changes(current: &Snapshot, next: Snapshot) -> Vec<Change> {
    let mut changes = vec![];
    for (principal, known) in current.principals.iter().filter(|(name, _)| !next.principals.contains_key(*name)) {
        let delta = Box::new(Delta { before: Some(known.claim.clone()), after: None });
        changes.push(Change::Principal { principal: principal.clone(), delta });
    }
    for (principal, after) in next.principals {
        let before = current.principals.get(&principal);
        if before == Some(&after) {
            continue;
        }
        let Principal { claim, entitlements, credentials } = after;
        let was = before.map(|b| &b.claim);
        if was != Some(&claim) {
            let delta = Box::new(Delta { before: was.cloned(), after: Some(claim) });
            changes.push(Change::Principal { principal: principal.clone(), delta });
        }
        deltas(before.map(|b| &b.entitlements), entitlements, |key, delta| {
            changes.push(Change::Entitlement { principal: principal.clone(), key, delta });
        });
        deltas(before.map(|b| &b.credentials), credentials, |key, delta| {
            changes.push(Change::Credential { principal: principal.clone(), key, delta: Box::new(delta) });
        });
    }
    changes
}

/// Carries changes out on a snapshot. A change of what is not there does nothing.
#[must_use]
pub fn apply(changes: &[Change], mut to: Snapshot) -> Snapshot {
    for change in changes {
        match change {
            Change::Principal { principal, delta } => match (&delta.after, to.principals.get_mut(principal)) {
                (Some(claim), Some(known)) => known.claim = claim.clone(),
                (Some(claim), None) => {
                    let new =
                        Principal { claim: claim.clone(), entitlements: BTreeMap::new(), credentials: BTreeMap::new() };
                    to.principals.insert(principal.clone(), new);
                }
                (None, _) => drop(to.principals.remove(principal)),
            },
            Change::Entitlement { principal, key, delta } => {
                if let Some(it) = to.principals.get_mut(principal) {
                    put(&mut it.entitlements, key, delta);
                }
            }
            Change::Credential { principal, key, delta } => {
                if let Some(it) = to.principals.get_mut(principal) {
                    put(&mut it.credentials, key, delta);
                }
            }
        }
    }
    to
}

/// Counts changes; what a gone principal held counts as gone with it.
#[must_use]
pub fn summary<'a>(current: &Snapshot, changes: impl IntoIterator<Item = &'a Change>) -> Summary {
    let mut sum = Summary::default();
    for change in changes {
        match change {
            Change::Principal { principal, delta } => {
                sum.identities.count(delta);
                if let (None, Some(held)) = (&delta.after, current.principals.get(principal)) {
                    sum.entitlements.gone += held.entitlements.len();
                    sum.credentials.gone += held.credentials.len();
                }
            }
            Change::Entitlement { delta, .. } => sum.entitlements.count(delta),
            Change::Credential { delta, .. } => sum.credentials.count(delta),
        }
    }
    sum
}

/// Refuses an import that would take away more than `percent` of the identities or of the entitlements: a part of an export
/// looks just like a great many removals.
///
/// # Errors
/// `Conflict`, with the numbers.
pub fn check_removals(current: &Snapshot, changes: &[Change], explained: &[SetAside], percent: usize) -> Result<()> {
    let explained: BTreeSet<_> = explained.iter().map(|e| e.principal.as_str()).collect();
    let excused = |c: &&Change| match c {
        Change::Principal { principal, delta } => delta.after.is_some() || !explained.contains(principal.as_str()),
        _ => true,
    };
    let (known, gone) = (current.counts(), summary(current, changes.iter().filter(excused)));
    // a policy that is worded anew gives as many entitlements as it takes
    let net = gone.entitlements.gone.saturating_sub(gone.entitlements.new);
    let pairs = [("identities", gone.identities.gone, known.identities), ("entitlements", net, known.entitlements)];
    for (what, gone, of) in pairs {
        if gone * 100 > of * percent {
            return Err(Error::conflict(format!(
                "this import would remove {gone} of {of} {what} (more than {percent} %), as part of an export would: \
                 nothing was changed; give all files of the source, or say --allow-removals"
            )));
        }
    }
    Ok(())
}

impl Tally {
    fn count<T>(&mut self, delta: &Delta<T>) {
        match (&delta.before, &delta.after) {
            (None, Some(_)) => self.new += 1,
            (Some(_), Some(_)) => self.changed += 1,
            (Some(_), None) => self.gone += 1,
            (None, None) => {}
        }
    }
}

fn put<K: Ord + Clone, V: Clone>(map: &mut BTreeMap<K, V>, key: &K, delta: &Delta<V>) {
    match &delta.after {
        Some(value) => drop(map.insert(key.clone(), value.clone())),
        None => drop(map.remove(key)),
    }
}

/// Tells the keys of both maps where the values differ: those that are gone, then the others, each in order.
fn deltas<K: Ord + Clone, V: PartialEq + Clone>(
    a: Option<&BTreeMap<K, V>>,
    b: BTreeMap<K, V>,
    mut tell: impl FnMut(K, Delta<V>),
) {
    for (key, value) in a.into_iter().flatten().filter(|(key, _)| !b.contains_key(key)) {
        tell(key.clone(), Delta { before: Some(value.clone()), after: None });
    }
    for (key, value) in b {
        let before = a.and_then(|a| a.get(&key));
        if before != Some(&value) {
            tell(key, Delta { before: before.cloned(), after: Some(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{identity::Kind, time::Timestamp};
    use proptest::prelude::*;

    fn at() -> impl Strategy<Value = Option<Timestamp>> {
        prop::option::of((0i64..4).prop_map(|d| Timestamp::from_micros(d * 1_000_000).unwrap()))
    }
    fn entitlements() -> impl Strategy<Value = BTreeMap<entitlement::Key, entitlement::Facts>> {
        let key =
            ("[a-c]", "[xy]", "[pq]").prop_map(|(action, resource, via)| entitlement::Key { action, resource, via });
        let facts =
            (0..entitlement::Privilege::ALL.len(), at(), any::<bool>()).prop_map(|(p, last_used_at, reported)| {
                entitlement::Facts {
                    privilege: entitlement::Privilege::ALL[p],
                    wildcard: false,
                    conditional: false,
                    expires_at: None,
                    last_used_at,
                    usage_reported: reported,
                }
            });
        prop::collection::btree_map(key, facts, 0..5)
    }
    fn credentials() -> impl Strategy<Value = BTreeMap<String, credential::Facts>> {
        let facts = (at(), any::<bool>()).prop_map(|(created_at, active)| credential::Facts {
            created_at,
            active,
            ..credential::Facts::of(credential::Kind::AccessKey)
        });
        prop::collection::btree_map("[kl]", facts, 0..3)
    }
    fn snapshot() -> impl Strategy<Value = Snapshot> {
        let claim = (0..Kind::ALL.len(), "[mn]", at()).prop_map(|(k, name, created_at)| Claim {
            kind: Kind::ALL[k],
            name,
            environment: None,
            created_at,
            last_used_at: None,
            usage_reported: false,
            usage_until: None,
            usage: BTreeMap::new(),
            shown_by: BTreeSet::new(),
            notes: BTreeMap::new(),
            documents: BTreeMap::new(),
            becomes: BTreeMap::new(),
        });
        let principal = (claim, entitlements(), credentials())
            .prop_map(|(claim, entitlements, credentials)| Principal { claim, entitlements, credentials });
        prop::collection::btree_map("[a-e]", principal, 0..5).prop_map(|principals| Snapshot { principals })
    }

    proptest! {
        #[test]
        fn the_changes_take_one_snapshot_to_the_other(a in snapshot(), b in snapshot()) {
            prop_assert_eq!(apply(&diff(&a, &b), a.clone()), b.clone());
            prop_assert!(diff(&b, &b).is_empty());
            let sum = summary(&a, &diff(&a, &b));
            let (before, after) = (a.counts(), b.counts());
            prop_assert_eq!(before.identities + sum.identities.new - sum.identities.gone, after.identities);
            prop_assert_eq!(before.entitlements + sum.entitlements.new - sum.entitlements.gone, after.entitlements);
            prop_assert_eq!(before.credentials + sum.credentials.new - sum.credentials.gone, after.credentials);
        }
        #[test]
        fn a_change_reads_as_it_is_written(a in snapshot(), b in snapshot()) {
            let changes = diff(&a, &b);
            let text = serde_json::to_string(&changes).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), changes);
        }
    }

    #[test]
    fn a_part_of_an_export_is_refused() {
        let claim = Claim {
            kind: Kind::Workload,
            name: "a".into(),
            environment: None,
            created_at: None,
            last_used_at: None,
            usage_reported: false,
            usage_until: None,
            usage: BTreeMap::new(),
            shown_by: BTreeSet::new(),
            notes: BTreeMap::new(),
            documents: BTreeMap::new(),
            becomes: BTreeMap::new(),
        };
        let of = |n: usize| Snapshot {
            principals: (0..n)
                .map(|i| {
                    let p =
                        Principal { claim: claim.clone(), entitlements: BTreeMap::new(), credentials: BTreeMap::new() };
                    (format!("p{i}"), p)
                })
                .collect(),
        };
        let check = |from: usize, to: usize, ok: bool| {
            let (a, b) = (of(from), of(to));
            let verdict = check_removals(&a, &diff(&a, &b), &[], REMOVALS_PERCENT);
            assert_eq!(verdict.is_ok(), ok, "{from} to {to}");
            let people: Vec<_> =
                a.principals.keys().map(|p| SetAside { principal: p.clone(), reason: "a person".into() }).collect();
            assert!(check_removals(&a, &diff(&a, &b), &people, REMOVALS_PERCENT).is_ok(), "{from} to {to}");
        };
        check(10, 7, true);
        check(10, 6, false);
        check(0, 5, true);
        check(1, 0, false);
        check(5, 5, true);
    }
}
