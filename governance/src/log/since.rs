//! A checkpoint with the proof that it continues an earlier one: the body of C2SP tlog-witness' `add-checkpoint`, so that
//! what a person keeps outside is what a witness is sent.
use super::checkpoint::{Checkpoint, base64_hash, decimal};
use super::merkle::{Hash, check_size};
use super::proof::verify_consistency;
use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};

/// A tree of 2^63 entries has consistency proofs of at most 64 hashes; the specification allows 63.
const MAX_HASHES: usize = 63;

/// A later checkpoint and why it only added to the log of `old` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    pub old: u64,
    pub hashes: Vec<Hash>,
    /// The later signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl Since {
    /// The text of the file.
    #[must_use]
    pub fn print(&self) -> String {
        let hashes: String = self.hashes.iter().map(|h| BASE64_STANDARD.encode(h) + "\n").collect();
        format!("old {}\n{hashes}\n{}", self.old, self.checkpoint)
    }

    /// Whether a file is of this form rather than a bare checkpoint.
    #[must_use]
    pub fn is_like(bytes: &[u8]) -> bool {
        bytes.starts_with(b"old ")
    }

    /// # Errors
    /// `Invalid`, saying which line is wrong. The checkpoint inside is not yet looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not a checkpoint with a consistency proof: {why}"));
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or_else(|| bad("it has no blank line"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|l| l.strip_prefix("old ")).and_then(decimal);
        let old = old.ok_or_else(|| bad("its first line is `old` and a decimal number"))?;
        check_size(old)?;
        let hashes = lines.map(|l| base64_hash(l).ok_or_else(|| bad("a line is not the base64 of 32 bytes")));
        let hashes = hashes.take(MAX_HASHES + 1).collect::<Result<Vec<_>>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(bad("it has more than 63 hashes"));
        }
        Ok(Self { old, hashes, checkpoint: checkpoint.into() })
    }

    /// Checks that the log of `new` continues the one whose root at `self.old` is `old_root`.
    ///
    /// # Errors
    /// `Invalid` when the proof does not lead from one to the other.
    pub fn verify(&self, old_root: &Hash, new: &Checkpoint) -> Result<()> {
        verify_consistency(self.old, new.size, old_root, &new.root, &self.hashes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::{Node, root, tests::some_leaves};
    use super::super::note::SigningKey;
    use super::super::proof::consistency_plan;
    use super::*;

    fn sample() -> (Since, Checkpoint, Hash) {
        let leaves = some_leaves(11);
        let key = SigningKey::from_seed("countersign/ins_1", &[1; 32]).unwrap();
        let new = Checkpoint { origin: "countersign/ins_1".into(), size: 11, root: root(&leaves) };
        let lookup = |n: Node| {
            let from = usize::try_from(n.index << n.level).unwrap();
            Ok(root(&leaves[from..from + (1usize << n.level)]))
        };
        let hashes = consistency_plan(6, 11).unwrap().prove(lookup).unwrap();
        (Since { old: 6, hashes, checkpoint: new.sign(&key).unwrap() }, new, root(&leaves[..6]))
    }

    #[test]
    fn it_reads_as_it_is_written_and_binds_both_ends() {
        let (since, new, old_root) = sample();
        let again = Since::parse(since.print().as_bytes()).unwrap();
        assert_eq!(again, since);
        assert!(Since::is_like(since.print().as_bytes()) && !Since::is_like(since.checkpoint.as_bytes()));
        again.verify(&old_root, &new).unwrap();
        assert!(again.verify(&new.root, &new).is_err());
        // a size of another shape; one of the same shape (12) is told apart by the checkpoint's signature, which covers it
        assert!(again.verify(&old_root, &Checkpoint { size: 20, ..new.clone() }).is_err());
        assert!(Since { old: 5, ..again }.verify(&old_root, &new).is_err());
    }

    #[test]
    fn a_malformed_file_is_refused() {
        let good = sample().0.print();
        let check = |from: &str, to: &str| {
            assert!(good.contains(from));
            assert!(Since::parse(good.replacen(from, to, 1).as_bytes()).is_err(), "{from} → {to}");
        };
        check("old 6", "old 06");
        check("old 6", "old -6");
        check("old 6", "new 6");
        check("=\n", "\n");
        check("\n\n", "\n");
        let many = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(64);
        check("old 6\n", &format!("old 6\n{many}"));
    }
}
