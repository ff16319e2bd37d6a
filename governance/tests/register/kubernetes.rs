//! Kubernetes: reading exports, and importing them, on both databases.
use super::{files, fixture, hostile, identities::rules, sample};
use governance::{
    credential,
    engine::{identities::Filter, imports::ImportInput, page::Want},
    entitlement::Privilege,
    finding::{Rule, Severity},
    identity::{Environment, Kind},
    import::{
        diff::{Tally, diff},
        parse,
        retain::retain,
        snapshot::{Parsed, Part, Principal},
    },
    on_every_database, source, store,
    testkit::Fresh,
};

on_every_database! {
    a_cluster_goes_in_once_and_the_second_time_changes_nothing
    two_clusters_are_told_apart_by_name
    no_content_of_a_secret_reaches_the_database
    what_an_account_reaches_says_whom_it_becomes_and_by_what
}

const ALL: [&str; 3] = ["kubernetes/cluster.json", "kubernetes/pods.yaml", "kubernetes/secrets.json"];

fn given(names: &[&str]) -> Vec<(String, Vec<u8>)> {
    files(&names.iter().map(|n| fixture(n)).collect::<Vec<_>>())
}
fn read(files: &[(String, Vec<u8>)]) -> Parsed {
    parse(source::Kind::Kubernetes, files).unwrap().remove(0)
}
fn edited(names: &[&str], from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = given(names);
    for (_, bytes) in &mut files {
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
    }
    files
}
fn account(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}
fn rights(p: &Principal) -> Vec<(&str, &str, &str, Privilege)> {
    p.entitlements.iter().map(|(k, f)| (k.action.as_str(), k.resource.as_str(), k.via.as_str(), f.privilege)).collect()
}

#[test]
fn a_cluster_is_read_from_all_its_files() {
    use Privilege::{Administrative, PermissionsManagement, Read, Write};
    let got = read(&given(&ALL));
    assert_eq!((got.scope.as_str(), got.unscoped, got.unnamed), ("cluster", true, false));
    assert_eq!(
        got.covered.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        ["service-accounts", "rbac", "pods", "token-secrets"]
    );
    let names: Vec<_> =
        got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind, p.entitlements.len())).collect();
    let kind = Kind::ServiceAccount;
    assert_eq!(
        names,
        [
            ("ci@shop-prod.iam.gserviceaccount.com", kind, 2),
            ("jobs/night-report", kind, 4),
            ("kube-system/default", kind, 0),
            ("shop/default", kind, 0),
            ("shop/deployer", kind, 3),
            ("shop/web", kind, 5),
        ]
    );
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "cluster.json: items[18].roleRef: kind is Role, and a cluster role binding can only give a ClusterRole: it gives nothing"
        ]
    );
    assert_eq!(got.partial.iter().collect::<Vec<_>>(), [&account("shop", "default")]);

    assert_eq!(
        rights(&got.snapshot.principals[&account("shop", "web")]),
        [
            ("core/pods/log:get", "shop", "role shop/reader, role binding shop/web-reads", Read),
            ("core/pods/log:list", "shop", "role shop/reader, role binding shop/web-reads", Read),
            ("core/pods:get", "shop", "role shop/reader, role binding shop/web-reads", Read),
            ("core/pods:list", "shop", "role shop/reader, role binding shop/web-reads", Read),
            (
                "core/secrets:get",
                "shop/db-password",
                "role shop/reader, role binding shop/web-reads",
                PermissionsManagement
            ),
        ],
        "a subject without a namespace is of the binding's"
    );
    let gathered = "cluster role view-orders in cluster role view-shop, role binding jobs/everyone-views, group system:serviceaccounts:jobs";
    let admin = "cluster role cluster-admin, cluster role binding admins";
    let report = &got.snapshot.principals[&account("jobs", "night-report")];
    assert_eq!(
        rights(report),
        [
            ("*/*:*", "*", admin, Administrative),
            ("shop.example/orders:get", "jobs", gathered, Read),
            ("shop.example/orders:list", "jobs", gathered, Read),
            ("url:*", "*", admin, Write),
        ]
    );
    assert_eq!(
        report.claim.notes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(),
        [
            ("power: may do everything", "everywhere"),
            ("runs as it", "CronJob night-report, Pod debug (token not mounted)")
        ]
    );
    let token = &report.credentials["token secret night-report-token"];
    assert_eq!(
        (token.kind, token.long_lived, token.expiry_reported, token.expires_at),
        (credential::Kind::Token, true, true, None)
    );
    assert_eq!(token.last_used_at.unwrap().to_string(), "2026-03-01T00:00:00.000000Z");

    let deployer = &got.snapshot.principals[&account("shop", "deployer")];
    assert_eq!(deployer.claim.environment, Some(Environment::Production));
    assert_eq!(deployer.claim.created_at.unwrap().to_string(), "2026-02-03T08:15:00.000000Z");
    let notes: Vec<_> = deployer.claim.notes.keys().map(String::as_str).collect();
    assert_eq!(
        notes,
        [
            "label team",
            "power: runs commands in pods, and so acts as their service accounts",
            "power: runs pods, and so acts as any service account of the namespace",
        ]
    );
    let deploys = "makes pods that run as it, by cluster role deploy, role binding shop/deployer-deploys".to_owned();
    let others = ["default", "web"].map(|name| (account("shop", name), deploys.clone()));
    assert_eq!(deployer.claim.becomes, others.into(), "of its namespace, and not itself");
    assert_eq!(report.claim.becomes.len(), 5, "who may do everything can become all others");
    let web = &got.snapshot.principals[&account("shop", "web")].claim.notes;
    assert_eq!(web["acts as the AWS role"], "arn:aws:iam::111122223333:role/shop-web");
    assert_eq!(
        (web["token"].as_str(), web["runs as it"].as_str()),
        ("not mounted unless a pod asks for it", "Deployment web")
    );
}

