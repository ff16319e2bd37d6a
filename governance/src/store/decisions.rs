//! Decisions, and what was permitted by the minute.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::error::Result;
use crate::id::{DecisionId, EscalationId, GrantId, IdentityId, KeyId, RunId};
use crate::time::Timestamp;
use serde_json::{Map, Value};

const INSERT: &str = "insert into decisions (id, seq, at, key_id, identity_id, subject_type, subject_id, action, resource_type, resource_id, outcome, reason, would, rules, bundle_hash, tier, escalation_id, grant_id, acting_person, run, task, initiator, observed_by, params_hash, valid_until, salt, inputs, run_id)";
const GET: &str = "select * from decisions where id = $1";
const LIST: &str = "select * from decisions where ($1 is null or id < $1) and ($2 is null or identity_id = $2) and ($3 is null or outcome = $3) and ($4 is null or action = $4) and ($5 is null or at >= $5) and ($6 is null or at < $6) order by id desc limit $7";
const IN_ORDER: &str = "select * from decisions where at >= $1 and (at > $1 or seq > $2) order by at, seq limit $3";
// `||` keeps SQLite from the index over all permits of everybody
const PERMITTED: &str = "select at, inputs from decisions where identity_id = $1 and action = $2 and outcome || '' = 'permit' and at >= $3 and inputs is not null order by at desc limit $4";
const ABOUT: &str = "select * from decisions where identity_id = $1 and action = $2 and at >= $3 and at <= $4 and resource_type = $5 and resource_id = $6 order by at desc, seq desc limit 20";
const ACTS: &str = "select action, outcome, count(*) as n, max(at) as last_at from decisions where identity_id = $1 and at >= $2 group by action, outcome order by action, outcome";
const SUM: &str = "select cast(coalesce(sum(amount), 0) as bigint) as total from counters where counter = $1 and per = $2 and minute > $3";
const ADD: &str = "insert into counters (counter, per, minute, amount) values ($1, $2, $3, $4) on conflict (counter, per, minute) do update set amount = counters.amount + excluded.amount";
const FORGET: &str = "delete from counters where minute < $1";

/// A decision as it is kept. `inputs` is all that the outcome followed from (I11); `None` once erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    pub id: DecisionId,
    pub seq: i64,
    pub at: Timestamp,
    pub key_id: KeyId,
    pub identity_id: Option<IdentityId>,
    pub subject_type: String,
    pub subject_id: String,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub would: Option<String>,
    pub rules: Vec<String>,
    pub bundle_hash: String,
    pub tier: Option<String>,
    pub escalation_id: Option<EscalationId>,
    pub grant_id: Option<GrantId>,
    /// A person's id where we know them, else what the caller named.
    pub acting_person: Option<String>,
    pub run: Option<String>,
    /// The run of ours that is.
    pub run_id: Option<RunId>,
    pub task: Option<String>,
    pub initiator: Option<String>,
    pub observed_by: String,
    /// SHA-256 of the parameter bytes, hex.
    pub params_hash: String,
    pub valid_until: Option<Timestamp>,
    pub salt: Vec<u8>,
    pub inputs: Option<String>,
}

/// Decisions that are not yet inserted.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(INSERT, 28)
}

/// Adds a decision to them.
///
/// # Errors
/// `Internal` if its rules have no JSON form.
pub fn push(rows: &mut Rows, d: StoredDecision) -> Result<()> {
    rows.push([
        d.id.into(),
        d.seq.into(),
        d.at.into(),
        d.key_id.into(),
        d.identity_id.into(),
        d.subject_type.into(),
        d.subject_id.into(),
        d.action.into(),
        d.resource_type.into(),
        d.resource_id.into(),
        d.outcome.into(),
        d.reason.into(),
        d.would.into(),
        Arg::json(&d.rules)?,
        d.bundle_hash.into(),
        d.tier.into(),
        d.escalation_id.into(),
        d.grant_id.into(),
        d.acting_person.into(),
        d.run.into(),
        d.task.into(),
        d.initiator.into(),
        d.observed_by.into(),
        d.params_hash.into(),
        d.valid_until.into(),
        d.salt.into(),
        d.inputs.into(),
        d.run_id.into(),
    ]);
    Ok(())
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: DecisionId) -> Result<Option<StoredDecision>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// What an identity was answered about one thing between two instants, newest first, at most 20.
///
/// # Errors
/// As the database says.
pub async fn about(
    tx: &mut Tx,
    id: IdentityId,
    action: &str,
    (kind, thing): (&str, &str),
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<StoredDecision>> {
    let args = [id.into(), action.into(), from.into(), to.into(), kind.into(), thing.into()];
    tx.all(ABOUT, &args).await?.iter().map(decode).collect()
}

/// What a list of decisions is narrowed by; everything absent is open. Newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only what is older than this one: the page's end.
    pub before: Option<DecisionId>,
    pub identity: Option<IdentityId>,
    pub outcome: Option<String>,
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
}

