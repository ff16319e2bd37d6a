//! An import: read, compare with what the register knows of the source, refuse what looks wrong, write the rest at once.
pub mod activity;
pub(super) mod apply;
mod changes;
pub(super) mod joins;
pub mod sheets;
mod strangers;

use super::findings::{Recomputed, recompute_told};
use super::{Act, Ctx, Governance, Write, hex};
use crate::error::{Error, Result};
use crate::id::{IdentityId, ImportId, SourceId};
use crate::import::diff::{Change, REMOVALS_PERCENT, Summary, Tally, check_removals, summary};
use crate::import::progress::{Phase, Progress};
use crate::import::retain::retained;
use crate::import::sheet::mapping::{Given, Layout};
use crate::import::snapshot::{Parsed, Principal, Problem, SetAside, Snapshot};
use crate::log::event::{Event, EventKind};
use crate::matching::Matched;
use crate::source::{Kind, MAX_STALENESS_S, Source};
use crate::store;
use crate::store::db::Tx;
use crate::store::sources::ImportRow;
use apply::Applied;
use joins::Joins;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The files of one import and what to make of them.
#[derive(Debug, Clone)]
pub struct ImportInput {
    pub kind: Kind,
    /// Name and bytes, in any order.
    pub files: Vec<(String, Vec<u8>)>,
    /// What to call the source; one whose files do not say what they are of is also known by it afterwards.
    pub name: Option<String>,
    /// Let it remove more than 30 % of what the source showed before.
    pub allow_removals: bool,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    pub dry_run: bool,
    pub kind: Kind,
    /// Of all sources together.
    pub summary: Summary,
    pub sources: Vec<SourceReport>,
    /// Malformed objects, each with its place; they were skipped.
    pub problems: Vec<Problem>,
    /// What is no non-human identity, with the reason; not stored.
    pub set_aside: Vec<SetAside>,
    /// What to know about the result.
    pub notes: Vec<String>,
    /// `None` in a dry run.
    pub findings: Option<Recomputed>,
}

/// The part of a report about one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// `None` in the dry run of a new one.
    pub id: Option<SourceId>,
    pub name: String,
    pub scope: String,
    pub summary: Summary,
    pub changes: Vec<Change>,
    /// Of the new principals those that are identities known already; they are not counted as new.
    #[serde(default)]
    pub matched: Vec<Matched>,
    /// Shown before and not spoken of by these files, so kept.
    pub kept: usize,
    /// The position of its event in the log; `None` in a dry run.
    pub log_seq: Option<u64>,
}

/// What one set of files comes to against the register.
struct Planned {
    parsed: Parsed,
    source: Option<Source>,
    /// What the register knows of it, and as which identities.
    identities: BTreeMap<String, IdentityId>,
    joins: Joins,
    /// What the columns of a list mean.
    layout: Option<Layout>,
    report: SourceReport,
}

impl Governance {
    /// What [`Governance::import_apply`] would do now.
    ///
    /// # Errors
    /// As that.
    pub async fn import_dry_run(&self, ctx: &Ctx, input: &ImportInput) -> Result<ImportReport> {
        self.import_mapped_dry_run(ctx, input, &Given::default()).await
    }

    /// What [`Governance::import_mapped`] would do now.
    ///
    /// # Errors
    /// As that.
    pub async fn import_mapped_dry_run(&self, ctx: &Ctx, input: &ImportInput, given: &Given) -> Result<ImportReport> {
        ctx.authorize(Act::Import)?;
        let parsed = sheets::prepare(self, input, given).await?.parsed;
        let mut tx = self.read().await?;
        let mut planned = vec![];
        for parsed in parsed {
            planned.push(plan(&mut tx, input, parsed).await?);
        }
        Ok(report(input, planned, None))
    }

    /// Imports: all that the files show, in one transaction. A second import of the same files changes nothing but the time
    /// of the last sync.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for files that are cut off, of the wrong kind, or of several accounts; `Conflict` when too much
    /// would be removed. Then nothing was changed. Malformed objects inside good files are problems of the report.
    pub async fn import_apply(&self, ctx: &Ctx, input: &ImportInput) -> Result<ImportReport> {
        self.import_mapped(ctx, input, &Given::default()).await
    }

    /// Imports, and for a list (CSV) says what its columns mean. What is said is remembered for the source; what is not said
    /// is as it was remembered.
    ///
    /// # Errors
    /// As [`Governance::import_apply`]; `Invalid` for a list whose columns nobody said the meaning of, or whose header is
    /// another than the one it was said of: the message has a guess.
    pub async fn import_mapped(&self, ctx: &Ctx, input: &ImportInput, given: &Given) -> Result<ImportReport> {
        self.import_told(ctx, input, given, &Progress::default()).await
    }

