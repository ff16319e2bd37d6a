//! What identity providers provision (SCIM 2.0): people, groups and agents. A write is one transaction with its events; what it
//! means is done by the operations that people's own changes go through.
mod agents;
mod groups;
mod known;
mod users;

use super::findings::recompute;
use super::{Act, Ctx, Governance, Scope, Write};
use crate::error::Error;
use crate::id::IdentityId;
use crate::log::event::{Event, EventKind};
use crate::scim::filter::Filter;
use crate::scim::{Document, Fault, Resource, Result, document, patch, project};
use crate::store;
use crate::store::db::Tx;
use known::Known;
use serde_json::Value;
use std::collections::BTreeSet;

/// What a client wants done with one resource.
#[derive(Debug, Clone)]
pub enum Verb {
    Create(Value),
    Replace(String, Value),
    Change(String, Value),
    Delete(String),
}

/// What stands around a request.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The address under which all resources are, without a slash at its end.
    pub base: &'a str,
    pub if_match: Option<&'a str>,
}

/// Part of what was found.
#[derive(Debug, Clone)]
pub struct Listed {
    pub total: usize,
    pub resources: Vec<Document>,
}

/// For whom a write is done, and whose findings to look at again after it.
struct Doing {
    /// The name of the key: keys of one name provision one source.
    by: String,
    touched: BTreeSet<IdentityId>,
}

impl Governance {
    /// One resource.
    ///
    /// # Errors
    /// 403 for any but a key for provisioning, 404.
    pub async fn scim_get(&self, ctx: &Ctx, kind: Resource, id: &str, base: &str) -> Result<Document> {
        ctx.authorize(Act::Provision)?;
        let mut tx = self.read().await?;
        let by = provisioner(&mut tx, ctx).await?;
        Ok(load(&mut tx, kind, &by, base, id).await?.shown(base))
    }

    /// The resources of a kind for which a filter holds: `count` of them after the first `skip`.
    ///
    /// # Errors
    /// 403 for any but a key for provisioning.
    pub async fn scim_list(
        &self,
        ctx: &Ctx,
        kind: Resource,
        filter: Option<&Filter>,
        base: &str,
        (skip, count): (usize, usize),
    ) -> Result<Listed> {
        ctx.authorize(Act::Provision)?;
        let mut tx = self.read().await?;
        let by = provisioner(&mut tx, ctx).await?;
        let candidates = match filter.and_then(|f| sure(f, kind)) {
            Some((attribute, text)) => named(&mut tx, kind, &by, base, (attribute, text)).await?,
            None => all(&mut tx, kind, &by, base).await?,
        };
        let shown = candidates.into_iter().map(|k| k.shown(base));
        let found: Vec<_> = shown.filter(|it| filter.is_none_or(|f| f.holds(it))).collect();
        let total = found.len();
        Ok(Listed { total, resources: found.into_iter().skip(skip).take(count).collect() })
    }

    /// Makes, replaces, changes or deletes one resource; what it is then, `None` once it is deleted. What changes nothing leaves
    /// no event.
    ///
    /// # Errors
    /// 403 for any but a key for provisioning, 404, 412 for another version than `If-Match` names, 409 for a name that is taken
    /// and for what people stopped here, 400 for what the schema does not allow.
    pub async fn scim_write(&self, ctx: &Ctx, kind: Resource, verb: Verb, call: Call<'_>) -> Result<Option<Document>> {
        ctx.authorize(Act::Provision)?;
        let mut w = self.write(ctx).await?;
        let by = provisioner(&mut w.tx, ctx).await?;
        let mut doing = Doing { by, touched: BTreeSet::new() };
        let known = match &verb {
            Verb::Create(_) => None,
            Verb::Replace(id, _) | Verb::Change(id, _) | Verb::Delete(id) => {
                let known = load(&mut w.tx, kind, &doing.by, call.base, id).await?;
                if !project::matches(call.if_match, &known.version(call.base)) {
                    return Err(Fault::outdated());
                }
                Some(known)
            }
        };
        let Some(after) = asked(kind, known.as_ref(), &verb, call.base)? else {
            let known = known.ok_or_else(|| Error::broken("a deletion of nothing"))?;
            delete(&mut w, &mut doing, &known).await?;
            close(w, doing, (kind, &known.id, "deleted"), &Document::new()).await?;
            return Ok(None);
        };
        if let Some(known) = known.as_ref().filter(|k| k.document == after) {
            return Ok(Some(known.shown(call.base)));
        }
        let id = match kind {
            Resource::User => users::put(&mut w, &mut doing, known.as_ref(), &after).await?,
            Resource::Group => groups::put(&mut w, &mut doing, known.as_ref(), &after).await?,
            Resource::Agent => agents::put(&mut w, &mut doing, known.as_ref(), &after).await?,
        };
        let outcome = if known.is_none() { "created" } else { "changed" };
        let is = load(&mut w.tx, kind, &doing.by, call.base, &id).await?.shown(call.base);
        close(w, doing, (kind, &id, outcome), &after).await?;
        Ok(Some(is))
    }
}

