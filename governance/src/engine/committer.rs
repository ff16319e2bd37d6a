//! The one committer of a node: it takes what queued while the last commit ran, settles each question under the log's
//! lock, commits once, and only then lets the answers go.
use super::decisions::{Evaluated, Known};
use super::settle::settle;
use super::told::Told;
use super::{Governance, KeyCaller, Write};
use crate::decision::{Answer, Ask};
use crate::error::{Error, Kind, Result};
use crate::log::event::{Event, EventKind};
use crate::store::db::LOCK_WAIT;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Questions of one commit.
pub const BATCH_MAX: usize = 64;
/// No answer by then: nothing is known, so nothing is permitted (semantics.md, Fail closed).
pub const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Questions that may wait; more are answered 503 (I10).
pub const QUEUE_MAX: usize = 4_096;

/// A question on its way to the log.
pub(crate) struct Prepared {
    pub key: KeyCaller,
    pub ask: Ask,
    pub told: Told,
    pub fingerprint: String,
    /// What looked like secrets and was taken out of the question, in words.
    pub secrets: Vec<String>,
    /// Facts at some number of the world; settled as they are only if the number still stands.
    pub known: Option<Known>,
    /// Policy's answer on them, where no counter is read.
    pub evaluated: Option<Evaluated>,
}

/// Where questions wait for the committer.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Job>,
    turned_away: TurnedAway,
}

/// What found no place, until the committer takes it over.
type TurnedAway = Arc<Mutex<Option<Gap>>>;

impl Queue {
    fn of(places: usize) -> (Self, mpsc::Receiver<Job>) {
        let (sender, receiver) = mpsc::channel(places);
        (Self { sender, turned_away: Arc::default() }, receiver)
    }

    /// Puts a question in, at this instant.
    ///
    /// # Errors
    /// `Unavailable` if there is no place: nothing is decided, and the log's next `gap` counts it.
    pub(crate) fn put(&self, job: Job, at: Timestamp) -> Result<()> {
        match self.sender.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                let mut gap = self.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
                *gap = Some(Gap::and(*gap, at, 1));
                Err(Error::unavailable("too many questions wait; ask again shortly"))
            }
            Err(TrySendError::Closed(_)) => Err(Error::unavailable("this process decides nothing more")),
        }
    }
}

pub(crate) struct Job {
    pub prepared: Prepared,
    pub reply: oneshot::Sender<Result<Answer>>,
    pub asked: Instant,
}

/// Refused while nothing could be recorded; the log says so once it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    from: Timestamp,
    refused: u64,
}

impl Gap {
    /// So many more were refused, the first of them at `from`.
    fn and(gap: Option<Self>, from: Timestamp, refused: u64) -> Self {
        let before = gap.unwrap_or(Self { from, refused: 0 });
        Self { from: before.from.min(from), refused: before.refused.saturating_add(refused) }
    }
}

/// Starts the committer. A panic in it ends the process: nobody must be left waiting beside a log that stands still.
pub(crate) fn start(gov: Governance, places: usize) -> Queue {
    let (queue, receiver) = Queue::of(places);
    let task = tokio::spawn(run(gov, receiver, Arc::clone(&queue.turned_away)));
    tokio::spawn(async move {
        if let Err(error) = task.await
            && error.is_panic()
        {
            tracing::error!("the committer panicked; the process ends so that nothing is answered without a record");
            std::process::abort();
        }
    });
    queue
}

