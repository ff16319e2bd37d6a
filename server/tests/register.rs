//! The register by command line: what goes in, what comes out, and the exit codes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A folder of its own, gone with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("countersign-register-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(args)
            .arg("--data")
            .arg(self.0.join("data"))
            .env_remove("COUNTERSIGN_DATA")
            .env_remove("COUNTERSIGN_DATABASE")
            .env_remove("COUNTERSIGN_CONFIG")
            .output()
            .unwrap()
    }
    /// Runs a command that must end with `code`, and gives back what it printed.
    fn text(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
        if code == 2 {
            assert!(out.is_empty() && err.lines().count() == 1, "one line, and nothing else: {out}{err}");
            return err;
        }
        out
    }
    fn json(&self, code: i32, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(code, &[args, &["--json"]].concat())).unwrap()
    }
}
impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../governance/tests/fixtures").join(name);
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn an_account_goes_in_and_a_second_time_nothing_changes() {
    let at = Place::new("account");
    let (one, two) = (fixture("aws/authorization-1.json"), fixture("aws/authorization-2.json"));
    let (report, advisor) = (fixture("aws/credential-report.csv"), fixture("aws/advisor"));
    let import = ["import", "aws-iam", &one, &two, &report, &advisor];

    // one role in the export is malformed: it is named, the rest goes in, and 1 says so
    let dry = at.text(1, &[&import[..], &["--dry-run"]].concat());
    assert!(dry.contains("+ workload night-batch  arn:aws:iam::111122223333:role/night-batch"), "{dry}");
    assert!(dry.contains("authorization-2.json: RoleDetailList[3].CreateDate: not a date"), "{dry}");
    assert!(dry.ends_with("dry run: nothing was written\n"), "{dry}");
    assert_eq!(at.json(0, &["identity", "list"])["items"], Value::Array(vec![]));

    let done = at.json(1, &import);
    assert_eq!(done["summary"]["identities"]["new"], 3);
    let list = at.json(0, &["identity", "list"]);
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ci-upload", "deploy", "night-batch"]);
    assert_eq!(list["next"], Value::Null);

    let again = at.json(1, &import);
    assert_eq!(again["sources"][0]["changes"], Value::Array(vec![]));
    let mut after = at.json(0, &["identity", "list"]);
    for (before, after) in list["items"].as_array().unwrap().iter().zip(after["items"].as_array_mut().unwrap()) {
        after["last_seen_at"] = before["last_seen_at"].clone(); // the time of the last sync
    }
    assert_eq!(after, list);
    let shown = at.text(0, &["identity", "show", "deploy"]);
    assert!(shown.contains("record 1 of 5 complete") && shown.contains("gap: No owner yet"), "{shown}");
}

#[test]
fn what_cannot_go_in_is_one_line_and_changes_nothing() {
    let at = Place::new("refused");
    let cut = at.file("cut.json", "{\"RoleDetailList\": [{\"Arn\": \"hunter2");
    let said = at.text(2, &["import", "aws-iam", &cut]);
    assert!(
        said.contains("cut.json: line 1") && said.contains("ends in the middle") && !said.contains("hunter2"),
        "{said}"
    );
    let said = at.text(2, &["import", "aws-iam", &fixture("mcp/team.json")]);
    assert!(said.contains("not valid JSON"), "{said}");
    let said = at.text(2, &["import", "mcp-config", &fixture("aws/authorization-2.json")]);
    assert!(said.contains("not an MCP configuration"), "{said}");
    let said = at.text(2, &["import", "aws-iam", "no-such-file.json"]);
    assert!(said.contains("no-such-file.json: cannot be read"), "{said}");
    at.text(64, &["import", "nonsense", &cut]);
    at.text(64, &["import", "aws-iam"]);
    at.text(64, &["findings", "--rule", "nonsense"]);
    assert_eq!(at.json(0, &["identity", "list"])["items"], Value::Array(vec![]));
}

