//! One file that proves one entry offline (c2sp.org/tlog-proof): the index, the path, the checkpoint.
use super::checkpoint::{Checkpoint, base64_hash, decimal};
use super::merkle::{Hash, leaf_hash};
use super::note::VerifierKey;
use super::proof::verify_inclusion;
use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1\n";
/// A tree of 2^63 entries has paths of 63 hashes.
const MAX_HASHES: usize = 63;

/// The content of a `.tlog-proof` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofFile {
    /// Zero-based index of the entry in the log.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl ProofFile {
    /// The text of the file.
    #[must_use]
    pub fn print(&self) -> String {
        let hashes: String = self.hashes.iter().map(|h| BASE64_STANDARD.encode(h) + "\n").collect();
        format!("{FIRST_LINE}index {}\n{hashes}\n{}", self.index, self.checkpoint)
    }

    /// Reads a file; the `extra` line, which nothing authenticates and this log never writes, is refused.
    ///
    /// # Errors
    /// `Invalid`, saying which line is wrong. The checkpoint's own form is checked by [`ProofFile::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not a tlog-proof: {why}"));
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        let rest = text.strip_prefix(FIRST_LINE).ok_or_else(|| bad("its first line is `c2sp.org/tlog-proof@v1`"))?;
        let (head, checkpoint) =
            rest.split_once("\n\n").ok_or_else(|| bad("it has no blank line before its checkpoint"))?;
        let mut lines = head.split('\n');
        let index = lines.next().and_then(|l| l.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or_else(|| bad("its second line is `index` and a decimal number"))?;
        let hashes =
            lines.map(|l| base64_hash(l).ok_or_else(|| bad("a line of its path is not the base64 of 32 bytes")));
        let hashes = hashes.take(MAX_HASHES + 1).collect::<Result<Vec<_>>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(bad("its path is longer than any tree is high"));
        }
        Ok(Self { index, hashes, checkpoint: checkpoint.into() })
    }

    /// Checks that these bytes are entry `self.index` of the log whose key this is, at the checkpoint inside.
    ///
    /// # Errors
    /// `Invalid`, saying whether the checkpoint, its signature or the path does not hold.
    pub fn verify(&self, leaf: &[u8], key: &VerifierKey) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::verify(self.checkpoint.as_bytes(), key)?;
        verify_inclusion(&leaf_hash(leaf), self.index, checkpoint.size, &checkpoint.root, &self.hashes)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::root;
    use super::super::note::{Note, SigningKey};
    use super::super::proof::inclusion_plan;
    use super::*;

    fn sample(n: u64, index: u64) -> (ProofFile, SigningKey) {
        let hashes: Vec<Hash> = (0..n).map(|i| leaf_hash(format!("entry {i}").as_bytes())).collect();
        let key = SigningKey::from_seed("countersign/ins_1", &[1; 32]).unwrap();
        let checkpoint = Checkpoint { origin: "countersign/ins_1".into(), size: n, root: root(&hashes) };
        let lookup = |node: super::super::merkle::Node| {
            let from = usize::try_from(node.index << node.level).unwrap();
            Ok(root(&hashes[from..from + (1 << node.level)]))
        };
        let hashes = inclusion_plan(index, n).unwrap().prove(lookup).unwrap();
        (ProofFile { index, hashes, checkpoint: checkpoint.sign(&key).unwrap() }, key)
    }

    #[test]
    fn a_proof_file_reads_as_it_is_written_and_proves_its_entry_alone() {
        for (n, index) in [(1, 0), (2, 1), (9, 8), (100, 37)] {
            let (file, key) = sample(n, index);
            let again = ProofFile::parse(file.print().as_bytes()).unwrap();
            assert_eq!(again, file);
            let checkpoint = again.verify(format!("entry {index}").as_bytes(), key.verifier()).unwrap();
            assert_eq!(checkpoint.size, n);
            assert!(again.verify(format!("entry {}", index + 1).as_bytes(), key.verifier()).is_err());
            let other = SigningKey::from_seed("countersign/ins_1", &[2; 32]).unwrap();
            assert!(again.verify(format!("entry {index}").as_bytes(), other.verifier()).is_err());
        }
    }

    #[test]
    fn no_byte_of_a_proof_file_may_change() {
        let (file, key) = sample(13, 5);
        let text = file.print();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let verified = ProofFile::parse(&bytes).and_then(|f| f.verify(b"entry 5", key.verifier()));
            assert!(verified.is_err(), "byte {at} of {text}");
        }
        for at in 0..text.len() {
            let verified = ProofFile::parse(&text.as_bytes()[..at]).and_then(|f| f.verify(b"entry 5", key.verifier()));
            assert!(verified.is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_malformed_file_is_refused() {
        let (file, key) = sample(13, 5);
        let text = file.print();
        let check = |text: String| {
            let verified = ProofFile::parse(text.as_bytes()).and_then(|f| f.verify(b"entry 5", key.verifier()));
            assert!(verified.is_err(), "{text}");
        };
        check(text.replace("index 5", "index 05"));
        check(text.replace("index 5", "index  5"));
        check(text.replace("index 5", "extra AAAA\nindex 5"));
        check(text.replace("index 5", "index 6"));
        check(text.replace('\n', "\r\n"));
        check(text.replacen("@v1", "@v2", 1));
        check(format!("{text}\n"));
        let long = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(64);
        check(text.replace("index 5\n", &format!("index 5\n{long}")));
        // a later checkpoint of the same key does not carry an earlier path
        let (later, _) = sample(14, 5);
        check(ProofFile { checkpoint: later.checkpoint, ..file }.print());
        // signed, but not a checkpoint
        let note = Note::sign("countersign/ins_1\n", &[&key]).unwrap();
        check(ProofFile { checkpoint: note, ..sample(13, 5).0 }.print());
    }
}
