use super::*;

fn t(hour: i64) -> Timestamp {
    Timestamp::from_micros(hour * 3_600_000_000).unwrap()
}
fn p(n: u8) -> PersonId {
    PersonId::new(t(0), [n; 10])
}
fn approver(n: u8, groups: &[&str]) -> Approver {
    let groups = groups.iter().map(|g| (*g).to_owned()).collect();
    Approver { id: p(n), active: true, approver_since: Some(t(0)), admin: false, groups }
}
/// 1 and 2 decide on finance, 3 on legal, 4 on both, 9 on nothing; two days after the first event.
fn electorate() -> Electorate {
    let people = vec![
        approver(1, &["finance"]),
        approver(2, &["finance"]),
        approver(3, &["legal"]),
        approver(4, &["finance", "legal"]),
        approver(9, &[]),
    ];
    Electorate { people, delegations: vec![], bars: Bars::default(), installed_at: Some(t(0)) }
}
fn routes(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}
const NOW: i64 = 48;

/// Each seat as `person route,route` with `!` behind one that never decides alone, or the refusal.
#[track_caller]
fn check(e: &Electorate, frozen: &Bars, on: &[&str], by: u8, want: &str) {
    let got = match e.seats(frozen, &routes(on), p(by), t(NOW)) {
        Err(error) => error.detail,
        Ok(seats) => {
            let number = |id| (0..=99).find(|n| p(*n) == id).unwrap();
            let one = |s: &Seat| {
                let on: Vec<_> = s.routes.iter().map(String::as_str).collect();
                format!("{} {}{}", number(s.person), on.join(","), if s.alone { "" } else { "!" })
            };
            seats.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    };
    assert_eq!(got, want);
}
fn with(change: impl FnOnce(&mut Electorate)) -> Electorate {
    let mut e = electorate();
    change(&mut e);
    e
}

#[test]
fn an_active_approver_in_the_group_decides() {
    let (e, none) = (electorate(), Bars::default());
    check(&e, &none, &["finance"], 1, "1 finance");
    check(&e, &none, &["finance", "legal"], 4, "4 finance,legal");
    check(&e, &none, &["finance"], 3, "you may not decide: this waits for finance");
    check(&e, &none, &["finance"], 50, "you may not decide: only people vote");
    check(&with(|e| e.people[0].active = false), &none, &["finance"], 1, "you may not decide: you are not active");
    let without = with(|e| e.people[0].approver_since = None);
    check(&without, &none, &["finance"], 1, "you may not decide: you do not have the role approver");
    let admin = with(|e| e.people[0].admin = true);
    check(&admin, &none, &["finance"], 1, "you may not decide: an admin never approves or denies");
}

#[test]
fn nobody_decides_on_their_own_request() {
    let me = || [p(1)].into();
    let cases = [
        (Bars { requesters: me(), ..Bars::default() }, "you may not decide: you asked for this yourself"),
        (Bars { acting: me(), ..Bars::default() }, "you may not decide: the agent acts for you"),
        (Bars { delegators: me(), ..Bars::default() }, "you may not decide: you handed this work on"),
        (Bars { authors: me(), ..Bars::default() }, "you may not decide: you alone wrote the rule that stopped it"),
        (Bars { owners: me(), ..Bars::default() }, "1 finance!"),
    ];
    for (bars, want) in cases {
        // barred when it was asked, or barred now: either is enough
        check(&electorate(), &bars, &["finance"], 1, want);
        check(&with(|e| e.bars = bars.clone()), &Bars::default(), &["finance"], 1, want);
        check(&electorate(), &bars, &["finance"], 2, "2 finance");
    }
}

#[test]
fn an_empty_group_falls_back_to_all_approvers() {
    let none = Bars::default();
    check(&electorate(), &none, &["nobody"], 9, "9 nobody");
    assert!(electorate().group_empty("nobody"));
    // a group whose only approver left is empty too, one whose only approver is barred is not
    let left = with(|e| e.people[2].active = false);
    check(&left, &none, &["legal"], 9, "you may not decide: this waits for legal");
    let both_left = with(|e| (e.people[2].active, e.people[3].active) = (false, false));
    check(&both_left, &none, &["legal"], 9, "9 legal");
    let barred = Bars { requesters: [p(3), p(4)].into(), ..Bars::default() };
    check(&electorate(), &barred, &["legal"], 9, "you may not decide: this waits for legal");
}

#[test]
fn a_young_role_never_decides_alone() {
    let none = Bars::default();
    let young = |since: i64, start: i64| {
        with(|e| {
            e.people[0].approver_since = Some(t(since));
            e.installed_at = Some(t(start));
        })
    };
    check(&young(NOW - 23, 0), &none, &["finance"], 1, "1 finance!");
    check(&young(NOW - 24, 0), &none, &["finance"], 1, "1 finance");
    // on the first day of the installation every role is young, so none is held against anyone
    check(&young(NOW - 1, NOW - 23), &none, &["finance"], 1, "1 finance");
    check(&young(NOW - 1, NOW - 24), &none, &["finance"], 1, "1 finance!");
}

#[test]
fn a_delegates_vote_is_the_delegators() {
    let none = Bars::default();
    let give = |from: u8, to: u8| Delegation { from: p(from), to: p(to), route: None, start: t(0), end: t(NOW + 1) };
    let given = |list: &[Delegation]| with(|e| e.delegations = list.to_vec());
    check(&given(&[give(1, 9)]), &none, &["finance"], 9, "1 finance");
    check(&given(&[give(1, 2)]), &none, &["finance"], 2, "2 finance; 1 finance");
    check(&given(&[give(4, 3)]), &none, &["finance", "legal"], 3, "3 legal; 4 finance,legal");
    check(&given(&[give(1, 3), give(3, 9)]), &none, &["finance"], 9, "1 finance");
    // its time is over, it is for another route, the delegator could not decide, or somebody in the chain is barred
    let refused = "you may not decide: this waits for finance";
    check(&given(&[Delegation { end: t(NOW), ..give(1, 9) }]), &none, &["finance"], 9, refused);
    check(&given(&[Delegation { route: Some("legal".into()), ..give(1, 9) }]), &none, &["finance"], 9, refused);
    check(&given(&[give(3, 9)]), &none, &["finance"], 9, refused);
    let asked = Bars { requesters: [p(1)].into(), ..Bars::default() };
    check(&given(&[give(1, 9)]), &asked, &["finance"], 9, refused);
    check(&given(&[give(2, 1), give(1, 9)]), &asked, &["finance"], 9, refused);
    check(&given(&[give(2, 1)]), &asked, &["finance"], 1, "you may not decide: you asked for this yourself");
    // an owner's vote stays an owner's in other hands, and with an owner's hand
    let owner = Bars { owners: [p(1)].into(), ..Bars::default() };
    check(&given(&[give(1, 9)]), &owner, &["finance"], 9, "1 finance!");
    check(&given(&[give(2, 1)]), &owner, &["finance"], 1, "1 finance!; 2 finance!");
}

#[test]
fn a_route_nobody_can_answer_is_seen_before_anyone_is_asked() {
    #[track_caller]
    fn check(bars: &Bars, route: &str, quorum: u32, want: (usize, bool, bool)) {
        let got = &electorate().answerable(bars, &routes(&[route]), quorum)[0];
        assert_eq!((got.people.len(), got.empty_group, got.enough), want);
    }
    let none = Bars::default();
    check(&none, "finance", 3, (3, false, true));
    check(&none, "finance", 4, (3, false, false));
    check(&none, "nobody", 5, (5, true, true));
    let owners = Bars { owners: [p(3), p(4)].into(), ..Bars::default() };
    check(&owners, "legal", 1, (2, false, false));
    let barred = Bars { acting: [p(3)].into(), requesters: [p(4)].into(), ..Bars::default() };
    check(&barred, "legal", 1, (0, false, false));
}
