//! Proof that a run of entries is in the log, whole and in order: nothing left out, nothing put in.
//!
//! One entry takes a path of hashes; a run takes what lies to its left and to its right. With the left side the root of
//! the log at *every* size inside the run can be computed, so any checkpoint that somebody kept from that time is compared.
use super::checkpoint::{base64_hash, decimal};
use super::frontier::Frontier;
use super::merkle::{Hash, Node, check_size, range_nodes};
use crate::error::{Error, Result};
use base64::{Engine, prelude::BASE64_STANDARD};

const FIRST_LINE: &str = "countersign-range@v1";
/// 63 complete subtrees on either side of a run, at most.
const MAX_HASHES: usize = 126;

/// The run `[begin, end)` of a log of `size` entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub begin: u64,
    pub end: u64,
    pub size: u64,
}

/// A run and the complete subtrees beside it, left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeProof {
    pub range: Range,
    pub hashes: Vec<Hash>,
}

impl Range {
    /// # Errors
    /// `Invalid` unless `begin ≤ end ≤ size`.
    pub fn new(begin: u64, end: u64, size: u64) -> Result<Self> {
        check_size(size)?;
        if begin > end || end > size {
            return Err(Error::invalid(format!("entries {begin} to {end} are no run of a log of {size}")));
        }
        Ok(Self { begin, end, size })
    }

    /// The complete subtrees that tile `[0, begin)` and `[end, size)`, left to right.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = range_nodes(0, self.begin);
        let mut at = self.end;
        while at < self.size {
            let fits = (self.size - at).ilog2();
            let level = if at == 0 { fits } else { fits.min(at.trailing_zeros()) };
            nodes.push(Node { level: u8::try_from(level).unwrap_or(u8::MAX), index: at >> level });
            at += 1 << level;
        }
        nodes
    }

    /// The proof, asking `lookup` for each subtree.
    ///
    /// # Errors
    /// What `lookup` fails with.
    pub fn prove(self, lookup: impl FnMut(Node) -> Result<Hash>) -> Result<RangeProof> {
        let hashes = self.nodes().into_iter().map(lookup).collect::<Result<Vec<_>>>()?;
        Ok(RangeProof { range: self, hashes })
    }
}

impl RangeProof {
    /// Folds the run into the tree of `size` entries with this `root`, both from a checkpoint: a root alone does not bind
    /// its size. `leaf_hashes` are those of the entries `begin` to `end`, in order; `at` is told each size from `begin` to
    /// `end`, and that of the whole, with the tree as it was then.
    ///
    /// # Errors
    /// `Invalid` when the shape does not fit, the root is another, or `at` says so.
    pub fn verify(
        &self,
        leaf_hashes: impl IntoIterator<Item = Hash>,
        (size, root): (u64, &Hash),
        mut at: impl FnMut(&Frontier) -> Result<()>,
    ) -> Result<()> {
        let Range { begin, end, .. } = Range::new(self.range.begin, self.range.end, self.range.size)?;
        if self.range.size != size {
            return Err(Error::invalid(format!("the run is of a log of {} entries, not of {size}", self.range.size)));
        }
        let nodes = self.range.nodes();
        if nodes.len() != self.hashes.len() {
            return Err(Error::invalid("the proof of the run has another number of hashes than its place asks for"));
        }
        let left = range_nodes(0, begin).len();
        let (before, after) = self.hashes.split_at(left);
        let mut tree = Frontier::from_bytes(begin, &before.concat())?;
        at(&tree)?;
        for hash in leaf_hashes {
            if tree.size() == end {
                return Err(Error::invalid(format!("there are more entries than the run {begin} to {end} has")));
            }
            tree.push(hash);
            at(&tree)?;
        }
        if tree.size() != end {
            return Err(Error::invalid(format!("entry {} of the run {begin} to {end} is missing", tree.size())));
        }
        for (node, hash) in nodes.iter().skip(left).zip(after) {
            tree.push_subtree(node.level, *hash)?;
        }
        if tree.size() != size || tree.root() != *root {
            return Err(Error::invalid(format!(
                "the entries {begin} to {end} lead to another root: history was changed"
            )));
        }
        if size != end { at(&tree) } else { Ok(()) }
    }

    /// The text of the file.
    #[must_use]
    pub fn print(&self) -> String {
        let Range { begin, end, size } = self.range;
        let hashes: String = self.hashes.iter().map(|h| BASE64_STANDARD.encode(h) + "\n").collect();
        format!("{FIRST_LINE}\nbegin {begin}\nend {end}\nsize {size}\n{hashes}")
    }

