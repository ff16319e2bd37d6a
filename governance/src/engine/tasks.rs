//! Opening and closing tasks. Closing one ends all that is bound to it in the same commit: grants, open escalations,
//! approvals that were not used.
use super::ctx::check_reason;
use super::escalations::escalation_revoke_in;
use super::page::{Page, Want};
use super::{Act, Actor, Ctx, Governance, Role, Write};
use crate::error::{Error, Result};
use crate::id::{HookId, IdentityId, TaskId};
use crate::log::event::{Event, EventKind};
use crate::revocation::Ended;
use crate::store;
use crate::store::escalations::Of;
use crate::store::grants::Ending;
use crate::task::{Status, Task, USUAL};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A task to be opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTask {
    pub reference: String,
    pub purpose: String,
    /// The agent: an id, a name, or `kind:name`.
    pub agent: String,
    pub tools: BTreeSet<String>,
    pub data: BTreeSet<String>,
    pub link: Option<String>,
    /// When it ends, or after how many seconds; with neither, after eight hours.
    pub ends_at: Option<Timestamp>,
    pub ends_in_s: Option<u32>,
}

/// Reads how long a task lasts: `2h`, `30m`, `PT2H`.
///
/// # Errors
/// `Invalid`.
pub fn length(text: &str) -> Result<u32> {
    let seconds = crate::policy::duration::seconds(text);
    seconds
        .ok_or_else(|| Error::invalid(format!("{:?} is no length of time like 2h or PT30M", crate::word::short(text))))
}

/// What closing a task did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    pub task: Task,
    pub log_seq: u64,
    pub ended: Ended,
}

/// How many tasks one sweep ends in one transaction.
const SWEEP: i64 = 100;

impl Governance {
    /// Opens a task for an agent: a person or a gateway does, never the agent itself. An agent's owner opens tasks for what
    /// they own.
    ///
    /// # Errors
    /// `Forbidden`, also for an agent's own key; `Conflict` if the reference is open; `NotFound` for an unknown agent;
    /// `Invalid`, naming the member; `KeyReused`.
    pub async fn task_open(&self, ctx: &Ctx, new: &NewTask, idempotency_key: Option<&str>) -> Result<Task> {
        ctx.authorize(Act::ManageTasks)?;
        never_by_the_agent(ctx)?;
        let fingerprint = format!("task open {}", serde_json::to_string(new).map_err(Error::internal)?);
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        if let Some(done) = replayed(&mut w, ctx, idempotency_key, &fingerprint).await? {
            return Ok(done);
        }
        let identity = super::identities::find(&mut w.tx, &new.agent).await?;
        may_manage(ctx, &mut w, identity.id).await?;
        let (task, _) = open_in(&mut w, new, identity.id, None).await?;
        keep(&mut w, ctx, idempotency_key, &fingerprint, &task).await?;
        w.commit().await?;
        Ok(task)
    }

    /// Closes a task; once this returns, nothing that was allowed for it can be used.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` once it has ended; `Invalid` for an empty reason; `KeyReused`.
    pub async fn task_close(
        &self,
        ctx: &Ctx,
        reference: &str,
        reason: &str,
        idempotency_key: Option<&str>,
    ) -> Result<Closed> {
        ctx.authorize(Act::ManageTasks)?;
        never_by_the_agent(ctx)?;
        check_reason(reason)?;
        let fingerprint = format!("task close {reference} {reason}");
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        if let Some(done) = replayed(&mut w, ctx, idempotency_key, &fingerprint).await? {
            return Ok(done);
        }
        let task = store::tasks::latest(&mut w.tx, reference).await?;
        let task = task.ok_or_else(|| no_task(reference))?;
        may_manage(ctx, &mut w, task.identity).await?;
        let closed = close_in(&mut w, task, reason, None).await?;
        keep(&mut w, ctx, idempotency_key, &fingerprint, &closed).await?;
        w.commit().await?;
        Ok(closed)
    }

    /// The task that is open by this reference, else the last that was.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn task_get(&self, ctx: &Ctx, reference: &str) -> Result<Task> {
        ctx.authorize(Act::See)?;
        let found = store::tasks::latest(&mut self.read().await?, reference).await?;
        found.ok_or_else(|| no_task(reference))
    }

    /// Tasks, newest first.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn task_list(
        &self,
        ctx: &Ctx,
        identity: Option<IdentityId>,
        status: Option<Status>,
        want: &Want,
    ) -> Result<Page<Task>> {
        ctx.authorize(Act::See)?;
        let before = want.after::<TaskId>()?;
        let mut tx = self.read().await?;
        let rows = store::tasks::list(&mut tx, before, identity, status.map(|s| s.as_str()), want.rows()).await?;
        want.page(rows, |task| task.id)
    }

    /// Ends tasks whose time is over, and what is bound to them; returns how many.
    ///
    /// # Errors
    /// As the database says.
    pub async fn task_sweep(&self, ctx: &Ctx) -> Result<usize> {
        ctx.authorize(Act::KeepHouse)?;
        // an idle look must not take the one place of a writer
        if store::tasks::due(&mut self.read().await?, ctx.at, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let at = w.at();
        let due = store::tasks::due(&mut w.tx, at, SWEEP).await?;
        let ended = due.len();
        for task in due {
            end(&mut w, task.run_out(at)?, EventKind::TaskEnded, None, None).await?;
        }
        if ended > 0 {
            w.commit().await?;
        }
        Ok(ended)
    }
}

