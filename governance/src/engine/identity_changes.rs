//! What people say of identities after they are registered: purpose, place, limits, end; suspended and resumed.
use super::findings::recompute;
use super::identities::get;
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::IdentityId;
pub use crate::identity::change::Change;
use crate::identity::{Identity, Status};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::watch::reaction::{Measure, State};
use std::collections::BTreeSet;

impl Governance {
    /// Changes what is said of an identity, as it was at `version`. Nothing different: nothing happens. With another team or
    /// environment what its old role gave ends in the same commit.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Conflict` if it changed since it was looked at, `Invalid` as [`Change::apply`] says.
    pub async fn identity_change(&self, ctx: &Ctx, id: IdentityId, version: i64, change: Change) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let mut it = at_version(&mut w, id, version).await?;
        let at = w.at();
        let changed = change.apply(&mut it, at)?;
        if changed.is_empty() {
            return Ok(it);
        }
        let role = super::role_changes::words(&changed);
        if role.is_some() {
            // what was approved for it in its former role is void
            it.epoch += 1;
        }
        store::identities::update(&mut w.tx, &it).await?;
        said(&mut w, &it, changed).await?;
        if let Some(why) = role {
            super::role_changes::end_old_role(&mut w, id, it.epoch, &why).await?;
        }
        recompute(&mut w, &BTreeSet::from([id])).await?;
        w.commit().await?;
        it.version += 1;
        Ok(it)
    }

    /// Suspends an identity, resumes it, or begins its retirement. Anything but active is permitted nothing.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Conflict` if it changed since it was looked at or its life has no such step.
    pub async fn identity_status(&self, ctx: &Ctx, id: IdentityId, version: i64, to: Status) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let mut it = at_version(&mut w, id, version).await?;
        become_in(&mut w, &mut it, to).await?;
        recompute(&mut w, &BTreeSet::from([id])).await?;
        w.commit().await?;
        it.version += 1;
        Ok(it)
    }
}

/// Moves it along its life within a write; the caller looks at its findings again.
///
/// # Errors
/// `Conflict` if a rule suspended it, or its life has no such step.
pub(super) async fn become_in(w: &mut Write, it: &mut Identity, to: Status) -> Result<()> {
    let at = w.at();
    if to == Status::Active {
        if let Some(merge) = store::merges::in_force(&mut w.tx, it.id).await? {
            return Err(Error::conflict(format!("{} is merged into {}: undo that instead", it.name, merge.kept_name)));
        }
        let by = store::containments::of_identity(&mut w.tx, it.id, 100).await?.into_iter();
        let held = by.into_iter().find(|c| c.state == State::Active && c.measure == Measure::Suspend);
        if let Some(held) = held {
            let why = format!("{} was suspended by the rule {}: undo {} instead", it.name, held.rule, held.id);
            return Err(Error::conflict(why));
        }
    }
    it.become_status(to, at)?;
    // what was approved for it in its former state is void
    it.epoch += 1;
    store::identities::update(&mut w.tx, it).await?;
    let event = changed_event(w, it).reason("status");
    w.append(event).await.map(drop)
}

/// The event of what people said of it; their words stand beside the log, so that they can be erased.
pub(super) async fn said(w: &mut Write, it: &Identity, changed: Vec<&'static str>) -> Result<()> {
    let said = serde_json::json!({ "purpose": it.purpose, "team": it.team, "boundary": it.boundary });
    let hash = w.payload(&serde_json::to_vec(&said).map_err(Error::internal)?).await?;
    let mut event = changed_event(w, it);
    event.reasons.extend(changed.into_iter().map(|part| match part {
        "environment" => format!("environment {}", it.environment.map_or("unsaid", |e| e.as_str())),
        "criticality" => format!("criticality {}", it.criticality.map_or("unsaid", |c| c.as_str())),
        "end" => format!("end {}", it.ends_at.map_or_else(|| "unsaid".into(), |at| at.to_string())),
        other => other.to_owned(),
    }));
    event.payloads.insert("identity", hash);
    w.append(event).await.map(drop)
}

pub(super) async fn at_version(w: &mut Write, id: IdentityId, version: i64) -> Result<Identity> {
    let it = get(&mut w.tx, id).await?;
    if it.version != version {
        return Err(Error::conflict(format!("{} changed since you looked at it: look again", it.name)));
    }
    Ok(it)
}

/// The event of its status as it is now.
pub(super) fn changed_event(w: &Write, it: &Identity) -> Event {
    let mut event = Event::new(EventKind::IdentityChanged, w.actor().to_owned()).subject(it.id);
    event.epochs.insert(it.id.to_string(), it.epoch);
    event.outcome(it.status.as_str())
}
