//! A real `countersign` on a scratch folder, asked over sockets.
use governance::{id::DecisionId, store, store::db::Db};
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long anything is waited for that must come, on however slow a machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One test at a time: each loads the machine as it is.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the environment says that this must not be skipped.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what must not be missing")]
pub fn required(name: &str) -> bool {
    std::env::var(name).is_ok()
}

/// Skips with a reason that is printed.
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Waits until it is so.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "{what}: it never came to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal to a process, by the name `kill` has for it. One that has ended meanwhile needs none.
pub fn signal(name: &str, process: u32) {
    let kill = format!("kill -{name} {process} 2>/dev/null || ! test -e /proc/{process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
}

pub fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Where an installation is.
pub struct Place {
    pub data: PathBuf,
    /// PostgreSQL; without it SQLite in the folder.
    pub database: Option<String>,
}

impl Place {
    pub fn at(data: &Path) -> Self {
        Self { data: data.to_owned(), database: None }
    }

    pub fn countersign(&self, args: &[&str]) -> Command {
        self.run_as(Command::new(env!("CARGO_BIN_EXE_countersign")), args)
    }

    /// The same where `command` starts the program.
    pub fn run_as(&self, mut command: Command, args: &[&str]) -> Command {
        command.args(args).arg("--data").arg(&self.data);
        for name in ["COUNTERSIGN_DATA", "COUNTERSIGN_DATABASE", "COUNTERSIGN_CONFIG"] {
            command.env_remove(name);
        }
        if let Some(url) = &self.database {
            command.arg("--database").arg(url);
        }
        command
    }

    /// A fresh installation with an agent, and the agent's key.
    pub fn install(&self) -> String {
        said(self.countersign(&["person", "add", "ada@example.com", "--name", "Ada", "--role", "owner"]));
        said(self.countersign(&["identity", "add", "busy", "--kind", "agent", "--owner", "ada@example.com"]));
        self.key()
    }

    /// One more key of the agent.
    pub fn key(&self) -> String {
        let made = said(self.countersign(&["key", "create", "busy", "--scope", "ask,read"]));
        made.split_whitespace().find(|word| word.starts_with("csk_")).unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    pub fn serve(&self) -> Server {
        Server::start(self.countersign(&SERVE))
    }

    /// The whole log is there, unbroken, and replays.
    pub fn check(&self) {
        said(self.countersign(&["check", "--replay"]));
    }

    pub async fn open(&self) -> Db {
        let file = || format!("sqlite:{}", self.data.join("countersign.db").display());
        Db::open(&self.database.clone().unwrap_or_else(file)).await.unwrap()
    }

    /// Of what was acknowledged, what the log does not hold in its place.
    pub async fn lost(&self, told: &[Permit]) -> Vec<u64> {
        let db = self.open().await;
        let mut tx = db.read().await.unwrap();
        let mut lost = vec![];
        for permit in told {
            let seq = i64::try_from(permit.seq).unwrap();
            let event = store::events::get(&mut tx, seq).await.unwrap();
            let leaf = event.map(|e| serde_json::from_slice::<Value>(&e.leaf).unwrap());
            let kept = leaf.is_some_and(|leaf| leaf["ids"]["decision"] == permit.decision.to_string());
            let row = store::decisions::get(&mut tx, permit.decision).await.unwrap();
            if !kept || row.is_none_or(|r| r.seq != seq) {
                lost.push(permit.seq);
            }
        }
        drop(tx);
        db.close().await;
        lost
    }
}

pub const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A process that is serving; it ends with the test.
pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    #[expect(clippy::zombie_processes, reason = "whoever holds it ends it and waits")]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        loop {
            line.clear();
            if out.read_line(&mut line).unwrap() == 0 {
                panic!("it ended before it served: {}", child.wait().unwrap());
            }
            if let Some((_, address)) = line.trim().split_once("answers on http://") {
                return Self { child, address: address.to_owned() };
            }
        }
    }

    pub fn client(&self, key: &str) -> Client {
        Client::to(&self.address, key, 1).unwrap()
    }

    /// Status and body of a page or a list.
    pub fn get(&self, path: &str, key: &str) -> (u16, String) {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n",
            self.address
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    /// Ends it as an operator would.
    pub fn stop(mut self) {
        signal("TERM", self.child.id());
        assert!(self.ended().success());
    }

    /// Waits for an end of its own.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        let mut status = None;
        until("it goes on", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A permit that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    pub seq: u64,
    pub decision: DecisionId,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Permit(Permit),
    /// A decision that is no permit, with its reason.
    Other(String),
    /// Nothing was decided: the status, and why.
    Refused(u16, String),
}

/// A caller that keeps its connection and asks one question again and again.
pub struct Client {
    reader: BufReader<TcpStream>,
    request: String,
}

impl Client {
    /// Asks for refunds of so many cents as the agent `busy`; `None` if nobody listens.
    pub fn to(address: &str, key: &str, cents: u64) -> Option<Self> {
        let body = format!(
            r#"{{"subject":{{"type":"agent","id":"busy"}},"action":{{"name":"refund.create","properties":{{"amount_minor":{cents},"currency":"EUR"}}}},"resource":{{"type":"account","id":"stripe:test"}}}}"#
        );
        let request = format!(
            "POST /access/v1/evaluation HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Some(Self { reader: BufReader::new(stream), request })
    }

    /// One answer that arrived whole; `None` once the server is gone.
    pub fn ask(&mut self) -> Option<Answer> {
        let (status, body) = self.exchange()?;
        if status != 200 {
            return Some(Answer::Refused(status, body));
        }
        let body: Value = serde_json::from_str(&body).unwrap();
        let context = &body["context"];
        if body["decision"] != true {
            return Some(Answer::Other(context["reason"].as_str().unwrap_or_else(|| panic!("{body}")).into()));
        }
        let seq = context["log_seq"].as_u64().unwrap_or_else(|| panic!("{body}"));
        Some(Answer::Permit(Permit { seq, decision: context["decision_id"].as_str().unwrap().parse().unwrap() }))
    }

    /// So many permits; anything else is a failure.
    pub fn permits(&mut self, n: usize) -> Vec<Permit> {
        let one = |_| match self.ask() {
            Some(Answer::Permit(permit)) => permit,
            other => panic!("not permitted: {other:?}"),
        };
        (0..n).map(one).collect()
    }

    fn exchange(&mut self) -> Option<(u16, String)> {
        self.reader.get_mut().write_all(self.request.as_bytes()).ok()?;
        let (mut status, mut length) = (String::new(), 0);
        self.reader.read_line(&mut status).ok().filter(|n| *n > 0)?;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).ok()?;
        Some((status.get(9..12)?.parse().ok()?, String::from_utf8(body).ok()?))
    }
}
