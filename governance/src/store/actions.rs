//! Actions as they were reported.
use super::db::Tx;
use crate::error::{Error, Result};
use crate::id::{ActionId, DecisionId, GrantId, IdentityId, KeyId, RunId};
use crate::time::Timestamp;
use crate::watch::Verdict;
use crate::watch::history::Past;

const INSERT: &str = "insert into actions (id, seq, at, key_id, identity_id, decision_id, grant_id, action, resource_type, resource_id, outcome, observed_by, executed_at, data_class, run, verdict, reference, amount, destination, run_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
const KNOWN: &str = "select id from actions where key_id = $1 and reference = $2";
const USED: &str = "select count(*) as n from actions where decision_id = $1 and outcome <> 'skipped'";
const HISTORY: &str = "select executed_at, action, destination, amount from actions where identity_id = $1 and at >= $2 and observed_by <> 'self' and outcome = 'done' order by at desc limit $3";
const MISSED: &str = "select g.id as grant_id, g.identity_id as identity_id, i.name as name, g.action as action, g.resource_type as resource_type, g.resource_id as resource_id, g.expires_at as expires_at from grants g join identities i on i.id = g.identity_id where g.escalation_id is not null and g.missed_at is null and g.state <> 'revoked' and g.expires_at > $1 and g.expires_at <= $2 and not exists (select 1 from actions a where a.decision_id = g.decision_id and a.outcome <> 'skipped') and exists (select 1 from actions b where b.identity_id = g.identity_id and b.action = g.action and b.observed_by <> 'self') order by g.expires_at, g.id limit $3";
const NOTED: &str = "update grants set missed_at = $2 where id = $1";
const OF: &str = "select id, at, outcome, observed_by, executed_at from actions where decision_id = $1 order by at";

#[derive(Debug)]
pub struct Row<'a> {
    pub id: ActionId,
    pub seq: u64,
    pub at: Timestamp,
    pub key: KeyId,
    pub identity: Option<IdentityId>,
    pub decision: Option<DecisionId>,
    pub grant: Option<GrantId>,
    pub action: &'a str,
    pub resource: (&'a str, &'a str),
    pub outcome: &'a str,
    pub observed_by: &'a str,
    pub executed_at: Timestamp,
    pub data_class: Option<&'a str>,
    pub run: Option<&'a str>,
    pub verdict: Verdict,
    /// The reporter's own name for it.
    pub reference: Option<&'a str>,
    /// Minor units.
    pub amount: Option<i64>,
    pub destination: Option<&'a str>,
    pub run_id: Option<RunId>,
}

/// An action that rests on a decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Executed {
    pub id: ActionId,
    pub at: Timestamp,
    pub outcome: String,
    pub observed_by: String,
    pub executed_at: Timestamp,
}

/// # Errors
/// As the database says.
pub async fn insert(tx: &mut Tx, r: &Row<'_>) -> Result<()> {
    let args = [
        r.id.into(),
        i64::try_from(r.seq).map_err(Error::internal)?.into(),
        r.at.into(),
        r.key.into(),
        r.identity.into(),
        r.decision.into(),
        r.grant.into(),
        r.action.into(),
        r.resource.0.into(),
        r.resource.1.into(),
        r.outcome.into(),
        r.observed_by.into(),
        r.executed_at.into(),
        r.data_class.into(),
        r.run.into(),
        r.verdict.as_str().into(),
        r.reference.into(),
        r.amount.into(),
        r.destination.into(),
        r.run_id.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
}

/// Whether this key reported an act by this name before.
///
/// # Errors
/// As the database says.
pub async fn known(tx: &mut Tx, key: KeyId, reference: &str) -> Result<bool> {
    Ok(tx.optional(KNOWN, &[key.into(), reference.into()]).await?.is_some())
}

/// How many acts rest on a decision.
///
/// # Errors
/// As the database says.
pub async fn resting_on(tx: &mut Tx, decision: DecisionId) -> Result<i64> {
    tx.one(USED, &[decision.into()]).await?.int("n")
}

/// What an identity did since, as others saw it: the latest of it.
///
/// # Errors
/// As the database says.
pub async fn history(tx: &mut Tx, id: IdentityId, since: Timestamp, limit: i64) -> Result<Vec<Past>> {
    let rows = tx.all(HISTORY, &[id.into(), since.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Past {
                at: row.at("executed_at")?,
                action: row.text("action")?,
                destination: row.some_text("destination")?,
                amount: row.some_int("amount")?,
            })
        })
        .collect()
}

/// What was executed on the word of a decision, first to last.
///
/// # Errors
/// As the database says.
pub async fn of(tx: &mut Tx, decision: DecisionId) -> Result<Vec<Executed>> {
    let rows = tx.all(OF, &[decision.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Executed {
                id: row.id("id")?,
                at: row.at("at")?,
                outcome: row.text("outcome")?,
                observed_by: row.text("observed_by")?,
                executed_at: row.at("executed_at")?,
            })
        })
        .collect()
}

/// A grant that a person approved and of which nobody saw the act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    pub grant: GrantId,
    pub identity: IdentityId,
    pub name: String,
    pub action: String,
    pub resource: (String, String),
    pub expires_at: Timestamp,
}

/// Those that ended between two instants, where gateways see this action of this identity at all: elsewhere silence says
/// nothing. At most `limit`, each once.
///
/// # Errors
/// As the database says.
pub async fn missed(tx: &mut Tx, from: Timestamp, to: Timestamp, limit: i64) -> Result<Vec<Missed>> {
    let rows = tx.all(MISSED, &[from.into(), to.into(), limit.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Missed {
                grant: row.id("grant_id")?,
                identity: row.id("identity_id")?,
                name: row.text("name")?,
                action: row.text("action")?,
                resource: (row.text("resource_type")?, row.text("resource_id")?),
                expires_at: row.at("expires_at")?,
            })
        })
        .collect()
}

/// Says that it was noted.
///
/// # Errors
/// As the database says.
pub async fn missed_noted(tx: &mut Tx, grant: GrantId, at: Timestamp) -> Result<()> {
    tx.execute(NOTED, &[grant.into(), at.into()]).await.map(drop)
}
