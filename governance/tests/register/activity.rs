//! Activity logs: last uses, and who acts that nobody registered; on both databases.
use super::{files, fixture, identities::rules};
use chrono::TimeDelta;
use governance::engine::imports::{ImportInput, ImportReport};
use governance::engine::page::Want;
use governance::engine::{Actor, Role, identities::Filter};
use governance::error::Kind as Failure;
use governance::finding::Rule;
use governance::id::PersonId;
use governance::identity::{Identity, Kind, Status};
use governance::import::activity::{ANY, Log, Uses};
use governance::on_every_database;
use governance::sighting::How;
use governance::source;
use governance::store;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

on_every_database! {
    a_use_dates_the_principal_and_what_allowed_it_and_never_goes_back
    a_refused_call_is_no_use_but_its_principal_acted
    silence_of_a_log_is_not_disuse
    who_acts_and_nobody_registered_is_a_gap_with_a_clock
    who_is_gone_comes_back_by_a_later_act_alone
    who_no_list_would_have_is_not_taken_to_be_gone
    the_same_again_and_any_order_are_nothing_new
    too_many_resources_are_no_longer_told_apart
    a_dry_run_says_what_the_import_then_does
    rights_in_a_cluster_are_dated_where_they_were_used
    roles_in_google_cloud_are_not_guessed_at
    a_log_needs_its_source_and_the_right_to_import
    a_damaged_log_never_half_applies
}

const ACCOUNT: &str = "111122223333";

