//! Signed heads of the log. None is ever changed: what was signed once is what anybody may hold.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::log::Hash;
use crate::time::Timestamp;

// a compare-and-set: nothing is signed at or below a size that was signed before
const INSERT: &str = "insert into checkpoints (size, root, note, signed_at, external) select $1, $2, $3, $4, 0 where not exists (select 1 from checkpoints where size >= $1)";
const LAST: &str = "select size, root, note, signed_at, external from checkpoints order by size desc limit 1";
const AFTER: &str =
    "select size, root, note, signed_at, external from checkpoints where size > $1 order by size limit $2";
const EXTERNAL: &str = "select size, root, note, signed_at, external from checkpoints where external = 1 and size <= $1 order by size desc limit $2";
const MARK: &str = "update checkpoints set external = 1 where size = $1";

/// A row: the checkpoint at this size, as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCheckpoint {
    pub size: u64,
    pub root: Hash,
    /// The signed note.
    pub note: String,
    pub signed_at: Timestamp,
    /// Somebody outside was given it.
    pub external: bool,
}

/// # Errors
/// `Conflict` if this size or a larger one was signed before.
pub async fn insert(tx: &mut Tx, size: u64, root: &Hash, note: &str, at: Timestamp) -> Result<()> {
    let args = [int(size)?.into(), root.as_slice().into(), note.into(), at.into()];
    tx.execute_one(INSERT, &args, "a checkpoint of this size or a larger one is signed already").await
}

/// The newest.
///
/// # Errors
/// As the database says.
pub async fn last(tx: &mut Tx) -> Result<Option<StoredCheckpoint>> {
    tx.optional(LAST, &[]).await?.as_ref().map(decode).transpose()
}

/// Those above `size` in order, at most `limit`; 0 starts at the first.
///
/// # Errors
/// As the database says.
pub async fn after(tx: &mut Tx, size: u64, limit: i64) -> Result<Vec<StoredCheckpoint>> {
    tx.all(AFTER, &[int(size)?.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// Those that somebody outside was given, up to `size`, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn external(tx: &mut Tx, size: u64, limit: i64) -> Result<Vec<StoredCheckpoint>> {
    tx.all(EXTERNAL, &[int(size)?.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// Notes that the checkpoint at this size left the house.
///
/// # Errors
/// `Conflict` if none of this size was signed.
pub async fn mark_external(tx: &mut Tx, size: u64) -> Result<()> {
    tx.execute_one(MARK, &[int(size)?.into()], "no checkpoint of this size was signed").await
}

fn decode(row: &Row) -> Result<StoredCheckpoint> {
    Ok(StoredCheckpoint {
        size: u64::try_from(row.int("size")?).map_err(Error::internal)?,
        root: Hash::try_from(row.bytes("root")?.as_slice()).map_err(Error::internal)?,
        note: row.text("note")?,
        signed_at: row.at("signed_at")?,
        external: row.flag("external")?,
    })
}

fn int(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(Error::internal)
}