    /// Reads a file; only the one spelling [`RangeProof::print`] writes.
    ///
    /// # Errors
    /// `Invalid`, saying which line is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bad = |why: &str| Error::invalid(format!("not the proof of a run: {why}"));
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
        let mut lines = text.strip_suffix('\n').ok_or_else(|| bad("its last line does not end"))?.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(bad("its first line is `countersign-range@v1`"));
        }
        let mut number = |name: &str| {
            let value = lines.next().and_then(|l| l.strip_prefix(name)).and_then(decimal);
            value.ok_or_else(|| bad("its lines begin, end and size are decimal numbers"))
        };
        let range = Range::new(number("begin ")?, number("end ")?, number("size ")?)?;
        let hashes = lines.map(|l| base64_hash(l).ok_or_else(|| bad("a line is not the base64 of 32 bytes")));
        let hashes = hashes.take(MAX_HASHES + 1).collect::<Result<Vec<_>>>()?;
        if hashes.len() > MAX_HASHES {
            return Err(bad("it has more hashes than any tree needs"));
        }
        Ok(Self { range, hashes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::merkle::tests::{naive_root, some_leaves};
    use super::*;
    use proptest::prelude::*;

    fn prove(leaves: &[Hash], begin: u64, end: u64) -> RangeProof {
        let lookup = |n: Node| {
            let from = usize::try_from(n.index << n.level).unwrap();
            Ok(naive_root(&leaves[from..from + (1usize << n.level)]))
        };
        Range::new(begin, end, leaves.len() as u64).unwrap().prove(lookup).unwrap()
    }
    fn run(leaves: &[Hash], begin: u64, end: u64) -> Vec<Hash> {
        leaves[usize::try_from(begin).unwrap()..usize::try_from(end).unwrap()].to_vec()
    }

    #[test]
    fn every_run_of_every_small_log_is_proven_with_every_root_inside_it() {
        for size in 0..20u64 {
            let leaves = some_leaves(size);
            let root = naive_root(&leaves);
            for begin in 0..=size {
                for end in begin..=size {
                    let proof = prove(&leaves, begin, end);
                    assert_eq!(RangeProof::parse(proof.print().as_bytes()).unwrap(), proof);
                    let mut seen = Vec::new();
                    let check = |tree: &Frontier| {
                        assert_eq!(tree.root(), naive_root(&leaves[..usize::try_from(tree.size()).unwrap()]));
                        seen.push(tree.size());
                        Ok(())
                    };
                    proof.verify(run(&leaves, begin, end), (size, &root), check).unwrap();
                    assert!((begin..=end).all(|n| seen.contains(&n)) && seen.contains(&size));
                }
            }
        }
    }

    #[test]
    fn a_malformed_file_is_refused() {
        let good = prove(&some_leaves(9), 2, 5).print();
        let check = |from: &str, to: &str| {
            assert!(good.contains(from));
            assert!(RangeProof::parse(good.replacen(from, to, 1).as_bytes()).is_err(), "{from} → {to}");
        };
        check("@v1", "@v2");
        check("begin 2", "begin 02");
        check("begin 2", "begin 6");
        check("size 9", "size 4");
        check("end 5\n", "");
        check("=\n", "\n");
        assert!(RangeProof::parse(good.trim_end().as_bytes()).is_err());
        assert!(RangeProof::parse(format!("{good}\n").as_bytes()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_run_with_anything_changed_left_out_put_in_or_moved_is_refused(
            size in 2u64..400, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(), i in any::<prop::sample::Index>(),
        ) {
            let leaves = some_leaves(size);
            let root = naive_root(&leaves);
            let (a, b) = (a.index(leaves.len()) as u64, b.index(leaves.len()) as u64);
            let (begin, end) = (a.min(b), a.max(b) + 1);
            let proof = prove(&leaves, begin, end);
            let run = run(&leaves, begin, end);
            let ok = |proof: &RangeProof, run: Vec<Hash>| proof.verify(run, (size, &root), |_| Ok(())).is_ok();
            prop_assert!(ok(&proof, run.clone()));
            let at = i.index(run.len());
            let with = |change: &dyn Fn(&mut Vec<Hash>)| { let mut r = run.clone(); change(&mut r); r };
            prop_assert!(!ok(&proof, with(&|r| r[at][0] ^= 1)));
            prop_assert!(!ok(&proof, with(&|r| _ = r.remove(at))));
            prop_assert!(!ok(&proof, with(&|r| r.insert(at, [0; 32]))));
            if run.len() > 1 {
                prop_assert!(!ok(&proof, with(&|r| r.swap(at, (at + 1) % run.len()))));
            }
            for n in 0..proof.hashes.len() {
                let mut changed = proof.clone();
                changed.hashes[n][31] ^= 1;
                prop_assert!(!ok(&changed, run.clone()));
            }
            for (begin, end, size) in [(begin + 1, end, size), (begin, end, size + 1), (begin, end + 1, size)] {
                let mut changed = proof.clone();
                changed.range = Range { begin, end, size };
                prop_assert!(!ok(&changed, run.clone()));
            }
        }
    }
}
