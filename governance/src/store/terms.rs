//! By what principals of sources are known wherever they are shown, and which identities that points at.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::error::Result;
use crate::id::{IdentityId, SourceId};
use crate::matching::Term;
use std::collections::{BTreeMap, BTreeSet};

const INSERT: &str = "insert into principal_terms (source_id, principal_ref, term, strong)";
const DELETE: &str = "delete from principal_terms where source_id = $1 and principal_ref = $2 and term = $3";
const OF_SOURCE: &str = "select principal_ref, term from principal_terms where source_id = $1";
const POINTS: &str = "select t.term as term, t.source_id as source_id, s.name as source_name, g.identity_id as identity_id from principal_terms t join sightings g on g.source_id = t.source_id and g.principal_ref = t.principal_ref join sources s on s.id = t.source_id where t.term";
const POINTS_TAIL: &str = "and g.identity_id is not null order by t.term, s.name, t.source_id, g.principal_ref";
const LIVE_TAIL: &str =
    "and g.identity_id is not null and g.gone_at is null order by t.term, t.source_id, g.principal_ref";
const SHARED: &str = "select t.term as term from principal_terms t join sightings g on g.source_id = t.source_id and g.principal_ref = t.principal_ref where g.gone_at is null group by t.term having count(distinct g.identity_id) between 2 and $1 order by min(1 - t.strong), t.term limit $2";
const OF_IDENTITY: &str = "select distinct t.term as term from principal_terms t join sightings g on g.source_id = t.source_id and g.principal_ref = t.principal_ref where g.identity_id = $1 and g.gone_at is null order by t.term";
const OUTDATED: &str = "select id from sources where terms_version <> $1 order by id";
const READ_WITH: &str = "update sources set terms_version = $2 where id = $1";
const UNSEEN: &str = "select id from identities i where status <> 'retired' and not exists (select 1 from sightings g where g.identity_id = i.id and g.source_id is not null) order by id limit $1";

/// Terms by the source's own names.
pub type Known = BTreeMap<String, BTreeSet<Term>>;

/// What a term points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointing {
    pub term: Term,
    pub source: SourceId,
    pub source_name: String,
    pub identity: IdentityId,
}

/// # Errors
/// As the database says.
pub async fn of_source(tx: &mut Tx, source: SourceId) -> Result<Known> {
    let mut known = Known::new();
    for row in tx.all(OF_SOURCE, &[source.into()]).await? {
        known.entry(row.text("principal_ref")?).or_default().insert(row.id("term")?);
    }
    Ok(known)
}

/// Takes what is stored to what is known now, for these principals alone: what one was known by stays when it is gone.
///
/// # Errors
/// As the database says.
pub async fn bring(tx: &mut Tx, source: SourceId, stored: &Known, now: &Known) -> Result<()> {
    let (mut rows, none) = (Rows::into_table(INSERT, 4), BTreeSet::new());
    for (principal, terms) in now {
        let before = stored.get(principal).unwrap_or(&none);
        for term in before.difference(terms) {
            tx.execute(DELETE, &[source.into(), principal.into(), term.to_string().into()]).await?;
        }
        for term in terms.difference(before) {
            rows.push([source.into(), principal.into(), term.to_string().into(), term.sort.strong().into()]);
        }
        if rows.count() >= 1_000 {
            rows.insert(tx).await?;
        }
    }
    rows.insert(tx).await
}

/// Which identities terms point at, gone sightings among them.
///
/// # Errors
/// As the database says.
pub async fn pointing(tx: &mut Tx, terms: &BTreeSet<Term>) -> Result<Vec<Pointing>> {
    let args: Vec<_> = terms.iter().map(|t| Arg::from(t.to_string())).collect();
    tx.all_in(POINTS, POINTS_TAIL, &args).await?.iter().map(decode).collect()
}

/// The same for what sources show now.
///
/// # Errors
/// As the database says.
pub async fn live(tx: &mut Tx, terms: &BTreeSet<Term>) -> Result<Vec<Pointing>> {
    let args: Vec<_> = terms.iter().map(|t| Arg::from(t.to_string())).collect();
    tx.all_in(POINTS, LIVE_TAIL, &args).await?.iter().map(decode).collect()
}

/// Terms that more than one identity has and no more than so many, strong ones first.
///
/// # Errors
/// As the database says.
pub async fn shared(tx: &mut Tx, most: i64, limit: i64) -> Result<BTreeSet<Term>> {
    tx.all(SHARED, &[most.into(), limit.into()]).await?.iter().map(|row| row.id("term")).collect()
}

/// By what sources show it now.
///
/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, id: IdentityId) -> Result<BTreeSet<Term>> {
    tx.all(OF_IDENTITY, &[id.into()]).await?.iter().map(|row| row.id("term")).collect()
}

/// Identities that no source ever showed: registered by hand.
///
/// # Errors
/// As the database says.
pub async fn unseen(tx: &mut Tx, limit: i64) -> Result<Vec<IdentityId>> {
    tx.all(UNSEEN, &[limit.into()]).await?.iter().map(|row| row.id("id")).collect()
}

/// Sources whose terms were read by other rules than these.
///
/// # Errors
/// As the database says.
pub async fn outdated(tx: &mut Tx, version: i64) -> Result<Vec<SourceId>> {
    tx.all(OUTDATED, &[version.into()]).await?.iter().map(|row| row.id("id")).collect()
}

/// # Errors
/// As the database says.
pub async fn read_with(tx: &mut Tx, source: SourceId, version: i64) -> Result<()> {
    tx.execute(READ_WITH, &[source.into(), version.into()]).await.map(drop)
}

fn decode(row: &Row) -> Result<Pointing> {
    Ok(Pointing {
        term: row.id("term")?,
        source: row.id("source_id")?,
        source_name: row.text("source_name")?,
        identity: row.id("identity_id")?,
    })
}
