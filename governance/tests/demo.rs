//! The demo's seven days, played through the operations.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::demo::{WAITING, begins, go_on, play};
use governance::engine::escalations::Query;
use governance::engine::findings::Filter as Findings;
use governance::engine::identities::Filter as Identities;
use governance::engine::page::Want;
use governance::escalation::Phase;
use governance::store::decisions::Filter as Decisions;
use governance::store::{self, escalations::Filter as Cards};
use governance::testkit::Fresh;

async fn played() -> (Fresh, governance::time::Timestamp) {
    let t = Fresh::sqlite().await;
    let until = t.gov.now() + TimeDelta::days(7);
    assert_eq!(begins(until), t.gov.now());
    let mut heard = Vec::new();
    play(&t.gov, &t.clock, until, &mut |done, of, doing| heard.push((done, of, doing.to_owned()))).await.unwrap();
    assert!(heard.len() >= 9 && heard.windows(2).all(|w| w[0].0 <= w[1].0), "{heard:?}");
    assert_eq!(t.gov.now(), until);
    let replayed = t.gov.log_replay(&t.operator()).await.unwrap();
    assert!(replayed.holds(), "{replayed:#?}");
    (t, until)
}

/// Kind and second of every event.
async fn told(t: &Fresh) -> Vec<(String, i64)> {
    let mut tx = t.gov.read().await.unwrap();
    let events = store::events::after(&mut tx, -1, 100_000).await.unwrap();
    events.into_iter().map(|e| (e.kind, e.at.seconds())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_with_seven_that_wait_and_one_that_lies() {
    let (t, until) = played().await;
    let ctx = t.operator();
    let counts = t.gov.identity_counts(&ctx, &Identities::default()).await.unwrap();
    assert!((380..=420).contains(&counts.matching), "{} identities", counts.matching);

    let waiting = t.gov.escalation_list(&ctx, &Query::Waiting, &Cards::default(), 100).await.unwrap().items;
    let open = waiting.iter().filter(|w| w.record.escalation.due(until).is_none()).count();
    assert_eq!((waiting.len(), open), (7, 7));
    let lies: Vec<_> = waiting.iter().filter(|w| w.refuted > 0).map(|w| w.record.asked.agent.as_str()).collect();
    assert_eq!(lies, ["db-janitor"]);
    for w in &waiting {
        let shown = t.gov.escalation_get(&ctx, w.record.escalation.id).await.unwrap();
        assert!(!shown.deciders.is_empty(), "{:?}", w.record.asked);
    }

    let of = async |phase| {
        t.gov.escalation_list(&ctx, &Query::All(Some(phase)), &Cards::default(), 100).await.unwrap().items.len()
    };
    for phase in [Phase::Consumed, Phase::Denied, Phase::Expired] {
        assert!(of(phase).await > 0, "none is {phase}");
    }
    for outcome in ["permit", "deny", "escalate"] {
        let filter = Decisions { outcome: Some(outcome.into()), ..Decisions::default() };
        assert!(t.gov.decision_list(&ctx, &filter, 1).await.unwrap().len() == 1, "{outcome}");
    }
    assert!(!t.gov.grant_list(&ctx, None, None, Some("consumed"), 10).await.unwrap().is_empty());
    let found = t.gov.finding_list(&ctx, &Findings::default(), &Want { cursor: None, limit: 500 }).await.unwrap();
    assert!(found.items.len() > 50, "{} findings", found.items.len());
    let overview = t.gov.overview(&ctx).await.unwrap();
    assert!(overview.attributable.whole > 0 && overview.revocations == 1, "{overview:?}");

    let check = t.gov.log_check(&ctx, None).await.unwrap();
    assert!(check.holds(), "{:?}", check.problems);
    assert_eq!(check.events, t.gov.log_size().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_is_the_same_every_time_and_no_key_is() {
    let ((a, _), (b, _)) = tokio::join!(played(), played());
    assert_eq!(told(&a).await, told(&b).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_answered_is_asked_again() {
    let (t, _) = played().await;
    let ctx = t.operator();
    let waits = async || t.gov.escalation_list(&ctx, &Query::Waiting, &Cards::default(), 100).await.unwrap().items;
    let before: Vec<_> = waits().await.into_iter().map(|w| w.record.escalation.id).collect();
    t.clock.advance(TimeDelta::hours(6));
    t.gov.escalation_sweep(&t.operator()).await.unwrap();
    assert!(waits().await.is_empty());
    go_on(&t.gov).await.unwrap();
    let after = waits().await;
    assert_eq!(after.len(), WAITING.len());
    assert!(after.iter().all(|w| !before.contains(&w.record.escalation.id)));
    let size = t.gov.log_size().await.unwrap();
    t.clock.advance(TimeDelta::seconds(5));
    go_on(&t.gov).await.unwrap();
    assert_eq!(t.gov.log_size().await.unwrap(), size, "what waits is not asked again");
}
