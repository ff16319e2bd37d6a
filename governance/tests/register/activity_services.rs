//! Activity logs of services that people and software use alike (Okta, GitHub, Entra): on both databases.
use super::{activity, fixture};
use governance::engine::identities::Filter;
use governance::engine::imports::{ImportInput, ImportReport};
use governance::engine::page::Want;
use governance::identity::{Identity, Kind, Status};
use governance::import::activity::{Log, Uses};
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

on_every_database! {
    a_scope_of_okta_is_dated_by_the_token_it_was_given_with
    an_application_of_okta_that_nobody_registered_is_a_gap_and_leaves_with_its_lists
    people_and_their_sessions_are_set_aside_and_no_secret_is_kept
    the_same_events_in_any_order_and_pieces_come_to_the_same
    apps_tokens_and_workflows_of_github_are_dated_under_the_names_of_its_inventory
    who_acts_in_github_and_stands_on_no_list_is_registered
    what_a_later_inventory_brings_is_dated_by_the_logs_read_before
    service_principals_of_entra_are_dated_and_their_roles_not_guessed_at
    api_keys_of_anthropic_are_dated_by_the_usage_report_and_the_activity_feed
    a_damaged_log_of_a_service_never_half_applies
}

/// A service with its inventory and one log of it.
struct Service {
    of: source::Kind,
    scope: &'static str,
    inventory: &'static [&'static str],
    log: &'static str,
    /// Sets the time of an event.
    at: fn(&mut Value, Timestamp),
}

const OKTA: Service = Service {
    of: source::Kind::Okta,
    scope: "acme.okta.example",
    inventory: &[
        "okta/apps.json",
        "okta/api-services.json",
        "okta/api-tokens.json",
        "okta/grants.json",
        "okta/client-roles.json",
    ],
    log: "activity/okta.json",
    at: |event, at| event["published"] = json!(at.to_string()),
};
const GITHUB: Service = Service {
    of: source::Kind::Github,
    scope: "acme",
    inventory: &[
        "github/orgs/acme/installations.json",
        "github/orgs/acme/personal-access-tokens.json",
        "github/repos/acme/shop/keys.json",
        "github/repos/acme/shop/actions/permissions/workflow.json",
    ],
    log: "activity/github.json",
    at: |event, at| event["@timestamp"] = json!(at.micros() / 1_000),
};
const ENTRA: Service = Service {
    of: source::Kind::Entra,
    scope: "70000000-0000-4000-8000-000000000001",
    inventory: &[
        "entra/service-principals-1.json",
        "entra/service-principals-2.json",
        "entra/applications.json",
        "entra/role-assignments.json",
    ],
    log: "activity/entra.json",
    at: |event, at| {
        let (of, key) = match event.get("properties").is_some() {
            true => (&mut event["properties"], "createdDateTime"),
            false => {
                let keys = ["createdDateTime", "eventTimestamp", "time"];
                let key = keys.into_iter().find(|key| event.get(key).is_some()).unwrap();
                (event, key)
            }
        };
        of[key] = json!(at.to_string());
    },
};
const ANTHROPIC: Service = Service {
    of: source::Kind::Anthropic,
    scope: "90000000-0000-4000-8000-000000000001",
    inventory: &["anthropic/organization.json", "anthropic/api-keys.json", "anthropic/workspaces.json"],
    log: "activity/anthropic.json",
    at: |event, at| {
        let key = if event.get("results").is_some() { "starting_at" } else { "created_at" };
        event[key] = json!(at.to_string());
    },
};
const ALL: [Service; 4] = [OKTA, GITHUB, ENTRA, ANTHROPIC];

