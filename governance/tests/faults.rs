//! What a failing disk does to decisions, and what every connection is told of durability.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::{Ctx, Governance, Opening, Scope};
use governance::error::{Error, Kind};
use governance::identity;
use governance::on_every_database;
use governance::store;
use governance::store::db::Db;
use governance::testkit::Fresh;
use governance::time::{Clock, ManualClock, Timestamp};
use rand::SeedableRng as _;
use serde_json::{Map, Value, json};
use std::os::unix::process::ExitStatusExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

on_every_database! {
    every_connection_keeps_what_was_committed
    what_finds_no_place_is_refused_and_counted_in_the_log
    a_lock_that_others_hold_too_long_refuses_and_the_log_says_so
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

async fn what_finds_no_place_is_refused_and_counted_in_the_log(t: Fresh) {
    let ctx = caller(&t).await;
    let gov = t.gov.with_places(1);
    let asked = |n: usize| {
        let (gov, ctx) = (gov.clone(), ctx.clone());
        tokio::spawn(async move { gov.decide(&ctx, question(&format!("k{n}"))).await })
    };
    assert_eq!(gov.decide(&ctx, question("first")).await.unwrap().outcome, Outcome::Permit);
    // nothing can be recorded while somebody else writes: the committer takes one, and one waits for it
    let held = t.gov.write(&t.operator()).await.unwrap();
    let mut waiting = vec![asked(0)];
    tokio::time::sleep(Duration::from_millis(150)).await;
    waiting.push(asked(1));
    tokio::time::sleep(Duration::from_millis(150)).await;
    for n in 2..7 {
        let refused = asked(n).await.unwrap().unwrap_err();
        assert_eq!(
            (refused.kind, refused.detail.as_str()),
            (Kind::Unavailable, "too many questions wait; ask again shortly")
        );
    }
    t.clock.advance(TimeDelta::seconds(1));
    drop(held);
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap().outcome, Outcome::Permit);
    }
    assert_eq!(gov.decide(&ctx, question("last")).await.unwrap().outcome, Outcome::Permit);
    assert_eq!(gaps(&t).await, [json!([format!("from {START}"), format!("to {}", t.gov.now()), "refused 5"])]);
}

async fn a_lock_that_others_hold_too_long_refuses_and_the_log_says_so(t: Fresh) {
    let ctx = caller(&t).await;
    assert_eq!(ask(&t, &ctx, "first").await.unwrap().outcome, Outcome::Permit);
    let held = t.gov.write(&t.operator()).await.unwrap();
    let began = Instant::now();
    let refused = ask(&t, &ctx, "second").await.unwrap_err();
    assert_eq!(refused.kind, Kind::Unavailable);
    // a second for the lock; that nobody is answered before is what makes it a wait
    assert!((Duration::from_millis(900)..Duration::from_secs(4)).contains(&began.elapsed()), "{:?}", began.elapsed());
    t.clock.advance(TimeDelta::seconds(3));
    drop(held);
    assert_eq!(ask(&t, &ctx, "second").await.unwrap().outcome, Outcome::Permit, "the same key: nothing was decided");
    let [gap] = &gaps(&t).await[..] else { panic!("one gap") };
    assert_eq!((&gap[1], &gap[2]), (&json!(format!("to {}", t.gov.now())), &json!("refused 1")));
}

/// What the log says of times in which nothing could be recorded.
async fn gaps(t: &Fresh) -> Vec<Value> {
    let events = store::events::after(&mut t.gov.read().await.unwrap(), -1, 1_000).await.unwrap();
    let leaf = |leaf: &[u8]| serde_json::from_slice::<Value>(leaf).unwrap();
    events.iter().filter(|e| e.kind == "gap").map(|e| leaf(&e.leaf)["reasons"].clone()).collect()
}

/// As the log writes the instant every test starts at.
const START: &str = "2026-11-21T09:00:00.000000Z";

fn question(key: &str) -> Ask {
    let properties = json!({"amount_minor": 1, "currency": "EUR"});
    Ask {
        subject: Entity { kind: "agent".into(), id: "invoice-07".into(), properties: Map::new() },
        action: Action { name: "refund.create".into(), properties: properties.as_object().cloned().unwrap() },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: Some(key.into()),
    }
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
    t.gov.decide(ctx, question(key)).await
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

/// A clock that panics wherever it is read, once it is told to.
struct Trap {
    clock: ManualClock,
    armed: Arc<AtomicBool>,
}

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        // the committer is a task of its own, whoever asks here is none
        let committing = tokio::task::try_id().is_some();
        assert!(!(committing && self.armed.load(Ordering::SeqCst)), "the clock was made to break");
        self.clock.now()
    }
}

/// Says to this very program, started again, that its committer is to panic.
const CHILD: &str = "COUNTERSIGN_TEST_PANIC";

/// Not a test: the process that the one below starts. It ends with an answer if the panic does not end it first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test, in a process of its own"]
async fn panics_while_it_commits() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
    let Ok(told) = std::env::var(CHILD) else { return };
    let mut t = Fresh::sqlite().await;
    let armed = Arc::new(AtomicBool::new(false));
    let opening = Opening {
        db: Db::open(&t.url).await.unwrap(),
        clock: Arc::new(Trap { clock: t.clock.clone(), armed: armed.clone() }),
        rng: Box::new(rand::rngs::StdRng::seed_from_u64(11)),
        database_time: false,
    };
    t.gov = Governance::open(opening, |_| Ok(None)).await.unwrap().0;
    let ctx = caller(&t).await;
    assert_eq!(ask(&t, &ctx, "first").await.unwrap().outcome, Outcome::Permit);
    println!("\nanswered");
    armed.store(told == "yes", Ordering::SeqCst);
    let answer = ask(&t, &ctx, "second").await;
    println!("\nanswered again: {}", answer.is_ok());
    // whoever was told nothing must not wait beside a log that stands still
    tokio::time::sleep(Duration::from_secs(5)).await;
}

#[test]
fn a_panic_in_the_committer_ends_the_process_before_anybody_is_permitted_anything() {
    let run = |panics: &str| {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "panics_while_it_commits", "--nocapture"]).env(CHILD, panics);
        let output = child.output().unwrap();
        (output.status, String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, said) = run("yes");
    assert_eq!(status.signal(), Some(6), "SIGABRT: {status}");
    assert!(said.contains("answered\n") && !said.contains("answered again: true"), "{said}");
    // the control: the same without the panic
    let (status, said) = run("no");
    assert!(status.success() && said.contains("answered again: true"), "{status} {said}");
}
