//! Hooks, and the deliveries that were taken.
use super::db::{Arg, Row, Tx};
use crate::error::Result;
use crate::hook::Hook;
use crate::id::HookId;
use crate::time::Timestamp;

const INSERT: &str = "insert into hooks (id, name, preset, identity_id, tools, data, ends_in_s, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const NAMED: &str = "select * from hooks where name = $1 and removed_at is null";
const LIST: &str = "select * from hooks where removed_at is null order by name";
const REMOVE: &str =
    "update hooks set removed_at = $2, version = version + 1 where id = $1 and version = $3 and removed_at is null";
const DELIVERED: &str = "select body_sha256, answer from hook_deliveries where hook_id = $1 and (delivery = $2 or body_sha256 = $3) order by delivery limit 1";
const KEEP: &str =
    "insert into hook_deliveries (hook_id, delivery, body_sha256, answer, at) values ($1, $2, $3, $4, $5)";
const FORGET: &str = "delete from hook_deliveries where at <= $1";

/// # Errors
/// `Conflict` if a hook that stands has its name.
pub async fn insert(tx: &mut Tx, h: &Hook) -> Result<()> {
    let args = [
        h.id.into(),
        (&h.name).into(),
        h.preset.as_str().into(),
        h.identity.into(),
        Arg::json(&h.tools)?,
        Arg::json(&h.data)?,
        i64::from(h.ends_in_s).into(),
        h.created_at.into(),
        (&h.created_by).into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// The hook that stands by this name.
///
/// # Errors
/// As the database says.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Option<Hook>> {
    tx.optional(NAMED, &[name.into()]).await?.as_ref().map(decode).transpose()
}

/// Hooks that stand, by name.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx) -> Result<Vec<Hook>> {
    tx.all(LIST, &[]).await?.iter().map(decode).collect()
}

/// Writes that it was removed; `h.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody removed it first.
pub async fn remove(tx: &mut Tx, h: &Hook) -> Result<()> {
    let args = [h.id.into(), h.removed_at.into(), h.version.into()];
    tx.execute_one(REMOVE, &args, "the hook was removed in the meantime").await
}

/// The delivery that was taken by this id or with this body: its body's SHA-256, and its answer.
///
/// # Errors
/// As the database says.
pub async fn delivered<T: serde::de::DeserializeOwned>(
    tx: &mut Tx,
    hook: HookId,
    delivery: &str,
    body: &str,
) -> Result<Option<(String, T)>> {
    let row = tx.optional(DELIVERED, &[hook.into(), delivery.into(), body.into()]).await?;
    row.map(|row| Ok((row.text("body_sha256")?, row.json("answer")?))).transpose()
}

/// Keeps a delivery with its answer.
///
/// # Errors
/// `Conflict` if it was taken already.
pub async fn keep(
    tx: &mut Tx,
    hook: HookId,
    (delivery, body): (&str, &str),
    answer: &impl serde::Serialize,
    at: Timestamp,
) -> Result<()> {
    tx.execute(KEEP, &[hook.into(), delivery.into(), body.into(), Arg::json(answer)?, at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(FORGET, &[before.into()]).await
}

fn decode(row: &Row) -> Result<Hook> {
    Ok(Hook {
        id: row.id("id")?,
        name: row.text("name")?,
        preset: row.id("preset")?,
        identity: row.id("identity_id")?,
        tools: row.json("tools")?,
        data: row.json("data")?,
        ends_in_s: u32::try_from(row.int("ends_in_s")?).map_err(crate::error::Error::internal)?,
        created_at: row.at("created_at")?,
        created_by: row.text("created_by")?,
        removed_at: row.some_at("removed_at")?,
        version: row.int("version")?,
    })
}
