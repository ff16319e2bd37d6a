//! Made-up logs: one that holds, and for each invariant what must be reported.
use super::{Again, Beside, CaseRow, Checker, Decided, GrantRow, Invariant, Involved, Report, Standing, Terms};
use crate::escalation::{Bars, Phase, Requirement, Tier};
use crate::id::PersonId;
use crate::log::Entry;
use crate::log::event::EventKind as K;
use crate::time::Timestamp;
use chrono::TimeDelta;
use std::collections::BTreeSet;

fn at(second: i64) -> Timestamp {
    Timestamp::EPOCH + TimeDelta::seconds(second)
}
fn per(n: u8) -> PersonId {
    PersonId::new(at(0), [n; 10])
}

/// An event of that second; `ids` as `name=id`.
fn event(second: i64, kind: K, actor: &str, subject: &str, ids: &[&str]) -> Entry {
    let ids = ids.iter().map(|pair| pair.split_once('=').unwrap()).map(|(n, id)| (n.to_owned(), id.to_owned()));
    Entry {
        acting: None,
        actor: actor.into(),
        build: None,
        bundle: None,
        epochs: Default::default(),
        ids: ids.collect(),
        initiator: None,
        kind,
        observed_by: None,
        outcome: None,
        payloads: Default::default(),
        reasons: vec![],
        request: None,
        run: None,
        seq: 0,
        subject: Some(subject.to_owned()).filter(|s| !s.is_empty()),
        task: None,
        time: at(second),
        tool: None,
        via: None,
    }
}

type Log = Vec<(Entry, Beside)>;

/// A decision and its row, which agree.
fn decision(second: i64, outcome: &str, reason: Option<&str>, ids: &[&str]) -> (Entry, Beside) {
    let kind = format!("decision.{outcome}").parse().unwrap();
    let mut e = event(second, kind, "key_1", "idn_1", ids);
    (e.outcome, e.request, e.bundle) = (Some(outcome.into()), Some("params".into()), Some("b1".into()));
    e.reasons.extend(reason.map(str::to_owned));
    e.epochs.insert("idn_1".into(), 0);
    e.payloads.insert("inputs".into(), "hash".into());
    let row = Decided {
        id: e.ids["decision"].clone(),
        seq: 0,
        outcome: outcome.into(),
        reason: reason.map(str::to_owned),
        request: "params".into(),
        bundle: "b1".into(),
        subject: Some("idn_1".into()),
        escalation: e.ids.get("escalation").cloned(),
        grant: e.ids.get("grant").cloned(),
        action: "refund.create".into(),
        inputs: Some("hash".into()),
        involved: None,
        again: Again::Same,
    };
    (e, Beside::Decision(Some(Box::new(row))))
}

fn terms(tier: Tier, quorum: u32) -> Terms {
    let routes = ["finance".to_owned()].into();
    Terms {
        bars: Bars { requesters: [per(9)].into(), owners: [per(8)].into(), ..Bars::default() },
        expires_at: at(900),
        requirement: Requirement {
            routes,
            tier,
            quorum,
            expires_s: 900,
            grant_s: Some(300),
            terms: Default::default(),
        },
    }
}

fn case(second: i64, kind: K, actor: &str, more: &[&str]) -> Entry {
    let mut e = event(second, kind, actor, "idn_1", &[&["escalation=esc_1", "digest=d1"], more].concat());
    e.request = Some("params".into());
    e
}
fn opened(terms: Terms) -> (Entry, Beside) {
    (case(0, K::EscalationOpened, "key_1", &[]), Beside::Case(CaseRow { terms: Some(terms), phase: None }))
}
fn vote(second: i64, by: PersonId, seat: PersonId) -> (Entry, Beside) {
    let mut e = case(second, K::EscalationVote, &by.to_string(), &[&format!("seat={seat}")]);
    (e.outcome, e.reasons) = (Some("approve".into()), vec!["route finance".into()]);
    (e, Beside::Case(CaseRow::default()))
}
fn moved(second: i64, kind: K, actor: &str, phase: Option<Phase>) -> (Entry, Beside) {
    (case(second, kind, actor, &["permit=dec_2"]), Beside::Case(CaseRow { terms: None, phase }))
}
fn grant() -> GrantRow {
    GrantRow {
        links: vec![],
        identity: "idn_1".into(),
        decision: "dec_2".into(),
        escalation: Some("esc_1".into()),
        action: "refund.create".into(),
        task: Some("tsk_1".into()),
        request: "params".into(),
        issued_at: at(30),
        starts_at: at(30),
        expires_at: at(330),
        uses: 1,
        lease_s: None,
    }
}
fn redeemed(second: i64) -> (Entry, Beside) {
    let mut e = event(second, K::GrantRedeemed, "key_1", "idn_1", &["grant=grt_1", "decision=dec_2"]);
    e.request = Some("params".into());
    (e, Beside::Nothing)
}
fn plain(second: i64, kind: K, subject: &str, ids: &[&str], outcome: &str) -> (Entry, Beside) {
    let mut e = event(second, kind, "per_x", subject, ids);
    e.outcome = Some(outcome.into());
    (e, Beside::Nothing)
}

