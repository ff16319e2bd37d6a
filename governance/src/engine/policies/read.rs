//! Looking at bundles.
use super::super::{Act, Ctx, Governance};
use super::routes::{Route, routes};
use crate::error::{Error, Result};
use crate::policy::bundle::Bundle;
use crate::policy::files::Files;
use crate::policy::gate::Gate;
use crate::policy::manifest::Manifest;
use crate::policy::rules::PolicyText;
use crate::store;
use crate::store::db::Tx;
use crate::store::policies::{Activation, Listed};
use serde::Serialize;
use std::sync::Arc;

/// A bundle with all that people look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    #[serde(flatten)]
    pub listed: Listed,
    pub manifest: Manifest,
    pub rules: Vec<PolicyText>,
    pub gates: Vec<Gate>,
    pub routes: Vec<ShownRoute>,
    /// Tests the bundle carries; all of them passed when it was stored.
    pub tests: usize,
    /// Newest first, at most 100.
    pub activations: Vec<Activation>,
}

/// A group of people the bundle's gates ask, and whether enough of them are there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRoute {
    pub name: String,
    pub quorum: u32,
    /// Approvers in the group.
    pub members: usize,
    /// Approvers who would be asked: all, where the group is empty.
    pub asked: usize,
    /// Why its gates cannot be opened now.
    pub unanswerable: Option<String>,
}

impl From<Route> for ShownRoute {
    fn from(route: Route) -> Self {
        let unanswerable = route.unanswerable();
        Self { name: route.name, quorum: route.quorum, members: route.members, asked: route.asked, unanswerable }
    }
}

impl Governance {
    /// The newest stored bundles, at most `limit` (1 to 1,000).
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn policy_list(&self, ctx: &Ctx, limit: u16) -> Result<Vec<Listed>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        store::policies::list(&mut tx, None, i64::from(limit.clamp(1, 1_000))).await
    }

    /// One bundle, or the active one where no hash is given. The first characters of a hash will do if they are of one
    /// bundle alone.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` for the beginning of several hashes, `Internal` for a bundle whose stored bytes changed.
    pub async fn policy_show(&self, ctx: &Ctx, hash: Option<&str>) -> Result<Shown> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        let hash = match hash {
            Some(hash) => hash_of(&mut tx, hash).await?,
            None => {
                let (active, _) = store::policies::active(&mut tx).await?;
                active.ok_or_else(|| Error::not_found("no policy bundle is active"))?
            }
        };
        let listed = store::policies::list(&mut tx, Some(&hash), 1).await?.pop();
        let listed = listed.ok_or_else(|| Error::not_found(format!("no policy bundle {hash}")))?;
        let bundle = self.bundle_stored(&mut tx, &hash).await?;
        let routes = routes(&mut tx, &bundle, self.now()).await?;
        Ok(Shown {
            listed,
            manifest: bundle.manifest().clone(),
            rules: bundle.policies().cloned().collect(),
            gates: bundle.gates().to_vec(),
            routes: routes.into_iter().map(Into::into).collect(),
            tests: bundle.tests(),
            activations: store::policies::activations(&mut tx, Some(&hash), 100).await?,
        })
    }

    /// The files of a stored bundle, to be written to a folder again.
    ///
    /// # Errors
    /// `NotFound`, else as the database says.
    pub async fn policy_files(&self, ctx: &Ctx, hash: &str) -> Result<Files> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        let hash = hash_of(&mut tx, hash).await?;
        files(&mut tx, &hash).await
    }

    /// The active bundle, ready to answer: what pages and the API read its words from.
    ///
    /// # Errors
    /// `Unavailable`: sealed.
    pub async fn policy_active(&self) -> Result<Arc<Bundle>> {
        let mut tx = self.db.read().await?;
        self.bundle_active(&mut tx).await
    }

    /// A stored bundle, its bytes hashed anew.
    pub(in crate::engine) async fn bundle_stored(&self, tx: &mut Tx, hash: &str) -> Result<Arc<Bundle>> {
        if let Some(world) = self.remembered.world().filter(|world| world.bundle.hash() == hash) {
            return Ok(world.bundle.clone());
        }
        let files = files(tx, hash).await?;
        let read = tokio::task::spawn_blocking(move || Bundle::from_files(&files));
        let bundle = read.await.map_err(Error::internal)?;
        let bundle = bundle.map_err(|faults| {
            let first = faults.first().map(ToString::to_string).unwrap_or_default();
            Error::broken(format!("the stored bundle {hash} cannot be read: {first}"))
        })?;
        if bundle.hash() != hash {
            return Err(Error::broken(format!("the stored bundle {hash} is not what was stored: its hash differs")));
        }
        Ok(Arc::new(bundle))
    }
}

pub(super) async fn files(tx: &mut Tx, hash: &str) -> Result<Files> {
    let files = store::policies::files(tx, hash).await?;
    let files = files.ok_or_else(|| Error::not_found(format!("no policy bundle {hash}")))?;
    Ok(files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect())
}

/// Fewest characters by which a bundle is called.
const SHORTEST: usize = 8;

/// The whole hash of a bundle that is called by its first characters.
pub(super) async fn hash_of(tx: &mut Tx, start: &str) -> Result<String> {
    if start.len() < SHORTEST || start.len() > 64 || !start.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::invalid(format!("`{start}` is not the beginning of a bundle's hash (8 to 64 hex digits)")));
    }
    let start = start.to_ascii_lowercase();
    let found = store::policies::hashes(tx, &start).await?;
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::not_found(format!("no policy bundle {start}"))),
        _ => Err(Error::conflict(format!("several bundles begin with {start}: give more of the hash"))),
    }
}
