//! Storing and activating bundles. Activation is a compare-and-set plus an event under the log's lock; rollback activates
//! an earlier hash (semantics.md, Bundles).
use super::super::{Act, Actor, Ctx, Governance, Write};
use super::check::{checked, texts};
use super::read::{files, hash_of};
use super::recount::Recount;
use super::replay::{BEFORE_ACTIVATION, Replay};
use super::routes::{Route, routes};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::log::event::{Event, EventKind};
use crate::policy::bundle::Bundle;
use crate::policy::files::Files;
use crate::store;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is to be activated.
#[derive(Debug, Clone, Copy)]
pub enum Release<'a> {
    /// A bundle at hand, stored in the same commit.
    Files(&'a Files),
    /// A stored bundle, by its hash or the first characters of it.
    Hash(&'a str),
}

/// A stored bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    pub hash: String,
    pub name: String,
    /// It was stored before; whoever stored it first stays its author.
    pub known: bool,
}

/// What an activation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activated {
    pub hash: String,
    pub name: String,
    /// The bundle that was active before.
    pub previous: Option<String>,
    /// Its event's place in the log; `None`: it was active already and nothing changed.
    pub seq: Option<u64>,
    pub at: Timestamp,
    /// What works but should be seen to.
    pub notes: Vec<String>,
    /// What changes for the questions of late.
    pub replay: Replay,
}

impl Governance {
    /// Stores a bundle for somebody else to release.
    ///
    /// # Errors
    /// `Invalid` with file and line for a bundle with a fault or a failing test, `Forbidden`.
    pub async fn policy_store(&self, ctx: &Ctx, files: &Files) -> Result<Stored> {
        ctx.authorize(Act::WritePolicy)?;
        let bundle = checked(files.clone()).await?;
        let mut w = self.write(ctx).await?;
        let known = store(&mut w, &bundle, files).await?;
        if !known {
            w.commit().await?;
        }
        Ok(Stored { hash: bundle.hash().into(), name: bundle.manifest().name.clone(), known })
    }

    /// Makes a bundle the one that decides. `expected` is the bundle the caller saw as active (`Some(None)`: none); left
    /// out, whichever is active is replaced.
    ///
    /// # Errors
    /// `Invalid` with file and line, or the route nobody could answer; `Forbidden` for its own author; `Conflict` if
    /// another bundle became active meanwhile.
    pub async fn policy_activate(
        &self,
        ctx: &Ctx,
        release: Release<'_>,
        expected: Option<Option<&str>>,
    ) -> Result<Activated> {
        ctx.authorize(Act::ReleasePolicy)?;
        let files = self.released(ctx, release).await?;
        let bundle = checked(files.clone()).await?;
        let replay = self.replay(bundle.clone(), None, BEFORE_ACTIVATION).await?;
        let before = self.policy_before().await?;
        let mut recount = Recount::between(before.bundle.as_deref(), &bundle, self.now());
        recount.catch_up(&mut self.db.read().await?).await?;

        let mut w = self.write(ctx).await?;
        let (previous, version) = store::policies::active(&mut w.tx).await?;
        if previous != before.hash || expected.is_some_and(|seen| seen != previous.as_deref()) {
            return Err(Error::conflict("another bundle became active meanwhile: look again"));
        }
        let done = |seq, at, previous, notes| Activated {
            hash: bundle.hash().into(),
            name: bundle.manifest().name.clone(),
            previous,
            seq,
            at,
            notes,
            replay,
        };
        if previous.as_deref() == Some(bundle.hash()) {
            return Ok(done(None, w.at(), previous, vec!["this bundle is active already".into()]));
        }
        not_its_author(&mut w, &ctx.actor, bundle.hash()).await?;
        let at = w.at();
        let routes = routes(&mut w.tx, &bundle, at).await?;
        let notes = answerable(&ctx.actor, &bundle, &routes, before.bundle.as_deref())?;
        store(&mut w, &bundle, &files).await?;
        recount.catch_up(&mut w.tx).await?;
        recount.write(&mut w.tx).await?;
        let seq = activate(&mut w, &bundle, previous.as_deref(), version, &notes).await?;
        self.remembered.offer(Arc::clone(&bundle));
        w.commit().await?;
        Ok(done(Some(seq), at, previous, notes))
    }

