//! Whose standing privilege is a finding.
use super::db::{Arg, Tx};
use crate::error::Result;
use crate::id::IdentityId;

const QUEUE: &str = "select identity_id, max(rank) as worst from findings where state = 'open' and identity_id is not null and rule in ('standing_admin', 'can_escalate', 'unused_90d') group by identity_id having ($1 is null or max(rank) < $1 or (max(rank) = $1 and identity_id > $2)) order by worst desc, identity_id limit $3";

/// Identities with an open finding of standing privilege, worst first, each with how bad, from after one on.
///
/// # Errors
/// As the database says.
pub async fn queue(tx: &mut Tx, after: Option<(i64, IdentityId)>, limit: i64) -> Result<Vec<(i64, IdentityId)>> {
    let (rank, id) = after.unzip();
    let rows = tx.all(QUEUE, &[Arg::from(rank), Arg::from(id), limit.into()]).await?;
    rows.iter().map(|row| Ok((row.int("worst")?, row.id("identity_id")?))).collect()
}
