//! Imports into the register, on both databases.
use super::identities::rules;
use super::{files, fixture, sample};
use governance::engine::findings::Filter as Findings;
use governance::engine::identities::{Filter, NewIdentity};
use governance::engine::imports::{ImportInput, ImportReport};
use governance::engine::page::Want;
use governance::engine::{Actor, Role};
use governance::error::Kind as Failure;
use governance::finding::{Rule, Severity};
use governance::identity::{Environment, Kind, Status};
use governance::import::diff::Tally;
use governance::on_every_database;
use governance::source;
use governance::store;
use governance::testkit::Fresh;
use std::collections::BTreeMap;

on_every_database! {
    a_first_import_fills_the_register
    a_second_import_changes_nothing_but_the_sync_time
    a_dry_run_says_what_the_import_then_does
    what_is_gone_is_retired_and_what_returns_comes_back
    too_many_removals_are_refused
    a_refused_import_leaves_nothing
    a_secret_never_reaches_the_database
    a_name_that_is_taken_is_told_apart
    an_identity_registered_by_hand_is_matched
    what_a_person_said_is_not_overwritten
    only_who_may_import_does
    the_real_exports_go_in_twice
}

const ALL: [&str; 4] =
    ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv", "aws/advisor"];

fn aws() -> ImportInput {
    ImportInput { kind: source::Kind::AwsIam, files: files(&ALL.map(fixture)), name: None, allow_removals: false }
}
fn mcp() -> ImportInput {
    let files = files(&[fixture("mcp/team.json")]);
    ImportInput { kind: source::Kind::McpConfig, files, name: None, allow_removals: false }
}
fn edit(input: &mut ImportInput, from: &str, to: &str) {
    for (_, bytes) in &mut input.files {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
    }
}
/// Without one role of the second page.
fn without(input: &mut ImportInput, role: &str) {
    for (_, bytes) in &mut input.files {
        let Ok(mut page) = serde_json::from_slice::<serde_json::Value>(bytes) else { continue };
        if let Some(roles) = page.get_mut("RoleDetailList").and_then(|r| r.as_array_mut()) {
            roles.retain(|r| r["RoleName"] != role);
            *bytes = page.to_string().into_bytes();
        }
    }
    let tail = format!("role%2F{role}");
    let goes = |name: &str| name.contains(&tail) || (role == "night-batch" && name.starts_with("0b0e7f4e"));
    input.files.retain(|(name, _)| !goes(name));
}
async fn apply(t: &Fresh, input: &ImportInput) -> ImportReport {
    t.gov.import_apply(&t.operator(), input).await.unwrap()
}
async fn size(t: &Fresh) -> u64 {
    store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size
}
/// Everything the register shows, as text.
async fn dump(t: &Fresh) -> String {
    let ctx = t.operator();
    let want = Want { cursor: None, limit: 1000 };
    let mut all = String::new();
    for line in t.gov.identity_list(&ctx, &Filter::default(), &want).await.unwrap().items {
        let mut record = t.gov.identity_show(&ctx, line.identity.id).await.unwrap();
        record.identity.last_seen_at = None; // follows the time of the last sync
        record.monitoring.sources.iter_mut().for_each(|s| s.source = None);
        all += &serde_json::to_string_pretty(&record).unwrap();
    }
    all
}
fn new(n: usize) -> Tally {
    Tally { new: n, changed: 0, gone: 0 }
}

