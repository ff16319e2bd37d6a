//! Checking a pack with nothing but its bytes, a public key, and perhaps a checkpoint kept elsewhere.
//!
//! Every step that fails ends it; nothing is assumed where a step could not be taken, it is said.
use super::dsse;
use super::manifest::{Manifest, sha256_hex};
use super::pack::{
    About, CHECKPOINT, ENVELOPE, EVENTS, MANIFEST, PAYLOADS, PROOF_END, PROOFS, RANGE, SALT, SINCE, VKEY,
};
use super::report::{LIMITS, Outcome, Report, Step, Verdict};
use super::zip::{self, Files};
use crate::error::{Error, Result};
use crate::log::proof::verify_inclusion;
use crate::log::{Checkpoint, Entry, Hash, ProofFile, RangeProof, Since, VerifierKey, leaf_hash};
use crate::time::Timestamp;
use base64::{Engine, prelude::BASE64_STANDARD};
use std::collections::BTreeSet;

/// What the verifier brings along.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The log's public key, from somewhere other than the pack.
    pub key: Option<&'a VerifierKey>,
    /// A signed checkpoint kept elsewhere, bare or with its proof of consistency ([`Since`]).
    pub outside: Option<&'a [u8]>,
}

/// Checks everything in a pack. Never panics, never stops early with a good verdict.
#[must_use]
pub fn verify(pack: &[u8], asked: &Asked<'_>) -> Report {
    let mut steps = Steps { done: Vec::new(), now: "container" };
    let mut about = None;
    let verdict = match all(pack, asked, &mut steps, &mut about) {
        Ok(witnessed) if witnessed && asked.key.is_some() => Verdict::Valid,
        Ok(_) => Verdict::Unwitnessed,
        Err(e) => {
            steps.say(Outcome::Fails, e.detail);
            Verdict::Invalid
        }
    };
    Report { verdict, about, steps: steps.done, limits: LIMITS }
}

struct Steps {
    done: Vec<Step>,
    now: &'static str,
}

impl Steps {
    fn begin(&mut self, step: &'static str) {
        self.now = step;
    }
    fn say(&mut self, outcome: Outcome, detail: impl Into<String>) {
        self.done.push(Step { step: self.now, outcome, detail: detail.into() });
    }
    fn holds(&mut self, detail: impl Into<String>) {
        self.say(Outcome::Holds, detail);
    }
}

/// Takes every step; says whether an outside checkpoint bears witness to all of it.
fn all(pack: &[u8], asked: &Asked<'_>, steps: &mut Steps, about: &mut Option<About>) -> Result<bool> {
    let mut files = zip::read(pack)?;
    steps.holds(format!("a canonical zip of {} files", files.len()));

    steps.begin("signature");
    let (manifest_bytes, envelope) = (take(&mut files, MANIFEST)?, take(&mut files, ENVELOPE)?);
    let key = key(&files, asked, steps)?;
    dsse::verify(envelope, manifest_bytes, &key)?;
    let manifest = Manifest::parse(manifest_bytes)?;
    *about = Some(manifest.predicate.about.clone());
    steps.holds(format!("the manifest is signed by {key}"));

    steps.begin("files");
    manifest.check(&files)?;
    steps.holds(format!("{} files are exactly those the manifest names", files.len()));

    steps.begin("checkpoint");
    let note = get(&files, CHECKPOINT)?;
    let head = Checkpoint::verify(note, &key)?;
    if !same_head(&manifest, &head) {
        return Err(Error::invalid("the checkpoint is not the one the manifest names"));
    }
    steps.holds(format!("the log {} had {} entries, signed by the same key", head.origin, head.size));

    steps.begin("events");
    let outside = asked.outside.map(|bytes| Outside::read(bytes, &key)).transpose();
    let wanted = outside.as_ref().ok().and_then(Option::as_ref).map(|o| o.checkpoint.size);
    let run = run(&files, &manifest, &head, wanted)?;
    steps.holds(format!(
        "{} entries, {} to {}, are that log's: whole, in order, none changed",
        run.entries.len(),
        run.begin,
        run.last()
    ));
    steps.begin("period");
    period(&run, &manifest.predicate.about, &head, steps)?;

    steps.begin("proofs");
    let proofs = proofs(&files, &run, &head, note)?;
    steps.holds(format!("{proofs} single entries are proven by files of their own"));
    steps.begin("payloads");
    payloads(&files, &run, steps)?;

    steps.begin("witness");
    match outside? {
        Some(outside) => outside.witness(&files, &run, &head, steps),
        None => {
            steps.say(Outcome::Open, "no checkpoint from outside the pack was given (--checkpoint): only the signer vouches that this log is the only one");
            Ok(false)
        }
    }
}

fn take<'a>(files: &mut Files<'a>, name: &str) -> Result<&'a [u8]> {
    files.remove(name).ok_or_else(|| Error::invalid(format!("{name} is missing: this is no evidence pack")))
}