/// An agent asks, two people approve, it asks again and spends its grant. Every place is named by what it is.
fn story() -> Log {
    let (asked, released) = (per(1).to_string(), per(2).to_string());
    let mut issued =
        event(30, K::GrantIssued, "key_1", "idn_1", &["grant=grt_1", "decision=dec_2", "escalation=esc_1"]);
    issued.reasons.push(format!("expires {}", at(330)));
    vec![
        plain(0, K::IdentityAdded, "idn_1", &["owner=per_o", "source=src_1"], "agent"),
        plain(0, K::TaskOpened, "idn_1", &["task=tsk_1"], ""),
        opened(terms(Tier::High, 2)),
        decision(0, "escalate", Some("approval_required"), &["decision=dec_1", "escalation=esc_1"]),
        vote(10, per(1), per(1)),
        vote(11, per(2), per(2)),
        moved(11, K::EscalationReleased, &released, None),
        moved(20, K::EscalationLearned, "key_1", None),
        moved(30, K::EscalationConsumed, &asked, Some(Phase::Consumed)),
        (issued, Beside::Grant(Some(grant()))),
        decision(30, "permit", Some("approved"), &["decision=dec_2", "escalation=esc_1", "grant=grt_1"]),
        redeemed(31),
    ]
}
const OPENED: usize = 2;
const VOTE: usize = 4;
const RELEASED: usize = 6;
const CONSUMED: usize = 8;
const ISSUED: usize = 9;
const PERMIT: usize = 10;
const REDEEMED: usize = 11;

fn replay(log: &Log) -> Report {
    let mut checker = Checker::new();
    for (seq, (event, beside)) in log.iter().enumerate() {
        let event = Entry { seq: seq as u64, ..event.clone() };
        checker.step(&event, beside);
    }
    let count = |kind| log.iter().filter(|(e, _)| e.kind == kind).count() as u64;
    let (case_rows, grant_rows) = (count(K::EscalationOpened), count(K::GrantIssued));
    checker.finish(&Standing { case_rows, grant_rows, ..Standing::default() })
}

/// The story with one thing changed breaks this invariant, in these words.
#[track_caller]
fn breaks(invariant: Invariant, words: &str, change: impl FnOnce(&mut Log)) {
    let mut log = story();
    change(&mut log);
    let report = replay(&log);
    let line = report.line(invariant).unwrap();
    assert!(line.problems.iter().any(|p| p.words.contains(words)), "{words}: {:#?}", report.lines);
}
fn row(log: &mut Log, place: usize) -> &mut Decided {
    match &mut log[place].1 {
        Beside::Decision(Some(row)) => row,
        other => panic!("no decision stands there: {other:?}"),
    }
}

#[test]
fn a_log_as_it_should_be_holds() {
    let report = replay(&story());
    assert!(report.holds(), "{report:#?}");
    let counted: Vec<u64> = report.lines.iter().map(|line| line.checked).collect();
    // I1, I3, I4, I5, I6, I7, I11, grants
    assert_eq!(counted, [2, 1, 1, 2, 6, 1, 2, 1]);
}

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
fn a_permit_behind_a_stop_is_found() {
    let stop = |kind: &'static str, id: &'static str| {
        move |log: &mut Log| log.insert(PERMIT, plain(30, K::RevocationMade, id, &["revocation=rev_1"], kind))
    };
    for (kind, id) in
        [("identity", "idn_1"), ("owner", "per_o"), ("source", "src_1"), ("tool", "refund.create"), ("everything", "")]
    {
        breaks(Invariant::I3, "although rev_1", stop(kind, id));
    }
    // somebody else's
    for (kind, id) in
        [("identity", "idn_2"), ("owner", "per_p"), ("source", "src_2"), ("tool", "x"), ("grant", "grt_9")]
    {
        let mut log = story();
        stop(kind, id)(&mut log);
        assert!(replay(&log).holds(), "{kind} {id}");
    }
    // of a link of its chain
    breaks(Invariant::I3, "although rev_1", |log| {
        log[PERMIT].0.epochs.insert("idn_2".into(), 0);
        stop("identity", "idn_2")(log);
    });
    // as the decision recorded it, whatever the log says now
    breaks(Invariant::I3, "although rev_1", |log| {
        let owners = Some(["per_q".to_owned()].into());
        row(log, PERMIT).involved = Some(Involved { owners, ..Involved::default() });
        stop("owner", "per_q")(log);
    });
}

