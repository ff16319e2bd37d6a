//! One write: the log's lock, the head read under it, rows and events, one commit.
//!
//! Decisions, votes, revocations, imports and settings all pass here, so the order of the log is the order of the world.
use super::Governance;
use super::committer::BATCH_MAX;
use crate::error::{Error, Result};
use crate::log::event::Event;
use crate::log::{Frontier, leaf_hash};
use crate::store;
use crate::store::db::Tx;
use crate::store::decisions::StoredDecision;
use crate::store::head::Head;
use crate::store::many::Rows;
use crate::time::Timestamp;
use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

/// How far the clock may be behind the log (semantics.md, Fail closed): clocks are corrected by a little all the time.
const BEHIND_MAX: TimeDelta = TimeDelta::seconds(2);
/// Events gathered at most before they are inserted.
const GATHERED: u64 = 1_024;

/// An open write. Dropped without [`Write::commit`], nothing of it remains.
pub struct Write {
    /// For rows: `store::…(&mut w.tx, …)`.
    pub tx: Tx,
    gov: Governance,
    actor: String,
    head: Head,
    frontier: Frontier,
    at: Timestamp,
    /// How far the clock is behind the last event; not above zero while it goes right.
    behind: TimeDelta,
    appended: u64,
    /// Rows that go into the database together, before anything reads them and at commit.
    events: Rows,
    decisions: Rows,
    payloads: Rows,
    /// Decisions leave the facts as they are; everything else moves the world.
    moves_world: bool,
}

impl Write {
    pub(crate) async fn begin(gov: &Governance, actor: String) -> Result<Self> {
        let mut tx = gov.db.begin().await?;
        tx.lock_log().await?;
        Self::over(gov, tx, actor).await
    }

    /// Goes on from a transaction that holds the log's lock.
    pub(super) async fn over(gov: &Governance, mut tx: Tx, actor: String) -> Result<Self> {
        let head = store::head::get(&mut tx).await?;
        let now = match gov.database_time {
            true => tx.clock().await?.unwrap_or_else(|| gov.clock.now()),
            false => gov.clock.now(),
        };
        let frontier = Frontier::from_bytes(head.size, &head.frontier)?;
        let (at, behind) = (now.max(head.last_at), head.last_at - now);
        Ok(Self {
            tx,
            gov: gov.clone(),
            actor,
            head,
            frontier,
            at,
            behind,
            appended: 0,
            events: store::events::rows(),
            decisions: store::decisions::rows(),
            payloads: store::events::payload_rows(),
            moves_world: true,
        })
    }

    /// The log's time: the clock, never before the last event. Expiry is checked against it.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
    /// Lets what depends on time happen: a clock that was set back lets nothing expire.
    ///
    /// # Errors
    /// `Unavailable` while the clock is more than two seconds behind the last event.
    pub(crate) fn timely(&self) -> Result<()> {
        if self.behind <= BEHIND_MAX {
            return Ok(());
        }
        Err(Error::unavailable(format!(
            "the clock is {} s behind the log: nothing that depends on time is allowed until it is set right",
            self.behind.num_seconds()
        )))
    }
    /// Facts read at the same number are current.
    #[must_use]
    pub fn world(&self) -> i64 {
        self.head.world
    }
    #[must_use]
    pub fn gov(&self) -> &Governance {
        &self.gov
    }
    /// As the log names who writes.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }
    /// Events of this write so far.
    pub(crate) fn appended(&self) -> u64 {
        self.appended
    }
    /// The random part of a new id.
    #[must_use]
    pub fn random(&self) -> [u8; 10] {
        self.gov.random()
    }
    /// Says that this write changes no fact a decision could rest on.
    pub(crate) fn leaves_world(&mut self) {
        self.moves_world = false;
    }

    /// Says that it does after all.
    pub(crate) fn moves_world(&mut self) {
        self.moves_world = true;
    }

