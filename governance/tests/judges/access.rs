//! Whether a principal may do a thing, beside what iam-simulate says (npm): 100,000 random questions. Neither is told of conditions,
//! which we do not evaluate; of keys and roles whose own policies decide (KMS, `sts:AssumeRole`) nothing is asked.
use super::judge;
use governance::import::snapshot::{Document, Documents};
use governance::privilege::aws::{Held, held::BOUNDARY};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const PRINCIPALS: usize = 1_000;
const QUESTIONS: usize = 100;

/// Actions with a resource that they are about; `NAME` stands for any.
pub(super) const ASKED: [(&str, &str); 20] = [
    ("s3:GetObject", "arn:aws:s3:::NAME/NAME"),
    ("s3:PutObject", "arn:aws:s3:::NAME/NAME"),
    ("s3:DeleteObject", "arn:aws:s3:::NAME/NAME"),
    ("s3:ListBucket", "arn:aws:s3:::NAME"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::NAME"),
    ("s3:ListAllMyBuckets", "*"),
    ("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/NAME"),
    ("iam:PutUserPolicy", "arn:aws:iam::111122223333:user/NAME"),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/NAME"),
    ("iam:GetRole", "arn:aws:iam::111122223333:role/NAME"),
    ("iam:ListUsers", "*"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:NAME"),
    ("sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:111122223333:NAME"),
    ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/NAME"),
    ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/NAME"),
    ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:NAME"),
    ("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:NAME"),
    ("ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/NAME"),
    ("ec2:DescribeInstances", "*"),
    ("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:NAME"),
];
const NAMES: [&str; 5] = ["alpha", "alpha-two", "beta", "Beta", "gamma1"];

pub(super) fn named(rng: &mut StdRng, resource: &str) -> String {
    resource.split("NAME").collect::<Vec<_>>().join(NAMES.choose(rng).unwrap())
}

/// A part of the text as a pattern.
fn pattern(rng: &mut StdRng, text: &str, from: usize) -> String {
    let at = rng.random_range(from..=text.len());
    match rng.random_range(0..6) {
        0 => format!("{}*", &text[..at]),
        1 => format!("{}*{}", &text[..from], &text[at..]),
        2 if at < text.len() => format!("{}?{}", &text[..at], &text[at + 1..]),
        _ => text.to_owned(),
    }
}

fn action(rng: &mut StdRng) -> String {
    let (action, _) = ASKED.choose(rng).unwrap();
    let service = action.find(':').unwrap() + 1;
    match rng.random_range(0..12) {
        0 => "*".to_owned(),
        1 => format!("{}*", &action[..service]),
        2 => action.to_lowercase(),
        _ => pattern(rng, action, service),
    }
}

fn resource(rng: &mut StdRng) -> String {
    let (_, resource) = ASKED.choose(rng).unwrap();
    let resource = named(rng, resource);
    // AWS takes no pattern where the type of a resource stands (IAM user guide, "Resource"), nor we one in the parts before
    let rest = resource.match_indices(':').nth(4).map_or(resource.len(), |(at, _)| at + 1);
    let named = NAMES.iter().filter_map(|name| resource[rest..].find(name)).min();
    let from = named.map_or(resource.len(), |at| rest + at);
    if rng.random_bool(0.4) { "*".into() } else { pattern(rng, &resource, from) }
}

fn several(rng: &mut StdRng, one: fn(&mut StdRng) -> String) -> Value {
    let all: Vec<_> = (0..rng.random_range(1..4)).map(|_| one(rng)).collect();
    if all.len() == 1 { json!(all[0]) } else { json!(all) }
}

pub(super) fn policy(rng: &mut StdRng, denials: f64) -> Value {
    let statements: Vec<_> = (0..rng.random_range(1..4))
        .map(|_| {
            let effect = if rng.random_bool(denials) { "Deny" } else { "Allow" };
            let mut statement = json!({"Effect": effect});
            statement[if rng.random_bool(0.1) { "NotAction" } else { "Action" }] = several(rng, action);
            statement[if rng.random_bool(0.1) { "NotResource" } else { "Resource" }] = several(rng, resource);
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn principal(rng: &mut StdRng, at: usize) -> Value {
    let policies: Vec<_> = (0..rng.random_range(1..4)).map(|_| policy(rng, 0.25)).collect();
    let boundary = rng.random_bool(0.4).then(|| policy(rng, 0.1));
    let questions: Vec<_> = (0..QUESTIONS)
        .map(|_| {
            let (action, resource) = ASKED.choose(rng).unwrap();
            json!([action, named(rng, resource)])
        })
        .collect();
    let principal = format!("arn:aws:iam::111122223333:role/r{at}");
    json!({"principal": principal, "policies": policies, "boundary": boundary, "questions": questions})
}

/// What we say, a letter a question.
fn ours(principal: &Value) -> String {
    let document = |text: &Value| Document { id: None, text: Some(text.clone().into()) };
    let policies = principal["policies"].as_array().unwrap().iter().enumerate();
    let mut all: Documents = policies.map(|(at, p)| (format!("policy {at}"), document(p))).collect();
    if !principal["boundary"].is_null() {
        all.insert(format!("{BOUNDARY}b"), document(&principal["boundary"]));
    }
    let held = Held::of(&all).unwrap();
    let questions = principal["questions"].as_array().unwrap().iter();
    questions
        .map(|q| {
            let action = q[0].as_str().unwrap().to_ascii_lowercase();
            if held.allowing_on(&action, q[1].as_str().unwrap()).is_empty() { 'd' } else { 'a' }
        })
        .collect()
}

pub(super) fn simulated(simulator: &str, principals: &[Value]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("accounts.json");
    std::fs::write(&file, serde_json::to_vec(principals).unwrap()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/simulate.mjs");
    let run = Command::new("node").arg(script).arg(simulator).arg(&file).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_hundred_thousand_questions_are_answered_alike() {
    let Some(simulator) = judge("IAM_SIMULATE") else { return };
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let principals: Vec<_> = (0..PRINCIPALS).map(|at| principal(&mut rng, at)).collect();
    let theirs = simulated(&simulator, &principals);
    assert_eq!(theirs.len(), PRINCIPALS, "seed {seed}");
    let (mut asked, mut allowed, mut refused, mut other) = (0_usize, 0_usize, 0_usize, vec![]);
    for (principal, theirs) in principals.iter().zip(&theirs) {
        for ((question, ours), theirs) in
            principal["questions"].as_array().unwrap().iter().zip(ours(principal).chars()).zip(theirs.chars())
        {
            asked += 1;
            allowed += usize::from(theirs == 'a');
            refused += usize::from(theirs == 'e');
            if theirs != 'e' && ours != theirs {
                other.push(format!(
                    "{question}: we say {ours}, it says {theirs}: {}; bound by {}",
                    principal["policies"], principal["boundary"]
                ));
            }
        }
    }
    assert_eq!(asked, PRINCIPALS * QUESTIONS);
    assert!(allowed > asked / 20 && allowed < asked * 19 / 20, "seed {seed}: {allowed} of {asked} are allowed");
    assert!(refused * 1_000 <= asked, "seed {seed}: {refused} of {asked} it does not answer");
    assert!(other.is_empty(), "seed {seed}: {} of {asked} differ: {:#?}", other.len(), &other[..other.len().min(5)]);
}

#[test]
fn a_principal_whose_denial_is_lost_is_told_apart() {
    let Some(simulator) = judge("IAM_SIMULATE") else { return };
    let policies = json!([{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}]);
    let questions = json!([["iam:PassRole", "arn:aws:iam::111122223333:role/a"], ["s3:ListAllMyBuckets", "*"]]);
    let mut one = json!({"principal": "arn:aws:iam::111122223333:role/r", "policies": policies, "boundary": null, "questions": questions});
    let theirs = simulated(&simulator, std::slice::from_ref(&one));
    assert_eq!((theirs[0].as_str(), ours(&one).as_str()), ("da", "da"));
    one["policies"][0]["Statement"].as_array_mut().unwrap().pop();
    assert_eq!(ours(&one), "aa");
}