    /// The same, telling how far it is.
    ///
    /// # Errors
    /// As [`Governance::import_mapped`].
    pub async fn import_told(
        &self,
        ctx: &Ctx,
        input: &ImportInput,
        given: &Given,
        progress: &Progress,
    ) -> Result<ImportReport> {
        ctx.authorize(Act::Import)?;
        let mut prepared = sheets::prepare(self, input, given).await?;
        progress.begin(Phase::Comparing, 0);
        let mut w = self.write(ctx).await?;
        prepared.still(&mut w.tx).await?;
        joins::catch_up(&mut w).await?;
        let (mut planned, mut touched) = (vec![], BTreeSet::new());
        for parsed in std::mem::take(&mut prepared.parsed) {
            let mut plan = plan(&mut w.tx, input, parsed).await?;
            plan.layout.clone_from(&prepared.layout);
            touched.extend(write(&mut w, input, &mut plan, progress).await?);
            planned.push(plan);
        }
        super::revocations::close_paths(&mut w, &touched).await?;
        let found = recompute_told(&mut w, &touched, progress).await?;
        w.commit().await?;
        Ok(report(input, planned, Some(found)))
    }

    /// All sources, by kind and name.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn source_list(&self, ctx: &Ctx) -> Result<Vec<Source>> {
        ctx.authorize(Act::See)?;
        store::sources::list(&mut self.read().await?).await
    }
}

fn parse(input: &ImportInput) -> Result<Vec<Parsed>> {
    let parsed = crate::import::parse(input.kind, &input.files)?;
    if let Some(name) = &input.name {
        crate::identity::check_name(name)?;
        if parsed.len() > 1 {
            return Err(Error::invalid(
                "--name names one source, and these files are of several: import each by itself",
            ));
        }
    }
    Ok(parsed)
}

async fn plan(tx: &mut Tx, input: &ImportInput, mut parsed: Parsed) -> Result<Planned> {
    if let (true, Some(name)) = (parsed.unscoped, &input.name) {
        parsed.rescope(name);
    }
    if input.kind == Kind::Csv {
        sheets::owners(tx, &mut parsed).await?;
    }
    let source = store::sources::by_scope(tx, input.kind, &parsed.scope).await?;
    let (current, identities) = match &source {
        Some(source) => current(tx, source.id).await?,
        None => (Snapshot::default(), BTreeMap::new()),
    };
    let read = std::mem::take(&mut parsed.snapshot);
    let shown = read.principals.len();
    let mut next = retained(&current, read, &parsed);
    let kept = next.principals.len().saturating_sub(shown);
    if let Some(source) = &source {
        // what logs showed holds whatever inventory comes after them
        let uses = store::uses::of_source(tx, source.id).await?;
        crate::import::activity::overlay(input.kind, &mut next, &uses);
    }
    let joins = Joins::plan(tx, source.as_ref(), (input.kind, &parsed.scope), &current, &next).await?;
    let changes = crate::import::diff::changes(&current, next);
    if !input.allow_removals {
        check_removals(&current, &changes, &parsed.set_aside, REMOVALS_PERCENT)?;
    }
    let known = source.as_ref().map(|s| s.name.clone());
    let name = input.name.clone().or(known).unwrap_or_else(|| format!("{} {}", input.kind, parsed.scope));
    let report = SourceReport {
        id: source.as_ref().map(|s| s.id),
        name,
        scope: parsed.scope.clone(),
        summary: summary(&current, &changes).matching(joins.matched.len()),
        changes,
        matched: joins.matched.values().cloned().collect(),
        kept,
        log_seq: None,
    };
    Ok(Planned { parsed, source, identities, joins, layout: None, report })
}

/// What the register knows of a source, as a snapshot.
async fn current(tx: &mut Tx, source: SourceId) -> Result<(Snapshot, BTreeMap<String, IdentityId>)> {
    let (mut snapshot, mut identities, mut names) = (Snapshot::default(), BTreeMap::new(), BTreeMap::new());
    for seen in store::sightings::of_source(tx, source).await? {
        let (Some(claim), Some(identity)) = (seen.claim, seen.sighting.identity) else { continue };
        let name = seen.sighting.principal;
        names.insert(identity, name.clone());
        identities.insert(name.clone(), identity);
        let principal = Principal { claim, entitlements: BTreeMap::new(), credentials: BTreeMap::new() };
        snapshot.principals.insert(name, principal);
    }
    for it in store::entitlements::of_source(tx, source).await? {
        if let Some(principal) = names.get(&it.identity).and_then(|n| snapshot.principals.get_mut(n)) {
            principal.entitlements.insert(it.key, it.facts);
        }
    }
    for it in store::credentials::of_source(tx, source).await? {
        if let Some(principal) = names.get(&it.identity).and_then(|n| snapshot.principals.get_mut(n)) {
            principal.credentials.insert(it.key, it.facts);
        }
    }
    Ok((snapshot, identities))
}

