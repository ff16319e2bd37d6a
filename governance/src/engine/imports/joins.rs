//! Which new principals of an import are identities known already, by a strong key under which another source shows them.
//!
//! One joins where all its keys point at one identity alone, and that identity has nothing of this source yet: a source that
//! shows two principals says that they are two. Where keys point at two, nothing is joined, and a person is asked
//! (`docs/matching.md`).
use super::Snapshot;
use crate::engine::Write;
use crate::engine::identities::get;
use crate::error::Result;
use crate::id::{IdentityId, SourceId};
use crate::identity::{Identity, Status};
use crate::import::keys::{VERSION, terms};
use crate::import::snapshot::Principal;
use crate::matching::{Matched, Term};
use crate::source::{Kind, Source};
use crate::store;
use crate::store::db::Tx;
use crate::store::terms::{Known, Pointing};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What principals of an import are known by, and which of the new ones are known already.
#[derive(Debug, Default)]
pub struct Joins {
    pub matched: BTreeMap<String, Matched>,
    known: Known,
}

impl Joins {
    /// Looks at what an import comes to: `next` in the place of `current`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn plan(
        tx: &mut Tx,
        source: Option<&Source>,
        (kind, scope): (Kind, &str),
        current: &Snapshot,
        next: &Snapshot,
    ) -> Result<Self> {
        let known: Known =
            next.principals.iter().map(|(name, it)| (name.clone(), terms(kind, scope, name, it))).collect();
        let shown = match source {
            Some(source) => store::sightings::identities_of(tx, source.id).await?,
            None => HashMap::new(),
        };
        let new: BTreeSet<&String> =
            known.keys().filter(|n| !current.principals.contains_key(*n) && !shown.contains_key(*n)).collect();
        let keys = own_keys(&known);
        let wanted: BTreeSet<Term> = new.iter().flat_map(|n| keys.get(*n)).flatten().map(|t| (*t).clone()).collect();
        let mut found: HashMap<Term, Vec<Pointing>> = HashMap::new();
        for it in store::terms::pointing(tx, &wanted).await? {
            if source.is_none_or(|s| s.id != it.source) {
                found.entry(it.term.clone()).or_default().push(it);
            }
        }
        let taken: BTreeSet<IdentityId> = shown.into_values().collect();
        let mut matched = BTreeMap::new();
        for name in new {
            let of_it = keys.get(name).into_iter().flatten().filter_map(|key| found.get(*key)).flatten();
            if let Some(it) = only(of_it)
                && !taken.contains(&it.identity)
                && let Some(identity) = open(tx, it.identity).await?
            {
                matched.insert(name.clone(), told(name, it, identity));
            }
        }
        // two of this source that are one elsewhere stay two
        let mut of: BTreeMap<IdentityId, usize> = BTreeMap::new();
        matched.values().for_each(|m| *of.entry(m.identity).or_default() += 1);
        matched.retain(|_, m| of.get(&m.identity) == Some(&1));
        Ok(Self { matched, known })
    }

    /// Keeps what principals are known by, for the sources that come after.
    ///
    /// # Errors
    /// As the database says.
    pub async fn write(&self, w: &mut Write, source: SourceId) -> Result<()> {
        let stored = store::terms::of_source(&mut w.tx, source).await?;
        store::terms::bring(&mut w.tx, source, &stored, &self.known).await?;
        store::terms::read_with(&mut w.tx, source, VERSION).await
    }
}

/// Reads the terms of sources anew that were imported before there were any, or by other rules.
///
/// # Errors
/// As the database says.
pub async fn catch_up(w: &mut Write) -> Result<()> {
    for id in store::terms::outdated(&mut w.tx, VERSION).await? {
        let Some(source) = store::sources::get(&mut w.tx, id).await? else { continue };
        let (current, _) = super::current(&mut w.tx, id).await?;
        let of = |(name, it): (&String, &Principal)| (name.clone(), terms(source.kind, &source.scope, name, it));
        let joins = Joins { matched: BTreeMap::new(), known: current.principals.iter().map(of).collect() };
        joins.write(w, id).await?;
    }
    Ok(())
}

/// The strong keys of each principal that no other of its source has too.
fn own_keys(known: &Known) -> HashMap<&String, Vec<&Term>> {
    let mut held: HashMap<&Term, usize> = HashMap::new();
    known.values().flatten().filter(|t| t.sort.strong()).for_each(|t| *held.entry(t).or_default() += 1);
    known.iter().map(|(name, terms)| (name, terms.iter().filter(|t| held.get(t) == Some(&1)).collect())).collect()
}

/// What they point at, if it is one identity.
fn only<'a>(mut found: impl Iterator<Item = &'a Pointing>) -> Option<&'a Pointing> {
    let first = found.next()?;
    found.all(|it| it.identity == first.identity).then_some(first)
}

fn told(principal: &str, it: &Pointing, identity: Identity) -> Matched {
    Matched {
        principal: principal.to_owned(),
        identity: it.identity,
        name: identity.name,
        key: it.term.clone(),
        source: it.source,
        source_name: it.source_name.clone(),
    }
}

/// One that principals may join: a person who retired it did not mean it to come back under another name.
async fn open(tx: &mut Tx, id: IdentityId) -> Result<Option<Identity>> {
    let it = get(tx, id).await?;
    Ok((it.status != Status::Retired || left(tx, &it).await?).then_some(it))
}

/// It was retired because its sources showed it no more.
pub async fn left(tx: &mut Tx, it: &Identity) -> Result<bool> {
    let seen = store::sightings::of_identity(tx, it.id).await?;
    let silent = seen.iter().any(|s| s.sighting.source.is_some() && s.sighting.gone_at == it.retired_at);
    Ok(it.status == Status::Retired && it.retired_at.is_some() && silent)
}
