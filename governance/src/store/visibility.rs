//! How far what acts here is known: counts by source, environment, kind and the furthest step.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::visibility::Cell;

/// The furthest step an identity `i` with owner `o` has reached. Lists and counts use this very text.
macro_rules! step {
    () => {
        "case when o.id is null or o.status <> 'active' then 'registered' when i.purpose is null or i.boundary is null or not (i.boundary like '%\"systems\":[\"%' or i.boundary like '%\"tools\":[\"%' or i.boundary like '%\"data_classes\":[\"%') then 'owned' when exists (select 1 from findings f where f.identity_id = i.id and f.state = 'open' and f.rule = 'not_monitored') then 'scoped' when i.attested_at is null then 'monitored' else 'attested' end"
    };
}
pub(super) use step;

const CELLS: &str = concat!(
    "select c.source_id as source_id, c.environment as environment, c.kind as kind, c.step as step, count(*) as n from (select i.source_id as source_id, i.environment as environment, i.kind as kind, ",
    step!(),
    " as step from identities i left join people o on o.id = i.owner_id where i.status <> 'retired' union all select s.source_id as source_id, cast(null as text) as environment, s.kind as kind, 'discovered' as step from sightings s where s.identity_id is null and s.gone_at is null) c group by c.source_id, c.environment, c.kind, c.step order by c.source_id, c.environment, c.kind, c.step"
);
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

fn decode(row: &Row) -> Result<Cell> {
    Ok(Cell {
        source: row.some_id("source_id")?,
        environment: row.some_id("environment")?,
        kind: row.id("kind")?,
        step: row.id("step")?,
        n: row.int("n")?,
    })
}
