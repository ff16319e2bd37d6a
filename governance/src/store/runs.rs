//! Runs, who took part in them, and what happened in each.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::id::{ActionId, DecisionId, IdentityId, RunId};
use crate::run::Run;
use crate::time::Timestamp;

const INSERT: &str =
    "insert into runs (id, name, identity_id, initiator, started_at, data_class) values ($1, $2, $3, $4, $5, $6)";
const UPDATE: &str =
    "update runs set initiator = $2, data_class = $3, version = version + 1 where id = $1 and version = $4";
const GET: &str = "select * from runs where id = $1";
const NAMED: &str = "select r.*, cast(case when m.identity_id is null then 0 else 1 end as bigint) as member from runs r left join run_members m on m.run_id = r.id and m.identity_id = $2 where r.name = $1 and (r.identity_id is null or r.identity_id = $2)";
const LATEST: &str = "select r.*, (select count(*) from run_members m where m.run_id = r.id) as members from runs r where ($1 is null or r.id < $1) order by r.id desc limit $2";
const JOIN: &str = "insert into run_members (run_id, identity_id, joined_at) values ($1, $2, $3) on conflict (run_id, identity_id) do nothing";
const MEMBERS: &str = "select m.identity_id, m.joined_at, i.kind, i.name from run_members m join identities i on i.id = m.identity_id where m.run_id = $1 order by m.joined_at, i.name limit $2";
const LAST: &str = "select max(at) as last_at from (select max(at) as at from decisions where run_id = $1 union all select max(at) as at from actions where run_id = $1) x";
const DECISIONS: &str = "select id, seq, at, identity_id, subject_type, subject_id, action, resource_type, resource_id, outcome, reason, escalation_id, grant_id, observed_by, inputs from decisions where run_id = $1 and seq > $2 order by seq limit $3";
const ACTS: &str = "select id, seq, at, decision_id, identity_id, action, resource_type, resource_id, outcome, observed_by, executed_at, data_class from actions where run_id = $1 and seq > $2 order by seq limit $3";