fn get<'a>(files: &Files<'a>, name: &str) -> Result<&'a [u8]> {
    files.get(name).copied().ok_or_else(|| Error::invalid(format!("{name} is missing: this is no evidence pack")))
}

/// The key to check with: the one that was named, which the pack's own must equal; else the pack's own, with a warning.
fn key(files: &Files<'_>, asked: &Asked<'_>, steps: &mut Steps) -> Result<VerifierKey> {
    let text = std::str::from_utf8(get(files, VKEY)?).ok().and_then(|t| t.strip_suffix('\n'));
    let inside = VerifierKey::parse(text.ok_or_else(|| Error::invalid("the file vkey is malformed"))?)?;
    match asked.key {
        Some(named) if *named != inside => Err(Error::invalid(format!(
            "the pack is signed with the key {inside}, not with the one you named, {named}"
        ))),
        Some(_) => Ok(inside),
        None => {
            steps.say(Outcome::Open, "nobody named the key (--key): the pack is checked with the key it brings along, so anybody could have made it");
            Ok(inside)
        }
    }
}

fn same_head(manifest: &Manifest, head: &Checkpoint) -> bool {
    let named = &manifest.predicate.checkpoint;
    named.origin == head.origin && named.size == head.size && named.root == BASE64_STANDARD.encode(head.root)
}

/// The entries of the pack, proven to be the log's.
struct Proven<'a> {
    begin: u64,
    end: u64,
    leaves: Vec<&'a [u8]>,
    entries: Vec<Entry>,
    /// The root at the size an outside checkpoint speaks of, where it lies inside the run.
    root_at_wanted: Option<Hash>,
}

impl Proven<'_> {
    fn last(&self) -> u64 {
        self.end.saturating_sub(1)
    }
}

fn run<'a>(files: &Files<'a>, manifest: &Manifest, head: &Checkpoint, wanted: Option<u64>) -> Result<Proven<'a>> {
    let range_bytes = get(files, RANGE)?;
    let proof = RangeProof::parse(range_bytes)?;
    let (begin, end) = (proof.range.begin, proof.range.end);
    let named = &manifest.predicate.events;
    if (begin, end) != (named.begin, named.end) || proof.print().as_bytes() != range_bytes {
        return Err(Error::invalid("the proof of the entries is for others than the manifest names"));
    }
    let text = get(files, EVENTS)?;
    let body = text
        .strip_suffix(b"\n")
        .ok_or_else(|| Error::invalid("events.ndjson is empty or its last line does not end"))?;
    let leaves: Vec<&[u8]> = body.split(|b| *b == b'\n').collect();
    let mut entries: Vec<Entry> = Vec::with_capacity(leaves.len());
    for (leaf, place) in leaves.iter().zip(begin..) {
        let entry = Entry::parse(leaf)?;
        if entry.seq != place {
            return Err(Error::invalid(format!("entry {} of events.ndjson stands where {place} belongs", entry.seq)));
        }
        if entries.last().is_some_and(|before| before.time > entry.time) {
            return Err(Error::invalid(format!("entry {place} is earlier than the one before it")));
        }
        entries.push(entry);
    }
    let mut root_at_wanted = None;
    proof.verify(leaves.iter().map(|l| leaf_hash(l)), (head.size, &head.root), |tree| {
        if wanted == Some(tree.size()) {
            root_at_wanted = Some(tree.root());
        }
        Ok(())
    })?;
    Ok(Proven { begin, end, leaves, entries, root_at_wanted })
}

/// Checks that the run covers the whole period: it begins before or at the log's start, and ends after or at its end.
fn period(run: &Proven<'_>, about: &About, head: &Checkpoint, steps: &mut Steps) -> Result<()> {
    let (first, last) = (run.entries.first().map(|e| e.time), run.entries.last().map(|e| e.time));
    if about.from > about.to {
        return Err(Error::invalid("the period ends before it begins"));
    }
    if run.begin != 0 && first.is_none_or(|t: Timestamp| t >= about.from) {
        return Err(Error::invalid(
            "entries from the beginning of the period may be missing: the one before it is not there",
        ));
    }
    if run.end != head.size && last.is_none_or(|t: Timestamp| t < about.to) {
        return Err(Error::invalid("entries from the end of the period may be missing: the one after it is not there"));
    }
    let inside = run.entries.iter().filter(|e| e.time >= about.from && e.time < about.to).count();
    steps.holds(format!("all {inside} entries of the period are here"));
    if run.end == head.size && about.created_at < about.to {
        steps
            .say(Outcome::Holds, "the period was not over when the pack was made: it reaches as far as the checkpoint");
    }
    Ok(())
}