#[test]
fn what_was_undone_stops_nothing_and_only_what_was_undone() {
    let with = |undone: &str| {
        let mut log = story();
        let made = plain(1, K::RevocationMade, "x", &["revocation=rev_1"], "tool");
        log.splice(2..2, [made, plain(2, K::RevocationUndone, "x", &[&format!("revocation={undone}")], "tool")]);
        row(&mut log, PERMIT + 2).action = "x".into();
        replay(&log)
    };
    assert!(with("rev_1").holds(), "{:#?}", with("rev_1"));
    assert!(!with("rev_2").line(Invariant::I3).unwrap().holds());
}

#[test]
fn stale_facts_are_found() {
    breaks(Invariant::I3, "other stops", |log| {
        row(log, PERMIT).involved =
            Some(Involved { stops: [("tool".into(), "x".into())].into(), ..Involved::default() });
    });
    breaks(Invariant::I3, "did not know", |log| {
        let owners = Some(BTreeSet::new());
        row(log, PERMIT).involved = Some(Involved { owners, ..Involved::default() });
    });
    breaks(Invariant::I3, "suspended", |log| {
        log.insert(PERMIT, plain(30, K::IdentityChanged, "idn_1", &[], "suspended"));
    });
    breaks(Invariant::I3, "sealed", |log| log.insert(PERMIT, plain(30, K::Sealed, "sea_1", &[], "")));
}

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

#[test]
fn a_grant_outlives_nothing_and_is_spent_once() {
    breaks(Invariant::Grants, "not alive", |log| log.push(redeemed(32)));
    breaks(Invariant::Grants, "outside its time", |log| log[REDEEMED].0.time = at(330));
    breaks(Invariant::Grants, "another identity", |log| log[REDEEMED].0.subject = Some("idn_2".into()));
    breaks(Invariant::Grants, "not what was issued", |log| log[ISSUED].0.reasons = vec!["expires never".into()]);
    breaks(Invariant::Grants, "eight hours", |log| {
        log[ISSUED].1 = Beside::Grant(Some(GrantRow { expires_at: at(30 + 8 * 3_600 + 1), ..grant() }));
    });
    breaks(Invariant::Grants, "does not have", |log| log.truncate(PERMIT));
    breaks(Invariant::Grants, "not the one it issued", |log| drop(log.remove(ISSUED)));
    for (kind, target) in [("grant", "grt_1"), ("identity", "idn_1"), ("owner", "per_o"), ("source", "src_1")] {
        breaks(Invariant::Grants, "not alive", |log| {
            let made = plain(30, K::RevocationMade, target, &["revocation=rev_1"], kind);
            let undone = plain(30, K::RevocationUndone, target, &["revocation=rev_1"], kind);
            log.splice(REDEEMED..REDEEMED, [made, undone]);
        });
    }
    for end in [K::TaskClosed, K::TaskEnded] {
        breaks(Invariant::Grants, "not alive", |log| {
            log.insert(REDEEMED, plain(30, end, "idn_1", &["task=tsk_1"], ""));
        });
    }
    breaks(Invariant::Grants, "which was over", |log| {
        row(log, PERMIT).involved = Some(Involved { task: Some("tsk_2".into()), ..Involved::default() });
    });
}

