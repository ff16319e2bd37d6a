//! `/Users`: the people of the register. SCIM gives nobody a role of the console, and takes those of who comes back.
use super::Doing;
use super::known::{Keep, Known, forget, keep, location};
use crate::engine::Write;
use crate::engine::people::{self, NewPerson, PersonChange};
use crate::error::Error;
use crate::id::PersonId;
use crate::log::event::EventKind;
use crate::person::{self, Person, Status};
use crate::scim::{Document, Fault, Resource, Result};
use crate::store::{self, db::Tx, scim::Stored};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const KIND: Resource = Resource::User;

/// Provisioned groups by the name that policies know: id and name as it is shown.
type Groups = BTreeMap<String, (String, Value)>;

pub(super) async fn load(tx: &mut Tx, base: &str, id: &str) -> Result<Option<Known>> {
    let Ok(id) = id.parse::<PersonId>() else { return Ok(None) };
    let Some(person) = store::people::get(tx, id).await? else { return Ok(None) };
    let stored = store::scim::get(tx, KIND, &id.to_string()).await?;
    let groups = groups(tx).await?;
    Ok(known(person, stored, &groups, base))
}

pub(super) async fn all(tx: &mut Tx, base: &str) -> Result<Vec<Known>> {
    let rows = store::scim::all(tx, KIND).await?;
    let mut rows: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let groups = groups(tx).await?;
    let people = store::people::list(tx, "", i64::MAX).await?;
    Ok(people.into_iter().filter_map(|p| known(p.clone(), rows.remove(&p.id.to_string()), &groups, base)).collect())
}

/// Who has this userName.
pub(super) async fn id_of(tx: &mut Tx, user_name: &str) -> Result<Option<String>> {
    let name = user_name.to_lowercase();
    if let Some(stored) = store::scim::by_name(tx, KIND, &name).await? {
        return Ok(Some(stored.id));
    }
    Ok(store::people::by_email(tx, &name).await?.map(|p| p.id.to_string()))
}

async fn groups(tx: &mut Tx) -> Result<Groups> {
    let rows = store::scim::all(tx, Resource::Group).await?;
    Ok(rows.into_iter().map(|s| (s.name, (s.id, s.document["displayName"].clone()))).collect())
}

/// Whether a person is shown: who has left is only while SCIM still speaks of them.
fn visible(person: &Person, stored: Option<&Stored>) -> bool {
    person.status != Status::Left || stored.is_some_and(|s| s.deleted_at.is_none())
}

fn known(person: Person, stored: Option<Stored>, groups: &Groups, base: &str) -> Option<Known> {
    if !visible(&person, stored.as_ref()) {
        return None;
    }
    let live = stored.as_ref().filter(|s| s.deleted_at.is_none());
    let mut document = live.map_or_else(Document::new, |s| s.document.clone());
    if live.is_none() {
        document.insert("userName".into(), json!(person.email));
        document.insert("emails".into(), json!([{ "value": person.email, "type": "work", "primary": true }]));
    }
    if name_of(&document) != person.name {
        document.insert("displayName".into(), json!(person.name));
    }
    document.insert("active".into(), json!(person.status != Status::Left));
    let group = |(id, display): &(String, Value)| json!({ "value": id, "$ref": location(base, Resource::Group, id), "display": display });
    let groups: Vec<_> = person.groups.iter().filter_map(|g| groups.get(g)).map(group).collect();
    let computed = if groups.is_empty() { vec![] } else { vec![("groups", Value::Array(groups))] };
    Some(Known {
        id: person.id.to_string(),
        kind: KIND,
        created_at: live.map_or(person.created_at, |s| s.created_at),
        changed_at: live.map_or(person.created_at, |s| s.changed_at),
        stored,
        document,
        computed,
    })
}

/// The name a person has in the register: as it is shown, else of its parts, else the userName.
fn name_of(document: &Document) -> String {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(|t| t.trim().to_owned());
    let part = |name: &str| text(document.get("name").and_then(|n| n.get(name)));
    let parts: Vec<_> = [part("givenName"), part("familyName")].into_iter().flatten().collect();
    let parts = Some(parts.join(" ")).filter(|joined| !joined.is_empty());
    let choices = [text(document.get("displayName")), part("formatted"), parts, text(document.get("userName"))];
    choices.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default()
}

