//! What rules did to identities, and what each may do.
use super::db::{Row, Tx};
use crate::error::{Error, Result};
use crate::finding::Rule;
use crate::id::{ContainmentId, IdentityId, PersonId};
use crate::time::Timestamp;
use crate::watch::reaction::{Containment, Reaction, State};

const INSERT: &str = "insert into containments (id, seq, at, identity_id, finding_id, rule, severity, measure, state, revocation_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const GET: &str = "select c.*, i.name as name, f.words as words from containments c join identities i on i.id = c.identity_id join findings f on f.id = c.finding_id where c.id = $1";
const OF: &str = "select c.*, i.name as name, f.words as words from containments c join identities i on i.id = c.identity_id join findings f on f.id = c.finding_id where c.identity_id = $1 order by c.id desc limit $2";
const LIST: &str = "select c.*, i.name as name, f.words as words from containments c join identities i on i.id = c.identity_id join findings f on f.id = c.finding_id where ($1 is null or c.id < $1) and ($2 is null or c.state = $2) order by c.id desc limit $3";
const ACTED: &str = "select count(distinct identity_id) as n from containments where rule = $1 and at > $2 and state in ('active', 'undone')";
const SAID: &str =
    "select count(*) as n from containments where identity_id = $1 and rule = $2 and at > $3 and state = $4";
const FIRST: &str = "update containments set first_by = $2, first_at = $3, version = version + 1 where id = $1 and state = 'active' and version = $4";
const UNDO: &str = "update containments set state = 'undone', undone_by = $2, undone_at = $3, version = version + 1 where id = $1 and state = 'active' and version = $4";
const UNDO_WITH: &str = "update containments set state = 'undone', undone_by = $1, undone_at = $2, version = version + 1 where revocation_id in (select id from revocations where target_kind = $3 and target_id = $4) and state = 'active'";
const NARROW: &str = "update identities set narrowed_by = $2, version = version + 1 where id = $1";
const REACTIONS: &str = "select * from reactions order by rule";
const REACTION: &str = "select * from reactions where rule = $1";
const SET: &str = "insert into reactions (rule, mode, measure, cap, changed_at, changed_by, version) values ($1, $2, $3, $4, $5, $6, 1) on conflict (rule) do update set mode = excluded.mode, measure = excluded.measure, cap = excluded.cap, changed_at = excluded.changed_at, changed_by = excluded.changed_by, version = reactions.version + 1";

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, c: &Containment) -> Result<()> {
    let args = [
        c.id.into(),
        i64::try_from(c.seq).map_err(Error::internal)?.into(),
        c.at.into(),
        c.identity.into(),
        c.finding.into(),
        c.rule.as_str().into(),
        c.severity.as_str().into(),
        c.measure.as_str().into(),
        c.state.as_str().into(),
        c.revocation.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: ContainmentId) -> Result<Option<Containment>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// Of one identity, newest first.
///
/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, id: IdentityId, limit: i64) -> Result<Vec<Containment>> {
    tx.all(OF, &[id.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// Newest first, before an id.
///
/// # Errors
/// As the database says.
pub async fn list(
    tx: &mut Tx,
    before: Option<ContainmentId>,
    state: Option<State>,
    limit: i64,
) -> Result<Vec<Containment>> {
    let state = state.map(|s| s.as_str());
    tx.all(LIST, &[before.into(), state.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// On how many identities a rule acted since.
///
/// # Errors
/// As the database says.
pub async fn acted(tx: &mut Tx, rule: Rule, since: Timestamp) -> Result<i64> {
    tx.one(ACTED, &[rule.as_str().into(), since.into()]).await?.int("n")
}

/// Whether a rule said this of an identity since.
///
/// # Errors
/// As the database says.
pub async fn said(tx: &mut Tx, id: IdentityId, rule: Rule, since: Timestamp, state: State) -> Result<bool> {
    let args = [id.into(), rule.as_str().into(), since.into(), state.as_str().into()];
    Ok(tx.one(SAID, &args).await?.int("n")? > 0)
}

/// Keeps who said first that it may be undone.
///
/// # Errors
/// `Conflict` if it changed meanwhile.
pub async fn first(tx: &mut Tx, c: &Containment, person: PersonId, at: Timestamp) -> Result<()> {
    let args = [c.id.into(), person.into(), at.into(), c.version.into()];
    tx.execute_one(FIRST, &args, "this containment was changed in the meantime").await
}

/// # Errors
/// `Conflict` if it changed meanwhile.
pub async fn undo(tx: &mut Tx, c: &Containment, person: PersonId, at: Timestamp) -> Result<()> {
    let args = [c.id.into(), person.into(), at.into(), c.version.into()];
    tx.execute_one(UNDO, &args, "this containment was changed in the meantime").await
}

/// What was done by revocations of a target that are undone now.
///
/// # Errors
/// As the database says.
pub async fn undo_with(tx: &mut Tx, (kind, id): (&str, &str), person: PersonId, at: Timestamp) -> Result<()> {
    let args = [person.into(), at.into(), kind.into(), id.into()];
    tx.execute(UNDO_WITH, &args).await.map(drop)
}

/// From here on each of its acts needs a person; `None`: no longer.
///
/// # Errors
/// As the database says.
pub async fn narrow(tx: &mut Tx, id: IdentityId, by: Option<ContainmentId>) -> Result<()> {
    tx.execute(NARROW, &[id.into(), by.into()]).await.map(drop)
}

/// What was said of rules; the others are as the product ships them.
///
/// # Errors
/// As the database says.
pub async fn reactions(tx: &mut Tx) -> Result<Vec<Reaction>> {
    tx.all(REACTIONS, &[]).await?.iter().map(decode_reaction).collect()
}

/// # Errors
/// As the database says.
pub async fn reaction(tx: &mut Tx, rule: Rule) -> Result<Option<Reaction>> {
    tx.optional(REACTION, &[rule.as_str().into()]).await?.as_ref().map(decode_reaction).transpose()
}

/// # Errors
/// As the database says.
pub async fn set_reaction(tx: &mut Tx, r: &Reaction, at: Timestamp, by: &str) -> Result<()> {
    let args = [
        r.rule.as_str().into(),
        r.mode.as_str().into(),
        r.measure.as_str().into(),
        i64::from(r.cap).into(),
        at.into(),
        by.into(),
    ];
    tx.execute(SET, &args).await.map(drop)
}

fn decode_reaction(row: &Row) -> Result<Reaction> {
    Ok(Reaction {
        rule: row.id("rule")?,
        mode: row.id("mode")?,
        measure: row.id("measure")?,
        cap: u32::try_from(row.int("cap")?).map_err(Error::internal)?,
        changed_at: Some(row.at("changed_at")?),
        changed_by: Some(row.text("changed_by")?),
        version: row.int("version")?,
    })
}

fn decode(row: &Row) -> Result<Containment> {
    Ok(Containment {
        id: row.id("id")?,
        seq: u64::try_from(row.int("seq")?).map_err(Error::internal)?,
        at: row.at("at")?,
        identity: row.id("identity_id")?,
        name: row.text("name")?,
        words: row.text("words")?,
        finding: row.id("finding_id")?,
        rule: row.id("rule")?,
        severity: row.id("severity")?,
        measure: row.id("measure")?,
        state: row.id("state")?,
        revocation: row.some_id("revocation_id")?,
        first: row.some_id("first_by")?.zip(row.some_at("first_at")?),
        undone_by: row.some_id("undone_by")?,
        undone_at: row.some_at("undone_at")?,
        version: row.int("version")?,
    })
}
