//! Ways from some permissions to more, beside those that cloudsplaining reports (PyPI).
use super::judge;
use governance::import::snapshot::Document;
use governance::privilege::aws::{Held, escalation, risk::Kind};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Risks as the judge calls them.
const RISKS: [(Kind, &str); 3] = [
    (Kind::DataExfiltration, "DataExfiltration"),
    (Kind::ResourceExposure, "ResourceExposure"),
    (Kind::CredentialExposure, "CredentialsExposure"),
];

/// One policy as the judge saw it.
pub struct Judged {
    pub name: String,
    pub document: Value,
    /// It passes some over by their name.
    pub excluded: bool,
    /// The actions that it reports of each risk, in lower case.
    pub risks: BTreeMap<Kind, BTreeSet<String>>,
    /// The actions of each escalation it reports, in lower case.
    ways: Vec<BTreeSet<String>>,
}

/// What the judge says of an export that is not yet a file.
pub fn judged_value(judge: &str, export: &Value) -> Vec<Judged> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("export.json");
    std::fs::write(&file, export.to_string()).unwrap();
    judged(judge, &file)
}

pub fn judged(judge: &str, export: &Path) -> Vec<Judged> {
    let out = tempfile::tempdir().unwrap();
    let run = Command::new(judge)
        .args(["scan", "--skip-open-report", "--input-file"])
        .arg(export)
        .arg("--output")
        .arg(out.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let results = format!("iam-results-{}.json", export.file_stem().unwrap().to_string_lossy());
    let results: Value = serde_json::from_slice(&std::fs::read(out.path().join(results)).unwrap()).unwrap();
    let kinds = ["aws_managed_policies", "customer_managed_policies", "inline_policies"];
    let policies = kinds.iter().flat_map(|kind| results[kind].as_object().unwrap().values());
    policies
        .map(|policy| {
            let of = |risk: &str| match &policy[risk] {
                Value::Object(it) => it["findings"].clone(),
                other => other.clone(),
            };
            let found = of("PrivilegeEscalation");
            let named = |risk: &str| {
                let all = of(risk).as_array().cloned().unwrap_or_default();
                all.iter().map(|a| a.as_str().unwrap().to_ascii_lowercase()).collect::<BTreeSet<_>>()
            };
            let risks = RISKS.iter().map(|(kind, its)| (*kind, named(its))).collect();
            let actions = |way: &Value| {
                way["actions"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_ascii_lowercase()).collect()
            };
            let document = policy["PolicyDocument"].clone();
            let versions = policy["PolicyVersionList"].as_array();
            let document = match versions.and_then(|all| all.iter().find(|v| v["IsDefaultVersion"] == true)) {
                Some(version) => version["Document"].clone(),
                None => document,
            };
            Judged {
                name: policy["PolicyName"].as_str().unwrap().to_owned(),
                document,
                risks,
                excluded: policy["is_excluded"].as_bool().unwrap_or(false),
                ways: found.as_array().map(|all| all.iter().map(actions).collect()).unwrap_or_default(),
            }
        })
        .collect()
}

/// Every escalation the judge reports we report, by the same actions or by fewer of them; and what we report without a limit the
/// judge reports, save in policies that it passes over. Returns how many it reports, and how many of ours are limited: those hold
/// for some resources or under a condition, which the judge does not look at.
fn compare(policies: &[Judged]) -> (usize, usize) {
    let (mut reported, mut limited) = (0, 0);
    for policy in policies {
        let text = Some(policy.document.clone().into());
        let held = Held::of(&BTreeMap::from([("policy".to_owned(), Document { id: None, text })])).unwrap();
        let ours: Vec<_> = escalation::open(&held);
        let of = |o: &escalation::Open| o.actions.split(" + ").map(str::to_ascii_lowercase).collect::<BTreeSet<_>>();
        for way in &policy.ways {
            assert!(
                ours.iter().any(|o| of(o).is_subset(way)),
                "{}: {way:?} is missing: {}",
                policy.name,
                policy.document
            );
            reported += 1;
        }
        for our in &ours {
            limited += usize::from(our.limited);
            let known = our.limited || policy.excluded || policy.ways.contains(&of(our));
            assert!(known, "{}: {} is ours alone: {}", policy.name, our.actions, policy.document);
        }
    }
    (reported, limited)
}

const OTHERS: [&str; 8] = [
    "s3:GetObject",
    "s3:*",
    "sqs:SendMessage",
    "iam:Get*",
    "ec2:Describe*",
    "kms:Decrypt",
    "logs:PutLogEvents",
    "iam:List*",
];

/// An action or a pattern. None with `?`, which the judge does not know, and all in AWS's own case, which the judge minds where
/// something is denied (AWS does not).
fn pattern(rng: &mut StdRng) -> String {
    let way = escalation::WAYS.choose(rng).unwrap();
    let action = way.actions.choose(rng).unwrap();
    let (service, name) = action.split_once(':').unwrap();
    match rng.random_range(0..8) {
        0 => format!("{service}:*"),
        1 => format!("{service}:{}*", &name[..rng.random_range(3..name.len())]),
        2 => format!("{service}:*{}", &name[rng.random_range(1..name.len() - 2)..]),
        3 => (*OTHERS.choose(rng).unwrap()).to_owned(),
        _ => (*action).to_owned(),
    }
}

fn statement(rng: &mut StdRng) -> Value {
    let mut actions: Vec<_> = (0..rng.random_range(1..5)).map(|_| pattern(rng)).collect();
    if rng.random_bool(0.4) {
        actions.extend(escalation::WAYS.choose(rng).unwrap().actions.iter().map(|a| (*a).to_owned()));
    }
    let effect = if rng.random_bool(0.2) { "Deny" } else { "Allow" };
    let resource = match rng.random_range(0..6) {
        0 => json!(["arn:aws:s3:::bucket/*", "arn:aws:iam::111122223333:role/one"]),
        _ => json!("*"),
    };
    let mut statement = json!({"Effect": effect, "Action": actions, "Resource": resource});
    if rng.random_bool(0.15) {
        statement["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    }
    statement
}

/// An export with one role and many policies of its own.
pub fn export(seed: u64, n: usize) -> Value {
    let mut rng = StdRng::seed_from_u64(seed);
    let policies: Vec<_> = (0..n)
        .map(|at| {
            let statements: Vec<_> = (0..rng.random_range(1..4)).map(|_| statement(&mut rng)).collect();
            json!({"PolicyName": format!("p{at}"), "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}})
        })
        .collect();
    json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{
        "Path": "/", "RoleName": "many", "RoleId": "AROAEXAMPLEEXAMPLE01", "Arn": "arn:aws:iam::111122223333:role/many",
        "CreateDate": "2025-01-01T00:00:00+00:00", "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "RolePolicyList": policies,
    }]})
}

#[test]
fn random_policies_are_judged_alike() {
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let policies = judged_value(&judge, &export(seed, 200));
    assert!(policies.len() > 150, "seed {seed}: {} policies were judged", policies.len());
    let (reported, limited) = compare(&policies);
    assert!(reported > 50 && limited > 20, "seed {seed}: {reported} reported, {limited} of ours limited");
}

#[test]
fn the_judge_would_notice_a_way_that_is_left_out() {
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let mut one = export(1, 1);
    let document = json!({"Statement": [{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}]});
    one["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"] = document;
    let mut policies = judged_value(&judge, &one);
    assert!(compare(&policies).0 > 0);
    policies[0].document = json!({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]});
    assert!(std::panic::catch_unwind(|| compare(&policies)).is_err());
}

#[test]
fn a_real_export_is_judged_alike() {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where real inputs are")]
    let Ok(samples) = std::env::var("COUNTERSIGN_SAMPLES") else {
        eprintln!("skipped: COUNTERSIGN_SAMPLES is not set");
        return;
    };
    let Some(judge) = judge("CLOUDSPLAINING") else { return };
    let policies = judged(&judge, &Path::new(&samples).join("samples/aws/cloudmapper_demo_authz.json"));
    let (reported, _) = compare(&policies);
    assert!(reported > 10, "{reported} reported");
}
