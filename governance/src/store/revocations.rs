//! Revocations, what they stop, and the paths that stay live elsewhere.
use super::db::{Arg, Tx};
use crate::error::{Error, Result};
use crate::id::{IdentityId, PersonId, RevocationId, SourceId};
use crate::revocation::Ended;
use crate::time::Timestamp;

const INSERT: &str = "insert into revocations (id, seq, at, target_kind, target_id, reason, by_actor, ended) values ($1, $2, $3, $4, $5, $6, $7, $8)";
const INSERT_PATH: &str = "insert into revocation_paths (revocation_id, identity_id, path, state, command, detail) values ($1, $2, $3, $4, $5, $6)";
const STOP: &str = "insert into stops (kind, id, epoch, active, revocation_id, at) values ($1, $2, 1, 1, $3, $4) on conflict (kind, id) do update set epoch = stops.epoch + 1, active = 1, revocation_id = excluded.revocation_id, at = excluded.at";
const BUMP: &str = "update identities set epoch = epoch + 1, version = version + 1 where id = $1";
const AFFECTED: &str = "select i.id, i.owner_id, i.backup_id, i.external_ref, s.kind as source_kind from identities i left join sources s on s.id = i.source_id where ($1 is null or i.id = $1) and ($2 is null or i.owner_id = $2) and ($3 is null or i.source_id = $3) and i.status <> 'retired' order by i.id";
const CREDENTIALS: &str =
    "select kind, external_ref from credentials where identity_id = $1 and revoked_at is null order by external_ref";

/// An identity a revocation touches, with what else lets it act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    pub id: IdentityId,
    pub owner: Option<PersonId>,
    pub backup: Option<PersonId>,
    /// Its name at its source.
    pub external_ref: Option<String>,
    pub source_kind: Option<String>,
    pub credentials: Vec<Held>,
}

/// A credential a platform accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub kind: String,
    pub external_ref: String,
}

#[derive(Debug)]
pub struct Row<'a> {
    pub id: RevocationId,
    pub seq: u64,
    pub at: Timestamp,
    pub kind: &'a str,
    pub target: &'a str,
    pub reason: &'a str,
    pub ended: Ended,
}

#[derive(Debug)]
pub struct PathRow<'a> {
    pub revocation: RevocationId,
    pub identity: IdentityId,
    pub path: &'a str,
    pub state: &'a str,
    pub command: Option<&'a str>,
    pub detail: Option<&'a str>,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, r: &Row<'_>, by: String) -> Result<()> {
    let seq = i64::try_from(r.seq).map_err(Error::internal)?;
    let args = [
        r.id.into(),
        seq.into(),
        r.at.into(),
        r.kind.into(),
        r.target.into(),
        r.reason.into(),
        by.into(),
        Arg::json(&r.ended)?,
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn insert_path(tx: &mut Tx, p: &PathRow<'_>) -> Result<()> {
    let args =
        [p.revocation.into(), p.identity.into(), p.path.into(), p.state.into(), p.command.into(), p.detail.into()];
    tx.execute(INSERT_PATH, &args).await.map(drop)
}

/// Stops a target: every decision from here on sees it.
///
/// # Errors
/// As the database says.
pub async fn stop(tx: &mut Tx, kind: &str, id: &str, revocation: RevocationId, at: Timestamp) -> Result<()> {
    tx.execute(STOP, &[kind.into(), id.into(), revocation.into(), at.into()]).await.map(drop)
}

/// What was bound to the lower epoch is void.
///
/// # Errors
/// As the database says.
pub async fn bump_epoch(tx: &mut Tx, identity: IdentityId) -> Result<()> {
    tx.execute(BUMP, &[identity.into()]).await.map(drop)
}

/// The identities of a target, with their live credentials; all filters absent: every identity.
///
/// # Errors
/// As the database says.
pub async fn affected(
    tx: &mut Tx,
    identity: Option<IdentityId>,
    owner: Option<PersonId>,
    source: Option<SourceId>,
) -> Result<Vec<Affected>> {
    let mut found = Vec::new();
    for row in tx.all(AFFECTED, &[identity.into(), owner.into(), source.into()]).await? {
        let id: IdentityId = row.id("id")?;
        let rows = tx.all(CREDENTIALS, &[id.into()]).await?;
        let credentials =
            rows.iter().map(|r| Ok(Held { kind: r.text("kind")?, external_ref: r.text("external_ref")? }));
        found.push(Affected {
            id,
            owner: row.some_id("owner_id")?,
            backup: row.some_id("backup_id")?,
            external_ref: row.some_text("external_ref")?,
            source_kind: row.some_text("source_kind")?,
            credentials: credentials.collect::<Result<_>>()?,
        });
    }
    Ok(found)
}
