//! Undoing a revocation: it takes two people, of whom one is an operator. What ended with it stays ended.
use super::ctx::check_reason;
use super::{Act, Actor, Ctx, Governance, Role};
use crate::error::{Error, Result};
use crate::id::{PersonId, RevocationId};
use crate::log::event::{Event, EventKind};
use crate::revocation::{Revocation, Target, Undoing};
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// How long the first person's word waits for the second's.
pub const SECOND_WITHIN: TimeDelta = TimeDelta::hours(24);

impl Governance {
    /// Whether a revocation is what stops its target now.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn revocation_in_force(&self, ctx: &Ctx, it: &Revocation) -> Result<bool> {
        ctx.authorize(Act::See)?;
        let now = store::revocations::stopping(&mut self.read().await?, &it.target_kind, &it.target_id).await?;
        Ok(now == Some(it.id))
    }

    /// One person's word that what a revocation stopped may go on. The second person's, within 24 hours, lifts the stop, and
    /// earlier stops of the same target with it. Grants, approvals and escalations that it ended stay ended: epochs only rise.
    ///
    /// # Errors
    /// `Forbidden` unless an operator says so, or who owns the identity that was stopped; `Conflict` for a grant, for what was
    /// undone or stopped anew since, for the same person twice, and for two owners; `Invalid` for an empty reason.
    pub async fn revocation_undo(&self, ctx: &Ctx, id: RevocationId, reason: &str) -> Result<Undoing> {
        ctx.authorize(Act::UndoRevocation)?;
        let Actor::Person { id: person, roles } = &ctx.actor else {
            return Err(Error::forbidden("people undo a revocation, nobody else"));
        };
        check_reason(reason)?;
        let mut w = self.write(ctx).await?;
        let at = w.at();
        let revocation = store::revocations::get(&mut w.tx, id).await?;
        let revocation = revocation.ok_or_else(|| Error::not_found(format!("no revocation {id}")))?;
        in_force(&mut w.tx, &revocation).await?;
        may_undo(&mut w.tx, &revocation, *person, roles).await?;
        let mut first = first_word(&mut w.tx, revocation.undo_first, *person, at).await?;
        if let Some((other, theirs)) = &first
            && may_undo(&mut w.tx, &revocation, *other, theirs).await.is_err()
        {
            first = None;
        }
        let hash = w.payload(reason.as_bytes()).await?;
        let event = |kind| {
            let mut event = Event::new(kind, person.to_string()).id("revocation", id).outcome(&*revocation.target_kind);
            event.subject = Some(revocation.target_id.clone()).filter(|id| !id.is_empty());
            event.payloads.insert("reason", hash.clone());
            event
        };
        let done = match first {
            None => {
                store::revocations::undo_first(&mut w.tx, id, *person, at).await?;
                w.append(event(EventKind::RevocationUndoBegun)).await?;
                Undoing::Begun
            }
            Some((_, theirs)) if !roles.union(&theirs).any(|r| *r == Role::Operator) => {
                return Err(Error::conflict("one of the two is an operator: owners alone do not undo a revocation"));
            }
            Some((other, _)) => {
                let target = (revocation.target_kind.as_str(), revocation.target_id.as_str());
                store::revocations::unstop(&mut w.tx, target, id).await?;
                store::revocations::undone(&mut w.tx, target, at, *person).await?;
                store::containments::undo_with(&mut w.tx, target, *person, at).await?;
                w.append(event(EventKind::RevocationUndone).id("first", other)).await?;
                Undoing::Lifted
            }
        };
        w.commit().await?;
        Ok(done)
    }
}

/// Whoever said it first and still counts, with the roles they hold now: within 24 hours, and not put out of office since.
///
/// # Errors
/// `Conflict` if it was the same person.
pub(super) async fn first_word(
    tx: &mut Tx,
    first: Option<(PersonId, Timestamp)>,
    person: PersonId,
    at: Timestamp,
) -> Result<Option<(PersonId, BTreeSet<Role>)>> {
    let Some((other, _)) = first.filter(|(_, said)| at < *said + SECOND_WITHIN) else { return Ok(None) };
    if other == person {
        return Err(Error::conflict("you have said so already: it takes a second person"));
    }
    let holds = store::sessions::person(tx, other, at).await?.filter(|p| p.status == "active");
    Ok(holds.map(|p| (other, p.roles)))
}

/// It is the revocation by which its target is stopped now.
async fn in_force(tx: &mut Tx, revocation: &Revocation) -> Result<()> {
    if revocation.target_kind == "grant" {
        return Err(Error::conflict("a grant that was revoked stays ended: the agent asks again"));
    }
    if let Some(at) = revocation.undone_at {
        return Err(Error::conflict(format!("it was undone at {at}")));
    }
    match store::revocations::stopping(tx, &revocation.target_kind, &revocation.target_id).await? {
        Some(now) if now == revocation.id => Ok(()),
        Some(now) => Err(Error::conflict(format!("it was stopped again since, by {now}: undo that one"))),
        None => Err(Error::broken(format!("revocation {} stands, yet nothing is stopped by it", revocation.id))),
    }
}

/// An operator may; an owner for the one identity they answer for. Whoever was stopped with all they own has no say.
async fn may_undo(tx: &mut Tx, revocation: &Revocation, person: PersonId, roles: &BTreeSet<Role>) -> Result<()> {
    match Target::parse(&revocation.target_kind, &revocation.target_id)? {
        Target::Owner(owner) if owner == person => {
            Err(Error::forbidden("what you own was stopped: two others undo it"))
        }
        _ if roles.contains(&Role::Operator) => Ok(()),
        Target::Identity(id) if roles.contains(&Role::Owner) => {
            let it = super::identities::get(tx, id).await?;
            match [it.owner, it.backup].contains(&Some(person)) {
                true => Ok(()),
                false => Err(Error::forbidden("an owner undoes what stopped their own; for the rest ask an operator")),
            }
        }
        _ => Err(Error::forbidden("that takes an operator")),
    }
}