#[test]
fn people_and_parts_of_kubernetes_are_set_aside_with_their_reason() {
    let got = read(&given(&ALL));
    let aside: Vec<_> =
        got.set_aside.iter().map(|s| (s.principal.as_str(), s.reason.split(':').next().unwrap())).collect();
    assert_eq!(
        aside,
        [
            ("group shop-admins", "a group"),
            ("user ana@shop.example", "a user"),
            (
                "user system:kube-scheduler",
                "a part of Kubernetes itself, which the cluster does not keep as an account"
            ),
        ]
    );
    assert_eq!(
        got.notes,
        [
            "bindings of a role that does not exist: 1; they give nothing until somebody makes the role",
            "service accounts that bindings name and that do not exist: 1; whoever may make them gets what the bindings give",
            "what Kubernetes lets every caller ask (discovery, health, own rights) is left out",
            "Kubernetes does not tell when a service account or a right was last used: that is in its audit log",
        ]
    );
}

#[test]
fn a_cluster_withstands_its_files() {
    let all = given(&ALL);
    hostile::any_order(source::Kind::Kubernetes, &all);
    hostile::any_cut(source::Kind::Kubernetes, &all);
    hostile::any_change(source::Kind::Kubernetes, &all);
}

#[test]
fn what_the_files_do_not_speak_of_stays() {
    let full = read(&given(&ALL)).snapshot;
    let changes = |files: &[(String, Vec<u8>)]| diff(&full, &retain(&full, &read(files)));
    for part in ALL {
        assert_eq!(changes(&given(&[part])), [], "{part} alone");
    }
    assert_eq!(changes(&given(&ALL)), [], "the same again");
    // one namespace, as `-n shop` gives it: nothing of the others is gone, and nothing of its own
    let text = String::from_utf8(given(&ALL[..1])[0].1.clone()).unwrap();
    let mut list: serde_json::Value = serde_json::from_str(&text).unwrap();
    list["items"]
        .as_array_mut()
        .unwrap()
        .retain(|o| o["metadata"]["namespace"] == "shop" && o["kind"] != "RoleBinding");
    let part = [("shop.json".into(), list.to_string().into_bytes())];
    assert_eq!(changes(&part), []);
    assert!(read(&part).notes[0].contains("not all service accounts of the cluster"));
    // single objects, as manifests are kept: they add and take nothing away
    let manifest = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: new\n  namespace: shop\n---\nkind: ServiceAccount\nmetadata:\n  name: web\n  namespace: shop\n";
    let next = retain(&full, &read(&[("m.yaml".into(), manifest.into())]));
    assert_eq!(next.principals.len(), full.principals.len() + 1);
    // a binding that is gone from a whole export takes what it gave with it
    let gone = read(&edited(&ALL, "\"name\": \"web-reads\"", "\"name\": \"web-was\""));
    assert!(gone.covered.contains(&Part::Rbac));
    let text = serde_json::to_string(&diff(&full, &retain(&full, &gone))).unwrap();
    assert_eq!((text.matches("web-reads").count(), text.matches("web-was").count()), (5, 5));
}

