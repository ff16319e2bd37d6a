//! The right edge of the tree: all that appending needs to know of everything before.
use super::merkle::{Hash, check_size, empty_root, fold, node_hash};
use crate::error::{Error, Result};

/// A compact range `[0, size)`: the roots of the complete subtrees that tile it, largest first, one a set bit of `size`.
/// The head row keeps it, and appending under the log's lock is reading it, pushing, and writing it back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one leaf by its hash ([`super::leaf_hash`]).
    pub fn push(&mut self, leaf_hash: Hash) {
        self.carry(0, leaf_hash);
    }

    /// Appends a complete subtree of `2^level` leaves by its root.
    ///
    /// # Errors
    /// `Invalid` when a subtree of that height cannot begin at this size, or the log would grow beyond its largest size.
    pub fn push_subtree(&mut self, level: u8, root: Hash) -> Result<()> {
        let width = 1u64.checked_shl(level.into()).filter(|w| self.size.is_multiple_of(*w));
        let grown = width.and_then(|w| self.size.checked_add(w)).ok_or_else(|| {
            Error::invalid(format!("a subtree of height {level} does not fit behind {} entries", self.size))
        })?;
        check_size(grown)?;
        self.carry(level, root);
        Ok(())
    }

    fn carry(&mut self, level: u8, mut hash: Hash) {
        // each trailing one bit is a complete left sibling waiting for this subtree
        for _ in 0..(self.size >> level).trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1 << level;
    }

    /// RFC 6962 root hash at this size.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold(&self.hashes).unwrap_or_else(empty_root)
    }

    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, largest subtree first, 32 bytes each; the size stands beside it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.concat()
    }

    /// Reads what [`Frontier::to_bytes`] wrote.
    ///
    /// # Errors
    /// `Invalid` when the bytes are not exactly one hash for each set bit of `size`.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self> {
        check_size(size)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || u32::try_from(hashes.len()) != Ok(size.count_ones()) {
            return Err(Error::invalid(format!(
                "the head of the log is damaged: {} bytes of hashes do not fit a size of {size}",
                bytes.len()
            )));
        }
        Ok(Self { size, hashes: hashes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::tests::{naive_root, some_leaves};
    use super::*;

    #[test]
    fn pushing_one_at_a_time_through_the_stored_form_gives_every_root() {
        let leaves = some_leaves(300);
        let (mut size, mut bytes) = (0, Vec::new());
        for n in 0..leaves.len() {
            let mut head = Frontier::from_bytes(size, &bytes).unwrap();
            assert_eq!(head.root(), naive_root(&leaves[..n]));
            head.push(leaves[n]);
            (size, bytes) = (head.size(), head.to_bytes());
        }
        assert_eq!(size, 300);
    }

    #[test]
    fn a_damaged_head_is_refused() {
        let mut head = Frontier::new();
        for leaf in some_leaves(7) {
            head.push(leaf);
        }
        let bytes = head.to_bytes();
        assert_eq!(bytes.len(), 96);
        for (size, bytes) in [
            (6, &bytes[..]),
            (8, &bytes[..]),
            (7, &bytes[..95]),
            (7, &bytes[..64]),
            (0, &bytes[..]),
            (u64::MAX, &bytes[..]),
        ] {
            assert!(Frontier::from_bytes(size, bytes).is_err(), "size {size}, {} bytes", bytes.len());
        }
    }
}
