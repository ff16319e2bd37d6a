//! Escalations from the first question to the permit, on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod asking;
mod barred;
mod inbox;
mod just_in_time;
mod notices;
mod races;
mod sealed;
mod world;

use chrono::TimeDelta;
use governance::engine::escalations::{Consumption, NewEscalation, Opened, Seen, escalation_revoke_in};
use governance::engine::page::Want;
use governance::error::Kind;
use governance::escalation::{Phase, Tier, Verdict};
use governance::id::{KeyId, RevocationId};
use governance::log::event::{Event, EventKind};
use governance::on_every_database;
use governance::store::escalations::Of;
use governance::testkit::Fresh;
use world::World;

on_every_database! {
    the_same_question_joins_the_open_one
    an_agent_has_at_most_twenty_open
    what_waits_or_is_approved_for_a_task_ends_with_it
    a_question_nobody_may_decide_is_refused
    an_approval_is_held_released_and_used_once
    an_approval_holds_for_its_own_bytes_alone
    an_undo_is_real_while_it_is_held
    critical_needs_two_people_who_do_not_see_each_other
    an_owner_and_a_newcomer_need_another
    unanswered_means_denied
    a_late_vote_is_refused_and_on_record
    the_requester_alone_polls_and_cancels
    once_known_an_approval_lasts_ten_minutes
    a_revocation_voids_what_is_open_and_what_is_approved
    a_vote_for_another_card_is_refused
    the_log_carries_hashes_and_no_words
}

async fn the_same_question_joins_the_open_one(t: Fresh) {
    let w = World::new(t, 2).await;
    let first = w.open(w.refund(90_000, Tier::High, 1)).await;
    let at_once = w.try_open(w.refund(90_000, Tier::High, 1)).await.unwrap_err();
    assert_eq!(at_once.kind, Kind::TooMany);
    w.wait(1);
    let Opened::Joined(again) = w.try_open(w.refund(90_000, Tier::High, 1)).await.unwrap() else {
        panic!("not joined")
    };
    assert_eq!(again.escalation.id, first.escalation.id);
    assert_eq!(w.try_open(w.refund(90_000, Tier::High, 1)).await.unwrap_err().kind, Kind::TooMany);
    let other = w.open(w.refund(90_001, Tier::High, 1)).await;
    assert_ne!(other.escalation.id, first.escalation.id);
    let mut later_epoch = w.refund(90_000, Tier::High, 1);
    later_epoch.agent_epoch = 1;
    assert_ne!(w.open(later_epoch).await.escalation.id, first.escalation.id);
    assert_eq!(w.told(first.escalation.id).await, ["opened"]);
    // once it has ended the same question opens another
    w.vote(&first, w.people[0], Verdict::Deny).await.unwrap();
    let Opened::New(anew) = w.try_open(w.refund(90_000, Tier::High, 1)).await.unwrap() else { panic!("not new") };
    assert_ne!(anew.escalation.id, first.escalation.id);
}

async fn what_waits_or_is_approved_for_a_task_ends_with_it(t: Fresh) {
    use governance::engine::tasks::NewTask;
    let w = World::new(t, 2).await;
    let operator = w.t.operator();
    let open = async |reference: &str| {
        let new = NewTask {
            reference: reference.into(),
            purpose: "mend".into(),
            agent: w.agent.to_string(),
            ..NewTask::default()
        };
        w.t.gov.task_open(&operator, &new, None).await.unwrap().id
    };
    let (task, other) = (open("OPS-1").await, open("OPS-2").await);
    let of_task = |amount, task| NewEscalation { task: Some(task), ..w.refund(amount, Tier::Medium, 1) };
    let waits = w.open(of_task(1, task)).await;
    let approved = w.open(of_task(2, task)).await;
    w.vote(&approved, w.people[0], Verdict::Approve).await.unwrap();
    let elsewhere = w.open(of_task(1, other)).await;
    assert_ne!(elsewhere.escalation.id, waits.escalation.id, "the same act for another task is another question");
    w.wait(20);
    w.sweep().await;
    // an approval for one task is none for another, nor for no task
    for strange in [of_task(2, other), w.refund(2, Tier::Medium, 1)] {
        assert_eq!(w.consume(&strange, None).await.unwrap(), Consumption::Nothing);
    }
    let closed = w.t.gov.task_close(&operator, "OPS-1", "the ticket is closed", None).await.unwrap();
    assert_eq!((closed.ended.escalations, closed.ended.approvals), (1, 1));
    for ended in [&waits, &approved] {
        assert_eq!(w.get(ended.escalation.id).await.escalation.phase(), Phase::Revoked);
    }
    assert_eq!(w.get(elsewhere.escalation.id).await.escalation.phase(), Phase::Pending);
    assert_eq!(w.consume(&of_task(2, task), None).await.unwrap(), Consumption::Nothing);
}

