//! The changes of one source: which identity each principal is, and what becomes of it. New rows gather and are written
//! together, before anything reads them.
use super::joins;
use crate::engine::Write;
use crate::engine::identities::added;
use crate::error::{Error, Result};
use crate::id::{CredentialId, EntitlementId, IdentityId, SightingId};
use crate::identity::{Identity, Kind, Status};
use crate::import::diff::{Change, Delta};
use crate::import::progress::{Phase, Progress};
use crate::import::snapshot::Claim;
use crate::log::event::{Event, EventKind};
use crate::matching::Matched;
use crate::source::Source;
use crate::store;
use crate::store::entitlements::Holder;
use crate::store::many::Rows;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Rows gathered before they are written.
const GATHERED: usize = 256;

/// Writing under way.
pub(in crate::engine) struct Applied<'a> {
    source: &'a Source,
    /// The source is new: no identity can be known by it.
    fresh: bool,
    /// Which identity each principal is.
    identities: BTreeMap<String, IdentityId>,
    /// New principals that are identities known already.
    matched: BTreeMap<String, Matched>,
    /// Whose findings to look at again.
    pub touched: BTreeSet<IdentityId>,
    gathered: Gathered,
}

/// Rows on their way, in the order in which they refer to each other.
struct Gathered {
    identities: Rows,
    /// What the gathered identities are called: no two of a kind have one name.
    names: HashSet<(Kind, String)>,
    sightings: Rows,
    entitlements: Rows,
    credentials: Rows,
}

impl Gathered {
    fn new() -> Self {
        Self {
            identities: store::identities::rows(),
            names: HashSet::new(),
            sightings: store::sightings::rows(),
            entitlements: store::entitlements::rows(),
            credentials: store::credentials::rows(),
        }
    }

    fn full(&self) -> bool {
        let Self { identities, names: _, sightings, entitlements, credentials } = self;
        [identities, sightings, entitlements, credentials].into_iter().any(|rows| rows.count() >= GATHERED)
    }

    async fn write(&mut self, w: &mut Write) -> Result<()> {
        self.names.clear();
        self.identities.insert(&mut w.tx).await?;
        self.sightings.insert(&mut w.tx).await?;
        self.entitlements.insert(&mut w.tx).await?;
        self.credentials.insert(&mut w.tx).await
    }
}

impl<'a> Applied<'a> {
    pub fn new(
        source: &'a Source,
        fresh: bool,
        identities: BTreeMap<String, IdentityId>,
        matched: BTreeMap<String, Matched>,
    ) -> Self {
        Self { source, fresh, identities, matched, touched: BTreeSet::new(), gathered: Gathered::new() }
    }

    /// Writes them all. A new principal's own change comes before those of what it holds.
    pub async fn all(mut self, w: &mut Write, changes: &[Change], progress: &Progress) -> Result<BTreeSet<IdentityId>> {
        progress.begin(Phase::Writing, changes.len());
        for change in changes {
            self.one(w, change).await?;
            progress.add(1);
            if self.gathered.full() {
                self.gathered.write(w).await?;
            }
        }
        self.gathered.write(w).await?;
        Ok(self.touched)
    }

    async fn one(&mut self, w: &mut Write, change: &Change) -> Result<()> {
        match change {
            Change::Principal { principal, delta } => match (&delta.before, &delta.after) {
                (None, Some(claim)) => self.new_principal(w, principal, claim).await,
                (Some(before), Some(after)) => self.changed_principal(w, principal, before, after).await,
                (_, None) => self.gone_principal(w, principal).await,
            },
            Change::Entitlement { principal, key, delta: Delta { after, .. } } => {
                let of = self.holder(principal, w.at())?;
                match after {
                    Some(facts) => {
                        let id = EntitlementId::new(w.at(), w.random());
                        store::entitlements::push(&mut self.gathered.entitlements, id, of, key, facts);
                        Ok(())
                    }
                    None => store::entitlements::end(&mut w.tx, of, key).await,
                }
            }
            Change::Credential { principal, key, delta } => {
                let of = self.holder(principal, w.at())?;
                match &delta.after {
                    Some(facts) => {
                        let id = CredentialId::new(w.at(), w.random());
                        store::credentials::push(&mut self.gathered.credentials, id, of, key, facts);
                        Ok(())
                    }
                    None => store::credentials::end(&mut w.tx, of, key).await,
                }
            }
        }
    }

