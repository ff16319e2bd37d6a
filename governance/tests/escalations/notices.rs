//! Who is told of what, once for each event and never of what did not happen, on both databases.
use crate::world::World;
use chrono::TimeDelta;
use governance::engine::escalations::escalation_open_in;
use governance::engine::notices::{Attempt, Outgoing, Says, To, Ways};
use governance::engine::page::Want;
use governance::engine::{Actor, Ctx};
use governance::escalation::asked::Callback;
use governance::escalation::{Tier, Verdict};
use governance::id::{EscalationId, PersonId};
use governance::notice::{Channel, Kind, Notice, State};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    who_can_decide_is_told_once
    a_write_that_was_dropped_tells_nobody
    an_agent_that_may_ask_no_more_is_told_of_to_its_owner_once
    half_time_is_told_to_the_backup_owner_too
    what_was_decided_is_no_longer_announced
    the_requester_is_told_of_the_ends_they_asked_for
    a_message_is_taken_by_one_and_again_after_a_crash
    what_never_arrives_is_given_up_and_found_until_something_arrives
    without_a_way_out_nothing_piles_up
    nobody_but_the_house_takes_messages
}

const ALL: Ways = Ways { webhook: true, mail: true };

fn house(w: &World) -> Ctx {
    w.t.gov.ctx(Actor::System("notices"))
}
async fn of(w: &World, id: EscalationId) -> Vec<Notice> {
    store::notices::of(&mut w.t.gov.read().await.unwrap(), id).await.unwrap()
}
async fn spread(w: &World) -> usize {
    w.t.gov.notice_spread(&house(w), ALL).await.unwrap()
}
async fn claim(w: &World) -> Vec<Outgoing> {
    w.t.gov.notice_claim(&house(w), 50).await.unwrap()
}
async fn settle(w: &World, message: &Outgoing, attempt: Attempt) -> Notice {
    w.t.gov.notice_settle(&house(w), &message.notice, &attempt).await.unwrap()
}
fn failed(why: &str) -> Attempt {
    Attempt::Failed { why: why.into(), lasting: false }
}
fn mailed(notices: &[Notice], kind: Kind) -> Vec<String> {
    let mut people: Vec<_> =
        notices.iter().filter(|n| n.channel == Channel::Mail && n.kind == kind).map(|n| n.target.clone()).collect();
    people.sort();
    people
}
fn sorted(people: &[PersonId]) -> Vec<String> {
    let mut people: Vec<_> = people.iter().map(ToString::to_string).collect();
    people.sort();
    people
}

async fn who_can_decide_is_told_once(t: Fresh) {
    let w = World::new(t, 3).await;
    let mut new = w.refund(90_000, Tier::High, 2);
    new.requesters = [w.people[0]].into();
    let record = w.open(new).await;
    assert!(of(&w, record.escalation.id).await.is_empty(), "messages are made afterwards");
    assert_eq!(spread(&w).await, 4);
    let made = of(&w, record.escalation.id).await;
    assert_eq!(mailed(&made, Kind::Opened), sorted(&[w.people[1], w.people[2], w.owner]), "not who asked");
    assert_eq!(made.iter().filter(|n| n.channel == Channel::Webhook).count(), 1);
    // asked again it is the same question: nobody is told anew
    w.wait(1);
    let mut again = w.refund(90_000, Tier::High, 2);
    again.requesters = [w.people[0]].into();
    w.open(again).await;
    assert_eq!(spread(&w).await, 0);
    let taken = claim(&w).await;
    assert_eq!(taken.len(), 4);
    let Says::Request(facts) = &taken[0].says else { panic!("{taken:?}") };
    assert_eq!((facts.agent.as_str(), facts.action.as_str(), facts.quorum), ("invoice-agent", "refund.create", 2));
    assert!(record.escalation.digest.starts_with(&facts.digest) && facts.digest.len() == 12);
    assert!(!format!("{taken:?}").contains("90000"), "no parameters");
    assert!(!format!("{taken:?}").contains("please"), "none of the agent's words");
}

async fn a_write_that_was_dropped_tells_nobody(t: Fresh) {
    let w = World::new(t, 1).await;
    let mut write = w.t.gov.write(&w.caller()).await.unwrap();
    escalation_open_in(&mut write, w.refund(90_000, Tier::High, 1)).await.unwrap();
    assert_eq!(store::notices::waiting(&mut write.tx, w.t.gov.now(), 10).await.unwrap().len(), 1);
    drop(write);
    assert_eq!(store::notices::waiting(&mut w.t.gov.read().await.unwrap(), w.t.gov.now(), 10).await.unwrap(), []);
    assert_eq!(spread(&w).await, 0);
}

