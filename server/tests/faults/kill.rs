//! Killed at random moments under load, or ended by a disk that fails, the server loses nothing that it acknowledged; one
//! that acknowledges first does.
//!
//! SIGKILL shows the order of commit and answer, not what a power cut does: for that see the pragmas in
//! `governance/tests/faults.rs`.
use crate::rig::{Answer, Client, PATIENCE, Permit, Place, SERVE, Server, alone};
use server::{notices::settings::Settings, serve, state};
use std::{
    hash::{BuildHasher as _, Hasher as _},
    path::Path,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const KILLS: u32 = 50;
const CLIENTS: usize = 4;
/// Names the folder to the child that plays the server which acknowledges first.
const CHILD: &str = "COUNTERSIGN_TEST_EARLY";

/// Numbers that a printed seed repeats (xorshift64*).
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = std::hash::RandomState::new().build_hasher().finish() | 1;
        println!("seed {seed}");
        Self(seed)
    }
    fn upto(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }
}

/// Asks until the server is gone; keeps what was answered.
fn ask(address: &str, key: &str, told: &Mutex<Vec<Permit>>, stop: &AtomicBool) {
    let Some(mut client) = Client::to(address, key, 1) else { return };
    while !stop.load(Ordering::Relaxed) {
        match client.ask() {
            Some(Answer::Permit(permit)) => told.lock().unwrap().push(permit),
            // nothing was decided, as the first ones on a busy machine hear
            Some(_) => std::thread::sleep(Duration::from_millis(5)),
            None => return,
        }
    }
}

/// Starts it, asks from several sides, kills it at a random moment; what was acknowledged.
fn load_and_kill(mut server: Server, key: &str, dice: &mut Dice) -> Vec<Permit> {
    let (told, stop, address) = (Mutex::new(vec![]), AtomicBool::new(false), server.address.clone());
    std::thread::scope(|s| {
        for _ in 0..CLIENTS {
            s.spawn(|| ask(&address, key, &told, &stop));
        }
        let began = Instant::now();
        while told.lock().unwrap().is_empty() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(dice.upto(150_000)));
        server.child.kill().unwrap();
        stop.store(true, Ordering::Relaxed);
    });
    server.child.wait().unwrap();
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty(), "nothing was ever answered");
    told
}

#[test]
fn killed_fifty_times_it_loses_nothing_it_acknowledged() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (place, mut dice, began) = (Place::at(folder.path()), Dice::new(), Instant::now());
    let key = place.install();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut all = vec![];
    for round in 0..KILLS {
        let told = load_and_kill(place.serve(), &key, &mut dice);
        assert_eq!(runtime.block_on(place.lost(&told)), Vec::<u64>::new(), "round {round}");
        all.extend(told);
        // the whole log is read again now and then, and at the end
        if round % 10 == 9 {
            place.check();
        }
    }
    assert_eq!(runtime.block_on(place.lost(&all)), Vec::<u64>::new(), "of all rounds");
    println!("{} acknowledged, none lost, in {:?}", all.len(), began.elapsed());
    assert!(all.len() > KILLS as usize);
}

#[test]
fn one_that_acknowledges_before_it_commits_is_caught() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let (place, mut dice) = (Place::at(folder.path()), Dice::new());
    let key = place.install();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..KILLS {
        let mut early = Command::new(std::env::current_exe().unwrap());
        early.args(["--ignored", "--exact", "kill::acknowledges_first", "--nocapture"]).env(CHILD, &place.data);
        let told = load_and_kill(Server::start(early), &key, &mut dice);
        let lost = runtime.block_on(place.lost(&told));
        if !lost.is_empty() {
            println!("caught in round {round}: {} of {} lost", lost.len(), told.len());
            return;
        }
    }
    panic!("{KILLS} kills did not catch a server that acknowledges before it commits: this test would catch nothing");
}

#[test]
fn a_disk_that_fails_while_writing_ends_the_process_and_nothing_acknowledged_is_lost() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let place = Place::at(folder.path());
    let key = place.install();
    // no file may grow much beyond what all of the database is now; beyond that a write is an error, and not one of a full disk
    let bytes = |name: &str| std::fs::metadata(place.data.join(name)).map_or(0, |m| m.len());
    let blocks = (bytes("countersign.db") + bytes("countersign.db-wal") + 256 * 1024) / 512;
    let mut limited = Command::new("sh");
    limited.args([
        "-c",
        "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
        &blocks.to_string(),
        env!("CARGO_BIN_EXE_countersign"),
    ]);
    let mut server = Server::start(place.run_as(limited, &SERVE));
    let (told, stop) = (Mutex::new(vec![]), AtomicBool::new(false));
    std::thread::scope(|s| {
        for _ in 0..CLIENTS {
            s.spawn(|| ask(&server.address, &key, &told, &stop));
        }
    });
    assert_eq!(server.ended().code(), Some(1));
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty(), "it answered before");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(place.lost(&told)), Vec::<u64>::new());
    place.check();
    // on a disk that is mended it goes on
    load_and_kill(place.serve(), &key, &mut Dice::new());
}

/// Not a test: the server that the one above starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test, with a folder to serve"]
async fn acknowledges_first() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its child where")]
    let Ok(data) = std::env::var(CHILD) else { return };
    let place = server::config::Place { data: Path::new(&data).to_owned(), database: None };
    let opened = state::open_to_serve(&place).await.unwrap();
    opened.governance.acknowledge_before_commit();
    let listening = serve::listen(([127, 0, 0, 1], 0).into(), None).await.unwrap();
    println!("\nCountersign answers on {}", listening.address.url);
    serve::run(listening, opened, Settings::default(), &place.data, serve::Stop::listen().unwrap()).await.unwrap();
}
