//! Builds of agents: one row for each identity that ever named one.
use super::db::{Arg, Row, Tx};
use crate::build::Build;
use crate::error::Result;
use crate::id::IdentityId;

const INSERT: &str = "insert into builds (identity_id, digest, since_at, approved_by) values ($1, $2, $3, $4)";
const UPDATE: &str = "update builds set digest = $2, since_at = $3, approved_by = $4, changed = $5, changed_at = $6, version = version + 1 where identity_id = $1 and version = $7";
const GET: &str = "select * from builds where identity_id = $1";
const OF: &str = "select * from builds where identity_id";

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, identity: IdentityId) -> Result<Option<Build>> {
    tx.optional(GET, &[identity.into()]).await?.as_ref().map(decode).transpose()
}

/// Those of many identities, by their ids.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<Build>> {
    tx.all_in(OF, "order by identity_id", ids).await?.iter().map(decode).collect()
}

/// # Errors
/// `Conflict` if the identity has one.
pub async fn insert(tx: &mut Tx, b: &Build) -> Result<()> {
    let args = [b.identity.into(), (&b.digest).into(), b.since.into(), b.approved_by.clone().into()];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Writes what became of it; `b.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody wrote it first.
pub async fn update(tx: &mut Tx, b: &Build) -> Result<()> {
    let args = [
        b.identity.into(),
        (&b.digest).into(),
        b.since.into(),
        b.approved_by.clone().into(),
        b.changed.clone().into(),
        b.changed_at.into(),
        b.version.into(),
    ];
    tx.execute_one(UPDATE, &args, "the build was looked at in the meantime").await
}

fn decode(row: &Row) -> Result<Build> {
    Ok(Build {
        identity: row.id("identity_id")?,
        digest: row.text("digest")?,
        since: row.at("since_at")?,
        approved_by: row.some_text("approved_by")?,
        changed: row.some_text("changed")?,
        changed_at: row.some_at("changed_at")?,
        version: row.int("version")?,
    })
}
