//! Starting up, and everything that can be wrong with it: one clear line, the right exit code, nothing changed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn countersign(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .args(args)
        .env_remove("COUNTERSIGN_DATA")
        .env_remove("COUNTERSIGN_DATABASE")
        .env_remove("COUNTERSIGN_CONFIG");
    command
}

/// A server that ends with the test.
struct Server {
    child: Child,
    url: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = countersign(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Countersign answers on ").expect("the first line says where").to_owned();
        Self { child, url, out }
    }
    /// As an operator would: ask it to end, wait for it.
    fn stop(mut self) -> i32 {
        assert!(self.child.try_wait().unwrap().is_none(), "it ended by itself");
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}
impl Server {
    /// Signs in by the printed link, with nothing but a socket; the cookie.
    fn sign_in(&mut self) -> String {
        let mut line = String::new();
        while !line.contains("/sign-in/") {
            line.clear();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "no link was printed");
        }
        let path = line.trim().strip_prefix(&self.url).unwrap().to_owned();
        let answer = self.send(&format!("POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nsec-fetch-site: same-origin\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
        let cookie = answer.lines().find_map(|l| l.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{answer}"));
        cookie.split(';').next().unwrap().to_owned()
    }
    /// Sends bytes and reads until the server closes.
    fn send(&self, bytes: &str) -> String {
        let mut socket = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        socket.write_all(bytes.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("the server closes the connection in time");
        answer
    }
}
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs `serve` where it must not start, and checks code and words. Exactly one line is said.
fn refused(args: &[&str], code: i32, words: &[&str]) {
    let output = countersign(args).output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "{text:?} does not say {word:?}");
    }
    assert!(output.stdout.is_empty());
}

fn serve<'a>(data: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--listen", "127.0.0.1:0", "--data", data], more].concat()
}

#[test]
fn a_taken_port_is_said_before_anything_is_made() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    refused(&["serve", "--listen", &taken, "--data", data.to_str().unwrap()], 1, &[&taken, "in use", "--listen"]);
    assert!(!data.exists());
}

#[test]
fn a_first_start_keeps_folder_and_key_to_itself_and_a_second_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join("key"))), (0o700, 0o600));
    assert!(server.url.starts_with("http://127.0.0.1:"));
    refused(&serve(data.to_str().unwrap(), &[]), 1, &["another countersign serves", "stop it first"]);
    assert_eq!(server.stop(), 0);
    let key = fs::read(data.join("key")).unwrap();
    assert_eq!(Server::start(&data).stop(), 0);
    assert_eq!(fs::read(data.join("key")).unwrap(), key);
}

#[test]
fn a_key_that_is_not_right_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
    assert_eq!(Server::start(&ours).stop(), 0);
    assert_eq!(Server::start(&other).stop(), 0);
    let (data, key) = (ours.to_str().unwrap(), ours.join("key"));
    let good = fs::read(&key).unwrap();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&serve(data, &[]), 2, &["readable by others", "644", "chmod 600"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    fs::write(&key, fs::read(other.join("key")).unwrap()).unwrap();
    refused(&serve(data, &[]), 2, &["belongs to", "put the matching key back"]);

    fs::write(&key, "hello").unwrap();
    refused(&serve(data, &[]), 2, &["not a signing key"]);

    fs::remove_file(&key).unwrap();
    refused(&serve(data, &[]), 2, &["missing", "put the key of countersign/ins_"]);
    assert!(!key.exists(), "no new key was made in its place");

    fs::write(&key, &good).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(Server::start(&ours).stop(), 0);
}

#[test]
fn a_key_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    fs::write(folder.path().join("key"), "precious").unwrap();
    refused(&serve(data, &[]), 2, &["exists but the database is new"]);
    assert_eq!(fs::read(folder.path().join("key")).unwrap(), b"precious");
}

#[test]
fn a_folder_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "").unwrap();
    refused(&serve(file.to_str().unwrap(), &[]), 2, &["data folder", "it is a file", "--data"]);
    let below = file.join("deeper");
    refused(&serve(below.to_str().unwrap(), &[]), 2, &["data folder", "it is a file"]);
    // not even root may write there
    refused(&serve("/proc/countersign", &[]), 2, &["the data folder /proc/countersign cannot be used", "--data"]);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    use governance::store::db::Db;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Server::start(folder.path()).stop(), 0);
    let db = Db::open(&format!("sqlite:{}", folder.path().join("countersign.db").display())).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let sql = "insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
        values (9999, 'from the future', '2030-01-01', 1, x'00', 0)";
    tx.execute(sql, &[]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    refused(&serve(folder.path().to_str().unwrap(), &[]), 2, &["newer version"]);
}

#[test]
fn a_setting_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let config = folder.path().join("countersign.toml");
    fs::write(&config, "listen = \"127.0.0.1:0\"\n\npublic-urll = \"x\"\n").unwrap();
    refused(&serve(data, &["--config", config.to_str().unwrap()]), 2, &["countersign.toml, line 3", "public-urll"]);
    refused(&serve(data, &["--config", "/no/such/file"]), 2, &["/no/such/file", "cannot be read"]);
    refused(&serve(data, &["--public-url", "cs.example"]), 2, &["--public-url", "https://"]);
    refused(&serve(data, &["--log", "info=["]), 2, &["log filter"]);
    refused(&serve(data, &["--database", "mysql://x"]), 2, &["sqlite: or postgres:"]);
}

#[test]
fn usage_is_64_and_help_is_not_a_failure() {
    for (args, code) in [
        (&["--help"][..], 0),
        (&["serve", "--help"], 0),
        (&["--version"], 0),
        (&["frobnicate"], 64),
        (&["serve", "--port", "1"], 64),
    ] {
        assert_eq!(countersign(args).output().unwrap().status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn machines_get_the_problem_as_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "").unwrap();
    let output = countersign(&serve(file.to_str().unwrap(), &["--json"])).output().unwrap();
    let problem: serde_json::Value = serde_json::from_str(&said(&output)).unwrap();
    assert_eq!((problem["type"].as_str(), problem["status"].as_i64()), (Some("invalid"), Some(400)));
}

#[test]
fn a_caller_that_never_finishes_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path());
    let cookie = server.sign_in();
    let head = "POST /_fn/settings/look HTTP/1.1\r\nhost: 127.0.0.1\r\nsec-fetch-site: same-origin\r\n";
    let body = format!(
        "{head}cookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 99\r\n\r\ntheme="
    );
    let began = Instant::now();
    std::thread::scope(|s| {
        s.spawn(|| drop(server.send(head)));
        s.spawn(|| assert!(!server.send(&body).starts_with("HTTP/1.1 200")));
    });
    let took = began.elapsed();
    assert!(took > Duration::from_secs(5) && took < Duration::from_secs(35), "{took:?}");
}
