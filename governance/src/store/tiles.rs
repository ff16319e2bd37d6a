//! Full tiles of the tree, written once when their last leaf arrives: 256 hashes and the root over them.
//!
//! A tile of level 0 holds leaf hashes, one of level n the roots of 256 tiles of level n − 1 (C2SP tlog-tiles).
use super::db::Tx;
use crate::error::{Error, Result};
use crate::log::{Hash, root};

const INSERT: &str = "insert into log_tiles (level, idx, root, hashes) values ($1, $2, $3, $4)";
const GET: &str = "select hashes from log_tiles where level = $1 and idx = $2";
const LEAVES: &str = "select leaf_hash as hash from events where seq >= $1 and seq < $2 order by seq";
const ROOTS: &str = "select root as hash from log_tiles where level = $1 and idx >= $2 and idx < $3 order by idx";
const STORED: &str = "select root, hashes from log_tiles where level = $1 and idx = $2";
const COUNTS: &str = "select level, count(*) as count from log_tiles group by level order by level";

/// Writes every tile that became full between the sizes `old` and `new`.
///
/// # Errors
/// As the database says; `Internal` if a leaf is missing.
pub async fn complete(tx: &mut Tx, old: u64, new: u64) -> Result<()> {
    let (mut from, mut to, mut level) = (old >> 8, new >> 8, 0_u8);
    while from < to {
        for idx in from..to {
            let hashes = span(tx, level, idx, 256).await?;
            if hashes.len() != 256 {
                return Err(Error::broken(format!("tile {level}/{idx} has {} hashes", hashes.len())));
            }
            let args =
                [i64::from(level).into(), int(idx)?.into(), root(&hashes).as_slice().into(), hashes.concat().into()];
            tx.execute(INSERT, &args).await?;
        }
        (from, to, level) = (from >> 8, to >> 8, level + 1);
    }
    Ok(())
}

/// The first `width` hashes of a tile, full or not; fewer if the log does not reach that far.
///
/// # Errors
/// As the database says.
pub async fn span(tx: &mut Tx, level: u8, idx: u64, width: u64) -> Result<Vec<Hash>> {
    if let Some(row) = tx.optional(GET, &[i64::from(level).into(), int(idx)?.into()]).await? {
        let bytes = row.bytes("hashes")?;
        let (hashes, _) = bytes.as_chunks::<32>();
        return Ok(hashes.iter().copied().take(usize::try_from(width).unwrap_or(256)).collect());
    }
    let (first, last) = (int(idx * 256)?, int(idx * 256 + width)?);
    let rows = match level {
        0 => tx.all(LEAVES, &[first.into(), last.into()]).await?,
        _ => tx.all(ROOTS, &[i64::from(level - 1).into(), first.into(), last.into()]).await?,
    };
    rows.iter()
        .map(|row| {
            Hash::try_from(row.bytes("hash")?.as_slice()).map_err(|_| Error::broken("a hash that is not 32 bytes"))
        })
        .collect()
}

/// A full tile as it was stored: its root and its bytes.
///
/// # Errors
/// As the database says.
pub async fn stored(tx: &mut Tx, level: usize, idx: u64) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let level = i64::try_from(level).map_err(Error::internal)?;
    let Some(row) = tx.optional(STORED, &[level.into(), int(idx)?.into()]).await? else { return Ok(None) };
    Ok(Some((row.bytes("root")?, row.bytes("hashes")?)))
}

/// How many full tiles each level has.
///
/// # Errors
/// As the database says.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(u8, u64)>> {
    let row = |row: &super::db::Row| {
        let level = u8::try_from(row.int("level")?).map_err(Error::internal)?;
        Ok((level, u64::try_from(row.int("count")?).map_err(Error::internal)?))
    };
    tx.all(COUNTS, &[]).await?.iter().map(row).collect()
}

fn int(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(Error::internal)
}