fn arn(what: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{what}")
}
fn call(at: Timestamp, who: &Value, event: (&str, &str), more: Value) -> String {
    let mut record = json!({"eventVersion": "1.11", "eventTime": at.to_string(), "eventSource": event.0,
        "eventName": event.1, "userIdentity": who, "awsRegion": "eu-central-1"});
    record.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    record.to_string()
}
fn role(name: &str) -> Value {
    json!({"type": "AssumedRole", "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn(&format!("role/{name}"))}}})
}
fn on(resource: &str) -> Value {
    json!({"resources": [{"ARN": resource, "type": "AWS::S3::Bucket"}]})
}
const LIST: (&str, &str) = ("s3.amazonaws.com", "ListObjectsV2");
const SEND: (&str, &str) = ("sqs.amazonaws.com", "SendMessage");

fn log(t: &Fresh, of: source::Kind, lines: &[String]) -> Log {
    let mut log = Log::new(of, t.gov.now()).unwrap();
    log.read("trail.ndjson", lines.join("\n").as_bytes()).unwrap();
    log
}
async fn apply(t: &Fresh, lines: &[String]) -> ImportReport {
    let log = log(t, source::Kind::AwsIam, lines);
    t.gov.activity_apply(&t.operator(), ACCOUNT, &log).await.unwrap()
}
async fn inventory(t: &Fresh, kind: source::Kind, names: &[&str]) {
    let files = files(&names.iter().map(|n| fixture(n)).collect::<Vec<_>>());
    let input = ImportInput { kind, files, name: None, allow_removals: true };
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
}
async fn aws(t: &Fresh) {
    let names = ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv"];
    inventory(t, source::Kind::AwsIam, &names).await;
}
async fn find(t: &Fresh, name: &str) -> Identity {
    t.gov.identity_find(&t.operator(), name).await.unwrap()
}
/// What it holds, by action and resource, with its last use and whether a source reports use of it.
pub async fn held(t: &Fresh, name: &str) -> BTreeMap<(String, String), (Option<Timestamp>, bool)> {
    let it = find(t, name).await;
    let record = t.gov.identity_show(&t.operator(), it.id).await.unwrap();
    let all = record.entitlements.into_iter();
    all.map(|e| ((e.key.action, e.key.resource), (e.facts.last_used_at, e.facts.usage_reported))).collect()
}
async fn uses(t: &Fresh) -> BTreeMap<String, Uses> {
    let mut tx = t.gov.read().await.unwrap();
    let source = store::sources::list(&mut tx).await.unwrap().remove(0);
    store::uses::of_source(&mut tx, source.id).await.unwrap()
}
fn key(action: &str, resource: &str) -> (String, String) {
    (action.to_owned(), resource.to_owned())
}

async fn a_use_dates_the_principal_and_what_allowed_it_and_never_goes_back(t: Fresh) {
    aws(&t).await;
    let (day, earlier) = (t.gov.now() - TimeDelta::days(1), t.gov.now() - TimeDelta::days(2));
    let listed = |at| call(at, &role("night-batch"), LIST, on("arn:aws:s3:::reports"));
    let report = apply(&t, &[listed(day)]).await;
    assert!(report.notes.iter().any(|n| n.starts_with(&format!("activity from {day} to {day}"))), "{:?}", report.notes);
    let check = async |when: &str| {
        assert_eq!(find(&t, "night-batch").await.last_used_at, Some(day), "{when}");
        let held = held(&t, "night-batch").await;
        assert_eq!(held[&key("s3:ListBucket", "arn:aws:s3:::reports")], (Some(day), false), "{when}");
        for (key, (last, reported)) in &held {
            let it = key.0 == "s3:ListBucket" && key.1.ends_with("reports");
            assert!(it || (last.is_none() && !reported), "{when}: {key:?} was not used");
        }
        assert!(super::activity::held(&t, "deploy").await.values().all(|(last, _)| last.is_none()), "{when}");
    };
    check("after the log").await;
    apply(&t, &[listed(earlier)]).await;
    check("after an older log").await;
    t.clock.advance(TimeDelta::hours(1));
    aws(&t).await;
    check("after another inventory").await;
}

async fn a_refused_call_is_no_use_but_its_principal_acted(t: Fresh) {
    aws(&t).await;
    let at = t.gov.now() - TimeDelta::hours(3);
    apply(&t, &[call(at, &role("deploy"), SEND, json!({"errorCode": "AccessDenied"}))]).await;
    assert_eq!(find(&t, "deploy").await.last_used_at, Some(at));
    assert!(held(&t, "deploy").await.values().all(|(last, reported)| last.is_none() && !reported));
}

async fn silence_of_a_log_is_not_disuse(t: Fresh) {
    inventory(&t, source::Kind::Kubernetes, &["kubernetes/cluster.json"]).await;
    let known = t.gov.identity_list(&t.operator(), &Filter::default(), &Want::default()).await.unwrap().items;
    let name =
        known.iter().find(|l| l.identity.external_ref.as_ref().is_some_and(|r| r.starts_with("system:"))).unwrap();
    let it = name.identity.clone();
    let line = request(t.gov.now(), it.external_ref.as_deref().unwrap(), ("get", "secrets", "nowhere"));
    let read = log(&t, source::Kind::Kubernetes, &[line]);
    t.gov.activity_apply(&t.operator(), "cluster", &read).await.unwrap();
    // nobody brings a log for months, and then the inventory again
    t.clock.advance(TimeDelta::days(200));
    inventory(&t, source::Kind::Kubernetes, &["kubernetes/cluster.json"]).await;
    t.gov.findings_sweep(&t.operator()).await.unwrap();
    let monitored = rules(&t.gov, &it).await.iter().all(|(rule, _)| *rule != Rule::NotMonitored);
    assert!(monitored, "its log was imported, as the finding asked");
    for line in known {
        let found = rules(&t.gov, &line.identity).await;
        assert!(found.iter().all(|(rule, _)| *rule != Rule::Unused90d), "{}: {found:?}", line.identity.name);
    }
}

async fn who_acts_and_nobody_registered_is_a_gap_with_a_clock(t: Fresh) {
    aws(&t).await;
    let at = t.gov.now() - TimeDelta::hours(1);
    for _ in 0..25 {
        // whom the inventory set aside is known however many logs came since
        apply(&t, &[call(at, &role("deploy"), SEND, json!({}))]).await;
    }
    let user = |name: &str| json!({"type": "IAMUser", "arn": arn(&format!("user/{name}"))});
    let mut console = user("eva");
    console["sessionContext"] = json!({"attributes": {"mfaAuthenticated": "true"}});
    let mut abroad = role("other");
    abroad["sessionContext"]["sessionIssuer"]["arn"] = json!("arn:aws:iam::999988887777:role/other");
    let aside = [
        user("ana"),
        console,
        abroad,
        json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
        role("aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport"),
    ];
    let mut lines: Vec<_> = aside.iter().map(|who| call(at, who, SEND, json!({}))).collect();
    lines.push(call(at, &role("shadow/night-crawler"), SEND, json!({})));
    let report = apply(&t, &lines).await;
    assert_eq!((report.summary.identities.new, report.set_aside.len()), (1, aside.len()), "{:?}", report.set_aside);
    let why = |who: &str| report.set_aside.iter().find(|s| s.principal.ends_with(who)).unwrap().reason.as_str();
    assert_eq!(why("user/ana"), "a person: has a password and no active key", "as its inventory said");
    assert_eq!(why("role/other"), "of another account");
    let it = find(&t, "night-crawler").await;
    assert_eq!((it.kind, it.owner, it.last_used_at), (Kind::ServiceAccount, None, Some(at)));
    let gaps = t.gov.gap_list(&t.operator(), &Want::default()).await.unwrap().items;
    let gap = gaps.iter().find(|g| g.gap.name == "night-crawler").expect("a gap");
    assert_eq!((gap.gap.how, gap.due_at), (How::Shown, t.gov.now() + TimeDelta::days(7)));
    assert!(uses(&t).await.keys().all(|who| !who.ends_with("ana")), "what people do is not kept");
}

async fn who_is_gone_comes_back_by_a_later_act_alone(t: Fresh) {
    aws(&t).await;
    let line = |t: &Fresh| call(t.gov.now(), &role("shadow"), SEND, json!({}));
    let first = line(&t);
    apply(&t, std::slice::from_ref(&first)).await;
    t.clock.advance(TimeDelta::hours(1));
    aws(&t).await;
    let status = async || find(&t, "shadow").await.status;
    assert_eq!(status().await, Status::Retired, "the list of roles does not have it");
    let report = apply(&t, std::slice::from_ref(&first)).await;
    assert_eq!((status().await, report.sources[0].changes.len()), (Status::Retired, 0));
    assert!(report.notes.iter().any(|n| n.starts_with("1 acted before")), "{:?}", report.notes);
    t.clock.advance(TimeDelta::hours(1));
    apply(&t, &[line(&t)]).await;
    assert_eq!(status().await, Status::Active, "it acted since");
}

async fn who_no_list_would_have_is_not_taken_to_be_gone(t: Fresh) {
    inventory(&t, source::Kind::Kubernetes, &["kubernetes/cluster.json"]).await;
    let machine = "arn:aws:iam::111122223333:role/deployer";
    let listed = "system:serviceaccount:x:y";
    let lines = [machine, listed].map(|who| request(t.gov.now(), who, ("get", "pods", "x")));
    let read = log(&t, source::Kind::Kubernetes, &lines);
    t.gov.activity_apply(&t.operator(), "cluster", &read).await.unwrap();
    t.clock.advance(TimeDelta::hours(1));
    inventory(&t, source::Kind::Kubernetes, &["kubernetes/cluster.json"]).await;
    assert_eq!(find(&t, machine).await.status, Status::Active, "it signs in from outside: no list has it");
    assert_eq!(find(&t, "x/y").await.status, Status::Retired);
}

async fn the_same_again_and_any_order_are_nothing_new(t: Fresh) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    aws(&t).await;
    let mut lines: Vec<_> = (0..60)
        .map(|_| {
            let at = t.gov.now() - TimeDelta::minutes(random.random_range(0..10_000));
            let who = ["night-batch", "deploy", "shadow"][random.random_range(0..3)];
            let more = if random.random_bool(0.2) { json!({"errorCode": "AccessDenied"}) } else { json!({}) };
            call(at, &role(who), [LIST, SEND][random.random_range(0..2)], more)
        })
        .collect();
    apply(&t, &lines).await;
    let (before, last) = (uses(&t).await, find(&t, "night-batch").await.last_used_at);
    let source = async || t.gov.source_list(&t.operator()).await.unwrap().remove(0);
    let synced = source().await.last_sync_at;
    t.clock.advance(TimeDelta::hours(2));
    for _ in 0..3 {
        lines.shuffle(&mut random);
        let (one, other) = lines.split_at(random.random_range(1..lines.len()));
        for part in [one, other] {
            assert_eq!(apply(&t, part).await.sources[0].changes, []);
        }
        let read = |lines: &[String]| log(&t, source::Kind::AwsIam, lines).actors;
        let whole = read(&lines);
        let mut back = lines.clone();
        back.reverse();
        assert_eq!(read(&back), whole);
    }
    assert_eq!((uses(&t).await, find(&t, "night-batch").await.last_used_at), (before, last));
    assert_eq!(source().await.last_sync_at, synced, "a log is no inventory: how old that is, stays");
}

async fn too_many_resources_are_no_longer_told_apart(t: Fresh) {
    aws(&t).await;
    let at = t.gov.now();
    let lines = |range: std::ops::Range<i64>| -> Vec<String> {
        range
            .map(|n| call(at - TimeDelta::seconds(n), &role("deploy"), LIST, on(&format!("arn:aws:s3:::b{n}"))))
            .collect()
    };
    apply(&t, &lines(0..70)).await;
    let count = async || uses(&t).await[&arn("role/deploy")].iter().filter(|(a, ..)| !a.is_empty()).count();
    assert_eq!(count().await, 70);
    apply(&t, &lines(60..140)).await;
    assert_eq!(count().await, 1);
    assert_eq!(uses(&t).await[&arn("role/deploy")].get("s3:ListBucket", ANY), Some(at));
    let again = apply(&t, &lines(0..70)).await;
    assert_eq!((count().await, again.sources[0].changes.len()), (1, 0));
}

async fn a_dry_run_says_what_the_import_then_does(t: Fresh) {
    aws(&t).await;
    let lines =
        [call(t.gov.now(), &role("shadow"), SEND, json!({})), call(t.gov.now(), &role("deploy"), LIST, json!({}))];
    let size = async || store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    let before = size().await;
    let read = log(&t, source::Kind::AwsIam, &lines);
    let dry = t.gov.activity_dry_run(&t.operator(), ACCOUNT, &read).await.unwrap();
    assert_eq!((size().await, uses(&t).await.len(), dry.dry_run), (before, 0, true));
    let done = t.gov.activity_apply(&t.operator(), ACCOUNT, &read).await.unwrap();
    assert_eq!(dry.sources[0].changes, done.sources[0].changes);
    assert_eq!((dry.summary, dry.notes, dry.set_aside), (done.summary, done.notes, done.set_aside));
    assert_eq!(done.summary.identities.new, 1);
}

fn request(at: Timestamp, who: &str, (verb, resource, namespace): (&str, &str, &str)) -> String {
    json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "stage": "ResponseComplete",
        "requestReceivedTimestamp": at.to_string(), "verb": verb, "user": {"username": who},
        "requestURI": format!("/api/v1/namespaces/{namespace}/{resource}"), "responseStatus": {"code": 200},
        "objectRef": {"resource": resource, "namespace": namespace, "apiVersion": "v1"}})
    .to_string()
}

