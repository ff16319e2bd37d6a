//! What identities reach: the paths, who can become whom, what bounds it, and the policies without what nobody used.
use super::{files, fixture};
use governance::engine::imports::ImportInput;
use governance::engine::page::Want;
use governance::entitlement::Use;
use governance::error::Kind as Failure;
use governance::finding::{Rule, Severity};
use governance::identity::Identity;
use governance::on_every_database;
use governance::privilege::reach::Reach;
use governance::source;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use serde_json::{Value, json};

on_every_database! {
    a_role_of_a_role_is_reached_by_its_path
    a_role_of_another_account_ends_the_path
    what_is_bounded_or_denied_is_not_reached
    an_account_of_many_roles_is_read_in_time_and_says_what_is_left_out
    a_way_to_more_is_a_finding_and_goes_with_the_right
    what_nobody_used_is_taken_out_of_the_policy
    an_action_that_the_report_tells_of_is_dated_by_itself
    a_silent_source_makes_nothing_unused
    an_old_report_of_use_makes_nothing_unused
    the_queue_has_the_worst_first_page_by_page
    a_report_alone_keeps_the_policies_known
}

const ACCOUNT: &str = "arn:aws:iam::111122223333";

fn role(name: &str, trusts: Value, statements: Value) -> Value {
    json!({
        "Path": "/", "RoleName": name, "RoleId": name, "Arn": format!("{ACCOUNT}:role/{name}"),
        "CreateDate": "2020-01-01T00:00:00+00:00", "RoleLastUsed": {}, "AttachedManagedPolicies": [], "Tags": [],
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusts}]},
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}],
    })
}
fn allow(actions: &[&str]) -> Value {
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}
fn ec2() -> Value {
    json!({"Service": "ec2.amazonaws.com"})
}
fn input(roles: &[Value], policies: &[Value]) -> ImportInput {
    let page = json!({"UserDetailList": [], "GroupDetailList": [], "Policies": policies, "RoleDetailList": roles});
    let files = vec![("authorization.json".to_owned(), page.to_string().into_bytes())];
    ImportInput { kind: source::Kind::AwsIam, files, name: None, allow_removals: true }
}
async fn import(t: &Fresh, roles: &[Value]) {
    let report = t.gov.import_apply(&t.operator(), &input(roles, &[])).await.unwrap();
    assert_eq!(report.problems, []);
}
async fn reach(t: &Fresh, name: &str) -> (Identity, Reach) {
    let it = t.gov.identity_find(&t.operator(), name).await.unwrap();
    let (it, mut all) = t.gov.identity_reach(&t.operator(), it.id, 90).await.unwrap();
    assert_eq!(all.len(), 1);
    (it, all.remove(0))
}
async fn finding(t: &Fresh, it: &Identity) -> Option<(Severity, String)> {
    let all = t.gov.identity_show(&t.operator(), it.id).await.unwrap().findings;
    all.into_iter().find(|f| f.found.rule == Rule::CanEscalate).map(|f| (f.found.severity, f.found.words))
}

async fn a_role_of_a_role_is_reached_by_its_path(t: Fresh) {
    import(
        &t,
        &[
            role("start", ec2(), allow(&["sts:AssumeRole"])),
            role("middle", json!({"AWS": format!("{ACCOUNT}:root")}), allow(&["s3:GetObject"])),
            role("end", json!({"AWS": format!("{ACCOUNT}:role/middle")}), allow(&["*"])),
            role("apart", json!({"AWS": "arn:aws:iam::999988887777:root"}), allow(&["*"])),
        ],
    )
    .await;
    let (_, start) = reach(&t, "start").await;
    let got: Vec<_> = start.becomes.iter().map(|b| (b.principal.as_str(), b.path.len(), b.powers.as_slice())).collect();
    let everything = ["may do everything".to_owned()];
    assert_eq!(
        got,
        [
            ("arn:aws:iam::111122223333:role/middle", 1, [].as_slice()),
            ("arn:aws:iam::111122223333:role/end", 2, everything.as_slice()),
        ]
    );
    assert_eq!(start.becomes[0].path[0].1, "its trust policy names the account, and inline policy own allows it");
    assert_eq!(start.becomes[1].identity.as_ref().unwrap().1, "end");
    let middle = reach(&t, "middle").await.1;
    assert_eq!(middle.becomes.iter().map(|b| b.path.len()).collect::<Vec<_>>(), [1]);
}