async fn an_agent_has_at_most_twenty_open(t: Fresh) {
    let w = World::new(t, 2).await;
    for n in 0..20 {
        w.open(w.refund(n, Tier::High, 1)).await;
    }
    let Opened::Refused { reason, .. } = w.try_open(w.refund(20, Tier::High, 1)).await.unwrap() else {
        panic!("opened")
    };
    assert_eq!(reason, "too_many_pending");
    w.wait(1);
    assert!(
        matches!(w.try_open(w.refund(7, Tier::High, 1)).await.unwrap(), Opened::Joined(_)),
        "joining opens nothing"
    );
}

async fn a_question_nobody_may_decide_is_refused(t: Fresh) {
    let w = World::new(t, 1).await;
    let refused = |opened| match opened {
        Opened::Refused { reason, .. } => reason,
        _ => "opened",
    };
    let mut own = w.refund(1, Tier::High, 1);
    own.requesters = [w.people[0]].into();
    assert_eq!(refused(w.try_open(own).await.unwrap()), "no_approver", "the owner alone is left");
    assert_eq!(refused(w.try_open(w.refund(2, Tier::Critical, 3)).await.unwrap()), "no_approver");
    assert_eq!(refused(w.try_open(w.refund(3, Tier::Critical, 2)).await.unwrap()), "opened");
    // an empty group falls back to all approvers, and that is a finding until somebody is in it
    let found = || async {
        let findings = w.t.gov.finding_list(&w.t.operator(), &Default::default(), &Want::default()).await.unwrap();
        findings.items.into_iter().map(|f| f.found.subject).collect::<Vec<_>>()
    };
    assert!(found().await.is_empty());
    let mut elsewhere = w.refund(4, Tier::High, 1);
    elsewhere.requirement.routes = ["nobody".to_owned()].into();
    let record = w.open(elsewhere.clone()).await;
    assert_eq!(w.vote(&record, w.people[0], Verdict::Approve).await.unwrap().escalation.phase(), Phase::Approved);
    assert_eq!(found().await, ["route:nobody"]);
    w.approver("somebody", "nobody").await;
    elsewhere.parameters = w.refund(5, Tier::High, 1).parameters;
    w.open(elsewhere).await;
    assert!(found().await.is_empty());
}

async fn an_approval_is_held_released_and_used_once(t: Fresh) {
    let w = World::new(t, 1).await;
    let ask = w.refund(90_000, Tier::Low, 1);
    let opened = w.open(ask.clone()).await;
    assert_eq!(w.consume(&ask, None).await.unwrap(), Consumption::Nothing);
    let held = w.vote(&opened, w.people[0], Verdict::Approve).await.unwrap();
    assert_eq!((held.escalation.phase(), held.escalation.on_the_wire()), (Phase::Held, "pending"));
    w.wait(9);
    assert_eq!(w.sweep().await, 0);
    assert_eq!(w.consume(&ask, None).await.unwrap(), Consumption::Nothing);
    w.wait(1);
    // nobody swept: the question itself finds the hold over
    let Consumption::Used(used) = w.consume(&ask, None).await.unwrap() else { panic!("not used") };
    assert_eq!((used.escalation, used.grant_s, used.people), (opened.escalation.id, Some(900), vec![w.people[0]]));
    assert_eq!(w.consume(&ask, None).await.unwrap(), Consumption::Nothing);
    let again = w.consume(&ask, Some(opened.escalation.id)).await.unwrap();
    assert!(matches!(again, Consumption::Refused { reason: "approval_expired", .. }), "{again:?}");
    assert_eq!(w.told(opened.escalation.id).await, ["opened", "vote", "held", "released", "consumed"]);
    let end = w.get(opened.escalation.id).await;
    assert_eq!((end.escalation.phase(), end.escalation.on_the_wire()), (Phase::Consumed, "approved"));
}

