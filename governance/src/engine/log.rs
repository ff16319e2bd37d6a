//! The log as outsiders see it: checkpoints, proofs, tiles.
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::log::event::{Event, EventKind};
use crate::log::merkle::Node;
use crate::log::proof::{Plan, consistency_plan, inclusion_plan, verify_consistency, verify_inclusion};
use crate::log::tile::{Kind, Tile, entry_bundle, hash_tile, tile_of, tiles};
use crate::log::{
    Checkpoint, Frontier, Hash, ProofFile, Range, RangeProof, SigningKey, Since, VerifierKey, leaf_hash, root,
};
use crate::store;
use crate::store::checkpoints::StoredCheckpoint;
use crate::store::db::Tx;
use std::collections::HashMap;

impl Governance {
    /// Signs the head of the log and keeps the note (no event: it would move the head it signs), or returns the one already signed at this size. Only the serving node
    /// signs; the caller keeps the note beside the key (the high-water mark) before anybody sees it.
    ///
    /// # Errors
    /// `Unavailable` when the head does not continue `mark` or the last checkpoint: history was changed or set back, and a
    /// signature would bless it; and while the log is sealed. A mark that two people let the log go on behind counts no more. `Invalid` for a key that is not this log's.
    pub async fn log_checkpoint_sign(&self, key: &SigningKey, mark: Option<&Checkpoint>) -> Result<String> {
        self.check_key(key.verifier())?;
        let mut tx = self.db.begin().await?;
        tx.lock_log().await?;
        super::seals::unless_sealed(&mut tx).await?;
        let mark = super::seals::standing(&mut tx, mark).await?;
        let head = store::head::get(&mut tx).await?;
        let tree = Frontier::from_bytes(head.size, &head.frontier)?;
        let last = store::checkpoints::last(&mut tx).await?;
        for (size, root) in mark.iter().map(|m| (m.size, m.root)).chain(last.iter().map(|l| (l.size, l.root))) {
            continues(&mut tx, (size, root), &tree).await?;
        }
        if let Some(last) = last.filter(|l| l.size == tree.size()) {
            return Ok(last.note);
        }
        let next = Checkpoint { origin: self.installation.origin.clone(), size: tree.size(), root: tree.root() };
        let note = next.sign(key)?;
        store::checkpoints::insert(&mut tx, next.size, &next.root, &note, self.now()).await?;
        tx.commit().await?;
        Ok(note)
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// `NotFound` before the first was signed.
    pub async fn log_checkpoint(&self) -> Result<StoredCheckpoint> {
        newest(&mut self.read().await?).await
    }

    /// The newest signed checkpoint for somebody outside, with the proof that it continues the one at `since`.
    /// Packs carry such proofs for every checkpoint that left the house this way.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` before the first was signed; `Invalid` when the log was never that long.
    pub async fn log_checkpoint_hand_out(&self, ctx: &Ctx, since: Option<u64>) -> Result<String> {
        ctx.authorize(Act::Export)?;
        let mut w = self.write(ctx).await?;
        let newest = newest(&mut w.tx).await?;
        let text = match since {
            Some(old) => since_proof(&mut w.tx, old, &newest).await?.print(),
            None => newest.note,
        };
        handed_out(w, newest.size).await?;
        Ok(text)
    }

    /// The proof that entry `seq` is in the log, under the newest checkpoint, and the entry's bytes.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` when there is no such entry; `Unavailable` when no checkpoint covers it yet.
    pub async fn log_proof(&self, ctx: &Ctx, seq: u64) -> Result<(Vec<u8>, ProofFile)> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let newest = newest(&mut tx).await?;
        log_proof_under(&mut tx, seq, &newest).await
    }

