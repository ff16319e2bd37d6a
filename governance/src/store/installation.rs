//! The one row that says which installation this is.
use super::db::Tx;
use crate::engine::Installation;
use crate::error::Result;

const GET: &str = "select id, origin, vkey, created_at from installation";
const INSERT: &str = "insert into installation (id, origin, vkey, created_at) values ($1, $2, $3, $4)";

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx) -> Result<Option<Installation>> {
    let Some(row) = tx.optional(GET, &[]).await? else { return Ok(None) };
    Ok(Some(Installation {
        id: row.id("id")?,
        origin: row.text("origin")?,
        vkey: row.text("vkey")?,
        created_at: row.at("created_at")?,
    }))
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, i: &Installation) -> Result<()> {
    let args = [i.id.into(), i.origin.as_str().into(), i.vkey.as_str().into(), i.created_at.into()];
    tx.execute(INSERT, &args).await.map(drop)
}
