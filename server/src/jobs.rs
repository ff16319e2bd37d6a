//! What happens by itself while the process serves: cards, grants and tasks run out, the head of the log is signed, ordered packs are
//! made, notices go out, the whole log is checked once a day.
use crate::{documents, notices::send::Sender, state::Mark};
use chrono::TimeDelta;
use governance::{
    Actor, Governance,
    engine::Ctx,
    error::Result,
    log::{Checkpoint, SigningKey},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// A checkpoint is at most this far behind under load …
const EVERY: Duration = Duration::from_secs(1);
/// … and this old when idle (semantics.md, Audit log).
const CHECKPOINT_IDLE: Duration = Duration::from_secs(60);
/// The whole log is read and checked this often (control test AUD-01 wants it once a day) …
const LOG_CHECK: TimeDelta = TimeDelta::hours(24);
/// … and whether it is due is asked this often.
const LOG_CHECK_ASK: Duration = Duration::from_secs(60);
/// What nobody can ask for any more is forgotten this often.
const FORGET: Duration = Duration::from_secs(3_600);

/// Findings that come with time (keys age, use lapses) show within this long.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// Runs until the process ends. Without a `sender` nobody outside is told anything. A failing round is logged and tried again: nothing here answers anybody.
pub async fn run(governance: Governance, key: SigningKey, mut mark: Mark, sender: Option<Sender>) {
    let key = Arc::new(key);
    // apart: a large pack must not keep cards from running out. It ends with this task
    let mut apart = tokio::task::JoinSet::new();
    apart.spawn(packs(governance.clone(), Arc::clone(&key)));
    apart.spawn(findings(governance.clone()));
    apart.spawn(database(governance.clone()));
    apart.spawn(log_checks(governance.clone(), mark.checkpoint().cloned()));
    // nor may somebody outside who does not answer
    if let Some(sender) = sender {
        apart.spawn(notices(governance.clone(), sender));
    }
    let mut signed: Option<(u64, Instant)> = None;
    let mut forgotten: Option<Instant> = None;
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let ctx = governance.ctx(Actor::System("sweep"));
        report("escalations", governance.escalation_sweep(&ctx).await);
        report("grants", governance.grant_sweep().await);
        report("tasks", governance.task_sweep(&ctx).await);
        if let Some(now) = report("checkpoint", sign(&governance, &key, &mut mark, signed).await) {
            signed = now;
        }
        if forgotten.is_none_or(|at| at.elapsed() >= FORGET) {
            report("forgetting", forget(&governance, &ctx).await);
            forgotten = Some(Instant::now());
        }
    }
}

fn report<T>(job: &str, outcome: Result<T>) -> Option<T> {
    outcome
        .inspect_err(|e| tracing::warn!(job, error = e as &dyn std::error::Error, "a job failed; it is tried again"))
        .ok()
}

/// Signs the head if it moved, or if the last signature is a minute old.
async fn sign(
    governance: &Governance,
    key: &SigningKey,
    mark: &mut Mark,
    last: Option<(u64, Instant)>,
) -> Result<Option<(u64, Instant)>> {
    let size = governance.log_size().await?;
    // a signature would bless a log that was set back
    if governance.seal_standing().await?.is_some() {
        return Ok(last);
    }
    if last.is_some_and(|(at, when)| at == size && when.elapsed() < CHECKPOINT_IDLE) {
        return Ok(last);
    }
    let note = governance.log_checkpoint_sign(key, mark.checkpoint()).await?;
    mark.keep(Checkpoint::verify(note.as_bytes(), key.verifier())?, &note)?;
    Ok(Some((size, Instant::now())))
}

/// Makes the packs that were ordered, one after another. What cannot be made says why in its order.
async fn packs(governance: Governance, key: Arc<SigningKey>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let ctx = governance.ctx(Actor::System("export"));
        if let Some(Some(order)) = report("evidence", governance.evidence_take(&ctx).await) {
            let ctx = governance.ctx(Actor::System("export"));
            report("evidence", documents::pack::make(&governance, &ctx, order, &key).await);
        }
    }
}

/// Keeps the database's journal short.
async fn database(governance: Governance) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        report("database", governance.keep_database().await);
    }
}

/// Looks at every identity again, from time to time.
async fn findings(governance: Governance) {
    let mut tick = tokio::time::interval(LOOK_AGAIN);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        report("visibility", governance.visibility_sweep(&governance.ctx(Actor::System("visibility"))).await);
        report("watching", governance.watch_sweep(&governance.ctx(Actor::System("watch"))).await);
        report("findings", governance.findings_sweep(&governance.ctx(Actor::System("findings"))).await);
    }
}

/// Checks the whole log when a day has passed since anybody did, and keeps what was found. What does not hold is an error for
/// whoever watches, and stays on record.
async fn log_checks(governance: Governance, mark: Option<Checkpoint>) {
    let mut tick = tokio::time::interval(LOG_CHECK_ASK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        report("log check", log_check(&governance, mark.as_ref()).await);
    }
}

async fn log_check(governance: &Governance, mark: Option<&Checkpoint>) -> Result<()> {
    let ctx = governance.ctx(Actor::System("check"));
    if !governance.log_check_due(&ctx, LOG_CHECK).await? {
        return Ok(());
    }
    let found = governance.log_check_kept(&ctx, mark).await?;
    if found.holds() {
        tracing::info!(entries = found.events, "the whole log holds");
    } else {
        let first = found.problems.first().map_or("", String::as_str);
        tracing::error!(problems = found.problem_count, first, "the log does not hold: run `countersign check`");
    }
    Ok(())
}

/// Sends what people and requesters are to be told; a full round is followed by the next at once.
async fn notices(governance: Governance, sender: Sender) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        while report("notices", sender.round(&governance).await).is_some_and(|tried| tried > 0) {}
    }
}

async fn forget(governance: &Governance, ctx: &Ctx) -> Result<u64> {
    governance.forget_stale(ctx).await
}