    async fn released(&self, ctx: &Ctx, release: Release<'_>) -> Result<Files> {
        match release {
            Release::Files(_) if matches!(ctx.actor, Actor::Person { .. }) => Err(Error::forbidden(
                "a bundle is stored by its author and released by somebody else: store it first, then release its hash",
            )),
            Release::Files(files) => Ok(files.clone()),
            Release::Hash(hash) => {
                let mut tx = self.db.read().await?;
                let hash = hash_of(&mut tx, hash).await?;
                let files = files(&mut tx, &hash).await?;
                if crate::policy::files::hex(&crate::policy::files::hash(&files)) != hash {
                    return Err(Error::broken(format!("the stored bundle {hash} is not what was stored")));
                }
                Ok(files)
            }
        }
    }

    /// The bundle that decides until then, read before the log's lock is held.
    async fn policy_before(&self) -> Result<Before> {
        let mut tx = self.db.read().await?;
        let (hash, _) = store::policies::active(&mut tx).await?;
        let bundle = match &hash {
            // Of a bundle that cannot be read any more nothing is known, and it may be replaced.
            Some(hash) => self.bundle_stored(&mut tx, hash).await.ok(),
            None => None,
        };
        Ok(Before { hash, bundle })
    }
}

struct Before {
    hash: Option<String>,
    bundle: Option<Arc<Bundle>>,
}

/// Stores the files unless they are there, and says whether they were.
async fn store(w: &mut Write, bundle: &Bundle, files: &Files) -> Result<bool> {
    if store::policies::files(&mut w.tx, bundle.hash()).await?.is_some() {
        return Ok(true);
    }
    let (at, author) = (w.at(), w.actor().to_owned());
    store::policies::insert(&mut w.tx, bundle.hash(), &bundle.manifest().name, &texts(files)?, &author, at).await?;
    let mut event = Event::new(EventKind::PolicyStored, author).subject(bundle.hash());
    event.bundle = Some(bundle.hash().into());
    w.append(event).await?;
    Ok(false)
}

/// Who releases is not who wrote it, where both are people.
async fn not_its_author(w: &mut Write, actor: &Actor, hash: &str) -> Result<()> {
    let Actor::Person { id, .. } = actor else { return Ok(()) };
    let stored = store::policies::list(&mut w.tx, Some(hash), 1).await?.pop();
    let author = stored.and_then(|listed| listed.author.parse::<PersonId>().ok());
    if author == Some(*id) {
        return Err(Error::forbidden("you wrote this bundle: somebody else must release it"));
    }
    Ok(())
}

/// Refuses routes nobody could answer, and new ones nobody is in; says which groups are empty. The installation itself
/// activates its first bundle before there are people: there it is only said.
fn answerable(actor: &Actor, bundle: &Bundle, routes: &[Route], before: Option<&Bundle>) -> Result<Vec<String>> {
    let known: BTreeSet<&str> = before.map(|bundle| bundle.routes().into_keys().collect()).unwrap_or_default();
    let mut notes = Vec::new();
    for route in routes {
        let unanswerable = route.unanswerable();
        let strange = (route.members == 0 && !known.contains(route.name.as_str()))
            .then(|| format!("nobody is in the group `{}`: mend the name, or put an approver in it", route.name));
        match unanswerable.or(strange) {
            Some(why) if matches!(actor, Actor::System(_)) => notes.push(why),
            Some(why) => return Err(Error::invalid(format!("{}: {why}", place(bundle, &route.name)))),
            None if route.members == 0 => {
                notes.push(format!("nobody is in the group `{}`: all approvers are asked instead", route.name));
            }
            None => {}
        }
    }
    if bundle.tests() == 0 {
        notes.push("the bundle has no tests".into());
    }
    Ok(notes)
}

/// File, line and rule of the first gate on a route.
fn place(bundle: &Bundle, route: &str) -> String {
    let gate = bundle.gates().iter().find(|gate| gate.route == route);
    gate.map_or_else(String::new, |gate| format!("{}:{}: rule `{}`", gate.file, gate.line, gate.id))
}

async fn activate(
    w: &mut Write,
    bundle: &Bundle,
    previous: Option<&str>,
    version: i64,
    notes: &[String],
) -> Result<u64> {
    let (at, by) = (w.at(), w.actor().to_owned());
    store::policies::activate(&mut w.tx, bundle.hash(), version).await?;
    let mut event = Event::new(EventKind::PolicyActivated, by.clone()).subject(bundle.hash());
    event.bundle = Some(bundle.hash().into());
    if let Some(previous) = previous {
        event = event.id("previous", previous);
    }
    event.reasons = notes.to_vec();
    let seq = w.append(event).await?;
    let place = i64::try_from(seq).map_err(Error::internal)?;
    store::policies::record_activation(&mut w.tx, place, bundle.hash(), previous, at, &by).await?;
    Ok(seq)
}
