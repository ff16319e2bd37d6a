//! Keys by which agents and gateways call us; only their SHA-256 is stored.
use super::db::{Arg, Row, Tx};
use crate::engine::Scope;
use crate::error::Result;
use crate::id::{IdentityId, KeyId};
use crate::time::Timestamp;
use std::collections::BTreeSet;

const INSERT: &str = "insert into keys (id, hash, name, identity_id, patterns, scopes, submit, created_at, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const GET: &str =
    "select k.*, i.name as identity_name from keys k left join identities i on i.id = k.identity_id where k.id = $1";
const LIST: &str = "select k.*, i.name as identity_name from keys k left join identities i on i.id = k.identity_id where ($1 is null or k.identity_id = $1) order by k.id desc limit 500";
const REVOKE: &str =
    "update keys set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null and version = $3";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    /// SHA-256 of the whole key, hex.
    pub hash: String,
    pub name: String,
    /// `None`: a gateway's.
    pub identity_id: Option<IdentityId>,
    pub identity_name: Option<String>,
    pub patterns: Vec<String>,
    pub scopes: BTreeSet<Scope>,
    /// Questions above the limit open an escalation by themselves.
    pub submits: bool,
    pub created_at: Timestamp,
    pub created_by: String,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub version: i64,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, k: &Key) -> Result<()> {
    let args = [
        k.id.into(),
        (&k.hash).into(),
        (&k.name).into(),
        k.identity_id.into(),
        Arg::json(&k.patterns)?,
        Arg::json(&k.scopes)?,
        if k.submits { "auto" } else { "explicit" }.into(),
        k.created_at.into(),
        (&k.created_by).into(),
        k.expires_at.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: KeyId) -> Result<Option<Key>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// Newest first, at most 500.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, identity: Option<IdentityId>) -> Result<Vec<Key>> {
    tx.all(LIST, &[identity.into()]).await?.iter().map(decode).collect()
}

/// # Errors
/// `Conflict` if it is revoked already.
pub async fn revoke(tx: &mut Tx, key: &Key, at: Timestamp) -> Result<()> {
    tx.execute_one(REVOKE, &[key.id.into(), at.into(), key.version.into()], "this key is revoked already").await
}

fn decode(row: &Row) -> Result<Key> {
    Ok(Key {
        id: row.id("id")?,
        hash: row.text("hash")?,
        name: row.text("name")?,
        identity_id: row.some_id("identity_id")?,
        identity_name: row.some_text("identity_name")?,
        patterns: row.json("patterns")?,
        scopes: row.json("scopes")?,
        submits: row.text("submit")? == "auto",
        created_at: row.at("created_at")?,
        created_by: row.text("created_by")?,
        expires_at: row.some_at("expires_at")?,
        revoked_at: row.some_at("revoked_at")?,
        version: row.int("version")?,
    })
}