async fn a_role_of_another_account_ends_the_path(t: Fresh) {
    let other = "arn:aws:iam::999988887777:role";
    let statements = json!([
        {"Effect": "Allow", "Action": "sts:*", "Resource": [format!("{other}/deploy"), format!("{other}/shut"), format!("{ACCOUNT}:role/none")]},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": format!("{other}/ci-*"),
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Effect": "Allow", "Action": "sts:TagSession", "Resource": format!("{other}/tagged")},
        {"Effect": "Deny", "Action": "sts:*", "Resource": format!("{other}/shut")},
    ]);
    import(&t, &[role("start", ec2(), statements)]).await;
    let (_, start) = reach(&t, "start").await;
    let got: Vec<_> = start.becomes.iter().map(|b| (b.principal.clone(), b.path[0].1.as_str())).collect();
    let end = "role of account 999988887777, not read: its trust policy decides";
    let (limited, whole) = (
        format!("inline policy own allows it, under a condition or in part; {end}"),
        format!("inline policy own allows it; {end}"),
    );
    assert_eq!(got, [(format!("{other}/ci-*"), limited.as_str()), (format!("{other}/deploy"), whole.as_str())]);
    assert!(start.becomes.iter().all(|b| b.identity.is_none() && b.powers.is_empty()));
}

