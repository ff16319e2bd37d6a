//! What a failing disk does to decisions, and what every connection is told of durability.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::{Ctx, Scope};
use governance::error::{Error, Kind};
use governance::identity;
use governance::on_every_database;
use governance::store;
use governance::store::db::Db;
use governance::testkit::Fresh;
use serde_json::{Map, json};

on_every_database! {
    every_connection_keeps_what_was_committed
}

async fn every_connection_keeps_what_was_committed(t: Fresh) {
    let db = Db::open(&t.url).await.unwrap();
    let told = db.durability().await.unwrap();
    if db.is_postgres() {
        assert_eq!(told.len(), 16);
        assert!(told.iter().all(|c| c == &["on".to_owned(), "1s".to_owned()]), "{told:?}");
    } else {
        // 2 is FULL: each commit is on the disk before it returns
        assert_eq!(told.len(), 10, "the writer, the keeper and every reader");
        assert!(told.iter().all(|c| c == &["wal".to_owned(), "2".to_owned(), "1".to_owned()]), "{told:?}");
    }
    db.close().await;
}

async fn caller(t: &Fresh) -> Ctx {
    t.gov.policy_install().await.unwrap();
    let new = NewIdentity::named("invoice-07", identity::Kind::Agent);
    let agent = t.gov.identity_add(&t.operator(), new).await.unwrap().id;
    let key = NewKey {
        identity: Some(agent),
        name: "test".into(),
        patterns: vec![],
        scopes: [Scope::Ask].into(),
        submits: true,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), key).await.unwrap();
    t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap())
}

async fn ask(t: &Fresh, ctx: &Ctx, key: &str) -> Result<Answer, Error> {
    let properties = json!({"amount_minor": 1, "currency": "EUR"});
    let ask = Ask {
        subject: Entity { kind: "agent".into(), id: "invoice-07".into(), properties: Map::new() },
        action: Action { name: "refund.create".into(), properties: properties.as_object().cloned().unwrap() },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: Some(key.into()),
    };
    t.gov.decide(ctx, ask).await
}

/// Sets how many pages the database file may have, on the one connection that writes.
async fn limit(t: &Fresh, sql: &'static str) {
    let mut w = t.gov.write(&t.operator()).await.unwrap();
    w.tx.one(sql, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_decisions_reads_on_and_resumes_by_itself() {
    let t = Fresh::sqlite().await;
    let ctx = caller(&t).await;
    assert_eq!(ask(&t, &ctx, "first").await.unwrap().outcome, Outcome::Permit);
    assert!(!t.gov.disk_full());
    // no smaller than it is: from here on it cannot grow
    limit(&t, "pragma max_page_count = 1").await;
    let mut permitted = 0;
    let refused = loop {
        match ask(&t, &ctx, &format!("k{permitted}")).await {
            Ok(_) => permitted += 1,
            Err(e) => break e,
        }
        assert!(permitted < 10_000, "it never filled up");
    };
    assert_eq!(refused.kind, Kind::Unavailable);
    assert!(t.gov.disk_full());
    // people can look meanwhile, and nothing that was answered is missing
    let seen = t.gov.decision_list(&t.operator(), &Default::default(), 1_000).await.unwrap();
    assert_eq!(seen.len(), (permitted + 1).min(1_000));
    // the next write has a connection of its own, which no limit of this test binds: there is room again
    assert_eq!(ask(&t, &ctx, "again").await.unwrap().outcome, Outcome::Permit);
    assert!(!t.gov.disk_full());
    // the log says from when to when nothing could be recorded, and how much was refused
    let events = store::events::after(&mut t.gov.read().await.unwrap(), -1, 100_000).await.unwrap();
    let gap = events.iter().find(|e| e.kind == "gap").expect("a gap");
    let leaf: serde_json::Value = serde_json::from_slice(&gap.leaf).unwrap();
    assert_eq!(leaf["reasons"][2], json!("refused 1"));
    assert!(t.gov.log_check(&t.operator(), None).await.unwrap().holds());
    assert!(t.gov.log_replay(&t.operator()).await.unwrap().holds());
}
