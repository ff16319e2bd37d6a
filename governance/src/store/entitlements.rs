//! What identities may do in their sources. A row stays when the source no longer shows it, with the time it went.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::engine::hex;
use crate::entitlement::{Entitlement, Facts, Key};
use crate::error::Result;
use crate::finding::rules::DAYS;
use crate::id::{EntitlementId, IdentityId, SourceId};
use crate::source::Told;
use crate::time::Timestamp;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

const PUT: &str = "insert into entitlements (id, identity_id, source_id, key_hash, action, resource, privilege, via, wildcard, conditional, first_seen_at, expires_at, last_used_at, usage_reported)";
const PUT_AGAIN: &str = "on conflict (identity_id, source_id, key_hash) do update set privilege = excluded.privilege, wildcard = excluded.wildcard, conditional = excluded.conditional, first_seen_at = case when entitlements.revoked_at is null then entitlements.first_seen_at else excluded.first_seen_at end, expires_at = excluded.expires_at, last_used_at = excluded.last_used_at, usage_reported = excluded.usage_reported, revoked_at = null";
const END: &str = "update entitlements set revoked_at = $4 where identity_id = $1 and source_id = $2 and key_hash = $3 and revoked_at is null";
const END_ALL: &str =
    "update entitlements set revoked_at = $3 where identity_id = $1 and source_id = $2 and revoked_at is null";
const OF_IDENTITIES: &str = "select e.*, s.last_sync_at, s.max_staleness_s, g.usage_until from entitlements e join sources s on s.id = e.source_id left join sightings g on g.identity_id = e.identity_id and g.source_id = e.source_id and g.gone_at is null where e.identity_id";
const LIVE_IN_ORDER: &str = "and e.revoked_at is null order by e.identity_id, e.action, e.resource, e.via";
const OF_SOURCE: &str = "select * from entitlements where source_id = $1 and revoked_at is null";

const FORGET_TALLIES: &str = "delete from entitlement_tallies where source_id = $1";
const TALLY: &str = "insert into entitlement_tallies select e.source_id, i.kind, count(*), sum(case when e.expires_at is null then 1 else 0 end), sum(case when e.last_used_at >= $2 then 1 else 0 end), sum(case when e.usage_reported = 1 and (e.last_used_at is null or e.last_used_at < $2) and (g.usage_until is null or g.usage_until >= $3 - s.max_staleness_s * 1000000) then 1 else 0 end) from entitlements e join identities i on i.id = e.identity_id join sources s on s.id = e.source_id left join sightings g on g.identity_id = e.identity_id and g.source_id = e.source_id and g.gone_at is null where e.source_id = $1 and e.revoked_at is null group by e.source_id, i.kind";

/// Whose, from where, and when it was shown.
#[derive(Debug, Clone, Copy)]
pub struct Holder {
    pub identity: IdentityId,
    pub source: SourceId,
    pub at: Timestamp,
}

/// Entitlements as their source shows them now, not yet written.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(PUT, 14).or(PUT_AGAIN)
}

/// Adds one to them.
pub fn push(rows: &mut Rows, id: EntitlementId, of: Holder, key: &Key, facts: &Facts) {
    rows.push([
        id.into(),
        of.identity.into(),
        of.source.into(),
        hash(key).into(),
        (&key.action).into(),
        (&key.resource).into(),
        facts.privilege.as_str().into(),
        (&key.via).into(),
        facts.wildcard.into(),
        facts.conditional.into(),
        of.at.into(),
        facts.expires_at.into(),
        facts.last_used_at.into(),
        facts.usage_reported.into(),
    ]);
}

/// Notes that the source no longer shows it.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, of: Holder, key: &Key) -> Result<()> {
    let args = [of.identity.into(), of.source.into(), hash(key).into(), of.at.into()];
    tx.execute(END, &args).await.map(drop)
}

/// As [`end`], for all that a source showed of an identity.
///
/// # Errors
/// As the database says.
pub async fn end_all(tx: &mut Tx, of: Holder) -> Result<()> {
    tx.execute(END_ALL, &[of.identity.into(), of.source.into(), of.at.into()]).await.map(drop)
}

/// Counts what a source gives, once it was read; what was used counts for [`DAYS`].
///
/// # Errors
/// As the database says.
pub async fn tally(tx: &mut Tx, source: SourceId, at: Timestamp) -> Result<()> {
    tx.execute(FORGET_TALLIES, &[source.into()]).await?;
    let since = at - TimeDelta::days(DAYS);
    tx.execute(TALLY, &[source.into(), since.into(), at.into()]).await.map(drop)
}

/// What these identities may do now, by action, resource and way, with how far their sources' word on use goes.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<Entitlement>> {
    tx.all_in(OF_IDENTITIES, LIVE_IN_ORDER, ids).await?.iter().map(with_word).collect()
}

/// # Errors
/// As the database says.
pub async fn of_source(tx: &mut Tx, id: SourceId) -> Result<Vec<Entitlement>> {
    tx.all(OF_SOURCE, &[id.into()]).await?.iter().map(decode).collect()
}

/// Lengths first, so that no two keys read alike.
fn hash(key: &Key) -> String {
    let mut h = Sha256::new();
    for part in [&key.action, &key.resource, &key.via] {
        h.update(part.len().to_be_bytes());
        h.update(part.as_bytes());
    }
    hex(&h.finalize())
}

fn with_word(row: &Row) -> Result<Entitlement> {
    let until = row.some_at("usage_until")?.or(row.some_at("last_sync_at")?);
    Ok(Entitlement { told: Told::of(until, row.int("max_staleness_s")?), ..decode(row)? })
}

fn decode(row: &Row) -> Result<Entitlement> {
    Ok(Entitlement {
        id: row.id("id")?,
        identity: row.id("identity_id")?,
        source: row.id("source_id")?,
        key: Key { action: row.text("action")?, resource: row.text("resource")?, via: row.text("via")? },
        facts: Facts {
            privilege: row.id("privilege")?,
            wildcard: row.flag("wildcard")?,
            conditional: row.flag("conditional")?,
            expires_at: row.some_at("expires_at")?,
            last_used_at: row.some_at("last_used_at")?,
            usage_reported: row.flag("usage_reported")?,
        },
        first_seen_at: row.at("first_seen_at")?,
        told: None,
    })
}
