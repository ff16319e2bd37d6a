//! Sources, and each import of them.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::id::{ImportId, SourceId};
use crate::source::{Kind, Source};
use crate::time::Timestamp;

const INSERT: &str = "insert into sources (id, kind, name, scope, last_sync_at, max_staleness_s, created_at, version) values ($1, $2, $3, $4, $5, $6, $7, 0)";
const BY_SCOPE: &str = "select * from sources where kind = $1 and scope = $2";
const BY_ID: &str = "select * from sources where id = $1";
const ALL: &str = "select * from sources order by kind, name";
const SYNCED: &str =
    "update sources set last_sync_at = $2, name = $3, version = version + 1 where id = $1 and version = $4";
const MAPPING: &str = "select mapping from sources where kind = $1 and scope = $2";
const REMEMBER_MAPPING: &str = "update sources set mapping = $2 where id = $1";
const IMPORT: &str = "insert into imports (id, source_id, seq, at, changed, report) values ($1, $2, $3, $4, $5, $6)";

/// One run of an import, as it is kept.
#[derive(Debug)]
pub struct ImportRow {
    pub id: ImportId,
    pub source: SourceId,
    pub seq: u64,
    pub at: Timestamp,
    pub changed: bool,
    /// JSON.
    pub report: String,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, s: &Source, at: Timestamp) -> Result<()> {
    let args = [
        s.id.into(),
        s.kind.as_str().into(),
        (&s.name).into(),
        (&s.scope).into(),
        s.last_sync_at.into(),
        s.max_staleness_s.into(),
        at.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn by_scope(tx: &mut Tx, kind: Kind, scope: &str) -> Result<Option<Source>> {
    tx.optional(BY_SCOPE, &[kind.as_str().into(), scope.into()]).await?.as_ref().map(decode).transpose()
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: SourceId) -> Result<Option<Source>> {
    tx.optional(BY_ID, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx) -> Result<Vec<Source>> {
    tx.all(ALL, &[]).await?.iter().map(decode).collect()
}

/// Notes that a source was read.
///
/// # Errors
/// `Conflict` if another import of it came in between.
pub async fn synced(tx: &mut Tx, s: &Source, at: Timestamp, name: &str) -> Result<()> {
    let args = [s.id.into(), at.into(), name.into(), s.version.into()];
    tx.execute_one(SYNCED, &args, "another import of this source came in between").await
}

/// What the columns of a list mean, as it was last said (JSON).
///
/// # Errors
/// As the database says.
pub async fn mapping(tx: &mut Tx, kind: Kind, scope: &str) -> Result<Option<String>> {
    let row = tx.optional(MAPPING, &[kind.as_str().into(), scope.into()]).await?;
    row.map_or(Ok(None), |row| row.some_text("mapping"))
}

/// # Errors
/// As the database says.
pub async fn remember_mapping(tx: &mut Tx, id: SourceId, mapping: &str) -> Result<()> {
    tx.execute(REMEMBER_MAPPING, &[id.into(), mapping.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn insert_import(tx: &mut Tx, i: ImportRow) -> Result<()> {
    let seq = i64::try_from(i.seq).map_err(crate::error::Error::internal)?;
    let args = [i.id.into(), i.source.into(), seq.into(), i.at.into(), i.changed.into(), i.report.into()];
    tx.execute(IMPORT, &args).await.map(drop)
}

fn decode(row: &Row) -> Result<Source> {
    Ok(Source {
        id: row.id("id")?,
        kind: row.id("kind")?,
        name: row.text("name")?,
        scope: row.text("scope")?,
        last_sync_at: row.some_at("last_sync_at")?,
        max_staleness_s: row.int("max_staleness_s")?,
        version: row.int("version")?,
    })
}
