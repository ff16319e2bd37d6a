//! One identity is two: what one of its sources shows becomes an identity of its own, new and without an owner.
use super::super::identities::added;
use super::super::identity_changes::{at_version, changed_event};
use super::super::{Act, Ctx, Governance, Write};
use super::{At, apart, check, left_at, look_again, used_by};
use crate::error::{Error, Result};
use crate::id::{IdentityId, SightingId, SourceId};
use crate::identity::{Identity, Status};
use crate::import::snapshot::Claim;
use crate::log::event::{Event, EventKind};
use crate::sighting::Sighting;
use crate::store;
use crate::store::sightings::Seen;

impl Governance {
    /// Takes one sighting, with what its source gave, out of an identity into one of its own: new, unowned, without grants or
    /// keys. The two are told apart from then on.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`, also for a sighting of another identity; `Conflict` if it changed since it was looked at, is
    /// retired, is stopped or held by a rule, or would be left with nothing: no other source, no owner and no key.
    pub async fn identity_split(&self, ctx: &Ctx, from: At, sighting: SightingId) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let it = at_version(&mut w, from.0, from.1).await?;
        let seen = store::sightings::of_identity(&mut w.tx, it.id).await?;
        let (of, rest): (Vec<_>, Vec<_>) = seen.into_iter().partition(|s| s.sighting.id == sighting);
        let missing = || Error::not_found(format!("no source shows {} by {sighting}", it.name));
        let one = of.into_iter().next().ok_or_else(missing)?;
        let (Some(source), Some(claim)) = (one.sighting.source, one.claim.clone()) else { return Err(missing()) };
        if it.status == Status::Retired {
            return Err(Error::conflict(format!("{} is retired: nothing is taken out of it", it.name)));
        }
        let others = rest.iter().filter(|s| s.sighting.source.is_some());
        let at = w.at();
        let said = it.owner.is_some() || store::identities::live_keys(&mut w.tx, it.id, at).await? > 0;
        if others.count() == 0 && !said {
            return Err(Error::conflict(format!("nothing else shows {}: nothing would be left of it", it.name)));
        }
        check::free(&mut w.tx, &it).await?;
        let new = part(&mut w, it, (&one.sighting, source, &claim), rest).await?;
        w.commit().await?;
        Ok(new)
    }
}

async fn part(
    w: &mut Write,
    mut it: Identity,
    (sighting, source, claim): (&Sighting, SourceId, &Claim),
    rest: Vec<Seen>,
) -> Result<Identity> {
    // it came with this one: it goes on with the one that was first of the others
    if it.source == Some(source) {
        let next = rest.iter().find(|s| s.sighting.source.is_some()).map(|s| &s.sighting);
        (it.source, it.external_ref) = (next.and_then(|s| s.source), next.map(|s| s.principal.clone()));
    }
    used_by(&mut it, &rest);
    store::identities::update(&mut w.tx, &it).await?;
    let name = free_name(w, claim, source).await?;
    let new = fresh(w, name, (sighting, source, claim));
    store::identities::insert(&mut w.tx, &new).await?;
    added(w, &new).await?;
    store::merges::move_sighting(&mut w.tx, (sighting.id, source), it.id, new.id).await?;
    let mut event = Event::new(EventKind::IdentitySplit, w.actor().to_owned())
        .subject(it.id)
        .id("new", new.id)
        .id("sighting", sighting.id)
        .id("source", source);
    event.ids.extend(it.source.map(|id| ("came_with", id.to_string())));
    w.append(event).await?;
    // who holds what is told to the log's reader: a stop of its source reaches it from here on, or no more
    let status = changed_event(w, &it).reason("split");
    w.append(status).await?;
    if new.status != Status::Active {
        let status = changed_event(w, &new).reason("its source shows it no more");
        w.append(status).await?;
    }
    apart::tell_apart(w, it.id, new.id).await?;
    look_again(w, [it.id, new.id]).await?;
    Ok(new)
}

/// What its source calls it, with the source's scope and a number where others of its kind are called that.
async fn free_name(w: &mut Write, claim: &Claim, source: SourceId) -> Result<String> {
    let scope = store::sources::get(&mut w.tx, source).await?.map(|s| s.scope).unwrap_or_default();
    let (mut name, mut taken) = (claim.name.clone(), 0);
    while store::identities::by_kind(&mut w.tx, claim.kind, &name).await?.is_some() {
        taken += 1;
        name = claim.name_among(&scope, taken);
    }
    Ok(name)
}

fn fresh(w: &Write, name: String, (sighting, source, claim): (&Sighting, SourceId, &Claim)) -> Identity {
    let at = w.at();
    let left = left_at(&[Seen { sighting: sighting.clone(), claim: None }]);
    Identity {
        environment: claim.environment,
        status: if left.is_some() { Status::Retired } else { Status::Active },
        source: Some(source),
        external_ref: Some(sighting.principal.clone()),
        first_seen_at: claim.created_at.map_or(sighting.first_seen_at, |made| made.min(sighting.first_seen_at)),
        last_seen_at: Some(sighting.last_seen_at),
        last_used_at: claim.last_used_at,
        usage_reported: claim.usage_reported,
        retired_at: left,
        ..Identity::new(IdentityId::new(at, w.random()), claim.kind, name, at)
    }
}
