//! What activity logs showed to be done: the last time for each principal, action and resource of a source.
use super::db::{Row, Tx};
use super::many::Rows;
use crate::engine::hex;
use crate::error::Result;
use crate::id::SourceId;
use crate::import::activity::{Uses, Window};
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const PUT: &str = "insert into uses (source_id, key_hash, principal_ref, action, resource, last_at)";
const PUT_AGAIN: &str = "on conflict (source_id, key_hash) do update set last_at = excluded.last_at";
const END: &str = "delete from uses where source_id = $1 and key_hash = $2";
const OF_SOURCE: &str = "select principal_ref, action, resource, last_at from uses where source_id = $1";
const WINDOWS: &str = "select source_id, from_at, to_at from activity_windows";
const PUT_WINDOW: &str = "insert into activity_windows (source_id, from_at, to_at) values ($1, $2, $3) on conflict (source_id) do update set from_at = excluded.from_at, to_at = excluded.to_at";
const REPORTS: &str = "select report from imports where source_id = $1 and report like '%\"set_aside\":%' order by at desc, id desc limit $2";

/// Last uses, not yet written.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(PUT, 6).or(PUT_AGAIN)
}

/// Adds one to them.
pub fn push(rows: &mut Rows, source: SourceId, (principal, action, resource): (&str, &str, &str), at: Timestamp) {
    rows.push([
        source.into(),
        hash(principal, action, resource).into(),
        principal.into(),
        action.into(),
        resource.into(),
        at.into(),
    ]);
}

/// Forgets one that is no longer kept apart.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, source: SourceId, (principal, action, resource): (&str, &str, &str)) -> Result<()> {
    tx.execute(END, &[source.into(), hash(principal, action, resource).into()]).await.map(drop)
}

/// What is known of a source, by principal.
///
/// # Errors
/// As the database says.
pub async fn of_source(tx: &mut Tx, source: SourceId) -> Result<BTreeMap<String, Uses>> {
    let mut all = BTreeMap::<_, Uses>::new();
    for row in tx.all(OF_SOURCE, &[source.into()]).await? {
        let uses = all.entry(row.text("principal_ref")?).or_default();
        uses.add(&row.text("action")?, &row.text("resource")?, row.at("last_at")?);
    }
    Ok(all)
}

/// From when to when the logs that were read of each source reach.
///
/// # Errors
/// As the database says.
pub async fn windows(tx: &mut Tx) -> Result<BTreeMap<SourceId, Window>> {
    let rows = tx.all(WINDOWS, &[]).await?;
    let window = |row: &Row| Ok((row.id("source_id")?, Window { from: row.at("from_at")?, to: row.at("to_at")? }));
    rows.iter().map(window).collect()
}

/// # Errors
/// As the database says.
pub async fn put_window(tx: &mut Tx, source: SourceId, window: Window) -> Result<()> {
    tx.execute(PUT_WINDOW, &[source.into(), window.from.into(), window.to.into()]).await.map(drop)
}

/// The reports of the latest imports of a source's inventory, the newest first; JSON. Those of logs set nobody aside for good.
///
/// # Errors
/// As the database says.
pub async fn reports(tx: &mut Tx, source: SourceId, limit: i64) -> Result<Vec<String>> {
    tx.all(REPORTS, &[source.into(), limit.into()]).await?.iter().map(|row| row.text("report")).collect()
}

/// Lengths first, so that no two keys read alike.
fn hash(principal: &str, action: &str, resource: &str) -> String {
    let mut h = Sha256::new();
    for part in [principal, action, resource] {
        h.update(part.len().to_be_bytes());
        h.update(part.as_bytes());
    }
    hex(&h.finalize())
}
