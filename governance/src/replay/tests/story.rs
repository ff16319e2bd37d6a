//! A made-up log that holds, and the pieces of others.
use crate::escalation::{Bars, Phase, Requirement, Tier};
use crate::id::PersonId;
use crate::log::Entry;
use crate::log::event::EventKind as K;
use crate::replay::{Again, Beside, CaseRow, Checker, Decided, GrantRow, Invariant, Report, Standing, Terms};
use crate::time::Timestamp;
use chrono::TimeDelta;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::EPOCH + TimeDelta::seconds(second)
}

pub(super) fn per(n: u8) -> PersonId {
    PersonId::new(at(0), [n; 10])
}

/// An event of that second; `ids` as `name=id`.
pub(super) fn event(second: i64, kind: K, actor: &str, subject: &str, ids: &[&str]) -> Entry {
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

pub(super) type Log = Vec<(Entry, Beside)>;

/// A decision and its row, which agree.
pub(super) fn decision(second: i64, outcome: &str, reason: Option<&str>, ids: &[&str]) -> (Entry, Beside) {
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

pub(super) fn terms(tier: Tier, quorum: u32) -> Terms {
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

pub(super) fn case(second: i64, kind: K, actor: &str, more: &[&str]) -> Entry {
    let mut e = event(second, kind, actor, "idn_1", &[&["escalation=esc_1", "digest=d1"], more].concat());
    e.request = Some("params".into());
    e
}

pub(super) fn opened(terms: Terms) -> (Entry, Beside) {
    (case(0, K::EscalationOpened, "key_1", &[]), Beside::Case(CaseRow { terms: Some(terms), phase: None }))
}

pub(super) fn vote(second: i64, by: PersonId, seat: PersonId) -> (Entry, Beside) {
    let mut e = case(second, K::EscalationVote, &by.to_string(), &[&format!("seat={seat}")]);
    (e.outcome, e.reasons) = (Some("approve".into()), vec!["route finance".into()]);
    (e, Beside::Case(CaseRow::default()))
}

pub(super) fn moved(second: i64, kind: K, actor: &str, phase: Option<Phase>) -> (Entry, Beside) {
    (case(second, kind, actor, &["permit=dec_2"]), Beside::Case(CaseRow { terms: None, phase }))
}

pub(super) fn grant() -> GrantRow {
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

pub(super) fn redeemed(second: i64) -> (Entry, Beside) {
    let mut e = event(second, K::GrantRedeemed, "key_1", "idn_1", &["grant=grt_1", "decision=dec_2"]);
    e.request = Some("params".into());
    (e, Beside::Nothing)
}

pub(super) fn plain(second: i64, kind: K, subject: &str, ids: &[&str], outcome: &str) -> (Entry, Beside) {
    let mut e = event(second, kind, "per_x", subject, ids);
    e.outcome = Some(outcome.into());
    (e, Beside::Nothing)
}

/// An agent asks, two people approve, it asks again and spends its grant. Every place is named by what it is.
pub(super) fn story() -> Log {
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

pub(super) const OPENED: usize = 2;

pub(super) const VOTE: usize = 4;

pub(super) const RELEASED: usize = 6;

pub(super) const CONSUMED: usize = 8;

pub(super) const ISSUED: usize = 9;

pub(super) const PERMIT: usize = 10;

pub(super) const REDEEMED: usize = 11;

pub(super) fn replay(log: &Log) -> Report {
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
pub(super) fn breaks(invariant: Invariant, words: &str, change: impl FnOnce(&mut Log)) {
    let mut log = story();
    change(&mut log);
    let report = replay(&log);
    let line = report.line(invariant).unwrap();
    assert!(line.problems.iter().any(|p| p.words.contains(words)), "{words}: {:#?}", report.lines);
}

pub(super) fn row(log: &mut Log, place: usize) -> &mut Decided {
    match &mut log[place].1 {
        Beside::Decision(Some(row)) => row,
        other => panic!("no decision stands there: {other:?}"),
    }
}
