//! All that the page of one identity shows, read at one moment.
use super::identities::show;
use super::{Act, Ctx, Governance};
use crate::attestation::Attestation;
use crate::error::Result;
use crate::id::IdentityId;
use crate::identity::record::Record;
use crate::revocation::{Path, Revocation, Stop};
use crate::store;
use crate::store::decisions::{Asked, Filter, StoredDecision};
use crate::store::keys::Key;
use crate::store::revocations::Among;
use crate::task::Task;
use crate::watch::reaction::Containment;
use chrono::TimeDelta;

/// How far back the acts of an identity are counted, in days.
pub const ACTS_DAYS: i64 = 90;
/// Decisions, revocations and answers of owners that are shown of one identity.
const LATEST: i64 = 20;

/// The governance record with what happened around it.
#[derive(Debug, Clone)]
pub struct Dossier {
    pub record: Record,
    /// What stops it now, newest first.
    pub stops: Vec<Stop>,
    /// What rules did to it or would have done, newest first.
    pub contained: Vec<Containment>,
    /// By which ways it can act, and which of them revoking it would stop.
    pub paths: Vec<Path>,
    /// The latest that touched it.
    pub revocations: Vec<Revocation>,
    /// The latest answers of its owners.
    pub attestations: Vec<Attestation>,
    /// What it works and worked for, newest first.
    pub tasks: Vec<Task>,
    /// By which it asks us, newest first.
    pub keys: Vec<Key>,
    /// What it asked for in [`ACTS_DAYS`].
    pub acts: Vec<Asked>,
    /// The latest 20, newest first.
    pub decisions: Vec<StoredDecision>,
}

impl Governance {
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn identity_dossier(&self, ctx: &Ctx, id: IdentityId) -> Result<Dossier> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let record = show(&mut tx, id, ctx.at).await?;
        let affected = store::revocations::affected(&mut tx, Among::One(id)).await?;
        let latest = Filter { identity: Some(id), ..Filter::default() };
        Ok(Dossier {
            record,
            stops: store::revocations::stopped_by(&mut tx, id).await?,
            contained: store::containments::of_identity(&mut tx, id, LATEST).await?,
            paths: super::revocations::of_identity(id, &affected),
            revocations: store::revocations::of_identity(&mut tx, id, LATEST).await?,
            attestations: store::attestations::of_identity(&mut tx, id, LATEST).await?,
            tasks: store::tasks::list(&mut tx, None, Some(id), None, LATEST).await?,
            keys: store::keys::list(&mut tx, Some(id)).await?,
            acts: store::decisions::acts(&mut tx, id, ctx.at - TimeDelta::days(ACTS_DAYS)).await?,
            decisions: store::decisions::list(&mut tx, &latest, LATEST).await?,
        })
    }
}
