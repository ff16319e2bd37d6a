//! The hash tree of RFC 6962 §2.1: SHA-256, leaves and inner nodes told apart by their first byte.
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};

/// One SHA-256 value: of a leaf, an inner node or the whole tree.
pub type Hash = [u8; 32];

/// The largest number of leaves a log may have: what both databases and every reader hold in a signed 64-bit integer.
pub const MAX_SIZE: u64 = i64::MAX.unsigned_abs();

/// A complete subtree: `2^level` leaves, the `index`-th of them from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    pub level: u8,
    pub index: u64,
}

/// `SHA-256(0x00 ‖ leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut both = [1; 65];
    both[1..33].copy_from_slice(left);
    both[33..].copy_from_slice(right);
    Sha256::digest(both).into()
}

/// The root of a tree without leaves: the hash of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The root over these leaf hashes, in order.
#[must_use]
pub fn root(leaf_hashes: &[Hash]) -> Hash {
    let mut tree = super::Frontier::new();
    for hash in leaf_hashes {
        tree.push(*hash);
    }
    tree.root()
}

/// The root of the leaves `[begin, end)` from the complete subtrees that tile it, left to right.
/// `hashes` are those of [`range_nodes`] for the same range.
pub(super) fn fold(hashes: &[Hash]) -> Option<Hash> {
    let (last, rest) = hashes.split_last()?;
    Some(rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}

/// The complete subtrees that tile `[begin, end)`, largest first.
/// `begin` must be aligned as RFC 6962 splits a tree: every range this crate asks for is.
pub(super) fn range_nodes(begin: u64, end: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = begin;
    while at < end {
        // level of the largest power of two that fits
        let level = (end - at).ilog2();
        nodes.push(Node { level: u8::try_from(level).unwrap_or(u8::MAX), index: at >> level });
        at += 1 << level;
    }
    nodes
}

/// Where RFC 6962 splits a tree of `size` ≥ 2 leaves: the largest power of two below `size`.
pub(super) fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Refuses sizes no log of ours can have.
///
/// # Errors
/// `Invalid` above [`MAX_SIZE`].
pub fn check_size(size: u64) -> Result<()> {
    if size > MAX_SIZE {
        return Err(Error::invalid(format!("a log of {size} entries is larger than any log can be ({MAX_SIZE})")));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// MTH as RFC 6962 §2.1 writes it: slow, recursive, and independent of the code above.
    pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest(b"").into(),
            [one] => *one,
            many => {
                let mut k = 1;
                while k * 2 < many.len() {
                    k *= 2;
                }
                let mut h = Sha256::new();
                h.update([1u8]);
                h.update(naive_root(&many[..k]));
                h.update(naive_root(&many[k..]));
                h.finalize().into()
            }
        }
    }
    pub(crate) fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
    }
    pub(crate) fn hash(text: &str) -> Hash {
        hex(text).try_into().unwrap()
    }
    /// The eight leaves of the Certificate Transparency reference tests.
    pub(crate) fn reference_leaves() -> Vec<Hash> {
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
            .map(|l| leaf_hash(&hex(l)))
            .to_vec()
    }
    pub(crate) fn some_leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn roots_are_those_of_the_reference_tests() {
        let leaves = reference_leaves();
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (n, expected) in roots.iter().enumerate() {
            assert_eq!(root(&leaves[..n]), hash(expected), "{n} leaves");
        }
        assert_eq!(empty_root(), root(&[]));
    }

    #[test]
    fn a_leaf_cannot_pass_for_a_node() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        assert_ne!(leaf_hash(&[a, b].concat()), node_hash(&a, &b));
    }

    proptest! {
        #[test]
        fn the_root_is_the_recursive_definition(n in 0u64..600) {
            let leaves = some_leaves(n);
            prop_assert_eq!(root(&leaves), naive_root(&leaves));
        }

        #[test]
        fn the_subtrees_of_a_range_tile_it(n in 1u64..MAX_SIZE) {
            let nodes = range_nodes(0, n);
            let mut at = 0;
            for node in &nodes {
                prop_assert_eq!(node.index << node.level, at);
                at += 1u64 << node.level;
            }
            prop_assert_eq!(at, n);
            prop_assert_eq!(nodes.len(), usize::try_from(n.count_ones()).unwrap());
        }
    }
}
