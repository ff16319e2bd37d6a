//! The tree as files (c2sp.org/tlog-tiles): 256 hashes a tile, 256 entries a bundle, so that public log tools read it.
use super::merkle::{Hash, Node, check_size, root};
use crate::error::{Error, Result};

/// Hashes in a full tile, entries in a full bundle.
pub const WIDTH: u64 = 256;
/// The longest entry a bundle can hold: its length is a big-endian u16.
pub const MAX_ENTRY: usize = 65_535;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The entries themselves.
    Entries,
    /// Hashes of complete subtrees of `256^level` entries.
    Hashes { level: u8 },
}

/// One tile by what it holds, its place from the left, and how many it has of 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    pub kind: Kind,
    pub index: u64,
    /// 1 to 256; less than 256 is a partial tile.
    pub width: u16,
}

impl Tile {
    /// `tile/<level or entries>/<x001/x234/067>[.p/<width>]`.
    #[must_use]
    pub fn path(&self) -> String {
        let kind = match self.kind {
            Kind::Entries => "entries".to_owned(),
            Kind::Hashes { level } => level.to_string(),
        };
        let mut number = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        let partial = if u64::from(self.width) < WIDTH { format!(".p/{}", self.width) } else { String::new() };
        format!("tile/{kind}/{number}{partial}")
    }

    /// Reads a path; only the one spelling that [`Tile::path`] writes is accepted.
    ///
    /// # Errors
    /// `Invalid` when it is not the path of a tile.
    pub fn parse(path: &str) -> Result<Self> {
        let tile = Self::read(path).filter(|t| t.path() == path);
        tile.ok_or_else(|| Error::invalid("not the path of a tile: `tile/<level>/<number>[.p/<width>]`"))
    }
    fn read(path: &str) -> Option<Self> {
        let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match kind {
            "entries" => Kind::Entries,
            level => Kind::Hashes { level: level.parse().ok().filter(|l| *l < 64)? },
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|w| (1..256).contains(w))?),
            None => (rest, 256),
        };
        let mut index = 0u64;
        for part in number.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        Some(Self { kind, index, width })
    }

    /// The first entry (for hash tiles: the first hash of its level) in the tile, and how many there are.
    ///
    /// # Errors
    /// `Invalid` when the index is beyond any log.
    pub fn span(&self) -> Result<(u64, u64)> {
        let begin = self.index.checked_mul(WIDTH).ok_or_else(|| Error::invalid("no log is that large"))?;
        check_size(begin)?;
        Ok((begin, u64::from(self.width)))
    }
}

/// The tile that holds `node`, full, and the hashes of it that the node stands over: `[begin, begin + count)`.
/// Fold them with [`node_in_tile`].
#[must_use]
pub fn tile_of(node: Node) -> (u8, u64, usize, usize) {
    let below = node.level % 8;
    let first = node.index << below;
    let begin = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
    (node.level / 8, first / WIDTH, begin, 1 << below)
}

/// The hash of `node` from the bytes of the tile that [`tile_of`] names.
///
/// # Errors
/// `Invalid` when the tile is too short or not whole hashes.
pub fn node_in_tile(node: Node, tile: &[u8]) -> Result<Hash> {
    let (level, index, begin, count) = tile_of(node);
    let short = || Error::invalid(format!("tile {index} of level {level} is damaged or too short"));
    let (hashes, rest) = tile.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(short());
    }
    let end = begin.checked_add(count).ok_or_else(short)?;
    Ok(root(hashes.get(begin..end).ok_or_else(short)?))
}

/// Every tile a log of `size` entries consists of, the entries first, then level by level.
///
/// # Errors
/// `Invalid` above the largest size.
pub fn tiles(size: u64) -> Result<Vec<Tile>> {
    tiles_since(0, size)
}

/// The tiles of a log of `size` entries that one of `old` entries did not have (the partial ones it had are gone or full).
///
/// # Errors
/// `Invalid` above the largest size, or when `old` is larger.
pub fn tiles_since(old: u64, size: u64) -> Result<Vec<Tile>> {
    check_size(size)?;
    if old > size {
        return Err(Error::invalid(format!("a log of {size} entries cannot continue one of {old}")));
    }
    let mut tiles = row(Kind::Entries, old, size);
    let (mut before, mut count, mut level) = (old, size, 0);
    while count > 0 {
        tiles.extend(row(Kind::Hashes { level }, before, count));
        before /= WIDTH;
        count /= WIDTH;
        level += 1;
    }
    Ok(tiles)
}