/// The story with these terms of its grant, in its row and in its event.
fn with_terms(row: GrantRow, tail: Log) -> Log {
    let mut log = story();
    let said = [
        (row.starts_at != row.issued_at).then(|| format!("starts {}", row.starts_at)),
        (row.uses != 1).then(|| format!("uses {}", row.uses)),
        row.lease_s.map(|s| format!("lease {s}")),
    ];
    log[ISSUED].0.reasons.extend(said.into_iter().flatten());
    log[ISSUED].0.reasons[0] = format!("expires {}", row.expires_at);
    log[ISSUED].1 = Beside::Grant(Some(row));
    log.truncate(REDEEMED);
    log.extend(tail);
    log
}
/// What is wrong with the uses of such a grant; nothing: it holds. Its row is left out of what stands at the end.
fn uses(row: GrantRow, tail: Log) -> String {
    let report = replay(&with_terms(row, tail));
    let line = report.line(Invariant::Grants).unwrap();
    line.problems.iter().filter(|p| p.seq.is_some()).map(|p| p.words.clone()).collect::<Vec<_>>().join("; ")
}

#[test]
fn uses_and_windows_are_kept() {
    let twice = || GrantRow { uses: 2, ..grant() };
    assert_eq!(uses(twice(), vec![redeemed(31), redeemed(32)]), "");
    assert!(uses(twice(), vec![redeemed(31), redeemed(32), redeemed(33)]).contains("not alive"));
    let later = || GrantRow { starts_at: at(100), expires_at: at(400), ..grant() };
    assert_eq!(uses(later(), vec![redeemed(100)]), "");
    assert!(uses(later(), vec![redeemed(99)]).contains("outside its time"));
    let mut silent = with_terms(later(), vec![redeemed(100)]);
    silent[ISSUED].0.reasons.truncate(1);
    assert!(!replay(&silent).holds(), "its row says more than the log");
    breaks(Invariant::Grants, "eight hours", |log| {
        let row = GrantRow { starts_at: at(100), expires_at: at(100 + 8 * 3_600 + 1), ..grant() };
        *log = with_terms(row, vec![]);
    });
}

#[test]
fn a_lease_lives_by_its_renewals() {
    let lease = || GrantRow { lease_s: Some(15), ..grant() };
    let renewed = |second: i64, until: i64| {
        let (mut e, beside) = redeemed(second);
        e.kind = K::GrantRenewed;
        e.reasons = vec![format!("until {}", at(until))];
        (e, beside)
    };
    let ended = |second, kind| plain(second, kind, "idn_1", &["grant=grt_1"], "");
    let start = || redeemed(31);
    let runs = vec![start(), renewed(45, 60), renewed(59, 74), ended(74, K::GrantExpired)];
    assert_eq!(uses(lease(), runs), "");
    assert_eq!(uses(lease(), vec![start(), renewed(45, 60), ended(50, K::GrantEnded)]), "");
    for (tail, words) in [
        (vec![renewed(31, 46)], "no lease that runs"),
        (vec![start(), renewed(46, 61)], "not renewed by"),
        (vec![start(), renewed(45, 61)], "longer or shorter"),
        (vec![start(), redeemed(32)], "more often than it allows"),
        (vec![start(), ended(45, K::GrantExpired)], "expired before its time"),
        (vec![start(), ended(46, K::GrantExpired), renewed(47, 62)], "not alive"),
        (vec![start(), ended(40, K::GrantEnded), renewed(41, 56)], "not alive"),
        (vec![ended(40, K::GrantEnded)], "did not run"),
        (vec![start(), plain(40, K::TaskClosed, "idn_1", &["task=tsk_1"], ""), renewed(41, 56)], "not alive"),
        (
            vec![start(), plain(40, K::RevocationMade, "grt_1", &["revocation=rev_1"], "grant"), renewed(41, 56)],
            "not alive",
        ),
        (vec![start(), plain(40, K::IdentityChanged, "idn_1", &[], "suspended"), renewed(41, 56)], "suspended"),
    ] {
        let said = uses(lease(), tail);
        assert!(said.contains(words), "{words}: {said}");
    }
    let single = vec![start(), renewed(40, 55)];
    assert!(uses(GrantRow { uses: 2, ..grant() }, single).contains("no lease that runs"));
}

#[test]
fn problems_beyond_twenty_are_counted() {
    let mut log = Log::new();
    log.extend((0..30).map(|_| redeemed(1)));
    let report = replay(&log);
    let line = report.line(Invariant::Grants).unwrap();
    assert_eq!((line.problems.len(), line.problem_count), (20, 30));
    assert_eq!(line.problems.iter().map(|p| p.seq).max(), Some(Some(19)));
}
