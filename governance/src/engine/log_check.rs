//! The whole log recomputed from its events: what a damaged or doctored database cannot hide from.
use super::{Act, Ctx, Governance};
use crate::error::Result;
use crate::log::tile::full_tile_hash;
use crate::log::{Checkpoint, Entry, Frontier, Hash, VerifierKey, leaf_hash};
use crate::store;
use crate::store::checkpoints::StoredCheckpoint;
use crate::store::db::Tx;
use crate::store::events::StoredEvent;
use crate::time::Timestamp;
use serde::Serialize;

/// Events, checkpoints and payloads are read this many at a time: memory stays the same however long the log is.
const PAGE: i64 = 1000;
/// More than this many are counted, not described.
const DESCRIBED: usize = 100;

/// What [`Governance::log_check`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogCheck {
    /// Events that were read.
    pub events: u64,
    /// Signed checkpoints that were compared.
    pub checkpoints: u64,
    /// Payloads whose bytes were hashed again; erased ones have none.
    pub payloads: u64,
    /// What does not hold, in words; the first hundred.
    pub problems: Vec<String>,
    /// How many there are.
    pub problem_count: u64,
}

impl LogCheck {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.problem_count == 0
    }
}

impl Governance {
    /// Reads every event and recomputes tree, tiles, head and checkpoints; `mark` is the checkpoint kept beside the key.
    ///
    /// # Errors
    /// `Forbidden`; as the database says. What does not hold is no error but in the answer.
    pub async fn log_check(&self, ctx: &Ctx, mark: Option<&Checkpoint>) -> Result<LogCheck> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let mark = super::seals::standing(&mut tx, mark).await?;
        let mut pass = Pass::new(VerifierKey::parse(&self.installation.vkey)?, mark);
        pass.checkpoints_reach(&mut tx).await?;
        let mut last = -1;
        loop {
            let page = store::events::after(&mut tx, last, PAGE).await?;
            let Some(end) = page.last() else { break };
            last = end.seq;
            for event in &page {
                pass.event(&mut tx, event).await?;
            }
        }
        pass.finish(&mut tx).await?;
        pass.payloads(&mut tx).await?;
        Ok(pass.found)
    }
}

/// One pass over the log, from the first event to the last.
struct Pass<'a> {
    found: LogCheck,
    key: VerifierKey,
    mark: Option<&'a Checkpoint>,
    tree: Frontier,
    at: Timestamp,
    /// The hashes of the tile under way, level by level.
    rows: Vec<(u64, Vec<Hash>)>,
    /// Checkpoints still ahead, in order of size.
    ahead: std::collections::VecDeque<StoredCheckpoint>,
    /// The largest checkpoint read so far.
    read_to: u64,
}

impl<'a> Pass<'a> {
    fn new(key: VerifierKey, mark: Option<&'a Checkpoint>) -> Self {
        let found = LogCheck { events: 0, checkpoints: 0, payloads: 0, problems: Vec::new(), problem_count: 0 };
        Self {
            found,
            key,
            mark,
            tree: Frontier::new(),
            at: Timestamp::EPOCH,
            rows: Vec::new(),
            ahead: std::collections::VecDeque::new(),
            read_to: 0,
        }
    }

    fn problem(&mut self, what: String) {
        self.found.problem_count += 1;
        if self.found.problems.len() < DESCRIBED {
            self.found.problems.push(what);
        }
    }

    async fn checkpoints_reach(&mut self, tx: &mut Tx) -> Result<()> {
        if self.ahead.is_empty() {
            self.ahead = store::checkpoints::after(tx, self.read_to, PAGE).await?.into();
            self.read_to = self.ahead.back().map_or(self.read_to, |c| c.size);
        }
        Ok(())
    }

    async fn event(&mut self, tx: &mut Tx, row: &StoredEvent) -> Result<()> {
        let place = self.tree.size();
        let hash = leaf_hash(&row.leaf);
        for what in differences(row, place, self.at, &hash) {
            self.problem(format!("event {}: {what}", row.seq));
        }
        self.at = row.at;
        self.found.events += 1;
        self.tree.push(hash);
        self.tile(tx, hash).await?;
        self.checkpoint(tx).await
    }

    /// Collects the hash; compares every tile that becomes full with the one that was stored.
    async fn tile(&mut self, tx: &mut Tx, mut hash: Hash) -> Result<()> {
        for level in 0.. {
            if self.rows.len() == level {
                self.rows.push((0, Vec::with_capacity(256)));
            }
            let Some((index, row)) = self.rows.get_mut(level) else { break };
            row.push(hash);
            if row.len() < 256 {
                break;
            }
            hash = full_tile_hash(row)?;
            let (stored, index_now) = (store::tiles::stored(tx, level, *index).await?, *index);
            let same = stored.is_some_and(|(root, hashes)| root == hash && hashes == row.concat());
            row.clear();
            *index += 1;
            if !same {
                self.problem(format!("tile {level}/{index_now} is missing or is not what the events give"));
            }
        }
        Ok(())
    }

