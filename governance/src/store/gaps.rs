//! Gaps of visibility: who asked without being in the register, and what a source showed that nobody answers for.
use super::db::{Row, Tx};
use crate::error::Result;
use crate::sighting::{Gap, How};
use crate::time::Timestamp;

const PAGE: &str = "select g.* from (select * from (select 'asked' as how, s.id as id, s.kind as kind, s.name as name, null as source, s.first_seen_at as since_at, s.last_seen_at as last_at from sightings s where s.identity_id is null and s.gone_at is null and s.first_seen_at >= $1 and (s.first_seen_at > $1 or (s.first_seen_at = $1 and s.id > $2)) order by s.first_seen_at, s.id limit $3) a union all select * from (select 'shown' as how, i.id as id, i.kind as kind, i.name as name, o.name as source, i.registered_at as since_at, i.last_seen_at as last_at from identities i left join sources o on o.id = i.source_id where coalesce(i.owner_id, '') = '' and i.source_id is not null and i.status <> 'retired' and i.registered_at >= $1 and (i.registered_at > $1 or (i.registered_at = $1 and i.id > $2)) order by i.registered_at, i.id limit $3) b) g order by g.since_at, g.id limit $3";
const COUNT: &str = "select (select count(*) from sightings where identity_id is null and gone_at is null) + coalesce((select n from identity_counts where what = 'unowned' and value = '' and person_id = ''), 0) as n";
// those of the last days, which are few after the first import
const RECENT: &str = "select (select count(*) from sightings where identity_id is null and gone_at is null and first_seen_at > $1) + (select count(*) from identities where coalesce(owner_id, '') = '' and source_id is not null and status <> 'retired' and registered_at > $1) as n";

/// The longest open first, behind an instant and an id.
///
/// # Errors
/// As the database says.
pub async fn page(tx: &mut Tx, after: (i64, String), limit: i64) -> Result<Vec<Gap>> {
    tx.all(PAGE, &[after.0.into(), after.1.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// How many there are, and how many are open since `since` or longer.
///
/// # Errors
/// As the database says.
pub async fn count(tx: &mut Tx, since: Timestamp) -> Result<(i64, i64)> {
    let all = tx.one(COUNT, &[]).await?.int("n")?;
    Ok((all, all - tx.one(RECENT, &[since.into()]).await?.int("n")?))
}

fn decode(row: &Row) -> Result<Gap> {
    Ok(Gap {
        how: match row.text("how")?.as_str() {
            "asked" => How::Asked,
            _ => How::Shown,
        },
        id: row.text("id")?,
        kind: row.id("kind")?,
        name: row.text("name")?,
        source: row.some_text("source")?,
        since: row.at("since_at")?,
        last_seen_at: row.some_at("last_at")?,
    })
}