async fn rights_in_a_cluster_are_dated_where_they_were_used(t: Fresh) {
    inventory(&t, source::Kind::Kubernetes, &["kubernetes/cluster.json"]).await;
    let mut tx = t.gov.read().await.unwrap();
    let source = store::sources::list(&mut tx).await.unwrap().remove(0);
    let all = store::entitlements::of_source(&mut tx, source.id).await.unwrap();
    drop(tx);
    // a right on all objects of a kind in one namespace
    let right = all.iter().find(|e| {
        let plain =
            !e.key.action.contains('*') && e.key.action.starts_with("core/") && e.key.action.matches('/').count() == 1;
        plain && e.key.resource != "*" && !e.key.resource.contains('/')
    });
    let right = right.expect("the fixture has one").clone();
    let record = t.gov.identity_show(&t.operator(), right.identity).await.unwrap();
    let who = record.identity.external_ref.unwrap();
    let (what, verb) = right.key.action.strip_prefix("core/").unwrap().rsplit_once(':').unwrap();
    let at = t.gov.now() - TimeDelta::hours(5);
    let lines = [
        request(at, &who, (verb, what, &right.key.resource)),
        request(at, "system:serviceaccount:x:y", ("get", "pods", "x")),
    ];
    let read = log(&t, source::Kind::Kubernetes, &lines);
    t.gov.activity_apply(&t.operator(), "cluster", &read).await.unwrap();
    let held = held(&t, &record.identity.name).await;
    assert_eq!(held[&(right.key.action.clone(), right.key.resource.clone())], (Some(at), false));
    assert!(held.values().any(|(last, _)| last.is_none()), "other rights stay as they were");
    assert_eq!(find(&t, "x/y").await.last_used_at, Some(at));
}

