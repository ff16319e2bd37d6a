//! What stands against a merge, its undoing or a split.
use super::super::identities::get;
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::identity::{Identity, Status};
use crate::matching::Merge;
use crate::store;
use crate::store::db::Tx;
use crate::watch::reaction::State;

/// # Errors
/// `Conflict`, saying why not.
pub async fn may_merge(tx: &mut Tx, kept: &Identity, gone: &Identity) -> Result<()> {
    if kept.id == gone.id {
        return Err(Error::invalid(format!("{} is one identity already: name another", kept.name)));
    }
    for it in [kept, gone] {
        if it.status == Status::Retired {
            return Err(Error::conflict(format!("{} is retired: nothing is merged with it", it.name)));
        }
    }
    if let Some(source) = store::merges::both_shown(tx, kept.id, gone.id).await? {
        return Err(Error::conflict(format!(
            "{source} shows {} and {} as two, now or before: what it gives to each would not be told apart",
            kept.name, gone.name
        )));
    }
    free(tx, gone).await
}

/// # Errors
/// `Conflict`, saying why not.
pub async fn may_undo(tx: &mut Tx, merge: &Merge, kept: &Identity) -> Result<()> {
    for id in &merge.before.sightings {
        let of = store::sightings::get(tx, *id).await?.and_then(|s| s.sighting.identity);
        if let Some(other) = of.filter(|of| *of != kept.id) {
            let other = get(tx, other).await?;
            return Err(Error::conflict(format!(
                "what came with {} belongs to {} now: undo first what took it there",
                merge.name, other.name
            )));
        }
    }
    free(tx, kept).await
}

/// A stop or a rule that holds it would lose what leaves it: it ends first.
///
/// # Errors
/// `Conflict`, naming what holds it.
pub async fn free(tx: &mut Tx, it: &Identity) -> Result<()> {
    if let Some(stop) = store::revocations::stopped_by(tx, it.id).await?.into_iter().find(|s| s.kind != "everything") {
        return Err(Error::conflict(format!("{} is stopped by {}: undo that first", it.name, stop.revocation)));
    }
    if let Some(held) = held(tx, it.id).await? {
        return Err(Error::conflict(format!("{} is held by a rule: undo {held} first", it.name)));
    }
    Ok(())
}

async fn held(tx: &mut Tx, id: IdentityId) -> Result<Option<crate::id::ContainmentId>> {
    let all = store::containments::of_identity(tx, id, 100).await?;
    Ok(all.into_iter().find(|c| c.state == State::Active).map(|c| c.id))
}
