use super::super::tier::Tier;
use super::super::vote::{ReasonCode, StepUp};
use super::super::{Approver, Delegation};
use super::*;
use crate::id::ApprovalId;
use std::collections::BTreeSet;

/// Seconds after the card opened, which is three days after the installation's first event.
fn t(second: i64) -> Timestamp {
    Timestamp::from_micros((3 * 86_400 + second) * 1_000_000).unwrap()
}
fn p(n: u8) -> PersonId {
    PersonId::new(t(0), [n; 10])
}
fn decision() -> DecisionId {
    DecisionId::new(t(0), [77; 10])
}
fn escalation(tier: Tier, quorum: u32, routes: &[&str]) -> Escalation {
    let routes: BTreeSet<String> = routes.iter().map(|r| (*r).to_owned()).collect();
    let requirement =
        Requirement { routes, tier, quorum, expires_s: tier.wait_seconds(), grant_s: None, terms: Default::default() };
    Escalation {
        id: EscalationId::new(t(0), [1; 10]),
        decision: decision(),
        agent: IdentityId::new(t(0), [2; 10]),
        agent_epoch: 0,
        bars: Bars { owners: [p(7)].into(), requesters: [p(8)].into(), ..Bars::default() },
        digest: "d1".into(),
        card_version: 1,
        card_hash: "c1".into(),
        opened_at: t(0),
        expires_at: t(requirement.expires_s.into()),
        requirement,
        state: State::Pending,
        released_at: None,
        learned_at: None,
        votes: vec![],
        version: 0,
    }
}
/// 1, 2, 3 on finance; 4, 5 on legal; 6 on both; 7 (owner) and 8 (requester) on both; 9 new in the role.
fn electorate() -> Electorate {
    let groups = |n| match n {
        1..=3 => vec!["finance"],
        4..=5 => vec!["legal"],
        _ => vec!["finance", "legal"],
    };
    let person = |n: u8| Approver {
        id: p(n),
        active: true,
        approver_since: Some(if n == 9 { t(-3_600) } else { t(-200_000) }),
        admin: false,
        groups: groups(n).into_iter().map(str::to_owned).collect(),
    };
    let delegations = vec![Delegation { from: p(1), to: p(2), route: None, start: t(-10), end: t(100_000) }];
    let installed_at = Some(t(-3 * 86_400));
    Electorate { people: (1..=9).map(person).collect(), delegations, bars: Bars::default(), installed_at }
}
fn ballot(by: u8, verdict: Verdict) -> Ballot {
    Ballot {
        id: ApprovalId::new(t(0), [by; 10]),
        by: p(by),
        seat: None,
        verdict,
        digest: "d1".into(),
        card_version: 1,
        code: Some(if verdict == Verdict::Approve { ReasonCode::Planned } else { ReasonCode::NotExpected }),
        reason: Some("the ticket asks for exactly this".into()),
        shown_at: Some(t(-60)),
        echoed: true,
        step_up: Some(StepUp::OneTimeLink),
    }
}

/// What a history does, in words: `+1` approves, `-1` denies, `u1` takes back, `r` releases, `x` expires, `c` cancels,
/// `v` revokes, `l` learns, `!` consumes, `n` refreshes the card; `@90` moves time to second 90.
fn play(mut e: Escalation, history: &str) -> Result<Escalation> {
    let mut at = t(0);
    for step in history.split_whitespace() {
        let (verb, number) = step.split_at(1);
        let by = || number.parse::<u8>().unwrap();
        e = match verb {
            "@" => {
                at = t(number.parse().unwrap());
                e
            }
            "+" => e.vote(ballot(by(), Verdict::Approve), &electorate(), at)?,
            "-" => e.vote(ballot(by(), Verdict::Deny), &electorate(), at)?,
            "u" => e.undo(p(by()), at)?,
            "r" => e.release(at)?,
            "x" => e.expire(at)?,
            "c" => e.cancel(at)?,
            "v" => e.revoke(at)?,
            "l" => e.learned(at),
            "!" => e.consume("d1", decision(), at)?,
            "n" => e.refresh("d2".into(), "c2".into(), &Bars::default())?,
            other => panic!("no such move {other}"),
        };
    }
    Ok(e)
}
#[track_caller]
fn check(tier: Tier, quorum: u32, routes: &[&str], history: &str, want: &str) {
    let got = match play(escalation(tier, quorum, routes), history) {
        Ok(e) => e.phase().to_string(),
        Err(error) => format!("{:?}: {}", error.kind, error.detail),
    };
    assert_eq!(got, want, "{history}");
}

