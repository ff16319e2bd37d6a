//! What is known of both sides of a pair, and what that makes of it.
use super::pairs::Pairs;
use crate::engine::matching::keep_first;
use crate::error::Result;
use crate::id::{IdentityId, PersonId, SourceId};
use crate::identity::{Environment, Identity, Status};
use crate::import::snapshot::OWNERS;
use crate::matching::{ShownBy, Side, Sort, Strength, Suggestion, Term, fold::fold};
use crate::source::Source;
use crate::store;
use crate::store::db::{Arg, Tx};
use crate::store::sightings::Seen;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// Everything about the identities of some pairs.
pub struct Known {
    identities: HashMap<IdentityId, Identity>,
    seen: HashMap<IdentityId, Vec<Seen>>,
    sources: HashMap<SourceId, Source>,
    owners: HashMap<PersonId, String>,
    apart: BTreeSet<(IdentityId, IdentityId)>,
    now: Timestamp,
}

/// # Errors
/// As the database says.
pub async fn load(tx: &mut Tx, pairs: &Pairs, now: Timestamp) -> Result<Known> {
    let ids: BTreeSet<IdentityId> = pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
    let args: Vec<Arg> = ids.into_iter().map(Arg::from).collect();
    let identities: HashMap<_, _> =
        store::identities::many(tx, &args).await?.into_iter().map(|(it, _)| (it.id, it)).collect();
    let mut seen: HashMap<_, Vec<_>> = HashMap::new();
    for it in store::sightings::of_identities(tx, &args).await? {
        if let Some(id) = it.sighting.identity {
            seen.entry(id).or_default().push(it);
        }
    }
    let mut owners = HashMap::new();
    for id in identities.values().filter_map(|it| it.owner).collect::<BTreeSet<_>>() {
        owners.extend(store::people::get(tx, id).await?.map(|p| (id, p.name)));
    }
    let sources = store::sources::list(tx).await?.into_iter().map(|s| (s.id, s)).collect();
    let apart = store::merges::apart(tx, &args).await?;
    Ok(Known { identities, seen, sources, owners, apart, now })
}

impl Known {
    /// The pairs that may be one, likely ones first.
    pub fn judge(&self, pairs: Pairs) -> Vec<Suggestion> {
        let mut all: Vec<_> = pairs.into_iter().filter_map(|(pair, terms)| self.suggestion(pair, &terms)).collect();
        all.sort_by(|a, b| {
            let key = |s: &Suggestion| (s.strength, s.keep.name.clone(), s.other.name.clone(), s.keep.id, s.other.id);
            key(a).cmp(&key(b))
        });
        all
    }

    fn suggestion(&self, pair: (IdentityId, IdentityId), terms: &BTreeSet<Term>) -> Option<Suggestion> {
        let (a, b) = (self.identities.get(&pair.0)?, self.identities.get(&pair.1)?);
        let retired = [a, b].iter().any(|it| it.status == Status::Retired);
        if retired || self.apart.contains(&pair) || self.both_shown(pair) || self.becomes(a.id, b.id) {
            return None;
        }
        let (reasons, strength) = self.reasons(a, b, terms)?;
        let (keep, other) = keep_first(a, b);
        Some(Suggestion { keep: self.side(keep), other: self.side(other), strength, reasons })
    }

    /// Both, the one to keep first.
    pub fn sides(&self, one: IdentityId, other: IdentityId) -> Option<[Side; 2]> {
        let (keep, other) = keep_first(self.identities.get(&one)?, self.identities.get(&other)?);
        Some([self.side(keep), self.side(other)])
    }

    fn of(&self, id: IdentityId) -> &[Seen] {
        self.seen.get(&id).map_or(&[], Vec::as_slice)
    }

    fn both_shown(&self, (a, b): (IdentityId, IdentityId)) -> bool {
        let sources = |id| self.of(id).iter().filter_map(|s| s.sighting.source).collect::<BTreeSet<_>>();
        !sources(a).is_disjoint(&sources(b))
    }

