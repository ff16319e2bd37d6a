//! Taking access back at once: one person is enough, it is idempotent, and nothing it ends can be used afterwards (I3).
use super::ctx::check_reason;
use super::page::{Page, Want};
use super::{Act, Actor, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::{IdentityId, RevocationId};
use crate::log::event::{Event, EventKind};
pub use crate::revocation::{Ended, LastUse, Path, Revocation, Revoked, Summary, Target, Undoing, end_command};
use crate::store;
use crate::store::db::Arg;
use crate::store::grants::Ending;
use crate::store::last_uses::Taken;
use crate::store::revocations::{Affected, Among, PathRow};
use std::collections::{BTreeMap, BTreeSet};

impl Governance {
    /// Revokes. Once this returns, no permit for the target gets a later log position, on any node.
    ///
    /// # Errors
    /// `Forbidden`; an owner may stop only what they own; `NotFound`; `Invalid` for an empty reason.
    pub async fn revoke(&self, ctx: &Ctx, target: &Target, reason: &str) -> Result<Revoked> {
        self.revoke_once(ctx, target, reason, None).await
    }

    /// The same; with an `Idempotency-Key`, a retry gets the first answer.
    ///
    /// # Errors
    /// As [`Governance::revoke`], and `KeyReused`.
    pub async fn revoke_once(
        &self,
        ctx: &Ctx,
        target: &Target,
        reason: &str,
        idempotency_key: Option<&str>,
    ) -> Result<Revoked> {
        ctx.authorize(Act::Revoke)?;
        check_reason(reason)?;
        let (caller, fingerprint) = (ctx.actor.label(), format!("revoke {target:?} {reason}"));
        let mut w = self.write(ctx).await?;
        if let Some(k) = idempotency_key {
            let at = w.at();
            if let Some(done) = store::idempotency::get(&mut w.tx, &caller, k, &fingerprint, at).await? {
                return Ok(done);
            }
        }
        let affected = affected(&mut w, target).await?;
        may_stop(ctx, &affected, target)?;
        let by = w.actor().to_owned();
        let done = revoke_in(&mut w, target, &affected, reason, &by).await?;
        let at = w.at();
        if let Some(k) = idempotency_key {
            store::idempotency::put(&mut w.tx, &caller, k, &fingerprint, &done, at).await?;
        }
        w.commit().await?;
        Ok(done)
    }

    /// One revocation: what it ended, and each path with its state now.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn revocation_get(&self, ctx: &Ctx, id: RevocationId) -> Result<Revocation> {
        ctx.authorize(Act::See)?;
        let found = store::revocations::get(&mut self.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("no revocation {id}")))
    }

    /// The last accepted use of what it took back; `None` where no gateway or source reports any.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn revocation_last_use(&self, ctx: &Ctx, r: &Revocation) -> Result<Option<LastUse>> {
        ctx.authorize(Act::See)?;
        let taken = Taken {
            id: r.id,
            at: r.at,
            kind: r.target_kind.clone(),
            target: r.target_id.clone(),
            undone_at: r.undone_at,
        };
        store::last_uses::last_use(&mut self.read().await?, &taken).await
    }

    /// Revocations, newest first; all, or those that stop something now.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn revocation_list(&self, ctx: &Ctx, in_force: bool, want: &Want) -> Result<Page<Summary>> {
        ctx.authorize(Act::See)?;
        let before = want.after::<RevocationId>()?;
        let rows = store::revocations::list(&mut self.read().await?, before, in_force, want.rows()).await?;
        want.page(rows, |r| r.id)
    }
}

/// Revokes within a write, in the name of `by`; who may was looked at before.
pub(super) async fn revoke_in(
    w: &mut Write,
    target: &Target,
    affected: &[Affected],
    reason: &str,
    by: &str,
) -> Result<Revoked> {
    let (id, at) = (RevocationId::new(w.at(), w.random()), w.at());
    let mut ended = Ended { grants: end_grants(w, target, affected).await?, ..Ended::default() };
    if !matches!(target, Target::Grant(_)) {
        store::revocations::stop(&mut w.tx, target.kind(), &target.id(), id, at).await?;
        for identity in affected {
            store::revocations::bump_epoch(&mut w.tx, identity.id).await?;
        }
        let (escalations, approvals) = super::gated::revoked(w, target, affected, id).await?;
        (ended.escalations, ended.approvals) = (escalations, approvals);
    }
    let payload = w.payload(reason.as_bytes()).await?;
    let mut event = Event::new(EventKind::RevocationMade, by.to_owned())
        .id("revocation", id)
        .outcome(target.kind())
        .reason(format!("grants {}", ended.grants))
        .reason(format!("escalations {}", ended.escalations));
    event.subject = Some(target.id()).filter(|id| !id.is_empty());
    event.payloads.insert("reason", payload);
    let seq = w.append(event).await?;
    let paths = paths(target, affected);
    let row = store::revocations::Row { id, seq, at, kind: target.kind(), target: &target.id(), reason, ended };
    store::revocations::insert(&mut w.tx, &row, by.to_owned()).await?;
    for p in &paths {
        let row = PathRow {
            revocation: id,
            identity: p.identity,
            path: &p.path,
            state: &p.state,
            command: p.command.as_deref(),
            detail: p.detail.as_deref(),
        };
        store::revocations::insert_path(&mut w.tx, &row).await?;
    }
    Ok(Revoked { id, log_seq: seq, ended, paths })
}

