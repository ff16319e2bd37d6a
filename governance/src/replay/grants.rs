//! Grants: each spent inside its time and its number of uses, and ended with what it was bound to.
use super::report::{Invariant, Report};
use super::step::{Decided, GrantRow, Standing};
use super::stops::Stops;
use crate::log::Entry;
use crate::log::event::EventKind;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// No grant is without end: the longest (semantics.md, Grants and revocation).
const LONGEST: TimeDelta = TimeDelta::hours(8);

#[derive(Debug, Clone)]
struct Live {
    row: GrantRow,
    /// Uses that are left.
    uses: u32,
    /// A lease that runs ends then unless it is renewed before.
    renew_by: Option<Timestamp>,
    /// One of those it rests on was narrowed when it was issued.
    narrowed: bool,
}

impl Live {
    /// Why this use or renewal was none that could be made.
    fn wrong(&self, event: &Entry, stops: &Stops) -> Vec<String> {
        let row = &self.row;
        let mut all = Vec::new();
        if event.subject.as_ref() != Some(&row.identity) || event.request.as_ref() != Some(&row.request) {
            all.push("by another identity or for other parameters".into());
        }
        if !(row.starts_at <= event.time && event.time < row.expires_at) {
            all.push(format!("at {}, outside its time", event.time));
        }
        if let Some(by) = self.renew_by.filter(|by| event.time >= *by) {
            all.push(format!("although it was not renewed by {by}"));
        }
        if stops.sealed {
            all.push("while the log was sealed".into());
        }
        if let Some(stop) = stops.reaching(row.actors(), Some(&row.action), None, None) {
            all.push(format!("although {stop}"));
        }
        if let Some((_, status)) = stops.inactive(row.actors()) {
            all.push(format!("while its identity was {status}"));
        }
        if let Some(id) = stops.held.rebuilt(row.actors()) {
            all.push(format!("while another build of {id} waited"));
        }
        // what people approved for the narrowed may be used; what went on before they were narrowed may not go on
        let renewed = event.kind == EventKind::GrantRenewed && !self.narrowed;
        if let Some(id) = stops.held.narrowed(row.actors()).filter(|_| renewed || row.escalation.is_none()) {
            all.push(format!("without a person although {id} was narrowed"));
        }
        all
    }
    /// The lease that begins, or goes on, with this event.
    fn held_until(&self, at: Timestamp) -> Option<Timestamp> {
        let held = at + TimeDelta::seconds(self.row.lease_s?.into());
        Some(held.min(self.row.expires_at))
    }
    fn over(&self, at: Timestamp) -> bool {
        at >= self.row.expires_at || self.renew_by.is_some_and(|by| at >= by)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    issued: u64,
    live: BTreeMap<String, Live>,
    /// By the permit's id, until it follows in the same commit.
    owed: BTreeMap<String, (u64, String)>,
    /// Open tasks, and when they end.
    tasks: BTreeMap<String, Option<Timestamp>>,
}

impl Grants {
    pub fn issued(&mut self, event: &Entry, row: Option<&GrantRow>, stops: &Stops, report: &mut Report) {
        self.issued += 1;
        let (id, seq) = (event.ids.get("grant").cloned().unwrap_or_default(), Some(event.seq));
        let mut wrong = |words: &str| report.problem(Invariant::Grants, seq, &id, words);
        let Some(row) = row else { return wrong("it was issued and has no row") };
        // at once, once and without renewals unless it says otherwise
        let starts = told(event, "starts ").map_or(Some(row.issued_at), Timestamp::parse);
        let uses = told(event, "uses ").map_or(Some(1), |n| n.parse().ok());
        let lease = told(event, "lease ").map(|n| n.parse().ok());
        let same = event.subject.as_ref() == Some(&row.identity)
            && event.ids.get("decision") == Some(&row.decision)
            && event.ids.get("escalation") == row.escalation.as_ref()
            && told(event, "expires ") == Some(row.expires_at.to_string().as_str())
            && event.time == row.issued_at
            && (starts, uses, lease) == (Some(row.starts_at), Some(row.uses), row.lease_s.map(Some));
        if !same {
            wrong("its row is not what was issued");
        }
        if row.starts_at < row.issued_at || row.expires_at > row.starts_at + LONGEST {
            wrong("it lasts longer than eight hours");
        }
        if self.owed.insert(row.decision.clone(), (event.seq, id.clone())).is_some() {
            wrong("one permit issued two grants");
        }
        let narrowed = stops.held.narrowed(row.actors()).is_some();
        let live = Live { row: row.clone(), uses: uses.unwrap_or(1), renew_by: None, narrowed };
        if self.live.insert(id.clone(), live).is_some() {
            wrong("it was issued twice");
        }
    }

    pub fn redeemed(&mut self, event: &Entry, stops: &Stops, report: &mut Report) {
        report.checked(Invariant::Grants);
        let (id, seq) = (event.ids.get("grant").cloned().unwrap_or_default(), Some(event.seq));
        let mut wrong = |words: &str| report.problem(Invariant::Grants, seq, &id, format!("it was redeemed {words}"));
        let Some(mut grant) = self.live.remove(&id) else {
            return wrong("and is not alive: used up, ended, or never issued");
        };
        grant.wrong(event, stops).iter().for_each(|words| wrong(words));
        match grant.uses.checked_sub(1) {
            Some(left) => grant.uses = left,
            None => wrong("more often than it allows"),
        }
        grant.renew_by = grant.renew_by.or_else(|| grant.held_until(event.time));
        // a lease lives on without uses, until a renewal is missed
        if grant.uses > 0 || grant.renew_by.is_some() {
            self.live.insert(id, grant);
        }
    }

