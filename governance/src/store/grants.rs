//! Grants: issued with a permit, spent by `redeem`.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::grant::Grant;
use crate::id::{GrantId, IdentityId, TaskId};
use crate::time::Timestamp;

const INSERT: &str = "insert into grants (id, identity_id, decision_id, escalation_id, action, resource_type, resource_id, params_hash, purpose, task, state, uses_left, issued_at, expires_at, task_id, uses, starts_at, lease_s) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const GET: &str = "select * from grants where id = $1";
const LIST: &str = "select * from grants where ($1 is null or id < $1) and ($2 is null or identity_id = $2) and ($3 is null or state = $3) order by id desc limit $4";
const SETTLE: &str = "update grants set state = $2, uses_left = $3, ended_at = $4, ended_reason = $5, renew_by = $7, renewed_at = $8, version = version + 1 where id = $1 and version = $6 and state = 'active'";
const END_IDENTITY: &str = "update grants set state = 'revoked', ended_at = $2, ended_reason = $3, version = version + 1 where identity_id = $1 and state = 'active' returning id";
const INSERT_LINK: &str = "insert into grant_links (grant_id, identity_id) values ($1, $2)";
const END_HANDED: &str = "update grants set state = 'revoked', ended_at = $2, ended_reason = $3, version = version + 1 where id in (select grant_id from grant_links where identity_id = $1) and state = 'active' returning id";
const END_ACTION: &str = "update grants set state = 'revoked', ended_at = $2, ended_reason = $3, version = version + 1 where action = $1 and state = 'active' returning id";
const END_TASK: &str = "update grants set state = 'revoked', ended_at = $2, ended_reason = $3, version = version + 1 where task_id = $1 and state = 'active' returning id";
const END_ONE: &str = "update grants set state = 'revoked', ended_at = $2, ended_reason = $3, version = version + 1 where id = $1 and state = 'active' returning id";
const END_ALL: &str = "update grants set state = 'revoked', ended_at = $1, ended_reason = $2, version = version + 1 where state = 'active' returning id";
const COUNT: &str = "select count(*) as n from grants";
const ACTIVE: &str = "select id from grants where state = 'active' and id > $1 order by id limit $2";
// the two parts each have an index of their own
const DUE: &str = "select * from (select * from grants where state = 'active' and expires_at <= $1 union select * from grants where state = 'active' and renew_by <= $1) due order by id limit $2";

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, g: &Grant) -> Result<()> {
    let args = [
        g.id.into(),
        g.identity.into(),
        g.decision.into(),
        g.escalation.into(),
        (&g.action).into(),
        (&g.resource_type).into(),
        (&g.resource_id).into(),
        (&g.params_hash).into(),
        g.purpose.clone().into(),
        g.task.clone().into(),
        g.status.as_str().into(),
        i64::from(g.uses_left).into(),
        g.issued_at.into(),
        g.expires_at.into(),
        g.task_id.into(),
        i64::from(g.uses).into(),
        g.starts_at.into(),
        g.lease_s.map(i64::from).into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Says that a grant rests on work that was handed through this agent.
///
/// # Errors
/// As the database says.
pub async fn insert_link(tx: &mut Tx, grant: GrantId, link: IdentityId) -> Result<()> {
    tx.execute(INSERT_LINK, &[grant.into(), link.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: GrantId) -> Result<Option<Grant>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// At most `limit` grants, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(
    tx: &mut Tx,
    before: Option<GrantId>,
    identity: Option<IdentityId>,
    state: Option<&str>,
    limit: i64,
) -> Result<Vec<Grant>> {
    tx.all(LIST, &[before.into(), identity.into(), state.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// Writes what became of an active grant; `g` carries the version that was read.
///
/// # Errors
/// `Conflict` if somebody moved it first.
pub async fn settle(tx: &mut Tx, g: &Grant) -> Result<()> {
    let args = [
        g.id.into(),
        g.status.as_str().into(),
        i64::from(g.uses_left).into(),
        g.ended_at.into(),
        g.ended_reason.clone().into(),
        g.version.into(),
        g.renew_by.into(),
        g.renewed_at.into(),
    ];
    tx.execute_one(SETTLE, &args, "the grant was spent or ended in the meantime").await
}

/// Which grants a revocation ends.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    One(GrantId),
    Identity(IdentityId),
    /// Those of others for work that was handed through this agent.
    HandedThrough(IdentityId),
    Action(&'a str),
    Task(TaskId),
    All,
}

/// Ends active grants and returns which.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, which: Ending<'_>, at: Timestamp, reason: &str) -> Result<Vec<GrantId>> {
    let rows = match which {
        Ending::One(id) => tx.all(END_ONE, &[id.into(), at.into(), reason.into()]).await?,
        Ending::Identity(id) => tx.all(END_IDENTITY, &[id.into(), at.into(), reason.into()]).await?,
        Ending::HandedThrough(id) => tx.all(END_HANDED, &[id.into(), at.into(), reason.into()]).await?,
        Ending::Action(name) => tx.all(END_ACTION, &[name.into(), at.into(), reason.into()]).await?,
        Ending::Task(id) => tx.all(END_TASK, &[id.into(), at.into(), reason.into()]).await?,
        Ending::All => tx.all(END_ALL, &[at.into(), reason.into()]).await?,
    };
    rows.iter().map(|row| row.id("id")).collect()
}

/// How many there are, ended ones among them.
///
/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    u64::try_from(tx.one(COUNT, &[]).await?.int("n")?).map_err(Error::internal)
}

/// Ids of those that are active, behind `after`.
///
/// # Errors
/// As the database says.
pub async fn active(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<String>> {
    tx.all(ACTIVE, &[after.into(), limit.into()]).await?.iter().map(|row| row.text("id")).collect()
}

/// Active grants that time has ended: those past their end, and leases that nobody renewed; at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn due(tx: &mut Tx, at: Timestamp, limit: i64) -> Result<Vec<Grant>> {
    tx.all(DUE, &[at.into(), limit.into()]).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: row.id("id")?,
        identity: row.id("identity_id")?,
        decision: row.id("decision_id")?,
        escalation: row.some_id("escalation_id")?,
        action: row.text("action")?,
        resource_type: row.text("resource_type")?,
        resource_id: row.text("resource_id")?,
        params_hash: row.text("params_hash")?,
        purpose: row.some_text("purpose")?,
        task: row.some_text("task")?,
        task_id: row.some_id("task_id")?,
        status: row.id("state")?,
        uses: u32::try_from(row.int("uses")?).map_err(Error::internal)?,
        uses_left: u32::try_from(row.int("uses_left")?).map_err(Error::internal)?,
        issued_at: row.at("issued_at")?,
        starts_at: row.some_at("starts_at")?.map_or_else(|| row.at("issued_at"), Ok)?,
        expires_at: row.at("expires_at")?,
        lease_s: row.some_int("lease_s")?.map(u32::try_from).transpose().map_err(Error::internal)?,
        renew_by: row.some_at("renew_by")?,
        renewed_at: row.some_at("renewed_at")?,
        ended_at: row.some_at("ended_at")?,
        ended_reason: row.some_text("ended_reason")?,
        version: row.int("version")?,
    })
}
