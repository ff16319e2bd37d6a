//! The register of tools, destinations and memory stores: what people say of them, which definition may be used.
mod facts;

use super::findings::recompute_subject;
use super::page::{Page, Want};
use super::{Act, Actor, Ctx, Governance, Write};
use crate::error::{Error, Kind as Wrong, Result};
use crate::id::{PersonId, ResourceId};
use crate::import::resources_list::{self, ResourceRow};
use crate::import::snapshot::Problem;
use crate::log::event::{Event, EventKind};
use crate::resource::MOST;
pub use crate::resource::{Change, Kind, Resource, Trust};
use crate::store;
pub(super) use facts::{seen, still_stands, tell_policy};
use serde::{Deserialize, Serialize};

/// What a list of resources did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourcesReport {
    pub dry_run: bool,
    /// By name.
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub unchanged: usize,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    Added,
    Changed,
    Nothing,
}

impl Governance {
    /// Says what a resource is, adding it if the register has none of this type and id. What is trusted, and the first
    /// definition of a tool, takes a person who does not answer for it; anything that makes it stricter takes anybody who may
    /// import. A changed definition is approved ([`Governance::resource_approve`]), not set.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` as [`Change::apply`] says, for a new one without a kind and for an owner who is not there;
    /// `Conflict` for another kind or definition than it has.
    pub async fn resource_set(&self, ctx: &Ctx, name: (&str, &str), change: &Change) -> Result<Resource> {
        ctx.authorize(Act::Import)?;
        let mut w = self.write(ctx).await?;
        let (it, did) = set(&mut w, ctx, name, change).await?;
        if did != Did::Nothing {
            w.commit().await?;
        }
        Ok(it)
    }

    /// The same for many, from a CSV or NDJSON file, in one transaction. What is not in the file stays as it is.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` when the file is no such list. Bad rows are problems of the report.
    pub async fn resource_import(&self, ctx: &Ctx, file: &str, bytes: &[u8], dry_run: bool) -> Result<ResourcesReport> {
        ctx.authorize(Act::Import)?;
        let list = resources_list::parse(file, bytes)?;
        let mut w = self.write(ctx).await?;
        let mut report = ResourcesReport { dry_run, problems: list.problems, ..ResourcesReport::default() };
        for ResourceRow { resource_type, resource_id, change, line } in &list.rows {
            match set(&mut w, ctx, (resource_type, resource_id), change).await {
                Ok((it, Did::Added)) => report.added.push(it.name()),
                Ok((it, Did::Changed)) => report.changed.push(it.name()),
                Ok((_, Did::Nothing)) => report.unchanged += 1,
                Err(e) if matches!(e.kind, Wrong::Invalid | Wrong::NotFound | Wrong::Conflict | Wrong::Forbidden) => {
                    let place = format!("line {line}");
                    report.problems.push(Problem { file: file.into(), place, words: e.detail });
                }
                Err(e) => return Err(e),
            }
        }
        let nothing = report.added.is_empty() && report.changed.is_empty();
        if !(dry_run || nothing) {
            w.commit().await?;
        }
        Ok(report)
    }

    /// Takes a resource out of the register: what it is named by is unknown again.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn resource_remove(&self, ctx: &Ctx, name: (&str, &str)) -> Result<()> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let mut it = get(&mut w, name).await?;
        not_own(ctx, it.owner)?;
        let event = event(&w, EventKind::ResourceRemoved, &it);
        it.seq = place(w.append(event).await?)?;
        let at = w.at();
        store::resources::remove(&mut w.tx, &it, at).await?;
        recompute_subject(&mut w, &it.id.to_string(), None).await?;
        w.commit().await.map(drop)
    }

    /// Says which definition of a tool may be used from now on: the one that was seen, or that it stays the one it was. A
    /// person does who does not answer for the tool, never a key.
    ///
    /// # Errors
    /// `Forbidden`, also for its owner; `NotFound`; `Invalid` for what is no digest or no tool; `Conflict` if it may be used
    /// already and nothing waits.
    pub async fn resource_approve(&self, ctx: &Ctx, name: (&str, &str), digest: &str) -> Result<Resource> {
        ctx.authorize(Act::ApproveDefinition)?;
        let mut w = self.write(ctx).await?;
        let it = get(&mut w, name).await?;
        not_own(ctx, it.owner)?;
        let (by, at) = (w.actor().to_owned(), w.at());
        let mut after = it.approve(digest, &by, at)?;
        let mut event = event(&w, EventKind::ResourceApproved, &after);
        event.tool = Some(digest.to_owned());
        after.seq = place(w.append(event).await?)?;
        store::resources::update(&mut w.tx, &after).await?;
        recompute_subject(&mut w, &after.id.to_string(), None).await?;
        w.commit().await?;
        after.version += 1;
        Ok(after)
    }

    /// One resource, as questions name it.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn resource_get(&self, ctx: &Ctx, name: (&str, &str)) -> Result<Resource> {
        ctx.authorize(Act::See)?;
        store::resources::get(&mut self.read().await?, name).await?.ok_or_else(|| missing(name))
    }

    /// One resource, by its id in the register.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn resource_find(&self, ctx: &Ctx, id: ResourceId) -> Result<Resource> {
        ctx.authorize(Act::See)?;
        let found = store::resources::by_id(&mut self.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("no resource {id} in the register")))
    }

    /// Resources in the order of their names: of a kind, and those whose definition waits for a person.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn resource_list(
        &self,
        ctx: &Ctx,
        kind: Option<Kind>,
        changed: bool,
        want: &Want,
    ) -> Result<Page<Resource>> {
        ctx.authorize(Act::See)?;
        let after = want.after::<(String, String)>()?.unwrap_or_default();
        let rows = store::resources::page(&mut self.read().await?, kind, changed, after, want.rows()).await?;
        want.page(rows, |it| (it.resource_type.clone(), it.resource_id.clone()))
    }
}