impl Service {
    async fn inventory(&self, t: &Fresh) {
        // names with their folders: some answers are told by them alone
        let files = self.inventory.iter().map(|name| ((*name).to_owned(), std::fs::read(fixture(name)).unwrap()));
        let input = ImportInput { kind: self.of, files: files.collect(), name: None, allow_removals: true };
        t.gov.import_apply(&t.operator(), &input).await.unwrap();
    }
    fn events(&self) -> Vec<Value> {
        serde_json::from_slice(&std::fs::read(fixture(self.log)).unwrap()).unwrap()
    }
    fn read(&self, t: &Fresh, events: &[Value]) -> Log {
        let mut log = Log::new(self.of, t.gov.now()).unwrap();
        let lines: Vec<_> = events.iter().map(Value::to_string).collect();
        log.read("log.ndjson", lines.join("\n").as_bytes()).unwrap();
        assert_eq!(log.problems(), [], "{}", self.of);
        log
    }
    async fn apply(&self, t: &Fresh, events: &[Value]) -> ImportReport {
        let log = self.read(t, events);
        t.gov.activity_apply(&t.operator(), self.scope, &log).await.unwrap()
    }
    async fn uses(&self, t: &Fresh) -> BTreeMap<String, Uses> {
        let mut tx = t.gov.read().await.unwrap();
        let all = store::sources::list(&mut tx).await.unwrap();
        let source = all.into_iter().find(|s| s.kind == self.of).unwrap();
        store::uses::of_source(&mut tx, source.id).await.unwrap()
    }
}

async fn find(t: &Fresh, name: &str) -> Identity {
    t.gov.identity_find(&t.operator(), name).await.unwrap()
}
/// When what it holds was last used, by action.
async fn held(t: &Fresh, name: &str) -> BTreeMap<String, Option<Timestamp>> {
    let all = activity::held(t, name).await;
    all.into_iter().map(|((action, _), (last, _))| (action, last)).collect()
}
fn day(time: &str) -> Option<Timestamp> {
    Some(Timestamp::parse(&format!("2026-11-20T{time}:00Z")).unwrap())
}
fn reason<'a>(report: &'a ImportReport, who: &str) -> &'a str {
    let aside = report.set_aside.iter().find(|s| s.principal == who);
    aside.map_or_else(|| panic!("{who} is not among {:?}", report.set_aside), |s| s.reason.as_str())
}

async fn a_scope_of_okta_is_dated_by_the_token_it_was_given_with(t: Fresh) {
    OKTA.inventory(&t).await;
    OKTA.apply(&t, &OKTA.events()).await;
    assert_eq!(find(&t, "access-review").await.last_used_at, day("10:00"));
    let scopes = held(&t, "access-review").await;
    assert_eq!((scopes["okta.logs.read"], scopes["okta.users.manage"]), (day("10:00"), None));
    // what the person of an API token did by it, the token did
    assert_eq!(find(&t, "never tried").await.last_used_at, day("09:00"));
    assert_eq!(held(&t, "never tried").await["all that its person may do"], day("09:00"));
    // refused: it acted, and used nothing
    assert_eq!(find(&t, "SIEM export").await.last_used_at, day("05:00"));
    assert!(held(&t, "SIEM export").await.values().all(Option::is_none));
    OKTA.inventory(&t).await;
    assert_eq!(held(&t, "access-review").await["okta.logs.read"], day("10:00"), "another inventory");
}

async fn an_application_of_okta_that_nobody_registered_is_a_gap_and_leaves_with_its_lists(t: Fresh) {
    OKTA.inventory(&t).await;
    let report = OKTA.apply(&t, &OKTA.events()).await;
    assert_eq!(report.summary.identities.new, 1, "{:?}", report.sources[0].changes);
    let it = find(&t, "night sync").await;
    assert_eq!((it.kind, it.owner, it.last_used_at), (Kind::ServiceAccount, None, day("07:00")));
    let gaps = t.gov.gap_list(&t.operator(), &Want::default()).await.unwrap().items;
    let gap = gaps.iter().find(|g| g.gap.name == "night sync").expect("a gap");
    assert_eq!(gap.gap.how, How::Shown);
    t.clock.advance(chrono::TimeDelta::hours(1));
    OKTA.inventory(&t).await;
    assert_eq!(find(&t, "night sync").await.status, Status::Retired, "no list of applications has it");
    let again = OKTA.apply(&t, &OKTA.events()).await;
    assert_eq!(again.sources[0].changes, [], "the same log does not bring it back");
}

