//! Hooks: set up and removed by people, and what they deliver (semantics.md, Grants and revocation). A hook opens and closes
//! tasks for the agent it was set up for; its secret is derived from the installation's key and stands in no database.
mod signature;

use super::tasks::{NewTask, close_in, open_in};
use super::{Act, Actor, Ctx, Governance, Write};
use crate::error::{Error, Kind, Result};
use crate::hook::read::{Closing, Opening, Says, read};
use crate::hook::{Hook, Preset};
use crate::id::HookId;
use crate::log::event::{Event, EventKind};
use crate::revocation::Ended;
use crate::store;
use crate::task::{Status, Task};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
pub use signature::{Call, HEADERS, Root};
use std::collections::BTreeSet;

/// How long a delivery's trace is kept: longer than any message is fresh.
const KEPT: TimeDelta = TimeDelta::hours(96);

/// A hook to be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHook {
    pub name: String,
    pub preset: Preset,
    /// The agent: an id, a name, or `kind:name`.
    pub agent: String,
    pub tools: BTreeSet<String>,
    pub data: BTreeSet<String>,
    /// How long its tasks last at most, in seconds.
    pub ends_in_s: u32,
}

/// A hook just set up; its secret is shown this once.
#[derive(Debug, Clone, Serialize)]
pub struct MadeHook {
    pub hook: Hook,
    pub secret: String,
}

/// What a delivery did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "lowercase")]
pub enum Delivered {
    Opened { task: Task, log_seq: u64 },
    Closed { task: Task, log_seq: u64, ended: Ended },
    Nothing { why: String },
}

impl Delivered {
    fn nothing(why: impl Into<String>) -> Self {
        Self::Nothing { why: why.into() }
    }
}

impl Governance {
    /// Sets up a hook and gives its secret, which is not kept.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` for an unknown agent; `Conflict` if the name is in use; `Invalid`, naming the member.
    pub async fn hook_add(&self, ctx: &Ctx, new: NewHook, root: &Root) -> Result<MadeHook> {
        ctx.authorize(Act::ManageHooks)?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let identity = super::identities::find(&mut w.tx, &new.agent).await?;
        let hook = Hook {
            id: HookId::new(w.at(), w.random()),
            name: new.name,
            preset: new.preset,
            identity: identity.id,
            tools: new.tools,
            data: new.data,
            ends_in_s: new.ends_in_s,
            created_at: w.at(),
            created_by: w.actor().to_owned(),
            removed_at: None,
            version: 0,
        };
        hook.check()?;
        // what its tasks may not be is said now, and not when the first ticket moves
        sample(&hook).check()?;
        if store::hooks::named(&mut w.tx, &hook.name).await?.is_some() {
            return Err(Error::conflict(format!("there is a hook {} already: remove it first", hook.name)));
        }
        store::hooks::insert(&mut w.tx, &hook).await?;
        let hash = w.payload_beside(&serde_json::to_vec(&hook).map_err(Error::internal)?);
        let mut event = event(EventKind::HookAdded, &w, &hook);
        event.payloads.insert("hook", hash);
        w.append(event).await?;
        w.commit().await?;
        let secret = root.secret(hook.id, hook.preset);
        Ok(MadeHook { hook, secret })
    }

    /// Hooks that stand, by name; never their secrets.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn hook_list(&self, ctx: &Ctx) -> Result<Vec<Hook>> {
        ctx.authorize(Act::See)?;
        store::hooks::list(&mut self.read().await?).await
    }

    /// Removes a hook: from here on it takes nothing. Tasks it opened stay open until they end or somebody closes them.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn hook_remove(&self, ctx: &Ctx, name: &str) -> Result<Hook> {
        ctx.authorize(Act::ManageHooks)?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let found = store::hooks::named(&mut w.tx, name).await?;
        let mut hook = found.ok_or_else(|| Error::not_found(format!("no hook {:?}", crate::word::short(name))))?;
        hook.removed_at = Some(w.at());
        store::hooks::remove(&mut w.tx, &hook).await?;
        let event = event(EventKind::HookRemoved, &w, &hook);
        w.append(event).await?;
        w.commit().await?;
        Ok(hook)
    }

    /// Takes what a platform sent to a hook. Nothing is read before its signature is known to be good; a delivery is taken once,
    /// and gets its first answer again.
    ///
    /// # Errors
    /// `Unauthenticated`, in the same words for a hook that is not there and a signature that is not good; `Invalid` for a body
    /// that says nothing of ours; `Conflict` where another agent's task has the reference; `KeyReused`.
    pub async fn hook_deliver(&self, root: &Root, name: &str, call: &Call) -> Result<Delivered> {
        let found = store::hooks::named(&mut self.read().await?, name).await?;
        // a hook that is not there takes as long to refuse as a wrong signature
        let (id, preset) =
            found.as_ref().map_or((HookId::new(self.now(), [0; 10]), Preset::Github), |h| (h.id, h.preset));
        let signed = call.signed(root, id, preset, self.now());
        let Some(hook) = found.filter(|_| signed) else { return Err(refused()) };
        let told = read(hook.preset, call.event(), &call.body)?;
        match told.now(self.now()) {
            Says::Nothing(why) => Ok(Delivered::Nothing { why }),
            says => {
                let ctx = self.ctx(Actor::Hook { id: hook.id, name: hook.name.clone() });
                self.hook_act(&ctx, call, says).await
            }
        }
    }

    /// Does what a signed delivery asks for.
    async fn hook_act(&self, ctx: &Ctx, call: &Call, says: Says) -> Result<Delivered> {
        ctx.authorize(Act::ManageTasks)?;
        let Actor::Hook { id, name } = &ctx.actor else { return Err(refused()) };
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        // as it stands under the lock: it may have been removed since
        let hook = store::hooks::named(&mut w.tx, name).await?.filter(|h| h.id == *id).ok_or_else(refused)?;
        let (delivery, digest) = (call.delivery(hook.preset), call.digest());
        if let Some((body, answer)) =
            store::hooks::delivered::<Delivered>(&mut w.tx, hook.id, &delivery, &digest).await?
        {
            return match body == digest {
                true => Ok(answer),
                false => Err(Error::new(Kind::KeyReused, "this delivery's id came with another body before")),
            };
        }
        let done = match says {
            Says::Open(opening) => opened(&mut w, &hook, opening).await?,
            Says::Close(closing) => closed(&mut w, &hook, closing).await?,
            Says::Nothing(why) => Delivered::Nothing { why },
        };
        if w.appended() == 0 {
            return Ok(done);
        }
        let at = w.at();
        store::hooks::keep(&mut w.tx, hook.id, (&delivery, &digest), &done, at).await?;
        w.commit().await?;
        Ok(done)
    }
}