    /// One acts as the other, as its source says: the name of the one stands in what is said of the other.
    fn becomes(&self, a: IdentityId, b: IdentityId) -> bool {
        let says = |of: IdentityId, other: IdentityId| {
            let names = || self.of(other).iter().map(|s| s.sighting.principal.as_str());
            self.of(of).iter().filter_map(|s| s.claim.as_ref()).any(|claim| {
                let acts = claim.notes.iter().filter(|(note, _)| note.starts_with("acts as ")).map(|(_, who)| who);
                let who: BTreeSet<&str> = acts.chain(claim.becomes.keys()).map(String::as_str).collect();
                names().any(|name| who.contains(name))
            })
        };
        says(a, b) || says(b, a)
    }

    fn reasons(&self, a: &Identity, b: &Identity, terms: &BTreeSet<Term>) -> Option<(Vec<String>, Strength)> {
        let mut reasons = vec![];
        let mut likely = false;
        for term in terms {
            match term.sort {
                Sort::Name if self.environments_differ(a, b) => {}
                Sort::Name => {
                    let same = self.names(a).any(|x| self.names(b).any(|y| x.eq_ignore_ascii_case(y)));
                    reasons.push(if same { "the same name".into() } else { format!("names alike: {}", term.value) });
                    if let Some(owner) = self.same_owner(a, b) {
                        likely = true;
                        reasons.push(format!("the same owner: {owner}"));
                    }
                }
                sort => {
                    likely |= sort != Sort::Address;
                    reasons.push(format!("the same {}: {}", sort.words(), term.value));
                }
            }
        }
        let strength = if likely { Strength::Likely } else { Strength::Possible };
        (!reasons.is_empty()).then_some((reasons, strength))
    }

    /// What it is called here and by its sources.
    fn names<'a>(&'a self, it: &'a Identity) -> impl Iterator<Item = &'a str> {
        let shown = self.of(it.id).iter().map(|s| s.sighting.name.as_str());
        shown.chain([it.name.as_str()])
    }

    fn environments_differ(&self, a: &Identity, b: &Identity) -> bool {
        let of = |it: &Identity| -> Option<Environment> {
            it.environment.or_else(|| self.names(it).find_map(|name| fold(name)?.environment))
        };
        of(a).zip(of(b)).is_some_and(|(a, b)| a != b)
    }

    /// Whoever answers for both here, or is named for both by their sources.
    fn same_owner(&self, a: &Identity, b: &Identity) -> Option<String> {
        if let Some(owner) = a.owner.filter(|owner| b.owner == Some(*owner)) {
            return self.owners.get(&owner).cloned();
        }
        let told = |it: &Identity| -> BTreeSet<String> {
            let claims = self.of(it.id).iter().filter_map(|s| s.claim.as_ref());
            let notes = claims.flat_map(|c| OWNERS.map(|n| c.notes.get(n)));
            notes.flatten().flat_map(|all| all.split(", ")).map(str::to_lowercase).collect()
        };
        told(a).intersection(&told(b)).next().cloned()
    }

    fn side(&self, it: &Identity) -> Side {
        Side {
            id: it.id,
            kind: it.kind,
            name: it.name.clone(),
            status: it.status,
            owner: it.owner.and_then(|id| self.owners.get(&id).cloned()),
            version: it.version,
            registered_at: it.registered_at,
            shown: self.of(it.id).iter().filter_map(|seen| self.shown_by(seen)).collect(),
        }
    }

    fn shown_by(&self, seen: &Seen) -> Option<ShownBy> {
        let source = self.sources.get(&seen.sighting.source?)?;
        let claim = seen.claim.as_ref();
        Some(ShownBy {
            source: source.name.clone(),
            principal: seen.sighting.principal.clone(),
            name: seen.sighting.name.clone(),
            created_at: claim.and_then(|c| c.created_at),
            last_used_at: claim.and_then(|c| c.last_used_at),
            usage_reported: claim.is_some_and(|c| c.usage_reported),
            last_seen_at: seen.sighting.last_shown_at(source.last_sync_at),
            stale: source.is_stale(self.now),
            gone: seen.sighting.gone_at.is_some(),
        })
    }
}
