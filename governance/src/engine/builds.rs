//! Builds of agents (UC-21): the first is kept on trust, another one suspends what the identity may do until its owner or an
//! operator approves it.
use super::committer::Prepared;
use super::decisions::Known;
use super::findings::recompute;
use super::notices::tell_build;
use super::{Act, Actor, Ctx, Governance, Role, Write};
use crate::build::{Build, Seen, check_digest};
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::facts::Standing;
use std::collections::BTreeSet;

/// Why a question is denied whose build may not act.
pub(super) const REASON: &str = "build_changed";

impl Governance {
    /// The build by which an identity may act, and what waits; `None`: it never named one.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn identity_build(&self, ctx: &Ctx, id: IdentityId) -> Result<Option<Build>> {
        ctx.authorize(Act::See)?;
        store::builds::get(&mut self.read().await?, id).await
    }

    /// Says which build of an identity may act from now on: a person does, its owner or an operator, never a key. What was
    /// suspended goes on with the commit.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for what is no digest, `Conflict` if it may act already and nothing waits.
    pub async fn identity_build_approve(&self, ctx: &Ctx, id: IdentityId, digest: &str) -> Result<Build> {
        ctx.authorize(Act::ApproveBuild)?;
        check_digest(digest, "digest")?;
        let mut w = self.write(ctx).await?;
        let it = super::identities::get(&mut w.tx, id).await?;
        if let Actor::Person { id: person, roles } = &ctx.actor
            && !roles.contains(&Role::Operator)
            && ![it.owner, it.backup].contains(&Some(*person))
        {
            return Err(Error::forbidden("an owner approves builds of what they own; for others ask an operator"));
        }
        let (at, by) = (w.at(), w.actor().to_owned());
        let before = store::builds::get(&mut w.tx, id).await?;
        let known = before.is_some();
        let mut after = before.unwrap_or_else(|| Build::first(id, digest, at)).approve(digest, &by, at)?;
        match known {
            true => {
                store::builds::update(&mut w.tx, &after).await?;
                after.version += 1;
            }
            false => store::builds::insert(&mut w.tx, &after).await?,
        }
        w.append(event(EventKind::IdentityBuildApproved, &by, id, digest)).await?;
        recompute(&mut w, &BTreeSet::from([id])).await?;
        w.commit().await?;
        Ok(after)
    }
}

fn event(kind: EventKind, actor: &str, identity: IdentityId, digest: &str) -> Event {
    let mut event = Event::new(kind, actor.to_owned()).subject(identity);
    event.build = Some(digest.to_owned());
    event
}

/// Keeps the first build of an identity, and notes another one. Where the question names the one that is remembered to act,
/// nothing is read.
///
/// # Errors
/// As the database says.
pub(super) async fn look(w: &mut Write, p: &Prepared, known: &mut Known) -> Result<()> {
    let (Some(subject), Some(told)) = (&known.subject, &p.told.build) else { return Ok(()) };
    if known.build.as_ref().is_some_and(|s| s.digest == *told && !s.changed) {
        return Ok(());
    }
    let (id, at, actor) = (subject.id, w.at(), p.key.id.to_string());
    let standing = match store::builds::get(&mut w.tx, id).await? {
        None => {
            let first = Build::first(id, told, at);
            store::builds::insert(&mut w.tx, &first).await?;
            w.append(event(EventKind::IdentityBuildSeen, &actor, id, told)).await?;
            w.moves_world();
            Standing { digest: first.digest, changed: false }
        }
        Some(before) => {
            let mut after = before.clone();
            let seen = after.see(told, at);
            if after != before {
                store::builds::update(&mut w.tx, &after).await?;
            }
            if seen == Seen::Changed {
                w.append(event(EventKind::IdentityBuildChanged, &actor, id, told)).await?;
                recompute(w, &BTreeSet::from([id])).await?;
                tell_build(w, id).await?;
                w.moves_world();
            }
            Standing { digest: after.digest, changed: after.changed.is_some() }
        }
    };
    known.build = Some(standing);
    Ok(())
}
