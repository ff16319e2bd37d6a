//! Identities: registered by hand, listed, shown as a governance record, switched between modes.
use super::findings::{load, look_at_sighting, recompute};
use super::ownership::periods;
use super::page::{Page, Want};
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::{IdentityId, PersonId};
use crate::identity::{self, Boundary, Criticality, Environment, Identity, Kind, Mode, record::Record};
use crate::log::event::{Event, EventKind};
use crate::person::Person;
use crate::store;
use crate::store::db::Tx;
pub use crate::store::listing::{COUNT_MAX, Facet, Filter, Line, Order, Place};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An identity to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdentity {
    pub name: String,
    pub kind: Kind,
    pub owner: Option<PersonId>,
    pub backup: Option<PersonId>,
    pub team: Option<String>,
    pub environment: Option<Environment>,
    pub mode: Mode,
    pub purpose: Option<String>,
    pub criticality: Option<Criticality>,
    pub autonomy: Option<u8>,
    pub boundary: Option<Boundary>,
}

impl NewIdentity {
    /// One of which nothing is known but name and kind.
    #[must_use]
    pub fn named(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            owner: None,
            backup: None,
            team: None,
            environment: None,
            mode: Mode::Enforce,
            purpose: None,
            criticality: None,
            autonomy: None,
            boundary: None,
        }
    }
}

/// Numbers beside a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Up to [`COUNT_MAX`], which means "more than 10,000".
    pub matching: i64,
    /// Empty in a register of more than 10,000: counting each would read all of it for one page.
    pub facets: Vec<Facet>,
    /// Identities with an open finding of each rule, whatever the filter, up to [`COUNT_MAX`].
    pub by_rule: Vec<(crate::finding::Rule, i64)>,
}

impl Governance {
    /// Registers an identity. If a principal of this kind and name asked before, that gap is closed.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a bad name, owners that [`Identity::own`] refuses, a backup without an owner; `Conflict` if
    /// there is one of this kind and name.
    pub async fn identity_add(&self, ctx: &Ctx, new: NewIdentity) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        identity::check_name(&new.name)?;
        if new.autonomy.is_some_and(|level| level > 5) {
            return Err(Error::invalid("autonomy goes from 0 to 5"));
        }
        let mut w = self.write(ctx).await?;
        let it = fresh(&w, &new)?;
        if store::identities::by_kind(&mut w.tx, it.kind, &it.name).await?.is_some() {
            return Err(Error::conflict(format!("there is a {} named {} already", it.kind, it.name)));
        }
        store::identities::insert(&mut w.tx, &it).await?;
        periods(&mut w, &it).await?;
        added(&mut w, &it).await?;
        if store::sightings::match_asked(&mut w.tx, it.kind, &it.name, it.id).await? {
            for seen in store::sightings::of_identity(&mut w.tx, it.id).await? {
                look_at_sighting(&mut w, seen.sighting.id).await?;
            }
        }
        recompute(&mut w, &BTreeSet::from([it.id])).await?;
        w.commit().await?;
        Ok(it)
    }

    /// Switches between observing and enforcing.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn identity_mode(&self, ctx: &Ctx, id: IdentityId, mode: Mode) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let mut it = get(&mut w.tx, id).await?;
        if it.mode == mode {
            return Ok(it);
        }
        it.mode = mode;
        store::identities::update(&mut w.tx, &it).await?;
        let event = Event::new(EventKind::IdentityMode, w.actor().to_owned()).subject(id).outcome(mode.as_str());
        w.append(event).await?;
        w.commit().await?;
        it.version += 1;
        Ok(it)
    }

    /// One identity by id, by name, or by `kind:name` where several kinds share a name.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for a name that several have.
    pub async fn identity_find(&self, ctx: &Ctx, named: &str) -> Result<Identity> {
        ctx.authorize(Act::See)?;
        find(&mut self.read().await?, named).await
    }

    /// A page of identities in the order of their names.
    ///
    /// # Errors
    /// As [`Governance::identity_sorted`].
    pub async fn identity_list(&self, ctx: &Ctx, filter: &Filter, want: &Want) -> Result<Page<Line>> {
        self.identity_sorted(ctx, filter, Order::Name, want).await
    }

    /// A page of identities in an order.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor or one of another order, else as the database says.
    pub async fn identity_sorted(&self, ctx: &Ctx, filter: &Filter, order: Order, want: &Want) -> Result<Page<Line>> {
        ctx.authorize(Act::See)?;
        let after = want.after::<Place>()?.map(|place| place.check(order)).transpose()?;
        let rows = store::listing::page(&mut self.read().await?, filter, order, after.as_ref(), want.rows()).await?;
        want.page(rows, |line| Place::of(order, line))
    }

    /// How many there are, and how many of each.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn identity_counts(&self, ctx: &Ctx, filter: &Filter) -> Result<Counts> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let (matching, facets) = store::listing::counts(&mut tx, filter).await?;
        let facets = facets.unwrap_or_default();
        Ok(Counts { matching, facets, by_rule: store::listing::by_rule(&mut tx).await? })
    }

    /// The governance record: five blocks with their gaps, and all that the register holds about it.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn identity_show(&self, ctx: &Ctx, id: IdentityId) -> Result<Record> {
        ctx.authorize(Act::See)?;
        show(&mut self.read().await?, id, ctx.at).await
    }
}

