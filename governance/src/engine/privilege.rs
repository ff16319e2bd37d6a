//! What identities reach without asking: one in full, and whose standing privilege is the queue to work through.
use super::page::{Page, Want};
use super::{Act, Ctx, Governance};
use crate::entitlement::{Entitlement, Use};
use crate::error::{Error, Result};
use crate::finding::rules::known_since;
use crate::finding::{Finding, Rule};
use crate::id::{IdentityId, SourceId};
use crate::identity::Identity;
use crate::import::snapshot::{Claim, POWER};
use crate::privilege::just_in_time;
use crate::privilege::reach::{BECOMES, Becomes, Reach, Sets, WINDOWS};
use crate::store;
use crate::store::db::{Arg, Tx};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Steps from role to role that are followed.
const STEPS: usize = 5;

/// One identity of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Privileged {
    pub identity: Identity,
    pub sets: Sets,
    /// Of what was granted: administrative, or able to give access.
    pub privileged: usize,
    /// Open findings of [`RULES`], worst first.
    pub findings: Vec<Finding>,
}

/// What puts an identity into the queue.
pub const RULES: [Rule; 3] = [Rule::StandingAdmin, Rule::CanEscalate, Rule::Unused90d];

impl Governance {
    /// What one identity reaches in each source that shows it, in a window of so many days ([`WINDOWS`]).
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Invalid` for another window.
    pub async fn identity_reach(&self, ctx: &Ctx, id: IdentityId, days: i64) -> Result<(Identity, Vec<Reach>)> {
        ctx.authorize(Act::See)?;
        if !WINDOWS.contains(&days) {
            return Err(Error::invalid(format!("days: {days} is none of 90, 180, 400")));
        }
        let mut tx = self.read().await?;
        let identity = super::identities::get(&mut tx, id).await?;
        let held = store::entitlements::of_identities(&mut tx, &[Arg::from(id)]).await?;
        let sources = store::sources::list(&mut tx).await?;
        let mut all = vec![];
        for seen in store::sightings::of_identity(&mut tx, id).await? {
            let (None, Some(source), Some(claim)) = (seen.sighting.gone_at, seen.sighting.source, seen.claim) else {
                continue;
            };
            let of: Vec<Entitlement> = held.iter().filter(|e| e.source == source).cloned().collect();
            let known = sources.iter().find(|s| s.id == source).cloned();
            let known = known.ok_or_else(|| Error::broken(format!("no source {source} of a sighting")))?;
            let principal = seen.sighting.principal;
            let mut reach = Reach::of(&identity, (known, principal, &claim), &of, ctx.at, days);
            reach.becomes = becomes(&mut tx, source, &reach.principal, &claim).await?;
            all.push(reach);
        }
        drop(tx);
        for reach in &mut all {
            reach.just_in_time = just_in_time::propose(&identity, reach).filter(just_in_time::validates);
        }
        Ok((identity, all))
    }

    /// Whose standing privilege to look at, worst first: each identity with an open finding of [`RULES`].
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor, else as the database says.
    pub async fn privilege_list(&self, ctx: &Ctx, want: &Want) -> Result<Page<Privileged>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let after = want.after::<(i64, IdentityId)>()?;
        let rows = store::privilege::queue(&mut tx, after, want.rows()).await?;
        let queue = want.page(rows, |row| *row)?;
        let args: Vec<_> = queue.items.iter().map(|(_, id)| Arg::from(*id)).collect();
        let mut identities: HashMap<_, _> =
            store::identities::many(&mut tx, &args).await?.into_iter().map(|(it, _)| (it.id, it)).collect();
        let mut held: HashMap<_, Vec<_>> = HashMap::new();
        for it in store::entitlements::of_identities(&mut tx, &args).await? {
            held.entry(it.identity).or_default().push(it);
        }
        let mut findings: HashMap<_, Vec<_>> = HashMap::new();
        for it in store::findings::of_identities(&mut tx, &args).await? {
            if let (Some(about), true) = (&it.identity, RULES.contains(&it.found.rule)) {
                findings.entry(about.id).or_default().push(it);
            }
        }
        let items = queue.items.iter().filter_map(|(_, id)| {
            let identity = identities.remove(id)?;
            let held = held.remove(id).unwrap_or_default();
            let mut findings = findings.remove(id).unwrap_or_default();
            findings.sort_by_key(|f| std::cmp::Reverse(store::findings::rank(f.found.severity)));
            let privileged = held.iter().filter(|e| e.facts.is_standing() && e.facts.privilege.is_privileged()).count();
            Some(Privileged { sets: sets(&identity, &held, ctx), identity, privileged, findings })
        });
        Ok(Page { items: items.collect(), next: queue.next })
    }
}

fn sets(identity: &Identity, held: &[Entitlement], ctx: &Ctx) -> Sets {
    let mut sets = Sets { granted: held.len(), ..Sets::default() };
    for it in held {
        match it.used(known_since(identity, it), ctx.at, WINDOWS[0]) {
            Use::Used(_) => sets.used += 1,
            Use::Unused(_) => sets.excess += 1,
            Use::Unknown => sets.unknown += 1,
        }
    }
    sets
}

/// Whom it can become, by the shortest way to each.
async fn becomes(tx: &mut Tx, source: SourceId, principal: &str, claim: &Claim) -> Result<Vec<Becomes>> {
    let mut found: Vec<Becomes> = vec![];
    let mut known = BTreeSet::from([principal.to_owned()]);
    let step = |path: &[(String, String)], claim: &Claim| -> Vec<Vec<(String, String)>> {
        claim.becomes.iter().map(|(who, how)| [path, &[(who.clone(), how.clone())]].concat()).collect()
    };
    let mut ways = VecDeque::from(step(&[], claim));
    while let Some(path) = ways.pop_front() {
        let Some((who, _)) = path.last() else { continue };
        if found.len() >= BECOMES || !known.insert(who.clone()) {
            continue;
        }
        let who = who.clone();
        let seen = store::sightings::one(tx, source, &who).await?.filter(|s| s.sighting.gone_at.is_none());
        let claim = seen.as_ref().and_then(|s| s.claim.as_ref());
        let identity = match seen.as_ref().and_then(|s| s.sighting.identity) {
            Some(id) => store::identities::get(tx, id).await?.map(|it| (it.id, it.name)),
            None => None,
        };
        let powers = claim.map(|c| c.notes.keys().filter_map(|n| n.strip_prefix(POWER)).map(str::to_owned).collect());
        if let (Some(claim), true) = (claim, path.len() < STEPS) {
            ways.extend(step(&path, claim));
        }
        found.push(Becomes { principal: who, identity, path, powers: powers.unwrap_or_default() });
    }
    Ok(found)
}