async fn roles_in_google_cloud_are_not_guessed_at(t: Fresh) {
    inventory(&t, source::Kind::Gcp, &["gcp/service-accounts.json", "gcp/project-policy.json"]).await;
    let who = "night-report@shop-prod.iam.gserviceaccount.com";
    let at = t.gov.now() - TimeDelta::hours(5);
    let line = json!({"logName": "projects/shop-prod/logs/cloudaudit.googleapis.com%2Factivity", "timestamp": at.to_string(),
        "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "authenticationInfo": {"principalEmail": who}, "authorizationInfo":
            [{"permission": "storage.objects.get", "resource": "projects/_/buckets/shop-sales", "granted": true}]}});
    let read = log(&t, source::Kind::Gcp, &[line.to_string()]);
    t.gov.activity_apply(&t.operator(), "shop-prod", &read).await.unwrap();
    assert_eq!(find(&t, who).await.last_used_at, Some(at));
    assert!(held(&t, who).await.values().all(|(last, _)| last.is_none()));
    let mut tx = t.gov.read().await.unwrap();
    let source = store::sources::list(&mut tx).await.unwrap().remove(0);
    let seen = store::sightings::one(&mut tx, source.id, who).await.unwrap().unwrap();
    assert_eq!(seen.claim.unwrap().notes["permissions seen used"], "1: storage.objects.get");
}

