//! One-time links and sessions, both known by the SHA-256 of what the browser holds.
use super::db::Tx;
use crate::error::Result;
use crate::id::PersonId;
use crate::person::Role;
use crate::time::Timestamp;
use std::collections::BTreeSet;

const LINK_INSERT: &str = "insert into links (hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)";
const LINK_GET: &str = "select person_id, expires_at, used_at from links where hash = $1";
const LINK_USE: &str = "update links set used_at = $2 where hash = $1 and used_at is null";
const LINKS_EVER_USED: &str = "select count(*) as n from links where used_at is not null";
const LINKS_FORGET: &str = "delete from links where used_at is null and expires_at < $1";
const PERSON: &str = "select name, email, status, epoch from people where id = $1";
const ROLES: &str = "select role from person_roles where person_id = $1 and from_at <= $2 and (to_at is null or to_at > $2) order by role";
const ADMIN: &str = "select p.id as id from people p join person_roles r on r.person_id = p.id
    where p.status = 'active' and r.role = 'admin' and r.to_at is null order by p.created_at, p.id limit 1";
const PERSON_INSERT: &str =
    "insert into people (id, email, name, status, created_at) values ($1, $2, $3, 'active', $4)";
const ROLE_INSERT: &str = "insert into person_roles (person_id, role, from_at) values ($1, $2, $3)";
const GET: &str = "select data, opened_at, seen_at from sessions where hash = $1";
const PUT: &str = "insert into sessions (hash, data, opened_at, seen_at) values ($1, $2, $3, $3)
    on conflict (hash) do update set data = excluded.data, seen_at = excluded.seen_at";
const SEEN: &str = "update sessions set seen_at = $2 where hash = $1 and seen_at < $2";
const DELETE: &str = "delete from sessions where hash = $1";
const END_ALL: &str = "delete from sessions";
const LINKS_END: &str = "delete from links where used_at is null";
const FORGET: &str = "delete from sessions where seen_at < $1 or opened_at < $2";

/// A one-time link as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    pub person: PersonId,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// A person as a session needs to know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub name: String,
    pub email: String,
    pub status: String,
    pub epoch: i64,
    pub roles: BTreeSet<Role>,
}

/// A session as kept; `data` is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub data: String,
    pub opened_at: Timestamp,
    pub seen_at: Timestamp,
}

/// # Errors
/// As the database says.
pub async fn link_insert(
    tx: &mut Tx,
    hash: &[u8],
    person: PersonId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(LINK_INSERT, &[hash.into(), person.into(), at.into(), expires_at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn link_get(tx: &mut Tx, hash: &[u8]) -> Result<Option<LinkRow>> {
    let Some(row) = tx.optional(LINK_GET, &[hash.into()]).await? else { return Ok(None) };
    Ok(Some(LinkRow {
        person: row.id("person_id")?,
        expires_at: row.at("expires_at")?,
        used_at: row.some_at("used_at")?,
    }))
}

/// # Errors
/// `Conflict` if it was used in the meantime.
pub async fn link_use(tx: &mut Tx, hash: &[u8], at: Timestamp) -> Result<()> {
    tx.execute_one(LINK_USE, &[hash.into(), at.into()], "this link was used already: ask for a new one").await
}

/// # Errors
/// As the database says.
pub async fn links_ever_used(tx: &mut Tx) -> Result<bool> {
    Ok(tx.one(LINKS_EVER_USED, &[]).await?.int("n")? > 0)
}

/// Drops links that ran out unused before `before`. Used ones stay: they say that somebody has signed in.
///
/// # Errors
/// As the database says.
pub async fn links_forget(tx: &mut Tx, before: Timestamp) -> Result<()> {
    tx.execute(LINKS_FORGET, &[before.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn person(tx: &mut Tx, id: PersonId, at: Timestamp) -> Result<Option<PersonRow>> {
    let Some(row) = tx.optional(PERSON, &[id.into()]).await? else { return Ok(None) };
    let roles = tx.all(ROLES, &[id.into(), at.into()]).await?;
    Ok(Some(PersonRow {
        name: row.text("name")?,
        email: row.text("email")?,
        status: row.text("status")?,
        epoch: row.int("epoch")?,
        roles: roles.iter().map(|r| r.id("role")).collect::<Result<_>>()?,
    }))
}

/// The first active admin.
///
/// # Errors
/// As the database says.
pub async fn admin(tx: &mut Tx) -> Result<Option<PersonId>> {
    tx.optional(ADMIN, &[]).await?.map(|row| row.id("id")).transpose()
}

/// The person a first start makes.
///
/// # Errors
/// `Conflict` if somebody has that address.
pub async fn admin_insert(tx: &mut Tx, id: PersonId, email: &str, name: &str, at: Timestamp) -> Result<()> {
    tx.execute(PERSON_INSERT, &[id.into(), email.into(), name.into(), at.into()]).await?;
    tx.execute(ROLE_INSERT, &[id.into(), "admin".into(), at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, hash: &[u8]) -> Result<Option<SessionRow>> {
    let Some(row) = tx.optional(GET, &[hash.into()]).await? else { return Ok(None) };
    Ok(Some(SessionRow { data: row.text("data")?, opened_at: row.at("opened_at")?, seen_at: row.at("seen_at")? }))
}

/// # Errors
/// As the database says.
pub async fn put(tx: &mut Tx, hash: &[u8], data: &str, at: Timestamp) -> Result<()> {
    tx.execute(PUT, &[hash.into(), data.into(), at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn seen(tx: &mut Tx, hash: &[u8], at: Timestamp) -> Result<()> {
    tx.execute(SEEN, &[hash.into(), at.into()]).await.map(drop)
}

/// # Errors
/// As the database says.
pub async fn delete(tx: &mut Tx, hash: &[u8]) -> Result<()> {
    tx.execute(DELETE, &[hash.into()]).await.map(drop)
}

/// Ends every session and every link that was not used.
///
/// # Errors
/// As the database says.
pub async fn end_all(tx: &mut Tx) -> Result<u64> {
    tx.execute(LINKS_END, &[]).await?;
    tx.execute(END_ALL, &[]).await
}

/// Drops sessions last seen before `seen` or opened before `opened`.
///
/// # Errors
/// As the database says.
pub async fn forget(tx: &mut Tx, seen: Timestamp, opened: Timestamp) -> Result<()> {
    tx.execute(FORGET, &[seen.into(), opened.into()]).await.map(drop)
}
