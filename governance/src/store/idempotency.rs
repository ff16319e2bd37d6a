//! First answers by the caller's key, kept 24 h (semantics.md, `Idempotency-Key`).
use super::db::Tx;
use crate::error::{Error, Kind, Result};
use crate::time::Timestamp;

const GET: &str = "select fingerprint, answer from idempotency where caller = $1 and key = $2 and at > $3";
const PUT: &str = "insert into idempotency (caller, key, fingerprint, answer, at) values ($1, $2, $3, $4, $5) on conflict (caller, key) do update set fingerprint = excluded.fingerprint, answer = excluded.answer, at = excluded.at";
const FORGET: &str = "delete from idempotency where at <= $1";

/// How long a key replays its answer.
pub const KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// The stored answer to the same request, if there is one.
///
/// # Errors
/// `KeyReused` (422) if the key came with another request.
pub async fn get<T: serde::de::DeserializeOwned>(
    tx: &mut Tx,
    caller: &str,
    key: &str,
    fingerprint: &str,
    at: Timestamp,
) -> Result<Option<T>> {
    let Some(row) = tx.optional(GET, &[caller.into(), key.into(), (at - KEPT).into()]).await? else { return Ok(None) };
    if row.text("fingerprint")? != fingerprint {
        return Err(Error::new(
            Kind::KeyReused,
            "this Idempotency-Key was used for another request: send a new key with a new request",
        ));
    }
    row.json("answer").map(Some)
}

/// # Errors
/// As the database says.
pub async fn put<T: serde::Serialize>(
    tx: &mut Tx,
    caller: &str,
    key: &str,
    fingerprint: &str,
    answer: &T,
    at: Timestamp,
) -> Result<()> {
    let answer = super::db::Arg::json(answer)?;
    tx.execute(PUT, &[caller.into(), key.into(), fingerprint.into(), answer, at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn forget(tx: &mut Tx, at: Timestamp) -> Result<u64> {
    tx.execute(FORGET, &[(at - KEPT).into()]).await
}
