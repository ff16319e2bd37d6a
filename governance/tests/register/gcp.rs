//! Google Cloud: reading gcloud's lists, and importing them, on both databases.
use super::{files, fixture, hostile, identities::rules};
use governance::{
    credential,
    engine::imports::ImportInput,
    entitlement::Privilege,
    finding::{Rule, Severity},
    identity::Kind,
    import::{
        diff::{Tally, diff},
        parse,
        retain::retain,
        snapshot::{Parsed, Principal},
    },
    on_every_database, source, store,
    testkit::Fresh,
};

on_every_database! {
    a_project_goes_in_once_and_the_second_time_changes_nothing
}

const ALL: [&str; 5] = [
    "gcp/service-accounts.json",
    "gcp/keys.json",
    "gcp/project-policy.json",
    "gcp/all-policies.json",
    "gcp/insights.json",
];
const COMPUTE: &str = "481516234200-compute@developer.gserviceaccount.com";
const POOL: &str =
    "principalSet://iam.googleapis.com/projects/481516234200/locations/global/workloadIdentityPools/github";

fn given(names: &[&str]) -> Vec<(String, Vec<u8>)> {
    files(&names.iter().map(|n| fixture(n)).collect::<Vec<_>>())
}
fn read(files: &[(String, Vec<u8>)]) -> Parsed {
    parse(source::Kind::Gcp, files).unwrap().remove(0)
}
fn edited(names: &[&str], from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = given(names);
    for (_, bytes) in &mut files {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
    }
    files
}
fn account(name: &str) -> String {
    format!("{name}@shop-prod.iam.gserviceaccount.com")
}
fn rights(p: &Principal) -> Vec<(&str, &str, Privilege, String)> {
    p.entitlements
        .iter()
        .map(|(k, f)| (k.action.as_str(), k.resource.as_str(), f.privilege, f.last_used_words()))
        .collect()
}

#[test]
fn a_project_is_read_from_all_its_files() {
    use Privilege::{Administrative, PermissionsManagement, Read, Unknown, Write};
    let got = read(&given(&ALL));
    assert_eq!((got.scope.as_str(), got.unscoped, got.problems.as_slice()), ("shop-prod", false, [].as_slice()));
    let covered: Vec<_> = got.covered.iter().map(|p| p.as_str()).collect();
    assert_eq!(covered, ["service-accounts", "service-account-keys", "iam-policy", "asset-policies", "iam-insights"]);
    let names: Vec<_> = got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [
            (COMPUTE, Kind::ServiceAccount),
            ("auditor@shop-audit.iam.gserviceaccount.com", Kind::ServiceAccount),
            (account("deployer").as_str(), Kind::ServiceAccount),
            (account("night-report").as_str(), Kind::ServiceAccount),
            (account("old-export").as_str(), Kind::ServiceAccount),
            ("aiplatform/projects/481516234200/locations/europe-west4/reasoningEngines/5150", Kind::Agent),
            ("github/*", Kind::Pipeline),
            ("github/attribute.repository/shop/web", Kind::Pipeline),
        ]
    );
    let all = "* in projects/shop-prod";
    let silent = || "source does not say".to_owned();
    let of = |name: &str| &got.snapshot.principals[name];
    assert_eq!(rights(of(COMPUTE)), [("roles/editor", all, Administrative, "2026-11-19".into())]);
    assert_eq!(
        rights(of(&account("deployer"))),
        [
            ("projects/shop-prod/roles/salesReader", all, Unknown, silent()),
            ("roles/iam.serviceAccountUser", all, PermissionsManagement, silent()),
            ("roles/resourcemanager.projectIamAdmin", all, PermissionsManagement, silent()),
            ("roles/run.admin", all, Administrative, "never".into()),
        ],
        "ten days of looking back call nothing unused"
    );
    assert_eq!(
        rights(of(&account("night-report"))),
        [
            ("projects/shop-prod/roles/salesReader", all, Unknown, silent()),
            ("roles/storage.objectCreator", "storage.googleapis.com/audit-archive", Write, silent()),
            ("roles/storage.objectViewer", "storage.googleapis.com/shop-sales", Read, "2026-11-19".into()),
        ],
        "what it holds in another project counts; others that hold something there are not of this one"
    );
    let ending =
        of(&account("deployer")).entitlements.iter().find(|(k, _)| k.action.ends_with("projectIamAdmin")).unwrap();
    assert_eq!(ending.0.via, "policy of projects/shop-prod, condition until the move is done");
    assert_eq!(
        (ending.1.conditional, ending.1.expires_at.unwrap().to_string()),
        (false, "2026-12-31T00:00:00.000000Z".into())
    );
    let notes: Vec<_> = of(COMPUTE).claim.notes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        notes,
        [
            ("display name", "Compute Engine default service account"),
            ("power: may change nearly everything", "projects/shop-prod"),
            ("unique id", "100000000000000000004"),
            ("used of roles/editor on projects/shop-prod", "2 of 9012: storage.objects.get, storage.objects.list"),
        ]
    );
    assert_eq!(of(&account("night-report")).claim.last_used_at.unwrap().to_string(), "2026-11-18T07:00:00.000000Z");
    assert!(of(&account("old-export")).claim.notes.contains_key("disabled"));
}

