use super::*;
use crate::entitlement::{Facts, Key, Privilege};
use crate::id::{EntitlementId, IdentityId, SourceId};
use serde_json::json;

fn day(n: i64) -> Timestamp {
    Timestamp::from_micros(n * 86_400_000_000).unwrap()
}

/// Used on this day; reported on.
fn right(action: &str, last: Option<i64>) -> Entitlement {
    let (bytes, at) = ([0; 10], day(0));
    Entitlement {
        id: EntitlementId::new(at, bytes),
        identity: IdentityId::new(at, bytes),
        source: SourceId::new(at, bytes),
        key: Key { action: action.into(), resource: "*".into(), via: "policy p".into() },
        facts: Facts { last_used_at: last.map(day), usage_reported: true, ..Facts::of(Privilege::Unknown) },
        first_seen_at: at,
        told: None,
    }
}

/// Since day 100 is the window.
fn used(it: &Entitlement) -> Use {
    match it.facts.last_used_at {
        _ if !it.facts.usage_reported => Use::Unknown,
        Some(at) if at >= day(100) => Use::Used(at),
        last => Use::Unused(last),
    }
}

fn usage() -> Usage {
    let all = [
        ("s3:*", Some(150)),
        ("s3:CreateBucket", Some(150)),
        ("s3:DeleteBucket", Some(20)),
        ("s3:PutBucketPolicy", None),
        ("sqs:*", None),
        ("iam:*", None),
    ];
    all.into_iter().map(|(name, last)| (name.to_owned(), last.map(day))).collect()
}

/// What is denied beside one statement, given what is held.
fn denied(rights: &[Entitlement], statement: &Value, room: usize) -> (Vec<String>, Value) {
    let mut document = json!({"Statement": [statement]});
    let denied = Idle::of(&usage(), rights, used, room).deny(&mut document);
    (denied.into_iter().map(|it| it.action).collect(), document)
}

#[test]
fn what_is_unused_under_a_pattern_is_denied_where_it_is_allowed() {
    let statement = json!({"Sid": "a", "Effect": "Allow", "Action": ["s3:*", "kms:Decrypt"], "Resource": "arn:aws:s3:::x",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}}});
    let (got, document) = denied(&[right("s3:*", Some(150))], &statement, 2_048);
    assert_eq!(got, ["s3:DeleteBucket", "s3:PutBucketPolicy"]);
    assert_eq!(document["Statement"][0], statement);
    assert_eq!(
        document["Statement"][1],
        json!({"Effect": "Deny", "Action": ["s3:DeleteBucket", "s3:PutBucketPolicy"], "Resource": "arn:aws:s3:::x",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}})
    );
    // once there, it is not put there again
    let mut again = document.clone();
    let idle = Idle::of(&usage(), &[right("s3:*", Some(150))], used, 2_048);
    assert_eq!((idle.deny(&mut again), again), (vec![], document));
}

#[test]
fn a_pattern_takes_in_what_it_matches_and_only_everything_takes_in_services() {
    let check = |action: &str, written: Value, want: &[&str]| {
        let mut statement = json!({"Effect": "Allow", "Resource": "*"});
        statement[if action.contains("except") { "NotAction" } else { "Action" }] = written;
        assert_eq!(denied(&[right(action, Some(150))], &statement, 2_048).0, want, "{action}");
    };
    check("s3:Put*", json!("s3:Put*"), &["s3:PutBucketPolicy"]);
    check("S3:*bucket", json!("S3:*bucket"), &["s3:DeleteBucket"]);
    check("s3:DeleteBucket", json!("s3:DeleteBucket"), &[]);
    // passing a role is no call of IAM
    check("*", json!("*"), &["s3:DeleteBucket", "s3:PutBucketPolicy", "sqs:*"]);
    check("* except sqs:*", json!(["sqs:*"]), &["s3:DeleteBucket", "s3:PutBucketPolicy"]);
}

#[test]
fn nothing_is_denied_of_which_one_is_not_sure() {
    let all = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let check = |more: Entitlement, want: &[&str]| {
        assert_eq!(denied(&[right("s3:*", Some(150)), more.clone()], &all, 2_048).0, want, "{more:?}");
    };
    check(right("sqs:*", None), &["s3:DeleteBucket", "s3:PutBucketPolicy"]);
    // a log saw one later than the report has it
    check(right("s3:DeleteBucket", Some(151)), &["s3:PutBucketPolicy"]);
    // it was given later, and nothing is said of it
    let mut young = right("s3:Put*", None);
    young.facts.usage_reported = false;
    check(young, &["s3:DeleteBucket"]);
    // a log saw the service used later than the report has it, and by which action cannot be told
    assert_eq!(denied(&[right("s3:*", Some(151))], &all, 2_048).0, [""; 0]);
    assert_eq!(denied(&[right("s3:*", Some(150))], &all, 100).0, [""; 0], "no room for it");
}
