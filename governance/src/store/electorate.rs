//! Who could be asked to decide, as the register says now.
use super::db::Tx;
use crate::error::Result;
use crate::escalation::{Approver, Bars, Delegation, Electorate};
use crate::id::{IdentityId, PersonId};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: &str = "select p.id as id, p.name as name, p.status as status, max(case when r.role = 'approver' then r.from_at end) as since, cast(max(case when r.role = 'admin' then 1 else 0 end) as bigint) as admin from people p join person_roles r on r.person_id = p.id and r.from_at <= $1 and (r.to_at is null or r.to_at > $1) group by p.id, p.name, p.status having max(case when r.role = 'approver' then 1 else 0 end) = 1 or p.id = $2 order by p.id";
const GROUPS: &str = "select person_id, grp from person_groups where from_at <= $1 and (to_at is null or to_at > $1)";
const DELEGATIONS: &str =
    "select from_person, to_person, grp, from_at, to_at from delegations where from_at <= $1 and to_at > $1";
const NAME: &str = "select name from people where id = $1";
const OWNERS: &str = "select owner_id, backup_id from identities where id = $1";

/// Everyone with the role approver, and `voter` whatever they are; the owners of `identity` as they are now. With names.
///
/// # Errors
/// As the database says.
pub async fn get(
    tx: &mut Tx,
    identity: IdentityId,
    voter: Option<PersonId>,
    installed_at: Timestamp,
    at: Timestamp,
) -> Result<(Electorate, BTreeMap<PersonId, String>)> {
    let mut groups: BTreeMap<PersonId, BTreeSet<String>> = BTreeMap::new();
    for row in tx.all(GROUPS, &[at.into()]).await? {
        groups.entry(row.id("person_id")?).or_default().insert(row.text("grp")?);
    }
    let (mut people, mut names) = (Vec::new(), BTreeMap::new());
    for row in tx.all(PEOPLE, &[at.into(), voter.into()]).await? {
        let id: PersonId = row.id("id")?;
        names.insert(id, row.text("name")?);
        people.push(Approver {
            id,
            active: row.text("status")? == "active",
            approver_since: row.some_at("since")?,
            admin: row.int("admin")? == 1,
            groups: groups.remove(&id).unwrap_or_default(),
        });
    }
    let mut delegations = Vec::new();
    for row in tx.all(DELEGATIONS, &[at.into()]).await? {
        delegations.push(Delegation {
            from: row.id("from_person")?,
            to: row.id("to_person")?,
            route: row.some_text("grp")?,
            start: row.at("from_at")?,
            end: row.at("to_at")?,
        });
    }
    let bars = Bars { owners: owners(tx, identity).await?, ..Bars::default() };
    Ok((Electorate { people, delegations, bars, installed_at: Some(installed_at) }, names))
}

/// A person's name.
///
/// # Errors
/// As the database says.
pub async fn name(tx: &mut Tx, person: PersonId) -> Result<Option<String>> {
    tx.optional(NAME, &[person.into()]).await?.map(|row| row.text("name")).transpose()
}

/// Who answers for an identity now: owner and backup.
///
/// # Errors
/// As the database says.
pub async fn owners(tx: &mut Tx, identity: IdentityId) -> Result<BTreeSet<PersonId>> {
    let Some(row) = tx.optional(OWNERS, &[identity.into()]).await? else { return Ok(BTreeSet::new()) };
    Ok([row.some_id("owner_id")?, row.some_id("backup_id")?].into_iter().flatten().collect())
}
