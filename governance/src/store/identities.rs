//! Identities: one row each, found by id, by name, by a source's own name, or page by page.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::error::Result;
use crate::id::{IdentityId, PersonId};
use crate::identity::{Identity, Kind};
use crate::time::Timestamp;

const INSERT: &str = "insert into identities (id, name, kind, environment, team, purpose, status, mode, owner_id, backup_id, source_id, external_ref, criticality, autonomy, boundary, search, registered_at, first_seen_at, last_seen_at, last_used_at, usage_reported, attested_at, ends_at, suspended_at, retired_at, epoch, version)";
const UPDATE: &str = "update identities set name = $2, kind = $3, environment = $4, team = $5, purpose = $6, status = $7, mode = $8, owner_id = $9, backup_id = $10, source_id = $11, external_ref = $12, criticality = $13, autonomy = $14, boundary = $15, search = $16, registered_at = $17, first_seen_at = $18, last_seen_at = $19, last_used_at = $20, usage_reported = $21, attested_at = $22, ends_at = $23, suspended_at = $24, retired_at = $25, epoch = $26, version = version + 1 where id = $1 and version = $27";
const BY_ID: &str = "select * from identities where id = $1";
const BY_NAME: &str = "select * from identities where name = $1 order by kind";
const BY_KIND: &str = "select * from identities where kind = $1 and name = $2";
const PERIOD_END: &str =
    "update owner_periods set to_at = $3 where identity_id = $1 and backup = $2 and to_at is null and owner_id <> $4";
const PERIOD_START: &str = "insert into owner_periods (identity_id, owner_id, backup, from_at) select $1, $2, $3, $4 where not exists (select 1 from owner_periods where identity_id = $1 and backup = $3 and to_at is null) on conflict (identity_id, backup, from_at) do update set owner_id = excluded.owner_id, to_at = null";
const OWNED_UNTIL: &str =
    "select distinct identity_id from owner_periods where owner_id = $1 and to_at = $2 order by identity_id";
const KEYS: &str = "select count(*) as n from keys where identity_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)";
const MANY: &str = "select i.*, (select max(d.at) from decisions d where d.identity_id = i.id) as last_asked_at from identities i where i.id";
const SOME_IDS: &str = "select id from identities where id > $1 and status <> 'retired' order by id limit $2";

fn columns(i: &Identity) -> Result<Vec<Arg>> {
    Ok(vec![
        i.id.into(),
        (&i.name).into(),
        i.kind.as_str().into(),
        i.environment.map(|e| e.as_str()).into(),
        i.team.clone().into(),
        i.purpose.clone().into(),
        i.status.as_str().into(),
        i.mode.as_str().into(),
        i.owner.into(),
        i.backup.into(),
        i.source.into(),
        i.external_ref.clone().into(),
        i.criticality.map(|c| c.as_str()).into(),
        i.autonomy.map(i64::from).into(),
        i.boundary.as_ref().map(serde_json::to_string).transpose().map_err(crate::error::Error::internal)?.into(),
        search(i).into(),
        i.registered_at.into(),
        i.first_seen_at.into(),
        i.last_seen_at.into(),
        i.last_used_at.into(),
        i.usage_reported.into(),
        i.attested_at.into(),
        i.ends_at.into(),
        i.suspended_at.into(),
        i.retired_at.into(),
        i.epoch.into(),
    ])
}

/// What a search looks through, in lower case by Unicode's rules, which the two databases do not share.
fn search(i: &Identity) -> String {
    let parts = [Some(i.name.as_str()), i.external_ref.as_deref(), i.team.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n").to_lowercase()
}

/// New identities, not yet written. Writing them is a `Conflict` if an identity of a kind has a name already.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(INSERT, 27)
}

/// Adds one to them.
///
/// # Errors
/// `Internal` if its boundary cannot be written down.
pub fn push(rows: &mut Rows, i: &Identity) -> Result<()> {
    rows.push(columns(i)?.into_iter().chain([0.into()]));
    Ok(())
}

/// # Errors
/// `Conflict` if an identity of this kind has the name.
pub async fn insert(tx: &mut Tx, i: &Identity) -> Result<()> {
    let mut one = rows();
    push(&mut one, i)?;
    one.insert(tx).await
}

