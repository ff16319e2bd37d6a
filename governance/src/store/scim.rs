//! What is provisioned through SCIM, as its client last said it.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::id::SourceId;
use crate::scim::{Document, Resource};
use crate::time::Timestamp;

const INSERT: &str = "insert into scim_resources (id, kind, source_id, name, document, stopped_at, created_at, changed_at, deleted_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const UPDATE: &str = "update scim_resources set name = $2, document = $3, stopped_at = $4, changed_at = $5, deleted_at = $6, version = version + 1 where id = $1 and version = $7";
const BY_ID: &str = "select * from scim_resources where id = $1 and kind = $2";
const BY_NAME: &str = "select * from scim_resources where kind = $1 and name = $2 and deleted_at is null";
const ALL: &str = "select * from scim_resources where kind = $1 and deleted_at is null order by id";
const MEMBERS: &str = "select p.id from person_groups g join people p on p.id = g.person_id left join scim_resources s on s.id = p.id where g.grp = $1 and g.to_at is null and (p.status <> 'left' or (s.id is not null and s.deleted_at is null)) order by p.id";

/// One resource as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub id: String,
    pub kind: Resource,
    pub source: Option<SourceId>,
    pub name: String,
    pub document: Document,
    /// When SCIM made it inactive.
    pub stopped_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
    pub version: i64,
}

/// # Errors
/// `Conflict` if there is one of this kind and name.
pub async fn insert(tx: &mut Tx, it: &Stored) -> Result<()> {
    let args = [
        (&it.id).into(),
        it.kind.as_str().into(),
        it.source.into(),
        (&it.name).into(),
        document(it)?.into(),
        it.stopped_at.into(),
        it.created_at.into(),
        it.changed_at.into(),
        it.deleted_at.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Writes over the version that was read.
///
/// # Errors
/// `Conflict` if it changed meanwhile, or another has the name.
pub async fn update(tx: &mut Tx, it: &Stored) -> Result<()> {
    let args = [
        (&it.id).into(),
        (&it.name).into(),
        document(it)?.into(),
        it.stopped_at.into(),
        it.changed_at.into(),
        it.deleted_at.into(),
        it.version.into(),
    ];
    tx.execute_one(UPDATE, &args, "this resource was changed in the meantime").await
}

/// One, deleted or not.
///
/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, kind: Resource, id: &str) -> Result<Option<Stored>> {
    tx.optional(BY_ID, &[id.into(), kind.as_str().into()]).await?.as_ref().map(|r| decode(r, kind)).transpose()
}

/// # Errors
/// As the database says.
pub async fn by_name(tx: &mut Tx, kind: Resource, name: &str) -> Result<Option<Stored>> {
    tx.optional(BY_NAME, &[kind.as_str().into(), name.into()]).await?.as_ref().map(|r| decode(r, kind)).transpose()
}

/// All that are not deleted, in the order of their ids.
///
/// # Errors
/// As the database says.
pub async fn all(tx: &mut Tx, kind: Resource) -> Result<Vec<Stored>> {
    tx.all(ALL, &[kind.as_str().into()]).await?.iter().map(|r| decode(r, kind)).collect()
}

/// Who is in a group, as SCIM shows it: neither who left without SCIM nor who was deleted through it.
///
/// # Errors
/// As the database says.
pub async fn members(tx: &mut Tx, group: &str) -> Result<Vec<crate::id::PersonId>> {
    tx.all(MEMBERS, &[group.into()]).await?.iter().map(|row| row.id("id")).collect()
}

fn document(it: &Stored) -> Result<String> {
    serde_json::to_string(&it.document).map_err(Error::internal)
}

fn decode(row: &Row, kind: Resource) -> Result<Stored> {
    Ok(Stored {
        id: row.text("id")?,
        kind,
        source: row.some_id("source_id")?,
        name: row.text("name")?,
        document: serde_json::from_str(&row.text("document")?).map_err(Error::internal)?,
        stopped_at: row.some_at("stopped_at")?,
        created_at: row.at("created_at")?,
        changed_at: row.at("changed_at")?,
        deleted_at: row.some_at("deleted_at")?,
        version: row.int("version")?,
    })
}