    /// Compares what was signed at this size with what the events give.
    async fn checkpoint(&mut self, tx: &mut Tx) -> Result<()> {
        let (size, root) = (self.tree.size(), self.tree.root());
        while let Some(next) = self.ahead.pop_front_if(|c| c.size <= size) {
            self.found.checkpoints += 1;
            let signed = Checkpoint::verify(next.note.as_bytes(), &self.key);
            match signed {
                Err(e) => self.problem(format!("the checkpoint at {}: {e}", next.size)),
                Ok(c) if (c.size, c.root) != (next.size, next.root) => {
                    self.problem(format!("the checkpoint at {} was signed for something else", next.size));
                }
                Ok(c) if (c.size, c.root) != (size, root) => {
                    self.problem(format!("the checkpoint at {}: the events give another root", next.size));
                }
                Ok(_) => {}
            }
            self.checkpoints_reach(tx).await?;
        }
        if let Some(mark) = self.mark.filter(|m| m.size == size)
            && mark.root != root
        {
            self.problem(format!("the high-water mark beside the key has another root at {size}: history was changed"));
        }
        Ok(())
    }

    async fn finish(&mut self, tx: &mut Tx) -> Result<()> {
        let size = self.tree.size();
        let head = store::head::get(tx).await?;
        if head.size != size || Frontier::from_bytes(head.size, &head.frontier).ok().as_ref() != Some(&self.tree) {
            self.problem(format!("the head says {} entries; the events give {size} and another tree", head.size));
        }
        if size > 0 && head.last_at != self.at {
            self.problem(format!("the head's time is {}, the last event's {}", head.last_at, self.at));
        }
        for (level, count) in store::tiles::counts(tx).await? {
            let expected = size.checked_shr(u32::from(level) * 8 + 8).unwrap_or(0);
            if count != expected {
                self.problem(format!("there are {count} tiles of level {level}; {size} events make {expected}"));
            }
        }
        if let Some(ahead) = self.ahead.front() {
            let signed = ahead.size;
            self.problem(format!(
                "a checkpoint was signed at {signed}; there are {size} events: the end of the log is cut off"
            ));
        }
        if let Some(mark) = self.mark.filter(|m| m.size > size) {
            let marked = mark.size;
            self.problem(format!(
                "the high-water mark beside the key is at {marked}; there are {size} events: the log was set back"
            ));
        }
        Ok(())
    }

    async fn payloads(&mut self, tx: &mut Tx) -> Result<()> {
        let mut last = String::new();
        loop {
            let page = store::events::payloads_after(tx, &last, PAGE).await?;
            let Some((end, ..)) = page.last() else { return Ok(()) };
            last.clone_from(end);
            for (hash, salt, bytes) in &page {
                self.found.payloads += 1;
                if super::write::salted_hash(salt, bytes) != *hash {
                    self.problem(format!("payload {hash}: its bytes were changed"));
                }
            }
        }
    }
}

/// Every way a row differs from its leaf and its place.
fn differences(row: &StoredEvent, place: u64, before: Timestamp, hash: &Hash) -> Vec<String> {
    let mut found = Vec::new();
    if u64::try_from(row.seq) != Ok(place) {
        found.push(format!("stands where {place} belongs: one is missing"));
    }
    if row.leaf_hash != hash {
        found.push("its stored hash is not that of its leaf".into());
    }
    if row.at < before {
        found.push("is earlier than the one before it".into());
    }
    let entry = match Entry::parse(&row.leaf) {
        Ok(entry) => entry,
        Err(e) => {
            found.push(e.detail);
            return found;
        }
    };
    let columns = [
        ("seq", i64::try_from(entry.seq).ok() == Some(row.seq)),
        ("at", entry.time == row.at),
        ("kind", entry.kind.as_str() == row.kind),
        ("actor", entry.actor == row.actor),
        ("subject", entry.subject == row.subject),
        ("decision_id", entry.ids.get("decision") == row.decision_id.as_ref()),
        ("outcome", entry.outcome == row.outcome),
    ];
    found.extend(
        columns
            .iter()
            .filter(|(_, same)| !same)
            .map(|(name, _)| format!("its column {name} is not what its leaf says")),
    );
    found
}
