//! Random histories of an escalation: whatever is tried in whatever order, invariants I4 to I6 of semantics.md hold at each step.
use chrono::TimeDelta;
use governance::escalation::{
    Approver, Ballot, Bars, Delegation, Electorate, Escalation, Phase, ReasonCode, Requirement, State, StepUp, Tier,
    Verdict,
};
use governance::id::{ApprovalId, DecisionId, EscalationId, IdentityId, PersonId};
use governance::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Seconds after the card opened; the installation is three days old then.
fn t(second: i64) -> Timestamp {
    Timestamp::from_micros((3 * 86_400 + second) * 1_000_000).expect("an instant")
}
fn p(n: u8) -> PersonId {
    PersonId::new(t(0), [n; 10])
}

#[derive(Debug, Clone)]
enum Move {
    Wait(i64),
    Vote { by: u8, seat: Option<u8>, approve: bool, stale: bool },
    Undo(u8),
    Release,
    Expire,
    Cancel,
    Revoke,
    Learn,
    Consume { other_bytes: bool },
    Refresh,
}

#[derive(Debug, Clone)]
struct World {
    tier: Tier,
    quorum: u32,
    routes: u8,
    /// For each of eight people: groups as bits, young, admin, active.
    people: Vec<(u8, bool, bool, bool)>,
    /// Person barred as requester, acting person, owner.
    barred: (u8, u8, u8),
    delegations: Vec<(u8, u8)>,
}

fn world() -> impl Strategy<Value = World> {
    let person = (0..4_u8, prop::bool::weighted(0.2), prop::bool::weighted(0.1), prop::bool::weighted(0.9));
    (
        prop_oneof![Just(Tier::Low), Just(Tier::Medium), Just(Tier::High), Just(Tier::Critical)],
        1..4_u32,
        1..3_u8,
        proptest::collection::vec(person, 8),
        (0..8_u8, 0..8_u8, 0..8_u8),
        proptest::collection::vec((0..8_u8, 0..8_u8), 0..5),
    )
        .prop_map(|(tier, quorum, routes, people, barred, delegations)| World {
            tier,
            quorum: quorum.max(tier.least_quorum()),
            routes,
            people,
            barred,
            delegations,
        })
}

fn a_move() -> impl Strategy<Value = Move> {
    let vote =
        (0..9_u8, proptest::option::weighted(0.2, 0..8_u8), prop::bool::weighted(0.9), prop::bool::weighted(0.05));
    prop_oneof![
        3 => prop_oneof![0..12_i64, 0..1_000_i64, 0..15_000_i64].prop_map(Move::Wait),
        12 => vote.prop_map(|(by, seat, approve, stale)| Move::Vote { by, seat, approve, stale }),
        2 => (0..8_u8).prop_map(Move::Undo),
        3 => Just(Move::Release),
        2 => Just(Move::Expire),
        1 => prop_oneof![Just(Move::Cancel), Just(Move::Revoke), Just(Move::Refresh)],
        1 => Just(Move::Learn),
        3 => prop::bool::weighted(0.2).prop_map(|other_bytes| Move::Consume { other_bytes }),
    ]
}

