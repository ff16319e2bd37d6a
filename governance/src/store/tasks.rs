//! Tasks: one row each, at most one open by each reference.
use super::db::{Arg, Row, Tx};
use crate::error::{Error, Result};
use crate::id::{IdentityId, TaskId};
use crate::task::Task;
use crate::time::Timestamp;
use std::collections::BTreeSet;

const INSERT: &str = "insert into tasks (id, reference, purpose, identity_id, tools, data, link, status, opened_at, opened_by, ends_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const SETTLE: &str = "update tasks set status = $2, ended_at = $3, ended_by = $4, ended_reason = $5, version = version + 1 where id = $1 and version = $6 and status = 'open'";
const GET: &str = "select * from tasks where id = $1";
// one that is open goes first: of two made in one millisecond the ids do not say which was later
const LATEST: &str =
    "select * from tasks where reference = $1 order by case when status = 'open' then 0 else 1 end, id desc limit 1";
const LIST: &str = "select * from tasks where ($1 is null or id < $1) and ($2 is null or identity_id = $2) and ($3 is null or status = $3) order by id desc limit $4";
const DUE: &str = "select * from tasks where status = 'open' and ends_at <= $1 order by ends_at, id limit $2";

/// # Errors
/// `Conflict` if a task with this reference is open.
pub async fn insert(tx: &mut Tx, t: &Task) -> Result<()> {
    let args = [
        t.id.into(),
        (&t.reference).into(),
        (&t.purpose).into(),
        t.identity.into(),
        Arg::json(&t.tools)?,
        Arg::json(&t.data)?,
        t.link.clone().into(),
        t.status.as_str().into(),
        t.opened_at.into(),
        (&t.opened_by).into(),
        t.ends_at.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Writes how it ended; `t.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody ended it first.
pub async fn settle(tx: &mut Tx, t: &Task) -> Result<()> {
    let args = [
        t.id.into(),
        t.status.as_str().into(),
        t.ended_at.into(),
        t.ended_by.clone().into(),
        t.ended_reason.clone().into(),
        t.version.into(),
    ];
    tx.execute_one(SETTLE, &args, "the task was ended in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: TaskId) -> Result<Option<Task>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// The one that is open by this reference, else the last that was.
///
/// # Errors
/// As the database says.
pub async fn latest(tx: &mut Tx, reference: &str) -> Result<Option<Task>> {
    tx.optional(LATEST, &[reference.into()]).await?.as_ref().map(decode).transpose()
}

/// At most `limit` tasks, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(
    tx: &mut Tx,
    before: Option<TaskId>,
    identity: Option<IdentityId>,
    status: Option<&str>,
    limit: i64,
) -> Result<Vec<Task>> {
    tx.all(LIST, &[before.into(), identity.into(), status.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// Open ones whose time is over, the longest over first.
///
/// # Errors
/// As the database says.
pub async fn due(tx: &mut Tx, at: Timestamp, limit: i64) -> Result<Vec<Task>> {
    tx.all(DUE, &[at.into(), limit.into()]).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<Task> {
    let names =
        |column| -> Result<BTreeSet<String>> { serde_json::from_str(&row.text(column)?).map_err(Error::internal) };
    Ok(Task {
        id: row.id("id")?,
        reference: row.text("reference")?,
        purpose: row.text("purpose")?,
        identity: row.id("identity_id")?,
        tools: names("tools")?,
        data: names("data")?,
        link: row.some_text("link")?,
        status: row.id("status")?,
        opened_at: row.at("opened_at")?,
        opened_by: row.text("opened_by")?,
        ends_at: row.at("ends_at")?,
        ended_at: row.some_at("ended_at")?,
        ended_by: row.some_text("ended_by")?,
        ended_reason: row.some_text("ended_reason")?,
        version: row.int("version")?,
    })
}