async fn a_first_import_fills_the_register(t: Fresh) {
    let report = apply(&t, &aws()).await;
    assert_eq!(
        (report.summary.identities, report.summary.entitlements, report.summary.credentials),
        (new(3), new(8), new(4))
    );
    assert_eq!((report.problems.len(), report.set_aside.len()), (1, 3));
    assert_eq!(report.sources[0].name, "aws-iam 111122223333");
    let it = t.gov.identity_find(&t.operator(), "deploy").await.unwrap();
    assert_eq!((it.kind, it.environment, it.status), (Kind::Pipeline, Some(Environment::Production), Status::Active));
    assert_eq!(it.first_seen_at.to_string(), "2025-03-01T00:00:00.000000Z");
    use Rule::{NeverAttested, NoBackup, NoOwner, StandingAdmin, Unused90d};
    use Severity::{Critical, High, Low, Medium};
    assert_eq!(
        rules(&t.gov, &it).await,
        [(NoOwner, High), (NoBackup, Medium), (Unused90d, High), (StandingAdmin, Critical), (NeverAttested, Low),]
    );
    let upload = t.gov.identity_find(&t.operator(), "ci-upload").await.unwrap();
    assert!(rules(&t.gov, &upload).await.contains(&(Rule::KeyOlder90d, High)));
    let found = t.gov.finding_list(&t.operator(), &Findings::default(), &Want::default()).await.unwrap();
    assert_eq!(found.items[0].found.severity, Critical);
    assert_eq!(report.findings.unwrap().opened, found.items.len());
    let one = Findings { rule: Some(Rule::StandingAdmin), severity: Some(Critical), ..Findings::default() };
    assert_eq!(t.gov.finding_list(&t.operator(), &one, &Want::default()).await.unwrap().items.len(), 1);
    let counted: i64 = t.gov.finding_counts(&t.operator()).await.unwrap().iter().map(|(_, _, n)| n).sum();
    assert_eq!(usize::try_from(counted).unwrap(), found.items.len());
}

async fn a_second_import_changes_nothing_but_the_sync_time(t: Fresh) {
    apply(&t, &aws()).await;
    let (before, at) = (dump(&t).await, size(&t).await);
    t.clock.advance(chrono::TimeDelta::hours(5));
    let report = apply(&t, &aws()).await;
    assert_eq!(report.sources[0].changes, []);
    assert_eq!(dump(&t).await, before);
    assert_eq!(size(&t).await, at + 1, "one event: the import itself");
    let source = &t.gov.source_list(&t.operator()).await.unwrap()[0];
    assert_eq!(source.last_sync_at, Some(t.gov.now()));
}

async fn a_dry_run_says_what_the_import_then_does(t: Fresh) {
    let at = size(&t).await;
    let dry = t.gov.import_dry_run(&t.operator(), &aws()).await.unwrap();
    assert_eq!(size(&t).await, at);
    assert!(t.gov.source_list(&t.operator()).await.unwrap().is_empty());
    let done = apply(&t, &aws()).await;
    assert_eq!(dry.sources[0].changes, done.sources[0].changes);
    assert_eq!((dry.summary, dry.problems.clone(), dry.dry_run), (done.summary, done.problems, true));
    assert!(t.gov.import_dry_run(&t.operator(), &aws()).await.unwrap().sources[0].changes.is_empty());
}

async fn what_is_gone_is_retired_and_what_returns_comes_back(t: Fresh) {
    apply(&t, &aws()).await;
    let before = t.gov.identity_find(&t.operator(), "deploy").await.unwrap();
    t.clock.advance(chrono::TimeDelta::days(1));
    let mut less = aws();
    without(&mut less, "deploy");
    less.allow_removals = true;
    let report = apply(&t, &less).await;
    assert_eq!(report.summary.identities, Tally { new: 0, changed: 0, gone: 1 });
    let gone = t.gov.identity_find(&t.operator(), "deploy").await.unwrap();
    assert_eq!((gone.status, gone.retired_at, gone.epoch), (Status::Retired, Some(t.gov.now()), before.epoch + 1));
    assert_eq!(rules(&t.gov, &gone).await, []);
    let record = t.gov.identity_show(&t.operator(), gone.id).await.unwrap();
    assert!(record.entitlements.is_empty() && record.credentials.is_empty());
    assert!(record.monitoring.sources[0].sighting.gone_at.is_some());

    t.clock.advance(chrono::TimeDelta::days(1));
    apply(&t, &aws()).await;
    let back = t.gov.identity_find(&t.operator(), "deploy").await.unwrap();
    assert_eq!(
        (back.id, back.status, back.retired_at, back.epoch),
        (before.id, Status::Active, None, before.epoch + 1)
    );
    assert_eq!(t.gov.identity_show(&t.operator(), back.id).await.unwrap().entitlements.len(), 1);
}

