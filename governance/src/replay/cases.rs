//! I4, I5, I6: the life of each escalation, told again from its events.
use super::quorum::{Vote, barred, lacking};
use super::report::{Invariant, Report};
use super::step::{CaseRow, Decided, Standing, Terms};
use crate::escalation::{Phase, Tier};
use crate::log::Entry;
use crate::log::event::EventKind;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// semantics.md, Times: after its release, and after the agent first learned of it.
const USABLE: TimeDelta = TimeDelta::hours(4);
const USABLE_ONCE_KNOWN: TimeDelta = TimeDelta::minutes(10);
/// semantics.md, Tiers: low and medium are held after the last vote.
const HOLD: TimeDelta = TimeDelta::seconds(10);

/// An escalation that has not ended.
#[derive(Debug, Clone)]
struct Case {
    agent: Option<String>,
    request: Option<String>,
    digest: Option<String>,
    phase: Phase,
    /// `None`: not kept, or erased.
    terms: Option<Terms>,
    barred: BTreeSet<String>,
    votes: Vec<Vote>,
    held: Option<Timestamp>,
    released: Option<Timestamp>,
    learned: Option<Timestamp>,
}

/// An approval that was used up, until its permit follows in the same commit.
#[derive(Debug, Clone)]
struct Used {
    seq: u64,
    escalation: String,
    request: Option<String>,
    people: BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    opened: u64,
    live: BTreeMap<String, Case>,
    /// By the permit's id.
    owed: BTreeMap<String, Used>,
    /// Who made each key: whoever has seen a key can ask with it.
    keys: BTreeMap<String, String>,
}

impl Case {
    fn usable_until(&self) -> Option<Timestamp> {
        let latest = self.released? + USABLE;
        Some(self.learned.map_or(latest, |known| latest.min(known + USABLE_ONCE_KNOWN)))
    }
    fn waits(&self, at: Timestamp) -> bool {
        self.terms.as_ref().is_none_or(|t| at < t.expires_at)
    }
    fn held_tier(&self) -> Option<bool> {
        self.terms.as_ref().map(|t| t.requirement.tier <= Tier::Medium)
    }
    fn people(&self) -> BTreeSet<String> {
        self.votes.iter().flat_map(Vote::humans).cloned().collect()
    }
}

impl Cases {
    /// One event of an escalation.
    pub fn step(&mut self, event: &Entry, row: &CaseRow, report: &mut Report) {
        use EventKind as K;
        let id = event.ids.get("escalation").cloned().unwrap_or_default();
        let seq = Some(event.seq);
        report.checked(Invariant::I6);
        if event.kind == K::EscalationOpened {
            return self.open(id, event, row, report);
        }
        if event.kind == K::EscalationLateVote {
            if self.live.get(&id).is_some_and(|c| c.phase.open()) {
                report.problem(Invariant::I6, seq, &id, "a vote came too late for what still waits");
            }
            return;
        }
        let Some(mut case) = self.live.remove(&id) else {
            let words = format!("{} of what is not open: it ended before, or never was", event.kind.as_str());
            return report.problem(Invariant::I6, seq, &id, words);
        };
        if case.request != event.request || case.agent != event.subject {
            report.problem(
                Invariant::I4,
                seq,
                &id,
                "it is about another agent or other parameters than it opened with",
            );
        }
        if event.kind == K::EscalationRefreshed {
            case.digest = event.ids.get("digest").cloned();
        } else if case.digest.as_ref() != event.ids.get("digest") {
            report.problem(Invariant::I4, seq, &id, "what is bound changed without a new version of the card");
        }
        if let Some(wrong) = self.apply(&id, &mut case, event, row, report) {
            report.problem(Invariant::I6, seq, &id, wrong);
        }
        if case.phase.terminal() {
            if row.phase != Some(case.phase) {
                let now = row.phase.map_or("is not there".to_owned(), |p| format!("says {p}"));
                report.problem(Invariant::I6, seq, &id, format!("it ended {}; its row {now}", case.phase));
            }
        } else {
            self.live.insert(id, case);
        }
    }

    fn open(&mut self, id: String, event: &Entry, row: &CaseRow, report: &mut Report) {
        self.opened += 1;
        if row.terms.is_none() {
            report.untold(Invariant::I5, "escalations whose terms were erased: who was barred and what was required");
        }
        let case = Case {
            agent: event.subject.clone(),
            request: event.request.clone(),
            digest: event.ids.get("digest").cloned(),
            phase: Phase::Pending,
            barred: row.terms.as_ref().map(barred).unwrap_or_default(),
            terms: row.terms.clone(),
            votes: Vec::new(),
            held: None,
            released: None,
            learned: None,
        };
        if self.live.insert(id.clone(), case).is_some() {
            report.problem(Invariant::I6, Some(event.seq), &id, "it was opened a second time");
        }
    }