async fn people_and_their_sessions_are_set_aside_and_no_secret_is_kept(t: Fresh) {
    for service in &ALL {
        service.inventory(&t).await;
        let report = service.apply(&t, &service.events()).await;
        let said = serde_json::to_string(&report).unwrap();
        assert!(!said.contains("hunter2"), "{}", service.of);
        let kept = format!("{:?}", service.uses(&t).await);
        for secret in ["hunter2", "ana@", "ben@"] {
            assert!(!kept.contains(secret), "{}: {secret} is kept", service.of);
        }
        match service.of {
            source::Kind::Okta => {
                assert_eq!(reason(&report, "ana@acme.example"), "a person");
                assert_eq!(reason(&report, "Okta"), "Okta itself");
                let people = "an application that people sign in to: it gets no tokens for itself";
                assert_eq!(reason(&report, "0oa00000000000000003"), people, "as its inventory said");
            }
            source::Kind::Github => {
                for (who, why) in [
                    ("ana-example", "a person"),
                    (
                        "deploy_key",
                        "a deploy key: the log does not say which; GitHub's list of keys tells its last use",
                    ),
                    ("orgs/elsewhere/apps/other-app", "of another organization"),
                ] {
                    assert_eq!(reason(&report, who), why);
                }
            }
            source::Kind::Entra | source::Kind::Anthropic => {
                assert_eq!(reason(&report, "ana@acme.example"), "a person")
            }
            other => panic!("{other}"),
        }
    }
}

async fn apps_tokens_and_workflows_of_github_are_dated_under_the_names_of_its_inventory(t: Fresh) {
    GITHUB.inventory(&t).await;
    GITHUB.apply(&t, &GITHUB.events()).await;
    assert_eq!(find(&t, "review-bot").await.last_used_at, day("10:00"));
    let held_by_app = held(&t, "review-bot").await;
    assert_eq!((held_by_app["contents:write"], held_by_app["members:write"]), (day("10:00"), None));
    assert_eq!(find(&t, "release notes").await.last_used_at, day("09:00"));
    assert_eq!(held(&t, "release notes").await["contents:write"], day("09:00"));
    let workflows = find(&t, "workflows of acme/shop").await;
    assert_eq!((workflows.kind, workflows.last_used_at), (Kind::Pipeline, day("07:00")));
    GITHUB.inventory(&t).await;
    assert_eq!(held(&t, "review-bot").await["contents:write"], day("10:00"), "another inventory");
}