async fn too_many_removals_are_refused(t: Fresh) {
    apply(&t, &aws()).await;
    let (before, at) = (dump(&t).await, size(&t).await);
    let mut less = aws();
    without(&mut less, "deploy");
    without(&mut less, "night-batch");
    let e = t.gov.import_apply(&t.operator(), &less).await.unwrap_err();
    assert_eq!(e.kind, Failure::Conflict);
    assert!(e.detail.contains("would remove 2 of 3 identities"), "{e}");
    assert_eq!(t.gov.import_dry_run(&t.operator(), &less).await.unwrap_err().kind, Failure::Conflict);
    assert_eq!((dump(&t).await, size(&t).await), (before, at));
    less.allow_removals = true;
    assert_eq!(apply(&t, &less).await.summary.identities, Tally { new: 0, changed: 0, gone: 2 });
}

async fn a_refused_import_leaves_nothing(t: Fresh) {
    let at = size(&t).await;
    let mut cut = aws();
    let half = cut.files[0].1.len() / 2;
    cut.files[0].1.truncate(half);
    assert_eq!(t.gov.import_apply(&t.operator(), &cut).await.unwrap_err().kind, Failure::Invalid);
    let named = ImportInput { name: Some("x\u{202e}y".into()), ..aws() };
    assert_eq!(t.gov.import_apply(&t.operator(), &named).await.unwrap_err().kind, Failure::Invalid);
    let mut two = mcp();
    two.files.push(("other.json".into(), two.files[0].1.clone()));
    two.name = Some("both".into());
    assert_eq!(t.gov.import_apply(&t.operator(), &two).await.unwrap_err().kind, Failure::Invalid);
    assert_eq!(size(&t).await, at);
}

async fn a_secret_never_reaches_the_database(t: Fresh) {
    let report = apply(&t, &mcp()).await;
    assert_eq!(report.sources[0].name, "mcp-config team.json");
    let found = Findings { rule: Some(Rule::SecretInConfig), ..Findings::default() };
    let found = t.gov.finding_list(&t.operator(), &found, &Want::default()).await.unwrap().items;
    let words: Vec<_> = found.iter().map(|f| f.found.words.clone()).collect();
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(
        words.iter().any(|w| w == "variable WAREHOUSE_TOKEN of warehouse stands readable in a configuration file."),
        "{words:?}"
    );
    let mut tx = t.gov.read().await.unwrap();
    let mut everything =
        dump(&t).await + &serde_json::to_string(&report).unwrap() + &serde_json::to_string(&found).unwrap();
    for row in tx.all("select bytes from payloads", &[]).await.unwrap() {
        everything += &String::from_utf8_lossy(&row.bytes("bytes").unwrap());
    }
    for sql in [
        "select claim as text from sightings",
        "select report as text from imports",
        "select resource as text from entitlements",
    ] {
        for row in tx.all(sql, &[]).await.unwrap() {
            everything += &row.text("text").unwrap();
        }
    }
    assert!(everything.contains("warehouse-mcp --dsn postgres://reporter:[redacted]@db.example.com/sales"));
    assert!(!everything.contains("hunter2"), "{everything}");

    // the secret is taken out of the file: the finding is resolved
    let mut mended = mcp();
    edit(&mut mended, "\"hunter2-and-more\"", "\"${env:WAREHOUSE_TOKEN}\"");
    edit(&mut mended, "reporter:hunter2@", "");
    let report = apply(&t, &mended).await;
    assert_eq!(report.findings.unwrap().resolved, 2);
}

