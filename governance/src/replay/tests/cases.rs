//! I4, I5, I6: approvals, votes and moves of escalations.
use super::story::{
    CONSUMED, ISSUED, Log, OPENED, PERMIT, RELEASED, VOTE, at, breaks, event, moved, opened, per, replay, story, terms,
    vote,
};
use crate::escalation::{Phase, Tier};
use crate::log::event::EventKind as K;
use crate::replay::{Beside, Checker, Invariant, Standing};

#[test]
fn an_approval_used_twice_late_or_for_other_bytes_is_found() {
    breaks(Invariant::I6, "not open", |log| log.insert(PERMIT, log[CONSUMED].clone()));
    breaks(Invariant::I4, "no approval was used up", |log| drop(log.remove(CONSUMED)));
    breaks(Invariant::I4, "other parameters", |log| log[PERMIT].0.request = Some("more".into()));
    breaks(Invariant::I4, "other parameters", |log| log[CONSUMED].0.request = Some("more".into()));
    breaks(Invariant::I4, "without a new version", |log| {
        drop(log[RELEASED].0.ids.insert("digest".into(), "d2".into()))
    });
    breaks(Invariant::I4, "does not have", |log| log.truncate(ISSUED));
    // ten minutes after the agent was told
    for (second, holds) in [(619, true), (620, false)] {
        let mut log = story();
        log[CONSUMED].0.time = at(second);
        assert_eq!(replay(&log).line(Invariant::I4).unwrap().holds(), holds, "{second}");
    }
    // four hours after its release, told or not
    for (second, holds) in [(14_410, true), (14_411, false)] {
        let mut log = story();
        log[CONSUMED].0.time = at(second);
        log.remove(RELEASED + 1);
        assert_eq!(replay(&log).line(Invariant::I4).unwrap().holds(), holds, "{second}");
    }
}

#[test]
fn votes_of_the_wrong_people_are_found() {
    breaks(Invariant::I5, "two votes", |log| log[VOTE + 1] = vote(11, per(1), per(2)));
    breaks(Invariant::I5, "two votes", |log| log[VOTE + 1] = vote(11, per(2), per(1)));
    breaks(Invariant::I5, "may never decide", |log| log[VOTE] = vote(10, per(9), per(9)));
    breaks(Invariant::I5, "may never decide", |log| log[VOTE] = vote(10, per(3), per(9)));
    breaks(Invariant::I5, "no person", |log| log[VOTE].0.actor = "key_1".into());
    breaks(Invariant::I5, "1 of 2", |log| drop(log.remove(VOTE)));
    breaks(Invariant::I5, "1 of 2", |log| log[VOTE].0.reasons = vec!["route legal".into()]);
    breaks(Invariant::I5, "owners alone", |log| {
        log[OPENED] = opened(terms(Tier::High, 1));
        log[VOTE + 1] = vote(11, per(8), per(8));
        log.remove(VOTE);
    });
    // who asks again after voting, and who made the key it is asked with
    breaks(Invariant::I5, "asks for it", |log| log[PERMIT].0.acting = Some(per(1).to_string()));
    breaks(Invariant::I5, "may never decide", |log| {
        let mut made = event(0, K::KeyCreated, &per(2).to_string(), "idn_1", &["key=key_1"]);
        made.outcome = None;
        log.insert(0, (made, Beside::Nothing));
    });
}

#[test]
fn moves_that_no_escalation_makes_are_found() {
    breaks(Invariant::I6, "at the wrong time", |log| drop(log.remove(RELEASED)));
    breaks(Invariant::I6, "at the wrong time", |log| log[VOTE].0.time = at(900));
    breaks(Invariant::I6, "at the wrong time", |log| log[RELEASED].0.kind = K::EscalationHeld);
    breaks(Invariant::I6, "at the wrong time", |log| log[RELEASED].0.kind = K::EscalationExpired);
    breaks(Invariant::I6, "at the wrong time", |log| log[RELEASED + 1].0.kind = K::EscalationCancelled);
    breaks(Invariant::I6, "its row", |log| {
        log[CONSUMED] = moved(30, K::EscalationConsumed, "key_1", Some(Phase::Expired))
    });
    breaks(Invariant::I6, "not open", |log| log.push(moved(40, K::EscalationDenied, "key_1", Some(Phase::Denied))));
    breaks(Invariant::I6, "second time", |log| log.insert(VOTE, log[OPENED].clone()));
    breaks(Invariant::I6, "by its row nothing", |log| log.truncate(VOTE));
}

#[test]
fn a_low_tier_is_held_and_an_undo_takes_one_vote_back() {
    let with = |tail: Log| {
        let mut log = story();
        log.truncate(VOTE + 1);
        log[OPENED] = opened(terms(Tier::Low, 1));
        log.extend(tail);
        let mut checker = Checker::new();
        log.iter().for_each(|(event, beside)| checker.step(event, beside));
        let report = checker.finish(&Standing { case_rows: 1, ..Standing::default() });
        let wrong = report.lines.iter().flat_map(|l| &l.problems).filter(|p| p.seq.is_some());
        wrong.map(|p| p.words.clone()).collect::<Vec<_>>().join("; ")
    };
    let clock = "system:clock";
    let voter = per(1).to_string();
    let held = || moved(10, K::EscalationHeld, &voter, None);
    let undone = |second| moved(second, K::EscalationUndone, &voter, None);
    assert_eq!(with(vec![held(), moved(20, K::EscalationReleased, clock, None)]), "");
    assert_eq!(with(vec![held(), undone(19)]), "");
    for wrong in [
        vec![moved(10, K::EscalationReleased, clock, None)],
        vec![held(), moved(19, K::EscalationReleased, clock, None)],
        vec![held(), undone(20)],
        vec![held(), moved(12, K::EscalationUndone, &per(2).to_string(), None)],
        vec![undone(12)],
    ] {
        assert!(with(wrong.clone()).contains("wrong time"), "{wrong:?}");
    }
    let votes_again = vec![held(), undone(12), moved(13, K::EscalationHeld, &voter, None)];
    assert!(with(votes_again).contains("0 of 1"));
}
