//! When the log was found set back, and who let it go on.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::id::{PersonId, SealId};
use crate::log::{Checkpoint, Hash};
use crate::time::Timestamp;

const INSERT: &str = "insert into seals (id, sealed_at, kept_size, kept_root, found_size) values ($1, $2, $3, $4, $5)";
const OPEN: &str = "select id, sealed_at, kept_size, kept_root, found_size, first_by, first_at from seals
    where lifted_at is null order by id limit 1";
const LIFTED: &str = "select id from seals where lifted_at is not null and kept_size = $1 and kept_root = $2 limit 1";
const FIRST: &str = "update seals set first_by = $2, first_at = $3 where id = $1 and lifted_at is null";
const LIFT: &str =
    "update seals set lifted_by = $2, lifted_at = $3 where id = $1 and lifted_at is null and first_by <> $2";

/// One that is not lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    pub id: SealId,
    pub sealed_at: Timestamp,
    /// Entries of the checkpoint that was kept outside the database.
    pub kept_size: u64,
    pub kept_root: Hash,
    /// Events there were.
    pub found_size: u64,
    /// Who said first that it may go on, and when.
    pub first: Option<(PersonId, Timestamp)>,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, seal: &Seal) -> Result<()> {
    let args = [
        seal.id.into(),
        seal.sealed_at.into(),
        int(seal.kept_size)?.into(),
        seal.kept_root.as_slice().into(),
        int(seal.found_size)?.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// The one under which nothing is decided now.
///
/// # Errors
/// As the database says.
pub async fn open(tx: &mut Tx) -> Result<Option<Seal>> {
    tx.optional(OPEN, &[]).await?.as_ref().map(decode).transpose()
}

/// Whether two people let the log go on from behind this checkpoint.
///
/// # Errors
/// As the database says.
pub async fn lifted(tx: &mut Tx, kept: &Checkpoint) -> Result<bool> {
    Ok(tx.optional(LIFTED, &[int(kept.size)?.into(), kept.root.as_slice().into()]).await?.is_some())
}

/// # Errors
/// `Conflict` if it was lifted in the meantime.
pub async fn first(tx: &mut Tx, id: SealId, person: PersonId, at: Timestamp) -> Result<()> {
    tx.execute_one(FIRST, &[id.into(), person.into(), at.into()], "it was lifted already").await
}

/// # Errors
/// `Conflict` if it was lifted in the meantime, or by the same person twice.
pub async fn lift(tx: &mut Tx, id: SealId, person: PersonId, at: Timestamp) -> Result<()> {
    tx.execute_one(LIFT, &[id.into(), person.into(), at.into()], "it takes two different people").await
}

fn decode(row: &Row) -> Result<Seal> {
    let size = |name| row.int(name).and_then(|n| u64::try_from(n).map_err(Error::internal));
    Ok(Seal {
        id: row.id("id")?,
        sealed_at: row.at("sealed_at")?,
        kept_size: size("kept_size")?,
        kept_root: Hash::try_from(row.bytes("kept_root")?.as_slice()).map_err(Error::internal)?,
        found_size: size("found_size")?,
        first: row.some_id("first_by")?.zip(row.some_at("first_at")?),
    })
}

fn int(n: u64) -> Result<i64> {
    i64::try_from(n).map_err(Error::internal)
}
