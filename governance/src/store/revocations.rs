//! Revocations, what they stop, and the paths that stay live elsewhere.
use super::db::{Arg, Row as Found, Tx};
use crate::error::{Error, Result};
use crate::id::{IdentityId, PersonId, RevocationId, SourceId};
use crate::revocation::{Ended, Path, Revocation, Standing, Stop, Summary};
use crate::time::Timestamp;

/// Identities that are not retired, with the kind of their source. Each target has its own text, so that it finds them by an index.
macro_rules! affected {
    ($which:literal) => {
        concat!(
            "select i.id, i.owner_id, i.backup_id, i.external_ref, s.kind as source_kind from identities i left join sources s on s.id = i.source_id where ",
            $which,
            "i.status <> 'retired' order by i.id"
        )
    };
}

const INSERT: &str = "insert into revocations (id, seq, at, target_kind, target_id, reason, by_actor, ended) values ($1, $2, $3, $4, $5, $6, $7, $8)";
const INSERT_PATH: &str = "insert into revocation_paths (revocation_id, identity_id, path, state, command, detail) values ($1, $2, $3, $4, $5, $6)";
const STOP: &str = "insert into stops (kind, id, epoch, active, revocation_id, at) values ($1, $2, 1, 1, $3, $4) on conflict (kind, id) do update set epoch = stops.epoch + 1, active = 1, revocation_id = excluded.revocation_id, at = excluded.at";
const UNSTOP: &str =
    "update stops set active = 0, epoch = epoch + 1 where kind = $1 and id = $2 and revocation_id = $3 and active = 1";
const STOPPING: &str = "select revocation_id from stops where kind = $1 and id = $2 and active = 1";
const UNDO_FIRST: &str = "update revocations set undo_first_by = $2, undo_first_at = $3, version = version + 1 where id = $1 and undone_at is null";
const UNDONE: &str = "update revocations set undone_at = $3, undone_by = $4, version = version + 1 where target_kind = $1 and target_id = $2 and undone_at is null";
const LIST: &str = "select r.*, coalesce(i.name, p.name, s.name) as target_name, b.name as by_name, cast(case when t.revocation_id is null then 0 else 1 end as bigint) as in_force, (select count(*) from revocation_paths l where l.revocation_id = r.id and l.state = 'live' and l.closed_at is null) as live from revocations r left join stops t on t.revocation_id = r.id and t.active = 1 left join identities i on r.target_kind = 'identity' and i.id = r.target_id left join people p on r.target_kind = 'owner' and p.id = r.target_id left join sources s on r.target_kind = 'source' and s.id = r.target_id left join people b on b.id = r.by_actor where ($1 is null or r.id < $1) and (cast($2 as bigint) = 0 or t.revocation_id is not null) order by r.id desc limit $3";
const BUMP: &str = "update identities set epoch = epoch + 1, version = version + 1 where id = $1";
const ONE: &str = affected!("i.id = $1 and ");
const OF_OWNER: &str = affected!("i.owner_id = $1 and ");
const OF_SOURCE: &str = affected!("i.source_id = $1 and ");
const ALL: &str = affected!("");
const CREDENTIALS: &str = "select kind, external_ref from credentials where identity_id = $1 and revoked_at is null and active = 1 order by external_ref";

const BY_ID: &str = "select * from revocations where id = $1";
const OF_IDENTITY: &str = "select * from revocations r where exists (select 1 from revocation_paths p where p.revocation_id = r.id and p.identity_id = $1) or (r.target_kind = 'identity' and r.target_id = $1) order by r.id desc limit $2";
const PATHS: &str = "select * from revocation_paths where revocation_id = $1 and ($2 is null or identity_id = $2) order by identity_id, state desc, path limit $3";
const STOPPED_BY: &str = "select t.* from stops t join identities i on i.id = $1 where t.active = 1 and ((t.kind = 'identity' and t.id = i.id) or (t.kind = 'owner' and t.id = i.owner_id) or (t.kind = 'source' and t.id = i.source_id) or t.kind = 'everything') order by t.at desc";

const OF_IDENTITIES: &str = "select p.revocation_id, p.identity_id, p.path from revocation_paths p where p.identity_id";
const OVER: &str = "and p.state = 'live' and p.closed_at is null and not exists (select 1 from credentials c where c.identity_id = p.identity_id and c.revoked_at is null and c.active = 1 and c.kind || ' ' || c.external_ref = p.path) and not (p.path like '% principal' and exists (select 1 from sightings g where g.identity_id = p.identity_id and g.source_id is not null and g.gone_at is null)) order by p.identity_id, p.revocation_id, p.path";
const CLOSE: &str = "update revocation_paths set closed_at = $4 where revocation_id = $1 and identity_id = $2 and path = $3 and closed_at is null";

/// Paths of one revocation that are read at most.
const PATHS_MAX: i64 = 500;

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

/// Lifts the stop of a target.
///
/// # Errors
/// `Conflict` if it was lifted or stopped anew in the meantime.
pub async fn unstop(tx: &mut Tx, (kind, id): (&str, &str), by: RevocationId) -> Result<()> {
    tx.execute_one(UNSTOP, &[kind.into(), id.into(), by.into()], "this stop was changed in the meantime").await
}

/// The revocation by which a target is stopped now.
///
/// # Errors
/// As the database says.
pub async fn stopping(tx: &mut Tx, kind: &str, id: &str) -> Result<Option<RevocationId>> {
    tx.optional(STOPPING, &[kind.into(), id.into()]).await?.map(|row| row.id("revocation_id")).transpose()
}