/// The address: the userName where it is one, else the primary one of the e-mail addresses, else the first.
fn address(document: &Document) -> Result<String> {
    let user_name = document["userName"].as_str().unwrap_or_default();
    if let Ok(address) = person::email(user_name) {
        return Ok(address);
    }
    let emails = document["emails"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chosen = emails.iter().find(|e| e["primary"] == true).or(emails.first());
    let value = chosen.and_then(|e| e["value"].as_str()).unwrap_or_default();
    person::email(value).map_err(|e| Fault::value(format!("userName is no e-mail address, and emails: {}", e.detail)))
}

pub(super) async fn put(w: &mut Write, doing: &mut Doing, known: Option<&Known>, after: &Document) -> Result<String> {
    let address = address(after)?;
    let user_name = after["userName"].as_str().unwrap_or_default().to_lowercase();
    let taken = store::scim::by_name(&mut w.tx, KIND, &user_name).await?;
    if taken.is_some_and(|other| known.is_none_or(|k| k.id != other.id)) {
        return Err(Fault::taken("userName: another person has it"));
    }
    let (person, stored) = match known {
        Some(known) => (readdressed(w, known, &address).await?, known.stored.clone()),
        None => made(w, &address, after).await?,
    };
    let (person, stopped_at) = at_work(w, doing, person, stored.as_ref(), after["active"] == true).await?;
    let change = PersonChange { name: Some(name_of(after)), ..PersonChange::default() };
    let (person, _) = people::apply(w, person, change).await?;
    let row = Keep {
        id: person.id.to_string(),
        kind: KIND,
        source: None,
        name: user_name,
        document: after.clone(),
        stopped_at,
    };
    keep(w, stored.as_ref(), row).await?;
    Ok(person.id.to_string())
}

/// A person nobody knew, or one whom SCIM ended and brings back.
async fn made(w: &mut Write, address: &str, after: &Document) -> Result<(Person, Option<Stored>)> {
    let Some(person) = store::people::by_email(&mut w.tx, address).await? else {
        let new = NewPerson { email: address.to_owned(), name: name_of(after), ..NewPerson::default() };
        return Ok((people::add(w, new).await?, None));
    };
    let stored = store::scim::get(&mut w.tx, KIND, &person.id.to_string()).await?;
    if visible(&person, stored.as_ref()) {
        return Err(Fault::taken(format!("{address} is in the register already: look for userName eq {address:?}")));
    }
    Ok((person, stored))
}

/// The person with the address that is now said. Who holds a role of the console keeps theirs: whoever reads the mail of an
/// admin could become one.
async fn readdressed(w: &mut Write, known: &Known, address: &str) -> Result<Person> {
    let id: PersonId = known.id.parse().map_err(Error::internal)?;
    let person = store::people::get(&mut w.tx, id).await?;
    let mut person = person.ok_or_else(|| Error::broken("a person that was just read is not there"))?;
    if person.email == address {
        return Ok(person);
    }
    if !person.roles.is_empty() {
        return Err(Fault::forbidden(format!(
            "{} holds roles in Countersign: SCIM does not change the address of who does",
            person.email
        )));
    }
    if store::people::by_email(&mut w.tx, address).await?.is_some() {
        return Err(Fault::taken(format!("{address} is in the register already")));
    }
    let before = person.clone();
    address.clone_into(&mut person.email);
    person.epoch += 1;
    store::people::readdress(&mut w.tx, &before, &person).await?;
    people::note(w, EventKind::PersonChanged, Some(&before), &person).await?;
    person.version += 1;
    Ok(person)
}

/// Leaves or comes back, as `active` says; with when SCIM ended them.
async fn at_work(
    w: &mut Write,
    doing: &mut Doing,
    person: Person,
    stored: Option<&Stored>,
    active: bool,
) -> Result<(Person, Option<crate::time::Timestamp>)> {
    let stopped_at = stored.and_then(|s| s.stopped_at);
    let change = match (person.status == Status::Left, active) {
        (false, true) => return Ok((person, None)),
        (true, false) => return Ok((person, stopped_at)),
        (false, false) => PersonChange { status: Some(Status::Left), ..PersonChange::default() },
        (true, true) if stopped_at.is_some() && stopped_at == person.left_at => PersonChange {
            status: Some(Status::Active),
            // whoever may provision makes nobody an admin, nor an admin again
            roles: Some(BTreeSet::new()),
            ..PersonChange::default()
        },
        (true, true) => {
            return Err(Fault::conflict(format!(
                "{} left by a decision in Countersign: take them back there",
                person.email
            )));
        }
    };
    let (person, owned) = people::apply(w, person, change).await?;
    doing.touched.extend(owned);
    let left_at = person.left_at;
    Ok((person, left_at))
}

/// The person leaves, and their groups with them.
pub(super) async fn delete(w: &mut Write, doing: &mut Doing, known: &Known) -> Result<()> {
    let id: PersonId = known.id.parse().map_err(Error::internal)?;
    let person = store::people::get(&mut w.tx, id).await?;
    let person = person.ok_or_else(|| Error::broken("a person that was just read is not there"))?;
    let (person, stopped_at) = at_work(w, doing, person, known.stored.as_ref(), false).await?;
    let change = PersonChange { groups: Some(BTreeSet::new()), ..PersonChange::default() };
    let (_, owned) = people::apply(w, person, change).await?;
    doing.touched.extend(owned);
    forget(w, known, stopped_at).await
}
