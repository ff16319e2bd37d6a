//! Events and the erasable bytes beside them.
use super::db::{Row, Tx};
use super::many::Rows;
use crate::error::{Error, Result};
use crate::log::Hash;
use crate::log::event::Event;
use crate::time::Timestamp;

const INSERT: &str = "insert into events (seq, at, kind, actor, subject, decision_id, outcome, leaf, leaf_hash)";
const INSERT_PAYLOAD: &str = "insert into payloads (hash, salt, bytes)";
const ERASE: &str = "update payloads set bytes = null, salt = $2, erased_at = $3 where hash = $1 and bytes is not null";
const PAYLOAD: &str = "select salt, bytes from payloads where hash = $1";
const PAYLOADS_AFTER: &str =
    "select hash, salt, bytes from payloads where hash > $1 and bytes is not null order by hash limit $2";
const AFTER: &str = "select seq, at, kind, actor, subject, decision_id, outcome, leaf, leaf_hash from events where seq > $1 order by seq limit $2";
const ONE: &str =
    "select seq, at, kind, actor, subject, decision_id, outcome, leaf, leaf_hash from events where seq = $1";

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub seq: i64,
    pub at: Timestamp,
    pub kind: String,
    pub actor: String,
    pub subject: Option<String>,
    pub decision_id: Option<String>,
    pub outcome: Option<String>,
    pub leaf: Vec<u8>,
    pub leaf_hash: Vec<u8>,
}

/// Rows of the log that are not yet inserted.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(INSERT, 9)
}

/// Adds an event to them.
///
/// # Errors
/// `Internal` for a sequence number beyond what a database counts to.
pub fn push(rows: &mut Rows, seq: u64, at: Timestamp, event: &Event, leaf: Vec<u8>, hash: Hash) -> Result<()> {
    rows.push([
        i64::try_from(seq).map_err(Error::internal)?.into(),
        at.into(),
        event.kind.as_str().into(),
        event.actor.as_str().into(),
        event.subject.as_deref().into(),
        event.ids.get("decision").map(String::as_str).into(),
        event.outcome.as_deref().into(),
        leaf.into(),
        hash.as_slice().into(),
    ]);
    Ok(())
}

/// Payloads that are not yet inserted: hash, salt, bytes.
#[must_use]
pub fn payload_rows() -> Rows {
    Rows::into_table(INSERT_PAYLOAD, 3)
}

/// Salt and bytes behind a hash; bytes are `None` once erased.
///
/// # Errors
/// As the database says.
pub async fn payload(tx: &mut Tx, hash: &str) -> Result<Option<(Vec<u8>, Option<Vec<u8>>)>> {
    let Some(row) = tx.optional(PAYLOAD, &[hash.into()]).await? else { return Ok(None) };
    Ok(Some((row.bytes("salt")?, row.some_bytes("bytes")?)))
}

/// Erases a payload with its salt, so that nobody can guess it; `false`: it was erased before.
///
/// # Errors
/// As the database says.
pub async fn erase(tx: &mut Tx, hash: &str, at: Timestamp) -> Result<bool> {
    Ok(tx.execute(ERASE, &[hash.into(), Vec::<u8>::new().into(), at.into()]).await? == 1)
}

/// Payloads not erased, behind `hash` in its order: hash, salt, bytes.
///
/// # Errors
/// As the database says.
pub async fn payloads_after(tx: &mut Tx, hash: &str, limit: i64) -> Result<Vec<(String, Vec<u8>, Vec<u8>)>> {
    let rows = tx.all(PAYLOADS_AFTER, &[hash.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((row.text("hash")?, row.bytes("salt")?, row.bytes("bytes")?))).collect()
}

/// Events behind `seq` in order, at most `limit`; `-1` starts at the first.
///
/// # Errors
/// As the database says.
pub async fn after(tx: &mut Tx, seq: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    tx.all(AFTER, &[seq.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, seq: i64) -> Result<Option<StoredEvent>> {
    tx.optional(ONE, &[seq.into()]).await?.as_ref().map(decode).transpose()
}

fn decode(row: &Row) -> Result<StoredEvent> {
    Ok(StoredEvent {
        seq: row.int("seq")?,
        at: row.at("at")?,
        kind: row.text("kind")?,
        actor: row.text("actor")?,
        subject: row.some_text("subject")?,
        decision_id: row.some_text("decision_id")?,
        outcome: row.some_text("outcome")?,
        leaf: row.bytes("leaf")?,
        leaf_hash: row.bytes("leaf_hash")?,
    })
}