#[test]
fn low_and_medium_are_held_and_then_released() {
    for tier in [Tier::Low, Tier::Medium] {
        check(tier, 1, &["finance"], "@5 +1", "held");
        check(tier, 1, &["finance"], "@5 +1 @15 r", "approved");
        check(tier, 1, &["finance"], "@5 +1 @14 r", &format!("Conflict: it is held until {}", t(15)));
        check(tier, 1, &["finance"], "@5 +1 @14 !", "Conflict: it is already held");
        check(tier, 1, &["finance"], "@5 +1 @14 u1", "pending");
        check(tier, 1, &["finance"], "@5 +1 @15 u1", "Conflict: it was released already: revoke it instead");
        check(tier, 1, &["finance"], "@5 +1 @6 u2", "Forbidden: only who approved it can take that back");
        check(tier, 1, &["finance"], "@5 +1 @6 u1 +1 @16 r", "approved");
        check(tier, 1, &["finance"], "@5 +1 @6 -2", "denied");
        check(tier, 1, &["finance"], "@5 +1 @15 -2", "Conflict: enough people have approved it already");
        check(tier, 1, &["finance"], "@5 +1 @6 +2", "Conflict: enough people have approved it already");
    }
    check(Tier::Low, 2, &["finance"], "+1 @6 +3 @7 u1", "pending");
    check(Tier::Low, 1, &["finance", "legal"], "+1 @6 +6 @7 u1", "held");
    check(
        Tier::Low,
        1,
        &["finance", "legal"],
        "+1 @6 +6 @7 u1 @16 r",
        &format!("Conflict: it is held until {}", t(17)),
    );
}

#[test]
fn high_and_critical_are_approved_at_once() {
    check(Tier::High, 1, &["finance"], "+1", "approved");
    check(Tier::High, 1, &["finance"], "+1 u1", "Conflict: it is already approved");
    check(Tier::Critical, 2, &["finance"], "+1", "pending");
    check(Tier::Critical, 2, &["finance"], "+1 +3", "approved");
}

#[test]
fn every_route_must_approve_and_one_deny_ends_it() {
    check(Tier::High, 1, &["finance", "legal"], "+1", "pending");
    check(Tier::High, 1, &["finance", "legal"], "+1 +4", "approved");
    check(Tier::High, 1, &["finance", "legal"], "+6", "approved");
    check(Tier::High, 2, &["finance", "legal"], "+6 +1", "pending");
    check(Tier::High, 2, &["finance", "legal"], "+6 +1 +4", "approved");
    check(Tier::High, 1, &["finance", "legal"], "+1 -4", "denied");
    check(Tier::High, 1, &["finance", "legal"], "-1 +4", "Conflict: it is already denied");
}

#[test]
fn one_human_has_one_vote() {
    check(Tier::High, 2, &["finance"], "+1 +1", "Conflict: you have decided already: one human, one vote");
    check(Tier::High, 2, &["finance"], "+1 -1", "Conflict: you have decided already: one human, one vote");
    // 2 holds the vote of 1 as well: casting both would make two people of one
    check(Tier::High, 2, &["finance"], "+2 +2", "Conflict: you have decided already: one human, one vote");
    check(Tier::High, 2, &["finance"], "+2 +1", "approved");
    let for_another = |seat: u8| {
        let ballot = Ballot { seat: Some(p(seat)), ..ballot(2, Verdict::Approve) };
        escalation(Tier::High, 2, &["finance"]).vote(ballot, &electorate(), t(0))
    };
    let e = for_another(1).unwrap();
    assert_eq!((e.votes[0].by, e.votes[0].seat), (p(2), p(1)));
    for by in [1, 2] {
        assert_eq!(e.clone().vote(ballot(by, Verdict::Approve), &electorate(), t(1)).unwrap_err().kind, Kind::Conflict);
    }
    assert_eq!(for_another(3).unwrap_err().detail, "you may not decide for that person");
}