/// Closes the paths that an import proves ended: what was live there is shown no more, or is switched off.
pub(super) async fn close_paths(w: &mut Write, identities: &BTreeSet<IdentityId>) -> Result<()> {
    let at = w.at();
    let args: Vec<_> = identities.iter().map(|id| Arg::from(*id)).collect();
    let mut closed: BTreeMap<(IdentityId, RevocationId), usize> = BTreeMap::new();
    for (identity, revocation, path) in store::revocations::over(&mut w.tx, &args).await? {
        store::revocations::close(&mut w.tx, revocation, identity, &path, at).await?;
        *closed.entry((identity, revocation)).or_default() += 1;
    }
    for ((identity, revocation), n) in closed {
        let event = Event::new(EventKind::RevocationPathClosed, w.actor().to_owned())
            .subject(revocation)
            .id("identity", identity)
            .reason(format!("paths {n}"))
            .reason("its source shows them no more");
        w.append(event).await?;
    }
    Ok(())
}

/// By which ways an identity can act, and what revoking it would stop.
pub(super) fn of_identity(id: IdentityId, affected: &[Affected]) -> Vec<Path> {
    paths(&Target::Identity(id), affected)
}

async fn affected(w: &mut Write, target: &Target) -> Result<Vec<Affected>> {
    let found = match target {
        Target::Grant(id) => {
            let grant =
                store::grants::get(&mut w.tx, *id).await?.ok_or_else(|| Error::not_found(format!("no grant {id}")))?;
            store::revocations::affected(&mut w.tx, Among::One(grant.identity)).await?
        }
        Target::Identity(id) => {
            let found = store::revocations::affected(&mut w.tx, Among::One(*id)).await?;
            if found.is_empty() {
                return Err(Error::not_found(format!("no identity {id}")));
            }
            found
        }
        Target::Owner(id) => store::revocations::affected(&mut w.tx, Among::OfOwner(*id)).await?,
        Target::Source(id) => store::revocations::affected(&mut w.tx, Among::OfSource(*id)).await?,
        Target::Tool(_) => Vec::new(),
        Target::Everything => store::revocations::affected(&mut w.tx, Among::All).await?,
    };
    Ok(found)
}

/// An owner's word stops what they own; everybody else who may revoke may revoke anything.
fn may_stop(ctx: &Ctx, affected: &[Affected], target: &Target) -> Result<()> {
    use super::Role;
    let Actor::Person { id, roles } = &ctx.actor else { return Ok(()) };
    let only_owner =
        !roles.iter().any(|r| matches!(r, Role::Operator | Role::Approver | Role::PolicyReleaser | Role::Admin));
    let all_own = !affected.is_empty() && affected.iter().all(|a| a.owner == Some(*id) || a.backup == Some(*id));
    if only_owner && (!all_own || matches!(target, Target::Everything | Target::Tool(_) | Target::Source(_))) {
        return Err(Error::forbidden("an owner stops what they own; for the rest ask an operator"));
    }
    Ok(())
}

async fn end_grants(w: &mut Write, target: &Target, affected: &[Affected]) -> Result<usize> {
    let at = w.at();
    let mut ended = match target {
        Target::Grant(id) => store::grants::end(&mut w.tx, Ending::One(*id), at, "revoked").await?,
        Target::Tool(name) => store::grants::end(&mut w.tx, Ending::Action(name), at, "revoked").await?,
        Target::Everything => store::grants::end(&mut w.tx, Ending::All, at, "revoked").await?,
        Target::Identity(_) | Target::Owner(_) | Target::Source(_) => Vec::new(),
    };
    if ended.is_empty() && !matches!(target, Target::Grant(_) | Target::Tool(_) | Target::Everything) {
        for identity in affected {
            for which in [Ending::Identity(identity.id), Ending::HandedThrough(identity.id)] {
                ended.extend(store::grants::end(&mut w.tx, which, at, "revoked").await?);
            }
        }
    }
    Ok(ended.len())
}

/// Each way the affected can act: what asks us is stopped with the commit; what holds a credential elsewhere is still
/// live there, with the platform's own command to end it.
fn paths(target: &Target, affected: &[Affected]) -> Vec<Path> {
    let mut paths = Vec::new();
    for identity in affected {
        let stopped = |path: &str, detail: &str| Path {
            identity: identity.id,
            path: path.into(),
            state: "stopped".into(),
            command: None,
            detail: Some(detail.into()),
        };
        match target {
            Target::Grant(_) => {
                paths.push(stopped("asks us", "this grant can no longer be redeemed"));
                continue;
            }
            _ => paths.push(stopped("asks us", "every question from here on is denied, every grant is void")),
        }
        for credential in &identity.credentials {
            paths.push(Path {
                identity: identity.id,
                path: format!("{} {}", credential.kind, credential.external_ref),
                state: "live".into(),
                command: end_command(identity.source_kind.as_deref(), identity.external_ref.as_deref(), &credential.kind, &credential.external_ref),
                detail: Some("the platform still accepts it until this is run; a fresh import that no longer shows it closes this".into()),
            });
        }
        if identity.credentials.is_empty() && identity.external_ref.is_some() {
            paths.push(Path {
                identity: identity.id,
                path: format!("{} principal", identity.source_kind.as_deref().unwrap_or("source")),
                state: "live".into(),
                command: end_command(
                    identity.source_kind.as_deref(),
                    identity.external_ref.as_deref(),
                    "principal",
                    "",
                ),
                detail: Some("the platform decides for itself: it does not ask us".into()),
            });
        }
    }
    paths
}