async fn set(w: &mut Write, ctx: &Ctx, name: (&str, &str), change: &Change) -> Result<(Resource, Did)> {
    let at = w.at();
    let known = store::resources::get(&mut w.tx, name).await?;
    let new = known.is_none();
    let before = match (known, change.kind) {
        (Some(known), _) => known,
        (None, Some(kind)) => {
            if store::resources::count(&mut w.tx).await? >= MOST {
                return Err(Error::conflict(format!("the register holds {MOST} resources already: remove some")));
            }
            Resource::new(ResourceId::new(at, w.random()), kind, name, at)?
        }
        (None, None) => return Err(Error::invalid(format!("{}:{} is new: say its kind", name.0, name.1))),
    };
    let owner = match &change.owner {
        Some(Some(named)) => Some(person(w, named).await?),
        _ => None,
    };
    let mut after = before.clone();
    let mut changed = change.apply(&mut after, owner, at)?;
    if change.vouches(&before, &after) {
        not_own(ctx, before.owner)?;
        not_own(ctx, after.owner)?;
    }
    if let Some(digest) = change.definition.as_deref().filter(|_| before.definition.is_none()) {
        let by = w.actor().to_owned();
        after = after.approve(digest, &by, at)?;
        changed.push("definition");
    }
    if changed.is_empty() && !new {
        return Ok((after, Did::Nothing));
    }
    // what people write stands beside the log, so that it can be erased
    let said = serde_json::to_vec(&after).map_err(Error::internal)?;
    let hash = w.payload_beside(&said);
    let kind = if new { EventKind::ResourceAdded } else { EventKind::ResourceChanged };
    let mut event = event(w, kind, &after);
    event.reasons = changed.iter().map(|part| (*part).to_owned()).collect();
    event.reasons.push(format!("trust {}", after.trust));
    event.reasons.extend(after.trusted_until.map(|until| format!("until {until}")));
    event.ids.extend(after.owner.map(|id| ("owner", id.to_string())));
    event.tool.clone_from(&after.definition);
    event.payloads.insert("resource", hash);
    after.seq = place(w.append(event).await?)?;
    if new {
        store::resources::insert(&mut w.tx, &after).await?;
        return Ok((after, Did::Added));
    }
    store::resources::update(&mut w.tx, &after).await?;
    after.version += 1;
    Ok((after, Did::Changed))
}

/// I5: an owner does not say alone that what they answer for may be used, and a key never does.
fn not_own(ctx: &Ctx, owner: Option<PersonId>) -> Result<()> {
    match &ctx.actor {
        Actor::Key(_) => Err(Error::forbidden("a person says what is trusted and which definition may be used")),
        Actor::Person { id, .. } if owner == Some(*id) => {
            Err(Error::forbidden("you answer for this: somebody else says that it may be used"))
        }
        _ => Ok(()),
    }
}

async fn person(w: &mut Write, named: &str) -> Result<PersonId> {
    let found = match named.parse() {
        Ok(id) => store::people::get(&mut w.tx, id).await?,
        Err(_) => store::people::by_email(&mut w.tx, &named.trim().to_lowercase()).await?,
    };
    let found = found.ok_or_else(|| Error::invalid(format!("owner: no person {:?}", crate::word::short(named))))?;
    if found.status == crate::person::Status::Active {
        return Ok(found.id);
    }
    Err(Error::invalid(format!("owner: {} {}: name somebody active", found.email, found.status.said())))
}

async fn get(w: &mut Write, name: (&str, &str)) -> Result<Resource> {
    store::resources::get(&mut w.tx, name).await?.ok_or_else(|| missing(name))
}

fn missing((kind, id): (&str, &str)) -> Error {
    let name = format!("{kind}:{id}");
    Error::not_found(format!("no resource {:?} in the register", crate::word::short(&name)))
}

fn event(w: &Write, kind: EventKind, it: &Resource) -> Event {
    Event::new(kind, w.actor().to_owned()).subject(it.id).outcome(it.kind.as_str())
}

fn place(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(Error::internal)
}
