//! All that the rules look at, read for many identities at once.
use crate::build::Build;
use crate::error::{Error, Result};
use crate::finding::rules;
use crate::id::{IdentityId, PersonId, SourceId};
use crate::identity::Identity;
use crate::source::Source;
use crate::store;
use crate::store::db::{Arg, Tx};
use crate::{credential::Credential, entitlement::Entitlement, person, time::Timestamp};
use std::collections::HashMap;

/// All that the rules look at of one identity.
pub(in crate::engine) struct Loaded {
    pub identity: Identity,
    pub owner: Option<person::Status>,
    pub backup: Option<person::Status>,
    pub entitlements: Vec<Entitlement>,
    pub credentials: Vec<Credential>,
    pub last_asked_at: Option<Timestamp>,
    pub build: Option<Build>,
    pub role_changed: Option<(Timestamp, String)>,
    pub powers: Vec<(String, String)>,
    pub sources: Vec<Source>,
    pub tellers: Vec<SourceId>,
}

impl Loaded {
    pub fn facts(&self) -> rules::Facts<'_> {
        rules::Facts {
            identity: &self.identity,
            owner: self.owner,
            backup: self.backup,
            entitlements: &self.entitlements,
            credentials: &self.credentials,
            last_asked_at: self.last_asked_at,
            build: self.build.as_ref(),
            role_changed: self.role_changed.as_ref(),
            powers: &self.powers,
            sources: &self.sources,
            tellers: &self.tellers,
        }
    }
}

/// The statuses of people met so far.
#[derive(Default)]
pub(super) struct People(HashMap<PersonId, person::Status>);

impl People {
    async fn status(&mut self, tx: &mut Tx, id: Option<PersonId>) -> Result<Option<person::Status>> {
        let Some(id) = id else { return Ok(None) };
        if let Some(known) = self.0.get(&id) {
            return Ok(Some(*known));
        }
        let found = store::people::get(tx, id).await?.map(|p| p.status);
        self.0.extend(found.map(|s| (id, s)));
        Ok(found)
    }
}

/// What is known of one identity.
///
/// # Errors
/// `NotFound`, else as the database says.
pub(in crate::engine) async fn load(tx: &mut Tx, id: IdentityId) -> Result<Loaded> {
    let found = load_many(tx, &mut People::default(), &[id]).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found(format!("no identity {id}")))
}

/// What is known of many, in no order; one that is not there is left out.
///
/// # Errors
/// As the database says.
pub(super) async fn load_many(tx: &mut Tx, people: &mut People, ids: &[IdentityId]) -> Result<Vec<Loaded>> {
    let args: Vec<_> = ids.iter().map(|id| Arg::from(*id)).collect();
    let mut entitlements: HashMap<_, Vec<_>> = HashMap::new();
    for it in store::entitlements::of_identities(tx, &args).await? {
        entitlements.entry(it.identity).or_default().push(it);
    }
    let mut credentials: HashMap<_, Vec<_>> = HashMap::new();
    for it in store::credentials::of_identities(tx, &args).await? {
        credentials.entry(it.identity).or_default().push(it);
    }
    let builds = store::builds::of_identities(tx, &args).await?;
    let mut builds: HashMap<_, _> = builds.into_iter().map(|b| (b.identity, b)).collect();
    let mut roles: HashMap<_, _> = store::role_changes::of_identities(tx, &args).await?.into_iter().collect();
    let mut powers = store::sightings::powers(tx, &args).await?;
    let mut tellers = store::sightings::tellers(tx, &args).await?;
    let known = store::sources::list(tx).await?;
    let mut loaded = Vec::with_capacity(ids.len());
    for (identity, last_asked_at) in store::identities::many(tx, &args).await? {
        let tellers = tellers.remove(&identity.id).unwrap_or_default();
        let (held, keys) = (entitlements.get(&identity.id), credentials.get(&identity.id));
        let of = |id: SourceId| {
            tellers.contains(&id)
                || held.is_some_and(|all: &Vec<Entitlement>| all.iter().any(|e| e.source == id))
                || keys.is_some_and(|all: &Vec<Credential>| all.iter().any(|c| c.source == id))
        };
        let sources = known.iter().filter(|s| of(s.id)).cloned().collect();
        loaded.push(Loaded {
            sources,
            tellers,
            owner: people.status(tx, identity.owner).await?,
            backup: people.status(tx, identity.backup).await?,
            entitlements: entitlements.remove(&identity.id).unwrap_or_default(),
            credentials: credentials.remove(&identity.id).unwrap_or_default(),
            last_asked_at,
            build: builds.remove(&identity.id),
            role_changed: roles.remove(&identity.id),
            powers: powers.remove(&identity.id).unwrap_or_default(),
            identity,
        });
    }
    Ok(loaded)
}
