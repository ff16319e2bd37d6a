//! Identities of different sources that may be one, each pair with its reasons in words. A person decides.
//!
//! They come from the index of what principals are known by: only those that share a term are compared, and a term that many
//! have says nothing. Nothing is suggested of two that one source shows or showed, that a person told apart, or of which one
//! merely becomes the other (a Kubernetes service account that acts as an AWS role).
mod pairs;
mod sides;

use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::matching::{Side, Sort, Term, fold::fold};
pub use crate::matching::{Suggestion, Suggestions};
use crate::store;
use crate::store::db::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// Identities that a term may have: what more have tells none from another.
const SHARED_BY: i64 = 8;
/// Terms that are looked at for one page, strong ones first.
const TERMS: i64 = 2_000;
/// Suggestions of one answer.
const MOST: usize = 200;
/// Identities registered by hand that are compared with what sources show.
const BY_HAND: i64 = 2_000;

impl Governance {
    /// All that is suggested, the likely first.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn match_list(&self, ctx: &Ctx) -> Result<Suggestions> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let mut terms = store::terms::shared(&mut tx, SHARED_BY, TERMS).await?;
        let by_hand = by_hand(&mut tx).await?;
        terms.extend(by_hand.keys().cloned());
        suggest(&mut tx, ctx, terms, by_hand, None).await
    }

    /// What is suggested of one identity.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn match_of(&self, ctx: &Ctx, id: IdentityId) -> Result<Suggestions> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let mut terms = store::terms::of_identity(&mut tx, id).await?;
        // those registered by hand are many to look through for one: that is left to the list of all
        let mut own = Groups::new();
        let seen = store::sightings::of_identity(&mut tx, id).await?;
        if seen.iter().all(|s| s.sighting.source.is_none())
            && let Some(name) = fold(&super::identities::get(&mut tx, id).await?.name)
        {
            own.insert(Term { sort: Sort::Name, value: name.core }, BTreeSet::from([id]));
        }
        terms.extend(own.keys().cloned());
        suggest(&mut tx, ctx, terms, own, Some(id)).await
    }

    /// Both as a suggestion would show them, the one to keep first.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn match_sides(&self, ctx: &Ctx, one: IdentityId, other: IdentityId) -> Result<[Side; 2]> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        for id in [one, other] {
            super::identities::get(&mut tx, id).await?;
        }
        let pair = pairs::Pairs::from([(store::merges::pair(one, other), BTreeSet::new())]);
        let known = sides::load(&mut tx, &pair, ctx.at).await?;
        known.sides(one, other).ok_or_else(|| Error::not_found("no such identity"))
    }
}

/// Which identities have a term.
type Groups = BTreeMap<Term, BTreeSet<IdentityId>>;

async fn suggest(
    tx: &mut Tx,
    ctx: &Ctx,
    terms: BTreeSet<Term>,
    mut groups: Groups,
    of: Option<IdentityId>,
) -> Result<Suggestions> {
    for it in store::terms::live(tx, &terms).await? {
        groups.entry(it.term).or_default().insert(it.identity);
    }
    let most = usize::try_from(SHARED_BY).unwrap_or(usize::MAX);
    groups.retain(|_, ids| (2..=most).contains(&ids.len()) && of.is_none_or(|id| ids.contains(&id)));
    let pairs = pairs::of(&groups, of);
    let known = sides::load(tx, &pairs, ctx.at).await?;
    let mut suggestions = known.judge(pairs);
    let more = suggestions.len() > MOST;
    suggestions.truncate(MOST);
    Ok(Suggestions { suggestions, more })
}

/// Names of identities that no source ever showed.
async fn by_hand(tx: &mut Tx) -> Result<Groups> {
    let ids = store::terms::unseen(tx, BY_HAND).await?;
    let ids: Vec<_> = ids.into_iter().map(Into::into).collect();
    let mut groups = Groups::new();
    for (it, _) in store::identities::many(tx, &ids).await? {
        if let Some(name) = fold(&it.name) {
            groups.entry(Term { sort: Sort::Name, value: name.core }).or_default().insert(it.id);
        }
    }
    Ok(groups)
}