async fn half_time_is_told_to_the_backup_owner_too(t: Fresh) {
    let w = World::new(t, 2).await;
    let backup = w.approver("backup", "elsewhere").await;
    let mut write = w.t.gov.write(&w.t.operator()).await.unwrap();
    let args = [w.agent.into(), backup.into()];
    write.tx.execute("update identities set backup_id = $2 where id = $1", &args).await.unwrap();
    write
        .append(governance::log::event::Event::new(governance::log::event::EventKind::IdentityOwned, "operator:test"))
        .await
        .unwrap();
    write.commit().await.unwrap();
    let record = w.open(w.refund(90_000, Tier::High, 2)).await;
    w.vote(&record, w.people[0], Verdict::Approve).await.unwrap();
    w.wait(Tier::High.wait_seconds().into());
    w.t.clock.advance(-TimeDelta::seconds(i64::from(Tier::High.wait_seconds()) / 2));
    assert_eq!(w.sweep().await, 1);
    spread(&w).await;
    let made = of(&w, record.escalation.id).await;
    assert_eq!(mailed(&made, Kind::Reminded), sorted(&[w.people[1], w.owner, backup]), "who has decided is left alone");
    assert_eq!(w.sweep().await, 0);
    assert_eq!(spread(&w).await, 0, "half time is told once");
}

async fn an_agent_that_may_ask_no_more_is_told_of_to_its_owner_once(t: Fresh) {
    let w = World::new(t, 2).await;
    let mut last = w.open(w.refund(0, Tier::High, 1)).await;
    for n in 1..20 {
        w.wait(1);
        last = w.open(w.refund(n, Tier::High, 1)).await;
    }
    spread(&w).await;
    let told = async || mailed(&of(&w, last.escalation.id).await, Kind::Crowded);
    assert!(told().await.is_empty());
    for n in 20..23 {
        let more = w.try_open(w.refund(n, Tier::High, 1)).await.unwrap();
        assert!(matches!(more, governance::engine::escalations::Opened::Refused { reason: "too_many_pending", .. }));
    }
    assert_eq!(spread(&w).await, 2, "the owner and the webhook, once");
    assert_eq!(told().await, sorted(&[w.owner]), "the approvers have their own messages");
    // another request takes the place of one that ended: that they are too many again is told again
    w.vote(&last, w.people[0], Verdict::Deny).await.unwrap();
    last = w.open(w.refund(20, Tier::High, 1)).await;
    w.try_open(w.refund(21, Tier::High, 1)).await.unwrap();
    spread(&w).await;
    assert_eq!(mailed(&of(&w, last.escalation.id).await, Kind::Crowded), sorted(&[w.owner]));
}

async fn what_was_decided_is_no_longer_announced(t: Fresh) {
    let w = World::new(t, 1).await;
    let record = w.open(w.refund(90_000, Tier::High, 1)).await;
    spread(&w).await;
    w.vote(&record, w.people[0], Verdict::Deny).await.unwrap();
    assert_eq!(claim(&w).await, []);
    assert!(of(&w, record.escalation.id).await.iter().all(|n| n.state == State::Moot && n.attempts == 0));
}

async fn the_requester_is_told_of_the_ends_they_asked_for(t: Fresh) {
    let w = World::new(t, 1).await;
    let callback = |events: &[&str]| Callback {
        endpoint: "https://agents.example/in".into(),
        state: Some("s-1".into()),
        events: events.iter().map(|e| (*e).to_owned()).collect(),
    };
    let open = |amount: i64, events: &'static [&'static str]| {
        let w = &w;
        async move {
            let record = w.open(w.refund(amount, Tier::High, 1)).await;
            w.t.gov.escalation_callback(&w.caller(), record.escalation.id, &callback(events)).await.unwrap()
        }
    };
    let (denied, expired, silent) = (open(1, &[]).await, open(2, &["expired"]).await, open(3, &["approved"]).await);
    let stranger = w.ctx_of(governance::id::KeyId::new(w.t.gov.now(), [9; 10]), None);
    let error = w.t.gov.escalation_callback(&stranger, denied.escalation.id, &callback(&[])).await.unwrap_err();
    assert_eq!(error.kind, governance::error::Kind::NotFound);
    for record in [&denied, &silent] {
        w.vote(record, w.people[0], Verdict::Deny).await.unwrap();
    }
    w.wait(3_600);
    w.sweep().await;
    w.t.gov.notice_spread(&house(&w), Ways::default()).await.unwrap();
    let told = |id| {
        let w = &w;
        async move { of(w, id).await.into_iter().map(|n| (n.channel, n.outcome.unwrap(), n.target)).collect::<Vec<_>>() }
    };
    let one = |outcome: &str| vec![(Channel::Callback, outcome.to_owned(), "https://agents.example/in".to_owned())];
    assert_eq!(told(denied.escalation.id).await, one("denied"));
    assert_eq!(told(expired.escalation.id).await, one("expired"));
    assert_eq!(told(silent.escalation.id).await, []);
}

