//! I3: other builds, narrowed identities, and undoing by two people.
use super::story::{CONSUMED, ISSUED, Log, PERMIT, REDEEMED, breaks, decision, grant, plain, replay, story};
use crate::log::event::EventKind as K;
use crate::replay::{Beside, GrantRow, Invariant};

fn build(second: i64, kind: K, who: &str) -> (crate::log::Entry, Beside) {
    plain(second, kind, who, &[], "")
}
fn narrowed(second: i64, kind: K, who: &str, state: &str) -> (crate::log::Entry, Beside) {
    let mut made = plain(second, kind, who, &["containment=con_1"], "narrow");
    made.0.reasons = vec!["executed_undecided".into(), state.into()];
    made
}
/// A permit that nobody approved, of work that was handed through a second agent.
fn unasked(second: i64) -> (crate::log::Entry, Beside) {
    let mut permit = decision(second, "permit", None, &["decision=dec_3"]);
    permit.0.epochs.insert("idn_2".into(), 0);
    permit
}
fn with(tail: Log) -> String {
    let mut log = story();
    log.extend(tail);
    let report = replay(&log);
    report.lines.iter().flat_map(|l| &l.problems).map(|p| p.words.clone()).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_another_build_is_permitted_is_found() {
    let changed = |who| build(40, K::IdentityBuildChanged, who);
    for who in ["idn_1", "idn_2"] {
        assert!(with(vec![changed(who), unasked(41)]).contains("while another build of"), "{who}");
        assert_eq!(with(vec![changed(who), build(40, K::IdentityBuildApproved, who), unasked(41)]), "");
    }
    assert_eq!(with(vec![changed("idn_3"), unasked(41)]), "");
    // who is only observed may run what it likes; what handed the work on may not
    for (who, holds) in [("idn_1", true), ("idn_2", false)] {
        let mut seen = unasked(41);
        seen.0.reasons = vec!["would deny".into()];
        assert_eq!(with(vec![changed(who), seen]).is_empty(), holds, "{who}");
    }
    breaks(Invariant::Grants, "while another build of", |log| {
        log.insert(REDEEMED, build(30, K::IdentityBuildChanged, "idn_1"));
    });
}

#[test]
fn what_the_narrowed_do_without_a_person_is_found() {
    let made = |second, who| narrowed(second, K::ContainmentMade, who, "active");
    for who in ["idn_1", "idn_2"] {
        assert!(with(vec![made(40, who), unasked(41)]).contains("without a person"), "{who}");
        let undone = narrowed(40, K::ContainmentUndone, who, "");
        assert_eq!(with(vec![made(40, who), undone, unasked(41)]), "");
    }
    // a rule that only says what it would do narrows nobody, and what people approved may be done
    assert_eq!(with(vec![narrowed(40, K::ContainmentMade, "idn_1", "would"), unasked(41)]), "");
    let mut log = story();
    log.insert(CONSUMED, made(20, "idn_1"));
    assert!(replay(&log).holds());
    breaks(Invariant::Grants, "without a person", |log| {
        log[ISSUED].1 = Beside::Grant(Some(GrantRow { escalation: None, ..grant() }));
        log.insert(PERMIT + 1, made(30, "idn_1"));
    });
}

#[test]
fn a_lease_that_goes_on_though_its_holder_was_narrowed_is_found() {
    let lease = |narrowed_at: usize| {
        let mut log = story();
        log[ISSUED].1 = Beside::Grant(Some(GrantRow { lease_s: Some(15), ..grant() }));
        log[ISSUED].0.reasons.push("lease 15".into());
        let mut renewed = log[REDEEMED].clone();
        (renewed.0.kind, renewed.0.reasons) = (K::GrantRenewed, vec!["until 1970-01-01T00:00:46.000000Z".into()]);
        log.push(renewed);
        log.insert(narrowed_at, narrowed(31, K::ContainmentMade, "idn_1", "active"));
        let report = replay(&log);
        let line = report.line(Invariant::Grants).unwrap();
        line.problems.iter().any(|p| p.words.contains("without a person"))
    };
    assert!(lease(REDEEMED + 1));
    assert!(!lease(ISSUED), "it was narrowed when people approved it");
}

#[test]
fn what_one_person_undid_is_found() {
    let alone = "without the word of two people";
    let undo = |kind: K, second: i64, by: &str, ids: &[&str]| {
        let mut event = plain(second, kind, "x", &[&["revocation=rev_1"], ids].concat(), "tool");
        event.0.actor = by.into();
        event
    };
    let made = || plain(40, K::RevocationMade, "x", &["revocation=rev_1"], "tool");
    let begun = |second| undo(K::RevocationUndoBegun, second, "per_a", &[]);
    let undone = |second, by| undo(K::RevocationUndone, second, by, &["first=per_a"]);
    let day = 24 * 3_600;
    assert_eq!(with(vec![made(), begun(41), undone(42, "per_b")]), "");
    assert_eq!(with(vec![made(), begun(41), undone(40 + day, "per_b")]), "");
    for wrong in [
        vec![made(), undone(42, "per_b")],
        vec![made(), begun(41), undone(42, "per_a")],
        vec![made(), begun(41), undone(41 + day, "per_b")],
        vec![made(), begun(41), undo(K::RevocationUndone, 42, "per_b", &["first=per_c"])],
        vec![made(), begun(41), undo(K::RevocationUndone, 42, "per_b", &[])],
    ] {
        assert_eq!(with(wrong.clone()), format!("it was undone {alone} within a day"), "{wrong:?}");
    }
    assert_eq!(with(vec![begun(41), undone(42, "per_b")]), "it was undone and stopped nothing");
    let contained = plain(40, K::ContainmentUndone, "idn_1", &["containment=con_1", "first=per_a"], "suspend");
    assert!(with(vec![contained]).contains(alone));
}
