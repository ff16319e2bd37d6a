//! How far what acts here is known: counts by source, environment, kind and the furthest step.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::visibility::Cell;

const CELLS: &str = "select c.source_id as source_id, c.environment as environment, c.kind as kind, c.step as step, cast(sum(c.n) as bigint) as n from (select nullif(t.source_id, '') as source_id, nullif(t.environment, '') as environment, t.kind as kind, t.step as step, t.n as n from identity_tallies t where t.status <> 'retired' union all select s.source_id as source_id, cast(null as text) as environment, s.kind as kind, 'discovered' as step, count(*) as n from sightings s where s.identity_id is null and s.gone_at is null group by s.source_id, s.kind) c group by c.source_id, c.environment, c.kind, c.step having sum(c.n) > 0 order by c.source_id, c.environment, c.kind, c.step";
const COUNTED: &str = "select leaf from events where kind = 'visibility.counted' order by seq desc limit $1";

/// How many stand at each step, by source, environment and kind.
///
/// # Errors
/// As the database says.
pub async fn cells(tx: &mut Tx) -> Result<Vec<Cell>> {
    tx.all(CELLS, &[]).await?.iter().map(decode).collect()
}

/// The leaves of the days that were counted, the latest first.
///
/// # Errors
/// As the database says.
pub async fn counted(tx: &mut Tx, days: i64) -> Result<Vec<Vec<u8>>> {
    tx.all(COUNTED, &[days.into()]).await?.iter().map(|row| row.bytes("leaf")).collect()
}

/// What triggers keep, counted anew: how many rows of each of the counters, the steps and the search are not as they should be.
#[cfg(feature = "testkit")]
pub async fn wrong(tx: &mut Tx) -> Result<i64> {
    let mut wrong = 0;
    for check in [WRONG_TALLIES, WRONG_COUNTS, WRONG_FINDINGS, WRONG_STEPS, WRONG_SEARCH] {
        wrong += tx.one(check, &[]).await?.int("n")?;
    }
    Ok(wrong)
}
#[cfg(feature = "testkit")]
const WRONG_TALLIES: &str = "select count(*) as n from (select d.kind, d.environment, d.status, d.mode, d.source_id, d.step from (select i.kind as kind, coalesce(i.environment, '') as environment, i.status as status, i.mode as mode, coalesce(i.source_id, '') as source_id, i.step as step, 1 as n from identities i union all select t.kind, t.environment, t.status, t.mode, t.source_id, t.step, -t.n as n from identity_tallies t) d group by d.kind, d.environment, d.status, d.mode, d.source_id, d.step having sum(d.n) <> 0) w";
#[cfg(feature = "testkit")]
const WRONG_COUNTS: &str = "select count(*) as n from (select d.what, d.value, d.person_id from (select 'source' as what, coalesce(i.source_id, '') as value, i.owner_id as person_id, 1 as n from identities i where i.status <> 'retired' and i.owner_id <> '' union all select 'team', i.team, i.owner_id, 1 from identities i where i.status <> 'retired' and i.owner_id <> '' and i.team is not null union all select 'backup', '', i.backup_id, 1 from identities i where i.status <> 'retired' and i.backup_id <> '' union all select 'attested', '', '', 1 from identities i where i.status <> 'retired' and i.attested_at is not null union all select 'bounded', '', '', 1 from identities i where i.status <> 'retired' and i.boundary is not null union all select 'unowned', '', '', 1 from identities i where i.status <> 'retired' and coalesce(i.owner_id, '') = '' and i.source_id is not null union all select c.what, c.value, c.person_id, -c.n from identity_counts c) d group by d.what, d.value, d.person_id having sum(d.n) <> 0) w";
#[cfg(feature = "testkit")]
const WRONG_FINDINGS: &str = "select count(*) as n from (select d.rule, d.severity, d.rank from (select f.rule as rule, f.severity as severity, f.rank as rank, 1 as n from findings f where f.state = 'open' union all select t.rule, t.severity, t.rank, -t.n from finding_tallies t) d group by d.rule, d.severity, d.rank having sum(d.n) <> 0) w";
#[cfg(feature = "testkit")]
const WRONG_STEPS: &str = "select count(*) as n from identities i left join people o on o.id = i.owner_id where i.step <> case when o.id is null or o.status <> 'active' then 'registered' when i.purpose is null or i.boundary is null or not (i.boundary like '%\"systems\":[\"%' or i.boundary like '%\"tools\":[\"%' or i.boundary like '%\"data_classes\":[\"%') then 'owned' when exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = 'not_monitored') then 'scoped' when i.attested_at is null then 'monitored' else 'attested' end";
#[cfg(feature = "testkit")]
const WRONG_SEARCH: &str = "select count(*) as n from identities i left join identity_search s on s.identity_id = i.id where s.search is null or s.search <> i.search";

fn decode(row: &Row) -> Result<Cell> {
    Ok(Cell {
        source: row.some_id("source_id")?,
        environment: row.some_id("environment")?,
        kind: row.id("kind")?,
        step: row.id("step")?,
        n: row.int("n")?,
    })
}
