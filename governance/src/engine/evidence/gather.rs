//! Everything a pack is made of, read at one moment: results, records of the period, and the log's proof of them.
use crate::assess::report::{Assessment, Period, Violation};
use crate::engine::assessments::labelled;
use crate::engine::log::{log_proof_under, range_proof, since_proof};
use crate::engine::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::escalation::{Card, Record, Vote};
use crate::evidence::{About, order::Order};
use crate::id::EscalationId;
use crate::log::event::EventKind;
use crate::log::{Entry, ProofFile, RangeProof, Since};
use crate::store;
use crate::store::checkpoints::StoredCheckpoint;
use crate::store::db::Tx;
use crate::store::decisions::{Filter, StoredDecision};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Entries are read this many at a time.
const PAGE: i64 = 1_000;
/// More entries than this make no pack that anybody opens, and would not fit in memory beside a server.
const MOST: u64 = 1_000_000;
/// Earlier checkpoints that people outside may hold, of which a pack proves that it continues them.
const EARLIER: i64 = 32;

/// A card as it was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenCard {
    pub version: i64,
    pub made_at: Timestamp,
    /// SHA-256 of its bytes behind their salt, as the log's entries name it.
    pub hash: String,
    /// `None` once it was erased.
    pub card: Option<Card>,
}

/// An escalation of the period: what was shown, who voted.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub record: Record,
    pub cards: Vec<SeenCard>,
    /// Every vote, with when it was taken back.
    pub votes: Vec<(Vote, Option<Timestamp>)>,
}

/// The log's side of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPart {
    /// Of the log under the checkpoint.
    pub size: u64,
    pub checkpoint: String,
    pub leaves: Vec<Vec<u8>>,
    pub range: RangeProof,
    pub proofs: Vec<ProofFile>,
    pub payloads: BTreeMap<String, Vec<u8>>,
    pub earlier: Vec<Since>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    pub order: Order,
    /// Program and version.
    pub generator: String,
    /// The log's name and public key.
    pub origin: String,
    pub vkey: String,
    /// The framework's version.
    pub version: String,
    pub assessment: Assessment,
    /// (test, variant) to the rows that violate it.
    pub rows: BTreeMap<(String, String), Vec<Violation>>,
    /// Of the period, in order.
    pub entries: Vec<Entry>,
    pub decisions: Vec<StoredDecision>,
    pub asked: Vec<Asked>,
    /// Ids to names of people and of those who asked.
    pub names: BTreeMap<String, String>,
    pub log: LogPart,
}

