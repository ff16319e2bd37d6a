//! Findings: at most one open or excepted of a rule about a subject.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::error::Result;
use crate::finding::{About, Finding, Found, Rule, Severity, State};
use crate::id::{FindingId, IdentityId};
use crate::time::Timestamp;

const INSERT: &str =
    "insert into findings (id, rule, subject, identity_id, severity, rank, words, mend, evidence, state, opened_at)";
const UPDATE: &str = "update findings set severity = $2, rank = $3, words = $4, mend = $5, evidence = $6, version = version + 1 where id = $1 and version = $7";
const RESOLVE: &str = "update findings set state = 'resolved', resolved_at = $2, version = version + 1 where id = $1 and version = $3 and state <> 'resolved'";
const OF_IDENTITIES: &str = "select f.*, i.name as identity_name from findings f left join identities i on i.id = f.identity_id where f.identity_id";
const UNRESOLVED: &str = "and f.state <> 'resolved'";
const GET: &str = "select f.*, i.name as identity_name from findings f left join identities i on i.id = f.identity_id where f.id = $1";
const OF_SUBJECT: &str = "select f.*, i.name as identity_name from findings f left join identities i on i.id = f.identity_id where f.subject = $1 and f.state <> 'resolved' order by f.id";
const PAGE: &str = "select f.*, i.name as identity_name from findings f left join identities i on i.id = f.identity_id where f.state = $1 and ($2 is null or f.rule = $2) and ($3 is null or f.severity = $3) and ($4 is null or f.identity_id = $4) and ($5 is null or f.rank < $5 or (f.rank = $5 and f.id < $6)) order by f.rank desc, f.id desc limit $7";
const COUNTS: &str = "select rule, severity, n from finding_tallies where n > 0 order by rank desc, rule";

/// Which findings; every part that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    pub state: State,
    pub rule: Option<Rule>,
    pub severity: Option<Severity>,
    pub identity: Option<IdentityId>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { state: State::Open, rule: None, severity: None, identity: None }
    }
}

/// A severity as a number, most severe highest.
#[must_use]
pub const fn rank(severity: Severity) -> i64 {
    severity as i64
}

/// New findings, not yet written. Writing them is a `Conflict` if a rule has an open finding about its subject.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(INSERT, 11)
}

/// Adds one to them.
///
/// # Errors
/// `Internal` if its evidence cannot be written down.
pub fn push(rows: &mut Rows, id: FindingId, identity: Option<IdentityId>, f: &Found, at: Timestamp) -> Result<()> {
    rows.push([
        id.into(),
        f.rule.as_str().into(),
        (&f.subject).into(),
        identity.into(),
        f.severity.as_str().into(),
        rank(f.severity).into(),
        (&f.words).into(),
        (&f.mend).into(),
        Arg::json(&f.evidence)?,
        State::Open.as_str().into(),
        at.into(),
    ]);
    Ok(())
}

/// The same gap, seen again with other numbers.
///
/// # Errors
/// `Conflict` if it changed meanwhile.
pub async fn update(tx: &mut Tx, known: &Finding, f: &Found) -> Result<()> {
    let args = [
        known.id.into(),
        f.severity.as_str().into(),
        rank(f.severity).into(),
        (&f.words).into(),
        (&f.mend).into(),
        Arg::json(&f.evidence)?,
        known.version.into(),
    ];
    tx.execute_one(UPDATE, &args, "this finding was changed in the meantime").await
}

/// # Errors
/// `Conflict` if it changed meanwhile.
pub async fn resolve(tx: &mut Tx, known: &Finding, at: Timestamp) -> Result<()> {
    let args = [known.id.into(), at.into(), known.version.into()];
    tx.execute_one(RESOLVE, &args, "this finding was changed in the meantime").await
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: FindingId) -> Result<Option<Finding>> {
    tx.optional(GET, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// Open and excepted ones about identities and what they hold, worst first.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<Finding>> {
    let rows = tx.all_in(OF_IDENTITIES, UNRESOLVED, ids).await?;
    let mut found: Vec<Finding> = rows.iter().map(decode).collect::<Result<_>>()?;
    found.sort_by_key(|f| (std::cmp::Reverse(rank(f.found.severity)), f.found.rule, f.id));
    Ok(found)
}

/// Open and excepted ones about one thing.
///
/// # Errors
/// As the database says.
pub async fn of_subject(tx: &mut Tx, subject: &str) -> Result<Vec<Finding>> {
    tx.all(OF_SUBJECT, &[subject.into()]).await?.iter().map(decode).collect()
}

/// Worst first, newest first among equals, after `(rank, id)`.
///
/// # Errors
/// As the database says.
pub async fn page(tx: &mut Tx, f: &Filter, after: Option<(i64, FindingId)>, limit: i64) -> Result<Vec<Finding>> {
    let (rank, id) = after.map_or((None, None), |(rank, id)| (Some(rank), Some(id)));
    let args = [
        f.state.as_str().into(),
        f.rule.map(|r| r.as_str()).into(),
        f.severity.map(|s| s.as_str()).into(),
        f.identity.into(),
        rank.into(),
        id.into(),
        limit.into(),
    ];
    tx.all(PAGE, &args).await?.iter().map(decode).collect()
}

/// Open findings of each rule and severity.
///
/// # Errors
/// As the database says.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(Rule, Severity, i64)>> {
    let rows = tx.all(COUNTS, &[]).await?;
    rows.iter().map(|row| Ok((row.id("rule")?, row.id("severity")?, row.int("n")?))).collect()
}

fn decode(row: &Row) -> Result<Finding> {
    let identity =
        row.some_id("identity_id")?.zip(row.some_text("identity_name")?).map(|(id, name)| About { id, name });
    Ok(Finding {
        id: row.id("id")?,
        found: Found {
            rule: row.id("rule")?,
            subject: row.text("subject")?,
            severity: row.id("severity")?,
            words: row.text("words")?,
            mend: row.text("mend")?,
            evidence: row.json("evidence")?,
        },
        identity,
        state: row.id("state")?,
        opened_at: row.at("opened_at")?,
        resolved_at: row.some_at("resolved_at")?,
        version: row.int("version")?,
    })
}

#[cfg(all(test, feature = "testkit"))]
mod tests {
    use super::*;
    use crate::testkit::Fresh;

    /// An import reads them for every identity it touches: a scan would make it quadratic.
    #[tokio::test]
    async fn what_is_open_about_one_identity_or_subject_is_found_by_an_index() {
        let t = Fresh::sqlite().await;
        let mut tx = t.gov.read().await.expect("a reader");
        let of_identities = format!("{OF_IDENTITIES} in ('x', 'y') {UNRESOLVED}");
        for (sql, index) in [(of_identities.as_str(), "findings_of_identity"), (OF_SUBJECT, "findings_subject")] {
            let plan = tx.plan(sql).await;
            assert!(plan.iter().any(|step| step.contains(index)), "{plan:?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN f")), "{plan:?}");
        }
    }
}
