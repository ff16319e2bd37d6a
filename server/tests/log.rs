//! The log and its packs from the command line: kept outside, exported, proven, checked, and seen through when doctored.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use chrono::TimeDelta;
use governance::{
    engine::Wanted,
    evidence::{About, build},
    log::{Checkpoint, Entry, ProofFile, Since, VerifierKey},
    time::Timestamp,
};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

fn countersign(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command
        .args(args)
        .env_remove("COUNTERSIGN_DATA")
        .env_remove("COUNTERSIGN_DATABASE")
        .env_remove("COUNTERSIGN_CONFIG");
    command.output().unwrap()
}
fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}
fn check(args: &[&str], code: i32, word: &str) {
    let output = countersign(args);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(word), "{args:?} does not say {word:?}: {said}");
}

struct Server(Child);
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server on this folder, once it has signed a checkpoint later than `after`.
fn serving(data: &Path, after: u64) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let server = Server(child);
    signed(data, after);
    server
}

/// Waits until the server of this folder has signed a checkpoint later than `after`.
fn signed(data: &Path, after: u64) {
    let began = Instant::now();
    let size = || fs::read_to_string(data.join("checkpoint")).ok()?.lines().nth(1)?.parse::<u64>().ok();
    while size().is_none_or(|n| n <= after) {
        assert!(began.elapsed() < Duration::from_secs(20), "no checkpoint was signed");
        std::thread::sleep(Duration::from_millis(50));
    }
}

struct Installation {
    _folder: tempfile::TempDir,
    data: PathBuf,
    _server: Server,
}

fn installation() -> Installation {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = serving(&data, 0);
    Installation { data, _folder: folder, _server: server }
}

impl Installation {
    fn run(&self, args: &[&str]) -> Output {
        countersign(&[args, &["--data", self.data.to_str().unwrap()]].concat())
    }
    fn key(&self) -> VerifierKey {
        let export = self.data.join("for-key");
        out(&self.run(&["log", "export", export.to_str().unwrap()]));
        VerifierKey::parse(fs::read_to_string(export.join("vkey")).unwrap().trim()).unwrap()
    }
    /// A pack of everything so far, made beside the running server.
    fn pack(&self) -> Vec<u8> {
        let place = server::config::Place { data: self.data.clone(), database: None };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let opened = server::state::open_for_command(&place).await.unwrap();
            let now = opened.governance.now();
            let about = About {
                created_at: now,
                framework: None,
                from: Timestamp::EPOCH,
                generator: "test".into(),
                pack: "pck_test".into(),
                to: now + TimeDelta::days(1),
            };
            let all = |_: &Entry| Wanted { proof: true, payloads: true };
            let content = opened.governance.log_extract(&opened.ctx, about, all).await.unwrap();
            build(&content, &opened.key.unwrap()).unwrap()
        })
    }
}

#[test]
fn checkpoints_and_proofs_are_printed_for_keeping() {
    let i = installation();
    let key = i.key();
    let first = Checkpoint::verify(out(&i.run(&["log", "checkpoint"])).as_bytes(), &key).unwrap();
    let entry = i.data.join("entry");
    let proof = out(&i.run(&["log", "proof", "0", "--entry", entry.to_str().unwrap()]));
    let leaf = fs::read(&entry).unwrap();
    ProofFile::parse(proof.as_bytes()).unwrap().verify(&leaf, &key).unwrap();
    assert_eq!(Entry::parse(&leaf).unwrap().kind.as_str(), "installation.created");

    // handing out is on record, so the log has grown: the next checkpoint proves that it continues the first
    drop(i._server);
    let _server = serving(&i.data, first.size);
    let since =
        countersign(&["log", "checkpoint", "--since", &first.size.to_string(), "--data", i.data.to_str().unwrap()]);
    let since = Since::parse(out(&since).as_bytes()).unwrap();
    let second = Checkpoint::verify(since.checkpoint.as_bytes(), &key).unwrap();
    assert!(second.size > first.size);
    since.verify(&first.root, &second).unwrap();
}

#[test]
fn what_is_asked_wrongly_is_said_in_one_line() {
    let i = installation();
    let data = i.data.to_str().unwrap();
    check(&["log", "proof", "999999", "--data", data], 1, "no entry 999999");
    check(&["log", "proof", "-1", "--data", data], 64, "");
    check(&["log", "checkpoint", "--since", "999999", "--data", data], 2, "cannot continue");
    let file = i.data.join("file");
    fs::write(&file, "").unwrap();
    check(&["log", "export", file.to_str().unwrap(), "--data", data], 2, "cannot be written");
    let fresh = tempfile::tempdir().unwrap();
    check(
        &["log", "checkpoint", "--data", fresh.path().join("d").to_str().unwrap()],
        1,
        "no checkpoint was signed yet",
    );
}