#[test]
fn keys_and_trusts_are_how_an_account_signs_in() {
    let got = read(&given(&ALL));
    let keys = |name: &str| &got.snapshot.principals[&account(name)].credentials;
    let report: Vec<_> = keys("night-report").iter().collect();
    let [(name, key)] = report.as_slice() else { panic!("{report:?}") };
    assert_eq!(name.as_str(), "key 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567");
    assert_eq!((key.kind, key.long_lived, key.active), (credential::Kind::AccessKey, true, true));
    assert_eq!((key.expiry_reported, key.expires_at), (true, None), "the year 9999 is no end");
    let old = keys("old-export").values().next().unwrap();
    assert!(!old.active && old.expires_at.is_some() && old.detail.contains("made outside Google Cloud"));
    let trusts: Vec<_> = keys("deployer").iter().map(|(k, c)| (k.clone(), c.kind, c.trust_wildcard)).collect();
    assert_eq!(
        trusts,
        [
            (format!("trust {POOL}/*"), credential::Kind::Trust, true),
            (format!("trust {POOL}/attribute.repository/shop/web"), credential::Kind::Trust, false),
        ]
    );
}

#[test]
fn people_groups_and_google_itself_are_set_aside_with_their_reason() {
    let got = read(&given(&ALL));
    let aside: Vec<_> =
        got.set_aside.iter().map(|s| (s.principal.as_str(), s.reason.split(':').next().unwrap())).collect();
    assert_eq!(
        aside,
        [
            ("deleted:serviceAccount:importer@shop-prod.iam.gserviceaccount.com?uid=100000000000000000009", "deleted"),
            ("group:platform@shop.example", "a group"),
            ("serviceAccount:481516234200@cloudservices.gserviceaccount.com", "a service agent"),
            ("user:ana@shop.example", "a person"),
        ]
    );
    assert_eq!(
        got.notes,
        [
            "everyone, known to Google or not, holds roles/storage.legacyObjectReader on storage.googleapis.com/shop-sales",
            "keys left out, since Google holds and rotates them itself: 1",
            "roles of your own: 1; what they allow stands in none of these files, so their power is unknown",
            "insights that look back less than 90 days: 1; nothing is called unused by them",
        ]
    );
}

#[test]
fn a_project_withstands_its_files() {
    let all = given(&ALL);
    hostile::any_order(source::Kind::Gcp, &all);
    hostile::any_cut(source::Kind::Gcp, &all);
    hostile::any_change(source::Kind::Gcp, &all);
}

#[test]
fn what_the_files_do_not_speak_of_stays() {
    let full = read(&given(&ALL)).snapshot;
    let changes = |files: &[(String, Vec<u8>)]| diff(&full, &retain(&full, &read(files)));
    assert_eq!(changes(&given(&ALL)), [], "the same again");
    for part in [&ALL[..1], &ALL[1..2], &ALL[..3], &ALL[3..4], &ALL[..4]] {
        assert_eq!(changes(&given(part)), [], "{part:?} alone");
    }
    // the keys of one account: those of the others were not asked for
    let text = String::from_utf8(given(&ALL[1..2])[0].1.clone()).unwrap();
    let mut keys: serde_json::Value = serde_json::from_str(&text).unwrap();
    keys.as_array_mut()
        .unwrap()
        .retain(|k| k["name"].as_str().unwrap().contains("night-report") && k["keyType"] == "SYSTEM_MANAGED");
    let mut part = given(&ALL);
    part[1].1 = keys.to_string().into_bytes();
    let text = serde_json::to_string(&changes(&part)).unwrap();
    assert!(text.contains("key 0a1b2c3d") && !text.contains("key 2a1b2c3d"), "{text}");
    // a role taken away in a policy that was read again is gone
    let fewer = edited(&ALL, "\"role\": \"roles/run.admin\"", "\"role\": \"roles/run.viewer\"");
    let text = serde_json::to_string(&changes(&fewer)).unwrap();
    assert_eq!(text.matches("\"roles/run.admin\"").count(), 1, "{text}");
}