/// Writes one source's changes with their events; returns whose findings to look at again.
async fn write(
    w: &mut Write,
    input: &ImportInput,
    plan: &mut Planned,
    progress: &Progress,
) -> Result<BTreeSet<IdentityId>> {
    let at = w.at();
    let known = plan.source.take();
    let fresh = known.is_none();
    let source = match known {
        Some(source) => source,
        None => {
            let source = Source {
                id: SourceId::new(at, w.random()),
                kind: input.kind,
                name: plan.report.name.clone(),
                scope: plan.report.scope.clone(),
                last_sync_at: None,
                max_staleness_s: MAX_STALENESS_S,
                version: 0,
            };
            store::sources::insert(&mut w.tx, &source, at).await?;
            source
        }
    };
    let matched = std::mem::take(&mut plan.joins.matched);
    let applied = Applied::new(&source, fresh, std::mem::take(&mut plan.identities), matched);
    let touched = applied.all(w, &plan.report.changes, progress).await?;
    plan.joins.write(w, source.id).await?;
    store::sources::synced(&mut w.tx, &source, at, &plan.report.name).await?;
    store::entitlements::tally(&mut w.tx, source.id, at).await?;
    if let Some(layout) = &plan.layout {
        let text = serde_json::to_string(layout).map_err(Error::internal)?;
        store::sources::remember_mapping(&mut w.tx, source.id, &text).await?;
    }
    plan.report.log_seq = Some(record(w, input, &source, plan).await?);
    plan.report.id = Some(source.id);
    Ok(touched)
}

/// The import's event: counts in the leaf, everything else beside it.
async fn record(w: &mut Write, input: &ImportInput, source: &Source, plan: &Planned) -> Result<u64> {
    let (report, parsed) = (&plan.report, &plan.parsed);
    let id = ImportId::new(w.at(), w.random());
    let files: Vec<_> = input
        .files
        .iter()
        .map(|(name, bytes)| serde_json::json!({ "name": name, "sha256": hex(&Sha256::digest(bytes)) }))
        .collect();
    let mut about = serde_json::json!({
        "source": source.name, "files": files, "summary": report.summary, "problems": parsed.problems,
        "set_aside": parsed.set_aside, "notes": parsed.notes, "kept": report.kept,
    });
    if let Some(layout) = &plan.layout {
        about["mapping"] = serde_json::to_value(layout).map_err(Error::internal)?;
    }
    let kept = about.to_string();
    let hash = changes::beside(w, &kept, &report.changes).await?;
    let changed = !report.changes.is_empty();
    let mut event = Event::new(EventKind::ImportApplied, w.actor().to_owned())
        .subject(source.id)
        .id("import", id)
        .outcome(if changed { "changed" } else { "unchanged" });
    let sum = report.summary;
    for (what, t) in
        [("identities", sum.identities), ("entitlements", sum.entitlements), ("credentials", sum.credentials)]
    {
        event.reasons.push(format!("{what} new {} changed {} gone {}", t.new, t.changed, t.gone));
    }
    if sum.matched > 0 {
        event.reasons.push(format!("identities matched {}", sum.matched));
    }
    event.observed_by = Some("source".into());
    event.payloads.insert("import", hash);
    let seq = w.append(event).await?;
    let row = ImportRow { id, source: source.id, seq, at: w.at(), changed, report: kept };
    store::sources::insert_import(&mut w.tx, row).await?;
    Ok(seq)
}

fn report(input: &ImportInput, planned: Vec<Planned>, findings: Option<Recomputed>) -> ImportReport {
    let mut all = ImportReport {
        dry_run: findings.is_none(),
        kind: input.kind,
        summary: Summary::default(),
        sources: vec![],
        problems: vec![],
        set_aside: vec![],
        notes: vec![],
        findings,
    };
    for plan in planned {
        let sum = plan.report.summary;
        add(&mut all.summary.identities, sum.identities);
        add(&mut all.summary.entitlements, sum.entitlements);
        add(&mut all.summary.credentials, sum.credentials);
        all.summary.matched += sum.matched;
        all.problems.extend(plan.parsed.problems);
        all.set_aside.extend(plan.parsed.set_aside);
        all.notes.extend(plan.parsed.notes);
        all.sources.push(plan.report);
    }
    all
}

fn add(to: &mut Tally, more: Tally) {
    to.new += more.new;
    to.changed += more.changed;
    to.gone += more.gone;
}
