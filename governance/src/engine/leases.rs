//! Leases (UC-16): long work goes on as long as it is renewed, and each renewal is decided anew.
use super::grants::{held_by, refused};
use super::settle::{Lost, still_allowed};
use super::{Act, Ctx, Governance, Scope, Write};
use crate::error::{Error, Kind, Result};
use crate::grant::Grant;
use crate::grant::terms::renew_every_s;
use crate::id::GrantId;
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Characters of the words with which a lease ends.
const WORDS: usize = 300;

/// How long a lease runs, and when to renew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Exclusive: it ends then unless it is renewed before.
    pub renew_by: Timestamp,
    /// Seconds between renewals, so that one may be lost.
    pub renew_every_s: u32,
}

impl Lease {
    /// Of a grant that runs as one.
    #[must_use]
    pub fn of(grant: &Grant) -> Option<Self> {
        Some(Self { renew_by: grant.renew_by?, renew_every_s: renew_every_s(grant.lease_s?) })
    }
}

/// What `renew` answers: go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewed {
    pub grant: GrantId,
    pub seq: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub lease: Lease,
    /// The lease's own end, whatever is renewed.
    pub expires_at: Timestamp,
    /// Hash of the bundle that decided.
    pub bundle: String,
}

impl Governance {
    /// Renews a lease if the question of its decision would still be allowed now. Only a committed renewal is an answer; any
    /// error means: stop. What is no longer allowed, or was not renewed in time, ends in the same commit.
    ///
    /// # Errors
    /// `NotFound` for a grant of another identity; `Conflict` for what is no lease, does not run, was revoked or would not be
    /// allowed any more; `Expired` once a renewal was missed; `TooMany` within a second of the last renewal; `KeyReused`; `Unavailable` where nothing was decided, and while the
    /// clock is behind the log.
    pub async fn grant_renew(&self, ctx: &Ctx, id: GrantId, idempotency_key: Option<&str>) -> Result<Renewed> {
        ctx.authorize(Act::Redeem)?;
        let key = ctx.key(Scope::Act)?;
        let (caller, fingerprint) = (key.id.to_string(), format!("renew {id}"));
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        super::keys::still_good(&mut w, key).await?;
        let at = w.at();
        if let Some(k) = idempotency_key
            && let Some(done) = store::idempotency::get::<Renewed>(&mut w.tx, &caller, k, &fingerprint, at).await?
        {
            return Ok(done);
        }
        let grant =
            store::grants::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no grant {id}")))?;
        held_by(&mut w, key, &grant).await?;
        w.timely()?;
        let after = match grant.clone().renew(grant.identity, at) {
            Ok(after) => after,
            Err(late) if late.kind == Kind::Expired && grant.overdue(at).is_some() && grant.ended_at.is_none() => {
                run_out(&mut w, grant).await?;
                w.commit().await?;
                return Err(late);
            }
            // asked too soon it is no event: nothing became of it
            Err(soon) if soon.kind == Kind::TooMany => return Err(soon),
            Err(refusal) => {
                w.append(refused(&w, &grant, &refusal)).await?;
                w.commit().await?;
                return Err(refusal);
            }
        };
        let decision = store::decisions::get(&mut w.tx, grant.decision).await?;
        let decision = decision.ok_or_else(|| Error::broken("a grant without its decision"))?;
        let rests = match still_allowed(&mut w, &grant, &decision).await? {
            Ok(rests) => rests,
            Err(lost) => {
                let over = lose(&mut w, grant, &lost).await?;
                w.commit().await?;
                return Err(over);
            }
        };
        store::grants::settle(&mut w.tx, &after).await?;
        let lease = Lease::of(&after).ok_or_else(|| Error::broken("a renewed grant that is no lease"))?;
        let bundle = rests.known.world.bundle.hash().to_owned();
        let mut event = about(EventKind::GrantRenewed, &w, &grant).reason(format!("until {}", lease.renew_by));
        event.reasons.extend(rests.rules.iter().map(|rule| format!("rule {rule}")));
        for subject in rests.known.actors() {
            event.epochs.insert(subject.id.to_string(), subject.epoch);
        }
        event.bundle = Some(bundle.clone());
        event.via = Some(caller.clone());
        event.observed_by = Some(key.observed_by().into());
        let seq = w.append(event).await?;
        let done = Renewed { grant: id, seq, at, lease, expires_at: grant.expires_at, bundle };
        if let Some(k) = idempotency_key {
            store::idempotency::put(&mut w.tx, &caller, k, &fingerprint, &done, at).await?;
        }
        w.commit().await?;
        Ok(done)
    }
}

fn about(kind: EventKind, w: &Write, grant: &Grant) -> Event {
    let mut event = Event::new(kind, w.actor().to_owned())
        .subject(grant.identity)
        .id("grant", grant.id)
        .id("decision", grant.decision);
    event.request = Some(grant.params_hash.clone());
    event.task.clone_from(&grant.task);
    event
}

/// Ends a grant that time has ended, with its event.
///
/// # Errors
/// `Conflict` unless its time is over or somebody ended it first.
pub(super) async fn run_out(w: &mut Write, grant: Grant) -> Result<()> {
    let expired = grant.expire(w.at())?;
    store::grants::settle(&mut w.tx, &expired).await?;
    let missed = expired.ended_reason.clone().filter(|_| expired.renew_by.is_some());
    let mut event = about(EventKind::GrantExpired, w, &expired);
    event.reasons.extend(missed);
    w.append(event).await.map(drop)
}

/// Ends a lease that would not be allowed any more; returns what its holder is told.
async fn lose(w: &mut Write, grant: Grant, lost: &Lost) -> Result<Error> {
    let words: String = lost.words.chars().take(WORDS).collect();
    let over = grant.revoke(&words, w.at())?;
    store::grants::settle(&mut w.tx, &over).await?;
    let mut event = about(EventKind::GrantEnded, w, &over).reason(lost.reason.clone());
    event.reasons.extend(lost.rules.iter().map(|rule| format!("rule {rule}")));
    w.append(event).await?;
    Ok(Error::conflict(format!("the lease is over: {words}; ask again")))
}
