//! Proofs that an entry is in the log, and that a later log only added to an earlier one (RFC 6962 §2.1.1, §2.1.2).
//!
//! A proof is made in two steps, so that the store may fetch between them: the plan says which complete subtrees are
//! needed ([`Plan::nodes`]), [`Plan::prove`] asks for each and folds. Checking follows RFC 9162 §2.1.3.2 and §2.1.4.2.
use super::merkle::{Hash, Node, check_size, empty_root, fold, node_hash, range_nodes, split};
use crate::error::{Error, Result};

/// What a proof is made of: for each of its hashes, the complete subtrees to fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan(Vec<Vec<Node>>);

impl Plan {
    /// Every complete subtree the proof needs, without order or promise of uniqueness.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + '_ {
        self.0.iter().flatten().copied()
    }

    /// The proof's hashes, in the order of RFC 6962.
    ///
    /// # Errors
    /// What `lookup` fails with.
    pub fn prove(&self, mut lookup: impl FnMut(Node) -> Result<Hash>) -> Result<Vec<Hash>> {
        self.0
            .iter()
            .map(|nodes| {
                let hashes = nodes.iter().map(|n| lookup(*n)).collect::<Result<Vec<_>>>()?;
                fold(&hashes).ok_or_else(|| Error::broken("a proof over an empty range"))
            })
            .collect()
    }
}

/// The plan for: entry `index` is in the tree of `size` entries.
///
/// # Errors
/// `Invalid` when there is no such entry at that size.
pub fn inclusion_plan(index: u64, size: u64) -> Result<Plan> {
    check_size(size)?;
    if index >= size {
        return Err(Error::invalid(format!("entry {index} is not in a log of {size} entries")));
    }
    let (mut begin, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            ranges.push(range_nodes(middle, end));
            end = middle;
        } else {
            ranges.push(range_nodes(begin, middle));
            begin = middle;
        }
    }
    ranges.reverse();
    Ok(Plan(ranges))
}

/// The plan for: the tree of `new` entries begins with the tree of `old` entries.
///
/// # Errors
/// `Invalid` when `old` is larger than `new`.
pub fn consistency_plan(old: u64, new: u64) -> Result<Plan> {
    check_size(new)?;
    if old > new {
        return Err(Error::invalid(format!("a log of {new} entries cannot continue one of {old}")));
    }
    let mut ranges = Vec::new();
    if old == 0 || old == new {
        return Ok(Plan(ranges));
    }
    let (mut begin, mut end) = (0, new);
    // SUBPROOF of RFC 6962: go down to where the old tree ends, keeping the other side of every split
    while end != old {
        let middle = begin + split(end - begin);
        if old <= middle {
            ranges.push(range_nodes(middle, end));
            end = middle;
        } else {
            ranges.push(range_nodes(begin, middle));
            begin = middle;
        }
    }
    if begin != 0 {
        ranges.push(range_nodes(begin, end));
    }
    ranges.reverse();
    Ok(Plan(ranges))
}

/// Checks that `leaf` (its hash) is entry `index` of the tree of `size` entries with this `root`.
///
/// # Errors
/// `Invalid`, saying whether the shape or the hash does not fit.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, proof: &[Hash]) -> Result<()> {
    check_size(size)?;
    if index >= size {
        return Err(Error::invalid(format!("entry {index} is not in a log of {size} entries")));
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(Error::invalid(format!("the inclusion proof of entry {index} is too long")));
        }
        if at % 2 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at.is_multiple_of(2) && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(Error::invalid(format!("the inclusion proof of entry {index} is too short")));
    }
    if hash != *root {
        return Err(Error::invalid(format!("the inclusion proof of entry {index} leads to another root")));
    }
    Ok(())
}