async fn a_log_needs_its_source_and_the_right_to_import(t: Fresh) {
    let read = log(&t, source::Kind::AwsIam, &[call(t.gov.now(), &role("deploy"), SEND, json!({}))]);
    let none = t.gov.activity_apply(&t.operator(), ACCOUNT, &read).await.unwrap_err();
    assert!(none.kind == Failure::NotFound && none.detail.contains("import its inventory first"), "{none}");
    aws(&t).await;
    let by_name = t.gov.activity_dry_run(&t.operator(), "aws-iam 111122223333", &read).await;
    assert!(by_name.is_ok());
    let viewer = t.gov.ctx(Actor::Person { id: PersonId::new(t.gov.now(), [7; 10]), roles: [Role::Viewer].into() });
    let refused = t.gov.activity_apply(&viewer, ACCOUNT, &read).await.unwrap_err();
    assert_eq!(refused.kind, Failure::Forbidden);
    let other = Log::new(source::Kind::McpConfig, t.gov.now()).unwrap_err();
    assert!(other.detail.contains("aws-iam, gcp, kubernetes"), "{other}");
}

async fn a_damaged_log_never_half_applies(t: Fresh) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    aws(&t).await;
    let lines: Vec<_> = ["night-batch", "deploy", "ci"]
        .iter()
        .flat_map(|who| [LIST, SEND].map(|event| call(t.gov.now(), &role(who), event, on("arn:aws:s3:::reports"))))
        .collect();
    let (ndjson, records) = (lines.join("\n"), format!("{{\"Records\":[{}]}}", lines.join(",")));
    for round in 0..120 {
        let mut bytes = if round % 2 == 0 { ndjson.clone() } else { records.clone() }.into_bytes();
        for _ in 0..random.random_range(1..5) {
            // an earlier damage may have left nothing: an empty log is read as one
            if bytes.is_empty() {
                break;
            }
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes[at] = random.random(),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, b"{}[]\",:\n\\0"[random.random_range(0..10)]),
                _ => bytes.truncate(at),
            }
        }
        let before = uses(&t).await;
        let mut read = Log::new(source::Kind::AwsIam, t.gov.now()).unwrap();
        if let Err(e) = read.read("trail", &bytes[..]) {
            assert!(e.detail.starts_with("trail: "), "{e}");
            continue;
        }
        let said = t.gov.activity_dry_run(&t.operator(), ACCOUNT, &read).await.unwrap();
        assert_eq!(uses(&t).await, before);
        let done = t.gov.activity_apply(&t.operator(), ACCOUNT, &read).await.unwrap();
        assert_eq!(said.sources[0].changes, done.sources[0].changes);
        let again = t.gov.activity_apply(&t.operator(), ACCOUNT, &read).await.unwrap();
        assert_eq!(again.sources[0].changes, [], "round {round}");
    }
}