async fn a_name_that_is_taken_is_told_apart(t: Fresh) {
    apply(&t, &mcp()).await;
    let other = ImportInput { name: Some("other team".into()), ..mcp() };
    apply(&t, &other).await;
    let all = t.gov.identity_list(&t.operator(), &Filter::default(), &Want::default()).await.unwrap().items;
    let names: Vec<_> = all.iter().map(|l| (l.identity.name.as_str(), l.source_name.as_deref().unwrap())).collect();
    assert_eq!(
        names,
        [
            ("tickets", "mcp-config team.json"),
            ("tickets@other team", "other team"),
            ("warehouse", "mcp-config team.json"),
            ("warehouse@other team", "other team"),
        ]
    );
    assert!(apply(&t, &other).await.sources[0].changes.is_empty(), "another name here is no change there");
}

async fn an_identity_registered_by_hand_is_matched(t: Fresh) {
    let mine = t.gov.identity_add(&t.operator(), NewIdentity::named("night-batch", Kind::Workload)).await.unwrap();
    apply(&t, &aws()).await;
    let it = t.gov.identity_find(&t.operator(), "night-batch").await.unwrap();
    assert_eq!(it.id, mine.id);
    assert_eq!(it.external_ref.as_deref(), Some("arn:aws:iam::111122223333:role/night-batch"));
    assert!(apply(&t, &aws()).await.sources[0].changes.is_empty());
}

async fn what_a_person_said_is_not_overwritten(t: Fresh) {
    let production =
        NewIdentity { environment: Some(Environment::Staging), ..NewIdentity::named("deploy", Kind::Pipeline) };
    t.gov.identity_add(&t.operator(), production).await.unwrap();
    apply(&t, &aws()).await;
    assert_eq!(t.gov.identity_find(&t.operator(), "deploy").await.unwrap().environment, Some(Environment::Staging));
    let mut moved = aws();
    edit(&mut moved, "\"Value\": \"prod\"", "\"Value\": \"dev\"");
    apply(&t, &moved).await;
    let upload = t.gov.identity_find(&t.operator(), "ci-upload").await.unwrap();
    assert_eq!(upload.environment, Some(Environment::Development), "what the source said, the source may change");
}

async fn only_who_may_import_does(t: Fresh) {
    let person = super::identities::person(&t.gov, "p@example.com").await;
    for (role, ok) in [(Role::Operator, true), (Role::Admin, true), (Role::Owner, false), (Role::Auditor, false)] {
        let ctx = t.gov.ctx(Actor::Person { id: person, roles: [role].into() });
        assert_eq!(t.gov.import_dry_run(&ctx, &aws()).await.is_ok(), ok, "{role}");
        assert_eq!(t.gov.import_apply(&ctx, &mcp()).await.is_ok(), ok, "{role}");
    }
}

async fn the_real_exports_go_in_twice(t: Fresh) {
    let (Some(aws), Some(mcp)) = (sample("aws"), sample("mcp")) else { return };
    let given = files(&[
        aws.join("cloudmapper_demo_authz.json"),
        aws.join("cloudmapper_demo_credential_report.json"),
        aws.join("cloudmapper_service_last_accessed"),
    ]);
    let account = ImportInput { kind: source::Kind::AwsIam, files: given, name: None, allow_removals: false };
    let given = files(&[mcp.join("prowler_mcp.json"), mcp.join("vscode_mcp.json")]);
    let tools = ImportInput { kind: source::Kind::McpConfig, files: given, name: None, allow_removals: false };
    let first = apply(&t, &account).await;
    assert_eq!(
        (first.summary.identities, first.summary.entitlements, first.summary.credentials),
        (new(9), new(134), new(9))
    );
    assert_eq!(apply(&t, &tools).await.summary.identities, new(2));
    let before = dump(&t).await;
    for input in [&account, &tools] {
        assert!(apply(&t, input).await.sources.iter().all(|s| s.changes.is_empty()));
    }
    assert_eq!(dump(&t).await, before);
    let mut by_rule = BTreeMap::new();
    for (rule, _, n) in t.gov.finding_counts(&t.operator()).await.unwrap() {
        *by_rule.entry(rule.as_str()).or_insert(0) += n;
    }
    assert_eq!(by_rule["no_owner"], 11);
    assert_eq!(by_rule["standing_admin"], 3);
    assert_eq!(by_rule["key_older_90d"], 4);
    assert!(!by_rule.contains_key("secret_in_config"));
}