#[test]
fn what_cannot_be_read_is_not_taken_to_be_gone() {
    let full = read(&given(&ALL)).snapshot;
    let check = |from: &str, to: &str, problem: &str| {
        let parsed = read(&edited(&ALL, from, to));
        assert!(parsed.problems.iter().any(|p| p.to_string().contains(problem)), "{from}: {:?}", parsed.problems);
        let next = retain(&full, &parsed);
        for (name, known) in &full.principals {
            let now = &next.principals[name];
            assert!(known.entitlements.keys().all(|k| now.entitlements.contains_key(k)), "{from}: {name}");
            assert!(known.credentials.keys().all(|k| now.credentials.contains_key(k)), "{from}: {name}");
        }
    };
    check("\"serviceAccount:deployer@", "\"serviceAcount:deployer@", "not a member that we know");
    check("\"role\": \"roles/run.admin\"", "\"role\": 5", "role: expected text, found a number");
    check("\"bindings\": [", "\"bindings\": 5, \"x\": [", "bindings: expected a list, found a number");
    check("\"USER_MANAGED\"", "\"MINE\"", "keyType is neither USER_MANAGED nor SYSTEM_MANAGED");
    check("2025-06-01T10:00:00Z", "yesterday", "validAfterTime: not a date");
    check("\"7776000s\"", "\"long\"", "observationPeriod: not a number of seconds");
    check("\"email\": \"old-export@", "\"mail\": \"old-export@", "neither service account, key, policy nor insight");
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    let check = |given: &[(String, Vec<u8>)], want: &str| {
        let got = parse(source::Kind::Gcp, given).unwrap_err().to_string();
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    check(&given(&ALL[2..3]), "do not say which project they are of: give its list of service accounts too");
    check(
        &edited(&ALL[..2], "\"projectId\": \"shop-prod\"", "\"projectId\": \"shop-test\""),
        "several projects (shop-prod, shop-test)",
    );
    check(&[("a.json".into(), b"{\"mcpServers\": {}}".to_vec())], "not a list of Google Cloud");
}

async fn a_project_goes_in_once_and_the_second_time_changes_nothing(t: Fresh) {
    let ctx = t.operator();
    let input = ImportInput { kind: source::Kind::Gcp, files: given(&ALL), name: None, allow_removals: false };
    let dry = t.gov.import_dry_run(&ctx, &input).await.unwrap();
    let first = t.gov.import_apply(&ctx, &input).await.unwrap();
    assert_eq!(dry.sources[0].changes, first.sources[0].changes);
    let new = |n| Tally { new: n, changed: 0, gone: 0 };
    let sum = first.summary;
    assert_eq!((sum.identities, sum.entitlements, sum.credentials), (new(8), new(12), new(4)));
    assert_eq!(first.sources[0].name, "gcp shop-prod");
    let compute = t.gov.identity_find(&ctx, COMPUTE).await.unwrap();
    let found = rules(&t.gov, &compute).await;
    assert!(found.contains(&(Rule::StandingAdmin, Severity::High)), "{found:?}");
    let report = t.gov.identity_find(&ctx, &account("night-report")).await.unwrap();
    let found = rules(&t.gov, &report).await;
    assert!(found.contains(&(Rule::KeyOlder90d, Severity::High)), "{found:?}");
    let size = async || store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    let before = size().await;
    let again = t.gov.import_apply(&ctx, &input).await.unwrap();
    assert_eq!((again.sources[0].changes.len(), size().await), (0, before + 1), "one event: the import itself");
}
