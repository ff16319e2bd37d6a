//! Sealed: the log is behind a checkpoint that was kept outside the database, as after a restored backup. Nothing is decided
//! and nothing signed until two people have said that it may go on (semantics.md, Fail closed).
//!
//! What the lost part of the log took back is not known to this database any more: that is why grants, approvals and sessions
//! are void at once, and why people look before it goes on.
use super::escalations::escalation_revoke_in;
use super::log::set_back;
use super::{Act, Actor, Ctx, Governance, Role};
use crate::error::{Error, Result};
use crate::id::SealId;
use crate::log::event::{Event, EventKind};
use crate::log::{Checkpoint, Frontier};
use crate::store;
use crate::store::db::Tx;
use crate::store::escalations::Of;
use crate::store::grants::Ending;
pub use crate::store::seals::Seal;
use chrono::TimeDelta;

/// How long the first person's word waits for the second's.
const SECOND_WITHIN: TimeDelta = TimeDelta::hours(24);

/// What a person's word came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsealing {
    /// It takes a second person.
    Begun,
    Lifted,
}

/// Refuses while the log is sealed.
///
/// # Errors
/// `Unavailable`, with what is to be done.
pub(super) async fn unless_sealed(tx: &mut Tx) -> Result<()> {
    match store::seals::open(tx).await? {
        None => Ok(()),
        Some(seal) => Err(Error::unavailable(format!(
            "sealed: the log has {} entries and once had {}, as after a restored backup; put the newer database back, or two admins unseal it in Settings",
            seal.found_size, seal.kept_size
        ))),
    }
}

/// The mark kept beside the key, unless two people let the log go on from behind it.
pub(super) async fn standing<'a>(tx: &mut Tx, mark: Option<&'a Checkpoint>) -> Result<Option<&'a Checkpoint>> {
    match mark {
        Some(kept) if store::seals::lifted(tx, kept).await? => Ok(None),
        mark => Ok(mark),
    }
}

impl Governance {
    /// Seals the log unless it continues the checkpoint kept beside the key, or two people let it go on from behind that one.
    /// Sealing ends every grant, escalation and session in the same commit. Returns the seal that stands.
    ///
    /// # Errors
    /// As the database says.
    pub async fn log_seal_unless_continued(&self, mark: &Checkpoint) -> Result<Option<Seal>> {
        let ctx = self.ctx(Actor::System("seal"));
        let mut w = self.write(&ctx).await?;
        if let Some(seal) = store::seals::open(&mut w.tx).await? {
            return Ok(Some(seal));
        }
        if standing(&mut w.tx, Some(mark)).await?.is_none() {
            return Ok(None);
        }
        let head = store::head::get(&mut w.tx).await?;
        let tree = Frontier::from_bytes(head.size, &head.frontier)?;
        let Some(why) = set_back(&mut w.tx, (mark.size, mark.root), &tree).await? else { return Ok(None) };
        let at = w.at();
        let seal = Seal {
            id: SealId::new(at, w.random()),
            sealed_at: at,
            kept_size: mark.size,
            kept_root: mark.root,
            found_size: tree.size(),
            first: None,
        };
        store::seals::insert(&mut w.tx, &seal).await?;
        let grants = store::grants::end(&mut w.tx, Ending::All, at, "sealed").await?.len();
        let actor = w.actor().to_owned();
        let voided = escalation_revoke_in(&mut w, Of::Everything, ("seal", seal.id.to_string()), &actor).await?;
        let sessions = store::sessions::end_all(&mut w.tx).await?;
        let event = Event::new(EventKind::Sealed, actor)
            .subject(seal.id)
            .reason(why)
            .reason(format!("kept {} {}", mark.size, super::write::hex(&mark.root)))
            .reason(format!("grants {grants}"))
            .reason(format!("escalations {}", voided.escalations + voided.approvals))
            .reason(format!("sessions {sessions}"));
        w.append(event).await?;
        w.commit().await?;
        Ok(Some(seal))
    }

    /// The seal that stands, with the name of who said first that the log may go on.
    ///
    /// # Errors
    /// As the database says.
    pub async fn seal_standing(&self) -> Result<Option<(Seal, Option<String>)>> {
        let mut tx = self.read().await?;
        let Some(seal) = store::seals::open(&mut tx).await? else { return Ok(None) };
        let name = match seal.first {
            None => None,
            Some((person, at)) => store::sessions::person(&mut tx, person, at).await?.map(|p| p.name),
        };
        Ok(Some((seal, name)))
    }

    /// One person's word that the log may go on as it is. The second person's, within 24 hours, lifts the seal: questions are
    /// answered and the log is signed again.
    ///
    /// # Errors
    /// `Forbidden` unless an admin says so; `Conflict` where nothing is sealed, or the same person says it twice.
    pub async fn unseal(&self, ctx: &Ctx, id: SealId) -> Result<Unsealing> {
        ctx.authorize(Act::Unseal)?;
        let Actor::Person { id: person, .. } = ctx.actor else {
            return Err(Error::forbidden("people unseal the log, nobody else"));
        };
        let mut w = self.write(ctx).await?;
        let at = w.at();
        let seal = store::seals::open(&mut w.tx).await?.filter(|s| s.id == id);
        let seal = seal.ok_or_else(|| Error::conflict("this seal was lifted already"))?;
        let mut first = seal.first.filter(|(_, said)| at < *said + SECOND_WITHIN);
        if let Some((other, _)) = first {
            if other == person {
                return Err(Error::conflict("you have said so already: it takes a second person"));
            }
            // whoever was put out of office since has not said it
            let holds = store::sessions::person(&mut w.tx, other, at).await?;
            first = first.filter(|_| holds.is_some_and(|p| p.status == "active" && p.roles.contains(&Role::Admin)));
        }
        let event = |kind| Event::new(kind, ctx.actor.label()).subject(id);
        let done = match first {
            None => {
                store::seals::first(&mut w.tx, id, person, at).await?;
                w.append(event(EventKind::UnsealBegun)).await?;
                Unsealing::Begun
            }
            Some((other, _)) => {
                store::seals::lift(&mut w.tx, id, person, at).await?;
                w.append(event(EventKind::Unsealed).id("first", other)).await?;
                Unsealing::Lifted
            }
        };
        w.commit().await?;
        Ok(done)
    }
}