async fn run(gov: Governance, mut queue: mpsc::Receiver<Job>, turned_away: TurnedAway) {
    let mut gap: Option<Gap> = None;
    let mut jobs = Vec::with_capacity(BATCH_MAX);
    while queue.recv_many(&mut jobs, BATCH_MAX).await > 0 {
        gap = turn_away_late(&gov, &mut jobs, gap);
        if let Some(more) = turned_away.lock().unwrap_or_else(PoisonError::into_inner).take() {
            gap = Some(Gap::and(gap, more.from, more.refused));
        }
        if jobs.is_empty() {
            continue;
        }
        let first = asked_at(&gov, &jobs);
        let begun = begin(&gov).await;
        if begun.is_ok() {
            // the lock was waited for
            gap = turn_away_late(&gov, &mut jobs, gap);
            if jobs.is_empty() {
                continue;
            }
        }
        let count = jobs.len() as u64;
        let (prepared, replies): (Vec<_>, Vec<_>) = jobs.drain(..).map(|job| (job.prepared, job.reply)).unzip();
        let settled = match begun {
            Ok(w) => batch(w, prepared, gap).await,
            Err(error) => Err(error),
        };
        #[cfg(feature = "testkit")]
        if gov.early.load(std::sync::atomic::Ordering::SeqCst) {
            if let Ok((w, answers)) = settled {
                answer_all(replies, answers);
                drop(w.commit().await);
            }
            continue;
        }
        let committed = match settled {
            Ok((w, answers)) => w.commit().await.map(|_| answers),
            Err(error) => Err(error),
        };
        match committed {
            Ok(answers) => {
                gap = None;
                answer_all(replies, answers);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, count, "nothing was decided");
                gap = Some(Gap::and(gap, first, count));
                for reply in replies {
                    let _ = reply.send(Err(again(&error)));
                }
            }
        }
    }
}

/// Leaves aside who was told by now that nothing was decided, and nothing is: a permit for nobody would use up what it needs.
fn turn_away_late(gov: &Governance, jobs: &mut Vec<Job>, gap: Option<Gap>) -> Option<Gap> {
    let (all, first) = (jobs.len(), asked_at(gov, jobs));
    jobs.retain(|job| job.asked.elapsed() < ANSWER_WITHIN);
    match all - jobs.len() {
        0 => gap,
        late => Some(Gap::and(gap, first, late as u64)),
    }
}

/// Opens the write of a batch. One database ends a wait for the lock after [`LOCK_WAIT`] by itself, and keeps the connection
/// longer than that; the other is given up on here.
async fn begin(gov: &Governance) -> Result<Write> {
    let begun = Write::begin(gov, "system:committer".into());
    if gov.db.ends_waits() {
        return begun.await;
    }
    let late = |_| Err(Error::unavailable("something else is being written; nothing was decided, ask again shortly"));
    tokio::time::timeout(LOCK_WAIT, begun).await.unwrap_or_else(late)
}

/// When the first of these was asked.
fn asked_at(gov: &Governance, jobs: &[Job]) -> Timestamp {
    let waited = jobs.first().map_or(Duration::ZERO, |job| job.asked.elapsed());
    gov.now() - TimeDelta::from_std(waited).unwrap_or(TimeDelta::MAX)
}

fn answer_all(replies: Vec<oneshot::Sender<Result<Answer>>>, answers: Vec<Result<Answer>>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        // a caller that went away has its answer on record all the same
        let _ = reply.send(answer);
    }
}

fn again(error: &Error) -> Error {
    match error.kind {
        // sealed, with its reason
        Kind::Unavailable => Error::unavailable(error.detail.clone()),
        _ => Error::unavailable("nothing was decided; ask again with the same Idempotency-Key"),
    }
}

/// Settles a batch in one write; whoever commits it may answer then.
async fn batch(mut w: Write, prepared: Vec<Prepared>, gap: Option<Gap>) -> Result<(Write, Vec<Result<Answer>>)> {
    w.leaves_world();
    if let Some(gap) = gap {
        let event = Event::new(EventKind::Gap, "system:committer")
            .subject(w.gov().installation().id)
            .reason(format!("from {}", gap.from))
            .reason(format!("to {}", w.at()))
            .reason(format!("refused {}", gap.refused));
        w.append(event).await?;
    }
    w.timely()?;
    let mut answers = Vec::with_capacity(prepared.len());
    for question in prepared {
        let before = w.appended();
        match settle(&mut w, question).await {
            Err(error) if matches!(error.kind, Kind::Unavailable | Kind::Internal) => return Err(error),
            // half of an answer must not be committed: an approval used up for a permit that never was
            Err(error) if w.appended() > before && error.kind != Kind::TooMany => return Err(Error::internal(error)),
            // a refusal of this question alone: it wrote nothing, or (asked again too soon) that something ran out
            answer => answers.push(answer),
        }
    }
    Ok((w, answers))
}