async fn an_approval_holds_for_its_own_bytes_alone(t: Fresh) {
    let w = World::new(t, 1).await;
    let (ask, other) = (w.refund(90_000, Tier::High, 1), w.refund(90_001, Tier::High, 1));
    let record = w.open(ask.clone()).await;
    w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
    assert_eq!(w.consume(&other, None).await.unwrap(), Consumption::Nothing);
    let id = record.escalation.id;
    let refused = |c: Consumption| match c {
        Consumption::Refused { reason, .. } => reason,
        _ => "not refused",
    };
    assert_eq!(refused(w.consume(&other, Some(id)).await.unwrap()), "out_of_scope");
    let mut later = ask.clone();
    later.agent_epoch = 1;
    assert_eq!(refused(w.consume(&later, Some(id)).await.unwrap()), "out_of_scope");
    let mut changed = ask.clone();
    changed.gates[0].stop.text_hash = "other".into();
    assert_eq!(refused(w.consume(&changed, Some(id)).await.unwrap()), "out_of_scope");
    let unknown = governance::id::EscalationId::new(world::at(), [1; 10]);
    assert_eq!(refused(w.consume(&ask, Some(unknown)).await.unwrap()), "approval_unverifiable");
    assert!(matches!(w.consume(&ask, Some(id)).await.unwrap(), Consumption::Used(_)));
}

async fn an_undo_is_real_while_it_is_held(t: Fresh) {
    let w = World::new(t, 2).await;
    let ask = w.refund(90_000, Tier::Medium, 1);
    let record = w.open(ask.clone()).await;
    let (first, other) = (w.people[0], w.people[1]);
    w.vote(&record, first, Verdict::Approve).await.unwrap();
    w.wait(9);
    let id = record.escalation.id;
    assert_eq!(w.t.gov.escalation_undo(&w.person(other), id).await.unwrap_err().kind, Kind::Forbidden);
    let back = w.t.gov.escalation_undo(&w.person(first), id).await.unwrap();
    assert_eq!((back.escalation.phase(), back.escalation.votes.len()), (Phase::Pending, 0));
    w.wait(60);
    w.sweep().await;
    assert_eq!(w.consume(&ask, None).await.unwrap(), Consumption::Nothing);
    // who took it back may vote again
    w.vote(&record, first, Verdict::Approve).await.unwrap();
    w.wait(10);
    let late = w.t.gov.escalation_undo(&w.person(first), id).await.unwrap_err();
    assert_eq!(late.kind, Kind::Conflict);
    assert_eq!(w.sweep().await, 1);
    assert_eq!(w.told(id).await, ["opened", "vote", "held", "undone", "vote", "held", "released"]);
}

async fn critical_needs_two_people_who_do_not_see_each_other(t: Fresh) {
    let w = World::new(t, 3).await;
    let record = w.open(w.refund(90_000, Tier::Critical, 2)).await;
    let id = record.escalation.id;
    let mut careless = w.cast(&record, Verdict::Approve, w.people[0]);
    careless.echo = Some("something".into());
    let error = w.t.gov.escalation_vote(&w.person(w.people[0]), id, careless).await.unwrap_err();
    assert_eq!(error.detail, "type the value the card asks for, exactly as it stands there");
    w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
    let votes = |person| {
        let w = w.clone();
        async move { w.t.gov.escalation_get(&w.person(person), id).await.unwrap().votes }
    };
    assert!(matches!(votes(w.people[1]).await[..], [Seen::Blind { .. }]), "the second sees who was first");
    assert!(matches!(votes(w.people[0]).await[..], [Seen::Open(_)]));
    assert_eq!(w.vote(&record, w.people[0], Verdict::Approve).await.unwrap_err().kind, Kind::Conflict);
    let done = w.vote(&record, w.people[1], Verdict::Approve).await.unwrap();
    assert_eq!(done.escalation.phase(), Phase::Approved);
    assert!(matches!(votes(w.people[2]).await[..], [Seen::Open(_), Seen::Open(_)]));
    assert_eq!(w.told(id).await, ["opened", "vote", "vote", "released"]);
}

