//! Activity logs of a source that was imported before: last uses go in, and who acts that nobody registered.
use super::{Applied, ImportReport, Joins, SourceReport, changes::beside, current, hex, strangers};
use crate::engine::findings::{Recomputed, recompute_told};
use crate::engine::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::id::{IdentityId, ImportId};
use crate::import::activity::{Log, Names, Uses, Window, foreign, overlay};
use crate::import::diff::{changes, summary};
use crate::import::progress::{Phase, Progress};
use crate::import::snapshot::SetAside;
use crate::log::event::{Event, EventKind};
use crate::source::{Kind, Source};
use crate::store;
use crate::store::db::Tx;
use crate::store::sources::ImportRow;
use std::collections::BTreeMap;

/// What one set of logs comes to against the register.
struct Planned {
    source: Source,
    identities: BTreeMap<String, IdentityId>,
    joins: Joins,
    /// What was known to be done, and what is now.
    uses: (BTreeMap<String, Uses>, BTreeMap<String, Uses>),
    window: Option<Window>,
    report: SourceReport,
    set_aside: Vec<SetAside>,
    notes: Vec<String>,
}

impl Governance {
    /// What [`Governance::activity_apply`] would do now.
    ///
    /// # Errors
    /// As that.
    pub async fn activity_dry_run(&self, ctx: &Ctx, source: &str, log: &Log) -> Result<ImportReport> {
        ctx.authorize(Act::Import)?;
        let planned = plan(&mut self.read().await?, source, log).await?;
        Ok(report(planned, log, None))
    }

    /// Takes in what logs show was done in a source: dates of last use, which only go forward, and the principals that act and that
    /// neither an inventory nor a person registered. The same again changes nothing; in any order and any pieces logs come to the
    /// same. `source` is the name or the scope of one that an inventory was imported of.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` without such a source, `Invalid` where the name means several. Then nothing was changed.
    pub async fn activity_apply(&self, ctx: &Ctx, source: &str, log: &Log) -> Result<ImportReport> {
        self.activity_told(ctx, source, log, &Progress::default()).await
    }

    /// The same, telling how far it is.
    ///
    /// # Errors
    /// As [`Governance::activity_apply`].
    pub async fn activity_told(&self, ctx: &Ctx, source: &str, log: &Log, progress: &Progress) -> Result<ImportReport> {
        ctx.authorize(Act::Import)?;
        progress.begin(Phase::Comparing, 0);
        let mut w = self.write(ctx).await?;
        super::joins::catch_up(&mut w).await?;
        let mut planned = plan(&mut w.tx, source, log).await?;
        let matched = std::mem::take(&mut planned.joins.matched);
        let identities = std::mem::take(&mut planned.identities);
        let applied = Applied::new(&planned.source, false, identities, matched);
        let touched = applied.all(&mut w, &planned.report.changes, progress).await?;
        planned.joins.write(&mut w, planned.source.id).await?;
        write_uses(&mut w, &planned).await?;
        let at = w.at();
        store::entitlements::tally(&mut w.tx, planned.source.id, at).await?;
        planned.report.log_seq = Some(record(&mut w, &planned, log).await?);
        let found = recompute_told(&mut w, &touched, progress).await?;
        w.commit().await?;
        Ok(report(planned, log, Some(found)))
    }
}

/// The source that a name or a scope means.
async fn source_of(tx: &mut Tx, of: Kind, name: &str) -> Result<Source> {
    let all = store::sources::list(tx).await?.into_iter().filter(|s| s.kind == of).collect::<Vec<_>>();
    let found: Vec<_> = all.iter().filter(|s| s.name == name || s.scope == name).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names: Vec<_> = all.iter().map(|s| format!("{:?}", s.name)).collect();
            let there =
                if names.is_empty() { "there is none yet".into() } else { format!("there are {}", names.join(", ")) };
            Err(Error::not_found(format!("no source of {of} has this name; {there}: import its inventory first")))
        }
        _ => Err(Error::invalid(format!(
            "several sources of {of} have this name: give the scope of the one that is meant"
        ))),
    }
}

async fn plan(tx: &mut Tx, source: &str, log: &Log) -> Result<Planned> {
    let source = source_of(tx, log.of(), source).await?;
    let (current, identities) = current(tx, source.id).await?;
    let before = store::uses::of_source(tx, source.id).await?;
    let (mut next, mut after) = (current.clone(), before.clone());
    let (mut set_aside, mut over) = (vec![], 0);
    let known_aside = strangers::known_aside(tx, source.id).await?;
    let names = Names::of(log.of(), &current);
    let gone = strangers::Gone::of(tx, &source).await?;
    for (principal, actor) in &log.actors {
        if !current.principals.contains_key(names.resolve(principal)) {
            let people = actor.by_person.then_some("a person was signed in as it, and no inventory shows it");
            let reason = known_aside.get(principal).cloned();
            let reason = reason.or_else(|| foreign(log.of(), &source.scope, &current, principal).map(Into::into));
            if let Some(reason) = reason.or_else(|| people.map(Into::into)) {
                set_aside.push(SetAside { principal: principal.clone(), reason });
                continue;
            }
            match gone.since(tx, source.id, principal).await?.is_some_and(|gone| gone >= actor.last()) {
                true => over += 1,
                false => {
                    drop(next.principals.insert(principal.clone(), strangers::discovered(log.of(), principal, actor)))
                }
            }
        }
        after.entry(principal.clone()).or_default().merge(&actor.uses);
    }
    overlay(log.of(), &mut next, &after);
    set_aside.extend(log.set_aside.iter().map(|(who, why)| SetAside { principal: who.clone(), reason: (*why).into() }));
    let known = store::uses::windows(tx).await?.remove(&source.id);
    let window = known.into_iter().chain(log.window).reduce(Window::and);
    let joins = Joins::plan(tx, Some(&source), (source.kind, &source.scope), &current, &next).await?;
    let changes = changes(&current, next);
    let report = SourceReport {
        id: Some(source.id),
        name: source.name.clone(),
        scope: source.scope.clone(),
        summary: summary(&current, &changes).matching(joins.matched.len()),
        changes,
        matched: joins.matched.values().cloned().collect(),
        kept: 0,
        log_seq: None,
    };
    let known = log.actors.keys().filter(|p| current.principals.contains_key(names.resolve(p))).count();
    let notes = notes(log, window, over, known);
    Ok(Planned { source, identities, joins, uses: (before, after), window, report, set_aside, notes })
}

