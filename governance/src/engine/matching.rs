//! What people make of identities: two are one (a merge), it was wrong (its undoing), one is two (a split), or two that look
//! alike are two (`docs/matching.md`).
//!
//! A merge keeps one identity. It takes over what the sources of the other show, and nothing of what people said of the other:
//! no autonomy, boundary, mode, status or attestation. The other is retired as by a revocation's end: its grants, approvals,
//! open questions and keys end in the same commit, and an undoing does not bring them back.
mod apart;
mod check;
mod split;

use super::escalations::escalation_revoke_in;
use super::findings::recompute;
use super::identities::get;
use super::identity_changes::{at_version, changed_event};
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::{IdentityId, MergeId, SightingId, SourceId};
use crate::identity::{Identity, Status};
use crate::log::event::{Event, EventKind};
pub use crate::matching::{Before, Ends, Merge};
use crate::store;
use crate::store::db::Tx;
use crate::store::escalations::Of;
use crate::store::grants::Ending;
use crate::store::sightings::Seen;
use std::collections::BTreeSet;

/// An identity as it was looked at.
pub type At = (IdentityId, i64);

impl Governance {
    /// Says that two identities are one. `keep` goes on, with what the sources of `other` show; `other` is retired. With what that
    /// ended.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` if either changed since it was looked at or is retired, if one source shows or showed
    /// both, and while `other` is stopped or held by a rule: what it holds would get out of that.
    pub async fn identity_merge(&self, ctx: &Ctx, keep: At, other: At) -> Result<(Merge, Ends)> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let kept = at_version(&mut w, keep.0, keep.1).await?;
        let gone = at_version(&mut w, other.0, other.1).await?;
        check::may_merge(&mut w.tx, &kept, &gone).await?;
        let done = merge(&mut w, kept, gone).await?;
        w.commit().await?;
        Ok(done)
    }

    /// What that would end of `other`.
    ///
    /// # Errors
    /// As [`Governance::identity_merge`].
    pub async fn identity_merge_ends(&self, ctx: &Ctx, keep: IdentityId, other: IdentityId) -> Result<Ends> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let (kept, gone) = (get(&mut tx, keep).await?, get(&mut tx, other).await?);
        check::may_merge(&mut tx, &kept, &gone).await?;
        let count = |n: i64| usize::try_from(n).map_err(Error::internal);
        Ok(Ends {
            grants: count(store::merges::active_grants(&mut tx, other).await?)?,
            escalations: store::escalations::live(&mut tx, Of::Identity(other)).await?.len(),
            keys: count(store::identities::live_keys(&mut tx, other, ctx.at).await?)?,
        })
    }

    /// Undoes the merge by which this identity is retired: it gets back what came with it and the status it had. Grants and
    /// keys stay ended.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` if it is merged into none, if what came with it went elsewhere since, and while the
    /// other one is stopped or held by a rule.
    pub async fn identity_unmerge(&self, ctx: &Ctx, id: IdentityId) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let it = get(&mut w.tx, id).await?;
        let merge = store::merges::in_force(&mut w.tx, id).await?;
        let merge =
            merge.ok_or_else(|| Error::conflict(format!("{} is merged into no other: nothing to undo", it.name)))?;
        let kept = get(&mut w.tx, merge.kept).await?;
        check::may_undo(&mut w.tx, &merge, &kept).await?;
        let it = undo(&mut w, &merge, kept, it).await?;
        w.commit().await?;
        Ok(it)
    }

    /// The merges it had part in, newest first.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn identity_merges(&self, ctx: &Ctx, id: IdentityId) -> Result<Vec<Merge>> {
        ctx.authorize(Act::See)?;
        store::merges::of_identity(&mut self.read().await?, id).await
    }
}

/// Of two the one to keep and the other: the one with an owner, else the one that was registered first.
#[must_use]
pub fn keep_first<'a>(a: &'a Identity, b: &'a Identity) -> (&'a Identity, &'a Identity) {
    let rank = |it: &Identity| (it.owner.is_none(), it.registered_at, it.id);
    if rank(a) <= rank(b) { (a, b) } else { (b, a) }
}

async fn merge(w: &mut Write, mut kept: Identity, mut gone: Identity) -> Result<(Merge, Ends)> {
    let at = w.at();
    let sightings = shown(&mut w.tx, gone.id).await?;
    let before = Before {
        status: gone.status,
        suspended_at: gone.suspended_at,
        sightings: sightings.iter().map(|(id, _)| *id).collect(),
        first_seen_at: gone.first_seen_at,
        kept_first_seen_at: kept.first_seen_at,
    };
    for sighting in sightings {
        store::merges::move_sighting(&mut w.tx, sighting, gone.id, kept.id).await?;
    }
    kept.first_seen_at = kept.first_seen_at.min(gone.first_seen_at);
    kept.last_used_at = kept.last_used_at.max(gone.last_used_at);
    kept.last_seen_at = kept.last_seen_at.max(gone.last_seen_at);
    kept.usage_reported |= gone.usage_reported;
    store::identities::update(&mut w.tx, &kept).await?;
    gone.become_status(Status::Retired, at)?;
    gone.epoch += 1;
    store::identities::update(&mut w.tx, &gone).await?;
    let ended = end_all(w, &gone, &kept).await?;
    let mut event = Event::new(EventKind::IdentityMerged, w.actor().to_owned())
        .subject(gone.id)
        .id("into", kept.id)
        .outcome(gone.status.as_str())
        .reason(format!("sightings {}", before.sightings.len()))
        .reason(format!("grants {}", ended.grants))
        .reason(format!("escalations {}", ended.escalations))
        .reason(format!("keys {}", ended.keys));
    event.epochs.insert(gone.id.to_string(), gone.epoch);
    let seq = w.append(event).await?;
    let status = changed_event(w, &gone).reason("merged");
    w.append(status).await?;
    store::merges::not_apart(&mut w.tx, kept.id, gone.id).await?;
    let merge = Merge {
        id: MergeId::new(at, w.random()),
        seq: i64::try_from(seq).map_err(Error::internal)?,
        at,
        identity: gone.id,
        name: gone.name,
        kept: kept.id,
        kept_name: kept.name,
        by: w.actor().to_owned(),
        before,
        undone_at: None,
    };
    store::merges::insert(&mut w.tx, &merge).await?;
    // what is found of a credential is found of its identity alone: first the one that has it no more
    look_again(w, [gone.id, kept.id]).await?;
    Ok((merge, ended))
}

