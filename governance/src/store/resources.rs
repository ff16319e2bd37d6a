//! Tools, destinations and memory stores. What was removed stays as a row, so that the highest place in the log tells whether
//! anything changed.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::id::ResourceId;
use crate::resource::{Kind, Resource};
use crate::time::Timestamp;

const INSERT: &str = "insert into resources (id, kind, resource_type, resource_id, owner_id, data_class, trust, trusted_until, retention_days, purpose, definition, approved_by, approved_at, seen, seen_at, changed_at, added_at, seq) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const UPDATE: &str = "update resources set owner_id = $2, data_class = $3, trust = $4, trusted_until = $5, retention_days = $6, purpose = $7, definition = $8, approved_by = $9, approved_at = $10, seen = $11, seen_at = $12, changed_at = $13, seq = $14, version = version + 1 where id = $1 and version = $15 and removed_at is null";
const REMOVE: &str = "update resources set removed_at = $2, seq = $3, version = version + 1 where id = $1 and version = $4 and removed_at is null";
const GET: &str = "select * from resources where resource_type = $1 and resource_id = $2 and removed_at is null";
const BY_ID: &str = "select * from resources where id = $1 and removed_at is null";
const ALL: &str = "select * from resources where removed_at is null";
const PAGE: &str = "select * from resources where removed_at is null and ($1 is null or kind = $1) and (cast($2 as bigint) = 0 or changed_at is not null) and (resource_type > $3 or (resource_type = $3 and resource_id > $4)) order by resource_type, resource_id limit $5";
const COUNT: &str = "select count(*) as n from resources where removed_at is null";
const LATEST: &str = "select coalesce(max(seq), -1) as n from resources";

/// # Errors
/// `Conflict` if there is one of this type and id.
pub async fn insert(tx: &mut Tx, r: &Resource) -> Result<()> {
    let args = [
        r.id.into(),
        r.kind.as_str().into(),
        (&r.resource_type).into(),
        (&r.resource_id).into(),
        r.owner.into(),
        r.data_class.clone().into(),
        r.trust.as_str().into(),
        r.trusted_until.into(),
        r.retention_days.map(i64::from).into(),
        r.purpose.clone().into(),
        r.definition.clone().into(),
        r.approved_by.clone().into(),
        r.approved_at.into(),
        r.seen.clone().into(),
        r.seen_at.into(),
        r.changed_at.into(),
        r.added_at.into(),
        r.seq.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Writes what became of it; `r.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody wrote it first.
pub async fn update(tx: &mut Tx, r: &Resource) -> Result<()> {
    let args = [
        r.id.into(),
        r.owner.into(),
        r.data_class.clone().into(),
        r.trust.as_str().into(),
        r.trusted_until.into(),
        r.retention_days.map(i64::from).into(),
        r.purpose.clone().into(),
        r.definition.clone().into(),
        r.approved_by.clone().into(),
        r.approved_at.into(),
        r.seen.clone().into(),
        r.seen_at.into(),
        r.changed_at.into(),
        r.seq.into(),
        r.version.into(),
    ];
    tx.execute_one(UPDATE, &args, "the resource was changed in the meantime").await
}

/// # Errors
/// `Conflict` if somebody wrote it first.
pub async fn remove(tx: &mut Tx, r: &Resource, at: Timestamp) -> Result<()> {
    let args = [r.id.into(), at.into(), r.seq.into(), r.version.into()];
    tx.execute_one(REMOVE, &args, "the resource was changed in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, (kind, id): (&str, &str)) -> Result<Option<Resource>> {
    tx.optional(GET, &[kind.into(), id.into()]).await?.as_ref().map(decode).transpose()
}

/// By its own id, if it was not removed.
///
/// # Errors
/// As the database says.
pub async fn by_id(tx: &mut Tx, id: ResourceId) -> Result<Option<Resource>> {
    tx.optional(BY_ID, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// All of them: at most [`crate::resource::MOST`] are added.
///
/// # Errors
/// As the database says.
pub async fn all<C: FromIterator<Resource>>(tx: &mut Tx) -> Result<C> {
    tx.all(ALL, &[]).await?.iter().map(decode).collect()
}

/// In the order of type and id, behind `after`; those of a kind, and those whose definition waits for a person.
///
/// # Errors
/// As the database says.
pub async fn page(
    tx: &mut Tx,
    kind: Option<Kind>,
    changed: bool,
    after: (String, String),
    limit: i64,
) -> Result<Vec<Resource>> {
    let args = [kind.map(Kind::as_str).into(), i64::from(changed).into(), after.0.into(), after.1.into(), limit.into()];
    tx.all(PAGE, &args).await?.iter().map(decode).collect()
}

/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    tx.one(COUNT, &[]).await?.int("n")
}

/// The place in the log of the latest change of any; -1: there never was one.
///
/// # Errors
/// As the database says.
pub async fn latest(tx: &mut Tx) -> Result<i64> {
    tx.one(LATEST, &[]).await?.int("n")
}

fn decode(row: &Row) -> Result<Resource> {
    Ok(Resource {
        id: row.id("id")?,
        kind: row.id("kind")?,
        resource_type: row.text("resource_type")?,
        resource_id: row.text("resource_id")?,
        owner: row.some_id("owner_id")?,
        data_class: row.some_text("data_class")?,
        trust: row.id("trust")?,
        trusted_until: row.some_at("trusted_until")?,
        retention_days: row.some_int("retention_days")?.map(u32::try_from).transpose().map_err(Error::internal)?,
        purpose: row.some_text("purpose")?,
        definition: row.some_text("definition")?,
        approved_by: row.some_text("approved_by")?,
        approved_at: row.some_at("approved_at")?,
        seen: row.some_text("seen")?,
        seen_at: row.some_at("seen_at")?,
        changed_at: row.some_at("changed_at")?,
        added_at: row.at("added_at")?,
        seq: row.int("seq")?,
        version: row.int("version")?,
    })
}
