//! When the role of an identity, or of its owner, last changed: its owner is asked to answer for it again.
use super::db::{Arg, Tx};
use crate::error::Result;
use crate::id::IdentityId;
use crate::time::Timestamp;

const PUT: &str = "insert into role_changes (identity_id, at, why) values ($1, $2, $3) on conflict (identity_id) do update set at = excluded.at, why = excluded.why";
const OF: &str = "select identity_id, at, why from role_changes where identity_id";

/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, id: IdentityId, at: Timestamp, why: &str) -> Result<()> {
    tx.execute(PUT, &[id.into(), at.into(), why.into()]).await.map(drop)
}

/// The latest of each of many, by their ids: when, and what changed.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<(IdentityId, (Timestamp, String))>> {
    let rows = tx.all_in(OF, "order by identity_id", ids).await?;
    rows.iter().map(|row| Ok((row.id("identity_id")?, (row.at("at")?, row.text("why")?)))).collect()
}