/// Ends all that its agent could still use here.
async fn end_all(w: &mut Write, gone: &Identity, kept: &Identity) -> Result<Ends> {
    let (at, actor) = (w.at(), w.actor().to_owned());
    let mut ends = Ends::default();
    for which in [Ending::Identity(gone.id), Ending::HandedThrough(gone.id)] {
        ends.grants += store::grants::end(&mut w.tx, which, at, "merged").await?.len();
    }
    let cause = || ("merged_into", kept.id.to_string());
    let mut voided = vec![escalation_revoke_in(w, Of::Identity(gone.id), cause(), &actor).await?];
    for handed_on in store::escalations::handed_on(&mut w.tx, std::iter::once(gone.id)).await? {
        voided.push(escalation_revoke_in(w, Of::One(handed_on), cause(), &actor).await?);
    }
    ends.escalations = voided.iter().map(|v| v.escalations + v.approvals).sum();
    for key in store::keys::list(&mut w.tx, Some(gone.id)).await?.into_iter().filter(|key| key.revoked_at.is_none()) {
        store::keys::revoke(&mut w.tx, &key, at).await?;
        w.append(Event::new(EventKind::KeyRevoked, actor.clone()).subject(gone.id).id("key", key.id)).await?;
        ends.keys += 1;
    }
    Ok(ends)
}

async fn undo(w: &mut Write, merge: &Merge, mut kept: Identity, mut it: Identity) -> Result<Identity> {
    let at = w.at();
    let moved: BTreeSet<_> = merge.before.sightings.iter().copied().collect();
    for sighting in shown(&mut w.tx, kept.id).await?.into_iter().filter(|(id, _)| moved.contains(id)) {
        store::merges::move_sighting(&mut w.tx, sighting, kept.id, it.id).await?;
    }
    let back = store::sightings::of_identity(&mut w.tx, it.id).await?;
    (it.status, it.suspended_at, it.retired_at) = (merge.before.status, merge.before.suspended_at, None);
    if let Some(left) = left_at(&back) {
        // none of its sources shows it any more: it left while it was the other
        (it.status, it.suspended_at, it.retired_at) = (Status::Retired, None, Some(left));
    }
    it.epoch += 1;
    used_by(&mut it, &back);
    store::identities::update(&mut w.tx, &it).await?;
    if kept.first_seen_at == merge.before.first_seen_at {
        kept.first_seen_at = merge.before.kept_first_seen_at;
    }
    let rest = store::sightings::of_identity(&mut w.tx, kept.id).await?;
    used_by(&mut kept, &rest);
    store::identities::update(&mut w.tx, &kept).await?;
    let mut event = Event::new(EventKind::IdentityMergeUndone, w.actor().to_owned())
        .subject(it.id)
        .id("into", kept.id)
        .outcome(it.status.as_str());
    event.epochs.insert(it.id.to_string(), it.epoch);
    let seq = w.append(event).await?;
    let status = changed_event(w, &it).reason("merge undone");
    w.append(status).await?;
    let by = w.actor().to_owned();
    store::merges::undo(&mut w.tx, merge, at, seq, &by).await?;
    look_again(w, [kept.id, it.id]).await?;
    it.version += 1;
    Ok(it)
}

async fn look_again(w: &mut Write, ids: [IdentityId; 2]) -> Result<()> {
    for id in ids {
        recompute(w, &BTreeSet::from([id])).await?;
    }
    Ok(())
}

/// What sources show or showed of it; that it asked us stays with the name by which it did.
async fn shown(tx: &mut Tx, id: IdentityId) -> Result<Vec<(SightingId, SourceId)>> {
    let seen = store::sightings::of_identity(tx, id).await?;
    Ok(seen.iter().filter_map(|s| Some((s.sighting.id, s.sighting.source?))).collect())
}

/// When the last of its sources stopped showing it; `None` while one does, or where none ever did.
fn left_at(seen: &[Seen]) -> Option<crate::time::Timestamp> {
    let of: Vec<_> = seen.iter().filter(|s| s.sighting.source.is_some()).map(|s| s.sighting.gone_at).collect();
    of.iter().all(Option::is_some).then(|| of.into_iter().flatten().max()).flatten()
}

/// Its last use is the last one that any of its sources tells of.
fn used_by(it: &mut Identity, seen: &[Seen]) {
    let claims = || seen.iter().filter_map(|s| s.claim.as_ref());
    it.last_used_at = claims().filter_map(|c| c.last_used_at).max();
    it.usage_reported = claims().any(|c| c.usage_reported);
}