async fn what_is_bounded_or_denied_is_not_reached(t: Fresh) {
    let mut bounded = role(
        "bounded",
        ec2(),
        json!([
            {"Effect": "Allow", "Action": ["s3:GetObject", "iam:CreateAccessKey", "sqs:SendMessage"], "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        ]),
    );
    let arn = format!("{ACCOUNT}:policy/bound");
    bounded["PermissionsBoundary"] = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    let bound = json!({"PolicyName": "bound", "Arn": arn, "DefaultVersionId": "v1", "PolicyVersionList": [
        {"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Statement": allow(&["s3:*", "sqs:*"])}}]});
    t.gov.import_apply(&t.operator(), &input(&[bounded], &[bound])).await.unwrap();
    let (it, reach) = reach(&t, "bounded").await;
    let nothing: Vec<_> = reach.rights.iter().map(|r| (r.action.as_str(), r.nothing.as_deref())).collect();
    let outside = format!("outside the permissions boundary {arn}");
    assert_eq!(
        nothing,
        [
            ("iam:CreateAccessKey", Some(outside.as_str())),
            ("sqs:SendMessage", Some("denied by inline policy own")),
            ("s3:GetObject", None),
        ]
    );
    assert_eq!((reach.sets().granted, finding(&t, &it).await), (1, None));
}

async fn an_account_of_many_roles_is_read_in_time_and_says_what_is_left_out(t: Fresh) {
    // as many as an account may have by default, each open to the account; one of them may become any
    let open = json!({"AWS": format!("{ACCOUNT}:root")});
    let mut roles: Vec<_> =
        (0..1_000).map(|n| role(&format!("r{n:04}"), open.clone(), allow(&["s3:GetObject"]))).collect();
    roles.push(role("start", ec2(), allow(&["sts:AssumeRole"])));
    roles.push(role(
        "one",
        ec2(),
        json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": format!("{ACCOUNT}:role/r0007")}]),
    ));
    import(&t, &roles).await;
    let (_, one) = reach(&t, "one").await;
    assert_eq!(one.becomes.iter().map(|b| b.principal.rsplit('/').next().unwrap()).collect::<Vec<_>>(), ["r0007"]);
    let (it, start) = reach(&t, "start").await;
    assert_eq!(start.becomes.len(), 200);
    let record = t.gov.identity_show(&t.operator(), it.id).await.unwrap();
    let claim = record.monitoring.sources[0].claim.as_ref().unwrap();
    assert_eq!(
        (claim.becomes.len(), claim.notes["can become"].as_str()),
        (500, "more than the 500 roles that are kept")
    );
}

async fn a_way_to_more_is_a_finding_and_goes_with_the_right(t: Fresh) {
    import(&t, &[role("builder", ec2(), allow(&["iam:PassRole", "ec2:RunInstances", "s3:GetObject"]))]).await;
    let (it, _) = reach(&t, "builder").await;
    let (severity, words) = finding(&t, &it).await.unwrap();
    assert_eq!(severity, Severity::High);
    let want = "builder runs as any role it may pass, by ec2: iam:PassRole + ec2:RunInstances, by inline policy own.";
    assert_eq!(words, want);
    import(&t, &[role("builder", ec2(), allow(&["ec2:RunInstances", "s3:GetObject"]))]).await;
    assert_eq!(finding(&t, &it).await, None);
    let limited =
        json!([{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": format!("{ACCOUNT}:role/one")}]);
    import(&t, &[role("builder", ec2(), limited)]).await;
    assert_eq!(finding(&t, &it).await.unwrap().0, Severity::Medium);
}

/// With what the access advisor said of each service when it looked.
fn advised(principal: &str, at: Timestamp, services: &Value) -> Vec<(String, Vec<u8>)> {
    let job = format!("job_{}.json", principal.replace(':', "%3A").replace('/', "%2F"));
    let answer =
        json!({"JobStatus": "COMPLETED", "JobCompletionDate": at.to_string(), "ServicesLastAccessed": services});
    vec![
        (job, json!({"JobId": "j1"}).to_string().into_bytes()),
        ("j1.json".to_owned(), answer.to_string().into_bytes()),
    ]
}

async fn used(t: &Fresh) -> Reach {
    used_as_told(t, t.operator().at).await
}

async fn used_as_told(t: &Fresh, at: Timestamp) -> Reach {
    let statements = json!([
        {"Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    ]);
    let mut input = input(&[role("worker", ec2(), statements)], &[]);
    let recently = (t.operator().at - chrono::TimeDelta::days(3)).to_string();
    let services = json!([
        {"ServiceNamespace": "s3", "LastAuthenticated": recently}, {"ServiceNamespace": "sqs"},
    ]);
    input.files.extend(advised(&format!("{ACCOUNT}:role/worker"), at, &services));
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
    reach(t, "worker").await.1
}

async fn what_nobody_used_is_taken_out_of_the_policy(t: Fresh) {
    let reach = used(&t).await;
    let sets = reach.sets();
    assert_eq!((sets.granted, sets.used, sets.excess, sets.unknown), (3, 1, 1, 1));
    let [proposal] = reach.proposals.as_slice() else { panic!("{:?}", reach.proposals) };
    assert_eq!(proposal.via, "inline policy own");
    assert_eq!(
        proposal.after.as_ref().unwrap()["Statement"],
        json!([{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}, {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}])
    );
    assert_eq!((proposal.kept_used, proposal.kept_unknown), (1, 1));
    // imported as it was proposed, it does what was used, and nothing is left to take out
    let after = proposal.after.clone().unwrap();
    import(&t, &[role("worker", ec2(), after["Statement"].clone())]).await;
    let it = t.gov.identity_find(&t.operator(), "worker").await.unwrap();
    let bad = t.gov.identity_reach(&t.operator(), it.id, 30).await.unwrap_err();
    assert_eq!(bad.kind, Failure::Invalid);
}

async fn an_action_that_the_report_tells_of_is_dated_by_itself(t: Fresh) {
    let actions = ["s3:PutBucketPolicy", "s3:createbucket", "s3:GetObject", "s3:Delete*"];
    let mut input = input(&[role("worker", ec2(), allow(&actions))], &[]);
    let recently = (t.operator().at - chrono::TimeDelta::days(3)).to_string();
    let services = json!([{"ServiceNamespace": "s3", "LastAuthenticated": recently, "TrackedActionsLastAccessed": [
        {"ActionName": "CreateBucket", "LastAccessedTime": recently, "LastAccessedRegion": "eu-west-1"},
        {"ActionName": "DeleteBucket"}, {"ActionName": "PutBucketPolicy"},
    ]}]);
    input.files.extend(advised(&format!("{ACCOUNT}:role/worker"), t.operator().at, &services));
    t.gov.import_apply(&t.operator(), &input).await.unwrap();
    let reach = reach(&t, "worker").await.1;
    let unused: Vec<_> = reach.rights.iter().filter(|r| matches!(r.used, Use::Unused(_))).map(|r| &r.action).collect();
    assert_eq!(unused, ["s3:PutBucketPolicy"], "what is not tracked, and a pattern, is dated by the service");
    let after = reach.proposals[0].after.as_ref().unwrap();
    assert_eq!(after["Statement"][0]["Action"], json!(["s3:createbucket", "s3:GetObject", "s3:Delete*"]));
    // and what the pattern takes in is told apart
    assert_eq!(after["Statement"][1], json!({"Effect": "Deny", "Action": ["s3:DeleteBucket"], "Resource": "*"}));
    // also after an import that has no report
    import(&t, &[role("worker", ec2(), allow(&actions))]).await;
    let again = self::reach(&t, "worker").await.1;
    assert_eq!(again.proposals, reach.proposals);
    // put into force, it is not proposed again
    let statements = after["Statement"].clone();
    import(&t, &[role("worker", ec2(), statements)]).await;
    assert_eq!(self::reach(&t, "worker").await.1.proposals, []);
}

async fn a_silent_source_makes_nothing_unused(t: Fresh) {
    let before = used(&t).await;
    assert!(!before.stale && before.rights.iter().any(|r| matches!(r.used, Use::Unused(_))));
    t.clock.advance(chrono::TimeDelta::days(8));
    let after = reach(&t, "worker").await.1;
    assert!(after.stale && !after.rights.iter().any(|r| matches!(r.used, Use::Unused(_))));
    assert_eq!(after.proposals, []);
}

async fn an_old_report_of_use_makes_nothing_unused(t: Fresh) {
    let year = t.operator().at - chrono::TimeDelta::days(365);
    let reach = used_as_told(&t, year).await;
    assert_eq!((reach.stale, reach.silent_since), (false, Some(year)));
    assert_eq!((reach.sets().used, reach.sets().excess), (1, 0), "a date of use is a fact, whatever tells it");
    assert_eq!(reach.proposals, []);
    // a newer one is believed
    let reach = used(&t).await;
    assert_eq!((reach.silent_since, reach.sets().excess), (None, 1));
    // and an import that does not have it does not make it younger
    for _ in 0..2 {
        t.clock.advance(chrono::TimeDelta::days(6));
        let statements = json!([
            {"Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage"], "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
        ]);
        import(&t, &[role("worker", ec2(), statements)]).await;
    }
    let reach = self::reach(&t, "worker").await.1;
    assert_eq!((reach.stale, reach.sets().excess), (false, 0));
}

async fn the_queue_has_the_worst_first_page_by_page(t: Fresh) {
    import(
        &t,
        &[
            role("all", ec2(), allow(&["*"])),
            role("builder", ec2(), allow(&["iam:CreateAccessKey"])),
            role("reader", ec2(), allow(&["s3:GetObject"])),
        ],
    )
    .await;
    let (mut want, mut names) = (Want { cursor: None, limit: 1 }, vec![]);
    loop {
        let page = t.gov.privilege_list(&t.operator(), &want).await.unwrap();
        names.extend(page.items.iter().map(|p| (p.identity.name.clone(), p.findings.len(), p.sets.granted)));
        match page.next {
            Some(next) => want.cursor = Some(next),
            None => break,
        }
    }
    names.sort();
    // whoever was never used is there too
    let of = |name: &str| names.iter().find(|(n, ..)| n == name).map(|(_, findings, granted)| (*findings, *granted));
    assert_eq!((of("all"), of("builder"), names.len()), (Some((2, 1)), Some((2, 1)), 3));
}

async fn a_report_alone_keeps_the_policies_known(t: Fresh) {
    let all = ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv"].map(fixture);
    let of = |paths| ImportInput { kind: source::Kind::AwsIam, files: files(paths), name: None, allow_removals: false };
    t.gov.import_apply(&t.operator(), &of(&all)).await.unwrap();
    let (_, before) = reach(&t, "ci-upload").await;
    t.gov.import_apply(&t.operator(), &of(&all[2..])).await.unwrap();
    let (_, after) = reach(&t, "ci-upload").await;
    assert_eq!((after.rights, after.powers, after.becomes), (before.rights, before.powers, before.becomes));
}
