//! Findings follow the register: what changed is looked at again in the same transaction.
mod loaded;

use super::ctx::check_reason;
use super::notices::tell_gap;
use super::page::{Page, Want};
use super::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::finding::{Finding, Found, Rule, Severity, rules};
use crate::id::{FindingId, IdentityId, SightingId};
use crate::identity::Kind;
use crate::import::progress::{Phase, Progress};
use crate::log::event::{Event, EventKind};
use crate::sighting::Stage;
use crate::store;
use crate::store::db::{Arg, Tx};
pub use crate::store::findings::Filter;
use crate::store::many::Rows;
use crate::time::Timestamp;
use loaded::People;
pub(super) use loaded::load;
use loaded::load_many;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What looking again came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recomputed {
    pub opened: usize,
    pub changed: usize,
    pub resolved: usize,
}

impl Recomputed {
    fn add(&mut self, more: Self) {
        self.opened += more.opened;
        self.changed += more.changed;
        self.resolved += more.resolved;
    }
}

/// How many identities one sweep looks at in one transaction, so that decisions never wait for it.
const SWEEP: i64 = 500;
/// Lines of evidence that a finding keeps of what was watched, the latest first.
const EVIDENCE: usize = 10;
/// How many are read at once.
const TOGETHER: usize = 256;

impl Governance {
    /// Findings, worst first.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor, else as the database says.
    pub async fn finding_list(&self, ctx: &Ctx, filter: &Filter, want: &Want) -> Result<Page<Finding>> {
        ctx.authorize(Act::See)?;
        let after = want.after::<(i64, FindingId)>()?;
        let rows = store::findings::page(&mut self.read().await?, filter, after, want.rows()).await?;
        want.page(rows, |f| (store::findings::rank(f.found.severity), f.id))
    }

    /// How many are open, by rule and severity, worst first.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn finding_counts(&self, ctx: &Ctx) -> Result<Vec<(Rule, Severity, i64)>> {
        ctx.authorize(Act::See)?;
        store::findings::counts(&mut self.read().await?).await
    }

    /// Says that a person has looked at what watching found: it is closed. What the register shows ends by itself once it is
    /// mended, and cannot be closed by hand.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` for a finding of the register and for one that is not open; `Invalid` for an empty
    /// reason.
    pub async fn finding_resolve(&self, ctx: &Ctx, id: FindingId, reason: &str) -> Result<()> {
        ctx.authorize(Act::ChangeRegister)?;
        check_reason(reason)?;
        let mut w = self.write(ctx).await?;
        let known = store::findings::get(&mut w.tx, id).await?;
        let known = known.ok_or_else(|| Error::not_found(format!("no finding {id}")))?;
        if !known.found.rule.watched() {
            return Err(Error::conflict(format!("this ends by itself once it is mended: {}", known.found.mend)));
        }
        let at = w.at();
        store::findings::resolve(&mut w.tx, &known, at).await?;
        let hash = w.payload(reason.as_bytes()).await?;
        let mut event = Event::new(EventKind::FindingResolved, w.actor().to_owned())
            .subject(id)
            .id("about", &known.found.subject)
            .reason(known.found.rule.as_str());
        event.payloads.insert("reason", hash);
        w.append(event).await?;
        w.commit().await.map(drop)
    }

    /// Looks at every identity again: keys age and use lapses without anything being written. Short transactions, one after
    /// the other; none at all where nothing changed.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says; what was done until then stays.
    pub async fn findings_sweep(&self, ctx: &Ctx) -> Result<Recomputed> {
        ctx.authorize(Act::ChangeRegister)?;
        let (mut all, mut after) = (Recomputed::default(), None);
        loop {
            let mut tx = self.read().await?;
            let ids = store::identities::ids_after(&mut tx, after, SWEEP).await?;
            let Some(last) = ids.last().copied() else { break };
            let found = look(&mut tx, &mut People::default(), &ids, ctx.at).await?;
            drop(tx);
            let stale: BTreeSet<_> =
                found.into_iter().filter(|(_, delta)| !delta.is_empty()).map(|(id, _)| id).collect();
            if !stale.is_empty() {
                let mut w = self.write(ctx).await?;
                let did = recompute(&mut w, &stale).await?;
                if did == Recomputed::default() {
                    drop(w); // somebody else was quicker
                } else {
                    w.commit().await?;
                }
                all.add(did);
            }
            after = Some(last);
        }
        all.add(self.sightings_sweep(ctx).await?);
        Ok(all)
    }

    /// Looks again at who asked without being in the register: their clock runs out without anything being written.
    async fn sightings_sweep(&self, ctx: &Ctx) -> Result<Recomputed> {
        let (mut all, mut after) = (Recomputed::default(), None);
        loop {
            let mut tx = self.read().await?;
            let seen = store::sightings::unmatched(&mut tx, after, SWEEP).await?;
            let Some(last) = seen.last().map(|s| s.sighting.id) else { return Ok(all) };
            let mut stale = Vec::new();
            for seen in seen {
                let id = seen.sighting.id;
                let known = store::findings::of_subject(&mut tx, &id.to_string()).await?;
                if !Delta::of(known, rules::of_sighting(&seen.sighting, ctx.at)).is_empty() {
                    stale.push(id);
                }
            }
            drop(tx);
            if !stale.is_empty() {
                let mut w = self.write(ctx).await?;
                let mut did = Recomputed::default();
                for id in stale {
                    did.add(look_at_sighting(&mut w, id).await?);
                }
                if did == Recomputed::default() {
                    drop(w); // somebody else was quicker
                } else {
                    w.commit().await?;
                }
                all.add(did);
            }
            after = Some(last);
        }
    }
}

