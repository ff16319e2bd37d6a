//! People, their roles and groups. Roles and groups are kept with their time: who could decide then is evidence.
use super::db::{Arg, Row, Tx};
use crate::error::Result;
use crate::id::PersonId;
use crate::person::{Person, Role, Status};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const INSERT: &str = "insert into people (id, email, name, status, manager_id, created_at, left_at, epoch, version) values ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
const UPDATE: &str = "update people set name = $2, status = $3, manager_id = $4, left_at = $5, epoch = $6, version = version + 1 where id = $1 and version = $7";
const READDRESS: &str =
    "update people set email = $2, epoch = $3, version = version + 1 where id = $1 and version = $4";
const BY_ID: &str = "select * from people where id = $1";
const BY_EMAIL: &str = "select * from people where email = $1";
const ALL: &str = "select * from people where email > $1 order by email limit $2";
const ROLES: &str = "select person_id, role from person_roles where to_at is null and ($1 is null or person_id = $1)";
const GROUPS: &str = "select person_id, grp from person_groups where to_at is null and ($1 is null or person_id = $1)";
const ROLE_GIVE: &str = "insert into person_roles (person_id, role, from_at) values ($1, $2, $3) on conflict (person_id, role, from_at) do update set to_at = null";
const ROLE_TAKE: &str = "update person_roles set to_at = $3 where person_id = $1 and role = $2 and to_at is null";
const GROUP_GIVE: &str = "insert into person_groups (person_id, grp, from_at) values ($1, $2, $3) on conflict (person_id, grp, from_at) do update set to_at = null";
const GROUP_TAKE: &str = "update person_groups set to_at = $3 where person_id = $1 and grp = $2 and to_at is null";
const OWNED: &str =
    "select id from identities where status <> 'retired' and (owner_id = $1 or backup_id = $1) order by id";
const ACTIVE_WITH: &str = "select p.id from people p join person_roles r on r.person_id = p.id where p.status = 'active' and r.to_at is null and r.role = $1 order by p.id";

/// # Errors
/// `Conflict` if there is a person with this address.
pub async fn insert(tx: &mut Tx, p: &Person) -> Result<()> {
    let args = [
        p.id.into(),
        (&p.email).into(),
        (&p.name).into(),
        p.status.as_str().into(),
        p.manager.into(),
        p.created_at.into(),
        p.left_at.into(),
        p.epoch.into(),
    ];
    tx.execute(INSERT, &args).await?;
    grant(tx, p.id, &p.roles, &p.groups, p.created_at).await
}

/// Writes a changed person over the one that was read; roles and groups keep their history.
///
/// # Errors
/// `Conflict` if they changed meanwhile.
pub async fn update(tx: &mut Tx, before: &Person, after: &Person, at: Timestamp) -> Result<()> {
    let args = [
        after.id.into(),
        (&after.name).into(),
        after.status.as_str().into(),
        after.manager.into(),
        after.left_at.into(),
        after.epoch.into(),
        before.version.into(),
    ];
    tx.execute_one(UPDATE, &args, "this person was changed in the meantime").await?;
    for role in before.roles.difference(&after.roles) {
        tx.execute(ROLE_TAKE, &[after.id.into(), role.as_str().into(), at.into()]).await?;
    }
    for group in before.groups.difference(&after.groups) {
        tx.execute(GROUP_TAKE, &[after.id.into(), group.into(), at.into()]).await?;
    }
    let roles = after.roles.difference(&before.roles).copied().collect();
    let groups = after.groups.difference(&before.groups).cloned().collect();
    grant(tx, after.id, &roles, &groups, at).await
}

/// Writes another address over the person that was read.
///
/// # Errors
/// `Conflict` if they changed meanwhile, or another has the address.
pub async fn readdress(tx: &mut Tx, before: &Person, after: &Person) -> Result<()> {
    let args = [after.id.into(), (&after.email).into(), after.epoch.into(), before.version.into()];
    tx.execute_one(READDRESS, &args, "this person was changed in the meantime").await
}

async fn grant(
    tx: &mut Tx,
    id: PersonId,
    roles: &BTreeSet<Role>,
    groups: &BTreeSet<String>,
    at: Timestamp,
) -> Result<()> {
    for role in roles {
        tx.execute(ROLE_GIVE, &[id.into(), role.as_str().into(), at.into()]).await?;
    }
    for group in groups {
        tx.execute(GROUP_GIVE, &[id.into(), group.into(), at.into()]).await?;
    }
    Ok(())
}

/// # Errors
/// As the database says.
pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<Person>> {
    let row = tx.optional(BY_ID, &[id.into()]).await?;
    whole(tx, row).await
}

/// By their address, in the form that is kept (lower case).
///
/// # Errors
/// As the database says.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Person>> {
    let row = tx.optional(BY_EMAIL, &[email.into()]).await?;
    whole(tx, row).await
}

/// In the order of their addresses, from after one on.
///
/// # Errors
/// As the database says.
pub async fn list(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<Person>> {
    let rows = tx.all(ALL, &[after.into(), limit.into()]).await?;
    let (mut roles, mut groups) = (BTreeMap::new(), BTreeMap::new());
    for row in tx.all(ROLES, &[Arg::Text(None)]).await? {
        roles.entry(row.text("person_id")?).or_insert_with(BTreeSet::new).insert(row.id("role")?);
    }
    for row in tx.all(GROUPS, &[Arg::Text(None)]).await? {
        groups.entry(row.text("person_id")?).or_insert_with(BTreeSet::new).insert(row.text("grp")?);
    }
    rows.iter()
        .map(|row| {
            let id = row.text("id")?;
            decode(row, roles.remove(&id).unwrap_or_default(), groups.remove(&id).unwrap_or_default())
        })
        .collect()
}

/// The identities this person answers for, as owner or backup, that are not retired.
///
/// # Errors
/// As the database says.
pub async fn owned(tx: &mut Tx, id: PersonId) -> Result<Vec<crate::id::IdentityId>> {
    tx.all(OWNED, &[id.into()]).await?.iter().map(|row| row.id("id")).collect()
}

/// Who is active and holds this role, in the order of their ids.
///
/// # Errors
/// As the database says.
pub async fn active_with(tx: &mut Tx, role: Role) -> Result<Vec<PersonId>> {
    tx.all(ACTIVE_WITH, &[role.as_str().into()]).await?.iter().map(|row| row.id("id")).collect()
}

async fn whole(tx: &mut Tx, row: Option<Row>) -> Result<Option<Person>> {
    let Some(row) = row else { return Ok(None) };
    let id: Arg = row.text("id")?.into();
    let roles = tx.all(ROLES, std::slice::from_ref(&id)).await?.iter().map(|r| r.id("role")).collect::<Result<_>>()?;
    let groups = tx.all(GROUPS, &[id]).await?.iter().map(|r| r.text("grp")).collect::<Result<_>>()?;
    decode(&row, roles, groups).map(Some)
}

fn decode(row: &Row, roles: BTreeSet<Role>, groups: BTreeSet<String>) -> Result<Person> {
    Ok(Person {
        id: row.id("id")?,
        email: row.text("email")?,
        name: row.text("name")?,
        manager: row.some_id("manager_id")?,
        roles,
        groups,
        status: row.id::<Status>("status")?,
        created_at: row.at("created_at")?,
        left_at: row.some_at("left_at")?,
        epoch: row.int("epoch")?,
        version: row.int("version")?,
    })
}
