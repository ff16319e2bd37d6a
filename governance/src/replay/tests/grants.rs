//! Grants: their time, their uses, and what ends them.
use super::story::{ISSUED, Log, PERMIT, REDEEMED, at, breaks, grant, plain, redeemed, replay, row, story};
use crate::log::event::EventKind as K;
use crate::replay::{Beside, GrantRow, Invariant, Involved};

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
    // of an agent its work was handed through
    for (end, target, kind) in
        [(K::RevocationMade, "idn_2", "identity"), (K::IdentityRoleChanged, "idn_2", ""), (K::Sealed, "sea_1", "")]
    {
        breaks(Invariant::Grants, "not alive", |log| {
            log[ISSUED].1 = Beside::Grant(Some(GrantRow { links: vec!["idn_2".into()], ..grant() }));
            log.insert(REDEEMED, plain(30, end, target, &["revocation=rev_1"], kind));
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