pub(super) async fn show(tx: &mut Tx, id: IdentityId, at: Timestamp) -> Result<Record> {
    let loaded = load(tx, id).await?;
    let owner = person(tx, loaded.identity.owner).await?;
    let backup = person(tx, loaded.identity.backup).await?;
    let seen = store::sightings::of_identity(tx, id).await?;
    let mut sources = vec![];
    for seen in &seen {
        let source = match seen.sighting.source {
            Some(source) => store::sources::get(tx, source).await?,
            None => None,
        };
        sources.push((seen.sighting.clone(), seen.claim.clone(), source));
    }
    let findings = store::findings::of_identities(tx, &[id.into()]).await?;
    let merges = store::merges::of_identity(tx, id).await?;
    Ok(Record { merges, ..Record::of(&loaded.facts(), owner, backup, sources, findings, at) })
}

pub(super) async fn get(tx: &mut Tx, id: IdentityId) -> Result<Identity> {
    store::identities::get(tx, id).await?.ok_or_else(|| Error::not_found(format!("no identity {id}")))
}

async fn person(tx: &mut Tx, id: Option<PersonId>) -> Result<Option<Person>> {
    match id {
        Some(id) => store::people::get(tx, id).await,
        None => Ok(None),
    }
}

/// By id, by name, or by `kind:name`.
pub(super) async fn find(tx: &mut Tx, named: &str) -> Result<Identity> {
    if let Ok(id) = named.parse() {
        return get(tx, id).await;
    }
    let mut found = store::identities::by_name(tx, named).await?;
    if found.is_empty()
        && let Some((kind, name)) = named.split_once(':')
        && let Ok(kind) = kind.parse()
    {
        found.extend(store::identities::by_kind(tx, kind, name).await?);
    }
    match found.len() {
        0 => Err(Error::not_found(format!("no identity {:?} in the register", crate::word::short(named)))),
        1 => Ok(found.remove(0)),
        _ => {
            let kinds: Vec<_> = found.iter().map(|i| format!("{}:{named}", i.kind)).collect();
            Err(Error::invalid(format!("several identities have this name: say {}", kinds.join(" or "))))
        }
    }
}

fn fresh(w: &Write, new: &NewIdentity) -> Result<Identity> {
    let at = w.at();
    let mut it = Identity {
        environment: new.environment,
        mode: new.mode,
        team: new.team.clone(),
        purpose: new.purpose.clone(),
        criticality: new.criticality,
        autonomy: new.autonomy,
        boundary: new.boundary.clone(),
        ..Identity::new(IdentityId::new(at, w.random()), new.kind, new.name.clone(), at)
    };
    match (new.owner, new.backup) {
        (Some(owner), backup) => it.own(owner, backup)?,
        (None, Some(_)) => return Err(Error::invalid("a backup owner needs an owner: say --owner too")),
        (None, None) => {}
    }
    Ok(it)
}

/// The event of a new identity. Its name stands beside the log.
pub(super) async fn added(w: &mut Write, it: &Identity) -> Result<()> {
    let about = serde_json::json!({ "name": it.name, "kind": it.kind, "external_ref": it.external_ref });
    let hash = w.payload_beside(&serde_json::to_vec(&about).map_err(Error::internal)?);
    let mut event = Event::new(EventKind::IdentityAdded, w.actor().to_owned()).subject(it.id).outcome(it.kind.as_str());
    event.payloads.insert("identity", hash);
    for (name, id) in [("owner", it.owner), ("backup", it.backup)] {
        event.ids.extend(id.map(|id| (name, id.to_string())));
    }
    event.ids.extend(it.source.map(|id| ("source", id.to_string())));
    w.append(event).await.map(drop)
}
