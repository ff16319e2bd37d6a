//! Killed at random moments under load, or ended by a disk that fails, the server loses nothing that it acknowledged; one
//! that acknowledges first does.
//!
//! SIGKILL shows the order of commit and answer, not what a power cut does: for that see the pragmas in
//! `governance/tests/faults.rs`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use governance::{id::DecisionId, store, store::db::Db};
use server::{config::Place, notices::settings::Settings, serve, state};
use std::{
    hash::{BuildHasher as _, Hasher as _},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const KILLS: u32 = 50;
const CLIENTS: usize = 4;
/// One test at a time: each loads the machine as it is.
static ALONE: Mutex<()> = Mutex::new(());
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

fn countersign(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(args).arg("--data").arg(data).env_remove("COUNTERSIGN_DATABASE").env_remove("COUNTERSIGN_CONFIG");
    command
}

fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A fresh installation with an agent, and the agent's key.
fn install(data: &Path) -> String {
    said(countersign(data, &["person", "add", "ada@example.com", "--name", "Ada", "--role", "owner"]));
    said(countersign(data, &["identity", "add", "busy", "--kind", "agent", "--owner", "ada@example.com"]));
    let made = said(countersign(data, &["key", "create", "busy"]));
    made.split_whitespace().find(|word| word.starts_with("csk_")).unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// A process that is serving: what it is, and where.
#[expect(clippy::zombie_processes, reason = "whoever started it ends it and waits")]
fn started(mut command: Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    loop {
        line.clear();
        if out.read_line(&mut line).unwrap() == 0 {
            panic!("it ended before it served: {}", child.wait().unwrap());
        }
        if let Some((_, address)) = line.trim().split_once("answers on http://") {
            return (child, address.to_owned());
        }
    }
}

/// Asks until the server is gone; keeps what was answered.
fn ask(address: &str, key: &str, told: &Mutex<Vec<(u64, DecisionId)>>, stop: &AtomicBool) {
    let body = r#"{"subject":{"type":"agent","id":"busy"},"action":{"name":"refund.create","properties":{"amount_minor":1,"currency":"EUR"}},"resource":{"type":"account","id":"stripe:test"}}"#;
    let request = format!(
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let Ok(stream) = TcpStream::connect(address) else { return };
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut reader = BufReader::new(stream);
    while !stop.load(Ordering::Relaxed) {
        let Some((status, answer)) = exchange(&mut reader, &request) else { return };
        if !status.starts_with("HTTP/1.1 200") {
            // nothing was decided, as the first ones on a busy machine hear
            std::thread::sleep(Duration::from_millis(5));
            continue;
        }
        let context = &answer["context"];
        let seq = context["log_seq"].as_u64().unwrap_or_else(|| panic!("{answer}"));
        told.lock().unwrap().push((seq, context["decision_id"].as_str().unwrap().parse().unwrap()));
    }
}

/// One answer that arrived whole: its first line and its body; `None` once the server is gone.
fn exchange(reader: &mut BufReader<TcpStream>, request: &str) -> Option<(String, serde_json::Value)> {
    reader.get_mut().write_all(request.as_bytes()).ok()?;
    let (mut status, mut length) = (String::new(), 0);
    reader.read_line(&mut status).ok().filter(|n| *n > 0)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or_default()))
}

/// Starts it, asks from several sides, kills it at a random moment; what was acknowledged.
fn load_and_kill(command: Command, key: &str, dice: &mut Dice) -> Vec<(u64, DecisionId)> {
    let (mut child, address) = started(command);
    let (told, stop) = (Arc::new(Mutex::new(vec![])), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (address, key, told, stop) = (address.clone(), key.to_owned(), told.clone(), stop.clone());
            std::thread::spawn(move || ask(&address, &key, &told, &stop))
        })
        .collect();
    let began = Instant::now();
    while told.lock().unwrap().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing was ever answered");
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(dice.upto(150_000)));
    child.kill().unwrap();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    child.wait().unwrap();
    std::mem::take(&mut told.lock().unwrap())
}

