//! A panic in a handler: semantics.md, Fail closed. It answers 500 in the form of its address, is never a permit, leaves nothing
//! half done, and the process goes on.
use crate::{app::TestApp, v1_acting::refund};
use governance::{
    Governance,
    action_facts::ActionFact,
    engine::{Opening, Scope},
    store::{self, db::Db},
    testkit::Fresh,
    time::{Clock, ManualClock, Timestamp},
};
use rand::{SeedableRng as _, rngs::StdRng};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A clock that panics once, when it is read for so many times.
#[derive(Clone)]
struct Trap {
    clock: ManualClock,
    left: Arc<AtomicI64>,
}

impl Trap {
    fn arm(&self, reading: i64) {
        self.left.store(reading, Ordering::SeqCst);
    }
}

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        assert_ne!(self.left.fetch_sub(1, Ordering::SeqCst), 1, "the clock was made to break");
        self.clock.now()
    }
}

async fn trapped() -> (TestApp, Trap) {
    let mut fresh = Fresh::sqlite().await;
    let trap = Trap { clock: fresh.clock.clone(), left: Arc::default() };
    let opening = Opening {
        db: Db::open(&fresh.url).await.unwrap(),
        clock: Arc::new(trap.clone()),
        rng: Box::new(StdRng::seed_from_u64(11)),
        database_time: false,
    };
    fresh.gov = Governance::open(opening, |_| Ok(None)).await.unwrap().0;
    fresh.gov.policy_install().await.unwrap().expect("a first bundle");
    (TestApp::over(fresh), trap)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_answers_500_wherever_it_happens_and_nothing_is_half_done() {
    let (app, trap) = trapped().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act]).await;
    let gov = app.fresh.gov.clone();
    gov.action_facts_set(&app.fresh.operator(), "refund.create", &[ActionFact::MovesMoney].into()).await.unwrap();
    let permit = app.post("/access/v1/evaluation", &own, &refund("invoice-07", 100)).await.ok();
    let grant = permit["context"]["grant"]["id"].as_str().unwrap().to_owned();
    let redeem = format!("/v1/grants/{grant}/redeem");
    let size = gov.log_size().await.unwrap();
    let mut broke = 0;
    loop {
        trap.arm(broke + 1);
        let reply = app.post(&redeem, &own, &json!({})).await;
        trap.arm(0);
        if reply.status != 500 {
            reply.ok();
            break;
        }
        assert_eq!(reply.problem(500), "internal error", "no word of what broke");
        // the log's lock is free, no event and no row was kept
        assert_eq!(gov.log_size().await.unwrap(), size);
        let row = store::grants::get(&mut gov.read().await.unwrap(), grant.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((row.uses_left, row.version), (1, 0));
        broke += 1;
        assert!(broke < 50, "it never gets through");
    }
    assert!(broke >= 2, "before the write and in the middle of it, not {broke}");
    // only the redemption that was answered was made, and it is the one there was
    assert_eq!(gov.log_size().await.unwrap(), size + 1);
    app.post(&redeem, &own, &json!({})).await.problem(409);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_address_says_it_in_its_own_form() {
    let (app, trap) = trapped().await;
    let agent = app.agent("invoice-07").await;
    let (_, own) = app.key(Some(agent), &[Scope::Ask, Scope::Act, Scope::Read]).await;
    let question = refund("invoice-07", 100);
    trap.arm(1);
    let reply = app.post("/access/v1/evaluation", &own, &question).await;
    trap.arm(0);
    // AuthZEN's own endpoints answer a message string
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (500, "text/plain; charset=utf-8"));
    assert_eq!(reply.text, "internal error");
    assert_eq!(app.post("/access/v1/evaluation", &own, &question).await.ok()["decision"], json!(true), "it lives on");
    for path in ["/v1/decisions", "/access/v1/requests/esc_1"] {
        trap.arm(1);
        let reply = app.get(path, &own).await;
        trap.arm(0);
        assert_eq!(reply.problem(500), "internal error", "{path}");
    }
    app.get("/v1/decisions", &own).await.ok();
}

/// The control: what the tests above set off is a panic, not an error that an operation returns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_off_is_a_panic() {
    let (app, trap) = trapped().await;
    let ask_the_time = || {
        let gov = app.fresh.gov.clone();
        tokio::spawn(async move { gov.now() })
    };
    trap.arm(1);
    assert!(ask_the_time().await.unwrap_err().is_panic());
    assert_eq!(ask_the_time().await.unwrap(), app.fresh.clock.now());
}
