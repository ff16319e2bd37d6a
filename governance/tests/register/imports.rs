//! Reading exports, without a database.
use super::{files, fixture, sample};
use governance::{
    credential,
    entitlement::Privilege,
    identity::{Environment, Kind},
    import::{
        diff::diff,
        parse,
        retain::retain,
        snapshot::{Parsed, Part, Principal, Snapshot},
    },
    source,
};

const AUTHORIZATION: [&str; 2] = ["aws/authorization-1.json", "aws/authorization-2.json"];
const ALL: [&str; 4] =
    ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv", "aws/advisor"];

fn aws(names: &[&str]) -> Parsed {
    let paths: Vec<_> = names.iter().map(|n| fixture(n)).collect();
    parse(source::Kind::AwsIam, &files(&paths)).unwrap().remove(0)
}
fn arn(tail: &str) -> String {
    format!("arn:aws:iam::111122223333:{tail}")
}
fn refusal(source: source::Kind, given: &[(&str, &str)]) -> String {
    let given: Vec<_> = given.iter().map(|(n, t)| ((*n).to_owned(), t.as_bytes().to_vec())).collect();
    parse(source, &given).unwrap_err().to_string()
}
fn rows(p: &Principal) -> Vec<(&str, &str, &str, Privilege, String)> {
    p.entitlements
        .iter()
        .map(|(k, f)| (k.action.as_str(), k.resource.as_str(), k.via.as_str(), f.privilege, f.last_used_words()))
        .collect()
}

#[test]
fn an_account_is_read_from_all_its_files() {
    let got = aws(&ALL);
    assert_eq!(got.scope, "111122223333");
    let names: Vec<_> = got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind)).collect();
    assert_eq!(
        names,
        [("deploy", Kind::Pipeline), ("night-batch", Kind::Workload), ("ci-upload", Kind::ServiceAccount),]
    );
    let aside: Vec<_> =
        got.set_aside.iter().map(|s| (s.principal.rsplit(':').next().unwrap(), s.reason.as_str())).collect();
    assert_eq!(
        aside,
        [
            (
                "role/aws-service-role/support.amazonaws.com/AWSServiceRoleForSupport",
                "a service-linked role: AWS owns it and limits it"
            ),
            ("root", "the root account: it has no active key"),
            ("user/ana", "a person: has a password and no active key"),
        ]
    );
    let problems: Vec<_> = got.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["authorization-2.json: RoleDetailList[3].CreateDate: not a date"]);
    assert!(got.partial.contains(&arn("role/broken")));

    let batch = &got.snapshot.principals[&arn("role/night-batch")];
    assert_eq!(
        rows(batch),
        [
            (
                "iam:PassRole",
                "arn:aws:iam::111122223333:role/night-*",
                "policy Shared",
                Privilege::PermissionsManagement,
                "source does not say".into()
            ),
            ("s3:GetObject", "arn:aws:s3:::reports", "inline policy all-of-sqs", Privilege::Read, "2026-11-20".into()),
            (
                "s3:GetObject",
                "arn:aws:s3:::reports/*",
                "inline policy all-of-sqs",
                Privilege::Read,
                "2026-11-20".into()
            ),
            ("s3:ListBucket", "arn:aws:s3:::reports", "inline policy all-of-sqs", Privilege::List, "2026-11-20".into()),
            (
                "s3:ListBucket",
                "arn:aws:s3:::reports/*",
                "inline policy all-of-sqs",
                Privilege::List,
                "2026-11-20".into()
            ),
            ("sqs:*", "*", "inline policy all-of-sqs", Privilege::Administrative, "never".into()),
        ]
    );
    assert!(batch.entitlements.iter().find(|(k, _)| k.action == "iam:PassRole").unwrap().1.conditional);

    let deploy = &got.snapshot.principals[&arn("role/deploy")];
    assert_eq!(deploy.claim.environment, Some(Environment::Production));
    assert_eq!((deploy.claim.usage_reported, deploy.claim.last_used_at), (true, None));
    let trust = deploy.credentials.values().next().unwrap();
    assert!(trust.trust_wildcard && trust.kind == credential::Kind::Trust);
    assert_eq!(
        rows(deploy),
        [("*", "*", "policy AdministratorAccess", Privilege::Administrative, "source does not say".into())]
    );

    let upload = &got.snapshot.principals[&arn("user/ci-upload")];
    assert_eq!(rows(upload)[0].2, "inline policy put, group uploaders");
    let keys: Vec<_> =
        upload.credentials.iter().map(|(k, c)| (k.as_str(), c.active, c.usage_reported, c.expiry_reported)).collect();
    assert_eq!(keys, [("access key 1", true, true, false), ("access key 2", false, true, false)]);
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let mut given = files(&ALL.map(fixture));
    let once = parse(source::Kind::AwsIam, &given).unwrap();
    given.reverse();
    assert_eq!(parse(source::Kind::AwsIam, &given).unwrap()[0].snapshot, once[0].snapshot);
}