    fn holder(&mut self, principal: &str, at: Timestamp) -> Result<Holder> {
        let identity = self.identities.get(principal).copied();
        let identity = identity.ok_or_else(|| Error::broken("a change of a principal that no identity stands for"))?;
        self.touched.insert(identity);
        Ok(Holder { identity, source: self.source.id, at })
    }

    async fn new_principal(&mut self, w: &mut Write, principal: &str, claim: &Claim) -> Result<()> {
        let at = w.at();
        // which identity it is, its sighting says: it may have become another's than the one it came as
        let before = match self.fresh {
            true => None,
            false => store::sightings::one(&mut w.tx, self.source.id, principal).await?,
        };
        let it = match (before.and_then(|s| s.sighting.identity), self.matched.remove(principal)) {
            (Some(known), _) => self.shown_again(w, known, claim).await?,
            (None, Some(matched)) => self.join(w, &matched, claim).await?,
            (None, None) => self.register(w, principal, claim).await?,
        };
        self.touched.insert(it.id);
        self.identities.insert(principal.into(), it.id);
        let id = SightingId::new(at, w.random());
        store::sightings::push(&mut self.gathered.sightings, id, (self.source.id, it.id), (principal, claim), at)
    }

    /// It was gone, and is back.
    async fn shown_again(&mut self, w: &mut Write, known: IdentityId, claim: &Claim) -> Result<Identity> {
        let at = w.at();
        let mut it = crate::engine::identities::get(&mut w.tx, known).await?;
        let back = joins::left(&mut w.tx, &it).await?;
        if back {
            it.become_status(Status::Active, at)?;
        }
        self.take_over(&mut it, None, claim, at);
        store::identities::update(&mut w.tx, &it).await?;
        if back {
            changed(w, &it, "its source shows it again").await?;
        }
        Ok(it)
    }

    /// Another source shows it under the same strong key.
    async fn join(&mut self, w: &mut Write, matched: &Matched, claim: &Claim) -> Result<Identity> {
        let it = self.shown_again(w, matched.identity, claim).await?;
        // the key is a name: it stands beside the log
        let about = serde_json::json!({ "principal": matched.principal, "key": matched.key.value });
        let hash = w.payload_beside(&serde_json::to_vec(&about).map_err(Error::internal)?);
        let mut event = Event::new(EventKind::IdentityMatched, w.actor().to_owned())
            .subject(it.id)
            .id("source", self.source.id)
            .id("known_by", matched.source)
            .reason(format!("the same {}", matched.key.sort));
        event.payloads.insert("match", hash);
        w.append(event).await?;
        Ok(it)
    }

    /// A principal nobody knew: it takes the place of one registered by hand under its kind and name, else it is new.
    async fn register(&mut self, w: &mut Write, principal: &str, claim: &Claim) -> Result<Identity> {
        let at = w.at();
        let (mut name, mut taken) = (claim.name.clone(), 0);
        while let Some(mut other) = self.named(w, claim.kind, &name).await? {
            if by_hand(w, &other).await? {
                (other.source, other.external_ref) = (Some(self.source.id), Some(principal.into()));
                self.take_over(&mut other, None, claim, at);
                store::identities::update(&mut w.tx, &other).await?;
                changed(w, &other, "matched to what its source shows").await?;
                return Ok(other);
            }
            taken += 1;
            name = claim.name_among(&self.source.scope, taken);
        }
        let mut it = Identity {
            source: Some(self.source.id),
            external_ref: Some(principal.into()),
            ..Identity::new(IdentityId::new(at, w.random()), claim.kind, name, at)
        };
        self.take_over(&mut it, None, claim, at);
        store::identities::push(&mut self.gathered.identities, &it)?;
        self.gathered.names.insert((it.kind, it.name.clone()));
        added(w, &it).await?;
        Ok(it)
    }

    /// Who has this name, the gathered among them.
    async fn named(&mut self, w: &mut Write, kind: Kind, name: &str) -> Result<Option<Identity>> {
        if self.gathered.names.contains(&(kind, name.to_owned())) {
            self.gathered.write(w).await?;
        }
        store::identities::by_kind(&mut w.tx, kind, name).await
    }

