//! Who acted through whom, counted by the day.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::id::IdentityId;
use crate::time::Timestamp;

const ADD: &str = "insert into handoffs (from_kind, from_id, to_id, day, permits, escalates, denies, last_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (from_kind, from_id, to_id, day) do update set permits = handoffs.permits + excluded.permits, escalates = handoffs.escalates + excluded.escalates, denies = handoffs.denies + excluded.denies, last_at = excluded.last_at";
const EDGES: &str = "select e.*, coalesce(i.name, p.name) as from_name, t.name as to_name from (select from_kind, from_id, to_id, cast(sum(permits) as bigint) as permits, cast(sum(escalates) as bigint) as escalates, cast(sum(denies) as bigint) as denies, max(last_at) as last_at from handoffs where day >= $1 group by from_kind, from_id, to_id) e join identities t on t.id = e.to_id left join identities i on i.id = e.from_id and e.from_kind = 'identity' left join people p on p.id = e.from_id and e.from_kind = 'person' order by e.permits + e.escalates + e.denies desc, e.from_id, e.to_id limit $2";
const RECEIVED: &str = "select distinct t.name as name from handoffs h join identities t on t.id = h.to_id where h.from_kind = 'identity' and h.from_id = $1 and h.day >= $2 and h.permits + h.escalates > 0 order by t.name limit 100";

/// Who handed work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegator {
    /// `identity` or `person`.
    pub kind: &'static str,
    pub id: String,
}

/// How one hand-off was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    pub permits: i64,
    pub escalates: i64,
    pub denies: i64,
}

impl Answers {
    #[must_use]
    pub const fn all(self) -> i64 {
        self.permits + self.escalates + self.denies
    }
}

/// Who handed work to whom in a period, and what was answered to what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// `identity` or `person`.
    pub from_kind: String,
    pub from_id: String,
    /// `None` once it is not in the register.
    pub from_name: Option<String>,
    pub to_id: IdentityId,
    pub to_name: String,
    pub answers: Answers,
    pub last_at: Timestamp,
}

fn day(at: Timestamp) -> i64 {
    at.seconds().div_euclid(86_400)
}

/// Counts one hand-off.
///
/// # Errors
/// As the database says.
pub async fn add(tx: &mut Tx, from: &Delegator, to: IdentityId, answers: Answers, at: Timestamp) -> Result<()> {
    let args = [
        from.kind.into(),
        (&from.id).into(),
        to.into(),
        day(at).into(),
        answers.permits.into(),
        answers.escalates.into(),
        answers.denies.into(),
        at.into(),
    ];
    tx.execute(ADD, &args).await.map(drop)
}

/// The busiest hand-offs since the day of `since`, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn edges(tx: &mut Tx, since: Timestamp, limit: i64) -> Result<Vec<Edge>> {
    let edge = |row: &Row| {
        Ok(Edge {
            from_kind: row.text("from_kind")?,
            from_id: row.text("from_id")?,
            from_name: row.some_text("from_name")?,
            to_id: row.id("to_id")?,
            to_name: row.text("to_name")?,
            answers: Answers {
                permits: row.int("permits")?,
                escalates: row.int("escalates")?,
                denies: row.int("denies")?,
            },
            last_at: row.at("last_at")?,
        })
    };
    tx.all(EDGES, &[day(since).into(), limit.into()]).await?.iter().map(edge).collect()
}

/// The names of those who did permitted work, or work that waited for a person, for this identity.
///
/// # Errors
/// As the database says.
pub async fn received_from(tx: &mut Tx, from: IdentityId, since: Timestamp) -> Result<Vec<String>> {
    let rows = tx.all(RECEIVED, &[from.to_string().into(), day(since).into()]).await?;
    rows.iter().map(|row| row.text("name")).collect()
}