/// What is to be done about the findings of one identity.
#[derive(Default)]
struct Delta {
    open: Vec<Found>,
    change: Vec<(Finding, Found)>,
    resolve: Vec<Finding>,
    /// What nobody answers for, and how far its time has run.
    gap: Option<(String, Stage)>,
}

impl Delta {
    fn is_empty(&self) -> bool {
        self.open.is_empty() && self.change.is_empty() && self.resolve.is_empty()
    }
    fn of(known: Vec<Finding>, found: impl IntoIterator<Item = Found>) -> Self {
        let mut delta = Self::default();
        let mut known: BTreeMap<_, _> =
            known.into_iter().map(|f| ((f.found.rule, f.found.subject.clone()), f)).collect();
        for found in found {
            match known.remove(&(found.rule, found.subject.clone())) {
                None => delta.open.push(found),
                Some(known) if known.found != found => delta.change.push((known, found)),
                Some(_) => {}
            }
        }
        delta.resolve = known.into_values().collect();
        delta
    }
}

/// What is to be done about many identities, by their ids.
async fn look(tx: &mut Tx, people: &mut People, ids: &[IdentityId], at: Timestamp) -> Result<Vec<(IdentityId, Delta)>> {
    let args: Vec<_> = ids.iter().map(|id| Arg::from(*id)).collect();
    let mut known: HashMap<_, Vec<_>> = HashMap::new();
    for finding in store::findings::of_identities(tx, &args).await? {
        // what was found by watching is not in the register: looking there again neither finds nor ends it
        if !finding.found.rule.watched() {
            known.entry(finding.identity.as_ref().map(|about| about.id)).or_default().push(finding);
        }
    }
    let mut deltas: BTreeMap<_, _> = BTreeMap::new();
    for loaded in load_many(tx, people, ids).await? {
        let id = loaded.identity.id;
        let known = known.remove(&Some(id)).unwrap_or_default();
        let facts = loaded.facts();
        let gap = rules::gap_stage(&facts, at).map(|stage| (id.to_string(), stage));
        deltas.insert(id, Delta { gap, ..Delta::of(known, rules::of_identity(&facts, at)) });
    }
    match ids.iter().find(|id| !deltas.contains_key(id)) {
        Some(missing) => Err(Error::broken(format!("no identity {missing}"))),
        None => Ok(deltas.into_iter().collect()),
    }
}