/// Opens a task within a write; who may was looked at before. Returns its place in the log too.
pub(super) async fn open_in(
    w: &mut Write,
    new: &NewTask,
    identity: IdentityId,
    hook: Option<HookId>,
) -> Result<(Task, u64)> {
    let at = w.at();
    if let Some(open) = store::tasks::latest(&mut w.tx, &new.reference).await?.filter(|t| t.status == Status::Open) {
        let whose = if open.identity == identity { "" } else { ", for another agent" };
        let why = format!("task {} is open since {}{whose}: close it first", open.reference, open.opened_at);
        return Err(Error::conflict(why));
    }
    let ends_at = match (new.ends_at, new.ends_in_s) {
        (Some(_), Some(_)) => return Err(Error::invalid("say ends_at or ends_in, not both")),
        (Some(ends_at), None) => ends_at,
        (None, length) => at + length.map_or(USUAL, |s| chrono::TimeDelta::seconds(s.into())),
    };
    let task = Task {
        id: TaskId::new(at, w.random()),
        reference: new.reference.clone(),
        purpose: new.purpose.clone(),
        identity,
        tools: new.tools.clone(),
        data: new.data.clone(),
        link: new.link.clone(),
        status: Status::Open,
        opened_at: at,
        opened_by: w.actor().to_owned(),
        ends_at,
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        version: 0,
    };
    task.check()?;
    store::tasks::insert(&mut w.tx, &task).await?;
    let hash = w.payload_beside(&serde_json::to_vec(&task).map_err(Error::internal)?);
    let mut event = event(&task, EventKind::TaskOpened, w.actor()).reason(format!("ends {}", task.ends_at));
    event.payloads.insert("task", hash);
    event.ids.extend(hook.map(|id| ("hook", id.to_string())));
    let log_seq = w.append(event).await?;
    Ok((task, log_seq))
}

/// Closes a task within a write; who may was looked at before.
pub(super) async fn close_in(w: &mut Write, task: Task, reason: &str, hook: Option<HookId>) -> Result<Closed> {
    let (by, at) = (w.actor().to_owned(), w.at());
    let hash = w.payload_beside(reason.as_bytes());
    end(w, task.close(&by, reason, at)?, EventKind::TaskClosed, Some(hash), hook).await
}

fn no_task(reference: &str) -> Error {
    Error::not_found(format!("no task {:?}", crate::word::short(reference)))
}

fn never_by_the_agent(ctx: &Ctx) -> Result<()> {
    match &ctx.actor {
        Actor::Key(key) if !key.is_gateway() => {
            Err(Error::forbidden("a task is opened and closed by a person or a gateway, never by the agent"))
        }
        _ => Ok(()),
    }
}

/// Who is an owner alone manages what is theirs; a gateway, those for whom it speaks.
async fn may_manage(ctx: &Ctx, w: &mut Write, identity: IdentityId) -> Result<()> {
    let it = super::identities::get(&mut w.tx, identity).await?;
    match &ctx.actor {
        Actor::Key(key) if !super::speaking::is_for(key, it.kind.as_str(), &it.name) => {
            Err(super::speaking::not_yours(&crate::decision::Entity {
                kind: it.kind.as_str().to_owned(),
                id: it.name,
                properties: Default::default(),
            }))
        }
        Actor::Person { id, roles } if !roles.iter().any(|r| matches!(r, Role::Operator | Role::Admin)) => {
            match [it.owner, it.backup].contains(&Some(*id)) {
                true => Ok(()),
                false => Err(Error::forbidden(
                    "an owner opens and closes tasks of what they own; for others ask an operator",
                )),
            }
        }
        _ => Ok(()),
    }
}

fn event(task: &Task, kind: EventKind, actor: &str) -> Event {
    let mut event = Event::new(kind, actor.to_owned()).subject(task.identity).id("task", task.id);
    event.task = Some(task.reference.clone());
    event
}

/// Writes the end of a task, and ends what is bound to it.
async fn end(
    w: &mut Write,
    task: Task,
    kind: EventKind,
    reason: Option<String>,
    hook: Option<HookId>,
) -> Result<Closed> {
    let (at, actor) = (w.at(), w.actor().to_owned());
    store::tasks::settle(&mut w.tx, &task).await?;
    let grants = store::grants::end(&mut w.tx, Ending::Task(task.id), at, "its task is over").await?.len();
    let cause = ("task", task.id.to_string());
    let voided = escalation_revoke_in(w, Of::Task(task.id), cause, &actor).await?;
    let ended = Ended { grants, escalations: voided.escalations, approvals: voided.approvals };
    let mut event = event(&task, kind, &actor)
        .reason(format!("grants {}", ended.grants))
        .reason(format!("escalations {}", ended.escalations))
        .reason(format!("approvals {}", ended.approvals));
    event.payloads.extend(reason.map(|hash| ("reason", hash)));
    event.ids.extend(hook.map(|id| ("hook", id.to_string())));
    let log_seq = w.append(event).await?;
    Ok(Closed { task, log_seq, ended })
}

async fn replayed<T: serde::de::DeserializeOwned>(
    w: &mut Write,
    ctx: &Ctx,
    key: Option<&str>,
    fingerprint: &str,
) -> Result<Option<T>> {
    let Some(key) = key else { return Ok(None) };
    let at = w.at();
    store::idempotency::get(&mut w.tx, &ctx.actor.label(), key, fingerprint, at).await
}

async fn keep<T: Serialize>(w: &mut Write, ctx: &Ctx, key: Option<&str>, fingerprint: &str, done: &T) -> Result<()> {
    let Some(key) = key else { return Ok(()) };
    let at = w.at();
    store::idempotency::put(&mut w.tx, &ctx.actor.label(), key, fingerprint, done, at).await
}
