//! What tests share: a fresh installation on either database, a clock moved by hand, seeded randomness.
use crate::engine::{Actor, Governance, Opening};
use crate::log::SigningKey;
use crate::replay::Invariant;
use crate::store::db::Db;
use crate::time::{ManualClock, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The instant every test starts at.
pub const START: &str = "2026-11-21T09:00:00Z";

/// A fresh installation; its SQLite folder goes with the last who hold it.
pub struct Fresh {
    pub gov: Governance,
    pub clock: ManualClock,
    pub key: SigningKey,
    /// The address it can be opened again with.
    pub url: String,
    /// Invariants that need not hold at the end.
    aside: Arc<Mutex<BTreeSet<Invariant>>>,
    folder: Option<Arc<tempfile::TempDir>>,
    /// Seed of the next that opens it: two nodes with the same randomness would make the same ids.
    seeds: AtomicU64,
}

/// Runs a test's body, then replays the whole log that it left: every invariant holds, whatever the test did.
///
/// # Panics
/// Naming what does not hold.
pub async fn played(t: Fresh, body: impl AsyncFnOnce(Fresh)) {
    let (gov, aside, folder) = (t.gov.clone(), t.aside.clone(), t.folder.clone());
    body(t).await;
    let aside = aside.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if aside.len() < Invariant::ALL.len() {
        let report = gov.log_replay(&gov.ctx(Actor::System("test"))).await.expect("a replay");
        let looked_at = report.lines.iter().filter(|line| !aside.contains(&line.invariant));
        let wrong: Vec<_> = looked_at.filter(|line| !line.holds()).collect();
        assert!(wrong.is_empty(), "{} events replayed: {wrong:#?}", report.events);
    }
    let mut tx = gov.read().await.expect("a reader");
    assert_eq!(
        crate::store::visibility::wrong(&mut tx).await.expect("counters"),
        0,
        "a counter of the register is wrong"
    );
    drop(tx);
    drop(folder);
}

impl Fresh {
    /// On SQLite, in a folder of its own.
    ///
    /// # Panics
    /// If the folder or the database cannot be made.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
        Self::open(url, Some(folder)).await
    }

    /// The same where the machine keeps a folder in memory, for tests of many commits: each is forced out as in the product,
    /// and no disk is waited for.
    ///
    /// # Panics
    /// If the folder or the database cannot be made.
    pub async fn sqlite_in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
        Self::open(url, Some(folder)).await
    }

    /// On PostgreSQL in a fresh schema, if `TEST_POSTGRES_URL` names a server; else `None`, which with `REQUIRE_POSTGRES=1` is
    /// a failure.
    ///
    /// # Panics
    /// If the server is required and missing, or cannot be used.
    pub async fn postgres() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where the server is")]
        let (server, required) = (std::env::var("TEST_POSTGRES_URL").ok(), std::env::var("REQUIRE_POSTGRES").is_ok());
        let Some(server) = server else {
            assert!(!required, "REQUIRE_POSTGRES is set but TEST_POSTGRES_URL is not");
            eprintln!("skipped: TEST_POSTGRES_URL is not set");
            return None;
        };
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let schema = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        create_schema(&server, &schema).await;
        let join = if server.contains('?') { '&' } else { '?' };
        Some(Self::open(format!("{server}{join}options[search_path]={schema}"), None).await)
    }

    async fn open(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let clock = ManualClock::at(Timestamp::parse(START).expect("an instant"));
        let db = Db::open(&url).await.expect("a database");
        let opening = Opening {
            db,
            clock: Arc::new(clock.clone()),
            rng: Box::new(StdRng::seed_from_u64(7)),
            database_time: false,
        };
        let (gov, key) = Governance::open(opening, |wanted| match wanted {
            crate::engine::KeyWanted::New { key } => SigningKey::parse(&key.to_private_text()).map(Some),
            crate::engine::KeyWanted::Of { .. } => Ok(None),
        })
        .await
        .expect("an installation");
        let (aside, folder) = (Arc::default(), folder.map(Arc::new));
        Self { gov, clock, key: key.expect("a new key"), url, aside, folder, seeds: AtomicU64::new(8) }
    }

    /// The same installation as another process opens it: nothing in memory.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn again(&self) -> Governance {
        let db = Db::open(&self.url).await.expect("a database");
        let rng = Box::new(StdRng::seed_from_u64(self.seeds.fetch_add(1, Ordering::Relaxed)));
        let opening = Opening { db, clock: Arc::new(self.clock.clone()), rng, database_time: false };
        Governance::open(opening, |_| Ok(None)).await.expect("the installation").0
    }

    /// Says that this test writes rows or events by hand, so that these invariants need not hold at its end.
    pub fn by_hand(&self, aside: &[Invariant]) {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).extend(aside);
    }

    /// The context of the command line.
    #[must_use]
    pub fn operator(&self) -> crate::engine::Ctx {
        self.gov.ctx(Actor::Operator { host: "test".into() })
    }
}

async fn create_schema(server: &str, schema: &str) {
    use sqlx::Connection as _;
    let mut c = sqlx::PgConnection::connect(server).await.expect("the test server");
    // a server that outlives many runs has one left by a process that had this number before
    for sql in [format!("drop schema if exists {schema} cascade"), format!("create schema {schema}")] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut c).await.expect("a schema");
    }
    c.close().await.expect("a close");
}

/// Each test body runs on both databases, and what it left in the log is replayed: `on_every_database! { a_name another_name }` for `async fn a_name(t: Fresh)`.
#[macro_export]
macro_rules! on_every_database {
    ($($name:ident)*) => {$(mod $name {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn sqlite() { $crate::testkit::played($crate::testkit::Fresh::sqlite().await, super::$name).await; }
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn postgres() {
            if let Some(t) = $crate::testkit::Fresh::postgres().await { $crate::testkit::played(t, super::$name).await; }
        }
    })*};
}
