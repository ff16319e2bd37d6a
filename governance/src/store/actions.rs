//! Actions as they were reported.
use super::db::Tx;
use super::decisions::StoredDecision;
use crate::error::{Error, Result};
use crate::id::{ActionId, DecisionId, GrantId, KeyId, RunId};
use crate::time::Timestamp;

const INSERT: &str = "insert into actions (id, seq, at, key_id, identity_id, decision_id, grant_id, action, resource_type, resource_id, outcome, observed_by, executed_at, data_class, run, run_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
const OF: &str = "select id, at, outcome, observed_by, executed_at from actions where decision_id = $1 order by at";

#[derive(Debug)]
pub struct Row<'a> {
    pub id: ActionId,
    pub seq: u64,
    pub at: Timestamp,
    pub key: KeyId,
    pub decision: &'a StoredDecision,
    pub grant: Option<GrantId>,
    pub outcome: &'a str,
    pub observed_by: &'a str,
    pub executed_at: Timestamp,
    pub data_class: Option<&'a str>,
    pub run: Option<&'a str>,
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
    let d = r.decision;
    let args = [
        r.id.into(),
        i64::try_from(r.seq).map_err(Error::internal)?.into(),
        r.at.into(),
        r.key.into(),
        d.identity_id.into(),
        d.id.into(),
        r.grant.into(),
        (&d.action).into(),
        (&d.resource_type).into(),
        (&d.resource_id).into(),
        r.outcome.into(),
        r.observed_by.into(),
        r.executed_at.into(),
        r.data_class.into(),
        r.run.into(),
        r.run_id.into(),
    ];
    tx.execute(INSERT, &args).await.map(drop)
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
