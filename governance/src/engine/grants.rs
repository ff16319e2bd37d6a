//! Spending a grant just before the side effect, and letting grants run out.
use super::leases::{Lease, run_out};
use super::{Act, Ctx, Governance, KeyCaller, Scope, Write};
use crate::error::{Error, Kind, Result};
use crate::grant::Grant;
use crate::id::{GrantId, IdentityId};
use crate::identity::Status;
use crate::log::event::{Event, EventKind};
use crate::revocation::LastUse;
use crate::store;
use crate::store::facts::Subject;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Grants that one sweep ends in one transaction.
const SWEEP: i64 = 1_000;

/// What `redeem` answers: do it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redeemed {
    pub grant: GrantId,
    pub seq: u64,
    pub at: Timestamp,
    pub uses_left: u32,
    /// Of a lease: it runs from now on.
    #[serde(default)]
    pub lease: Option<Lease>,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    /// SHA-256 of the parameter bytes that were approved, hex: compare before acting.
    pub params_hash: String,
}

/// A grant with the name of who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub grant: Grant,
    pub name: String,
}

impl Governance {
    /// Spends one use of a grant. Only a committed redemption is an answer; any error means: do not act.
    ///
    /// # Errors
    /// `NotFound` for a grant of another identity, `Conflict` if it was spent, revoked or its identity is stopped,
    /// `Expired`, `KeyReused`, `Unavailable` while the clock is behind the log.
    pub async fn grant_redeem(&self, ctx: &Ctx, id: GrantId, idempotency_key: Option<&str>) -> Result<Redeemed> {
        ctx.authorize(Act::Redeem)?;
        let key = ctx.key(Scope::Act)?;
        let (caller, fingerprint) = (key.id.to_string(), format!("redeem {id}"));
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let at = w.at();
        if let Some(k) = idempotency_key
            && let Some(done) = store::idempotency::get::<Redeemed>(&mut w.tx, &caller, k, &fingerprint, at).await?
        {
            return Ok(done);
        }
        let grant =
            store::grants::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no grant {id}")))?;
        if let Err(refusal) = usable(&mut w, key, &grant).await {
            if refusal.kind != Kind::NotFound {
                w.append(refused(&w, &grant, &refusal)).await?;
                w.commit().await?;
            }
            return Err(refusal);
        }
        w.timely()?;
        let after = grant.clone().redeem(grant.identity, at)?;
        store::grants::settle(&mut w.tx, &after).await?;
        let mut event = Event::new(EventKind::GrantRedeemed, w.actor().to_owned())
            .subject(grant.identity)
            .id("grant", id)
            .id("decision", grant.decision);
        event.request = Some(grant.params_hash.clone());
        event.via = Some(caller.clone());
        event.observed_by = Some(key.observed_by().into());
        event.task.clone_from(&grant.task);
        let seq = w.append(event).await?;
        let done = Redeemed {
            grant: id,
            seq,
            at,
            uses_left: after.uses_left,
            lease: Lease::of(&after),
            action: grant.action,
            resource_type: grant.resource_type,
            resource_id: grant.resource_id,
            params_hash: grant.params_hash,
        };
        if let Some(k) = idempotency_key {
            store::idempotency::put(&mut w.tx, &caller, k, &fingerprint, &done, at).await?;
        }
        w.commit().await?;
        Ok(done)
    }

