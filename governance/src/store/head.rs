//! The head of the log: one row, moved by compare-and-set under the log's lock.
use super::db::{Insert, Tx};
use crate::error::{Error, Result};
use crate::time::Timestamp;

const CREATE: &str = "insert into log_head (one, size, frontier, last_at, world) values (1, 0, $1, $2, 0)";
const GET: &str = "select size, frontier, last_at, world from log_head where one = 1";
const ADVANCE: &str =
    "update log_head set size = $1, frontier = $2, last_at = $3, world = $4 where one = 1 and size = $5";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of leaves.
    pub size: u64,
    pub frontier: Vec<u8>,
    pub last_at: Timestamp,
    /// Moves with every write that is not a decision.
    pub world: i64,
}

/// # Errors
/// As the database says.
pub async fn create(tx: &mut Tx, at: Timestamp) -> Result<()> {
    tx.execute(CREATE, &[Vec::new().into(), at.into()]).await.map(drop)
}

/// # Errors
/// `Internal` if the head is missing.
pub async fn get(tx: &mut Tx) -> Result<Head> {
    let row = tx.one(GET, &[]).await?;
    Ok(Head {
        size: u64::try_from(row.int("size")?).map_err(Error::internal)?,
        frontier: row.bytes("frontier")?,
        last_at: row.at("last_at")?,
        world: row.int("world")?,
    })
}

/// Writes rows and moves the head from `from`: on SQLite in one turn where they are few.
///
/// # Errors
/// `Conflict` if the head is no longer at `from`, else as the database says.
pub async fn advance(tx: &mut Tx, from: u64, to: &Head, with: Vec<Insert>) -> Result<()> {
    let size = |n: u64| i64::try_from(n).map_err(Error::internal);
    let args = vec![
        size(to.size)?.into(),
        to.frontier.as_slice().into(),
        to.last_at.into(),
        to.world.into(),
        size(from)?.into(),
    ];
    let rows: usize = with.iter().map(Insert::rows).sum();
    let touched = tx.insert_and(with, (ADVANCE, args)).await?;
    match touched == rows as u64 + 1 {
        true => Ok(()),
        false => Err(Error::conflict("another writer moved the log")),
    }
}