#[test]
fn what_cannot_be_read_is_not_taken_to_be_gone() {
    let full = read(&given(&ALL)).snapshot;
    let check = |from: &str, to: &str, problem: &str| {
        let parsed = read(&edited(&ALL, from, to));
        assert!(parsed.problems.iter().any(|p| p.to_string().contains(problem)), "{from}: {:?}", parsed.problems);
        let next = retain(&full, &parsed);
        for change in diff(&full, &next) {
            let text = serde_json::to_string(&change).unwrap();
            assert!(!text.contains("\"after\":null"), "{from}: {text}");
        }
        for (name, known) in &full.principals {
            for key in known.entitlements.keys() {
                assert!(next.principals[name].entitlements.contains_key(key), "{from}: {name} {key:?}");
            }
        }
    };
    check("\"name\": \"deployer\",", "\"name\": 7,", "name: expected text, found a number");
    check("\"name\": \"web\"\n", "\"name\": 9\n", "subjects[0].name: expected text, found a number");
    check("\"name\": \"web-reads\",", "\"names\": \"x\",", "metadata: name is missing");
    check(
        "\"kind\": \"ClusterRole\",\n    \"name\": \"deploy\"",
        "\"kind\": \"Rolle\",\n    \"name\": \"deploy\"",
        "kind is neither Role nor ClusterRole",
    );
    check("\"pods/log\"", "5", "resources[1]: expected text");
    check("\"2026-02-03T08:15:00Z\"", "\"yesterday\"", "creationTimestamp: not a date");
    check("kubernetes.io/service-account.name", "x", "annotation kubernetes.io/service-account.name is missing");
}

#[test]
fn a_role_outside_the_files_is_unknown_and_the_one_for_everything_is_not() {
    let text = String::from_utf8(given(&ALL[..1])[0].1.clone()).unwrap();
    let mut list: serde_json::Value = serde_json::from_str(&text).unwrap();
    list["items"].as_array_mut().unwrap().retain(|o| o["kind"].as_str().unwrap().ends_with("Binding"));
    let got = read(&[("bindings.json".into(), list.to_string().into_bytes())]);
    let report = &got.snapshot.principals[&account("jobs", "night-report")];
    let short: Vec<_> = rights(report).into_iter().map(|(a, r, _, p)| (a, r, p)).collect();
    assert_eq!(
        short,
        [
            ("*/*:*", "*", Privilege::Administrative),
            ("not in the export", "*", Privilege::Unknown),
            ("not in the export", "jobs", Privilege::Unknown),
            ("not in the export", "jobs", Privilege::Unknown),
        ]
    );
    assert!(got.covered.is_empty() && got.notes[1].contains("only those that bindings name"), "{:?}", got.notes);
}

#[test]
fn the_real_lists_of_a_cluster_go_in() {
    let Some(folder) = sample("k8s/kubehound_test-cluster") else { return };
    let got = read(&files(&[folder]));
    // jq: one role binding whose role has 2 + 1 + 2 verbs on one resource each; it stands in two files
    let names: Vec<_> = got.snapshot.principals.iter().map(|(k, p)| (k.as_str(), p.entitlements.len())).collect();
    assert_eq!(names, [("system:serviceaccount:test-app:app-monitors", 5)]);
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "clusterrolebindings.rbac.authorization.k8s.io.json: items[0].roleRef: kind is Role, and a cluster role binding can only give a ClusterRole: it gives nothing"
        ]
    );
    assert!(got.covered.is_empty(), "no object of kube-system: not the whole cluster");
}

fn input(name: Option<&str>) -> ImportInput {
    ImportInput {
        kind: source::Kind::Kubernetes,
        files: given(&ALL),
        name: name.map(Into::into),
        allow_removals: false,
    }
}

async fn a_cluster_goes_in_once_and_the_second_time_changes_nothing(t: Fresh) {
    let ctx = t.operator();
    let dry = t.gov.import_dry_run(&ctx, &input(None)).await.unwrap();
    let first = t.gov.import_apply(&ctx, &input(None)).await.unwrap();
    assert_eq!(dry.sources[0].changes, first.sources[0].changes);
    let new = |n| Tally { new: n, changed: 0, gone: 0 };
    let sum = first.summary;
    assert_eq!((sum.identities, sum.entitlements, sum.credentials), (new(6), new(14), new(1)));
    assert_eq!(first.sources[0].name, "kubernetes cluster");
    let report = t.gov.identity_find(&ctx, "jobs/night-report").await.unwrap();
    let found = rules(&t.gov, &report).await;
    assert!(found.contains(&(Rule::StandingAdmin, Severity::High)), "{found:?}");
    assert!(found.contains(&(Rule::KeyOlder90d, Severity::Medium)), "{found:?}");
    let size = async || store::head::get(&mut t.gov.read().await.unwrap()).await.unwrap().size;
    let before = size().await;
    let again = t.gov.import_apply(&ctx, &input(None)).await.unwrap();
    assert_eq!((again.sources[0].changes.len(), size().await), (0, before + 1), "one event: the import itself");
}