#[test]
fn a_list_is_imported_by_what_its_columns_were_said_to_mean() {
    let at = Place::new("list");
    let list = at.file("hr.csv", "Account,Role,Made\nsvc-pay,admin,03/04/2025\n");
    let import = ["import", "csv", "--name", "HR list", &list];
    let guess = at.text(2, &import);
    assert!(guess.contains("--map \"Account=name,Role=entitlement\"; not read: \"Made\""), "{guess}");
    let map = ["--map", "Account=name,Role=entitlement,Made=created"];
    let said = at.text(2, &[&import[..], &map].concat());
    assert!(said.contains("line 2, column \"Made\"") && said.contains("--dates dmy or mdy"), "{said}");
    let mapped = [&import[..], &map, &["--dates", "dmy"]].concat();
    let dry = at.text(0, &[&mapped[..], &["--dry-run"]].concat());
    assert!(dry.contains("+ service_account svc-pay") && dry.contains("+ admin on not said"), "{dry}");
    at.text(2, &import);
    at.text(0, &mapped);
    assert_eq!(at.json(0, &import)["sources"][0]["changes"], Value::Array(vec![]));

    let file = at.file("mapping.json", "{\"columns\": {\"Account\": \"name\"}, \"kind\": \"agent\"}");
    let bots = at.file("bots.csv", "Account\nbot-1\n");
    at.text(0, &["import", "csv", "--name", "bots", "--mapping", &file, &bots]);
    assert_eq!(at.json(0, &["identity", "show", "bot-1"])["identity"]["kind"], "agent");
    let wrong = at.file("wrong.json", "{\"colums\": {}}");
    assert!(at.text(2, &["import", "csv", "--name", "bots", "--mapping", &wrong, &bots]).contains("not a mapping"));
    at.text(2, &["import", "csv", &bots]);
    at.text(2, &["import", "aws-iam", &bots, "--map", "A=name"]);
}

#[test]
fn a_secret_in_a_configuration_is_a_finding_and_is_never_printed() {
    let at = Place::new("secret");
    let file = fixture("mcp/team.json");
    let mut all = at.text(0, &["import", "mcp-config", &file, "--dry-run"]);
    all += &at.text(0, &["import", "mcp-config", &file, "--json"]);
    let found = at.json(0, &["findings", "--rule", "secret_in_config"]);
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    assert_eq!(found["items"][0]["severity"], "critical");
    all += &found.to_string();
    all += &at.text(0, &["identity", "show", "warehouse"]);
    assert!(all.contains("postgres://reporter:[redacted]@db.example.com/sales"), "{all}");
    assert!(!all.contains("hunter2"), "{all}");
    for file in fs::read_dir(at.0.join("data")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(7).any(|w| w == b"hunter2"), "{} holds a secret", path.display());
        }
    }
}

#[test]
fn people_and_owners_come_from_lists() {
    let at = Place::new("people");
    let people = at.file(
        "people.csv",
        "email,name,manager,groups,roles,status\nana@example.com,Ana,,finance-ops,owner,active\nbob@example.com,Bob,ana@example.com,,owner,active\nbad,Nobody,,,,\n",
    );
    let report = at.json(1, &["person", "import", &people]);
    assert_eq!(report["added"].as_array().unwrap().len(), 2);
    at.json(0, &["identity", "add", "payer", "--kind", "agent", "--environment", "production"]);
    let lone = at.file("lone.csv", "name,owner,backup\npayer,ana@example.com,\n");
    let said = at.text(1, &["identity", "own", &lone]);
    assert!(said.contains("lone.csv: line 2: payer: production asks for a backup owner; name one"), "{said}");
    let both = at.file("both.csv", "name,owner,backup\npayer,ana@example.com,bob@example.com\n");
    assert_eq!(at.json(0, &["identity", "own", &both])["changed"][0], "payer");
    let list = at.json(0, &["identity", "list", "--owner", "ana@example.com"]);
    assert_eq!(list["items"][0]["owner_email"], "ana@example.com");
    assert_eq!(at.json(0, &["findings", "--rule", "no_owner"])["items"], Value::Array(vec![]));
    at.text(2, &["person", "add", "cy@example.com", "--name", "Cy", "--role", "admin", "approver"]);
    let link = at.json(0, &["person", "link", "ana@example.com", "--public-url", "https://cs.example"]);
    assert!(link["url"].as_str().unwrap().starts_with("https://cs.example/sign-in/"), "{link}");
    at.text(1, &["person", "link", "nobody@example.com"]);
    at.json(0, &["person", "set", "bob@example.com", "--status", "left"]);
    assert_eq!(at.json(0, &["findings", "--rule", "no_backup"])["items"].as_array().unwrap().len(), 1);
}

#[test]
fn a_task_is_opened_listed_and_closed() {
    let at = Place::new("tasks");
    at.json(0, &["identity", "add", "payer", "--kind", "agent"]);
    let open = ["task", "open", "OPS-7", "--agent", "payer", "--purpose", "pay the invoices"];
    assert_eq!(at.json(0, &[&open[..], &["--tool", "payment.create", "--ends-in", "2h"]].concat())["status"], "open");
    let twice = at.run(&open);
    let said = String::from_utf8(twice.stderr).unwrap();
    assert!(twice.status.code() == Some(1) && said.contains("task OPS-7 is open since"), "{said}");
    at.text(2, &["task", "open", "OPS-8", "--agent", "payer", "--purpose", "x", "--ends-in", "never"]);
    at.text(1, &["task", "open", "OPS-8", "--agent", "nobody", "--purpose", "x"]);
    assert!(at.text(0, &["task", "list"]).contains("OPS-7"));
    assert_eq!(at.json(0, &["task", "close", "OPS-7", "--reason", "done"])["task"]["status"], "closed");
    at.text(1, &["task", "close", "OPS-7", "--reason", "again"]);
}

