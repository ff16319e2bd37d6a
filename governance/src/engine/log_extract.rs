//! What a pack takes from the log: the entries of a period, whole and in order, with their proofs and payloads.
use super::log::{log_proof_under, newest, range_proof, since_proof};
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::evidence::pack::SALT;
use crate::evidence::{About, Content};
use crate::log::Entry;
use crate::store;
use crate::store::db::Tx;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// More entries than a pack can hold in memory and in one archive.
const MAX_ENTRIES: u64 = 1_000_000;
const PAGE: i64 = 1000;
/// Proofs from checkpoints that were handed out earlier, the newest so many.
const EARLIER: i64 = 200;

/// What a pack carries beside an entry's leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// A proof in a file of its own, for handing this entry on alone.
    pub proof: bool,
    /// What stands behind its digests, where it was not erased.
    pub payloads: bool,
}

impl Governance {
    /// All that a pack about this period takes from the log, under the newest checkpoint: every entry of the period and the
    /// one on either side of it, so that the reader sees that none was left out. `want` is asked for each entry.
    /// Documents are for the caller to add.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a period with over a million entries; `NotFound` before the first checkpoint.
    pub async fn log_extract(&self, ctx: &Ctx, about: About, want: impl Fn(&Entry) -> Wanted) -> Result<Content> {
        ctx.authorize(Act::MakeEvidence)?;
        let mut tx = self.read().await?;
        let newest = newest(&mut tx).await?;
        // one entry more on either side, where there is one
        let begin = first_at(&mut tx, about.from, newest.size).await?.saturating_sub(1);
        let end = first_at(&mut tx, about.to, newest.size).await?.max(begin).saturating_add(1).min(newest.size);
        if end.saturating_sub(begin) > MAX_ENTRIES {
            return Err(Error::invalid(format!(
                "the period has {} entries, a pack at most {MAX_ENTRIES}: choose a shorter period",
                end.saturating_sub(begin)
            )));
        }
        let range = range_proof(&mut tx, begin, end, &newest).await?;
        let mut content = Content {
            about,
            documents: BTreeMap::new(),
            leaves: Vec::new(),
            range,
            checkpoint: newest.note.clone(),
            proofs: Vec::new(),
            payloads: BTreeMap::new(),
            earlier: Vec::new(),
        };
        let mut last = i64::try_from(begin).map_err(Error::internal)? - 1;
        let stop = i64::try_from(end).map_err(Error::internal)?;
        while last + 1 < stop {
            let page = store::events::after(&mut tx, last, PAGE.min(stop - last - 1)).await?;
            last = page.last().map(|e| e.seq).ok_or_else(|| Error::broken("an entry of the log is missing"))?;
            for event in page {
                let entry = Entry::parse(&event.leaf)?;
                let wanted = want(&entry);
                if wanted.proof {
                    content.proofs.push(log_proof_under(&mut tx, entry.seq, &newest).await?.1);
                }
                if wanted.payloads {
                    payloads(&mut tx, &entry, &mut content.payloads).await?;
                }
                content.leaves.push(event.leaf);
            }
        }
        for earlier in store::checkpoints::external(&mut tx, newest.size, EARLIER).await? {
            if earlier.size < newest.size {
                content.earlier.push(since_proof(&mut tx, earlier.size, &newest).await?);
            }
        }
        Ok(content)
    }
}

/// The first entry of the log of `size` at or after this instant; `size` if there is none. Times only grow in the log.
async fn first_at(tx: &mut Tx, at: Timestamp, size: u64) -> Result<u64> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let seq = i64::try_from(middle).map_err(Error::internal)?;
        let event =
            store::events::get(tx, seq).await?.ok_or_else(|| Error::broken("an entry of the log is missing"))?;
        if event.at < at { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

async fn payloads(tx: &mut Tx, entry: &Entry, into: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for hash in entry.payloads.values() {
        if let Some((salt, Some(bytes))) = store::events::payload(tx, hash).await? {
            if salt.len() != SALT {
                return Err(Error::broken(format!("the salt of payload {hash} has {} bytes", salt.len())));
            }
            into.insert(hash.clone(), [salt, bytes].concat());
        }
    }
    Ok(())
}
