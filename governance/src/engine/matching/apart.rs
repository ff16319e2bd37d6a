//! Two identities that look alike and are two: remembered, with who said so.
use super::super::identities::get;
use super::super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::log::event::{Event, EventKind};
use crate::store;

impl Governance {
    /// Says that two identities are two: they are not suggested as one any more. Said again: nothing happens.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for one and the same.
    pub async fn identity_tell_apart(&self, ctx: &Ctx, one: IdentityId, other: IdentityId) -> Result<()> {
        ctx.authorize(Act::ChangeRegister)?;
        if one == other {
            return Err(Error::invalid("these are one identity: name another"));
        }
        let mut w = self.write(ctx).await?;
        for id in [one, other] {
            get(&mut w.tx, id).await?;
        }
        if tell_apart(&mut w, one, other).await? {
            w.commit().await?;
        }
        Ok(())
    }
}

/// Whether that was not said before.
///
/// # Errors
/// As the database says.
pub async fn tell_apart(w: &mut Write, one: IdentityId, other: IdentityId) -> Result<bool> {
    let (at, by) = (w.at(), w.actor().to_owned());
    let new = store::merges::tell_apart(&mut w.tx, one, other, at, &by).await?;
    if new {
        w.append(Event::new(EventKind::IdentityToldApart, by).subject(one).id("other", other)).await?;
    }
    Ok(new)
}