async fn an_owner_and_a_newcomer_need_another(t: Fresh) {
    let w = World::new(t, 1).await;
    w.wait(3 * 86_400);
    let newcomer = w.approver_since("newcomer", "finance", w.t.gov.now() - TimeDelta::hours(23)).await;
    for half in [w.owner, newcomer] {
        let record = w.open(w.refund(i64::from(half == newcomer), Tier::High, 1)).await;
        let alone = w.vote(&record, half, Verdict::Approve).await.unwrap();
        assert_eq!(alone.escalation.phase(), Phase::Pending);
        assert_eq!(alone.escalation.missing().len(), 1);
        let both = w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
        assert_eq!(both.escalation.phase(), Phase::Approved);
    }
    let mut own = w.refund(5, Tier::Critical, 2);
    own.acting = Some(("owner@example.com".into(), Some(w.owner)));
    let record = w.open(own).await;
    assert_eq!(w.vote(&record, w.owner, Verdict::Deny).await.unwrap_err().kind, Kind::Forbidden);
}

async fn unanswered_means_denied(t: Fresh) {
    let w = World::new(t, 2).await;
    let ask = w.refund(90_000, Tier::High, 1);
    let record = w.open(ask.clone()).await;
    let id = record.escalation.id;
    w.wait(899);
    assert_eq!(w.sweep().await, 0);
    w.wait(1);
    assert_eq!(w.sweep().await, 1, "at half of its time the backup is told");
    assert_eq!(w.sweep().await, 0);
    w.wait(899);
    assert_eq!(w.sweep().await, 0);
    w.wait(1);
    assert_eq!(w.vote(&record, w.people[0], Verdict::Approve).await.unwrap_err().kind, Kind::Conflict);
    assert_eq!(w.get(id).await.escalation.phase(), Phase::Expired);
    assert_eq!(w.told(id).await, ["opened", "reminded", "expired", "late_vote"]);
    // an approval nobody used runs out after four hours
    let record = w.open(ask.clone()).await;
    w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
    w.wait(4 * 3_600);
    assert_eq!(w.consume(&ask, None).await.unwrap(), Consumption::Nothing);
    assert_eq!(w.get(record.escalation.id).await.escalation.phase(), Phase::Expired);
}

async fn a_late_vote_is_refused_and_on_record(t: Fresh) {
    let w = World::new(t, 2).await;
    let record = w.open(w.refund(90_000, Tier::High, 1)).await;
    w.vote(&record, w.people[0], Verdict::Deny).await.unwrap();
    let late = w.vote(&record, w.people[1], Verdict::Approve).await.unwrap_err();
    assert_eq!((late.kind, late.detail.as_str()), (Kind::Conflict, "it is already denied"));
    let end = w.get(record.escalation.id).await.escalation;
    assert_eq!((end.phase(), end.votes.len()), (Phase::Denied, 1));
    assert_eq!(w.told(record.escalation.id).await, ["opened", "vote", "denied", "late_vote"]);
}