/// The whole resource as the client wants it; `None`: gone.
fn asked(kind: Resource, known: Option<&Known>, verb: &Verb, base: &str) -> Result<Option<Document>> {
    let nothing = Document::new();
    let before = known.map_or(&nothing, |k| &k.document);
    let mut after = match verb {
        Verb::Delete(_) => return Ok(None),
        Verb::Create(body) => document::read(kind, body)?,
        Verb::Replace(_, body) => document::read(kind, body)?,
        Verb::Change(_, body) => patch::apply(kind, before, body)?,
    };
    if known.is_some() {
        document::check_immutable(kind, before, &after)?;
    }
    if kind == Resource::Group {
        groups::in_full(&mut after, base)?;
    }
    Ok(Some(after))
}

async fn delete(w: &mut Write, doing: &mut Doing, known: &Known) -> Result<()> {
    match known.kind {
        Resource::User => users::delete(w, doing, known).await,
        Resource::Group => groups::delete(w, doing, known).await,
        Resource::Agent => agents::delete(w, doing, known).await,
    }
}

/// The event of the write, the findings it changes, and the commit.
async fn close(
    mut w: Write,
    doing: Doing,
    (kind, id, outcome): (Resource, &str, &'static str),
    said: &Document,
) -> Result<()> {
    let hash = w.payload(&serde_json::to_vec(said).map_err(Error::internal)?).await?;
    let mut event = Event::new(EventKind::ScimApplied, w.actor().to_owned()).subject(id).outcome(outcome);
    event.reasons.push(kind.as_str().to_owned());
    event.observed_by = Some("source".into());
    event.payloads.insert("scim", hash);
    w.append(event).await?;
    super::revocations::close_paths(&mut w, &doing.touched).await?;
    recompute(&mut w, &doing.touched).await?;
    w.commit().await?;
    Ok(())
}

/// The name of the key that provisions.
async fn provisioner(tx: &mut Tx, ctx: &Ctx) -> Result<String> {
    let id = ctx.key(Scope::Provision)?.id;
    let key = store::keys::get(tx, id).await?;
    Ok(key.ok_or_else(|| Error::broken("a key that was just recognised is not there"))?.name)
}

async fn load(tx: &mut Tx, kind: Resource, by: &str, base: &str, id: &str) -> Result<Known> {
    let known = match kind {
        Resource::User => users::load(tx, base, id).await?,
        Resource::Group => groups::load(tx, base, id).await?,
        Resource::Agent => agents::load(tx, by, id).await?,
    };
    known.ok_or_else(|| Fault::not_found(format!("no {} {:?}", kind.as_str(), crate::word::short(id))))
}

async fn all(tx: &mut Tx, kind: Resource, by: &str, base: &str) -> Result<Vec<Known>> {
    match kind {
        Resource::User => users::all(tx, base).await,
        Resource::Group => groups::all(tx, base).await,
        Resource::Agent => agents::all(tx, by).await,
    }
}

/// The one attribute by which clients look for a resource before they make it.
const fn key_of(kind: Resource) -> &'static str {
    match kind {
        Resource::User => "userName",
        Resource::Group => "displayName",
        Resource::Agent => "name",
    }
}

fn sure(filter: &Filter, kind: Resource) -> Option<(&'static str, &str)> {
    ["id", key_of(kind)].into_iter().find_map(|a| filter.sure(a).map(|text| (a, text)))
}

/// What a filter that names an id or a name can hold of: read without all the others.
async fn named(
    tx: &mut Tx,
    kind: Resource,
    by: &str,
    base: &str,
    (attribute, text): (&str, &str),
) -> Result<Vec<Known>> {
    let id = match (attribute, kind) {
        ("id", _) => Some(text.to_owned()),
        (_, Resource::User) => users::id_of(tx, text).await?,
        (_, Resource::Group) => match groups::name_of(text) {
            Ok(name) => store::scim::by_name(tx, kind, &name).await?.map(|s| s.id),
            Err(_) => None,
        },
        (_, Resource::Agent) => store::scim::by_name(tx, kind, text).await?.map(|s| s.id),
    };
    let Some(id) = id else { return Ok(vec![]) };
    match load(tx, kind, by, base, &id).await {
        Ok(known) => Ok(vec![known]),
        Err(fault) if fault.status == 404 => Ok(vec![]),
        Err(fault) => Err(fault),
    }
}