    /// One tile, for `GET /log/tile/…`. Hash tiles are for everybody; entry bundles say who did what, so they need a `ctx`.
    ///
    /// # Errors
    /// `NotFound` when the newest checkpoint does not cover it, `Forbidden` for entries without the right.
    pub async fn log_tile(&self, ctx: Option<&Ctx>, tile: Tile) -> Result<Vec<u8>> {
        if tile.kind == Kind::Entries {
            ctx.ok_or_else(|| {
                Error::forbidden("the entries of the log are not public: send a key with the scope `read`")
            })?
            .authorize(Act::Export)?;
        }
        let mut tx = self.read().await?;
        let size = newest(&mut tx).await?.size;
        let elements = match tile.kind {
            Kind::Entries => size,
            Kind::Hashes { level } => size.checked_shr(u32::from(level) * 8).unwrap_or(0),
        };
        let (begin, width) = tile.span()?;
        if begin.checked_add(width).is_none_or(|end| end > elements) {
            return Err(Error::not_found("the log has no such tile under its newest checkpoint"));
        }
        tile_bytes(&mut tx, tile).await
    }

    /// Writes the whole log under its newest checkpoint in the tiles layout (c2sp.org/tlog-tiles): `put` gets every path and
    /// its bytes, the checkpoint last, so that what is only half written has none. Returns the number of entries.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` before the first checkpoint; what `put` fails with.
    pub async fn log_export(&self, ctx: &Ctx, mut put: impl FnMut(&str, &[u8]) -> Result<()>) -> Result<u64> {
        ctx.authorize(Act::Export)?;
        let mut w = self.write(ctx).await?;
        let newest = newest(&mut w.tx).await?;
        handed_out(w, newest.size).await?;
        let mut tx = self.read().await?;
        for tile in tiles(newest.size)? {
            put(&tile.path(), &tile_bytes(&mut tx, tile).await?)?;
        }
        put("vkey", format!("{}\n", self.installation.vkey).as_bytes())?;
        put("checkpoint", newest.note.as_bytes())?;
        Ok(newest.size)
    }

    fn check_key(&self, key: &VerifierKey) -> Result<()> {
        if key.to_string() != self.installation.vkey {
            return Err(Error::invalid(format!("the key of {} is not the key of this log", key.name())));
        }
        Ok(())
    }
}

/// On record before it leaves: the checkpoint at `size` is with somebody outside from now on.
async fn handed_out(mut w: Write, size: u64) -> Result<()> {
    w.leaves_world();
    store::checkpoints::mark_external(&mut w.tx, size).await?;
    let event = Event::new(EventKind::LogExported, w.actor()).subject(format!("checkpoint:{size}"));
    w.append(event).await?;
    w.commit().await.map(drop)
}

pub(crate) async fn newest(tx: &mut Tx) -> Result<StoredCheckpoint> {
    let last = store::checkpoints::last(tx).await?;
    last.ok_or_else(|| {
        Error::not_found("no checkpoint was signed yet: the server signs one within a second of its start")
    })
}

/// The proof of one entry under a given checkpoint, checked before it is handed out.
///
/// # Errors
/// `NotFound`, `Unavailable` when the checkpoint does not cover it, `Internal` when the stored tree is damaged.
pub(crate) async fn log_proof_under(tx: &mut Tx, seq: u64, under: &StoredCheckpoint) -> Result<(Vec<u8>, ProofFile)> {
    let place = i64::try_from(seq).map_err(|_| Error::not_found("the log has no such entry"))?;
    let event =
        store::events::get(tx, place).await?.ok_or_else(|| Error::not_found(format!("the log has no entry {seq}")))?;
    if seq >= under.size {
        return Err(Error::unavailable(format!(
            "entry {seq} is not under a signed checkpoint yet: ask again in a second"
        )));
    }
    let hashes = prove(tx, &inclusion_plan(seq, under.size)?).await?;
    verify_inclusion(&leaf_hash(&event.leaf), seq, under.size, &under.root, &hashes)
        .map_err(|e| Error::broken(format!("the stored tree is damaged: {e}")))?;
    Ok((event.leaf, ProofFile { index: seq, hashes, checkpoint: under.note.clone() }))
}

