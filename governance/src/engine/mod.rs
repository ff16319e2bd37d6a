//! The operations: who may, what follows, what is recorded. One file a noun; every write goes through [`Write`].
//!
//! To add an operation: 1 `ctx.authorize(Act::…)` is its first line; 2 `let mut w = self.write(ctx).await?`; 3 rows through
//! `store::…(&mut w.tx, …)`; 4 `w.append(Event…)`; 5 `w.commit().await?`; 6 a test on both databases.
mod action_facts;
pub mod actions;
pub mod assessments;
pub mod attestations;
mod authz;
mod builds;
mod committer;
pub mod containments;
mod ctx;
pub mod decisions;
pub mod dossier;
pub mod escalations;
mod events;
pub mod evidence;
mod facts;
pub mod findings;
pub mod gaps;
mod gated;
pub mod grants;
pub mod handoffs;
mod health;
pub mod hooks;
pub mod identities;
pub mod identity_changes;
pub mod imports;
mod initiator;
mod install;
pub mod keys;
pub mod leases;
mod log;
mod log_check;
mod log_extract;
pub mod matching;
pub mod notices;
pub mod observation;
pub mod overview;
pub mod ownership;
pub mod page;
pub mod people;
pub mod policies;
pub mod privilege;
mod replay;
pub mod requests;
pub mod resources;
pub mod revocations;
mod role_changes;
mod runs;
pub mod scim;
pub mod seals;
mod search;
pub mod secrets;
mod sessions;
mod settle;
mod speaking;
pub mod successors;
pub mod suggestions;
pub mod tasks;
pub mod timeline;
mod told;
pub mod undo;
#[cfg(feature = "testkit")]
mod unlogged;
pub mod visibility;
pub mod watch;
pub mod words;
mod write;

pub use authz::{Act, Role, roles_compatible};
pub use ctx::{Actor, Ctx, KeyCaller, Scope};
pub use install::{Installation, KeyWanted, Opening};
pub use log_check::LogCheck;
pub use log_extract::Wanted;
pub use search::{Found, Searched};
pub use sessions::{Link, SignedIn, Visitor};
pub(crate) use write::hex;
pub use write::{Write, salted_hash};

use crate::error::Result;
use crate::store::db::Db;
use crate::time::{Clock, Timestamp};
use rand::RngCore;
use std::sync::{Arc, Mutex, PoisonError};

/// One installation: its database, its clock, its randomness. Cloning shares them.
#[derive(Clone)]
pub struct Governance {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<Mutex<dyn RngCore + Send>>,
    /// Take the database's clock where it has one: several nodes then share one time.
    pub(crate) database_time: bool,
    pub(crate) installation: Arc<Installation>,
    pub(crate) remembered: facts::Remembered,
    /// `None` in the committer itself and in processes that decide nothing.
    pub(crate) committer: Option<committer::Queue>,
    #[cfg(feature = "testkit")]
    pub(crate) unlogged: bool,
    /// Answers before it commits: what the tests of loss must catch, and nothing else may ever do.
    #[cfg(feature = "testkit")]
    pub(crate) early: Arc<std::sync::atomic::AtomicBool>,
    /// Settles on what was read before the log's lock was held: what the tests of races must catch, and nothing else may
    /// ever do.
    #[cfg(feature = "testkit")]
    pub(crate) stale: Arc<std::sync::atomic::AtomicBool>,
}

impl Governance {
    /// Now, by the injected clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// From here on answers leave before their commit. A test shows with it that it would notice.
    #[cfg(feature = "testkit")]
    pub fn acknowledge_before_commit(&self) {
        self.early.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// From here on questions are settled on facts, tasks and counters read before the log's lock was held. A test shows with
    /// it that it would notice.
    #[cfg(feature = "testkit")]
    pub fn believe_what_was_read_before_the_lock(&self) {
        self.stale.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// The same installation with a committer of its own, for which so many questions may wait.
    #[cfg(feature = "testkit")]
    #[must_use]
    pub fn with_places(&self, places: usize) -> Self {
        let quiet = Self { committer: None, ..self.clone() };
        Self { committer: Some(committer::start(quiet.clone(), places)), ..quiet }
    }

    /// Whether that was said; never in a release.
    pub(crate) fn believes_early_reads(&self) -> bool {
        #[cfg(feature = "testkit")]
        return self.stale.load(std::sync::atomic::Ordering::SeqCst);
        #[cfg(not(feature = "testkit"))]
        false
    }

    /// The context of one operation: who acts, and when.
    #[must_use]
    pub fn ctx(&self, actor: Actor) -> Ctx {
        Ctx { actor, at: self.clock.now(), request_id: None }
    }

    /// Ten random bytes: the random part of an id.
    #[must_use]
    pub fn random(&self) -> [u8; 10] {
        self.random_bytes()
    }

    /// Random bytes for ids, salts, keys and links.
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Whether the disk was full when something was last written: nothing is decided until there is room again.
    #[must_use]
    pub fn disk_full(&self) -> bool {
        self.db.disk().full()
    }

    /// Waits until the disk fails, for ever if it does not. From then on nothing is written; the process is to end.
    pub async fn disk_failed(&self) {
        self.db.disk().until_failed().await;
    }

    /// A transaction that reads one moment.
    ///
    /// # Errors
    /// `Unavailable` if no connection can be had.
    pub async fn read(&self) -> Result<crate::store::db::Tx> {
        self.db.read().await
    }

    /// Forgets what nobody can ask for any more: answers behind idempotency keys, minutes of counters that no
    /// window of the active bundle reaches, notices and deliveries of long ago. No event: nothing anybody knows changes.
    ///
    /// # Errors
    /// As the database says.
    pub async fn forget_stale(&self, ctx: &Ctx) -> Result<u64> {
        ctx.authorize(Act::KeepHouse)?;
        let windows = self.policy_active().await?.manifest().counters.iter().map(|c| i64::from(c.window_s)).max();
        let mut tx = self.db.begin().await?;
        tx.lock_log().await?;
        let answers = crate::store::idempotency::forget(&mut tx, ctx.at).await?;
        let before = ctx.at - chrono::TimeDelta::seconds(windows.unwrap_or(0)) - chrono::TimeDelta::days(1);
        let minutes = crate::store::decisions::counters_forget(&mut tx, before).await?;
        let notices = crate::store::notices::forget(&mut tx, ctx.at - notices::KEPT).await?;
        let deliveries = hooks::forget(&mut tx, ctx.at).await?;
        tx.commit().await?;
        Ok(answers + minutes + notices + deliveries)
    }

    /// Opens a write: the log's lock is held from here until commit or drop.
    ///
    /// # Errors
    /// `Unavailable` if the lock cannot be had in a second.
    pub async fn write(&self, ctx: &Ctx) -> Result<Write> {
        Write::begin(self, ctx.actor.label()).await
    }
}
