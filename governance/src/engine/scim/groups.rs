//! `/Groups`: the groups of people that policies ask for approvers.
use super::Doing;
use super::known::{Keep, Known, forget, keep, location};
use crate::engine::Write;
use crate::engine::people::{self, PersonChange};
use crate::error::Error;
use crate::id::{GroupId, PersonId};
use crate::person::Status;
use crate::scim::{Document, Fault, Resource, Result};
use crate::store::{self, db::Tx, scim::Stored};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const KIND: Resource = Resource::Group;

pub(super) async fn load(tx: &mut Tx, base: &str, id: &str) -> Result<Option<Known>> {
    match store::scim::get(tx, KIND, id).await? {
        Some(stored) if stored.deleted_at.is_none() => known(tx, stored, base).await.map(Some),
        _ => Ok(None),
    }
}

pub(super) async fn all(tx: &mut Tx, base: &str) -> Result<Vec<Known>> {
    let mut all = vec![];
    for stored in store::scim::all(tx, KIND).await? {
        all.push(known(tx, stored, base).await?);
    }
    Ok(all)
}

async fn known(tx: &mut Tx, stored: Stored, base: &str) -> Result<Known> {
    let members = store::scim::members(tx, &stored.name).await?;
    let mut document = stored.document.clone();
    if !members.is_empty() {
        document.insert("members".into(), members.iter().map(|id| member(&id.to_string(), base)).collect());
    }
    let (created_at, changed_at) = (stored.created_at, stored.changed_at);
    Ok(Known {
        id: stored.id.clone(),
        kind: KIND,
        stored: Some(stored),
        document,
        computed: vec![],
        created_at,
        changed_at,
    })
}

fn member(id: &str, base: &str) -> Value {
    json!({ "value": id, "$ref": location(base, Resource::User, id), "type": "User" })
}

/// Writes the members out in full, each once and in order, as they are shown.
pub(super) fn in_full(after: &mut Document, base: &str) -> Result<()> {
    let mut ids = BTreeSet::new();
    for given in after.get("members").and_then(Value::as_array).into_iter().flatten() {
        if given["type"].as_str().is_some_and(|t| !t.eq_ignore_ascii_case("User")) {
            return Err(Fault::value("members: people alone are members; groups in groups are not supported"));
        }
        let last = || given["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        let id = given["value"].as_str().or_else(last);
        ids.insert(id.ok_or_else(|| Fault::value("members: value is missing"))?.to_owned());
    }
    if !ids.is_empty() {
        after.insert("members".into(), ids.iter().map(|id| member(id, base)).collect());
    }
    Ok(())
}

/// The name by which policies know a group: what could not stand in a route becomes `-`.
pub(super) fn name_of(display: &str) -> Result<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = display.trim().chars().map(|c| if fine(c) { c } else { '-' }).collect();
    crate::person::check_group(&name).map_err(|e| Fault::value(format!("displayName: {}", e.detail)))?;
    Ok(name)
}

pub(super) async fn put(w: &mut Write, doing: &mut Doing, known: Option<&Known>, after: &Document) -> Result<String> {
    let name = name_of(after["displayName"].as_str().unwrap_or_default())?;
    let stored = known.and_then(|k| k.stored.as_ref());
    let taken = store::scim::by_name(&mut w.tx, KIND, &name).await?;
    if taken.is_some_and(|other| known.is_none_or(|k| k.id != other.id)) {
        return Err(Fault::taken(format!("displayName: there is a group that policies know as {name}")));
    }
    let old = stored.map(|s| s.name.clone());
    let mut wanted = wanted(w, after).await?;
    let mut people = wanted.clone();
    if old.as_ref() != Some(&name) {
        // whoever people put into a group of this name stays in it
        wanted.extend(store::scim::members(&mut w.tx, &name).await?);
    }
    if let Some(old) = &old {
        people.extend(store::scim::members(&mut w.tx, old).await?);
    }
    for id in people {
        let member = wanted.contains(&id);
        regroup(w, doing, id, old.as_deref(), member.then_some(name.as_str())).await?;
    }
    let id = known.map_or_else(|| GroupId::new(w.at(), w.random()).to_string(), |k| k.id.clone());
    let mut document = after.clone();
    document.remove("members");
    let row = Keep { id: id.clone(), kind: KIND, source: None, name, document, stopped_at: None };
    keep(w, stored, row).await?;
    Ok(id)
}

/// The members that are named, each of whom is there.
async fn wanted(w: &mut Write, after: &Document) -> Result<BTreeSet<PersonId>> {
    let mut wanted = BTreeSet::new();
    for given in after.get("members").and_then(Value::as_array).into_iter().flatten() {
        let text = given["value"].as_str().unwrap_or_default();
        let nobody = || Fault::value(format!("members: no User {:?}", crate::word::short(text)));
        let id: PersonId = text.parse().map_err(|_| nobody())?;
        let person = store::people::get(&mut w.tx, id).await?.ok_or_else(nobody)?;
        let stored = store::scim::get(&mut w.tx, Resource::User, text).await?;
        if person.status == Status::Left && stored.is_none_or(|s| s.deleted_at.is_some()) {
            return Err(nobody());
        }
        wanted.insert(id);
    }
    Ok(wanted)
}

/// Takes a person out of one group and into another.
async fn regroup(
    w: &mut Write,
    doing: &mut Doing,
    id: PersonId,
    out_of: Option<&str>,
    into: Option<&str>,
) -> Result<()> {
    let person = store::people::get(&mut w.tx, id).await?;
    let person = person.ok_or_else(|| Error::broken("a member that was just read is not there"))?;
    let mut groups = person.groups.clone();
    if let Some(out_of) = out_of {
        groups.remove(out_of);
    }
    groups.extend(into.map(str::to_owned));
    let change = PersonChange { groups: Some(groups), ..PersonChange::default() };
    let (_, owned) = people::apply(w, person, change).await?;
    doing.touched.extend(owned);
    Ok(())
}

/// Nobody is in it any more.
pub(super) async fn delete(w: &mut Write, doing: &mut Doing, known: &Known) -> Result<()> {
    let name = known.stored.as_ref().map(|s| s.name.clone()).unwrap_or_default();
    for id in store::scim::members(&mut w.tx, &name).await? {
        regroup(w, doing, id, Some(&name), None).await?;
    }
    forget(w, known, None).await
}