/// Checks that the tree of `new` entries with root `new_root` only added to the one of `old` entries with `old_root`.
///
/// # Errors
/// `Invalid`, saying whether the shape or a hash does not fit.
pub fn verify_consistency(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> Result<()> {
    check_size(new)?;
    if old > new {
        return Err(Error::invalid(format!("a log of {new} entries cannot continue one of {old}")));
    }
    if old == 0 || old == new {
        let same = if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        return match (proof.is_empty(), same) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::invalid("the consistency proof is too long")),
            (true, false) => Err(Error::invalid(format!("two logs of {old} entries differ: history was changed"))),
        };
    }
    let (first, rest) = match proof.split_first() {
        // the old tree is one complete subtree: its root is the first hash, and stands in no proof
        _ if old.is_power_of_two() => (*old_root, proof),
        Some((first, rest)) => (*first, rest),
        None => return Err(Error::invalid("the consistency proof is too short")),
    };
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (first, first);
    for hash in rest {
        if last == 0 {
            return Err(Error::invalid("the consistency proof is too long"));
        }
        if at % 2 == 1 || at == last {
            from_old = node_hash(hash, &from_old);
            from_new = node_hash(hash, &from_new);
            while at.is_multiple_of(2) && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(Error::invalid("the consistency proof is too short"));
    }
    if from_old != *old_root || from_new != *new_root {
        return Err(Error::invalid(format!(
            "the log of {new} entries does not continue the one of {old}: history was changed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::merkle::tests::{hash, naive_root, reference_leaves, some_leaves};
    use super::*;
    use proptest::prelude::*;

    fn naive_lookup(leaves: &[Hash]) -> impl FnMut(Node) -> Result<Hash> + '_ {
        |n| {
            let from = usize::try_from(n.index << n.level).unwrap();
            Ok(naive_root(&leaves[from..from + (1usize << n.level)]))
        }
    }
    fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
        inclusion_plan(index as u64, leaves.len() as u64).unwrap().prove(naive_lookup(leaves)).unwrap()
    }
    fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
        consistency_plan(old as u64, leaves.len() as u64).unwrap().prove(naive_lookup(leaves)).unwrap()
    }
    /// PATH of RFC 6962 §2.1.1, as written there.
    fn naive_path(m: usize, d: &[Hash]) -> Vec<Hash> {
        if d.len() <= 1 {
            return vec![];
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut path, other) = if m < k {
            (naive_path(m, &d[..k]), naive_root(&d[k..]))
        } else {
            (naive_path(m - k, &d[k..]), naive_root(&d[..k]))
        };
        path.push(other);
        path
    }
    /// SUBPROOF of RFC 6962 §2.1.2, as written there.
    fn naive_subproof(m: usize, d: &[Hash], whole: bool) -> Vec<Hash> {
        if m == d.len() {
            return if whole { vec![] } else { vec![naive_root(d)] };
        }
        let k = d.len().next_power_of_two() / 2;
        let (mut path, other) = if m <= k {
            (naive_subproof(m, &d[..k], whole), naive_root(&d[k..]))
        } else {
            (naive_subproof(m - k, &d[k..], false), naive_root(&d[..k]))
        };
        path.push(other);
        path
    }

    #[test]
    fn proofs_are_those_of_the_reference_tests() {
        let leaves = reference_leaves();
        let check = |got: Vec<Hash>, want: &[&str]| assert_eq!(got, want.iter().map(|h| hash(h)).collect::<Vec<_>>());
        check(inclusion(&leaves[..1], 0), &[]);
        check(
            inclusion(&leaves, 0),
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        );
        check(
            inclusion(&leaves, 5),
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
        check(inclusion(&leaves[..3], 2), &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
        check(consistency(&leaves[..1], 1), &[]);
        check(
            consistency(&leaves, 1),
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        );
        check(
            consistency(&leaves, 6),
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        );
        check(
            consistency(&leaves[..5], 2),
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        );
    }

    #[test]
    fn every_proof_of_every_small_tree_is_the_definition_and_verifies_for_itself_alone() {
        let leaves = some_leaves(40);
        for n in 1..=leaves.len() {
            let (tree, size) = (&leaves[..n], n as u64);
            let top = naive_root(tree);
            for m in 0..n {
                let proof = inclusion(tree, m);
                assert_eq!(proof, naive_path(m, tree), "inclusion {m} in {n}");
                for (other, leaf) in tree.iter().enumerate() {
                    let fits = verify_inclusion(leaf, other as u64, size, &top, &proof).is_ok();
                    assert_eq!(fits, other == m, "proof of {m} in {n} used for {other}");
                }
            }
            for m in 1..=n {
                let proof = consistency(tree, m);
                assert_eq!(proof, naive_subproof(m, tree, true), "consistency {m} to {n}");
                for other in 1..=n {
                    let old = naive_root(&leaves[..other]);
                    let fits = verify_consistency(other as u64, size, &old, &top, &proof).is_ok();
                    // 0 and n have empty proofs; nothing else shares one
                    assert_eq!(fits, other == m, "proof of {m} to {n} used for {other}");
                }
            }
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let leaf = some_leaves(1)[0];
        assert!(inclusion_plan(0, 0).is_err());
        assert!(inclusion_plan(5, 5).is_err());
        assert!(inclusion_plan(0, u64::MAX).is_err());
        assert!(consistency_plan(6, 5).is_err());
        assert!(consistency_plan(1, u64::MAX).is_err());
        assert!(verify_inclusion(&leaf, 0, 0, &leaf, &[]).is_err());
        assert!(verify_inclusion(&leaf, 1, 1, &leaf, &[]).is_err());
        assert!(verify_inclusion(&leaf, 0, 1, &leaf, &[]).is_ok());
        assert!(verify_consistency(2, 1, &leaf, &leaf, &[]).is_err());
        assert!(verify_consistency(0, 1, &leaf, &leaf, &[]).is_err(), "an empty tree has the empty root");
        assert!(verify_consistency(0, 1, &empty_root(), &leaf, &[]).is_ok());
        assert!(verify_consistency(0, 1, &empty_root(), &leaf, &[leaf]).is_err());
        assert!(verify_consistency(1, 2, &leaf, &leaf, &[]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_proof_of_a_large_tree_verifies_and_no_changed_one_does(
            n in 1u64..2000, pick in any::<prop::sample::Index>(), byte in 0usize..32, bit in 0u8..8, at in any::<prop::sample::Index>(),
        ) {
            let leaves = some_leaves(n);
            let m = pick.index(leaves.len());
            let top = naive_root(&leaves);
            let proof = inclusion(&leaves, m);
            verify_inclusion(&leaves[m], m as u64, n, &top, &proof).unwrap();
            let old = naive_root(&leaves[..=m]);
            let grown = consistency(&leaves, m + 1);
            verify_consistency(m as u64 + 1, n, &old, &top, &grown).unwrap();
            for (kind, whole) in [(0, proof), (1, grown)] {
                if whole.is_empty() { continue; }
                let ok = |p: &[Hash]| if kind == 0 {
                    verify_inclusion(&leaves[m], m as u64, n, &top, p).is_ok()
                } else {
                    verify_consistency(m as u64 + 1, n, &old, &top, p).is_ok()
                };
                let mut changed = whole.clone();
                changed[at.index(whole.len())][byte] ^= 1 << bit;
                prop_assert!(!ok(&changed));
                prop_assert!(!ok(&whole[1..]));
                prop_assert!(!ok(&whole[..whole.len() - 1]));
                prop_assert!(!ok(&[whole.clone(), vec![top]].concat()));
            }
        }

        #[test]
        fn plans_for_the_largest_logs_stay_small(index in 0..super::super::merkle::MAX_SIZE, size in 1..super::super::merkle::MAX_SIZE) {
            let plan = inclusion_plan(index.min(size - 1), size).unwrap();
            prop_assert!(plan.0.len() <= 63 && plan.nodes().count() <= 126);
            let plan = consistency_plan(index.min(size), size).unwrap();
            prop_assert!(plan.0.len() <= 64 && plan.nodes().count() <= 126);
        }
    }
}