#[test]
fn a_compressed_log_dates_what_it_shows_and_names_who_is_new() {
    use std::io::Write as _;
    let at = Place::new("activity");
    let record = |role: &str| {
        format!(
            r#"{{"eventTime":"2025-10-01T10:00:00Z","eventSource":"sqs.amazonaws.com","eventName":"SendMessage","userIdentity":{{"type":"AssumedRole","sessionContext":{{"sessionIssuer":{{"arn":"arn:aws:iam::111122223333:role/{role}"}}}}}}}}"#
        )
    };
    let mut gz = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    gz.write_all(format!(r#"{{"Records":[{},{}]}}"#, record("deploy"), record("shadow")).as_bytes()).unwrap();
    let trail = at.0.join("trail.json.gz");
    fs::write(&trail, gz.finish().unwrap()).unwrap();
    let log = ["import", "activity", "--of", "aws-iam", "--source", "111122223333", trail.to_str().unwrap()];

    assert!(at.text(1, &log).is_empty(), "its inventory comes first");
    at.text(1, &["import", "aws-iam", &fixture("aws/authorization-1.json"), &fixture("aws/authorization-2.json")]);
    let dry = at.text(0, &[&log[..], &["--dry-run"]].concat());
    assert!(dry.contains("+ service_account shadow  arn:aws:iam::111122223333:role/shadow"), "{dry}");
    assert!(dry.contains("last used source does not say → 2025-10-01"), "{dry}");
    assert!(dry.contains("note: activity from 2025-10-01T10:00:00"), "{dry}");
    let done = at.json(0, &log);
    assert_eq!(done["summary"]["identities"]["new"], 1, "{done}");
    assert_eq!(at.json(0, &log)["sources"][0]["changes"], Value::Array(vec![]), "the same again");

    let cut = at.file("cut.json", r#"{"Records":["#);
    assert!(
        at.text(2, &["import", "activity", "--of", "aws-iam", "--source", "111122223333", &cut]).contains("cut.json")
    );
    assert!(at.text(2, &["import", "activity", &cut]).contains("--of KIND --source NAME"));
    assert!(at.text(2, &["import", "mcp-config", &cut, "--of", "gcp"]).contains("--of and --source"));
}

#[test]
fn identities_are_matched_merged_and_split_by_command() {
    let at = Place::new("matching");
    let role = "arn:aws:iam::111122223333:role/night-batch";
    let list = |name: &str, rows: &str| at.file(&format!("{name}.csv"), &format!("Id,Name\n{rows}"));
    let bring = |name: &str, file: &str, more: &[&str]| {
        at.text(0, &[&["import", "csv", file, "--name", name, "--map", "Id=id,Name=name"], more].concat())
    };
    bring("a", &list("a", &format!("{role},night-batch\n")), &[]);
    let b = list("b", &format!("{role},Nightly\n9,svc-night-batch\n"));
    let dry = bring("b", &b, &["--dry-run"]);
    assert!(
        dry.contains(&format!("= service_account Nightly  {role}  is night-batch by its ARN, as a shows it")),
        "{dry}"
    );
    assert!(dry.contains("identities: 1 new, 0 changed, 0 gone\nmatched: 1 known already"), "{dry}");
    bring("b", &b, &[]);
    bring("c", &list("c", "x,night_batch\n"), &[]);
    let matches = at.text(0, &["identity", "matches"]);
    assert!(matches.contains("possible: names alike: nightbatch\n") && matches.contains("2 suggestions"), "{matches}");
    let refused = |args: &[&str]| String::from_utf8(at.run(args).stderr).unwrap();
    let two = refused(&["identity", "merge", "night-batch", "svc-night-batch"]);
    assert!(two.contains("b shows night-batch and svc-night-batch as two"), "{two}");
    let done = at.text(0, &["identity", "merge", "night-batch", "night_batch"]);
    assert!(done.contains("night_batch is night-batch from here on and retired"), "{done}");
    let shown = at.text(0, &["identity", "show", "night_batch"]);
    assert!(shown.contains("merged into night-batch ("), "{shown}");
    at.text(0, &["identity", "unmerge", "night_batch"]);
    at.text(0, &["identity", "apart", "night_batch", "night-batch"]);
    let matches = at.json(0, &["identity", "matches", "night-batch"]);
    assert_eq!(matches["suggestions"], Value::Array(vec![]));
    let wrong = refused(&["identity", "split", "night-batch", "z"]);
    assert!(wrong.contains("no source \"z\" shows night-batch; these do: \"a\", \"b\""), "{wrong}");
    let new = at.text(0, &["identity", "split", "night-batch", "b"]);
    assert!(new.contains("service_account Nightly is an identity of its own"), "{new}");
}