/// Writes over the version that was read.
///
/// # Errors
/// `Conflict` if it changed meanwhile.
pub async fn update(tx: &mut Tx, i: &Identity) -> Result<()> {
    let mut args = columns(i)?;
    args.push(i.version.into());
    tx.execute_one(UPDATE, &args, "this identity was changed in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: IdentityId) -> Result<Option<Identity>> {
    tx.optional(BY_ID, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// All that have this name: at most one of each kind.
///
/// # Errors
/// As the database says.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Vec<Identity>> {
    tx.all(BY_NAME, &[name.into()]).await?.iter().map(decode).collect()
}

/// # Errors
/// As the database says.
pub async fn by_kind(tx: &mut Tx, kind: Kind, name: &str) -> Result<Option<Identity>> {
    tx.optional(BY_KIND, &[kind.as_str().into(), name.into()]).await?.as_ref().map(decode).transpose()
}

/// Who answered for it when: closes the present period of another and opens one.
///
/// # Errors
/// As the database says.
pub async fn owned_by(
    tx: &mut Tx,
    id: IdentityId,
    person: Option<PersonId>,
    backup: bool,
    at: Timestamp,
) -> Result<()> {
    let nobody = person.map_or_else(|| Arg::from(""), Arg::from);
    tx.execute(PERIOD_END, &[id.into(), backup.into(), at.into(), nobody]).await?;
    if let Some(person) = person {
        tx.execute(PERIOD_START, &[id.into(), person.into(), backup.into(), at.into()]).await?;
    }
    Ok(())
}

/// What this person answered for, as owner or backup, until that very instant.
///
/// # Errors
/// As the database says.
pub async fn owned_until(tx: &mut Tx, person: PersonId, at: Timestamp) -> Result<Vec<IdentityId>> {
    tx.all(OWNED_UNTIL, &[person.into(), at.into()]).await?.iter().map(|row| row.id("identity_id")).collect()
}

/// How many of our own keys it can still use.
///
/// # Errors
/// As the database says.
pub async fn live_keys(tx: &mut Tx, id: IdentityId, at: Timestamp) -> Result<i64> {
    tx.one(KEYS, &[id.into(), at.into()]).await?.int("n")
}

/// Identities, and when each last asked us; in no order.
///
/// # Errors
/// As the database says.
pub async fn many(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<(Identity, Option<Timestamp>)>> {
    let rows = tx.all_in(MANY, "", ids).await?;
    rows.iter().map(|row| Ok((decode(row)?, row.some_at("last_asked_at")?))).collect()
}

/// Ids of those not retired, in order, from after one on.
///
/// # Errors
/// As the database says.
pub async fn ids_after(tx: &mut Tx, after: Option<IdentityId>, limit: i64) -> Result<Vec<IdentityId>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    tx.all(SOME_IDS, &[after.into(), limit.into()]).await?.iter().map(|row| row.id("id")).collect()
}

pub(super) fn decode(row: &Row) -> Result<Identity> {
    let autonomy = row.some_int("autonomy")?.map(u8::try_from).transpose().map_err(crate::error::Error::internal)?;
    let boundary = row.some_text("boundary")?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Identity {
        id: row.id("id")?,
        kind: row.id("kind")?,
        name: row.text("name")?,
        environment: row.some_id("environment")?,
        status: row.id("status")?,
        mode: row.id("mode")?,
        owner: row.some_id("owner_id")?,
        backup: row.some_id("backup_id")?,
        team: row.some_text("team")?,
        purpose: row.some_text("purpose")?,
        criticality: row.some_id("criticality")?,
        autonomy,
        boundary: boundary.map_err(crate::error::Error::internal)?,
        source: row.some_id("source_id")?,
        external_ref: row.some_text("external_ref")?,
        first_seen_at: row.at("first_seen_at")?,
        registered_at: row.at("registered_at")?,
        last_seen_at: row.some_at("last_seen_at")?,
        last_used_at: row.some_at("last_used_at")?,
        usage_reported: row.flag("usage_reported")?,
        attested_at: row.some_at("attested_at")?,
        ends_at: row.some_at("ends_at")?,
        suspended_at: row.some_at("suspended_at")?,
        retired_at: row.some_at("retired_at")?,
        epoch: row.int("epoch")?,
        version: row.int("version")?,
    })
}