async fn two_clusters_are_told_apart_by_name(t: Fresh) {
    let ctx = t.operator();
    t.gov.import_apply(&ctx, &input(Some("east"))).await.unwrap();
    t.gov.import_apply(&ctx, &input(Some("west"))).await.unwrap();
    assert!(t.gov.import_apply(&ctx, &input(Some("east"))).await.unwrap().sources[0].changes.is_empty());
    let sources = t.gov.source_list(&ctx).await.unwrap();
    let scopes: Vec<_> = sources.iter().map(|s| (s.name.as_str(), s.scope.as_str())).collect();
    assert_eq!(scopes, [("east", "east"), ("west", "west")]);
    let all = t.gov.identity_list(&ctx, &Filter::default(), &Want { cursor: None, limit: 100 }).await.unwrap().items;
    assert_eq!(all.len(), 12);
    assert!(all.iter().any(|l| l.identity.name == "shop/web@west"));
}

async fn no_content_of_a_secret_reaches_the_database(t: Fresh) {
    let report = t.gov.import_apply(&t.operator(), &input(None)).await.unwrap();
    let mut everything = serde_json::to_string(&report).unwrap();
    let mut tx = t.gov.read().await.unwrap();
    for row in tx.all("select bytes from payloads", &[]).await.unwrap() {
        everything += &String::from_utf8_lossy(&row.bytes("bytes").unwrap());
    }
    for sql in ["select claim as text from sightings", "select report as text from imports"] {
        for row in tx.all(sql, &[]).await.unwrap() {
            everything += &row.text("text").unwrap();
        }
    }
    assert!(everything.contains("night-report-token") && !everything.contains("hunter2"), "{everything}");
}

async fn what_an_account_reaches_says_whom_it_becomes_and_by_what(t: Fresh) {
    let ctx = t.operator();
    // web may issue tokens of deployer, and by that comes to be whoever runs in the namespace
    let mut given = input(None);
    let mut list: serde_json::Value = serde_json::from_slice(&given.files[0].1).unwrap();
    assert_eq!(list["items"][6]["metadata"]["name"], "reader");
    list["items"][6]["rules"].as_array_mut().unwrap().push(serde_json::json!({"apiGroups": [""],
        "resources": ["serviceaccounts/token"], "resourceNames": ["deployer"], "verbs": ["create"]}));
    given.files[0].1 = list.to_string().into_bytes();
    t.gov.import_apply(&ctx, &given).await.unwrap();
    let web = t.gov.identity_find(&ctx, "shop/web").await.unwrap();
    let (_, all) = t.gov.identity_reach(&ctx, web.id, 90).await.unwrap();
    let [reach] = all.as_slice() else { panic!("{all:?}") };
    let becomes: Vec<_> = reach
        .becomes
        .iter()
        .map(|b| (b.identity.as_ref().unwrap().1.as_str(), b.path.len(), b.path.last().unwrap().1.as_str()))
        .collect();
    assert_eq!(
        becomes,
        [
            ("shop/deployer", 1, "issues its tokens, by role shop/reader, role binding shop/web-reads"),
            (
                "shop/default",
                2,
                "makes pods that run as it, by cluster role deploy, role binding shop/deployer-deploys"
            ),
        ]
    );
    assert!(reach.becomes[0].powers.iter().any(|p| p.starts_with("runs pods")), "{:?}", reach.becomes[0].powers);
    assert!(reach.upper_bound[0].contains("RBAC"), "{:?}", reach.upper_bound);
    let deployer = t.gov.identity_find(&ctx, "shop/deployer").await.unwrap();
    let found = t.gov.identity_show(&ctx, deployer.id).await.unwrap().findings;
    let escalates = found.iter().find(|f| f.found.rule == Rule::CanEscalate).unwrap();
    assert!(escalates.found.words.contains(", in shop."), "{}", escalates.found.words);
    // a part without the bindings takes nothing of it away
    list["items"]
        .as_array_mut()
        .unwrap()
        .retain(|o| o["kind"] == "ServiceAccount" && o["metadata"]["namespace"] == "shop");
    let part = ImportInput { files: vec![("shop.json".into(), list.to_string().into_bytes())], ..input(None) };
    t.gov.import_apply(&ctx, &part).await.unwrap();
    let (_, after) = t.gov.identity_reach(&ctx, web.id, 90).await.unwrap();
    assert_eq!(after[0].becomes, reach.becomes);
}