fn notes(log: &Log, window: Option<Window>, over: usize, known: usize) -> Vec<String> {
    let mut notes = vec![format!("{} events; {known} of {} that acted were known", log.events, log.actors.len())];
    notes.extend(log.window.map(|w| format!("{w}; what these logs do not show is not called unused")));
    notes.extend(window.filter(|w| Some(*w) != log.window).map(|w| format!("with what was read before: {w}")));
    if over > 0 {
        notes.push(format!("{over} acted before their source stopped showing them: they stay gone"));
    }
    match log.of() {
        Kind::AwsIam => notes
            .push("events of data (objects, invocations, items) are in a trail only if it was told to log them".into()),
        Kind::Gcp => notes.push(
            "roles are not dated, since no file says which permissions they hold; those seen used are noted".into(),
        ),
        Kind::Anthropic => notes.push(
            "calls to models are dated by the beginning of the span that the usage report counts; activities are as they were"
                .into(),
        ),
        Kind::Entra => notes.push(
            "app roles and directory roles are not dated: of a token, a log says for which service, not for which role"
                .into(),
        ),
        Kind::Github => notes.push(
            "permissions are dated by git operations and pull requests alone; deploy keys no log tells apart".into(),
        ),
        Kind::Okta => notes.push(
            "a scope counts as used when a token was given with it; which administrator role allowed what, no log says"
                .into(),
        ),
        _ => {}
    }
    notes
}

/// Writes what is known of uses now, and no longer what is not kept apart any more.
async fn write_uses(w: &mut Write, planned: &Planned) -> Result<()> {
    let (source, (before, after)) = (planned.source.id, &planned.uses);
    let mut rows = store::uses::rows();
    for (principal, now) in after {
        let was = before.get(principal);
        if was == Some(now) {
            continue;
        }
        for (action, resource, _) in was.iter().flat_map(|was| was.iter()) {
            if now.get(action, resource).is_none() {
                store::uses::end(&mut w.tx, source, (principal, action, resource)).await?;
            }
        }
        for (action, resource, at) in now.iter() {
            if was.and_then(|was| was.get(action, resource)) != Some(at) {
                store::uses::push(&mut rows, source, (principal, action, resource), at);
            }
        }
        if rows.count() >= 1_000 {
            rows.insert(&mut w.tx).await?;
        }
    }
    rows.insert(&mut w.tx).await?;
    match planned.window {
        Some(window) => store::uses::put_window(&mut w.tx, source, window).await,
        None => Ok(()),
    }
}

/// The import's event: counts in the leaf, everything else beside it. Its source was not read anew: how old that is, stays.
async fn record(w: &mut Write, planned: &Planned, log: &Log) -> Result<u64> {
    let report = &planned.report;
    let id = ImportId::new(w.at(), w.random());
    let file = |f: &crate::import::activity::File| serde_json::json!({ "name": f.name, "sha256": hex(&f.sha256) });
    let mut about = serde_json::json!({
        "source": report.name, "files": log.files.iter().map(file).collect::<Vec<_>>(), "summary": report.summary,
        "problems": log.problems(), "notes": planned.notes, "activity": log.window, "events": log.events,
    });
    // who was set aside here is not by the inventory
    let kept = about.to_string();
    about["set_aside"] = serde_json::to_value(&planned.set_aside).map_err(Error::internal)?;
    let hash = beside(w, &about.to_string(), &report.changes).await?;
    let changed = !report.changes.is_empty() || planned.uses.0 != planned.uses.1;
    let mut event = Event::new(EventKind::ImportApplied, w.actor().to_owned())
        .subject(planned.source.id)
        .id("import", id)
        .outcome(if changed { "changed" } else { "unchanged" });
    let sum = report.summary;
    event.reasons.extend(log.window.map(|w| w.to_string()));
    for (what, t) in [("identities", sum.identities), ("entitlements", sum.entitlements)] {
        event.reasons.push(format!("{what} new {} changed {} gone {}", t.new, t.changed, t.gone));
    }
    event.observed_by = Some("source".into());
    event.payloads.insert("import", hash);
    let seq = w.append(event).await?;
    let row = ImportRow { id, source: planned.source.id, seq, at: w.at(), changed, report: kept };
    store::sources::insert_import(&mut w.tx, row).await?;
    Ok(seq)
}

fn report(planned: Planned, log: &Log, findings: Option<Recomputed>) -> ImportReport {
    ImportReport {
        dry_run: findings.is_none(),
        kind: log.of(),
        summary: planned.report.summary,
        sources: vec![planned.report],
        problems: log.problems(),
        set_aside: planned.set_aside,
        notes: planned.notes,
        findings,
    }
}