/// The proof that `under` continues the log of `old` entries.
///
/// # Errors
/// `Invalid` when `old` is larger.
pub(crate) async fn since_proof(tx: &mut Tx, old: u64, under: &StoredCheckpoint) -> Result<Since> {
    let hashes = prove(tx, &consistency_plan(old, under.size)?).await?;
    Ok(Since { old, hashes, checkpoint: under.note.clone() })
}

/// What lies beside the run `[begin, end)` of the log under `under`.
///
/// # Errors
/// `Invalid` when it is no run of that log.
pub(crate) async fn range_proof(tx: &mut Tx, begin: u64, end: u64, under: &StoredCheckpoint) -> Result<RangeProof> {
    let range = Range::new(begin, end, under.size)?;
    let hashes = fetch(tx, range.nodes()).await?;
    range.prove(|n| found(&hashes, n))
}

async fn prove(tx: &mut Tx, plan: &Plan) -> Result<Vec<Hash>> {
    let hashes = fetch(tx, plan.nodes()).await?;
    plan.prove(|n| found(&hashes, n))
}

fn found(hashes: &HashMap<Node, Hash>, node: Node) -> Result<Hash> {
    hashes.get(&node).copied().ok_or_else(|| Error::broken(format!("a subtree was not fetched: {node:?}")))
}

/// The roots of complete subtrees, from tiles where they are full and from the events where not.
async fn fetch(tx: &mut Tx, nodes: impl IntoIterator<Item = Node>) -> Result<HashMap<Node, Hash>> {
    let mut hashes = HashMap::new();
    for node in nodes {
        let (level, index, begin, count) = tile_of(node);
        let end = begin + count;
        let span = store::tiles::span(tx, level, index, u64::try_from(end).map_err(Error::internal)?).await?;
        let below = span.get(begin..end).ok_or_else(|| Error::broken(format!("tile {level}/{index} is too short")))?;
        hashes.insert(node, root(below));
    }
    Ok(hashes)
}

/// Refuses unless the log with this frontier continues the one that had `old` entries and this root.
async fn continues(tx: &mut Tx, old: (u64, Hash), tree: &Frontier) -> Result<()> {
    match set_back(tx, old, tree).await? {
        None => Ok(()),
        Some(why) => Err(Error::unavailable(format!("the log was changed or set back: {why}"))),
    }
}

/// Why the log with this frontier does not continue the one that had `old` entries and this root; `None`: it does.
///
/// # Errors
/// As the database says.
pub(super) async fn set_back(tx: &mut Tx, (old, old_root): (u64, Hash), tree: &Frontier) -> Result<Option<String>> {
    if old > tree.size() {
        return Ok(Some(format!("it has {} entries and once had {old}", tree.size())));
    }
    let hashes = prove(tx, &consistency_plan(old, tree.size())?).await?;
    Ok(verify_consistency(old, tree.size(), &old_root, &tree.root(), &hashes).err().map(|e| e.detail))
}

async fn tile_bytes(tx: &mut Tx, tile: Tile) -> Result<Vec<u8>> {
    let (begin, width) = tile.span()?;
    let short = || Error::broken(format!("{} is shorter than the log says", tile.path()));
    match tile.kind {
        Kind::Hashes { level } => {
            let hashes = store::tiles::span(tx, level, tile.index, width).await?;
            if hashes.len() != usize::from(tile.width) {
                return Err(short());
            }
            hash_tile(&hashes)
        }
        Kind::Entries => {
            let first = i64::try_from(begin).map_err(Error::internal)? - 1;
            let events = store::events::after(tx, first, i64::from(tile.width)).await?;
            let in_place = events.iter().zip(begin..).all(|(e, n)| u64::try_from(e.seq) == Ok(n));
            if events.len() != usize::from(tile.width) || !in_place {
                return Err(short());
            }
            entry_bundle(&events.iter().map(|e| &e.leaf).collect::<Vec<_>>())
        }
    }
}
