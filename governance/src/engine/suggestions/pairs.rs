//! Pairs that share a term.
use super::Groups;
use crate::id::IdentityId;
use crate::matching::Term;
use crate::store::merges::pair;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs with what both have, the lesser id first.
pub type Pairs = BTreeMap<(IdentityId, IdentityId), BTreeSet<Term>>;

/// All pairs of each group, or those of one identity.
pub fn of(groups: &Groups, one: Option<IdentityId>) -> Pairs {
    let mut pairs = Pairs::new();
    for (term, ids) in groups {
        for (n, a) in ids.iter().enumerate() {
            for b in ids.iter().skip(n + 1) {
                if one.is_none_or(|one| [*a, *b].contains(&one)) {
                    pairs.entry(pair(*a, *b)).or_default().insert(term.clone());
                }
            }
        }
    }
    pairs
}