/// # Errors
/// `Conflict` if there is one by this name.
pub async fn insert(tx: &mut Tx, r: &Run) -> Result<()> {
    let args = [
        r.id.into(),
        (&r.name).into(),
        r.identity.into(),
        r.initiator.clone().into(),
        r.started_at.into(),
        r.data_class.map(|c| c.as_str()).into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Writes what was touched; `r.version` is the version it was read at.
///
/// # Errors
/// `Conflict` if somebody wrote it first.
pub async fn update(tx: &mut Tx, r: &Run) -> Result<()> {
    let args = [r.id.into(), r.initiator.clone().into(), r.data_class.map(|c| c.as_str()).into(), r.version.into()];
    tx.execute_one(UPDATE, &args, "the run went on in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: RunId) -> Result<Option<Run>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// The runs this name can mean for an identity: the one gateways share, with whether it took part in that, and its own.
///
/// # Errors
/// As the database says.
pub async fn named(tx: &mut Tx, name: &str, identity: Option<IdentityId>) -> Result<Vec<(Run, bool)>> {
    let rows = tx.all(NAMED, &[name.into(), identity.into()]).await?;
    rows.iter().map(|row| Ok((decode(row)?, row.int("member")? == 1))).collect()
}

/// Runs behind one, the latest begun first, each with how many took part.
///
/// # Errors
/// As the database says.
pub async fn latest(tx: &mut Tx, before: Option<RunId>, limit: i64) -> Result<Vec<(Run, i64)>> {
    let rows = tx.all(LATEST, &[before.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((decode(row)?, row.int("members")?))).collect()
}

/// Notes that an identity took part; once is enough.
///
/// # Errors
/// As the database says.
pub async fn join(tx: &mut Tx, run: RunId, identity: IdentityId, at: Timestamp) -> Result<()> {
    tx.execute(JOIN, &[run.into(), identity.into(), at.into()]).await.map(drop)
}

/// An identity that took part.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Member {
    pub id: IdentityId,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub joined_at: Timestamp,
}

/// Who took part, first to last, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn members(tx: &mut Tx, run: RunId, limit: i64) -> Result<Vec<Member>> {
    let member = |row: &Row| {
        Ok(Member {
            id: row.id("identity_id")?,
            kind: row.text("kind")?,
            name: row.text("name")?,
            joined_at: row.at("joined_at")?,
        })
    };
    tx.all(MEMBERS, &[run.into(), limit.into()]).await?.iter().map(member).collect()
}

/// When something last happened in it; `None`: nothing but its beginning.
///
/// # Errors
/// As the database says.
pub async fn last_at(tx: &mut Tx, run: RunId) -> Result<Option<Timestamp>> {
    tx.one(LAST, &[run.into()]).await?.some_at("last_at")
}

/// A decision as the timeline shows it.
#[derive(Debug, Clone)]
pub struct Decided {
    pub id: DecisionId,
    pub seq: i64,
    pub at: Timestamp,
    pub identity: Option<IdentityId>,
    /// Type and id, as asked.
    pub subject: (String, String),
    pub action: String,
    pub resource: (String, String),
    pub outcome: String,
    pub reason: Option<String>,
    pub escalation: Option<String>,
    pub grant: Option<String>,
    pub observed_by: String,
    /// `None` once erased.
    pub inputs: Option<String>,
}

/// Decisions behind a place in the log, in their order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn decisions(tx: &mut Tx, run: RunId, after: i64, limit: i64) -> Result<Vec<Decided>> {
    let decided = |row: &Row| {
        Ok(Decided {
            id: row.id("id")?,
            seq: row.int("seq")?,
            at: row.at("at")?,
            identity: row.some_id("identity_id")?,
            subject: (row.text("subject_type")?, row.text("subject_id")?),
            action: row.text("action")?,
            resource: (row.text("resource_type")?, row.text("resource_id")?),
            outcome: row.text("outcome")?,
            reason: row.some_text("reason")?,
            escalation: row.some_text("escalation_id")?,
            grant: row.some_text("grant_id")?,
            observed_by: row.text("observed_by")?,
            inputs: row.some_text("inputs")?,
        })
    };
    tx.all(DECISIONS, &[run.into(), after.into(), limit.into()]).await?.iter().map(decided).collect()
}

/// An executed action as the timeline shows it.
#[derive(Debug, Clone)]
pub struct Acted {
    pub id: ActionId,
    pub seq: i64,
    pub at: Timestamp,
    pub decision: Option<DecisionId>,
    pub identity: Option<IdentityId>,
    pub action: String,
    pub resource: (String, String),
    pub outcome: String,
    pub observed_by: String,
    pub executed_at: Timestamp,
    pub data_class: Option<String>,
}

/// Acts behind a place in the log, in their order, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn acts(tx: &mut Tx, run: RunId, after: i64, limit: i64) -> Result<Vec<Acted>> {
    let acted = |row: &Row| {
        Ok(Acted {
            id: row.id("id")?,
            seq: row.int("seq")?,
            at: row.at("at")?,
            decision: row.some_id("decision_id")?,
            identity: row.some_id("identity_id")?,
            action: row.text("action")?,
            resource: (row.text("resource_type")?, row.text("resource_id")?),
            outcome: row.text("outcome")?,
            observed_by: row.text("observed_by")?,
            executed_at: row.at("executed_at")?,
            data_class: row.some_text("data_class")?,
        })
    };
    tx.all(ACTS, &[run.into(), after.into(), limit.into()]).await?.iter().map(acted).collect()
}

fn decode(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.id("id")?,
        name: row.text("name")?,
        identity: row.some_id("identity_id")?,
        initiator: row.some_text("initiator")?,
        started_at: row.at("started_at")?,
        data_class: row.some_id("data_class")?,
        version: row.int("version")?,
    })
}
