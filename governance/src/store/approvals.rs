//! Votes: inserted once, never changed but for being taken back.
use super::db::{Arg, Row, Tx};
use crate::error::{Error, Result};
use crate::escalation::Vote;
use crate::id::EscalationId;
use crate::time::Timestamp;

const INSERT: &str = "insert into approvals (id, escalation_id, seq, person_id, seat_id, verdict, routes, alone, at, digest, card_version, card_hash, code, reason_hash, shown_at, step_up) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const STANDING: &str = "select a.*, p.bytes as reason from approvals a left join payloads p on p.hash = a.reason_hash where a.escalation_id = $1 and a.withdrawn_at is null order by a.seq, a.id";
const ALL: &str = "select a.*, p.bytes as reason from approvals a left join payloads p on p.hash = a.reason_hash where a.escalation_id = $1 order by a.seq, a.id";
const WITHDRAW: &str = "update approvals set withdrawn_at = $2 where id = $1 and withdrawn_at is null";

/// # Errors
/// `Conflict` if that human has a vote here already.
pub async fn insert(tx: &mut Tx, of: EscalationId, vote: &Vote, seq: u64, reason: Option<&str>) -> Result<()> {
    let args = [
        vote.id.into(),
        of.into(),
        i64::try_from(seq).map_err(Error::internal)?.into(),
        vote.by.into(),
        vote.seat.into(),
        vote.verdict.as_str().into(),
        Arg::json(&vote.routes)?,
        vote.alone.into(),
        vote.at.into(),
        (&vote.digest).into(),
        vote.card_version.into(),
        (&vote.card_hash).into(),
        vote.code.map(|c| c.as_str()).into(),
        reason.into(),
        vote.shown_at.into(),
        vote.step_up.map(|s| s.as_str()).into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Those that stand, in the order they came.
///
/// # Errors
/// As the database says.
pub async fn standing(tx: &mut Tx, of: EscalationId) -> Result<Vec<Vote>> {
    tx.all(STANDING, &[of.into()]).await?.iter().map(decode).collect()
}

/// Every one, with when it was taken back, in the order they came.
///
/// # Errors
/// As the database says.
pub async fn all(tx: &mut Tx, of: EscalationId) -> Result<Vec<(Vote, Option<Timestamp>)>> {
    let rows = tx.all(ALL, &[of.into()]).await?;
    rows.iter().map(|row| Ok((decode(row)?, row.some_at("withdrawn_at")?))).collect()
}

/// Takes a vote back.
///
/// # Errors
/// `Conflict` if it does not stand.
pub async fn withdraw(tx: &mut Tx, vote: &Vote, at: Timestamp) -> Result<()> {
    tx.execute_one(WITHDRAW, &[vote.id.into(), at.into()], "this vote was taken back already").await
}

fn decode(row: &Row) -> Result<Vote> {
    let words = |column| row.some_text(column);
    let reason = row.some_bytes("reason")?.map(String::from_utf8).transpose().map_err(Error::internal)?;
    Ok(Vote {
        id: row.id("id")?,
        by: row.id("person_id")?,
        seat: row.id("seat_id")?,
        routes: row.json("routes")?,
        alone: row.flag("alone")?,
        verdict: row.id("verdict")?,
        at: row.at("at")?,
        digest: row.text("digest")?,
        card_version: row.int("card_version")?,
        card_hash: row.text("card_hash")?,
        code: words("code")?.map(|c| c.parse()).transpose()?,
        reason,
        shown_at: row.some_at("shown_at")?,
        step_up: words("step_up")?.map(|s| s.parse()).transpose()?,
    })
}