    pub fn renewed(&mut self, event: &Entry, stops: &Stops, report: &mut Report) {
        report.checked(Invariant::Grants);
        let (id, seq) = (event.ids.get("grant").cloned().unwrap_or_default(), Some(event.seq));
        let mut wrong = |words: &str| report.problem(Invariant::Grants, seq, &id, format!("it was renewed {words}"));
        let Some(lease) = self.live.get_mut(&id) else { return wrong("and is not alive: ended, or never issued") };
        if lease.renew_by.is_none() {
            wrong("and is no lease that runs");
        }
        lease.wrong(event, stops).iter().for_each(|words| wrong(words));
        lease.renew_by = lease.held_until(event.time);
        if told(event, "until ").and_then(Timestamp::parse) != lease.renew_by {
            wrong("for longer or shorter than its lease");
        }
    }

    /// Everything else that begins or ends grants and tasks.
    pub fn step(&mut self, event: &Entry, stops: &Stops, report: &mut Report) {
        let subject = event.subject.as_deref().unwrap_or_default();
        match event.kind {
            EventKind::GrantExpired => {
                let id = event.ids.get("grant").cloned().unwrap_or_default();
                if self.live.remove(&id).is_none_or(|g| !g.over(event.time)) {
                    report.problem(
                        Invariant::Grants,
                        Some(event.seq),
                        &id,
                        "it expired before its time or was not alive",
                    );
                }
            }
            EventKind::GrantEnded => {
                let id = event.ids.get("grant").cloned().unwrap_or_default();
                if self.live.remove(&id).is_none_or(|g| g.renew_by.is_none()) {
                    report.problem(Invariant::Grants, Some(event.seq), &id, "a lease ended that did not run");
                }
            }
            EventKind::RevocationMade => match event.outcome.as_deref() {
                Some("grant") => drop(self.live.remove(subject)),
                Some("identity") => self.live.retain(|_, g| g.row.actors().all(|id| id != subject)),
                Some("tool") => self.live.retain(|_, g| g.row.action != subject),
                Some("everything") => self.live.clear(),
                Some(kind) => self.live.retain(|_, g| !g.row.actors().any(|id| stops.belongs(id, kind, subject))),
                None => {}
            },
            EventKind::Sealed => self.live.clear(),
            EventKind::IdentityRoleChanged | EventKind::IdentityMerged => {
                self.live.retain(|_, g| g.row.actors().all(|id| id != subject))
            }
            EventKind::TaskOpened => {
                let ends = told(event, "ends ").and_then(Timestamp::parse);
                let id = event.ids.get("task").cloned().unwrap_or_default();
                if self.tasks.insert(id.clone(), ends).is_some() {
                    report.problem(Invariant::Grants, Some(event.seq), &id, "the task was opened twice");
                }
            }
            EventKind::TaskClosed | EventKind::TaskEnded => {
                let id = event.ids.get("task").cloned().unwrap_or_default();
                if self.tasks.remove(&id).is_none() {
                    report.problem(Invariant::Grants, Some(event.seq), &id, "a task ended that was not open");
                }
                self.live.retain(|_, g| g.row.task.as_ref() != Some(&id));
            }
            _ => {}
        }
    }

    /// A decision: the grant it says it issued is the one that was, and the task that carried a permit was open.
    pub fn decided(&mut self, event: &Entry, row: Option<&Decided>, report: &mut Report) {
        let (id, seq) = (event.ids.get("decision").cloned().unwrap_or_default(), Some(event.seq));
        let issued = self.owed.remove(&id).map(|(_, grant)| grant);
        if issued.as_ref() != event.ids.get("grant") {
            report.problem(Invariant::Grants, seq, &id, "the grant it names is not the one it issued");
        }
        let permits = event.kind == EventKind::DecisionPermit;
        if issued.is_some() && !permits {
            report.problem(Invariant::Grants, seq, &id, "a grant was issued with what is no permit");
        }
        let task = row.and_then(|r| r.involved.as_ref()).and_then(|i| i.task.as_ref()).filter(|_| permits);
        if let Some(task) = task {
            let open = self.tasks.get(task).is_some_and(|ends| ends.is_none_or(|ends| event.time < ends));
            if !open {
                report.problem(Invariant::Grants, seq, &id, format!("it was permitted for {task}, which was over"));
            }
        }
    }

    pub fn finish(&self, standing: &Standing, report: &mut Report) {
        for (decision, (seq, grant)) in &self.owed {
            let words = format!("it was issued with {decision}, which the log does not have");
            report.problem(Invariant::Grants, Some(*seq), grant, words);
        }
        if standing.grant_rows != self.issued {
            let words = format!("there are {} rows; {} were issued", standing.grant_rows, self.issued);
            report.problem(Invariant::Grants, None, "grants", words);
        }
        for id in standing.grants.iter().filter(|id| !self.live.contains_key(*id)) {
            report.problem(Invariant::Grants, None, id, "its row is active; by the log it has ended");
        }
        for id in self.live.keys().filter(|id| !standing.grants.contains(*id)) {
            report.problem(Invariant::Grants, None, id, "by the log it is alive; its row is not active");
        }
    }
}

/// What follows a word in the event's reasons.
fn told<'a>(event: &'a Entry, word: &str) -> Option<&'a str> {
    event.reasons.iter().find_map(|reason| reason.strip_prefix(word))
}