async fn the_requester_alone_polls_and_cancels(t: Fresh) {
    let w = World::new(t, 1).await;
    let record = w.open(w.refund(90_000, Tier::High, 1)).await;
    let (id, gov) = (record.escalation.id, &w.t.gov);
    let stranger = w.ctx_of(KeyId::new(world::at(), [9; 10]), None);
    assert_eq!(gov.escalation_poll(&stranger, id).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(gov.escalation_cancel(&stranger, id).await.unwrap_err().kind, Kind::NotFound);
    let another_key = w.ctx_of(KeyId::new(world::at(), [8; 10]), Some(w.agent));
    assert_eq!(gov.escalation_poll(&another_key, id).await.unwrap().escalation.phase(), Phase::Pending);
    assert_eq!(gov.escalation_cancel(&w.caller(), id).await.unwrap().escalation.phase(), Phase::Cancelled);
    assert_eq!(gov.escalation_cancel(&w.caller(), id).await.unwrap_err().kind, Kind::Conflict);
    let person = gov.escalation_poll(&w.person(w.people[0]), id).await.unwrap_err();
    assert_eq!(person.kind, Kind::Unauthenticated);
}

async fn once_known_an_approval_lasts_ten_minutes(t: Fresh) {
    let w = World::new(t, 1).await;
    for (wait, usable) in [(599, true), (600, false)] {
        let ask = w.refund(wait, Tier::High, 1);
        let record = w.open(ask.clone()).await;
        w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
        w.wait(3_600);
        let polled = w.t.gov.escalation_poll(&w.caller(), record.escalation.id).await.unwrap();
        assert_eq!(polled.escalation.learned_at, Some(w.t.gov.now()));
        w.wait(wait);
        w.t.gov.escalation_poll(&w.caller(), record.escalation.id).await.unwrap();
        assert_eq!(matches!(w.consume(&ask, None).await.unwrap(), Consumption::Used(_)), usable);
    }
}

async fn a_revocation_voids_what_is_open_and_what_is_approved(t: Fresh) {
    let w = World::new(t, 1).await;
    let asks: Vec<_> = (0..4).map(|n| w.refund(n, Tier::High, 1)).collect();
    let mut records = Vec::new();
    for ask in &asks {
        records.push(w.open(ask.clone()).await);
    }
    w.vote(&records[1], w.people[0], Verdict::Approve).await.unwrap();
    w.vote(&records[2], w.people[0], Verdict::Deny).await.unwrap();
    w.vote(&records[3], w.people[0], Verdict::Approve).await.unwrap();
    assert!(matches!(w.consume(&asks[3], None).await.unwrap(), Consumption::Used(_)));
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    let cause = ("revocation", RevocationId::new(world::at(), [3; 10]).to_string());
    let voided = escalation_revoke_in(&mut write, Of::Identity(w.agent), cause, "operator:test").await.unwrap();
    write.append(Event::new(EventKind::RevocationMade, "operator:test")).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!((voided.escalations, voided.approvals), (1, 1));
    assert_eq!(w.consume(&asks[1], None).await.unwrap(), Consumption::Nothing);
    let mut phases = Vec::new();
    for record in &records {
        phases.push(w.get(record.escalation.id).await.escalation.phase());
    }
    assert_eq!(phases, [Phase::Revoked, Phase::Revoked, Phase::Denied, Phase::Consumed]);
}

async fn a_vote_for_another_card_is_refused(t: Fresh) {
    let w = World::new(t, 1).await;
    let (record, other) = (w.open(w.refund(1, Tier::High, 1)).await, w.open(w.refund(2, Tier::High, 1)).await);
    let by = w.people[0];
    let mut wrong = w.cast(&record, Verdict::Approve, by);
    wrong.digest = other.escalation.digest.clone();
    let mut old = w.cast(&record, Verdict::Approve, by);
    old.card_version = 0;
    for cast in [wrong, old] {
        let error = w.t.gov.escalation_vote(&w.person(by), record.escalation.id, cast).await.unwrap_err();
        assert_eq!(error.detail, "changed since you looked: read the card again");
    }
    assert_eq!(w.get(record.escalation.id).await.escalation.votes.len(), 0);
}

async fn the_log_carries_hashes_and_no_words(t: Fresh) {
    let w = World::new(t, 1).await;
    let record = w.open(w.refund(90_000, Tier::High, 1)).await;
    let voted = w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
    let mut tx = w.t.gov.read().await.unwrap();
    let mut seen = 0;
    for event in governance::store::events::after(&mut tx, -1, 1_000).await.unwrap() {
        let text = String::from_utf8(event.leaf).unwrap();
        assert!(!text.contains("please") && !text.contains("agreed") && !text.contains("stripe"), "{text}");
        let leaf: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (name, hash) in leaf["payloads"].as_object().into_iter().flatten() {
            let (salt, bytes) =
                governance::store::events::payload(&mut tx, hash.as_str().unwrap()).await.unwrap().unwrap();
            assert_eq!(governance::engine::salted_hash(&salt, &bytes.unwrap()), *hash, "{name}");
            seen += 1;
        }
    }
    assert_eq!(seen, 5, "card and terms of the opening, card and reason of the vote, card of the release");
    assert_eq!(voted.escalation.votes[0].card_hash, voted.escalation.card_hash);
    let shown = w.t.gov.escalation_get(&w.person(w.people[0]), record.escalation.id).await.unwrap();
    let card = shown.card.unwrap();
    assert_eq!(card.headline.sentence(), "invoice-agent wants to refund 900.00 EUR (stripe:test)");
    let names: std::collections::BTreeSet<_> = card.deciders.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["owner", "approver 0"].into());
}
