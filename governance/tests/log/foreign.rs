//! A log in memory as an export holds it, and `tlog_tiles` reading it.
use governance::log::tile::{self, Kind, Tile};
use governance::log::{Hash, SigningKey, leaf_hash};
use std::collections::HashMap;

pub const ORIGIN: &str = "countersign/ins_0190";

pub fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[42; 32]).unwrap()
}
pub fn entries(n: u64) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("{{\"seq\":{i}}}").into_bytes()).collect()
}
pub fn hashes(entries: &[Vec<u8>]) -> Vec<Hash> {
    entries.iter().map(|e| leaf_hash(e)).collect()
}
/// The tile at this place in a row of `count` elements.
pub fn tile_at(kind: Kind, index: u64, count: u64) -> Tile {
    Tile { kind, index, width: u16::try_from((count - index * 256).min(256)).unwrap() }
}

/// A log as an export holds it: paths and bytes.
#[derive(Clone)]
pub struct Exported {
    pub files: HashMap<String, Vec<u8>>,
    pub size: u64,
}

impl Exported {
    pub fn of(entries: &[Vec<u8>]) -> Self {
        let mut rows = vec![hashes(entries)];
        while let Some(last) = rows.last().filter(|r| r.len() >= 256) {
            let next = last.chunks_exact(256).map(|c| tile::full_tile_hash(c).unwrap()).collect();
            rows.push(next);
        }
        let size = entries.len() as u64;
        let mut files = HashMap::new();
        for t in tile::tiles(size).unwrap() {
            let (begin, width) = t.span().unwrap();
            let range = usize::try_from(begin).unwrap()..usize::try_from(begin + width).unwrap();
            let bytes = match t.kind {
                Kind::Entries => tile::entry_bundle(&entries[range]).unwrap(),
                Kind::Hashes { level } => tile::hash_tile(&rows[usize::from(level)][range]).unwrap(),
            };
            files.insert(t.path(), bytes);
        }
        Self { files, size }
    }
}

impl tlog_tiles::TileReader for Exported {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        // that crate keeps the height in its paths, which the specification has since dropped
        let path = |t: &tlog_tiles::Tile| t.path().replacen("tile/8/", "tile/", 1);
        tiles.iter().map(|t| self.files.get(&path(t)).cloned().ok_or(tlog_tiles::Error::InvalidTile)).collect()
    }
    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

/// Reads the export with `tlog_tiles` and says whether each of these entries is proven by the root.
pub fn foreign_reader_accepts(log: &Exported, root: Hash, which: impl IntoIterator<Item = u64>) -> bool {
    let top = tlog_tiles::Hash(root);
    let reader = tlog_tiles::TileHashReader::new(log.size, top, log);
    which.into_iter().all(|n| {
        let bundle = tile_at(Kind::Entries, n / 256, log.size);
        let Ok(entries) = tile::read_bundle(&log.files[&bundle.path()], bundle.width) else { return false };
        let hash = tlog_tiles::record_hash(entries[usize::try_from(n % 256).unwrap()]);
        tlog_tiles::prove_record(log.size, n, &reader)
            .is_ok_and(|p| tlog_tiles::check_record(&p, log.size, top, n, hash).is_ok())
    })
}