impl World {
    fn routes(&self) -> BTreeSet<String> {
        ["r0", "r1"][..usize::from(self.routes)].iter().map(|r| (*r).to_owned()).collect()
    }
    fn bars(&self) -> Bars {
        let (requester, acting, owner) = self.barred;
        Bars {
            requesters: [p(requester)].into(),
            acting: [p(acting)].into(),
            owners: [p(owner)].into(),
            ..Bars::default()
        }
    }
    fn electorate(&self) -> Electorate {
        let person = |(n, (groups, young, admin, active)): (usize, &(u8, bool, bool, bool))| Approver {
            id: p(n as u8),
            active: *active,
            approver_since: Some(if *young { t(-3_600) } else { t(-250_000) }),
            admin: *admin,
            groups: [(1, "r0"), (2, "r1")]
                .iter()
                .filter(|(bit, _)| groups & bit > 0)
                .map(|(_, r)| (*r).to_owned())
                .collect(),
        };
        let give =
            |(from, to): &(u8, u8)| Delegation { from: p(*from), to: p(*to), route: None, start: t(-9), end: t(9_000) };
        Electorate {
            people: self.people.iter().enumerate().map(person).collect(),
            delegations: self.delegations.iter().map(give).collect(),
            bars: Bars::default(),
            installed_at: Some(t(-3 * 86_400)),
        }
    }
    fn opened(&self) -> Escalation {
        let expires_s = self.tier.wait_seconds();
        Escalation {
            id: EscalationId::new(t(0), [1; 10]),
            decision: DecisionId::new(t(0), [2; 10]),
            agent: IdentityId::new(t(0), [3; 10]),
            agent_epoch: 0,
            requirement: Requirement {
                routes: self.routes(),
                tier: self.tier,
                quorum: self.quorum,
                expires_s,
                grant_s: None,
                terms: Default::default(),
            },
            bars: self.bars(),
            digest: "d1".into(),
            card_version: 1,
            card_hash: "c1".into(),
            opened_at: t(0),
            expires_at: t(expires_s.into()),
            state: State::Pending,
            released_at: None,
            learned_at: None,
            votes: vec![],
            version: 0,
        }
    }
    /// The rule told again, from the raw facts: enough people on every route, one of each neither owner nor new.
    fn enough(&self, e: &Escalation) -> bool {
        let number = |id: PersonId| (0..8_u8).find(|n| p(*n) == id).expect("one of the eight");
        let half = |n: u8| n == self.barred.2 || self.people[usize::from(n)].1;
        self.routes().iter().all(|route| {
            let approvals: Vec<_> =
                e.votes.iter().filter(|v| v.verdict == Verdict::Approve && v.routes.contains(route)).collect();
            let whole = approvals.iter().any(|v| !half(number(v.by)) && !half(number(v.seat)));
            approvals.len() >= self.quorum as usize && whole
        })
    }
}

fn play(
    e: Escalation,
    step: &Move,
    electorate: &Electorate,
    n: usize,
    at: Timestamp,
) -> governance::error::Result<Escalation> {
    match step {
        Move::Wait(_) => Ok(e),
        Move::Vote { by, seat, approve, stale } => {
            let ballot = Ballot {
                id: ApprovalId::new(at, [n as u8; 10]),
                by: p(*by),
                seat: seat.map(p),
                verdict: if *approve { Verdict::Approve } else { Verdict::Deny },
                digest: if *stale { "old".into() } else { e.digest.clone() },
                card_version: e.card_version,
                code: Some(ReasonCode::Other),
                reason: Some("because it was agreed with them".into()),
                shown_at: Some(at - TimeDelta::seconds(60)),
                echoed: true,
                step_up: Some(StepUp::Passkey),
            };
            e.vote(ballot, electorate, at)
        }
        Move::Undo(by) => e.undo(p(*by), at),
        Move::Release => e.release(at),
        Move::Expire => e.expire(at),
        Move::Cancel => e.cancel(at),
        Move::Revoke => e.revoke(at),
        Move::Learn => Ok(e.learned(at)),
        Move::Consume { other_bytes } => {
            let digest = if *other_bytes { "other".to_owned() } else { e.digest.clone() };
            e.consume(&digest, DecisionId::new(at, [n as u8; 10]), at)
        }
        Move::Refresh => {
            let digest = format!("d{}", e.card_version + 1);
            e.refresh(digest, "c".into(), &Bars::default())
        }
    }
}