/// Of what was acknowledged, what the log does not hold in its place.
async fn lost(data: &Path, told: &[(u64, DecisionId)]) -> Vec<u64> {
    let db = Db::open(&format!("sqlite:{}", data.join("countersign.db").display())).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let mut lost = vec![];
    for (seq, decision) in told {
        let event = store::events::get(&mut tx, i64::try_from(*seq).unwrap()).await.unwrap();
        let leaf = event.map(|e| serde_json::from_slice::<serde_json::Value>(&e.leaf).unwrap());
        let kept = leaf.is_some_and(|leaf| leaf["ids"]["decision"] == decision.to_string());
        let row = store::decisions::get(&mut tx, *decision).await.unwrap();
        if !kept || row.is_none_or(|r| r.seq != i64::try_from(*seq).unwrap()) {
            lost.push(*seq);
        }
    }
    drop(tx);
    db.close().await;
    lost
}

#[test]
fn killed_fifty_times_it_loses_nothing_it_acknowledged() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let (data, mut dice, began) = (folder.path(), Dice::new(), Instant::now());
    let key = install(data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut all = vec![];
    for round in 0..KILLS {
        let told = load_and_kill(countersign(data, &["serve", "--listen", "127.0.0.1:0"]), &key, &mut dice);
        assert_eq!(runtime.block_on(lost(data, &told)), Vec::<u64>::new(), "round {round}");
        all.extend(told);
        // the whole log is read again now and then, and at the end
        if round % 10 == 9 {
            said(countersign(data, &["check", "--replay"]));
        }
    }
    assert_eq!(runtime.block_on(lost(data, &all)), Vec::<u64>::new(), "of all rounds");
    println!("{} acknowledged, none lost, in {:?}", all.len(), began.elapsed());
    assert!(all.len() > KILLS as usize);
}

#[test]
fn one_that_acknowledges_before_it_commits_is_caught() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let (data, mut dice) = (folder.path(), Dice::new());
    let key = install(data);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for round in 0..KILLS {
        let mut early = Command::new(std::env::current_exe().unwrap());
        early.args(["--ignored", "--exact", "acknowledges_first", "--nocapture"]).env(CHILD, data);
        let told = load_and_kill(early, &key, &mut dice);
        let lost = runtime.block_on(lost(data, &told));
        if !lost.is_empty() {
            println!("caught in round {round}: {} of {} lost", lost.len(), told.len());
            return;
        }
    }
    panic!("{KILLS} kills did not catch a server that acknowledges before it commits: this test would catch nothing");
}

#[test]
fn a_disk_that_fails_while_writing_ends_the_process_and_nothing_acknowledged_is_lost() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let key = install(data);
    // no file may grow much beyond what all of the database is now; beyond that a write is an error, and not one of a full disk
    let bytes = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |m| m.len());
    let blocks = (bytes("countersign.db") + bytes("countersign.db-wal") + 256 * 1024) / 512;
    let mut limited = Command::new("sh");
    limited.args([
        "-c",
        "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
        &blocks.to_string(),
        env!("CARGO_BIN_EXE_countersign"),
    ]);
    limited.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    let (mut child, address) = started(limited);
    let (told, stop) = (Mutex::new(vec![]), AtomicBool::new(false));
    std::thread::scope(|s| {
        for _ in 0..CLIENTS {
            s.spawn(|| ask(&address, &key, &told, &stop));
        }
    });
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it went on after the disk had failed");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(1));
    let told = told.into_inner().unwrap();
    assert!(!told.is_empty(), "it answered before");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(lost(data, &told)), Vec::<u64>::new());
    said(countersign(data, &["check", "--replay"]));
    let again = load_and_kill(countersign(data, &["serve", "--listen", "127.0.0.1:0"]), &key, &mut Dice::new());
    assert!(!again.is_empty(), "on a disk that is mended it goes on");
}

/// Not a test: the server that the one above starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test, with a folder to serve"]
async fn acknowledges_first() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its child where")]
    let Ok(data) = std::env::var(CHILD) else { return };
    let place = Place { data: data.into(), database: None };
    let opened = state::open_to_serve(&place).await.unwrap();
    opened.governance.acknowledge_before_commit();
    let listening = serve::listen(([127, 0, 0, 1], 0).into(), None).await.unwrap();
    println!("\nCountersign answers on {}", listening.address.url);
    serve::run(listening, opened, Settings::default(), &place.data, serve::Stop::listen().unwrap()).await.unwrap();
}
