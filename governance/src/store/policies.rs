//! Policy bundles, which one is active, and what the register says of actions.
use super::db::{Arg, Tx};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use std::collections::BTreeMap;

const ACTIVE: &str = "select hash, version from active_bundle where one = 1";
const ACTIVATE: &str = "update active_bundle set hash = $1, version = version + 1 where one = 1 and version = $2";
const FILES: &str = "select files from bundles where hash = $1";
const FIRST_AUTHOR: &str = "select author from bundles where files like $1 escape '!' order by stored_at, hash limit 1";
const INSERT: &str = "insert into bundles (hash, name, files, author, stored_at) values ($1, $2, $3, $4, $5) on conflict (hash) do nothing";
const RECORD: &str = "insert into activations (seq, hash, previous, at, by_actor) values ($1, $2, $3, $4, $5)";
const FACTS: &str = "select action, facts from action_facts";
const SET_FACTS: &str = "insert into action_facts (action, facts, at, by_actor) values ($1, $2, $3, $4) on conflict (action) do update set facts = excluded.facts, at = excluded.at, by_actor = excluded.by_actor";

/// The active bundle's hash, if any, and the version to compare when another is activated.
///
/// # Errors
/// As the database says.
pub async fn active(tx: &mut Tx) -> Result<(Option<String>, i64)> {
    let row = tx.one(ACTIVE, &[]).await?;
    Ok((row.some_text("hash")?, row.int("version")?))
}

/// Names and texts of a stored bundle.
///
/// # Errors
/// As the database says.
pub async fn files(tx: &mut Tx, hash: &str) -> Result<Option<BTreeMap<String, String>>> {
    tx.optional(FILES, &[hash.into()]).await?.map(|row| row.json("files")).transpose()
}

/// Who first stored a bundle in which this rule stands as it is: its author.
///
/// # Errors
/// As the database says.
pub async fn first_author(tx: &mut Tx, rule: &str) -> Result<Option<String>> {
    let quoted = serde_json::to_string(rule).map_err(Error::internal)?;
    let inner = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted);
    let escaped = inner.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let row = tx.optional(FIRST_AUTHOR, &[format!("%{escaped}%").into()]).await?;
    row.map(|row| row.text("author")).transpose()
}

/// Stores a bundle; one that is there already stays as it is.
///
/// # Errors
/// As the database says.
pub async fn insert(
    tx: &mut Tx,
    hash: &str,
    name: &str,
    files: &BTreeMap<String, String>,
    author: &str,
    at: Timestamp,
) -> Result<()> {
    let args = [hash.into(), name.into(), Arg::json(files)?, author.into(), at.into()];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// `Conflict` if another bundle was activated since `version` was read.
pub async fn activate(tx: &mut Tx, hash: &str, version: i64) -> Result<()> {
    tx.execute_one(ACTIVATE, &[hash.into(), version.into()], "another bundle was activated in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn record_activation(
    tx: &mut Tx,
    seq: i64,
    hash: &str,
    previous: Option<&str>,
    at: Timestamp,
    by: &str,
) -> Result<()> {
    tx.execute(RECORD, &[seq.into(), hash.into(), previous.into(), at.into(), by.into()]).await.map(drop)
}

/// What was said of each action; an action that is not here is *unknown*.
///
/// # Errors
/// As the database says.
pub async fn action_facts(tx: &mut Tx) -> Result<BTreeMap<String, Vec<String>>> {
    tx.all(FACTS, &[]).await?.iter().map(|row| Ok((row.text("action")?, row.json("facts")?))).collect()
}

/// # Errors
/// As the database says.
pub async fn action_facts_set(tx: &mut Tx, action: &str, facts: &[String], at: Timestamp, by: &str) -> Result<()> {
    tx.execute(SET_FACTS, &[action.into(), Arg::json(&facts)?, at.into(), by.into()]).await.map(drop)
}