#[test]
fn a_check_sees_a_doctored_database() {
    let i = installation();
    let data = i.data.clone();
    let json: serde_json::Value = serde_json::from_str(&out(&i.run(&["check", "--json"]))).unwrap();
    assert_eq!(json["holds"], true, "{json}");
    let parts: Vec<_> = json["parts"].as_array().unwrap().iter().map(|p| p["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["database", "key", "log", "clock", "bundle"]);
    let replayed = out(&i.run(&["check", "--replay"]));
    assert!(replayed.contains("ok    I11       0 decisions replayed"), "{replayed}");
    let json: serde_json::Value = serde_json::from_str(&out(&i.run(&["check", "--replay", "--json"]))).unwrap();
    assert_eq!(json["replay"]["lines"].as_array().map(Vec::len), Some(8), "{json}");
    drop(i._server);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", data.join("countersign.db").display());
        let db = governance::store::db::Db::open(&url).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.execute("drop trigger events_no_update", &[]).await.unwrap();
        tx.execute("update events set actor = 'per_nobody' where seq = 0", &[]).await.unwrap();
        let decision = "insert into decisions (id, seq, at, key_id, subject_type, subject_id, action, resource_type, resource_id, outcome, rules, bundle_hash, observed_by, params_hash, salt) values ('dec_0190f5c10000700080000000000000aa', 1, 1, 'key_0190f5c10000700080000000000000aa', 'agent', 'a', 'b', 'c', 'd', 'permit', '[]', 'e', 'self', 'f', x'00')";
        tx.execute(decision, &[]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    });
    check(&["check", "--data", data.to_str().unwrap()], 1, "event 0: its column actor is not what its leaf says");
    let data = data.to_str().unwrap();
    check(&["check", "--replay", "--data", data], 1, "FAIL  I1 ");
    check(&["check", "--replay", "--data", data], 1, "no decision stands there");
}

/// What the control test of the log's checks says.
fn log_checks(i: &Installation) -> String {
    let made: serde_json::Value = serde_json::from_str(&out(&i.run(&["assess", "--json"]))).unwrap();
    let line = made["results"].as_array().unwrap().iter().find(|r| r["id"] == "AUD-01").unwrap();
    line["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn the_server_checks_the_whole_log_by_itself_and_every_check_is_on_record() {
    let i = installation();
    let began = Instant::now();
    while log_checks(&i) != "satisfied" {
        assert!(began.elapsed() < Duration::from_secs(20), "the server did not check its log");
        std::thread::sleep(Duration::from_millis(200));
    }
    let checked = || serde_json::from_str::<serde_json::Value>(&out(&i.run(&["check", "--json"]))).unwrap();
    let (first, second) = (checked(), checked());
    assert_eq!((&first["kept"], &second["kept"]), (&true.into(), &true.into()));
    let events = |found: &serde_json::Value| found["log"]["events"].as_u64().unwrap();
    assert_eq!(events(&second), events(&first) + 1, "the first check is an entry that the second one reads");
}

#[test]
fn a_pack_is_verified_offline_with_exit_codes_that_mean_one_thing() {
    let i = installation();
    let key = i.key();
    let checkpoint = out(&i.run(&["log", "checkpoint"]));
    // handing it out is an entry, and so is the server's first check of the log: the pack is to reach further
    signed(&i.data, Checkpoint::verify(checkpoint.as_bytes(), &key).unwrap().size);
    let at = |name: &str| i.data.join(name).to_str().unwrap().to_owned();
    let (pack, outside, keyfile) = (at("pack.zip"), at("kept-elsewhere"), at("vkey"));
    fs::write(&pack, i.pack()).unwrap();
    fs::write(&outside, checkpoint).unwrap();
    fs::write(&keyfile, format!("{key}\n")).unwrap();
    let key = key.to_string();

    check(&["verify", &pack, "--key", &key, "--checkpoint", &outside], 2, "covers only the entries before");
    fs::write(&outside, fs::read(i.data.join("checkpoint")).unwrap()).unwrap();
    fs::write(&pack, i.pack()).unwrap();
    check(&["verify", &pack, "--key", &key, "--checkpoint", &outside], 0, "VALID.");
    check(&["verify", &pack, "--key", &keyfile, "--checkpoint", &outside], 0, "can rewrite");
    check(&["verify", &pack, "--key", &key], 2, "no checkpoint from outside");
    check(&["verify", &pack, "--checkpoint", &outside], 2, "nobody named the key");
    let json = countersign(&["verify", &pack, "--key", &key, "--json"]);
    assert_eq!(json.status.code(), Some(2));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["verdict"], "unwitnessed");

    let other = tempfile::tempdir().unwrap();
    let other = Installation {
        data: other.path().join("data"),
        _server: serving(&other.path().join("data"), 0),
        _folder: other,
    };
    check(&["verify", &pack, "--key", &other.key().to_string()], 1, "not with the one you named");
    let mut bytes = fs::read(&pack).unwrap();
    bytes[100] ^= 1;
    fs::write(at("flipped.zip"), bytes).unwrap();
    check(&["verify", &at("flipped.zip"), "--key", &key], 1, "INVALID");
    check(&["verify", &keyfile, "--key", &key], 1, "not a pack");
    check(&["verify", &at("nowhere.zip"), "--key", &key], 1, "cannot be read");
    check(&["verify", &pack, "--key", "a+b"], 64, "--key");
    check(&["verify", &pack, "--key", &at("nowhere")], 64, "cannot be read");
    check(&["verify", &pack, "--checkpoint", &at("nowhere")], 64, "cannot be read");
    check(&["verify", &pack, "--checkpoint", &keyfile, "--key", &key], 1, "does not hold");
    check(&["verify"], 64, "");
}