/// What must hold of every state, however it was reached.
fn invariants(world: &World, e: &Escalation, at: Timestamp) -> Result<(), TestCaseError> {
    // I5: one human, one vote; nobody barred, no admin, nobody gone, only on their own route
    let mut humans = BTreeSet::new();
    for vote in &e.votes {
        let hands: BTreeSet<_> = [vote.by, vote.seat].into();
        prop_assert!(hands.iter().all(|p| humans.insert(*p)), "one human behind two votes");
        for person in hands {
            prop_assert!(person != p(world.barred.0) && person != p(world.barred.1), "a barred person voted");
            let facts = (0..8_u8).find(|n| p(*n) == person).map(|n| world.people[usize::from(n)]);
            prop_assert!(
                facts.is_some_and(|(_, _, admin, active)| active && !admin),
                "an admin or absent person voted"
            );
        }
        prop_assert_eq!(&vote.digest, &e.digest, "a vote for other bytes counts");
        prop_assert_eq!(vote.card_version, e.card_version);
        prop_assert!(vote.at < e.expires_at, "a vote after the end counts");
    }
    let denied = e.votes.iter().any(|v| v.verdict == Verdict::Deny);
    prop_assert_eq!(denied, e.phase() == Phase::Denied, "one deny ends it, and nothing else denies");
    // I4: nothing is released, let alone used, without everyone it needs, and within its times
    match &e.state {
        State::Held { until } => prop_assert!(world.enough(e) && *until > t(0) && world.tier <= Tier::Medium),
        State::Approved | State::Consumed { .. } => {
            let released = e.released_at.expect("released");
            prop_assert!(world.enough(e) && !denied && released < e.expires_at && released <= at);
            let last = e.votes.iter().map(|v| v.at).max().expect("votes");
            let hold = if world.tier <= Tier::Medium { 10 } else { 0 };
            prop_assert!(released >= last + TimeDelta::seconds(hold), "released before the hold was over");
        }
        State::Pending => prop_assert!(!world.enough(e), "enough people approved and nothing happened"),
        _ => {}
    }
    if let State::Consumed { at, .. } = &e.state {
        let end = e.released_at.expect("released") + TimeDelta::hours(4);
        prop_assert!(*at < end && e.learned_at.is_none_or(|known| *at < known + TimeDelta::minutes(10)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_tried_the_invariants_hold(world in world(), moves in proptest::collection::vec(a_move(), 1..40)) {
        let electorate = world.electorate();
        let (mut e, mut at, mut permits) = (world.opened(), t(0), 0);
        for (n, step) in moves.iter().enumerate() {
            if let Move::Wait(seconds) = step {
                at = at + TimeDelta::seconds(*seconds);
            }
            let before = e.clone();
            let Ok(after) = play(e.clone(), step, &electorate, n, at) else {
                invariants(&world, &e, at)?;
                continue;
            };
            if before.phase().terminal() {
                // I6: an end never changes
                prop_assert_eq!(&after, &before, "{:?} changed an end", step);
            }
            if before.phase() != after.phase() {
                prop_assert!(before.phase().may_become(after.phase()), "{} became {}", before.phase(), after.phase());
                permits += u8::from(after.phase() == Phase::Consumed);
            }
            e = after;
            invariants(&world, &e, at)?;
        }
        prop_assert!(permits <= 1, "one approval, two permits");
    }
}

/// The histories above reach every state: a property over nothing would hold too.
#[test]
fn random_histories_reach_every_state() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..1_000 {
        let tree = (world(), proptest::collection::vec(a_move(), 1..40)).new_tree(&mut runner).expect("a history");
        let (world, moves) = tree.current();
        let (mut e, mut at) = (world.opened(), t(0));
        for (n, step) in moves.iter().enumerate() {
            if let Move::Wait(seconds) = step {
                at = at + TimeDelta::seconds(*seconds);
            }
            e = play(e.clone(), step, &world.electorate(), n, at).unwrap_or(e);
            reached.insert(e.phase());
        }
    }
    assert_eq!(reached, Phase::ALL.iter().copied().collect());
}