    /// Moves the case; the answer is why that was no move of semantics.md "Escalations".
    fn apply(
        &mut self,
        id: &str,
        case: &mut Case,
        event: &Entry,
        row: &CaseRow,
        report: &mut Report,
    ) -> Option<String> {
        use EventKind as K;
        let at = event.time;
        let from = case.phase;
        let (fits, to) = match event.kind {
            K::EscalationVote => (vote(id, case, event, report), from),
            K::EscalationHeld => {
                (from == Phase::Pending && case.waits(at) && case.held_tier() != Some(false), Phase::Held)
            }
            K::EscalationReleased => {
                let over = case.held.map(|held| held + HOLD);
                case.released = Some(over.unwrap_or(at));
                let fits = match from {
                    Phase::Held => over.is_some_and(|over| at >= over && case.waits(over)),
                    _ => from == Phase::Pending && case.waits(at) && case.held_tier() != Some(true),
                };
                (fits, Phase::Approved)
            }
            K::EscalationUndone => {
                let had = case.votes.len();
                case.votes.retain(|v| v.by != event.actor);
                let real = case.held.is_some_and(|held| at < held + HOLD);
                (from == Phase::Held && real && case.votes.len() < had, Phase::Pending)
            }
            K::EscalationRefreshed => {
                case.votes.clear();
                case.terms.clone_from(&row.terms);
                case.barred.extend(row.terms.iter().flat_map(barred));
                if row.terms.is_none() {
                    report.untold(Invariant::I5, "changed cards whose terms were not kept");
                }
                (from.open(), Phase::Pending)
            }
            K::EscalationLearned => {
                case.learned.get_or_insert(at);
                (from == Phase::Approved, from)
            }
            K::EscalationReminded | K::EscalationCallback => (from.open(), from),
            K::EscalationDenied => (from.open() && case.waits(at), Phase::Denied),
            K::EscalationExpired => {
                let over = match from {
                    Phase::Approved => case.usable_until().is_some_and(|end| at >= end),
                    _ => case.terms.is_none() || !case.waits(at),
                };
                (over, Phase::Expired)
            }
            K::EscalationCancelled => (from.open(), Phase::Cancelled),
            K::EscalationRevoked => (true, Phase::Revoked),
            K::EscalationConsumed => {
                self.used(id, case, event, report);
                (from == Phase::Approved, Phase::Consumed)
            }
            _ => (true, from),
        };
        case.phase = to;
        case.held = if to == Phase::Held { case.held.filter(|_| from == to).or(Some(at)) } else { None };
        if matches!(event.kind, K::EscalationHeld | K::EscalationReleased) {
            enough(id, case, event, report);
        }
        (!fits).then(|| format!("{} came while it was {from}, or at the wrong time", event.kind.as_str()))
    }

    fn used(&mut self, id: &str, case: &Case, event: &Entry, report: &mut Report) {
        report.checked(Invariant::I4);
        let seq = Some(event.seq);
        if case.usable_until().is_none_or(|end| event.time >= end) {
            report.problem(Invariant::I4, seq, id, "an approval was used after its end, or before its release");
        }
        let Some(permit) = event.ids.get("permit") else {
            return report.problem(Invariant::I4, seq, id, "an approval was used up for no permit");
        };
        let (request, people) = (case.request.clone(), case.people());
        let used = Used { seq: event.seq, escalation: id.to_owned(), request, people };
        if self.owed.insert(permit.clone(), used).is_some() {
            report.problem(Invariant::I4, seq, id, format!("{permit} used up another approval too"));
        }
    }

