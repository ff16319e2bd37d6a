//! What sources claim exists, and who asked us.
use super::db::{Arg, Row, Tx};
use super::many::Rows;
use crate::error::{Error, Result};
use crate::id::{IdentityId, SightingId, SourceId};
use crate::identity::Kind;
use crate::import::snapshot::{Claim, POWER};
use crate::sighting::Sighting;
use crate::source::Told;
use crate::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

const PUT: &str = "insert into sightings (id, source_id, principal_ref, kind, name, identity_id, claim, usage_until, first_seen_at, last_seen_at)";
const PUT_AGAIN: &str = "on conflict (source_id, principal_ref) do update set kind = excluded.kind, name = excluded.name, identity_id = excluded.identity_id, claim = excluded.claim, usage_until = excluded.usage_until, last_seen_at = excluded.last_seen_at, gone_at = null";
const GONE: &str = "update sightings set gone_at = $3 where source_id = $1 and principal_ref = $2 and gone_at is null returning identity_id";
const ASKED: &str = "insert into sightings (id, source_id, principal_ref, kind, name, first_seen_at, last_seen_at) values ($1, null, $2, $3, $4, $5, $5) on conflict (principal_ref) where source_id is null do update set last_seen_at = excluded.last_seen_at returning id";
const MATCH_ASKED: &str = "update sightings set identity_id = $2 where source_id is null and principal_ref = $1";
const OF_SOURCE: &str = "select * from sightings where source_id = $1 and gone_at is null order by principal_ref";
const GONE_OF: &str =
    "select * from sightings where source_id = $1 and gone_at is not null and claim is not null order by principal_ref";
const IDENTITIES_OF: &str =
    "select principal_ref, identity_id from sightings where source_id = $1 and identity_id is not null";
const ONE: &str = "select * from sightings where source_id = $1 and principal_ref = $2";
const OF_IDENTITY: &str = "select * from sightings where identity_id = $1 order by first_seen_at, id";
const OF_IDENTITIES: &str = "select * from sightings where identity_id";
const NOTED: &str = "select g.identity_id, g.claim, g.usage_until, s.last_sync_at, s.max_staleness_s from sightings g join sources s on s.id = g.source_id where g.identity_id";
const NOTED_LIVE: &str = "and g.gone_at is null and g.claim is not null order by g.identity_id, g.id";
const LIVE_ELSEWHERE: &str = "select count(*) as n from sightings where identity_id = $1 and source_id is not null and source_id <> $2 and gone_at is null";
const UNMATCHED: &str =
    "select * from sightings where identity_id is null and gone_at is null and id > $1 order by id limit $2";
const BY_ID: &str = "select * from sightings where id = $1";

/// A sighting with what its source says of the principal; none for one that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub sighting: Sighting,
    pub claim: Option<Claim>,
}

/// Principals as their source shows them now, not yet written.
#[must_use]
pub fn rows() -> Rows {
    Rows::into_table(PUT, 10).or(PUT_AGAIN)
}

/// Adds one to them.
///
/// # Errors
/// `Internal` if the claim cannot be written down.
pub fn push(
    rows: &mut Rows,
    id: SightingId,
    (source, identity): (SourceId, IdentityId),
    (principal, claim): (&str, &Claim),
    at: Timestamp,
) -> Result<()> {
    rows.push([
        id.into(),
        source.into(),
        principal.into(),
        claim.kind.as_str().into(),
        (&claim.name).into(),
        identity.into(),
        Arg::json(claim)?,
        claim.usage_until.into(),
        at.into(),
        at.into(),
    ]);
    Ok(())
}

/// Notes that the source no longer shows it, and says which identity that was.
///
/// # Errors
/// As the database says.
pub async fn gone(tx: &mut Tx, source: SourceId, principal: &str, at: Timestamp) -> Result<Option<IdentityId>> {
    let row = tx.optional(GONE, &[source.into(), principal.into(), at.into()]).await?;
    row.map_or(Ok(None), |row| row.some_id("identity_id"))
}

/// Notes that somebody who is not in the register asked: a visibility gap.
///
/// # Errors
/// As the database says.
pub async fn asked(tx: &mut Tx, id: SightingId, kind: Kind, name: &str, at: Timestamp) -> Result<SightingId> {
    let principal = format!("{kind}:{name}");
    tx.one(ASKED, &[id.into(), principal.into(), kind.as_str().into(), name.into(), at.into()]).await?.id("id")
}

/// Who asked before is registered now.
///
/// # Errors
/// As the database says.
pub async fn match_asked(tx: &mut Tx, kind: Kind, name: &str, identity: IdentityId) -> Result<bool> {
    let principal = format!("{kind}:{name}");
    Ok(tx.execute(MATCH_ASKED, &[principal.into(), identity.into()]).await? > 0)
}

