//! I1, I7, I11: rows, errors and outcomes.
use super::story::{OPENED, PERMIT, breaks, decision, replay, row, story};
use crate::replay::{Again, Beside, Checker, Invariant, Standing};

#[test]
fn a_decision_without_its_row_or_with_another_is_found() {
    breaks(Invariant::I1, "no row", |log| log[PERMIT].1 = Beside::Decision(None));
    breaks(Invariant::I1, "params_hash", |log| row(log, PERMIT).request = "other".into());
    breaks(Invariant::I1, "outcome", |log| row(log, PERMIT).outcome = "deny".into());
    breaks(Invariant::I1, "reason", |log| row(log, PERMIT).reason = Some("forbidden".into()));
    breaks(Invariant::I1, "inputs", |log| row(log, PERMIT).inputs = Some("doctored".into()));
    let mut checker = Checker::new();
    checker.without_event("dec_7", 3);
    assert!(!checker.finish(&Standing::default()).holds());
}

#[test]
fn an_error_that_was_permitted_is_found() {
    breaks(Invariant::I7, "policy_error", |log| log[PERMIT].0.reasons = vec!["policy_error".into()]);
    breaks(Invariant::I7, "revoked", |log| log[PERMIT].0.reasons = vec!["revoked".into(), "would deny".into()]);
    let mut log = story();
    log.push(decision(40, "permit", Some("no_rule"), &["decision=dec_3"]));
    log.last_mut().unwrap().0.reasons.push("would deny".into());
    assert!(replay(&log).holds(), "what is only observed is permitted");
}

#[test]
fn what_does_not_replay_is_found_and_what_cannot_is_counted() {
    breaks(Invariant::I11, "gives deny", |log| row(log, PERMIT).again = Again::Differs("gives deny".into()));
    let mut log = story();
    row(&mut log, PERMIT).again = Again::Erased;
    row(&mut log, OPENED + 1).again = Again::Untold("of old");
    let report = replay(&log);
    assert!(report.holds());
    assert_eq!(report.line(Invariant::I11).unwrap().untold.len(), 2);
}