/// Forgets deliveries that nobody can send again.
///
/// # Errors
/// As the database says.
pub(super) async fn forget(tx: &mut store::db::Tx, at: crate::time::Timestamp) -> Result<u64> {
    store::hooks::forget(tx, at - KEPT).await
}

fn refused() -> Error {
    Error::new(Kind::Unauthenticated, "not accepted")
}

fn event(kind: EventKind, w: &Write, hook: &Hook) -> Event {
    Event::new(kind, w.actor().to_owned()).subject(hook.identity).id("hook", hook.id).outcome(hook.preset.as_str())
}

/// A task as this hook could open it.
fn sample(hook: &Hook) -> Task {
    Task {
        id: crate::id::TaskId::new(hook.created_at, [0; 10]),
        reference: "T-1".into(),
        purpose: "a ticket".into(),
        identity: hook.identity,
        tools: hook.tools.clone(),
        data: hook.data.clone(),
        link: None,
        status: Status::Open,
        opened_at: hook.created_at,
        opened_by: hook.actor(),
        ends_at: hook.created_at + TimeDelta::seconds(hook.ends_in_s.into()),
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        version: 0,
    }
}

async fn opened(w: &mut Write, hook: &Hook, opening: Opening) -> Result<Delivered> {
    let at = w.at();
    if let Some(starts) = opening.starts_at.filter(|starts| *starts > at) {
        return Ok(Delivered::nothing(format!("it is planned to begin at {starts}: send it again then")));
    }
    let longest = at + TimeDelta::seconds(hook.ends_in_s.into());
    let wished = opening.ends_in_s.map(|s| at + TimeDelta::seconds(s.into()));
    let ends_at = opening.ends_at.into_iter().chain(wished).fold(longest, Ord::min);
    if ends_at <= at {
        return Ok(Delivered::nothing(format!("it was planned to end at {ends_at}")));
    }
    let latest = store::tasks::latest(&mut w.tx, &opening.reference).await?;
    if let Some(open) = latest.filter(|t| t.status == Status::Open && t.identity == hook.identity) {
        return Ok(Delivered::nothing(format!("task {} is open since {}", open.reference, open.opened_at)));
    }
    let new = NewTask {
        reference: opening.reference,
        purpose: opening.purpose,
        agent: hook.identity.to_string(),
        tools: hook.tools.clone(),
        data: hook.data.clone(),
        link: opening.link,
        ends_at: Some(ends_at),
        ends_in_s: None,
    };
    let (task, log_seq) = open_in(w, &new, hook.identity, Some(hook.id)).await?;
    Ok(Delivered::Opened { task, log_seq })
}

/// A hook closes what is its agent's, whoever opened it: that only takes away.
async fn closed(w: &mut Write, hook: &Hook, closing: Closing) -> Result<Delivered> {
    let latest = store::tasks::latest(&mut w.tx, &closing.reference).await?;
    let Some(task) = latest.filter(|t| t.status == Status::Open && t.identity == hook.identity) else {
        return Ok(Delivered::nothing("no task of this hook's agent is open by that name"));
    };
    super::ctx::check_reason(&closing.reason)?;
    let done = close_in(w, task, &closing.reason, Some(hook.id)).await?;
    Ok(Delivered::Closed { task: done.task, log_seq: done.log_seq, ended: done.ended })
}