/// What a source shows now.
///
/// # Errors
/// As the database says.
pub async fn of_source(tx: &mut Tx, source: SourceId) -> Result<Vec<Seen>> {
    tx.all(OF_SOURCE, &[source.into()]).await?.iter().map(decode).collect()
}

/// What a source showed once and shows no more.
///
/// # Errors
/// As the database says.
pub async fn gone_of(tx: &mut Tx, source: SourceId) -> Result<Vec<Seen>> {
    tx.all(GONE_OF, &[source.into()]).await?.iter().map(decode).collect()
}

/// Which identity each principal of a source is, gone ones among them.
///
/// # Errors
/// As the database says.
pub async fn identities_of(tx: &mut Tx, source: SourceId) -> Result<HashMap<String, IdentityId>> {
    let rows = tx.all(IDENTITIES_OF, &[source.into()]).await?;
    rows.iter().map(|row| Ok((row.text("principal_ref")?, row.id("identity_id")?))).collect()
}

/// What a source showed by this name, gone or not.
///
/// # Errors
/// As the database says.
pub async fn one(tx: &mut Tx, source: SourceId, principal: &str) -> Result<Option<Seen>> {
    tx.optional(ONE, &[source.into(), principal.into()]).await?.as_ref().map(decode).transpose()
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: SightingId) -> Result<Option<Seen>> {
    tx.optional(BY_ID, &[id.into()]).await?.as_ref().map(decode).transpose()
}

/// # Errors
/// As the database says.
pub async fn of_identity(tx: &mut Tx, identity: IdentityId) -> Result<Vec<Seen>> {
    tx.all(OF_IDENTITY, &[identity.into()]).await?.iter().map(decode).collect()
}

/// The same of many, those of each in one order.
///
/// # Errors
/// As the database says.
pub async fn of_identities(tx: &mut Tx, ids: &[Arg]) -> Result<Vec<Seen>> {
    tx.all_in(OF_IDENTITIES, "order by first_seen_at, id", ids).await?.iter().map(decode).collect()
}

/// How many other sources show it still.
///
/// # Errors
/// As the database says.
pub async fn live_elsewhere(tx: &mut Tx, identity: IdentityId, but: SourceId) -> Result<i64> {
    tx.one(LIVE_ELSEWHERE, &[identity.into(), but.into()]).await?.int("n")
}

/// Visibility gaps, in order, from after one on.
///
/// # Errors
/// As the database says.
pub async fn unmatched(tx: &mut Tx, after: Option<SightingId>, limit: i64) -> Result<Vec<Seen>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    tx.all(UNMATCHED, &[after.into(), limit.into()]).await?.iter().map(decode).collect()
}

/// What the sources of an identity say of it.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// What its rights lead to, each with where it holds them ([`POWER`] of their notes).
    pub powers: Vec<(String, String)>,
    /// How far the word of all those goes that tell when it was last used: as far as the shortest.
    pub told: Option<Told>,
}

/// What the sources of identities say of them now.
///
/// # Errors
/// As the database says.
pub async fn said(tx: &mut Tx, ids: &[Arg]) -> Result<HashMap<IdentityId, Said>> {
    /// Of a claim, all that is read here.
    #[derive(serde::Deserialize)]
    struct Noted {
        notes: BTreeMap<String, String>,
        usage_reported: bool,
    }
    let mut all: HashMap<_, Said> = HashMap::new();
    for row in tx.all_in(NOTED, NOTED_LIVE, ids).await? {
        let noted: Noted = serde_json::from_str(&row.text("claim")?).map_err(Error::internal)?;
        let powers = noted.notes.into_iter().filter_map(|(way, at)| Some((way.strip_prefix(POWER)?.to_owned(), at)));
        let said = all.entry(row.id("identity_id")?).or_default();
        said.powers.extend(powers);
        if noted.usage_reported {
            let until = row.some_at("usage_until")?.or(row.some_at("last_sync_at")?);
            let told = Told::of(until, row.int("max_staleness_s")?);
            said.told = Told::all(said.told, told);
        }
    }
    Ok(all)
}

fn decode(row: &Row) -> Result<Seen> {
    let claim = row.some_text("claim")?.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Seen {
        sighting: Sighting {
            id: row.id("id")?,
            source: row.some_id("source_id")?,
            principal: row.text("principal_ref")?,
            kind: row.id("kind")?,
            name: row.text("name")?,
            identity: row.some_id("identity_id")?,
            first_seen_at: row.at("first_seen_at")?,
            last_seen_at: row.at("last_seen_at")?,
            gone_at: row.some_at("gone_at")?,
        },
        claim: claim.map_err(crate::error::Error::internal)?,
    })
}