/// # Errors
/// `Conflict` if it was undone in the meantime.
pub async fn undo_first(tx: &mut Tx, id: RevocationId, person: PersonId, at: Timestamp) -> Result<()> {
    tx.execute_one(UNDO_FIRST, &[id.into(), person.into(), at.into()], "it was undone in the meantime").await
}

/// Marks every standing revocation of a target as undone.
///
/// # Errors
/// As the database says.
pub async fn undone(tx: &mut Tx, (kind, id): (&str, &str), at: Timestamp, by: PersonId) -> Result<()> {
    tx.execute(UNDONE, &[kind.into(), id.into(), at.into(), by.into()]).await.map(drop)
}

/// Newest first, before an id; all, or those that stop something now.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, before: Option<RevocationId>, in_force: bool, limit: i64) -> Result<Vec<Summary>> {
    let rows = tx.all(LIST, &[before.into(), i64::from(in_force).into(), limit.into()]).await?;
    rows.iter()
        .map(|r| {
            let undone_at = r.some_at("undone_at")?;
            Ok(Summary {
                id: r.id("id")?,
                at: r.at("at")?,
                target_kind: r.text("target_kind")?,
                target_id: r.text("target_id")?,
                target_name: r.some_text("target_name")?,
                reason: r.text("reason")?,
                by: r.text("by_actor")?,
                by_name: r.some_text("by_name")?,
                in_force: r.int("in_force")? == 1,
                undo_begun: undone_at.is_none() && r.some_at("undo_first_at")?.is_some(),
                undone_at,
                live: r.int("live")?,
            })
        })
        .collect()
}

/// What was bound to the lower epoch is void.
///
/// # Errors
/// As the database says.
pub async fn bump_epoch(tx: &mut Tx, identity: IdentityId) -> Result<()> {
    tx.execute(BUMP, &[identity.into()]).await.map(drop)
}

/// Which identities a target means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    One(IdentityId),
    OfOwner(PersonId),
    OfSource(SourceId),
    All,
}

/// The identities of a target, with their live credentials.
///
/// # Errors
/// As the database says.
pub async fn affected(tx: &mut Tx, among: Among) -> Result<Vec<Affected>> {
    let rows = match among {
        Among::One(id) => tx.all(ONE, &[id.into()]).await?,
        Among::OfOwner(id) => tx.all(OF_OWNER, &[id.into()]).await?,
        Among::OfSource(id) => tx.all(OF_SOURCE, &[id.into()]).await?,
        Among::All => tx.all(ALL, &[]).await?,
    };
    let mut found = Vec::new();
    for row in rows {
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

/// One revocation with its paths, at most 500 of them.
///
/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: RevocationId) -> Result<Option<Revocation>> {
    match tx.optional(BY_ID, &[id.into()]).await? {
        Some(row) => decode(tx, &row, None).await.map(Some),
        None => Ok(None),
    }
}

/// What touched an identity, newest first, each with the paths of this identity alone.
///
/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, id: IdentityId, limit: i64) -> Result<Vec<Revocation>> {
    let mut all = Vec::new();
    for row in tx.all(OF_IDENTITY, &[id.into(), limit.into()]).await? {
        all.push(decode(tx, &row, Some(id)).await?);
    }
    Ok(all)
}

/// Paths of an identity that were live elsewhere and that its sources show no more, or show switched off.
///
/// # Errors
/// As the database says.
pub async fn over(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<(IdentityId, RevocationId, String)>> {
    let rows = tx.all_in(OF_IDENTITIES, OVER, ids).await?;
    rows.iter().map(|row| Ok((row.id("identity_id")?, row.id("revocation_id")?, row.text("path")?))).collect()
}

/// # Errors
/// `Conflict` if it was closed meanwhile.
pub async fn close(tx: &mut Tx, of: RevocationId, identity: IdentityId, path: &str, at: Timestamp) -> Result<()> {
    let args = [of.into(), identity.into(), path.into(), at.into()];
    tx.execute_one(CLOSE, &args, "this path was closed in the meantime").await
}

/// What stops an identity now: its own revocation, its owner's, its source's or everybody's.
///
/// # Errors
/// As the database says.
pub async fn stopped_by(tx: &mut Tx, id: IdentityId) -> Result<Vec<Stop>> {
    let rows = tx.all(STOPPED_BY, &[id.into()]).await?;
    rows.iter()
        .map(|r| Ok(Stop { revocation: r.id("revocation_id")?, kind: r.text("kind")?, at: r.at("at")? }))
        .collect()
}

async fn decode(tx: &mut Tx, row: &Found, identity: Option<IdentityId>) -> Result<Revocation> {
    let id: RevocationId = row.id("id")?;
    let paths = tx.all(PATHS, &[id.into(), identity.into(), PATHS_MAX.into()]).await?;
    let paths = paths.iter().map(|p| {
        let path = Path {
            identity: p.id("identity_id")?,
            path: p.text("path")?,
            state: p.text("state")?,
            command: p.some_text("command")?,
            detail: p.some_text("detail")?,
        };
        Ok(Standing { path, closed_at: p.some_at("closed_at")? })
    });
    Ok(Revocation {
        id,
        log_seq: u64::try_from(row.int("seq")?).map_err(Error::internal)?,
        at: row.at("at")?,
        target_kind: row.text("target_kind")?,
        target_id: row.text("target_id")?,
        reason: row.text("reason")?,
        by: row.text("by_actor")?,
        ended: row.json("ended")?,
        undo_first: row.some_id("undo_first_by")?.zip(row.some_at("undo_first_at")?),
        undone_at: row.some_at("undone_at")?,
        undone_by: row.some_id("undone_by")?,
        paths: paths.collect::<Result<_>>()?,
    })
}