/// Checks the files below `proofs/`; says how many entries have one of their own.
fn proofs(files: &Files<'_>, run: &Proven<'_>, head: &Checkpoint, note: &[u8]) -> Result<usize> {
    let mut count = 0;
    for (name, bytes) in files.iter().filter(|(n, _)| n.starts_with(PROOFS) && **n != RANGE) {
        let bad = |why: &str| Error::invalid(format!("{name}: {why}"));
        if name.starts_with(SINCE) {
            let since = Since::parse(bytes)?;
            if format!("{SINCE}{}", since.old) != *name
                || since.checkpoint.as_bytes() != note
                || since.print().as_bytes() != *bytes
            {
                return Err(bad("it is not what its name says, or leads to another checkpoint"));
            }
            continue;
        }
        let proof = ProofFile::parse(bytes)?;
        if format!("{PROOFS}{}{PROOF_END}", proof.index) != *name || proof.print().as_bytes() != *bytes {
            return Err(bad("it is not what its name says"));
        }
        if proof.checkpoint.as_bytes() != note {
            return Err(bad("it leads to another checkpoint"));
        }
        let place = proof.index.checked_sub(run.begin).and_then(|n| usize::try_from(n).ok());
        let leaf =
            place.and_then(|n| run.leaves.get(n)).ok_or_else(|| bad("the entry it proves is not in the pack"))?;
        verify_inclusion(&leaf_hash(leaf), proof.index, head.size, &head.root, &proof.hashes)?;
        count += 1;
    }
    Ok(count)
}

/// Checks that each payload is what an entry's digest says.
fn payloads(files: &Files<'_>, run: &Proven<'_>, steps: &mut Steps) -> Result<()> {
    let named: BTreeSet<&str> = run.entries.iter().flat_map(|e| e.payloads.values()).map(String::as_str).collect();
    let mut count = 0usize;
    for (name, bytes) in files.iter() {
        let Some(hash) = name.strip_prefix(PAYLOADS) else { continue };
        if bytes.len() < SALT || sha256_hex(bytes) != hash {
            return Err(Error::invalid(format!("{name} was changed or swapped: its bytes have another digest")));
        }
        if !named.contains(hash) {
            return Err(Error::invalid(format!("{name} belongs to no entry of the pack")));
        }
        count += 1;
    }
    let absent = named.len().saturating_sub(count);
    steps.holds(format!("{count} payloads are those the entries name; {absent} were withheld or erased"));
    Ok(())
}

/// A checkpoint kept elsewhere.
struct Outside {
    checkpoint: Checkpoint,
    since: Option<Since>,
}

impl Outside {
    fn read(bytes: &[u8], key: &VerifierKey) -> Result<Self> {
        let since = if Since::is_like(bytes) { Some(Since::parse(bytes)?) } else { None };
        let note = since.as_ref().map_or(bytes, |s| s.checkpoint.as_bytes());
        let checkpoint = Checkpoint::verify(note, key)
            .map_err(|e| Error::invalid(format!("the checkpoint from outside does not hold: {}", e.detail)))?;
        Ok(Self { checkpoint, since })
    }

    /// Whether this checkpoint and the pack's are of one history, and it covers every entry of the pack.
    fn witness(&self, files: &Files<'_>, run: &Proven<'_>, head: &Checkpoint, steps: &mut Steps) -> Result<bool> {
        let (size, root) = (self.checkpoint.size, &self.checkpoint.root);
        let other = || {
            Error::invalid(format!(
                "the checkpoint from outside, at {size}, is of another history: the log was rewritten"
            ))
        };
        let agrees = if size == head.size {
            Some(*root == head.root)
        } else if let Some(inside) = run.root_at_wanted {
            Some(*root == inside)
        } else if size < head.size {
            let file = files.get(format!("{SINCE}{size}").as_str());
            let since = file.map(|bytes| Since::parse(bytes)).transpose()?;
            since.map(|s| s.verify(root, head).is_ok())
        } else {
            self.since.as_ref().filter(|s| s.old == head.size).map(|s| s.verify(&head.root, &self.checkpoint).is_ok())
        };
        match agrees {
            Some(false) => Err(other()),
            None if size < head.size => {
                steps.say(Outcome::Open, format!("the pack has no proof from the checkpoint you gave, at {size}, to its own, at {}: make a new pack", head.size));
                Ok(false)
            }
            None => {
                steps.say(
                    Outcome::Open,
                    format!(
                        "the checkpoint you gave is later: get it with `countersign log checkpoint --since {}`",
                        head.size
                    ),
                );
                Ok(false)
            }
            Some(true) if size < run.end => {
                steps.say(
                    Outcome::Open,
                    format!("the checkpoint you gave agrees, but covers only the entries before {size}"),
                );
                Ok(false)
            }
            Some(true) => {
                steps.holds(format!(
                    "the checkpoint you gave, at {size}, is of the same history and covers every entry"
                ));
                Ok(true)
            }
        }
    }
}
