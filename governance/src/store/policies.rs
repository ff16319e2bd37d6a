//! Policy bundles, which one is active, and what the register says of actions.
use super::db::{Arg, Row, Tx};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const ACTIVE: &str = "select hash, version from active_bundle where one = 1";
const ACTIVATE: &str = "update active_bundle set hash = $1, version = version + 1 where one = 1 and version = $2";
const FILES: &str = "select files from bundles where hash = $1";
const FIRST_AUTHOR: &str = "select author from bundles where files like $1 escape '!' order by stored_at, hash limit 1";
const INSERT: &str = "insert into bundles (hash, name, files, author, stored_at) values ($1, $2, $3, $4, $5) on conflict (hash) do nothing";
const RECORD: &str = "insert into activations (seq, hash, previous, at, by_actor) values ($1, $2, $3, $4, $5)";
const FACTS: &str = "select action, facts from action_facts";
const SET_FACTS: &str = "insert into action_facts (action, facts, at, by_actor) values ($1, $2, $3, $4) on conflict (action) do update set facts = excluded.facts, at = excluded.at, by_actor = excluded.by_actor";

const BUNDLES: &str = "select b.hash as hash, b.name as name, b.author as author, b.stored_at as stored_at, a.seq as seq, a.at as activated_at, a.by_actor as by_actor, cast(case when b.hash = (select hash from active_bundle where one = 1) then 1 else 0 end as bigint) as active from bundles b left join activations a on a.seq = (select max(seq) from activations where hash = b.hash) where ($1 is null or b.hash = $1) order by b.stored_at desc, b.hash limit $2";
const HASHES: &str = "select hash from bundles where hash >= $1 and hash < $2 order by hash limit 2";
const ACTIVATIONS: &str = "select seq, hash, previous, at, by_actor from activations where ($1 is null or hash = $1) order by seq desc limit $2";
const APPROVERS: &str = "select p.id as id, g.grp as grp from people p join person_roles r on r.person_id = p.id and r.role = 'approver' and r.from_at <= $1 and (r.to_at is null or r.to_at > $1) left join person_groups g on g.person_id = p.id and g.from_at <= $1 and (g.to_at is null or g.to_at > $1) where p.status = 'active' and not exists (select 1 from person_roles x where x.person_id = p.id and x.role = 'admin' and x.from_at <= $1 and (x.to_at is null or x.to_at > $1))";
const PERMITS: &str = "select d.seq, d.at, d.action, d.inputs, g.uses, g.expires_at from decisions d left join grants g on g.id = d.grant_id where d.outcome = 'permit' and (d.at > $1 or (d.at = $1 and d.seq > $2)) order by d.at, d.seq limit $3";
const GRANTED: &str = "select d.seq, d.at, d.action, d.inputs, g.uses, g.expires_at, g.id as grant_id from grants g join decisions d on d.id = g.decision_id where d.at < $1 and g.expires_at >= $1 and g.id > $2 order by g.id limit $3";
const COUNTER_CLEAR: &str = "delete from counters where counter = $1";
const FACTS_LIST: &str = "select action, facts, at, by_actor from action_facts order by action limit $1";

/// A stored bundle in a list, with its latest activation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Listed {
    pub hash: String,
    pub name: String,
    /// Who stored it: a person's id, `operator:host` or `system:install`.
    pub author: String,
    pub stored_at: Timestamp,
    pub active: bool,
    pub activated_at: Option<Timestamp>,
    pub activated_by: Option<String>,
}

/// One activation, newest first in lists.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Activation {
    /// Its event's place in the log.
    pub seq: i64,
    pub hash: String,
    pub previous: Option<String>,
    pub at: Timestamp,
    pub by: String,
}

/// What was said of one action.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ActionFacts {
    pub action: String,
    /// Empty: none of the facts applies. An action that is not listed is unknown.
    pub facts: Vec<String>,
    pub at: Timestamp,
    pub by: String,
}

/// A permit, as far as counters need it.
pub struct Permitted {
    pub seq: i64,
    pub at: Timestamp,
    pub action: String,
    pub inputs: Option<String>,
    /// Of the grant it issued: its uses, and its end.
    pub grant: Option<(u32, Timestamp)>,
}

/// Stored bundles, newest first; of one hash alone where it is given.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, hash: Option<&str>, limit: i64) -> Result<Vec<Listed>> {
    let rows = tx.all(BUNDLES, &[hash.into(), limit.into()]).await?;
    let listed = rows.iter().map(|row| {
        Ok(Listed {
            hash: row.text("hash")?,
            name: row.text("name")?,
            author: row.text("author")?,
            stored_at: row.at("stored_at")?,
            active: row.flag("active")?,
            activated_at: row.some_at("activated_at")?,
            activated_by: row.some_text("by_actor")?,
        })
    });
    listed.collect()
}

/// At most two hashes that begin with these hex digits.
///
/// # Errors
/// As the database says.
pub async fn hashes(tx: &mut Tx, start: &str) -> Result<Vec<String>> {
    // `g` follows every hex digit in both databases' order of bytes
    let end = format!("{start}g");
    tx.all(HASHES, &[start.into(), end.into()]).await?.iter().map(|row| row.text("hash")).collect()
}

/// Activations, newest first; of one bundle alone where its hash is given.
///
/// # Errors
/// As the database says.
pub async fn activations(tx: &mut Tx, hash: Option<&str>, limit: i64) -> Result<Vec<Activation>> {
    let rows = tx.all(ACTIVATIONS, &[hash.into(), limit.into()]).await?;
    let all = rows.iter().map(|row| {
        Ok(Activation {
            seq: row.int("seq")?,
            hash: row.text("hash")?,
            previous: row.some_text("previous")?,
            at: row.at("at")?,
            by: row.text("by_actor")?,
        })
    });
    all.collect()
}