    /// A decision: it rests on an approval, waits for one, or neither.
    pub fn decided(&mut self, event: &Entry, row: Option<&Decided>, report: &mut Report) {
        let (decision, seq) = (event.ids.get("decision").cloned().unwrap_or_default(), Some(event.seq));
        let mut asking: BTreeSet<String> = event.acting.iter().chain(self.keys.get(&event.actor)).cloned().collect();
        asking.extend(row.and_then(|r| r.involved.as_ref()).into_iter().flat_map(|i| i.people.iter().cloned()));
        let approved =
            event.kind == EventKind::DecisionPermit && event.reasons.first().is_some_and(|r| r == "approved");
        match (self.owed.remove(&decision), approved) {
            (None, false) => {}
            (None, true) => report.problem(Invariant::I4, seq, &decision, "no approval was used up for this permit"),
            (Some(used), false) => {
                let words = format!("{} was used up for what is no approved permit", used.escalation);
                report.problem(Invariant::I4, seq, &decision, words);
            }
            (Some(used), true) => {
                if event.request != used.request || event.ids.get("escalation") != Some(&used.escalation) {
                    let words = format!("{} was approved for other parameters", used.escalation);
                    report.problem(Invariant::I4, seq, &decision, words);
                }
                if let Some(own) = used.people.intersection(&asking).next() {
                    report.problem(Invariant::I5, seq, &decision, format!("{own} approved it and asks for it"));
                }
            }
        }
        if event.kind == EventKind::DecisionEscalate
            && let Some(id) = event.ids.get("escalation")
        {
            self.waits(id, event, asking, report);
        }
    }

    fn waits(&mut self, id: &str, event: &Entry, asking: BTreeSet<String>, report: &mut Report) {
        let Some(case) = self.live.get_mut(id) else {
            return report.problem(Invariant::I6, Some(event.seq), id, "a decision waits for what is not open");
        };
        if case.request != event.request {
            report.problem(Invariant::I4, Some(event.seq), id, "a decision with other parameters waits for it");
        }
        // who submits what was approved already changes nothing of it
        if case.phase.open() {
            case.barred.extend(asking);
            if let Some(own) = case.people().intersection(&case.barred).next() {
                report.problem(
                    Invariant::I5,
                    Some(event.seq),
                    id,
                    format!("the vote of {own}, who asks for it, stands"),
                );
            }
        }
    }

    pub fn key_made(&mut self, event: &Entry) {
        if let Some(key) = event.ids.get("key").filter(|_| event.actor.starts_with("per_")) {
            self.keys.insert(key.clone(), event.actor.clone());
        }
    }

    pub fn finish(&self, standing: &Standing, report: &mut Report) {
        for (permit, used) in &self.owed {
            let words = format!("it was used up for {permit}, which the log does not have");
            report.problem(Invariant::I4, Some(used.seq), &used.escalation, words);
        }
        if standing.case_rows != self.opened {
            let words = format!("there are {} rows; {} were opened", standing.case_rows, self.opened);
            report.problem(Invariant::I6, None, "escalations", words);
        }
        let here: BTreeMap<&String, Phase> = self.live.iter().map(|(id, case)| (id, case.phase)).collect();
        let there: BTreeMap<&String, Phase> = standing.cases.iter().map(|(id, phase)| (id, *phase)).collect();
        for id in here.keys().chain(there.keys()).collect::<BTreeSet<_>>() {
            let said = |of: &BTreeMap<&String, Phase>| of.get(id).map_or("nothing that is alive", |p| p.as_str());
            if here.get(id) != there.get(id) {
                let words = format!("by the log it is {}, by its row {}", said(&here), said(&there));
                report.problem(Invariant::I6, None, id, words);
            }
        }
    }
}

/// A vote: one human, not barred, while it waits. Says whether it could be cast then.
fn vote(id: &str, case: &mut Case, event: &Entry, report: &mut Report) -> bool {
    report.checked(Invariant::I5);
    let seat = event.ids.get("seat").unwrap_or(&event.actor).clone();
    let route = |reason: &String| reason.strip_prefix("route ").map(str::to_owned);
    let vote = Vote { by: event.actor.clone(), seat, routes: event.reasons.iter().filter_map(route).collect() };
    let mut wrong = |words: String| report.problem(Invariant::I5, Some(event.seq), id, words);
    for human in vote.humans() {
        if !human.starts_with("per_") {
            wrong(format!("{human} is no person and voted"));
        }
        if case.barred.contains(human) {
            wrong(format!("{human} may never decide here and voted"));
        }
    }
    if case.votes.iter().any(|v| v.humans().iter().any(|p| vote.humans().contains(p))) {
        wrong(format!("{} has two votes", vote.by));
    }
    let denies = event.outcome.as_deref() == Some("deny");
    if !denies {
        case.votes.push(vote);
    }
    (case.phase == Phase::Pending || (case.phase == Phase::Held && denies)) && case.waits(event.time)
}

fn enough(id: &str, case: &Case, event: &Entry, report: &mut Report) {
    if let Some(words) = case.terms.as_ref().and_then(|terms| lacking(&case.votes, terms)) {
        report.problem(Invariant::I5, Some(event.seq), id, words);
    }
}