/// What was written about findings, for the events; new ones are inserted together.
struct Written {
    rows: Rows,
    opened: Vec<Entry>,
    changed: Vec<Entry>,
    resolved: Vec<Entry>,
}

impl Written {
    fn new() -> Self {
        Self { rows: store::findings::rows(), opened: vec![], changed: vec![], resolved: vec![] }
    }
    async fn settle(&mut self, w: &mut Write, identity: Option<IdentityId>, delta: Delta) -> Result<()> {
        let (at, news) = (w.at(), !delta.is_empty());
        for found in delta.open {
            let id = FindingId::new(at, w.random());
            store::findings::push(&mut self.rows, id, identity, &found, at)?;
            self.opened.push(Entry { finding: id, rule: found.rule, subject: found.subject });
        }
        for (known, found) in delta.change {
            store::findings::update(&mut w.tx, &known, &found).await?;
            self.changed.push(Entry { finding: known.id, rule: found.rule, subject: found.subject });
        }
        for known in delta.resolve {
            store::findings::resolve(&mut w.tx, &known, at).await?;
            if matches!(known.found.rule, Rule::NoOwner | Rule::UnregisteredPrincipalAsked) {
                store::notices::gap_closed(&mut w.tx, &known.found.subject).await?;
            }
            self.resolved.push(Entry { finding: known.id, rule: known.found.rule, subject: known.found.subject });
        }
        if let Some((subject, stage)) = delta.gap.filter(|_| news) {
            tell_gap(w, &subject, stage).await?;
        }
        Ok(())
    }
    async fn record(mut self, w: &mut Write) -> Result<Recomputed> {
        self.rows.insert(&mut w.tx).await?;
        record(w, EventKind::FindingOpened, &self.opened).await?;
        record(w, EventKind::FindingChanged, &self.changed).await?;
        record(w, EventKind::FindingResolved, &self.resolved).await?;
        let (opened, changed, resolved) = (self.opened.len(), self.changed.len(), self.resolved.len());
        Ok(Recomputed { opened, changed, resolved })
    }
}

/// Looks at some identities again and writes what changed, with one event for each sort of change.
pub(super) async fn recompute(w: &mut Write, ids: &BTreeSet<IdentityId>) -> Result<Recomputed> {
    recompute_told(w, ids, &Progress::default()).await
}

/// The same, telling how far it is.
pub(super) async fn recompute_told(
    w: &mut Write,
    ids: &BTreeSet<IdentityId>,
    progress: &Progress,
) -> Result<Recomputed> {
    progress.begin(Phase::Findings, ids.len());
    let (mut written, mut people, at) = (Written::new(), People::default(), w.at());
    let ids: Vec<_> = ids.iter().copied().collect();
    for some in ids.chunks(TOGETHER) {
        for (id, delta) in look(&mut w.tx, &mut people, some, at).await? {
            written.settle(w, Some(id), delta).await?;
        }
        written.rows.insert(&mut w.tx).await?;
        progress.add(some.len());
    }
    written.record(w).await
}

/// Brings the findings about one thing that is no identity, such as a route, to what was found of it now.
pub(super) async fn recompute_subject(
    w: &mut Write,
    subject: &str,
    found: impl IntoIterator<Item = Found>,
) -> Result<()> {
    let known = store::findings::of_subject(&mut w.tx, subject).await?;
    let mut written = Written::new();
    written.settle(w, None, Delta::of(known, found)).await?;
    written.record(w).await.map(drop)
}

