//! Evidence packs: orders, which move, and packs, which never change.
use super::db::{Row, Tx};
use crate::assess::report::Period;
use crate::error::{Error, Result};
use crate::evidence::order::{Made, Order, State};
use crate::id::{EscalationId, PackId};
use crate::time::Timestamp;

const INSERT_ORDER: &str = "insert into pack_orders (id, seq, at, by_actor, framework, from_at, to_at, state, changed_at, failure, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $3, null, 0)";
const MOVE: &str = "update pack_orders set state = $3, changed_at = $4, failure = $5, version = version + 1 where id = $1 and version = $2";
const LIST: &str = "select o.id, o.seq, o.at, o.by_actor, o.framework, o.from_at, o.to_at, o.state, o.changed_at, o.failure, o.version, p.at as made_at, p.checkpoint, p.events, p.decisions, p.approvals, p.sha256, p.size, p.run_id from pack_orders o left join packs p on p.id = o.id where ($1 is null or o.id < $1) order by o.id desc limit $2";
const ONE: &str = "select o.id, o.seq, o.at, o.by_actor, o.framework, o.from_at, o.to_at, o.state, o.changed_at, o.failure, o.version, p.at as made_at, p.checkpoint, p.events, p.decisions, p.approvals, p.sha256, p.size, p.run_id from pack_orders o left join packs p on p.id = o.id where o.id = $1";
const OPEN: &str = "select o.id, o.seq, o.at, o.by_actor, o.framework, o.from_at, o.to_at, o.state, o.changed_at, o.failure, o.version, p.at as made_at, p.checkpoint, p.events, p.decisions, p.approvals, p.sha256, p.size, p.run_id from pack_orders o left join packs p on p.id = o.id where o.state in ('ordered', 'making') order by o.at, o.id limit 20";
const INSERT: &str = "insert into packs (id, seq, at, run_id, checkpoint, events, decisions, approvals, sha256, size, bytes) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const BYTES: &str = "select bytes from packs where id = $1";
const ASKED: &str = "select id from escalations where opened_at >= $1 and opened_at < $2 union select escalation_id from approvals where at >= $1 and at < $2 order by 1";
const CARDS: &str = "select version, hash, made_at from cards where escalation_id = $1 order by version";
const PEOPLE: &str = "select id, name from people order by id";
const IDENTITIES: &str = "select id, name from identities where id in (select identity_id from decisions where at >= $1 and at < $2) order by id";

/// # Errors
/// As the database says.
pub async fn insert_order(tx: &mut Tx, order: &Order) -> Result<()> {
    let args = [
        order.id.into(),
        order.seq.into(),
        order.at.into(),
        order.by.as_str().into(),
        order.framework.as_str().into(),
        order.period.start.into(),
        order.period.end.into(),
        order.state.as_str().into(),
    ];
    tx.execute(INSERT_ORDER, &args).await.map(drop)
}

/// Moves an order on.
///
/// # Errors
/// `Conflict` if somebody else moved it.
pub async fn advance(tx: &mut Tx, order: &Order, state: State, failure: Option<&str>, at: Timestamp) -> Result<()> {
    let args = [order.id.into(), order.version.into(), state.as_str().into(), at.into(), failure.into()];
    tx.execute_one(MOVE, &args, "somebody else makes this pack").await
}

/// Orders and packs, newest first, older than `before`.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, before: Option<PackId>, limit: i64) -> Result<Vec<Order>> {
    tx.all(LIST, &[before.into(), limit.into()]).await?.iter().map(order).collect()
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: PackId) -> Result<Option<Order>> {
    tx.optional(ONE, &[id.into()]).await?.as_ref().map(order).transpose()
}

/// Those not made yet, the oldest first.
///
/// # Errors
/// As the database says.
pub async fn open(tx: &mut Tx) -> Result<Vec<Order>> {
    tx.all(OPEN, &[]).await?.iter().map(order).collect()
}

/// # Errors
/// `Conflict` if it is there already.
pub async fn insert(tx: &mut Tx, id: PackId, seq: i64, made: &Made, bytes: &[u8]) -> Result<()> {
    let args = [
        id.into(),
        seq.into(),
        made.at.into(),
        made.assessment.into(),
        made.checkpoint.into(),
        made.events.into(),
        made.decisions.into(),
        made.approvals.into(),
        made.sha256.as_str().into(),
        made.size.into(),
        bytes.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn bytes(tx: &mut Tx, id: PackId) -> Result<Option<Vec<u8>>> {
    tx.optional(BYTES, &[id.into()]).await?.map(|row| row.bytes("bytes")).transpose()
}

/// Escalations that were opened or voted on in the period, in order.
///
/// # Errors
/// As the database says.
pub async fn asked_in(tx: &mut Tx, period: Period) -> Result<Vec<EscalationId>> {
    tx.all(ASKED, &[period.start.into(), period.end.into()]).await?.iter().map(|row| row.id("id")).collect()
}

/// Every card of an escalation that was ever shown: version, hash of its bytes, when it was made.
///
/// # Errors
/// As the database says.
pub async fn cards(tx: &mut Tx, of: EscalationId) -> Result<Vec<(i64, String, Timestamp)>> {
    let rows = tx.all(CARDS, &[of.into()]).await?;
    rows.iter().map(|row| Ok((row.int("version")?, row.text("hash")?, row.at("made_at")?))).collect()
}

/// Names by id: of people, and of the identities that asked in the period.
///
/// # Errors
/// As the database says.
pub async fn names(tx: &mut Tx, period: Period) -> Result<Vec<(String, String)>> {
    let mut rows = tx.all(PEOPLE, &[]).await?;
    rows.extend(tx.all(IDENTITIES, &[period.start.into(), period.end.into()]).await?);
    rows.iter().map(|row| Ok((row.text("id")?, row.text("name")?))).collect()
}

fn order(row: &Row) -> Result<Order> {
    let made = |at| -> Result<Made> {
        Ok(Made {
            assessment: row.id("run_id")?,
            at,
            checkpoint: row.int("checkpoint")?,
            events: row.int("events")?,
            decisions: row.int("decisions")?,
            approvals: row.int("approvals")?,
            sha256: row.text("sha256")?,
            size: row.int("size")?,
        })
    };
    let state = row.text("state")?;
    Ok(Order {
        id: row.id("id")?,
        at: row.at("at")?,
        by: row.text("by_actor")?,
        framework: row.text("framework")?,
        period: Period { start: row.at("from_at")?, end: row.at("to_at")? },
        state: state.parse().map_err(|_| Error::broken(format!("no state {state}")))?,
        changed_at: row.at("changed_at")?,
        failure: row.some_text("failure")?,
        pack: row.some_at("made_at")?.map(made).transpose()?,
        seq: row.int("seq")?,
        version: row.int("version")?,
    })
}