async fn who_acts_in_github_and_stands_on_no_list_is_registered(t: Fresh) {
    GITHUB.inventory(&t).await;
    let report = GITHUB.apply(&t, &GITHUB.events()).await;
    assert_eq!(report.summary.identities.new, 2, "{:?}", report.sources[0].changes);
    let classic = find(&t, "classic token 884411 of ben-example").await;
    assert_eq!((classic.kind, classic.last_used_at), (Kind::ApiKey, day("08:00")));
    assert_eq!(find(&t, "new-helper").await.kind, Kind::ServiceAccount);
    t.clock.advance(chrono::TimeDelta::hours(1));
    GITHUB.inventory(&t).await;
    assert_eq!(find(&t, "new-helper").await.status, Status::Retired, "the list of installations does not have it");
    assert_eq!(find(&t, "classic token 884411 of ben-example").await.status, Status::Active, "no list would have it");
    // an app that is no longer installed acted while it was
    let (path, text) = ("orgs/acme/installations.json", r#"{"total_count": 0, "installations": []}"#);
    let files = vec![(path.to_owned(), text.as_bytes().to_vec())];
    let input = ImportInput { kind: source::Kind::Github, files, name: None, allow_removals: true };
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
    let again = GITHUB.apply(&t, &GITHUB.events()).await;
    assert_eq!(again.sources[0].changes, [], "the same log brings nobody back");
}

async fn what_a_later_inventory_brings_is_dated_by_the_logs_read_before(t: Fresh) {
    // only the workflows are known when the log comes
    let before = Service { inventory: &GITHUB.inventory[3..], ..GITHUB };
    before.inventory(&t).await;
    before.apply(&t, &GITHUB.events()).await;
    assert_eq!(find(&t, "review-bot").await.last_used_at, day("10:00"));
    t.clock.advance(chrono::TimeDelta::hours(1));
    GITHUB.inventory(&t).await;
    let want = Want { limit: 200, ..Want::default() };
    let all = t.gov.identity_list(&t.operator(), &Filter::default(), &want).await.unwrap().items;
    let by_ref = |it: &str| {
        let found = all.iter().find(|l| l.identity.external_ref.as_deref() == Some(it));
        found.unwrap_or_else(|| panic!("no {it}")).identity.clone()
    };
    let (app, token) = (by_ref("orgs/acme/installations/101"), by_ref("orgs/acme/personal-access-tokens/501"));
    assert_eq!((app.status, app.last_used_at), (Status::Active, day("10:00")));
    assert_eq!(held(&t, &app.name).await["contents:write"], day("10:00"));
    assert_eq!(held(&t, &token.name).await["contents:write"], day("09:00"));
    for logged in ["orgs/acme/apps/review-bot", "orgs/acme/tokens/71"] {
        assert_eq!(by_ref(logged).status, Status::Retired, "{logged}: its list has it under its own name");
    }
}

async fn service_principals_of_entra_are_dated_and_their_roles_not_guessed_at(t: Fresh) {
    ENTRA.inventory(&t).await;
    ENTRA.apply(&t, &ENTRA.events()).await;
    assert_eq!(find(&t, "orders-sync").await.last_used_at, day("10:00"));
    assert!(held(&t, "orders-sync").await.values().all(Option::is_none));
    assert_eq!(find(&t, "night-report").await.last_used_at, day("09:00"));
    assert_eq!(find(&t, "vendor-portal").await.last_used_at, day("05:00"), "by the id of its application");
    let stranger = "50000000-0000-4000-8000-0000000000aa";
    let found = find(&t, &format!("service principal {stranger}")).await;
    assert_eq!((found.kind, found.last_used_at), (Kind::ServiceAccount, day("07:00")));
    let mut tx = t.gov.read().await.unwrap();
    let source = store::sources::list(&mut tx).await.unwrap().remove(0);
    let night = "50000000-0000-4000-8000-000000000003";
    let notes = store::sightings::one(&mut tx, source.id, night).await.unwrap().unwrap().claim.unwrap().notes;
    assert_eq!(notes["permissions seen used"], "1: microsoft.storage/storageaccounts/listkeys/action");
    assert_eq!(notes["signed in to"], "1: orders-sync");
    drop(tx);
    t.clock.advance(chrono::TimeDelta::hours(1));
    ENTRA.inventory(&t).await;
    assert_eq!(find(&t, &found.name).await.status, Status::Retired, "the list of service principals does not have it");
    assert_eq!(find(&t, "night-report").await.last_used_at, day("09:00"), "another inventory");
}

async fn api_keys_of_anthropic_are_dated_by_the_usage_report_and_the_activity_feed(t: Fresh) {
    ANTHROPIC.inventory(&t).await;
    let report = ANTHROPIC.apply(&t, &ANTHROPIC.events()).await;
    assert_eq!(report.summary.identities.new, 2, "{:?}", report.sources[0].changes);
    assert_eq!(find(&t, "invoice agent").await.last_used_at, day("10:00"));
    assert_eq!(held(&t, "invoice agent").await["use of the Claude API"], day("10:00"));
    assert_eq!(find(&t, "nightly evaluation").await.last_used_at, None, "it used nothing");
    let key = find(&t, "API key apikey_01eeeeeeeeeeeeeeeeeeeeee").await;
    assert_eq!((key.kind, key.last_used_at), (Kind::ApiKey, day("09:00")));
    let account = find(&t, "service account svac_01bbbbbbbbbbbbbbbbbbbbbb").await;
    assert_eq!((account.kind, account.last_used_at), (Kind::ServiceAccount, day("07:00")));
    t.clock.advance(chrono::TimeDelta::hours(1));
    ANTHROPIC.inventory(&t).await;
    assert_eq!(find(&t, &key.name).await.status, Status::Retired, "the list of keys does not have it");
    assert_eq!(find(&t, &account.name).await.status, Status::Active, "no list would have it");
}

/// What the register says of all identities: name, status, last use.
async fn register(t: &Fresh) -> Vec<(String, Status, Option<Timestamp>)> {
    let want = Want { limit: 200, ..Want::default() };
    let all = t.gov.identity_list(&t.operator(), &Filter::default(), &want).await.unwrap().items;
    let mut all: Vec<_> =
        all.into_iter().map(|l| (l.identity.name, l.identity.status, l.identity.last_used_at)).collect();
    all.sort();
    all
}

async fn the_same_events_in_any_order_and_pieces_come_to_the_same(t: Fresh) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for service in &ALL {
        service.inventory(&t).await;
        let known = service.events();
        let mut events: Vec<_> = (0..60)
            .map(|_| {
                let mut event = known[random.random_range(0..known.len())].clone();
                (service.at)(&mut event, t.gov.now() - chrono::TimeDelta::minutes(random.random_range(0..10_000)));
                event
            })
            .collect();
        service.apply(&t, &events).await;
        let before = (service.uses(&t).await, register(&t).await);
        for _ in 0..3 {
            events.shuffle(&mut random);
            let (one, other) = events.split_at(random.random_range(1..events.len()));
            for part in [one, other] {
                assert_eq!(service.apply(&t, part).await.sources[0].changes, [], "{}", service.of);
            }
            let whole = service.read(&t, &events).actors;
            events.reverse();
            assert_eq!(service.read(&t, &events).actors, whole, "{}", service.of);
        }
        assert_eq!((service.uses(&t).await, register(&t).await), before, "{}", service.of);
    }
}

