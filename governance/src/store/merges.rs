//! What people said of two identities: that they are one, or that they are two.
use super::db::{Arg, Row, Tx};
use crate::error::Result;
use crate::id::{IdentityId, SightingId, SourceId};
use crate::matching::Merge;
use crate::time::Timestamp;
use std::collections::BTreeSet;

const INSERT: &str =
    "insert into merges (id, seq, at, identity_id, kept_id, by_actor, was) values ($1, $2, $3, $4, $5, $6, $7)";
const UNDO: &str =
    "update merges set undone_at = $2, undone_seq = $3, undone_by = $4 where id = $1 and undone_at is null";
const IN_FORCE: &str = "select m.*, i.name as name, k.name as kept_name from merges m join identities i on i.id = m.identity_id join identities k on k.id = m.kept_id where m.identity_id = $1 and m.undone_at is null";
const OF_IDENTITY: &str = "select m.*, i.name as name, k.name as kept_name from merges m join identities i on i.id = m.identity_id join identities k on k.id = m.kept_id where m.identity_id = $1 or m.kept_id = $1 order by m.id desc limit 100";
const BOTH_SHOWN: &str = "select s.name as name from sightings a join sightings b on b.source_id = a.source_id join sources s on s.id = a.source_id where a.identity_id = $1 and b.identity_id = $2 order by s.name limit 1";
const ACTIVE_GRANTS: &str = "select count(*) as n from grants where identity_id = $1 and state = 'active'";
const MOVE_SIGHTING: &str = "update sightings set identity_id = $3 where id = $1 and identity_id = $2";
const MOVE_ENTITLEMENTS: &str = "update entitlements set identity_id = $3 where source_id = $1 and identity_id = $2";
const MOVE_CREDENTIALS: &str = "update credentials set identity_id = $3 where source_id = $1 and identity_id = $2";
const TELL_APART: &str =
    "insert into told_apart (a, b, at, by_actor) values ($1, $2, $3, $4) on conflict (a, b) do nothing";
const NOT_APART: &str = "delete from told_apart where a = $1 and b = $2";
const APART: &str = "select a, b from told_apart where a";

/// # Errors
/// `Conflict` if the identity is merged already.
pub async fn insert(tx: &mut Tx, m: &Merge) -> Result<()> {
    let args = [
        m.id.into(),
        m.seq.into(),
        m.at.into(),
        m.identity.into(),
        m.kept.into(),
        (&m.by).into(),
        Arg::json(&m.before)?,
    ];
    tx.execute_one(INSERT, &args, "it is merged already").await
}

/// # Errors
/// `Conflict` if it was undone already.
pub async fn undo(tx: &mut Tx, m: &Merge, at: Timestamp, seq: u64, by: &str) -> Result<()> {
    let seq = i64::try_from(seq).map_err(crate::error::Error::internal)?;
    tx.execute_one(UNDO, &[m.id.into(), at.into(), seq.into(), by.into()], "this merge was undone already").await
}

/// The merge by which this identity is retired.
///
/// # Errors
/// As the database says.
pub async fn in_force(tx: &mut Tx, identity: IdentityId) -> Result<Option<Merge>> {
    tx.optional(IN_FORCE, &[identity.into()]).await?.as_ref().map(decode).transpose()
}

/// All it had part in, newest first.
///
/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, identity: IdentityId) -> Result<Vec<Merge>> {
    tx.all(OF_IDENTITY, &[identity.into()]).await?.iter().map(decode).collect()
}

/// A source that shows or showed both: it says that they are two.
///
/// # Errors
/// As the database says.
pub async fn both_shown(tx: &mut Tx, a: IdentityId, b: IdentityId) -> Result<Option<String>> {
    let row = tx.optional(BOTH_SHOWN, &[a.into(), b.into()]).await?;
    row.as_ref().map(|row| row.text("name")).transpose()
}

/// # Errors
/// As the database says.
pub async fn active_grants(tx: &mut Tx, id: IdentityId) -> Result<i64> {
    tx.one(ACTIVE_GRANTS, &[id.into()]).await?.int("n")
}

/// Takes a sighting with all that its source gave from one identity to another.
///
/// # Errors
/// `Conflict` if it is not the first one's.
pub async fn move_sighting(
    tx: &mut Tx,
    (sighting, source): (SightingId, SourceId),
    from: IdentityId,
    to: IdentityId,
) -> Result<()> {
    tx.execute_one(MOVE_SIGHTING, &[sighting.into(), from.into(), to.into()], "this sighting is another's now").await?;
    tx.execute(MOVE_ENTITLEMENTS, &[source.into(), from.into(), to.into()]).await?;
    tx.execute(MOVE_CREDENTIALS, &[source.into(), from.into(), to.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn tell_apart(tx: &mut Tx, one: IdentityId, other: IdentityId, at: Timestamp, by: &str) -> Result<bool> {
    let (a, b) = pair(one, other);
    Ok(tx.execute(TELL_APART, &[a.into(), b.into(), at.into(), by.into()]).await? > 0)
}

/// # Errors
/// As the database says.
pub async fn not_apart(tx: &mut Tx, one: IdentityId, other: IdentityId) -> Result<()> {
    let (a, b) = pair(one, other);
    tx.execute(NOT_APART, &[a.into(), b.into()]).await.map(drop)
}

/// Pairs told apart of which the lesser id is one of these.
///
/// # Errors
/// As the database says.
pub async fn apart(tx: &mut Tx, ids: &[Arg]) -> Result<BTreeSet<(IdentityId, IdentityId)>> {
    tx.all_in(APART, "", ids).await?.iter().map(|row| Ok((row.id("a")?, row.id("b")?))).collect()
}

/// Two identities in the order in which a pair is kept.
#[must_use]
pub fn pair(one: IdentityId, other: IdentityId) -> (IdentityId, IdentityId) {
    (one.min(other), one.max(other))
}

fn decode(row: &Row) -> Result<Merge> {
    Ok(Merge {
        id: row.id("id")?,
        seq: row.int("seq")?,
        at: row.at("at")?,
        identity: row.id("identity_id")?,
        name: row.text("name")?,
        kept: row.id("kept_id")?,
        kept_name: row.text("kept_name")?,
        by: row.text("by_actor")?,
        before: row.json("was")?,
        undone_at: row.some_at("undone_at")?,
    })
}