    /// Stores erasable bytes beside the log; the hash goes into [`Event::payloads`].
    ///
    /// # Errors
    /// As the database says.
    pub async fn payload(&mut self, bytes: &[u8]) -> Result<String> {
        let hash = self.payload_beside(bytes);
        self.payloads.insert(&mut self.tx).await?;
        Ok(hash)
    }

    /// The same for bytes that nothing in this write reads or refers to, inserted together with its events.
    pub(super) fn payload_beside(&mut self, bytes: &[u8]) -> String {
        let salt: [u8; 16] = self.gov.random_bytes();
        let hash = salted_hash(&salt, bytes);
        self.payloads.push([hash.as_str().into(), salt.as_slice().into(), bytes.into()]);
        hash
    }

    /// Appends an event and returns its sequence number (the index of its leaf).
    ///
    /// # Errors
    /// `Invalid` for a leaf over 65,535 bytes, else as the database says.
    pub async fn append(&mut self, event: Event) -> Result<u64> {
        let seq = self.frontier.size();
        let leaf = event.leaf(seq, self.at)?;
        let hash = leaf_hash(&leaf);
        store::events::push(&mut self.events, seq, self.at, &event, leaf, hash)?;
        self.frontier.push(hash);
        self.appended += 1;
        // an import of a hundred thousand identities must not be held in memory
        if self.appended.is_multiple_of(GATHERED) {
            self.flush().await?;
        }
        Ok(seq)
    }

    /// Adds a decision's row, to be inserted beside its event.
    ///
    /// # Errors
    /// `Internal` if it cannot be written down.
    pub(crate) fn decided(&mut self, decision: StoredDecision) -> Result<()> {
        store::decisions::push(&mut self.decisions, decision)
    }

    /// Inserts the rows gathered so far, for what reads them in this transaction.
    ///
    /// # Errors
    /// As the database says.
    pub async fn flush(&mut self) -> Result<()> {
        self.payloads.insert(&mut self.tx).await?;
        self.events.insert(&mut self.tx).await?;
        self.decisions.insert(&mut self.tx).await
    }

    /// Moves the head and commits. Nothing may be answered before this returns.
    ///
    /// # Errors
    /// `Conflict` if another writer moved the head, else as the database says; a failed commit means *unknown*.
    pub async fn commit(mut self) -> Result<u64> {
        if self.appended == 0 && self.moves_world {
            return Err(Error::broken("a write without an event"));
        }
        // a text is kept for each number of rows: the two shapes that every day has, up to a batch of questions
        let (events, decisions) = (self.events.count(), self.decisions.count());
        let usual = events <= BATCH_MAX && (events == decisions || (events, decisions) == (1, 0));
        let whole_tile = self.head.size >> 8 != self.frontier.size() >> 8;
        if whole_tile || !usual || self.appended == 0 {
            self.flush().await?;
        }
        if self.appended > 0 {
            store::tiles::complete(&mut self.tx, self.head.size, self.frontier.size()).await?;
            self.payloads.insert(&mut self.tx).await?;
            let next = Head {
                size: self.frontier.size(),
                frontier: self.frontier.to_bytes(),
                last_at: self.at,
                world: self.head.world + i64::from(self.moves_world),
            };
            let rows = vec![self.events.take(), self.decisions.take()];
            store::head::advance(&mut self.tx, self.head.size, &next, rows).await?;
        }
        let size = self.frontier.size();
        self.tx.commit().await?;
        Ok(size)
    }
}

/// SHA-256 of `salt ‖ bytes`, hex: what a leaf keeps of what may be erased.
#[must_use]
pub fn salted_hash(salt: &[u8], bytes: &[u8]) -> String {
    let mut h = Sha256::new();
    h.update(salt);
    h.update(bytes);
    hex(&h.finalize())
}

#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut s, b| {
        let _ = std::fmt::Write::write_fmt(&mut s, format_args!("{b:02x}"));
        s
    })
}
