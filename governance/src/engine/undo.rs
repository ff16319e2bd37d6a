//! Undoing a revocation: it takes two people, of whom one is an operator. What ended with it stays ended.
use super::{Act, Actor, Ctx, Governance, Role};
use crate::error::{Error, Result};
use crate::id::{PersonId, RevocationId};
use crate::log::event::{Event, EventKind};
use crate::revocation::{Revocation, Target, Undoing};
use crate::store;
use crate::store::db::Tx;
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// How long the first person's word waits for the second's.
pub const SECOND_WITHIN: TimeDelta = TimeDelta::hours(24);

impl Governance {
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
        if reason.trim().is_empty() || reason.chars().count() > 1_000 {
            return Err(Error::invalid("reason: say why in 1 to 1,000 characters"));
        }
        let mut w = self.write(ctx).await?;
        let at = w.at();
        let revocation = store::revocations::get(&mut w.tx, id).await?;
        let revocation = revocation.ok_or_else(|| Error::not_found(format!("no revocation {id}")))?;
        in_force(&mut w.tx, &revocation).await?;
        may_undo(&mut w.tx, &revocation, *person, roles).await?;
        let mut first = revocation.undo_first.filter(|(_, said)| at < *said + SECOND_WITHIN);
        let mut operators = roles.contains(&Role::Operator);
        if let Some((other, _)) = first {
            if other == *person {
                return Err(Error::conflict("you have said so already: it takes a second person"));
            }
            // whoever was put out of office since has not said it
            match store::sessions::person(&mut w.tx, other, at).await?.filter(|p| p.status == "active") {
                Some(p) if may_undo(&mut w.tx, &revocation, other, &p.roles).await.is_ok() => {
                    operators |= p.roles.contains(&Role::Operator);
                }
                _ => first = None,
            }
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
            Some(_) if !operators => {
                return Err(Error::conflict("one of the two is an operator: owners alone do not undo a revocation"));
            }
            Some((other, _)) => {
                let target = (revocation.target_kind.as_str(), revocation.target_id.as_str());
                store::revocations::unstop(&mut w.tx, target, id).await?;
                store::revocations::undone(&mut w.tx, target, at, *person).await?;
                w.append(event(EventKind::RevocationUndone).id("first", other)).await?;
                Undoing::Lifted
            }
        };
        w.commit().await?;
        Ok(done)
    }
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
