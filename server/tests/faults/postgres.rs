//! PostgreSQL stopped, and hung: semantics.md, Fail closed, "database down or slower than 2 s".
use crate::rig::{Answer, Place, alone, required, signal, skipped, until};
use governance::store;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const CLIENTS: usize = 4;
/// Refusals each of them is to hear while the database is away.
const REFUSALS: usize = 2;

/// A cluster of its own.
struct Cluster {
    folder: PathBuf,
    url: String,
}

fn script(args: &[&str]) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres.sh"));
    command.args(args);
    command
}

impl Cluster {
    /// `None`, and the reason printed, where the programs are missing.
    fn start() -> Option<Self> {
        if !script(&["where"]).output().unwrap().status.success() {
            assert!(!required("REQUIRE_POSTGRES"), "REQUIRE_POSTGRES is set and there is no initdb");
            skipped("there are no programs of PostgreSQL here");
            return None;
        }
        // a socket's path is short
        let folder = tempfile::Builder::new().prefix("countersign-pg.").tempdir_in("/tmp").unwrap().keep();
        let output = script(&["start", folder.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told = String::from_utf8(output.stdout).unwrap();
        let url = told.split('\'').nth(1).unwrap_or_else(|| panic!("{told}")).to_owned();
        Some(Self { folder, url })
    }

    fn postmaster(&self) -> u32 {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }

    /// Ends it as a crash would.
    fn crash(&self) {
        signal("QUIT", self.postmaster());
        // its last deed; who started it may never ask for its end
        until("the cluster goes on", || !self.folder.join("data/postmaster.pid").exists());
    }

    fn start_again(&self) {
        let output = script(&["again", self.folder.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The server and all it started.
    fn processes(&self) -> Vec<u32> {
        let postmaster = self.postmaster();
        let all = std::fs::read_dir("/proc").unwrap().filter_map(|e| e.unwrap().file_name().to_str()?.parse().ok());
        let parent = |process: &u32| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // the name before it may hold anything, a bracket too
            stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
        };
        all.filter(|process| *process == postmaster || parent(process) == Some(postmaster)).collect()
    }

    fn hang(&self) {
        // what was started while the first round looked, the second one finds: the server starts nothing more
        for _ in 0..2 {
            for process in self.processes() {
                signal("STOP", process);
            }
        }
    }

    fn go_on(&self) {
        for process in self.processes() {
            signal("CONT", process);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::fs::exists(self.folder.join("data/postmaster.pid")).is_ok_and(|there| there) {
            self.go_on();
        }
        drop(script(&["stop", self.folder.to_str().unwrap()]).output());
    }
}

/// What the log holds of an outage.
struct Logged {
    /// Decisions of any outcome.
    decisions: u64,
    /// `[from, to, refused]` of each gap.
    gaps: Vec<[String; 3]>,
}

async fn logged(place: &Place) -> Logged {
    let db = place.open().await;
    let mut tx = db.read().await.unwrap();
    let events = store::events::after(&mut tx, -1, 1_000_000).await.unwrap();
    drop(tx);
    db.close().await;
    let gap = |leaf: &[u8]| {
        let leaf: Value = serde_json::from_slice(leaf).unwrap();
        ["from", "to", "refused"].map(|word| {
            let mut reasons = leaf["reasons"].as_array().unwrap().iter().filter_map(Value::as_str);
            reasons.find_map(|r| r.strip_prefix(word)).unwrap_or_else(|| panic!("{leaf}")).trim().to_owned()
        })
    };
    Logged {
        decisions: events.iter().filter(|e| e.kind.starts_with("decision.")).count() as u64,
        gaps: events.iter().filter(|e| e.kind == "gap").map(|e| gap(&e.leaf)).collect(),
    }
}

/// One that must be refused, and with the status that says nothing was decided.
fn refused(answer: Option<Answer>) {
    assert!(matches!(answer, Some(Answer::Refused(503, _))), "{answer:?} without a database");
}

fn outage(away: impl FnOnce(&Cluster), back: impl FnOnce(&Cluster)) {
    let _alone = alone();
    let Some(cluster) = Cluster::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let place = Place { data: folder.path().to_owned(), database: Some(cluster.url.clone()) };
    let (key, unknown) = (place.install(), place.key());
    let server = place.serve();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| server.client(&key)).collect();
    // the control: the same clients, and a database
    let mut permits: Vec<_> = clients.iter_mut().flat_map(|client| client.permits(5)).collect();

    away(&cluster);
    std::thread::scope(|s| {
        for client in &mut clients {
            s.spawn(|| (0..REFUSALS).for_each(|_| refused(client.ask())));
        }
        // nor is somebody whose key nobody remembers
        s.spawn(|| refused(server.client(&unknown).ask()));
        assert_eq!(server.get("/healthz", "").0, 200);
        assert_eq!(server.get("/readyz", "").0, 503);
    });
    let mut refusals = CLIENTS * REFUSALS;

    back(&cluster);
    for client in &mut clients {
        until("decisions with the database back", || match client.ask() {
            Some(Answer::Permit(permit)) => {
                permits.push(permit);
                true
            }
            other => {
                refused(other);
                refusals += 1;
                false
            }
        });
        permits.extend(client.permits(5));
    }
    assert_eq!(server.get("/readyz", "").0, 200);
    drop(clients);
    server.stop();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(place.lost(&permits)), Vec::<u64>::new());
    place.check();
    let Logged { decisions, gaps } = runtime.block_on(logged(&place));
    println!("{refusals} refused; {decisions} recorded, {} answered; gaps: {gaps:?}", permits.len());
    // a commit whose end nobody saw may stand: one batch, so one question of each at most
    let unknown = decisions - permits.len() as u64;
    assert!(unknown <= CLIENTS as u64, "{unknown} decided for nobody");
    assert!(!gaps.is_empty(), "the log says nothing of the outage");
    assert!(gaps.iter().all(|[from, to, _]| from < to), "{gaps:?}");
    let counted: u64 = gaps.iter().map(|[_, _, n]| n.parse::<u64>().unwrap()).sum();
    assert_eq!(counted + unknown, refusals as u64, "each was refused, and is counted");
}

#[test]
fn while_the_database_is_down_nothing_is_decided_and_then_the_log_says_so() {
    outage(Cluster::crash, Cluster::start_again);
}

#[test]
fn while_the_database_hangs_nothing_is_decided_and_then_the_log_says_so() {
    outage(Cluster::hang, Cluster::go_on);
}
