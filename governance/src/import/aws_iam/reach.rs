//! What the policies of an account come to: who can give itself more, and who can become whom.
use crate::import::snapshot::{EVERYTHING, LIMITED, POWER, Snapshot};
use crate::privilege::aws::{Held, escalation, held::TRUST, trust};
use std::collections::BTreeMap;

/// Writes it into the claims of all principals.
pub fn note(snapshot: &mut Snapshot) {
    let held: BTreeMap<String, Held> =
        snapshot.principals.iter().filter_map(|(arn, p)| Some((arn.clone(), Held::of(&p.claim.documents)?))).collect();
    let trusts: Vec<_> = snapshot
        .principals
        .iter()
        .filter_map(|(arn, p)| Some((arn.clone(), p.claim.documents.get(TRUST)?.text.clone()?)))
        .collect();
    for (arn, principal) in &mut snapshot.principals {
        let held = held.get(arn);
        for (role, trust) in &trusts {
            if let Some(how) = trust::may_become(arn, held, role, trust) {
                let limit = if how.limited { ", under a condition" } else { "" };
                principal.claim.becomes.insert(role.clone(), format!("{}{limit}", how.words));
            }
        }
        for (way, policies) in held.map(powers).unwrap_or_default() {
            principal.claim.notes.insert(format!("{POWER}{way}"), policies);
        }
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
