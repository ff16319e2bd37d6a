//! I1, I3, I7, I11: what one decision says of itself.
use super::report::{Invariant, Report};
use super::step::{Again, Decided};
use super::stops::Stops;
use crate::log::Entry;
use crate::log::event::EventKind;

/// What no mode turns into a permit.
const NEVER: [&str; 3] = ["revoked", "not_active", "unregistered"];

pub(super) fn decided(event: &Entry, row: Option<&Decided>, stops: &Stops, report: &mut Report) {
    report.checked(Invariant::I1);
    let id = event.ids.get("decision").cloned().unwrap_or_default();
    match row {
        None => report.problem(Invariant::I1, Some(event.seq), &id, "the decision has an event and no row"),
        Some(row) => recorded(event, &id, row, report),
    }
    if event.kind == EventKind::DecisionPermit {
        report.checked(Invariant::I3);
        report.checked(Invariant::I7);
        behind_no_stop(event, &id, row, stops, report);
        without_error(event, &id, report);
    }
    if let Some(row) = row {
        on_the_stops_of_its_time(event, &id, row, stops, report);
        match &row.again {
            Again::Same => report.checked(Invariant::I11),
            Again::Differs(words) => report.problem(Invariant::I11, Some(event.seq), &id, words.clone()),
            Again::Erased => report.untold(Invariant::I11, "decisions whose inputs were erased"),
            Again::Untold(why) => report.untold(Invariant::I11, &format!("decisions not replayable: {why}")),
        }
    }
}

fn recorded(event: &Entry, id: &str, row: &Decided, report: &mut Report) {
    let kind = format!("decision.{}", row.outcome);
    let inputs = event.payloads.get("inputs");
    let columns = [
        ("id", row.id == id),
        ("outcome", event.outcome.as_ref() == Some(&row.outcome) && event.kind.as_str() == kind),
        ("reason", row.reason.as_ref().is_none_or(|reason| event.reasons.first() == Some(reason))),
        ("params_hash", event.request.as_ref() == Some(&row.request)),
        ("bundle_hash", event.bundle.as_ref() == Some(&row.bundle)),
        ("identity_id", event.subject == row.subject),
        ("escalation_id", event.ids.get("escalation") == row.escalation.as_ref()),
        ("grant_id", event.ids.get("grant") == row.grant.as_ref()),
        ("inputs", row.inputs.is_none() || row.inputs.as_ref() == inputs),
    ];
    for (name, _) in columns.iter().filter(|(_, same)| !same) {
        let words = format!("its row's {name} is not what the event says");
        report.problem(Invariant::I1, Some(event.seq), id, words);
    }
}

fn behind_no_stop(event: &Entry, id: &str, row: Option<&Decided>, stops: &Stops, report: &mut Report) {
    let seq = Some(event.seq);
    let involved = row.and_then(|r| r.involved.as_ref());
    let (owners, sources) = (involved.and_then(|i| i.owners.as_ref()), involved.and_then(|i| i.sources.as_ref()));
    // the subject and each identity the work was handed through
    let who = event.epochs.keys();
    if let Some(stop) = stops.reaching(who.clone(), row.map(|r| r.action.as_str()), owners, sources) {
        report.problem(Invariant::I3, seq, id, format!("it was permitted although {stop}"));
    }
    if let Some((who, status)) = stops.inactive(who) {
        report.problem(Invariant::I3, seq, id, format!("it was permitted while {who} was {status}"));
    }
    let (approved, observed) = (event.reasons.first().is_some_and(|r| r == "approved"), observed(event));
    if let Some(words) = stops.held.forbids(event, approved, observed) {
        report.problem(Invariant::I3, seq, id, format!("it was permitted {words}"));
    }
    if stops.sealed {
        report.problem(Invariant::I3, seq, id, "it was permitted while the log was sealed");
    }
    if row.is_none() || (sources.is_none() && stops.any("source")) || (owners.is_none() && stops.any("owner")) {
        report
            .untold(Invariant::I3, "permits whose owner, source or action is known from the log alone, or not at all");
    }
    if let (Some(owners), Some(Some(owner))) = (owners, event.subject.as_deref().and_then(|s| stops.owner(s)))
        && !owners.contains(owner)
    {
        report.problem(
            Invariant::I3,
            seq,
            id,
            format!("by the log {owner} answered for it; the decision did not know"),
        );
    }
}

/// Under the log's lock a decision knows every stop before it, and none that is not there.
fn on_the_stops_of_its_time(event: &Entry, id: &str, row: &Decided, stops: &Stops, report: &mut Report) {
    let Some(involved) = &row.involved else { return };
    let targets = stops.targets();
    if let Some((kind, target)) = targets.symmetric_difference(&involved.stops).next() {
        let words =
            format!("it rested on other stops than the log's: {}", [kind.as_str(), target].join(" ").trim_end());
        report.problem(Invariant::I3, Some(event.seq), id, words);
    }
}

/// Its identity is only observed, and enforcing would have answered something else.
fn observed(event: &Entry) -> bool {
    event.reasons.iter().any(|r| r.starts_with("would "))
}

fn without_error(event: &Entry, id: &str, report: &mut Report) {
    let seq = Some(event.seq);
    let observed = observed(event);
    let said = event.reasons.first().filter(|r| !r.starts_with("would ") && !r.starts_with("rule "));
    match said.map(String::as_str) {
        None => {}
        Some("approved") if !observed => {}
        Some("policy_error") if observed => {
            report.untold(Invariant::I7, "permits of identities that are only observed, where policy failed");
        }
        Some(reason) if observed && !NEVER.contains(&reason) => {}
        Some(reason) => report.problem(Invariant::I7, seq, id, format!("a permit for the reason {reason}")),
    }
}