/// Notes what watching found about one identity: at most one open finding of each rule, with the latest lines of evidence.
/// Returns the finding each was noted in.
pub(super) async fn note(w: &mut Write, identity: Option<IdentityId>, found: Vec<Found>) -> Result<Vec<FindingId>> {
    let Some(subject) = found.first().map(|f| f.subject.clone()) else { return Ok(vec![]) };
    let known = store::findings::of_subject(&mut w.tx, &subject).await?;
    let mut delta = Delta::default();
    for mut found in found {
        match known.iter().find(|k| k.found.rule == found.rule) {
            None => delta.open.push(found),
            Some(known) => {
                found.evidence.extend(known.found.evidence.iter().cloned());
                found.evidence.truncate(EVIDENCE);
                found.severity = found.severity.max(known.found.severity);
                delta.change.push((known.clone(), found));
            }
        }
    }
    let rules: Vec<_> = delta.open.iter().chain(delta.change.iter().map(|(_, found)| found)).map(|f| f.rule).collect();
    let mut written = Written::new();
    written.settle(w, identity, delta).await?;
    let mut ids = Vec::new();
    for rule in rules {
        let entry = written.opened.iter().chain(&written.changed).find(|e| e.rule == rule);
        ids.push(entry.ok_or_else(|| Error::broken("a finding that was noted is not there"))?.finding);
    }
    written.record(w).await?;
    Ok(ids)
}

/// One line of what an event about findings says.
#[derive(Serialize)]
struct Entry {
    finding: FindingId,
    rule: Rule,
    subject: String,
}

/// One finding is named in the leaf; many stand beside it, with their number by rule in the leaf.
async fn record(w: &mut Write, kind: EventKind, entries: &[Entry]) -> Result<()> {
    let actor = w.actor().to_owned();
    let event = match entries {
        [] => return Ok(()),
        [one] => Event::new(kind, actor).subject(one.finding).id("about", &one.subject).reason(one.rule.as_str()),
        many => {
            let mut event = Event::new(kind, actor).subject(w.gov().installation().id);
            let mut by_rule = BTreeMap::new();
            for entry in many {
                *by_rule.entry(entry.rule).or_insert(0) += 1;
            }
            event.reasons = by_rule.iter().map(|(rule, n)| format!("{rule} {n}")).collect();
            let hash = w.payload(&serde_json::to_vec(many).map_err(Error::internal)?).await?;
            event.payloads.insert("findings", hash);
            event
        }
    };
    w.append(event).await.map(drop)
}

/// Notes that a principal asked which the register does not know: a sighting, and once a finding. A name that no identity
/// could have is in the log alone.
pub(super) async fn asked(w: &mut Write, kind: Kind, name: &str) -> Result<()> {
    if crate::identity::check_name(name).is_err() {
        return Ok(());
    }
    let (new, at) = (SightingId::new(w.at(), w.random()), w.at());
    let id = store::sightings::asked(&mut w.tx, new, kind, name, at).await?;
    if id != new {
        return Ok(());
    }
    let actor = w.actor().to_owned();
    w.append(Event::new(EventKind::SightingMade, actor).subject(id).reason("asked")).await?;
    look_at_sighting(w, id).await.map(drop)
}

/// Looks at one sighting of somebody who asked: its finding opens, or is resolved once it is matched.
pub(super) async fn look_at_sighting(w: &mut Write, id: SightingId) -> Result<Recomputed> {
    let seen = store::sightings::get(&mut w.tx, id).await?;
    let seen = seen.ok_or_else(|| Error::broken(format!("no sighting {id}")))?;
    let known = store::findings::of_subject(&mut w.tx, &id.to_string()).await?;
    let sighting = &seen.sighting;
    let stage = sighting.identity.is_none().then(|| Stage::of(sighting.first_seen_at, w.at()));
    let gap = stage.map(|stage| (id.to_string(), stage));
    let delta = Delta { gap, ..Delta::of(known, rules::of_sighting(sighting, w.at())) };
    let mut written = Written::new();
    written.settle(w, None, delta).await?;
    written.record(w).await
}
