//! When the whole log was checked, and whether it held.
use super::db::Tx;
use crate::error::Result;
use crate::time::Timestamp;

const INSERT: &str = "insert into integrity_checks (id, seq, at, from_seq, to_seq, ok) values ($1, $2, $3, 0, $4, $5)";
const LAST: &str = "select max(at) as at from integrity_checks";

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, seq: i64, at: Timestamp, to: i64, ok: bool) -> Result<()> {
    tx.execute(INSERT, &[format!("check:{seq}").into(), seq.into(), at.into(), to.into(), ok.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn last(tx: &mut Tx) -> Result<Option<Timestamp>> {
    tx.one(LAST, &[]).await?.some_at("at")
}