impl Gathered {
    #[must_use]
    pub fn about(&self) -> About {
        About {
            created_at: self.order.at,
            framework: Some(format!("{} {}", self.order.framework, self.version)),
            from: self.order.period.start,
            generator: self.generator.clone(),
            pack: self.order.id.to_string(),
            to: self.order.period.end,
        }
    }
    /// A person's or identity's name, or the id itself.
    #[must_use]
    pub fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

impl Governance {
    /// Runs the framework's control tests for the period and reads what the period left: entries of the log under the newest
    /// signed checkpoint, decisions, escalations with every card and vote.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` before the first checkpoint was signed; `Invalid` for a period of more than a million events.
    pub async fn evidence_gather(&self, ctx: &Ctx, order: Order) -> Result<Gathered> {
        ctx.authorize(Act::MakeEvidence)?;
        let assessment = self.assess_run(ctx, Some(&order.framework), Some(order.period)).await?;
        let mut tx = self.read().await?;
        let mut rows = BTreeMap::new();
        for line in assessment.results.iter().filter(|l| l.kept > 0) {
            let found = store::assessments::rows(&mut tx, assessment.run.id, &line.id, &line.variant).await?;
            let found = labelled(&mut tx, found.unwrap_or_default().into_iter()).await?;
            rows.insert((line.id.clone(), line.variant.clone()), found);
        }
        let under = store::checkpoints::last(&mut tx).await?;
        let under = under.ok_or_else(|| {
            Error::not_found("no checkpoint was signed yet, so nothing can be proven: start the server once; it signs one within a second")
        })?;
        let asked = asked(&mut tx, order.period).await?;
        let (log, entries) = log_part(&mut tx, order.period, &under).await?;
        let decisions = decisions(&mut tx, order.period).await?;
        let names = store::packs::names(&mut tx, order.period).await?.into_iter().collect();
        Ok(Gathered {
            generator: concat!("countersign ", env!("CARGO_PKG_VERSION")).into(),
            origin: self.installation.origin.clone(),
            vkey: self.installation.vkey.clone(),
            version: assessment.frameworks.first().map_or(String::new(), |f| f.version.clone()),
            order,
            assessment,
            rows,
            entries,
            decisions,
            asked,
            names,
            log,
        })
    }
}

/// The run of entries that covers the period, with one before and one after it where the log has them.
async fn log_part(tx: &mut Tx, period: Period, under: &StoredCheckpoint) -> Result<(LogPart, Vec<Entry>)> {
    let (begin, end) = run(tx, period, under.size).await?;
    if end - begin > MOST {
        return Err(Error::invalid(format!(
            "the period holds {} events, more than {MOST}: choose a shorter one",
            end - begin
        )));
    }
    let (mut leaves, mut entries) = (Vec::new(), Vec::new());
    let mut next = begin;
    while next < end {
        let wanted = PAGE.min(place(end - next)?);
        let page = store::events::after(tx, place(next)? - 1, wanted).await?;
        if page.is_empty() {
            return Err(Error::broken(format!("the log has no entry {next}, though a checkpoint covers it")));
        }
        for event in page {
            if place(next)? != event.seq {
                return Err(Error::broken(format!("the log has no entry {next}")));
            }
            entries.push(Entry::parse(&event.leaf)?);
            leaves.push(event.leaf);
            next += 1;
        }
    }
    let mut log = LogPart {
        size: under.size,
        checkpoint: under.note.clone(),
        leaves,
        range: range_proof(tx, begin, end, under).await?,
        proofs: Vec::new(),
        payloads: BTreeMap::new(),
        earlier: Vec::new(),
    };
    for entry in entries.iter().filter(|e| e.time >= period.start && e.time < period.end) {
        if entry.kind == EventKind::EscalationVote {
            log.proofs.push(log_proof_under(tx, entry.seq, under).await?.1);
        }
    }
    payloads(tx, &entries, &mut log.payloads).await?;
    for old in store::checkpoints::external(tx, under.size, EARLIER).await? {
        if old.size < under.size {
            log.earlier.push(since_proof(tx, old.size, under).await?);
        }
    }
    entries.retain(|e| e.time >= period.start && e.time < period.end);
    Ok((log, entries))
}

/// Cards and the reasons people gave: what approvals rest on. Names, mails and requests stay where they are.
async fn payloads(tx: &mut Tx, entries: &[Entry], found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let about_votes = entries.iter().filter(|e| e.kind.as_str().starts_with("escalation."));
    let wanted =
        about_votes.flat_map(|e| e.payloads.iter()).filter(|(name, _)| matches!(name.as_str(), "card" | "reason"));
    for (_, hash) in wanted {
        if found.contains_key(hash) {
            continue;
        }
        if let Some((salt, Some(bytes))) = store::events::payload(tx, hash).await? {
            found.insert(hash.clone(), [salt, bytes].concat());
        }
    }
    Ok(())
}

/// `[begin, end)`: from the last entry before the period to the first after it. Time never runs back in the log, so halving
/// finds both.
async fn run(tx: &mut Tx, period: Period, size: u64) -> Result<(u64, u64)> {
    let first = first_from(tx, period.start, size).await?;
    let after = first_from(tx, period.end, size).await?;
    let (begin, end) = (first.saturating_sub(1), (after + 1).min(size));
    // a period before the log began still shows the log's first entry
    Ok((begin, end.max(begin + 1).min(size)))
}

/// The first entry at or after an instant; `size` if there is none.
async fn first_from(tx: &mut Tx, at: Timestamp, size: u64) -> Result<u64> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let event = store::events::get(tx, place(middle)?).await?;
        let event = event.ok_or_else(|| Error::broken(format!("the log has no entry {middle}")))?;
        if event.at < at { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn place(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(Error::internal)
}

async fn decisions(tx: &mut Tx, period: Period) -> Result<Vec<StoredDecision>> {
    let mut filter = Filter { from: Some(period.start), to: Some(period.end), ..Filter::default() };
    let mut found = Vec::new();
    loop {
        let page = store::decisions::list(tx, &filter, PAGE).await?;
        let Some(last) = page.last() else { break };
        filter.before = Some(last.id);
        found.extend(page);
        if u64::try_from(found.len()).map_err(Error::internal)? > MOST {
            return Err(Error::invalid(format!("the period holds more than {MOST} decisions: choose a shorter one")));
        }
    }
    found.sort_by_key(|d| (d.seq, d.id));
    Ok(found)
}

async fn asked(tx: &mut Tx, period: Period) -> Result<Vec<Asked>> {
    let mut found = Vec::new();
    for id in store::packs::asked_in(tx, period).await? {
        let record = store::escalations::get(tx, id).await?;
        let record = record.ok_or_else(|| Error::broken(format!("the escalation {id} is gone")))?;
        let votes = store::approvals::all(tx, id).await?;
        found.push(Asked { record, cards: cards(tx, id).await?, votes });
    }
    Ok(found)
}

async fn cards(tx: &mut Tx, id: EscalationId) -> Result<Vec<SeenCard>> {
    let mut found = Vec::new();
    for (version, hash, made_at) in store::packs::cards(tx, id).await? {
        let bytes = store::events::payload(tx, &hash).await?.and_then(|(_, bytes)| bytes);
        let card = bytes.map(|b| Card::read(&b)).transpose()?;
        found.push(SeenCard { version, made_at, hash, card });
    }
    Ok(found)
}