    /// # Errors
    /// `NotFound` if there is none.
    pub async fn grant_get(&self, ctx: &Ctx, id: GrantId) -> Result<Grant> {
        ctx.authorize(Act::See)?;
        let found = store::grants::get(&mut self.db.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("no grant {id}")))
    }

    /// The last accepted use of a grant that has ended, as gateways and sources report; `None` where nobody reports any, and
    /// while it holds.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn grant_last_use(&self, ctx: &Ctx, grant: &Grant) -> Result<Option<LastUse>> {
        ctx.authorize(Act::See)?;
        match grant.ended_at {
            Some(at) => store::last_uses::last_use_of_grant(&mut self.read().await?, grant.id, at).await,
            None => Ok(None),
        }
    }

    /// At most `limit` (1 to 1,000) grants, newest first.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn grant_list(
        &self,
        ctx: &Ctx,
        before: Option<GrantId>,
        identity: Option<IdentityId>,
        state: Option<&str>,
        limit: u16,
    ) -> Result<Vec<Grant>> {
        ctx.authorize(Act::See)?;
        let limit = i64::from(limit.clamp(1, 1_000));
        store::grants::list(&mut self.db.read().await?, before, identity, state, limit).await
    }

    /// The same with the names of who holds them, for people.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn grant_list_named(
        &self,
        ctx: &Ctx,
        before: Option<GrantId>,
        state: Option<crate::grant::Status>,
        limit: u16,
    ) -> Result<Vec<Listed>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        let limit = i64::from(limit.clamp(1, 1_000));
        let grants = store::grants::list(&mut tx, before, None, state.map(crate::grant::Status::as_str), limit).await?;
        let ids: Vec<_> = grants.iter().map(|g| crate::store::db::Arg::from(g.identity)).collect();
        let names: BTreeMap<_, _> =
            store::identities::many(&mut tx, &ids).await?.into_iter().map(|(it, _)| (it.id, it.name)).collect();
        let named = |grant: Grant| {
            let name = names.get(&grant.identity).cloned();
            name.map(|name| Listed { grant, name }).ok_or_else(|| Error::broken("a grant of nobody"))
        };
        grants.into_iter().map(named).collect()
    }

    /// Ends what ran out and leases that nobody renewed, at most a thousand at once; each is an event. Returns how many.
    ///
    /// # Errors
    /// As the database says.
    pub async fn grant_sweep(&self) -> Result<usize> {
        let ctx = self.ctx(super::Actor::System("sweep"));
        if store::grants::due(&mut self.db.read().await?, ctx.at, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut w = self.write(&ctx).await?;
        w.leaves_world();
        let at = w.at();
        let due = store::grants::due(&mut w.tx, at, SWEEP).await?;
        let ended = due.len();
        for grant in due {
            run_out(&mut w, grant).await?;
        }
        if ended > 0 {
            w.commit().await?;
        }
        Ok(ended)
    }
}

/// A refused use, as the log keeps it.
pub(super) fn refused(w: &Write, grant: &Grant, refusal: &Error) -> Event {
    Event::new(EventKind::GrantRefused, w.actor().to_owned())
        .subject(grant.identity)
        .id("grant", grant.id)
        .reason(refusal.detail.clone())
}

/// Who holds a grant, if it is for this key to use.
///
/// # Errors
/// `NotFound` for a grant of another identity.
pub(super) async fn held_by(w: &mut Write, key: &KeyCaller, grant: &Grant) -> Result<Subject> {
    let subject = store::facts::subject_by_id(&mut w.tx, grant.identity).await?;
    let theirs = |s: &Subject| match key.identity {
        Some(own) => own == grant.identity,
        None => super::speaking::is_for(key, s.kind.as_str(), &s.name),
    };
    subject.filter(theirs).ok_or_else(|| Error::not_found(format!("no grant {}", grant.id)))
}

/// Why a grant may not be spent now.
async fn usable(w: &mut Write, key: &KeyCaller, grant: &Grant) -> Result<()> {
    let subject = held_by(w, key, grant).await?;
    grant.clone().redeem(grant.identity, w.at())?;
    // what was handed on ends with whoever handed it on
    let mut all = store::facts::behind_grant(&mut w.tx, grant.id).await?;
    all.insert(0, subject);
    let stops = store::facts::stops(&mut w.tx).await?;
    for subject in &all {
        if subject.status != Status::Active {
            return Err(Error::conflict(format!("{} is {}", subject.name, subject.status)));
        }
        if subject.narrowed && grant.escalation.is_none() {
            let why = format!("{} was narrowed: each of its acts needs a person; ask again", subject.name);
            return Err(Error::conflict(why));
        }
        if subject.build_changed() {
            return Err(Error::conflict(format!("{} runs another build: its owner looks first", subject.name)));
        }
        if stops.iter().any(|stop| stopped(stop, &grant.action, subject)) {
            return Err(Error::conflict("what this grant rests on was revoked"));
        }
    }
    super::resources::still_stands(w, grant).await
}

fn stopped((kind, id): &(String, String), action: &str, subject: &Subject) -> bool {
    match kind.as_str() {
        "everything" => true,
        "tool" => id == action,
        "identity" => *id == subject.id.to_string(),
        "owner" => subject.owner.is_some_and(|o| o.to_string() == *id),
        "source" => subject.source.is_some_and(|s| s.to_string() == *id),
        _ => false,
    }
}