/// The tiles over the elements `[old, count)` of one level, with all of each tile that changed.
fn row(kind: Kind, old: u64, count: u64) -> Vec<Tile> {
    let full = (old / WIDTH..count / WIDTH).map(|index| Tile { kind, index, width: 256 });
    let rest = u16::try_from(count % WIDTH).unwrap_or(0);
    let partial = (rest > 0 && count > old).then_some(Tile { kind, index: count / WIDTH, width: rest });
    full.chain(partial).collect()
}

/// The bytes of a hash tile: its hashes one after another.
///
/// # Errors
/// `Invalid` unless there are 1 to 256 hashes.
pub fn hash_tile(hashes: &[Hash]) -> Result<Vec<u8>> {
    if hashes.is_empty() || hashes.len() > 256 {
        return Err(Error::invalid("a tile has 1 to 256 hashes"));
    }
    Ok(hashes.concat())
}

/// The hash one level up that a full tile stands for.
///
/// # Errors
/// `Invalid` unless the tile is full.
pub fn full_tile_hash(hashes: &[Hash]) -> Result<Hash> {
    if hashes.len() != 256 {
        return Err(Error::invalid("only a full tile has a hash in the level above"));
    }
    Ok(root(hashes))
}

/// The bytes of a bundle: each entry after its length, a big-endian u16.
///
/// # Errors
/// `Invalid` unless there are 1 to 256 entries of at most 65,535 bytes.
pub fn entry_bundle<B: AsRef<[u8]>>(entries: &[B]) -> Result<Vec<u8>> {
    if entries.is_empty() || entries.len() > 256 {
        return Err(Error::invalid("a bundle has 1 to 256 entries"));
    }
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len())
            .map_err(|_| Error::invalid(format!("an entry of {} bytes is longer than {MAX_ENTRY}", entry.len())))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of exactly `width` entries.
