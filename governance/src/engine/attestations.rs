//! What owners answer about their identities, in effect with the commit that records it.
use super::findings::recompute;
use super::identities::get;
use super::notices::{tell_orphaned, tell_owner};
use super::ownership::periods;
use super::{Act, Ctx, Governance};
pub use crate::attestation::{Answer, Attestation};
use crate::error::{Error, Result};
use crate::id::{AttestationId, IdentityId, PersonId};
use crate::identity::{Identity, Status};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::time::Timestamp;
use std::collections::BTreeSet;

impl Governance {
    /// An owner or backup owner answers for an identity, as it was at `version`: *keep* marks it attested, *not mine* takes the
    /// one who answers off it (a backup owner steps in), *retire* ends what is permitted to it.
    ///
    /// # Errors
    /// `Forbidden` unless the person owns it, `NotFound`, `Conflict` if it changed since it was looked at or its life is over,
    /// `Invalid` for a note over 1,000 characters.
    pub async fn identity_attest(
        &self,
        ctx: &Ctx,
        id: IdentityId,
        version: i64,
        answer: Answer,
        note: Option<&str>,
    ) -> Result<Identity> {
        ctx.authorize(Act::Attest)?;
        let person = ctx.person()?;
        let note = note.map(str::trim).filter(|n| !n.is_empty());
        if note.is_some_and(|n| n.chars().count() > 1_000) {
            return Err(Error::invalid("note: at most 1,000 characters"));
        }
        let mut w = self.write(ctx).await?;
        let before = get(&mut w.tx, id).await?;
        if before.owner != Some(person) && before.backup != Some(person) {
            return Err(Error::forbidden(format!("{}: only its owner or backup owner answers for it", before.name)));
        }
        if before.version != version {
            return Err(Error::conflict(format!("{} changed since you looked at it", before.name)));
        }
        let at = w.at();
        let mut it = before.clone();
        apply(&mut it, person, answer, at)?;
        store::identities::update(&mut w.tx, &it).await?;
        if (it.owner, it.backup) != (before.owner, before.backup) {
            periods(&mut w, &it).await?;
        }
        let new = AttestationId::new(at, w.random());
        let mut event = Event::new(EventKind::IdentityAttested, w.actor().to_owned())
            .subject(id)
            .id("attestation", new)
            .outcome(answer.as_str());
        event.ids.extend(it.owner.filter(|o| Some(*o) != before.owner).map(|o| ("owner", o.to_string())));
        event.epochs.insert(id.to_string(), it.epoch);
        if let Some(note) = note {
            let hash = w.payload(note.as_bytes()).await?;
            event.payloads.insert("note", hash);
        }
        let seq = w.append(event).await?;
        let row = store::attestations::New { id: new, seq, identity: id, person, answer, note, at };
        store::attestations::insert(&mut w.tx, &row).await?;
        recompute(&mut w, &BTreeSet::from([id])).await?;
        if answer == Answer::NotMine {
            if it.owner.is_some() && it.owner != before.owner {
                tell_owner(&mut w, person).await?;
            }
            tell_orphaned(&mut w, person, &[id]).await?;
        }
        w.commit().await?;
        it.version += 1;
        Ok(it)
    }

    /// The latest answers about an identity, newest first, at most `limit`.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn attestation_list(&self, ctx: &Ctx, id: IdentityId, limit: u16) -> Result<Vec<Attestation>> {
        ctx.authorize(Act::See)?;
        store::attestations::of_identity(&mut self.read().await?, id, limit.into()).await
    }
}

fn apply(it: &mut Identity, person: PersonId, answer: Answer, at: Timestamp) -> Result<()> {
    match answer {
        Answer::Keep => {
            if it.status == Status::Retired {
                return Err(Error::conflict(format!("{} is retired: there is nothing to keep", it.name)));
            }
            it.attested_at = Some(at);
        }
        Answer::NotMine if it.owner == Some(person) => (it.owner, it.backup) = (it.backup, None),
        Answer::NotMine => it.backup = None,
        Answer::Retire => {
            it.become_status(Status::Retiring, at)?;
            it.attested_at = Some(at);
            it.ends_at = Some(it.ends_at.map_or(at, |end| end.min(at)));
            // what was approved for it before is void
            it.epoch += 1;
        }
    }
    Ok(())
}