async fn a_message_is_taken_by_one_and_again_after_a_crash(t: Fresh) {
    let w = World::new(t, 1).await;
    w.open(w.refund(90_000, Tier::High, 1)).await;
    spread(&w).await;
    let first = claim(&w).await;
    assert_eq!(first.len(), 3);
    assert_eq!(claim(&w).await, [], "taken");
    // nobody noted what became of it
    w.wait(60);
    let again = claim(&w).await;
    assert_eq!(again.len(), 3);
    assert_eq!(again[0].notice.attempts, 2);
    let late = w.t.gov.notice_settle(&house(&w), &first[0].notice, &Attempt::Sent).await.unwrap_err();
    assert_eq!(late.kind, governance::error::Kind::Conflict, "whoever was too slow changes nothing");
    for message in &again {
        assert!(matches!(message.to, To::Webhook | To::Person { .. }));
        assert_eq!(settle(&w, message, Attempt::Sent).await.state, State::Sent);
    }
    w.wait(600);
    assert_eq!(claim(&w).await, []);
}

async fn what_never_arrives_is_given_up_and_found_until_something_arrives(t: Fresh) {
    let w = World::new(t, 1).await;
    let found = || async {
        let all = w.t.gov.finding_list(&w.t.operator(), &Default::default(), &Want::default()).await.unwrap();
        all.items.into_iter().map(|f| (f.found.subject, f.found.evidence)).collect::<Vec<_>>()
    };
    let record = w.open(w.refund(90_000, Tier::Critical, 2)).await;
    w.t.gov.notice_spread(&house(&w), Ways { webhook: true, mail: false }).await.unwrap();
    let mut attempts = 0;
    for _ in 0..15 * 60 {
        for message in claim(&w).await {
            attempts += 1;
            settle(&w, &message, failed("answered 500\u{202e}")).await;
        }
        w.wait(1);
    }
    assert_eq!(attempts, 5);
    assert_eq!(of(&w, record.escalation.id).await[0].state, State::Failed);
    assert_eq!(found().await, [("channel:webhook".to_owned(), vec!["answered 500⟦U+202E⟧".to_owned()])]);
    assert!(w.told(record.escalation.id).await.contains(&"notice.failed".to_owned()));
    let next = w.open(w.refund(90_001, Tier::High, 1)).await;
    w.t.gov.notice_spread(&house(&w), Ways { webhook: true, mail: false }).await.unwrap();
    for message in claim(&w).await {
        settle(&w, &message, Attempt::Sent).await;
    }
    assert_eq!(found().await, []);
    assert!(w.told(next.escalation.id).await.contains(&"notice.sent".to_owned()));
    let fares = w.t.gov.notice_fares(&w.t.operator(), crate::world::at()).await.unwrap();
    assert_eq!((fares.len(), fares[0].waiting, fares[0].sent, fares[0].failed), (1, 0, 1, 1));
}

async fn without_a_way_out_nothing_piles_up(t: Fresh) {
    let w = World::new(t, 1).await;
    let record = w.open(w.refund(90_000, Tier::High, 1)).await;
    assert_eq!(w.t.gov.notice_spread(&house(&w), Ways::default()).await.unwrap(), 0);
    assert!(of(&w, record.escalation.id).await.is_empty());
    assert_eq!(store::notices::waiting(&mut w.t.gov.read().await.unwrap(), w.t.gov.now(), 10).await.unwrap(), []);
    let later = w.t.gov.now() + TimeDelta::days(31);
    let mut tx = w.t.gov.write(&w.t.operator()).await.unwrap().tx;
    assert_eq!(store::notices::forget(&mut tx, later - TimeDelta::days(30)).await.unwrap(), 1);
}

async fn nobody_but_the_house_takes_messages(t: Fresh) {
    let w = World::new(t, 1).await;
    w.open(w.refund(90_000, Tier::High, 1)).await;
    for ctx in [w.person(w.people[0]), w.caller()] {
        assert!(w.t.gov.notice_spread(&ctx, ALL).await.is_err());
        assert!(w.t.gov.notice_claim(&ctx, 1).await.is_err());
    }
}