#[test]
fn what_an_import_does_not_speak_of_stays() {
    let full = aws(&ALL).snapshot;
    let known = |names: &[&str]| {
        let parsed = aws(names);
        diff(&full, &retain(&full, &parsed)).len()
    };
    assert_eq!(known(&ALL), 0, "the same again");
    assert_eq!(known(&["aws/credential-report.csv"]), 0, "the report alone");
    // without the report the person Ana looks like a service account again: what is new goes in
    let parsed = aws(&AUTHORIZATION);
    let next = retain(&full, &parsed);
    let new: Vec<_> = next.principals.keys().filter(|k| !full.principals.contains_key(*k)).collect();
    assert_eq!(new, [&arn("user/ana")]);
    for (name, principal) in &full.principals {
        assert_eq!(next.principals[name], *principal, "{name}");
    }
    // and a report that tells so takes her out again
    let later = aws(&["aws/credential-report.csv"]);
    assert!(!retain(&next, &later).principals.contains_key(&arn("user/ana")));
}

#[test]
fn a_role_names_its_instance_profiles_and_no_longer_when_it_has_none() {
    let with = |list: &str| {
        let mut given = files(&ALL.map(fixture));
        for (_, bytes) in &mut given {
            let name = "\"RoleName\": \"night-batch\",";
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replace(name, &format!("{name} \"InstanceProfileList\": {list},")).into_bytes();
        }
        parse(source::Kind::AwsIam, &given).unwrap().remove(0)
    };
    let role = arn("role/night-batch");
    let said = with(r#"[{"InstanceProfileName": "web"}, {"InstanceProfileName": "nodes", "Roles": []}]"#);
    assert_eq!(said.snapshot.principals[&role].claim.notes["instance profile"], "nodes, web");
    let none = retain(&said.snapshot, &with("[]"));
    assert!(!none.principals[&role].claim.notes.contains_key("instance profile"));
    let wrong = with("[{}]");
    let problems: Vec<_> = wrong.problems.iter().map(ToString::to_string).collect();
    assert!(problems.iter().any(|p| p.contains("InstanceProfileList[0]: InstanceProfileName")), "{problems:?}");
    assert_eq!(retain(&said.snapshot, &wrong).principals[&role], said.snapshot.principals[&role]);
}

#[test]
fn what_cannot_be_read_is_not_taken_to_be_gone() {
    let full = aws(&ALL).snapshot;
    let mut given = files(&ALL.map(fixture));
    let cut = |from: &str, to: &str, given: &mut Vec<(String, Vec<u8>)>| {
        for (_, bytes) in given.iter_mut() {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
        }
    };
    cut("\"RoleName\": \"night-batch\"", "\"RoleName\": 7", &mut given);
    let parsed = parse(source::Kind::AwsIam, &given).unwrap().remove(0);
    assert!(!parsed.snapshot.principals.contains_key(&arn("role/night-batch")));
    assert_eq!(diff(&full, &retain(&full, &parsed)), []);
    cut(&format!("\"{}\"", arn("role/night-batch")), "\"?\"", &mut given);
    let parsed = parse(source::Kind::AwsIam, &given).unwrap().remove(0);
    assert!(parsed.unnamed);
    assert!(retain(&full, &parsed).principals.contains_key(&arn("role/night-batch")));
    // a principal that is simply not there is gone
    let parsed =
        aws(&["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv", "aws/advisor"]);
    let mut without = parsed.clone();
    without.snapshot.principals.remove(&arn("role/night-batch"));
    assert!(!retain(&full, &without).principals.contains_key(&arn("role/night-batch")));
}

#[test]
fn a_policy_that_cannot_be_read_takes_nothing_from_its_holders() {
    let full = aws(&ALL).snapshot;
    let check = |from: &str, to: &str, holder: &str| {
        let mut given = files(&ALL.map(fixture));
        for (_, bytes) in &mut given {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
        }
        let parsed = parse(source::Kind::AwsIam, &given).unwrap().remove(0);
        assert!(parsed.problems.len() > 1, "{from}: the export has one of its own");
        assert!(parsed.partial.contains(&arn(holder)), "{from}: {:?}", parsed.partial);
        let kept = &retain(&full, &parsed).principals[&arn(holder)].entitlements;
        let known = &full.principals[&arn(holder)].entitlements;
        assert!(known.keys().all(|key| kept.contains_key(key)), "{from}: {kept:?}");
    };
    check("\"Action\": \"iam:PassRole\"", "\"Action\": 7", "role/night-batch");
    check("\"Arn\": \"arn:aws:iam::111122223333:policy/Shared\"", "\"Arn\": 7", "role/night-batch");
}

#[test]
fn the_advisor_of_one_principal_says_nothing_of_the_others() {
    let full = aws(&ALL).snapshot;
    let mut given = files(&ALL.map(fixture));
    for (name, _) in &mut given {
        *name = name.replace("role%2Fnight-batch", "role%2Fdeploy");
    }
    let parsed = parse(source::Kind::AwsIam, &given).unwrap().remove(0);
    let kept = retain(&full, &parsed).principals;
    let (known, now) = (&full.principals[&arn("role/night-batch")], &kept[&arn("role/night-batch")]);
    assert!(known.entitlements.values().any(|e| e.usage_reported), "{known:?}");
    assert_eq!(now.entitlements, known.entitlements);
    assert!(kept[&arn("role/deploy")].claim.usage_reported);
}

#[test]
fn a_file_that_cannot_be_used_is_one_clear_line() {
    use source::Kind::{AwsIam, McpConfig};
    let check = |source, given: &[(&str, &str)], want: &str| {
        let got = refusal(source, given);
        assert!(got.contains(want) && !got.contains('\n'), "{got}");
    };
    let text = |name: &str| std::fs::read_to_string(fixture(name)).unwrap();
    let first = text("aws/authorization-1.json");
    check(AwsIam, &[("a.json", &first)], "a.json: IsTruncated: more pages follow");
    check(AwsIam, &[("a.json", &first[..first.len() / 2])], "a.json: line");
    check(AwsIam, &[("a.json", &first[..first.len() / 2])], "ends in the middle");
    check(
        AwsIam,
        &[("m.json", &text("mcp/team.json").replace("// an editor keeps comments here", ""))],
        "not valid JSON",
    );
    check(AwsIam, &[("m.json", "{\"mcpServers\": {}}")], "import mcp-config");
    check(McpConfig, &[("a.json", &text("aws/authorization-2.json"))], "not an MCP configuration");
    check(AwsIam, &[("r.csv", "user,arn,x\n1,2,3\n")], "r.csv: line 1: no column password_enabled");
    let other = text("aws/authorization-2.json").replace("111122223333", "999988887777");
    check(AwsIam, &[("a.json", &first), ("b.json", &other)], "several accounts (111122223333, 999988887777)");
    check(AwsIam, &[], "no file given");
}

#[test]
fn a_configuration_gives_up_its_secrets_before_anything_is_kept() {
    let parsed = parse(source::Kind::McpConfig, &files(&[fixture("mcp/team.json")])).unwrap().remove(0);
    let text = serde_json::to_string(&parsed).unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let warehouse = &parsed.snapshot.principals["warehouse"];
    let actions: Vec<_> = warehouse.entitlements.keys().map(|k| (k.action.as_str(), k.resource.as_str())).collect();
    assert_eq!(
        actions,
        [
            ("mcp.start", "warehouse-mcp --dsn postgres://reporter:[redacted]@db.example.com/sales --rows 100"),
            ("mcp.tool", "query"),
        ]
    );
    let exposed: Vec<_> = warehouse.credentials.iter().filter(|(_, c)| c.exposed).map(|(k, _)| k.as_str()).collect();
    assert_eq!(exposed, ["argument dsn", "variable WAREHOUSE_TOKEN"]);
    let tickets = &parsed.snapshot.principals["tickets"].credentials["header Authorization"];
    assert_eq!((tickets.exposed, tickets.storage), (false, Some(credential::Storage::Prompt)));
}

#[test]
fn the_real_exports_of_an_account_go_in() {
    let Some(folder) = sample("aws") else { return };
    let given = files(&[
        folder.join("cloudmapper_demo_authz.json"),
        folder.join("cloudmapper_demo_credential_report.json"),
        folder.join("cloudmapper_service_last_accessed"),
    ]);
    let got = parse(source::Kind::AwsIam, &given).unwrap().remove(0);
    assert_eq!(
        (got.scope.as_str(), got.problems.as_slice(), got.set_aside.as_slice()),
        ("123456789012", [].as_slice(), [].as_slice())
    );
    assert_eq!(
        got.covered.iter().map(|p| p.as_str()).collect::<Vec<_>>(),
        ["authorization-details", "credential-report", "access-advisor"]
    );
    let names: Vec<_> =
        got.snapshot.principals.values().map(|p| (p.claim.name.as_str(), p.claim.kind, p.entitlements.len())).collect();
    assert_eq!(
        names,
        [
            ("bad_role", Kind::ServiceAccount, 42),
            ("exfiller", Kind::Workload, 1),
            ("level3", Kind::Workload, 2),
            ("level1", Kind::Workload, 6),
            ("root@123456789012", Kind::ServiceAccount, 1),
            ("auditor_tmp", Kind::ServiceAccount, 0),
            ("user", Kind::ServiceAccount, 0),
            ("USER", Kind::ServiceAccount, 41),
            ("USER_WITH_BAD_INLINE_POLICY", Kind::ServiceAccount, 41),
        ]
    );
    let open = &got.snapshot.principals["arn:aws:iam::123456789012:role/bad_role"].credentials["trust principal *"];
    assert!(open.trust_wildcard);
    assert_eq!(
        got.snapshot.principals["arn:aws:iam::123456789012:role/level3"].claim.last_used_at.unwrap().to_string(),
        "2019-04-15T04:19:00.000000Z"
    );
}

#[test]
fn the_real_configurations_go_in() {
    let Some(folder) = sample("mcp") else { return };
    let given = files(&[folder.join("prowler_mcp.json"), folder.join("vscode_mcp.json")]);
    let got = parse(source::Kind::McpConfig, &given).unwrap();
    let servers: Vec<_> =
        got.iter().map(|p| (p.scope.as_str(), p.snapshot.principals.keys().next().unwrap().as_str())).collect();
    assert_eq!(servers, [("prowler_mcp.json", "prowler"), ("vscode_mcp.json", "vscode-playwright-mcp")]);
    let token = &got[0].snapshot.principals["prowler"].credentials["header Authorization"];
    assert_eq!((token.exposed, token.storage), (false, None));
    assert_eq!(got[1].snapshot, Snapshot { principals: got[1].snapshot.principals.clone() });
    assert!(got.iter().all(|p| p.problems.is_empty() && p.covered.contains(&Part::Config)));
}