    async fn changed_principal(&mut self, w: &mut Write, principal: &str, before: &Claim, after: &Claim) -> Result<()> {
        let of = self.holder(principal, w.at())?;
        let mut it = crate::engine::identities::get(&mut w.tx, of.identity).await?;
        let was = (it.kind, it.environment);
        self.take_over(&mut it, Some(before), after, of.at);
        // another kind is another name space: where its name is taken there, it keeps the kind it has
        if before.kind != after.kind
            && it.kind == before.kind
            && self.leads(&it)
            && self.named(w, after.kind, &it.name).await?.is_none()
        {
            it.kind = after.kind;
        }
        let parts: Vec<_> = [(was.0 != it.kind, "kind"), (was.1 != it.environment, "environment")]
            .into_iter()
            .filter_map(|(other, part)| other.then_some(part))
            .collect();
        if let Some(why) = crate::engine::role_changes::words(&parts) {
            it.epoch += 1;
            store::identities::update(&mut w.tx, &it).await?;
            changed(w, &it, "its source says otherwise").await?;
            crate::engine::role_changes::end_old_role(w, it.id, it.epoch, &why).await?;
        } else {
            store::identities::update(&mut w.tx, &it).await?;
        }
        let id = SightingId::new(of.at, w.random());
        store::sightings::push(&mut self.gathered.sightings, id, (self.source.id, it.id), (principal, after), of.at)
    }

    /// What the source says goes into the identity, save where a person said otherwise. Among sources the one counts that the
    /// identity came with; another only says what nobody said, and of use and age each adds to what is known.
    fn take_over(&self, it: &mut Identity, before: Option<&Claim>, claim: &Claim, at: Timestamp) {
        let repeated = before.is_some_and(|b| b.environment == it.environment) && self.leads(it);
        if it.environment.is_none() || repeated {
            it.environment = claim.environment.or(it.environment);
        }
        it.first_seen_at = claim.created_at.map_or(it.first_seen_at, |made| made.min(it.first_seen_at));
        it.last_seen_at = Some(at);
        it.last_used_at = it.last_used_at.max(claim.last_used_at);
        it.usage_reported |= claim.usage_reported;
    }

    /// The identity came with this source.
    fn leads(&self, it: &Identity) -> bool {
        it.source == Some(self.source.id)
    }

    /// It holds nothing there any more; without another source or a key of ours it is retired.
    async fn gone_principal(&mut self, w: &mut Write, principal: &str) -> Result<()> {
        let of = self.holder(principal, w.at())?;
        store::sightings::gone(&mut w.tx, of.source, principal, of.at).await?;
        store::entitlements::end_all(&mut w.tx, of).await?;
        store::credentials::end_all(&mut w.tx, of).await?;
        let elsewhere = store::sightings::live_elsewhere(&mut w.tx, of.identity, of.source).await?;
        let keys = store::identities::live_keys(&mut w.tx, of.identity, of.at).await?;
        let mut it = crate::engine::identities::get(&mut w.tx, of.identity).await?;
        if elsewhere + keys > 0 || it.source.is_none() || it.status == Status::Retired {
            return Ok(());
        }
        it.become_status(Status::Retired, of.at)?;
        it.epoch += 1;
        store::identities::update(&mut w.tx, &it).await?;
        changed(w, &it, "its source shows it no more").await
    }
}

/// Nothing but a person's word: what a source shows under its kind and name is taken to be it.
async fn by_hand(w: &mut Write, it: &Identity) -> Result<bool> {
    let free = it.source.is_none() && it.external_ref.is_none() && it.status != Status::Retired;
    let seen = if free { store::sightings::of_identity(&mut w.tx, it.id).await? } else { vec![] };
    Ok(free && seen.iter().all(|s| s.sighting.source.is_none()))
}

async fn changed(w: &mut Write, it: &Identity, why: &str) -> Result<()> {
    let mut event = Event::new(EventKind::IdentityChanged, w.actor().to_owned()).subject(it.id);
    event = event.outcome(it.status.as_str()).reason(why).reason(format!("kind {}", it.kind));
    event.reasons.extend(it.environment.map(|e| format!("environment {e}")));
    event.epochs.insert(it.id.to_string(), it.epoch);
    // a stop of the source reaches it from here on
    event.ids.extend(it.source.map(|id| ("source", id.to_string())));
    w.append(event).await.map(drop)
}
