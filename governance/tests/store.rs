//! The store on both databases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use governance::engine::Actor;
use governance::log::event::{Event, EventKind};
use governance::log::{leaf_hash, root};
use governance::on_every_database;
use governance::store;
use governance::testkit::Fresh;

on_every_database! {
    the_head_is_the_root_of_all_leaves
    a_dropped_write_leaves_nothing
    writers_at_once_get_places_of_their_own
    events_cannot_be_changed_or_removed
    time_never_runs_backwards_in_the_log
}

async fn put(t: &Fresh, n: usize) {
    let ctx = t.gov.ctx(Actor::System("test"));
    let mut w = t.gov.write(&ctx).await.unwrap();
    for i in 0..n {
        w.append(Event::new(EventKind::SettingChanged, "system:test").subject(i)).await.unwrap();
    }
    w.commit().await.unwrap();
}

async fn the_head_is_the_root_of_all_leaves(t: Fresh) {
    put(&t, 300).await;
    put(&t, 300).await;
    let mut tx = t.gov.read().await.unwrap();
    let head = store::head::get(&mut tx).await.unwrap();
    let events = store::events::after(&mut tx, -1, 1000).await.unwrap();
    assert_eq!((head.size, events.len()), (601, 601));
    let hashes: Vec<_> = events.iter().map(|e| leaf_hash(&e.leaf)).collect();
    let frontier = governance::log::Frontier::from_bytes(head.size, &head.frontier).unwrap();
    assert_eq!(frontier.root(), root(&hashes));
    for idx in [0, 1] {
        let tile = store::tiles::span(&mut tx, 0, idx, 256).await.unwrap();
        let first = usize::try_from(idx).unwrap() * 256;
        assert_eq!(tile, hashes[first..first + 256]);
    }
    assert_eq!(store::tiles::span(&mut tx, 0, 2, 89).await.unwrap(), hashes[512..601]);
    assert_eq!(store::tiles::span(&mut tx, 1, 0, 2).await.unwrap(), [root(&hashes[..256]), root(&hashes[256..512])]);
}

async fn a_dropped_write_leaves_nothing(t: Fresh) {
    let ctx = t.gov.ctx(Actor::System("test"));
    let mut w = t.gov.write(&ctx).await.unwrap();
    w.append(Event::new(EventKind::Gap, "system:test")).await.unwrap();
    drop(w);
    let mut tx = t.gov.read().await.unwrap();
    assert_eq!(store::head::get(&mut tx).await.unwrap().size, 1);
    assert_eq!(store::events::after(&mut tx, -1, 10).await.unwrap().len(), 1);
}

async fn writers_at_once_get_places_of_their_own(t: Fresh) {
    let t = std::sync::Arc::new(t);
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let t = t.clone();
            tokio::spawn(async move { put(&t, 3).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut tx = t.gov.read().await.unwrap();
    let seqs: Vec<_> = store::events::after(&mut tx, -1, 100).await.unwrap().iter().map(|e| e.seq).collect();
    assert_eq!(seqs, (0..61).collect::<Vec<_>>());
}

async fn events_cannot_be_changed_or_removed(t: Fresh) {
    for sql in ["update events set kind = 'x' where seq = 0", "delete from events where seq = 0"] {
        let ctx = t.gov.ctx(Actor::System("test"));
        let mut w = t.gov.write(&ctx).await.unwrap();
        let error = w.tx.execute(sql, &[]).await.unwrap_err();
        assert!(format!("{:?}", error.source).contains("events are never"), "{error:?}");
    }
}

async fn time_never_runs_backwards_in_the_log(t: Fresh) {
    use governance::time::Timestamp;
    t.clock.set(Timestamp::parse("2026-11-21T10:00:00Z").unwrap());
    put(&t, 1).await;
    t.clock.set(Timestamp::parse("2026-11-21T08:00:00Z").unwrap());
    put(&t, 1).await;
    let mut tx = t.gov.read().await.unwrap();
    let at: Vec<_> = store::events::after(&mut tx, 0, 10).await.unwrap().iter().map(|e| e.at.to_string()).collect();
    assert_eq!(at, ["2026-11-21T10:00:00.000000Z", "2026-11-21T10:00:00.000000Z"]);
}
