//! `/Agents`: identities of the kind agent, in the source that keys of one name provision.
use super::Doing;
use super::known::{Keep, Known, forget, keep};
use crate::engine::Write;
use crate::engine::identity_changes::become_in;
use crate::engine::imports::apply::Applied;
use crate::engine::ownership::own;
use crate::entitlement::{Facts, Key, Privilege};
use crate::error::Error;
use crate::id::{IdentityId, PersonId, SourceId};
use crate::identity::{self, Identity, Status};
use crate::import::diff::diff;
use crate::import::progress::Progress;
use crate::import::snapshot::{Claim, Part, Principal, Snapshot};
use crate::scim::{Document, Fault, Resource, Result};
use crate::source::{Kind, Source};
use crate::store::{self, db::Tx, scim::Stored};
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const KIND: Resource = Resource::Agent;

/// How long what was provisioned stands: until the client says otherwise, which may be in years. A hundred of them, in seconds.
const PUSHED_S: i64 = 100 * 365 * 24 * 3600;

pub(super) async fn load(tx: &mut Tx, by: &str, id: &str) -> Result<Option<Known>> {
    let stored = store::scim::get(tx, KIND, id).await?.filter(|s| s.deleted_at.is_none());
    let Some(source) = store::sources::by_scope(tx, Kind::Scim, by).await? else { return Ok(None) };
    match stored.filter(|s| s.source == Some(source.id)) {
        Some(stored) => known(tx, stored).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn all(tx: &mut Tx, by: &str) -> Result<Vec<Known>> {
    let Some(source) = store::sources::by_scope(tx, Kind::Scim, by).await? else { return Ok(vec![]) };
    let mut all = vec![];
    for stored in store::scim::all(tx, KIND).await?.into_iter().filter(|s| s.source == Some(source.id)) {
        all.push(known(tx, stored).await?);
    }
    Ok(all)
}

async fn known(tx: &mut Tx, stored: Stored) -> Result<Known> {
    let id = behind(tx, &stored).await?;
    let it = crate::engine::identities::get(tx, id).await?;
    let mut document = stored.document.clone();
    document.insert("active".into(), json!(it.status == Status::Active));
    let computed = vec![("agentUserName", document["name"].clone())];
    let (created_at, changed_at) = (stored.created_at, stored.changed_at);
    Ok(Known { id: stored.id.clone(), kind: KIND, stored: Some(stored), document, computed, created_at, changed_at })
}

/// The identity that the agent is: the one it came as, unless people said that it is one with another, or two.
async fn behind(tx: &mut Tx, stored: &Stored) -> Result<IdentityId> {
    let seen = match stored.source {
        Some(source) => store::sightings::one(tx, source, &stored.name).await?,
        None => None,
    };
    match seen.and_then(|s| s.sighting.identity) {
        Some(id) => Ok(id),
        None => Ok(stored.id.parse().map_err(Error::internal)?),
    }
}

pub(super) async fn put(w: &mut Write, doing: &mut Doing, known: Option<&Known>, after: &Document) -> Result<String> {
    let name = after["name"].as_str().unwrap_or_default().to_owned();
    identity::check_name(&name).map_err(|e| Fault::value(format!("name: {}", e.detail)))?;
    let (source, fresh) = source(w, &doing.by).await?;
    let id = match known.and_then(|k| k.stored.as_ref()) {
        Some(stored) => Some(behind(&mut w.tx, stored).await?),
        None => former(w, &source, &name).await?,
    };
    let id = register(w, doing, (&source, fresh), (&name, id), Some(after)).await?;
    let own_id = known.map_or_else(|| id.to_string(), |k| k.id.clone());
    let stored = store::scim::get(&mut w.tx, KIND, &own_id).await?;
    owned(w, id, known.map(|k| &k.document), after).await?;
    let active = after["active"] == true;
    let stopped_at = at_work(w, id, stored.as_ref().and_then(|s| s.stopped_at), active).await?;
    let row =
        Keep { id: own_id.clone(), kind: KIND, source: Some(source.id), name, document: after.clone(), stopped_at };
    keep(w, stored.as_ref(), row).await?;
    Ok(own_id)
}

/// The source of the key's name, made when it first provisions an agent.
async fn source(w: &mut Write, by: &str) -> Result<(Source, bool)> {
    if let Some(source) = store::sources::by_scope(&mut w.tx, Kind::Scim, by).await? {
        return Ok((source, false));
    }
    let source = Source {
        id: SourceId::new(w.at(), w.random()),
        kind: Kind::Scim,
        name: format!("scim {by}"),
        scope: by.to_owned(),
        last_sync_at: None,
        max_staleness_s: PUSHED_S,
        version: 0,
    };
    let at = w.at();
    store::sources::insert(&mut w.tx, &source, at).await?;
    Ok((source, true))
}

/// Refuses a name that another agent has: SCIM takes over nothing that it did not register. One that it deleted comes back, if
/// nobody retired it since.
async fn former(w: &mut Write, source: &Source, name: &str) -> Result<Option<IdentityId>> {
    let Some(it) = store::identities::by_kind(&mut w.tx, identity::Kind::Agent, name).await? else { return Ok(None) };
    let seen = store::sightings::one(&mut w.tx, source.id, name).await?;
    let ours = seen.as_ref().is_some_and(|s| s.sighting.identity == Some(it.id));
    let went = seen.and_then(|s| s.sighting.gone_at);
    if ours && it.status == Status::Retired && went.is_some() && went == it.retired_at {
        return Ok(Some(it.id));
    }
    Err(Fault::taken(format!("name: there is an agent named {name:?} in the register already")))
}

/// Writes what the source now says of one agent, as an import does; `None`: it speaks of it no more.
async fn register(
    w: &mut Write,
    doing: &mut Doing,
    (source, fresh): (&Source, bool),
    (name, id): (&str, Option<IdentityId>),
    after: Option<&Document>,
) -> Result<IdentityId> {
    let current = current(w, source, name, id).await?;
    let next = after.map(|document| principal(name, document));
    let of = |p: Option<Principal>| Snapshot { principals: p.into_iter().map(|p| (name.to_owned(), p)).collect() };
    let identities = id.into_iter().map(|id| (name.to_owned(), id)).collect();
    let changes = diff(&of(current), &of(next));
    doing
        .touched
        .extend(Applied::new(source, fresh, identities, BTreeMap::new()).all(w, &changes, &Progress::default()).await?);
    let at = w.at();
    store::sources::synced(&mut w.tx, source, at, &source.name).await?;
    store::entitlements::tally(&mut w.tx, source.id, at).await?;
    // by what it may be known elsewhere is read with the next import
    store::terms::read_with(&mut w.tx, source.id, 0).await?;
    let seen = store::sightings::one(&mut w.tx, source.id, name).await?;
    let id = seen.and_then(|s| s.sighting.identity);
    Ok(id.ok_or_else(|| Error::broken("an agent that was just registered is not there"))?)
}

async fn current(w: &mut Write, source: &Source, name: &str, id: Option<IdentityId>) -> Result<Option<Principal>> {
    let seen = store::sightings::one(&mut w.tx, source.id, name).await?.filter(|s| s.sighting.gone_at.is_none());
    let (Some(claim), Some(id)) = (seen.and_then(|s| s.claim), id) else { return Ok(None) };
    let held = store::entitlements::of_identities(&mut w.tx, &[id.into()]).await?;
    let entitlements = held.into_iter().filter(|e| e.source == source.id).map(|e| (e.key, e.facts)).collect();
    Ok(Some(Principal { claim, entitlements, credentials: BTreeMap::new() }))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn principal(name: &str, document: &Document) -> Principal {
    let mut claim = Claim::of(identity::Kind::Agent, name, Part::Provisioning);
    let words = [
        ("displayName", "called"),
        ("agentType", "type"),
        ("description", "description"),
        ("subject", "subject"),
        ("externalId", "external id"),
    ];
    for (attribute, words) in words {
        if let Some(said) = document.get(attribute).and_then(Value::as_str) {
            claim.notes.insert(words.into(), said.into());
        }
    }
    for protocol in document.get("protocols").and_then(Value::as_array).into_iter().flatten() {
        let said = [text(protocol, "type"), text(protocol, "specificationUrl")];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ");
        crate::import::snapshot::note(&mut claim.notes, "protocols", &said);
    }
    if let Some(parent) = document.get("parent").and_then(|p| text(p, "display").or_else(|| text(p, "value"))) {
        claim.notes.insert("parent".into(), parent.into());
    }
    Principal { claim, entitlements: held(document), credentials: BTreeMap::new() }
}

/// Entitlements, roles and groups as the register knows rights; how much power they give, SCIM does not say.
fn held(document: &Document) -> BTreeMap<Key, Facts> {
    let of = |attribute: &str, via: &'static str| {
        let values = document.get(attribute).and_then(Value::as_array).into_iter().flatten();
        let named = values.filter_map(|v| {
            let action = text(v, "value").or_else(|| text(v, "display"))?.to_owned();
            let resource = text(v, "type").unwrap_or("*").to_owned();
            Some((Key { action, resource, via: via.into() }, Facts::of(Privilege::Unknown)))
        });
        named.collect::<Vec<_>>()
    };
    let all = [of("entitlements", "entitlement"), of("roles", "role"), of("groups", "group")];
    all.into_iter().flatten().collect()
}

/// The first owner that is said becomes the owner, if they are a person who is active. Said again, they change nothing: whom
/// people named since stays.
async fn owned(w: &mut Write, id: IdentityId, before: Option<&Document>, after: &Document) -> Result<()> {
    let first = |d: &Document| d.get("owners").and_then(|o| o.get(0)).and_then(|o| text(o, "value")).map(str::to_owned);
    let said = first(after);
    if said.is_none() || before.is_some_and(|b| first(b) == said) {
        return Ok(());
    }
    let Some(owner) = said.and_then(|text| text.parse::<PersonId>().ok()) else { return Ok(()) };
    let person = store::people::get(&mut w.tx, owner).await?;
    if person.is_none_or(|p| p.status != crate::person::Status::Active) {
        return Ok(());
    }
    let it = crate::engine::identities::get(&mut w.tx, id).await?;
    if it.owner != Some(owner) {
        let backup = it.backup.filter(|b| *b != owner);
        own(w, &it, owner, backup).await?;
    }
    Ok(())
}

/// Suspends or resumes, as `active` says; with when SCIM suspended it. What people or rules stopped, it does not start.
async fn at_work(
    w: &mut Write,
    id: IdentityId,
    stopped_at: Option<Timestamp>,
    active: bool,
) -> Result<Option<Timestamp>> {
    let mut it: Identity = crate::engine::identities::get(&mut w.tx, id).await?;
    match (it.status, active) {
        (Status::Active, true) => Ok(None),
        (Status::Active, false) => {
            become_in(w, &mut it, Status::Suspended).await?;
            Ok(it.suspended_at)
        }
        (Status::Suspended, true) if stopped_at.is_some() && stopped_at == it.suspended_at => {
            become_in(w, &mut it, Status::Active).await?;
            Ok(None)
        }
        (status, true) => {
            Err(Fault::conflict(format!("{} is {status} by a decision in Countersign: resume it there", it.name)))
        }
        (_, false) => Ok(stopped_at),
    }
}

/// It is retired, whatever else it may still have here.
pub(super) async fn delete(w: &mut Write, doing: &mut Doing, known: &Known) -> Result<()> {
    let stored = known.stored.as_ref().ok_or_else(|| Error::broken("an agent without its row"))?;
    let (id, name) = (behind(&mut w.tx, stored).await?, stored.name.clone());
    let (source, fresh) = source(w, &doing.by).await?;
    register(w, doing, (&source, fresh), (&name, Some(id)), None).await?;
    let mut it = crate::engine::identities::get(&mut w.tx, id).await?;
    if it.status != Status::Retired {
        become_in(w, &mut it, Status::Retired).await?;
    }
    forget(w, known, None).await
}