///
/// # Errors
/// `Invalid` when the bytes are not that many entries and nothing else.
pub fn read_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>> {
    let bad = || Error::invalid(format!("the bundle is not {width} whole entries"));
    let mut rest = bytes;
    let mut entries = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let (entry, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(bad)?;
        entries.push(entry);
        rest = tail;
    }
    if !rest.is_empty() || entries.len() != usize::from(width) {
        return Err(bad());
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::super::merkle::MAX_SIZE;
    use super::super::merkle::tests::{naive_root, some_leaves};
    use super::super::proof::{consistency_plan, inclusion_plan, verify_consistency, verify_inclusion};
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn hashes(level: u8, index: u64, width: u16) -> Tile {
        Tile { kind: Kind::Hashes { level }, index, width }
    }

    #[test]
    fn paths_are_those_of_the_specification() {
        let check = |tile: Tile, path: &str| {
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path).unwrap(), tile);
        };
        check(hashes(0, 1_234_067, 256), "tile/0/x001/x234/067");
        check(hashes(0, 0, 256), "tile/0/000");
        check(hashes(7, 999, 1), "tile/7/999.p/1");
        check(hashes(0, 1000, 255), "tile/0/x001/000.p/255");
        check(Tile { kind: Kind::Entries, index: 273, width: 112 }, "tile/entries/273.p/112");
    }

    #[test]
    fn other_spellings_of_a_path_are_refused() {
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "/tile/0/000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/+1/000",
            "tile/0/00",
            "tile/0/0000",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p/1/",
            "tile/0/../000",
            "tile/data/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(Tile::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn the_tiles_of_a_log_are_those_of_the_specification() {
        let all = tiles(70_000).unwrap();
        let count = |level, full: bool| {
            all.iter().filter(|t| t.kind == Kind::Hashes { level } && (t.width == 256) == full).collect::<Vec<_>>()
        };
        assert_eq!(count(0, true).len(), 273);
        assert_eq!(count(0, false), [&hashes(0, 273, 112)]);
        assert_eq!(count(1, true), [&hashes(1, 0, 256)]);
        assert_eq!(count(1, false), [&hashes(1, 1, 17)]);
        assert_eq!(count(2, true).len(), 0);
        assert_eq!(count(2, false), [&hashes(2, 0, 1)]);
        assert_eq!(tiles(256).unwrap().len(), 3);
        assert_eq!(tiles(0).unwrap(), []);
        assert!(tiles(u64::MAX).is_err());
        assert!(tiles_since(2, 1).is_err());
    }

    /// All hash tiles of a log, built from the leaves alone.
    fn build(leaves: &[Hash]) -> BTreeMap<(u8, u64), Vec<u8>> {
        let mut all = BTreeMap::new();
        let (mut level, mut row) = (0, leaves.to_vec());
        while !row.is_empty() {
            for (index, chunk) in row.chunks(256).enumerate() {
                all.insert((level, index as u64), hash_tile(chunk).unwrap());
            }
            row = row.chunks_exact(256).map(|c| full_tile_hash(c).unwrap()).collect();
            level += 1;
        }
        all
    }

    #[test]
    fn tiles_hold_the_roots_of_the_subtrees_below() {
        let leaves = some_leaves(66_000);
        let built = build(&leaves);
        let level1 = &built[&(1, 0)];
        assert_eq!(level1[32 * 3..32 * 4], naive_root(&leaves[768..1024]));
        assert_eq!(built[&(2, 0)], naive_root(&leaves[..65_536]));
        let names: Vec<_> = tiles(66_000).unwrap().into_iter().filter(|t| t.kind != Kind::Entries).collect();
        assert_eq!(names.len(), built.len());
        for tile in names {
            let Kind::Hashes { level } = tile.kind else { unreachable!() };
            assert_eq!(built[&(level, tile.index)].len(), usize::from(tile.width) * 32);
        }
    }

    #[test]
    fn bundles_read_as_they_are_written_and_nothing_else() {
        let entries = [vec![], b"one".to_vec(), vec![9; MAX_ENTRY]];
        let bytes = entry_bundle(&entries).unwrap();
        assert_eq!(bytes[..7], [0, 0, 0, 3, b'o', b'n', b'e']);
        assert_eq!(read_bundle(&bytes, 3).unwrap(), entries.each_ref().map(Vec::as_slice));
        for (bytes, width) in [(&bytes[..], 2), (&bytes[..], 4), (&bytes[..bytes.len() - 1], 3), (&bytes[..1], 0)] {
            assert!(read_bundle(bytes, width).is_err());
        }
        assert!(entry_bundle(&[vec![0; MAX_ENTRY + 1]]).is_err());
        assert!(entry_bundle::<Vec<u8>>(&[]).is_err());
        assert!(entry_bundle(&vec![vec![0u8]; 257]).is_err());
        assert!(hash_tile(&[]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn proofs_come_out_of_tiles(size in 1u64..3000, a in any::<prop::sample::Index>()) {
            let leaves = some_leaves(size);
            let built = build(&leaves);
            let lookup = |n: Node| {
                let (level, index, ..) = tile_of(n);
                node_in_tile(n, &built[&(level, index)])
            };
            let (top, m) = (naive_root(&leaves), a.index(leaves.len()));
            let proof = inclusion_plan(m as u64, size).unwrap().prove(lookup).unwrap();
            verify_inclusion(&leaves[m], m as u64, size, &top, &proof).unwrap();
            let old = naive_root(&leaves[..=m]);
            let proof = consistency_plan(m as u64 + 1, size).unwrap().prove(lookup).unwrap();
            verify_consistency(m as u64 + 1, size, &old, &top, &proof).unwrap();
        }

        #[test]
        fn what_is_added_and_what_was_there_make_the_whole(old in 0u64..200_000, more in 0u64..2_000) {
            let full = |t: &Tile| t.width == 256;
            let mut kept: Vec<_> = tiles(old).unwrap().into_iter().filter(full).collect();
            kept.extend(tiles_since(old, old + more).unwrap().into_iter().filter(full));
            kept.sort();
            let mut whole: Vec<_> = tiles(old + more).unwrap().into_iter().filter(full).collect();
            whole.sort();
            prop_assert_eq!(kept, whole);
        }

        #[test]
        fn every_tile_path_reads_back(index in 0..MAX_SIZE / 256, level in 0u8..8, width in 1u16..=256) {
            let tile = hashes(level, index, width);
            prop_assert_eq!(Tile::parse(&tile.path()).unwrap(), tile);
            let (begin, count) = tile.span().unwrap();
            prop_assert_eq!((begin, count), (index * 256, u64::from(width)));
        }
    }
}
