//! I3: stops, and the facts a decision rested on.
use super::story::{Log, PERMIT, breaks, plain, replay, row, story};
use crate::log::event::EventKind as K;
use crate::replay::{Invariant, Involved};
use std::collections::BTreeSet;

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
        let undone = format!("revocation={undone}");
        let mut begun = plain(2, K::RevocationUndoBegun, "x", &[&undone], "tool");
        begun.0.actor = "per_y".into();
        log.splice(2..2, [made, begun, plain(2, K::RevocationUndone, "x", &[&undone, "first=per_y"], "tool")]);
        row(&mut log, PERMIT + 3).action = "x".into();
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
    breaks(Invariant::I3, "suspended", |log| {
        log[PERMIT].0.epochs.insert("idn_2".into(), 0);
        log.splice(PERMIT..PERMIT, [plain(30, K::IdentityChanged, "idn_2", &[], "suspended")]);
    });
    breaks(Invariant::I3, "sealed", |log| log.insert(PERMIT, plain(30, K::Sealed, "sea_1", &[], "")));
}