/// At most `limit` decisions, newest first.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, filter: &Filter, limit: i64) -> Result<Vec<StoredDecision>> {
    let args = [
        filter.before.into(),
        filter.identity.into(),
        filter.outcome.clone().into(),
        filter.action.clone().into(),
        filter.from.into(),
        filter.to.into(),
        limit.into(),
    ];
    tx.all(LIST, &args).await?.iter().map(decode).collect()
}

/// At most `limit` behind an instant and a place in the log, in the log's order.
///
/// # Errors
/// As the database says.
pub async fn in_order(tx: &mut Tx, (at, seq): (Timestamp, i64), limit: i64) -> Result<Vec<StoredDecision>> {
    tx.all(IN_ORDER, &[at.into(), seq.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// How often an identity asked for one action, by what it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub action: String,
    /// `permit`, `deny` or `escalate`.
    pub outcome: String,
    pub n: i64,
    pub last_at: Timestamp,
}

/// What an identity asked for since `since`, by action and answer.
///
/// # Errors
/// As the database says.
pub async fn acts(tx: &mut Tx, identity: IdentityId, since: Timestamp) -> Result<Vec<Asked>> {
    let asked = |row: &Row| -> Result<Asked> {
        let (action, outcome) = (row.text("action")?, row.text("outcome")?);
        Ok(Asked { action, outcome, n: row.int("n")?, last_at: row.at("last_at")? })
    };
    tx.all(ACTS, &[identity.into(), since.into()]).await?.iter().map(asked).collect()
}

/// The inputs of an identity's latest permits of one action since `since`, newest first, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn permitted(
    tx: &mut Tx,
    identity: IdentityId,
    action: &str,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<(Timestamp, Map<String, Value>)>> {
    #[derive(serde::Deserialize)]
    struct Asked {
        input: Map<String, Value>,
    }
    // of a record of some kilobytes, only this is read
    #[derive(serde::Deserialize)]
    struct Inputs {
        question: Asked,
    }
    let rows = tx.all(PERMITTED, &[identity.into(), action.into(), since.into(), limit.into()]).await?;
    rows.iter().map(|row| Ok((row.at("at")?, row.json::<Inputs>("inputs")?.question.input))).collect()
}

/// What a counter's window holds, from the minute after `since`.
///
/// # Errors
/// As the database says.
pub async fn counter_sum(tx: &mut Tx, counter: &str, per: &str, since: Timestamp) -> Result<i64> {
    // the minute the window begins in counts whole: a budget is rather spent than passed by
    let minute = since.seconds().div_euclid(60) - 1;
    tx.one(SUM, &[counter.into(), per.into(), minute.into()]).await?.int("total")
}

/// Adds what was permitted. The caller has checked that the sum does not overflow.
///
/// # Errors
/// As the database says.
pub async fn counter_add(tx: &mut Tx, counter: &str, per: &str, at: Timestamp, amount: i64) -> Result<()> {
    let minute = at.seconds().div_euclid(60);
    tx.execute(ADD, &[counter.into(), per.into(), minute.into(), amount.into()]).await.map(drop)
}

/// Forgets minutes no window reaches.
///
/// # Errors
/// As the database says.
pub async fn counters_forget(tx: &mut Tx, before: Timestamp) -> Result<u64> {
    tx.execute(FORGET, &[before.seconds().div_euclid(60).into()]).await
}

fn decode(row: &Row) -> Result<StoredDecision> {
    Ok(StoredDecision {
        id: row.id("id")?,
        seq: row.int("seq")?,
        at: row.at("at")?,
        key_id: row.id("key_id")?,
        identity_id: row.some_id("identity_id")?,
        subject_type: row.text("subject_type")?,
        subject_id: row.text("subject_id")?,
        action: row.text("action")?,
        resource_type: row.text("resource_type")?,
        resource_id: row.text("resource_id")?,
        outcome: row.text("outcome")?,
        reason: row.some_text("reason")?,
        would: row.some_text("would")?,
        rules: row.json("rules")?,
        bundle_hash: row.text("bundle_hash")?,
        tier: row.some_text("tier")?,
        escalation_id: row.some_id("escalation_id")?,
        grant_id: row.some_id("grant_id")?,
        acting_person: row.some_text("acting_person")?,
        run: row.some_text("run")?,
        run_id: row.some_id("run_id")?,
        task: row.some_text("task")?,
        initiator: row.some_text("initiator")?,
        observed_by: row.text("observed_by")?,
        params_hash: row.text("params_hash")?,
        valid_until: row.some_at("valid_until")?,
        salt: row.bytes("salt")?,
        inputs: row.some_text("inputs")?,
    })
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::testkit::Fresh;

    #[tokio::test]
    async fn what_one_agent_asked_is_found_by_the_one_index_that_follows_agents() {
        let t = Fresh::sqlite().await;
        let mut tx = t.gov.read().await.expect("a reader");
        let last = "select max(at) from decisions where identity_id = $1";
        for sql in [PERMITTED, ACTS, last] {
            let plan = tx.plan(sql).await;
            assert!(plan.iter().any(|step| step.contains("decisions_of (identity_id=?")), "{plan:?}");
        }
        let plan = tx.plan(PERMITTED).await;
        assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "the newest first, and no more: {plan:?}");
    }
}