#[test]
fn an_owner_or_a_newcomer_never_decides_alone() {
    for half in [7, 9] {
        check(Tier::High, 1, &["finance"], &format!("+{half}"), "pending");
        check(Tier::High, 1, &["finance"], &format!("+{half} +1"), "approved");
        check(Tier::High, 1, &["finance"], &format!("+1 +{half}"), "Conflict: it is already approved");
        check(Tier::High, 1, &["finance"], &format!("-{half}"), "denied");
    }
    check(Tier::High, 1, &["finance"], "+7 +9", "pending");
    check(Tier::High, 1, &["finance"], "+8", "Forbidden: you may not decide: you asked for this yourself");
    check(Tier::High, 1, &["finance"], "-8", "Forbidden: you may not decide: you asked for this yourself");
    check(Tier::High, 1, &["finance"], "+4", "Forbidden: you may not decide: this waits for finance");
    let missing = play(escalation(Tier::High, 1, &["finance", "legal"]), "+7 +1").unwrap().missing();
    assert_eq!(missing, [Missing { route: "legal".into(), people: 1, other: true }]);
}

#[test]
fn times_are_half_open() {
    check(Tier::High, 1, &["finance"], "@1799 +1", "approved");
    check(Tier::High, 1, &["finance"], "@1800 +1", "Expired: nobody answered in time: it is denied");
    check(Tier::High, 1, &["finance"], "@1799 x", "Conflict: its time is not over");
    check(Tier::High, 1, &["finance"], "@1800 x", "expired");
    check(Tier::Critical, 2, &["finance"], "@900 x", "expired");
    check(Tier::Low, 1, &["finance"], "@14399 x", "Conflict: its time is not over");
    check(Tier::Low, 1, &["finance"], "@14400 x", "expired");
    // the hold must end within the card's time
    check(Tier::Low, 1, &["finance"], "@14389 +1 @14399 r", "approved");
    check(Tier::Low, 1, &["finance"], "@14390 +1 @14400 r", "Expired: it ran out while it was held");
    check(Tier::Low, 1, &["finance"], "@14390 +1 @14400 x", "expired");
    // a late release counts from the end of the hold
    check(Tier::Low, 1, &["finance"], "@5 +1 @14414 r !", "consumed");
    check(Tier::Low, 1, &["finance"], "@5 +1 @14415 r !", "Expired: the approval was not used in time");
    // 4 h from the release, 10 min once known, whichever is first
    check(Tier::High, 1, &["finance"], "@10 +1 @14409 !", "consumed");
    check(Tier::High, 1, &["finance"], "@10 +1 @14410 !", "Expired: the approval was not used in time");
    check(Tier::High, 1, &["finance"], "@10 +1 @14410 x", "expired");
    check(Tier::High, 1, &["finance"], "@10 +1 @20 l @619 !", "consumed");
    check(Tier::High, 1, &["finance"], "@10 +1 @20 l @30 l @620 !", "Expired: the approval was not used in time");
    check(Tier::High, 1, &["finance"], "@10 +1 @14000 l @14410 !", "Expired: the approval was not used in time");
}

#[test]
fn an_approval_is_used_once_for_its_own_bytes() {
    check(Tier::High, 1, &["finance"], "+1 !", "consumed");
    check(Tier::High, 1, &["finance"], "+1 ! !", "Conflict: it is already consumed");
    check(Tier::High, 1, &["finance"], "!", "Conflict: it is already pending");
    let approved = play(escalation(Tier::High, 1, &["finance"]), "+1").unwrap();
    let other = approved.consume("d2", decision(), t(5)).unwrap_err();
    assert_eq!((other.kind, other.detail.as_str()), (Kind::Conflict, "the approval is for another request"));
}

#[test]
fn a_changed_card_takes_no_old_votes() {
    let new = play(escalation(Tier::High, 2, &["finance"]), "+1 n").unwrap();
    assert_eq!((new.card_version, new.votes.len(), new.phase()), (2, 0, Phase::Pending));
    for (digest, version) in [("d1", 1), ("d2", 1), ("d1", 2)] {
        let old = Ballot { digest: digest.into(), card_version: version, ..ballot(1, Verdict::Approve) };
        let error = new.clone().vote(old, &electorate(), t(9)).unwrap_err();
        assert_eq!(
            (error.kind, error.detail.as_str()),
            (Kind::Conflict, "changed since you looked: read the card again")
        );
    }
    let seen = Ballot { digest: "d2".into(), card_version: 2, ..ballot(1, Verdict::Approve) };
    assert_eq!(new.vote(seen, &electorate(), t(9)).unwrap().votes[0].card_hash, "c2");
    check(Tier::Low, 1, &["finance"], "+1 n", "pending");
    check(Tier::High, 1, &["finance"], "+1 n", "Conflict: it is already approved");
}