async fn a_damaged_log_of_a_service_never_half_applies(t: Fresh) {
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for service in &ALL {
        service.inventory(&t).await;
        let lines: Vec<_> = service.events().iter().map(Value::to_string).collect();
        for round in 0..60 {
            let mut bytes = lines.join("\n").into_bytes();
            for _ in 0..random.random_range(1..5) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..3) {
                    0 => bytes[at] = random.random(),
                    1 => bytes.insert(at, b"{}[]\",:\n\\0"[random.random_range(0..10)]),
                    _ => bytes.truncate(at.max(1)),
                }
            }
            let before = service.uses(&t).await;
            let mut read = Log::new(service.of, t.gov.now()).unwrap();
            if let Err(e) = read.read("log", &bytes[..]) {
                assert!(e.detail.starts_with("log: "), "{e}");
                continue;
            }
            let said = t.gov.activity_dry_run(&t.operator(), service.scope, &read).await.unwrap();
            assert_eq!(service.uses(&t).await, before);
            let done = t.gov.activity_apply(&t.operator(), service.scope, &read).await.unwrap();
            assert_eq!(said.sources[0].changes, done.sources[0].changes);
            let again = t.gov.activity_apply(&t.operator(), service.scope, &read).await.unwrap();
            assert_eq!(again.sources[0].changes, [], "{} round {round}", service.of);
        }
    }
}
