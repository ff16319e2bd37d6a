//! How identities authenticate in their sources. Never a secret.
use super::db::{Arg, Row, Tx};
use super::entitlements::Holder;
use super::many::Rows;
use crate::credential::{Credential, Facts, Kind};
use crate::error::Result;
use crate::id::{CredentialId, SourceId};
use crate::import::keys;
use crate::source::Told;

const PUT: &str = "insert into credentials (id, identity_id, source_id, external_ref, kind, active, long_lived, created_at, first_seen_at, last_rotated_at, last_used_at, usage_reported, expires_at, expiry_reported, storage, interactive, trust_wildcard, exposure_detected_at, detail, same_as, secret_name)";
const PUT_AGAIN: &str = "on conflict (identity_id, source_id, external_ref) do update set kind = excluded.kind, active = excluded.active, long_lived = excluded.long_lived, created_at = excluded.created_at, first_seen_at = case when credentials.revoked_at is null then credentials.first_seen_at else excluded.first_seen_at end, last_rotated_at = excluded.last_rotated_at, last_used_at = excluded.last_used_at, usage_reported = excluded.usage_reported, expires_at = excluded.expires_at, expiry_reported = excluded.expiry_reported, storage = excluded.storage, interactive = excluded.interactive, trust_wildcard = excluded.trust_wildcard, exposure_detected_at = case when excluded.exposure_detected_at is null then null when credentials.revoked_at is null then coalesce(credentials.exposure_detected_at, excluded.exposure_detected_at) else excluded.exposure_detected_at end, detail = excluded.detail, same_as = excluded.same_as, secret_name = excluded.secret_name, revoked_at = null";
const END: &str = "update credentials set revoked_at = $4 where identity_id = $1 and source_id = $2 and external_ref = $3 and revoked_at is null";
const END_ALL: &str =
    "update credentials set revoked_at = $3 where identity_id = $1 and source_id = $2 and revoked_at is null";
const OF_IDENTITIES: &str = "select c.*, s.last_sync_at, s.max_staleness_s from credentials c join sources s on s.id = c.source_id where c.identity_id";
const LIVE_IN_ORDER: &str = "and c.revoked_at is null order by c.identity_id, c.external_ref, c.source_id";
const OF_SOURCE: &str = "select * from credentials where source_id = $1 and revoked_at is null";

/// What is longer goes into no index of PostgreSQL.
const LONGEST: usize = 1024;

/// Credentials as their source shows them now, not yet written.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(PUT, 21).or(PUT_AGAIN)
}

/// Adds one to them.
pub fn push(rows: &mut Rows, id: CredentialId, of: Holder, key: &str, c: &Facts) {
    rows.push([
        id.into(),
        of.identity.into(),
        of.source.into(),
        key.into(),
        c.kind.as_str().into(),
        c.active.into(),
        c.long_lived.into(),
        c.created_at.into(),
        of.at.into(),
        c.last_rotated_at.into(),
        c.last_used_at.into(),
        c.usage_reported.into(),
        c.expires_at.into(),
        c.expiry_reported.into(),
        c.storage.map(|s| s.as_str()).into(),
        c.interactive.into(),
        c.trust_wildcard.into(),
        c.exposed.then_some(of.at).into(),
        (&c.detail).into(),
        c.same_as.as_deref().into(),
        secret_name(key, c).into(),
    ]);
}

/// By what a long-lived secret is the same in other places: what its import told, else the id that its platform publishes.
fn secret_name(key: &str, c: &Facts) -> Option<String> {
    let own = || keys::public_id(key).filter(|_| c.long_lived && c.kind != Kind::Trust);
    c.same_as.as_ref().map(|place| format!("place {place}")).or_else(own).filter(|name| name.len() <= LONGEST)
}

/// Notes that the source no longer shows it.
///
/// # Errors
/// As the database says.
pub async fn end(tx: &mut Tx, of: Holder, key: &str) -> Result<()> {
    tx.execute(END, &[of.identity.into(), of.source.into(), key.into(), of.at.into()]).await.map(drop)
}

/// As [`end`], for all that a source showed of an identity.
///
/// # Errors
/// As the database says.
pub async fn end_all(tx: &mut Tx, of: Holder) -> Result<()> {
    tx.execute(END_ALL, &[of.identity.into(), of.source.into(), of.at.into()]).await.map(drop)
}

/// What these identities authenticate with now, by name, with how far their sources' word on use goes.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<Credential>> {
    tx.all_in(OF_IDENTITIES, LIVE_IN_ORDER, ids).await?.iter().map(with_word).collect()
}

/// # Errors
/// As the database says.
pub async fn of_source(tx: &mut Tx, id: SourceId) -> Result<Vec<Credential>> {
    tx.all(OF_SOURCE, &[id.into()]).await?.iter().map(decode).collect()
}

fn with_word(row: &Row) -> Result<Credential> {
    let told = Told::of(row.some_at("last_sync_at")?, row.int("max_staleness_s")?);
    Ok(Credential { told, ..decode(row)? })
}

pub(super) fn decode(row: &Row) -> Result<Credential> {
    Ok(Credential {
        id: row.id("id")?,
        identity: row.id("identity_id")?,
        source: row.id("source_id")?,
        key: row.text("external_ref")?,
        facts: Facts {
            kind: row.id("kind")?,
            active: row.flag("active")?,
            long_lived: row.flag("long_lived")?,
            created_at: row.some_at("created_at")?,
            last_rotated_at: row.some_at("last_rotated_at")?,
            last_used_at: row.some_at("last_used_at")?,
            usage_reported: row.flag("usage_reported")?,
            expires_at: row.some_at("expires_at")?,
            expiry_reported: row.flag("expiry_reported")?,
            storage: row.some_id("storage")?,
            interactive: row.flag("interactive")?,
            trust_wildcard: row.flag("trust_wildcard")?,
            exposed: row.some_at("exposure_detected_at")?.is_some(),
            detail: row.text("detail")?,
            same_as: row.some_text("same_as")?,
        },
        first_seen_at: row.at("first_seen_at")?,
        told: None,
    })
}