#[test]
fn an_end_is_an_end() {
    for (history, end) in
        [("-1", "denied"), ("@1800 x", "expired"), ("c", "cancelled"), ("v", "revoked"), ("+1 !", "consumed")]
    {
        for next in ["+1", "-1", "u1", "r", "@99999 x", "c", "v", "!", "n"] {
            check(Tier::High, 1, &["finance"], &format!("{history} {next}"), &format!("Conflict: it is already {end}"));
        }
    }
    check(Tier::High, 1, &["finance"], "+1 c", "Conflict: it is already approved");
    check(Tier::High, 1, &["finance"], "+1 v", "revoked");
    check(Tier::Low, 1, &["finance"], "+1 c", "cancelled");
    check(Tier::Low, 1, &["finance"], "+1 v", "revoked");
}

#[test]
fn a_requester_reads_one_change_at_most() {
    for (history, want) in [
        ("", "pending"),
        ("-1", "denied"),
        ("c", "cancelled"),
        ("v", "denied"),
        ("@1800 x", "expired"),
        ("+1", "approved"),
        ("+1 !", "approved"),
        ("+1 v", "approved"),
        ("+1 @99999 x", "approved"),
    ] {
        assert_eq!(play(escalation(Tier::High, 1, &["finance"]), history).unwrap().on_the_wire(), want, "{history}");
    }
    assert_eq!(play(escalation(Tier::Low, 1, &["finance"]), "+1").unwrap().on_the_wire(), "pending");
}

#[test]
fn each_tier_asks_for_its_care() {
    #[track_caller]
    fn check(tier: Tier, change: impl FnOnce(&mut Ballot), want: Option<&str>) {
        let mut ballot = ballot(1, Verdict::Approve);
        change(&mut ballot);
        let got = escalation(tier, 1, &["finance"]).vote(ballot, &electorate(), t(0));
        assert_eq!(got.err().map(|e| e.detail).as_deref(), want, "{tier}");
    }
    let look = |seconds: i64| move |b: &mut Ballot| b.shown_at = Some(t(-seconds));
    check(Tier::Low, |b| (b.shown_at, b.code, b.reason, b.step_up, b.echoed) = (None, None, None, None, false), None);
    check(Tier::Medium, look(1), Some("look at the card for 1 more seconds before you approve"));
    check(Tier::Medium, look(2), None);
    check(Tier::Medium, |b| b.shown_at = None, Some("look at the card for 2 more seconds before you approve"));
    check(Tier::Medium, |b| b.code = None, Some("choose a reason for approving"));
    check(
        Tier::Medium,
        |b| b.code = Some(ReasonCode::WrongValues),
        Some("this reason is one for denying: choose a reason for approving"),
    );
    check(Tier::Medium, |b| b.reason = None, None);
    check(
        Tier::Medium,
        |b| (b.code, b.reason) = (Some(ReasonCode::Other), Some(" ok ".into())),
        Some("say why in at least 15 characters (2 so far)"),
    );
    check(Tier::High, look(4), Some("look at the card for 1 more seconds before you approve"));
    check(Tier::High, |b| b.reason = Some("fine".into()), Some("say why in at least 15 characters (4 so far)"));
    check(Tier::High, |b| b.echoed = false, None);
    check(
        Tier::High,
        |b| b.step_up = None,
        Some("confirm that it is you: this tier asks for a fresh sign-in before approving"),
    );
    check(Tier::Critical, look(7), Some("look at the card for 1 more seconds before you approve"));
    check(Tier::Critical, |b| b.echoed = false, Some("type the value the card asks for, exactly as it stands there"));
    // denying asks for none of it
    let bare =
        Ballot { shown_at: None, code: None, reason: None, echoed: false, step_up: None, ..ballot(1, Verdict::Deny) };
    assert_eq!(
        escalation(Tier::Critical, 2, &["finance"]).vote(bare, &electorate(), t(0)).unwrap().phase(),
        Phase::Denied
    );
}