/// Active approvers who are not admins, each with the groups they are in at that instant.
///
/// # Errors
/// As the database says.
pub async fn approvers(tx: &mut Tx, at: Timestamp) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut people: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in tx.all(APPROVERS, &[at.into()]).await? {
        people.entry(row.text("id")?).or_default().extend(row.some_text("grp")?);
    }
    Ok(people)
}

/// At most `limit` permits after an instant and a place in the log, in the log's order.
///
/// # Errors
/// As the database says.
pub async fn permits_after(tx: &mut Tx, at: Timestamp, seq: i64, limit: i64) -> Result<Vec<Permitted>> {
    tx.all(PERMITS, &[at.into(), seq.into(), limit.into()]).await?.iter().map(permitted).collect()
}

/// At most `limit` permits before an instant whose grants end then or later, in the order of the grants behind `after`; each
/// with its grant.
///
/// # Errors
/// As the database says.
pub async fn permits_granted(
    tx: &mut Tx,
    before: Timestamp,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Permitted)>> {
    let rows = tx.all(GRANTED, &[before.into(), after.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((row.text("grant_id")?, permitted(row)?))).collect()
}

fn permitted(row: &Row) -> Result<Permitted> {
    let grant = match (row.some_int("uses")?, row.some_at("expires_at")?) {
        (Some(uses), Some(end)) => Some((u32::try_from(uses).map_err(Error::internal)?, end)),
        _ => None,
    };
    Ok(Permitted {
        seq: row.int("seq")?,
        at: row.at("at")?,
        action: row.text("action")?,
        inputs: row.some_text("inputs")?,
        grant,
    })
}

/// Empties one counter, to be counted anew.
///
/// # Errors
/// As the database says.
pub async fn counter_clear(tx: &mut Tx, counter: &str) -> Result<()> {
    tx.execute(COUNTER_CLEAR, &[counter.into()]).await.map(drop)
}

/// What was said of actions, by name.
///
/// # Errors
/// As the database says.
pub async fn action_facts_list(tx: &mut Tx, limit: i64) -> Result<Vec<ActionFacts>> {
    let rows = tx.all(FACTS_LIST, &[limit.into()]).await?;
    let facts = rows.iter().map(|row| {
        Ok(ActionFacts {
            action: row.text("action")?,
            facts: row.json("facts")?,
            at: row.at("at")?,
            by: row.text("by_actor")?,
        })
    });
    facts.collect()
}

/// The active bundle's hash, if any, and the version to compare when another is activated.
///
/// # Errors
/// As the database says.
pub async fn active(tx: &mut Tx) -> Result<(Option<String>, i64)> {
    let row = tx.one(ACTIVE, &[]).await?;
    Ok((row.some_text("hash")?, row.int("version")?))
}

/// Names and texts of a stored bundle.
///
/// # Errors
/// As the database says.
pub async fn files(tx: &mut Tx, hash: &str) -> Result<Option<BTreeMap<String, String>>> {
    tx.optional(FILES, &[hash.into()]).await?.map(|row| row.json("files")).transpose()
}

/// Who first stored a bundle in which this rule stands as it is: its author.
///
/// # Errors
/// As the database says.
pub async fn first_author(tx: &mut Tx, rule: &str) -> Result<Option<String>> {
    let quoted = serde_json::to_string(rule).map_err(Error::internal)?;
    let inner = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted);
    let escaped = inner.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let row = tx.optional(FIRST_AUTHOR, &[format!("%{escaped}%").into()]).await?;
    row.map(|row| row.text("author")).transpose()
}

/// Stores a bundle; one that is there already stays as it is.
///
/// # Errors
/// As the database says.
pub async fn insert(
    tx: &mut Tx,
    hash: &str,
    name: &str,
    files: &BTreeMap<String, String>,
    author: &str,
    at: Timestamp,
) -> Result<()> {
    let args = [hash.into(), name.into(), Arg::json(files)?, author.into(), at.into()];
    tx.execute(INSERT, &args).await.map(drop)
}

/// # Errors
/// `Conflict` if another bundle was activated since `version` was read.
pub async fn activate(tx: &mut Tx, hash: &str, version: i64) -> Result<()> {
    tx.execute_one(ACTIVATE, &[hash.into(), version.into()], "another bundle was activated in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn record_activation(
    tx: &mut Tx,
    seq: i64,
    hash: &str,
    previous: Option<&str>,
    at: Timestamp,
    by: &str,
) -> Result<()> {
    tx.execute(RECORD, &[seq.into(), hash.into(), previous.into(), at.into(), by.into()]).await.map(drop)
}

/// What was said of each action; an action that is not here is *unknown*.
///
/// # Errors
/// As the database says.
pub async fn action_facts(tx: &mut Tx) -> Result<BTreeMap<String, Vec<String>>> {
    tx.all(FACTS, &[]).await?.iter().map(|row| Ok((row.text("action")?, row.json("facts")?))).collect()
}

/// # Errors
/// As the database says.
pub async fn action_facts_set(tx: &mut Tx, action: &str, facts: &[String], at: Timestamp, by: &str) -> Result<()> {
    tx.execute(SET_FACTS, &[action.into(), Arg::json(&facts)?, at.into(), by.into()]).await.map(drop)
}