#[test]
fn a_bad_line_is_named_and_the_others_go_in() {
    let now = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
    let good = call(now, &role("deploy"), SEND, json!({}));
    let late = call(now + TimeDelta::days(2), &role("deploy"), SEND, json!({}));
    let text = format!("{good}\n{{\"secret\": \"hunter2\nnull\n{late}\n{{\"eventTime\":\"x\"}}\n");
    let mut log = Log::new(source::Kind::AwsIam, now).unwrap();
    log.read("t", text.as_bytes()).unwrap();
    let said: Vec<_> = log.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "t: line 2: not one JSON object on a line",
            "t: line 3: expected an object, found null",
            "t: line 4: its time is in the future",
            "t: line 5.eventTime: not a date",
        ]
    );
    assert_eq!((log.events, log.actors.len(), log.window.unwrap().to), (1, 1, now));
    let wrong = Log::new(source::Kind::Kubernetes, now).unwrap().read("t", good.as_bytes()).unwrap_err().detail;
    assert!(wrong.starts_with("t: no event of a log of kubernetes is in it (line 1: apiVersion"), "{wrong}");
}

/// Two hundred thousand lines, none of which is kept.
struct Lines {
    now: Timestamp,
    n: i64,
    rest: Vec<u8>,
}

impl Read for Lines {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() && self.n < 200_000 {
            let at = self.now - TimeDelta::seconds(self.n);
            let bucket = format!("arn:aws:s3:::bucket/{}", self.n);
            let who = ["a", "b", "c"][usize::try_from(self.n % 3).unwrap()];
            self.rest =
                (call(at, &role(who), [LIST, SEND][usize::try_from(self.n % 2).unwrap()], on(&bucket)) + "\n").into();
            self.n += 1;
        }
        let n = into.len().min(self.rest.len());
        into[..n].copy_from_slice(&self.rest[..n]);
        self.rest.drain(..n);
        Ok(n)
    }
}

#[test]
fn a_long_log_takes_the_room_of_what_is_told_apart() {
    let now = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
    let mut log = Log::new(source::Kind::AwsIam, now).unwrap();
    log.read("long", Lines { now, n: 0, rest: vec![] }).unwrap();
    assert_eq!(
        (log.events, log.actors.len(), log.kept()),
        (200_000, 3, 9),
        "each acted, listed and sent, on any of many"
    );
    let to = log.window.unwrap();
    assert_eq!((to.to, to.to - to.from), (now, TimeDelta::seconds(199_999)));
}
