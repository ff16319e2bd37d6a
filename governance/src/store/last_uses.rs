//! The last use of what was revoked, as gateways and sources reported it.
use super::db::Tx;
use crate::error::Result;
use crate::id::{GrantId, RevocationId};
use crate::revocation::LastUse;
use crate::time::Timestamp;
use chrono::TimeDelta;

/// What was reported since an instant, and the last before it. Each kind of revocation has its own text, so that it finds its
/// rows by an index.
macro_rules! uses {
    ($which:literal) => {
        (
            concat!(
                "select max(executed_at) as last_at, cast(coalesce(sum(case when executed_at > $2 then 1 else 0 end), 0) as bigint) as after_n from actions where ",
                $which,
                " and at >= $2 and observed_by <> 'self' and outcome = 'done' and executed_at < cast($3 as bigint)"
            ),
            concat!(
                "select executed_at from actions where ",
                $which,
                " and at < $2 and at >= cast($3 as bigint) and observed_by <> 'self' and outcome = 'done' order by at desc limit 1"
            ),
        )
    };
}

const OF_IDENTITY: (&str, &str) = uses!("identity_id = $1");
const OF_GRANT: (&str, &str) = uses!("decision_id = (select g.decision_id from grants g where g.id = $1)");
const OF_TOOL: (&str, &str) = uses!("action = $1");
const OF_MANY: (&str, &str) =
    uses!("identity_id in (select p.identity_id from revocation_paths p where p.revocation_id = $1)");
const OF_ALL: (&str, &str) = uses!("cast($1 as text) is not null");

const LATEST: &str =
    "select id, at, target_kind, target_id, undone_at from revocations where at >= $1 order by id desc limit $2";

/// How far before a revocation a reported use shows that somebody reports.
const REPORTED_WITHIN: TimeDelta = TimeDelta::days(30);

/// What was revoked, as far as its uses are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: RevocationId,
    pub at: Timestamp,
    pub kind: String,
    pub target: String,
    pub undone_at: Option<Timestamp>,
}

/// The latest revocations since `since`, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn taken(tx: &mut Tx, since: Timestamp, limit: i64) -> Result<Vec<Taken>> {
    let rows = tx.all(LATEST, &[since.into(), limit.into()]).await?;
    let taken = rows.iter().map(|row| {
        Ok(Taken {
            id: row.id("id")?,
            at: row.at("at")?,
            kind: row.text("target_kind")?,
            target: row.text("target_id")?,
            undone_at: row.some_at("undone_at")?,
        })
    });
    taken.collect()
}

/// The last use of what was revoked that a gateway or a source reported as done, until the revocation was undone. `None`:
/// nobody reported one in the 30 days before nor since, so nothing is measured.
///
/// # Errors
/// As the database says.
pub async fn last_use(tx: &mut Tx, r: &Taken) -> Result<Option<LastUse>> {
    let ((since, before), which) = match r.kind.as_str() {
        "identity" => (OF_IDENTITY, r.target.clone()),
        "grant" => (OF_GRANT, r.target.clone()),
        "tool" => (OF_TOOL, r.target.clone()),
        "owner" | "source" => (OF_MANY, r.id.to_string()),
        _ => (OF_ALL, r.target.clone()),
    };
    let until = r.undone_at.map_or(i64::MAX, Timestamp::micros);
    measured(tx, (since, before), &which, (r.at, until)).await
}

/// The same for a grant that ended at `at`, whatever ended it.
///
/// # Errors
/// As the database says.
pub async fn last_use_of_grant(tx: &mut Tx, id: GrantId, at: Timestamp) -> Result<Option<LastUse>> {
    measured(tx, OF_GRANT, &id.to_string(), (at, i64::MAX)).await
}

async fn measured(
    tx: &mut Tx,
    (since, before): (&'static str, &'static str),
    which: &str,
    (at, until): (Timestamp, i64),
) -> Result<Option<LastUse>> {
    let row = tx.one(since, &[which.into(), at.into(), until.into()]).await?;
    let (after, later) = (row.int("after_n")?, row.some_at("last_at")?);
    let earlier = tx.optional(before, &[which.into(), at.into(), (at - REPORTED_WITHIN).into()]).await?;
    let earlier = earlier.map(|row| row.at("executed_at")).transpose()?;
    Ok(later.into_iter().chain(earlier).max().map(|at| LastUse { at, after }))
}
