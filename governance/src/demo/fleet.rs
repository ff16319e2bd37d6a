//! What the company's sources show: an AWS account and two MCP configurations, in the shapes those write, made from tables.
use crate::time::Timestamp;
use chrono::TimeDelta;
use rand::{Rng as _, rngs::StdRng};
use serde_json::{Value, json};

const ACCOUNT: &str = "480021337799";
const TEAMS: [&str; 8] = ["shop", "billing", "search", "support", "warehouse", "mobile", "data", "platform"];
/// A part of a team's software, who may start it, and what it may do.
const PARTS: [(&str, &str, &[&str]); 14] = [
    ("api", "ecs-tasks.amazonaws.com", &["dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage"]),
    ("worker", "ecs-tasks.amazonaws.com", &["sqs:ReceiveMessage", "sqs:DeleteMessage", "s3:GetObject"]),
    ("cron", "lambda.amazonaws.com", &["s3:PutObject", "logs:PutLogEvents"]),
    ("report", "lambda.amazonaws.com", &["s3:GetObject", "s3:ListBucket", "athena:StartQueryExecution"]),
    ("mailer", "lambda.amazonaws.com", &["ses:SendEmail"]),
    ("ingest", "glue.amazonaws.com", &["s3:GetObject", "s3:PutObject", "glue:StartJobRun"]),
    ("build", "codebuild.amazonaws.com", &["ecr:PutImage", "s3:PutObject"]),
    ("deploy", "codepipeline.amazonaws.com", &["ecs:UpdateService", "iam:PassRole"]),
    ("backup", "backup.amazonaws.com", &["rds:CreateDBSnapshot", "s3:PutObject"]),
    ("agent", "bedrock.amazonaws.com", &["bedrock:InvokeModel", "s3:GetObject"]),
    ("cache", "ec2.amazonaws.com", &["elasticache:DescribeCacheClusters"]),
    ("audit", "lambda.amazonaws.com", &["cloudtrail:LookupEvents", "logs:FilterLogEvents"]),
    ("migrate", "ec2.amazonaws.com", &["*"]),
    ("bastion", "ec2.amazonaws.com", &["ssm:StartSession", "iam:*"]),
];
const ENVIRONMENTS: [(&str, &str); 3] = [("prod", "production"), ("stage", "staging"), ("test", "test")];
const SERVERS: [&str; 12] = [
    "tickets",
    "wiki",
    "warehouse",
    "calendar",
    "repository",
    "browser",
    "search",
    "metrics",
    "files",
    "payments",
    "people",
    "slides",
];

/// The files of the AWS account, as they were exported at `at`.
pub fn aws(rng: &mut StdRng, at: Timestamp) -> Vec<(String, Vec<u8>)> {
    let (mut roles, mut advice) = (Vec::new(), Vec::new());
    for team in TEAMS {
        for (part, service, actions) in PARTS {
            for (short, environment) in ENVIRONMENTS {
                // what moves money is not run in test, what migrates is made where it is needed
                if rng.random_range(0..100) < 4 {
                    continue;
                }
                let name = format!("{team}-{part}-{short}");
                let (role, used) = role(rng, at, &name, service, actions, environment);
                advice.extend(advisor(rng, at, &name, actions, used));
                roles.push(role);
            }
        }
    }
    let users: Vec<_> =
        TEAMS.iter().flat_map(|team| ["ci", "upload", "legacy"].map(|use_| format!("{team}-{use_}"))).collect();
    let details = json!({
        "IsTruncated": false, "GroupDetailList": [], "Policies": [],
        "UserDetailList": users.iter().map(|name| user(rng, at, name)).collect::<Vec<_>>(), "RoleDetailList": roles,
    });
    let mut files = vec![
        ("authorization-details.json".into(), details.to_string().into_bytes()),
        ("credential-report.csv".into(), report(rng, at, &users).into_bytes()),
    ];
    files.extend(advice);
    files
}

fn ago(at: Timestamp, days: i64) -> String {
    (at - TimeDelta::days(days)).datetime().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

fn inline(name: &str, actions: &[&str]) -> Value {
    let resource =
        if actions.contains(&"*") { "*".to_owned() } else { format!("arn:aws:*:eu-central-1:{ACCOUNT}:{name}*") };
    json!([{ "PolicyName": "access", "PolicyDocument": { "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resource }] } }])
}

/// What the account says is used of what a role may do: whose job it was, and the job's answer.
fn advisor(rng: &mut StdRng, at: Timestamp, name: &str, actions: &[&str], used: Option<i64>) -> [(String, Vec<u8>); 2] {
    let job = format!("{:08x}-0000-4000-8000-{:012x}", rng.random::<u32>(), rng.random::<u32>());
    let mut spaces: Vec<&str> = actions.iter().filter_map(|a| a.split_once(':')).map(|(space, _)| space).collect();
    spaces.sort_unstable();
    spaces.dedup();
    let services: Vec<_> = spaces
        .into_iter()
        .map(|space| {
            let mut it = json!({ "ServiceName": space, "ServiceNamespace": space, "TotalAuthenticatedEntities": 0 });
            // a role in use need not use all it has
            if let Some(days) = used.filter(|_| rng.random_range(0..3) > 0) {
                it["LastAuthenticated"] = ago(at, days).into();
            }
            it
        })
        .collect();
    let answer = json!({ "JobStatus": "COMPLETED", "JobCreationDate": ago(at, 0), "JobCompletionDate": ago(at, 0), "ServicesLastAccessed": services });
    let whose = arn("role", name).replace(':', "%3A").replace('/', "%2F");
    [
        (format!("job_{whose}.json"), json!({ "JobId": job }).to_string().into_bytes()),
        (format!("{job}.json"), answer.to_string().into_bytes()),
    ]
}

/// A role, and how many days ago it was last used.
fn role(
    rng: &mut StdRng,
    at: Timestamp,
    name: &str,
    service: &str,
    actions: &[&str],
    environment: &str,
) -> (Value, Option<i64>) {
    let made = rng.random_range(60..1_400);
    let mut it = json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{:016X}", rng.random::<u64>()), "Arn": arn("role", name),
        "CreateDate": ago(at, made), "AttachedManagedPolicies": [], "RolePolicyList": inline(name, actions),
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": service } }] },
        "Tags": [{ "Key": "Environment", "Value": environment }],
    });
    // most are in use, some have not been for months, some never were
    let used = match rng.random_range(0..10) {
        0..7 => Some(rng.random_range(0..20)),
        7..9 => Some(rng.random_range(91..made.max(92))),
        _ => None,
    };
    it["RoleLastUsed"] =
        used.map_or(json!({}), |days| json!({ "LastUsedDate": ago(at, days), "Region": "eu-central-1" }));
    (it, used)
}

fn user(rng: &mut StdRng, at: Timestamp, name: &str) -> Value {
    json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDA{:016X}", rng.random::<u64>()), "Arn": arn("user", name),
        "CreateDate": ago(at, rng.random_range(200..1_500)), "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": inline(name, &["s3:PutObject", "s3:GetObject"]), "Tags": [{ "Key": "Environment", "Value": "production" }],
    })
}

const HEAD: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

fn report(rng: &mut StdRng, at: Timestamp, users: &[String]) -> String {
    let mut csv = format!("{HEAD}\n");
    for name in users {
        let (made, used) = (rng.random_range(20..900), rng.random_range(0..140));
        let (made, used) = (ago(at, made.max(used)), ago(at, used));
        csv += &format!(
            "{name},{},{},false,N/A,N/A,N/A,false,true,{made},{used},eu-central-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n",
            arn("user", name),
            ago(at, 1_500),
        );
    }
    csv
}

/// Two configurations of MCP clients; one holds a token it should not.
pub fn mcp() -> [(&'static str, Vec<u8>); 2] {
    let server = |client: &str, name: &str| {
        (
            format!("{client}-{name}"),
            json!({ "type": "http", "url": format!("https://{name}.northwind.example/mcp"), "headers": { "Authorization": "Bearer ${input:key}" } }),
        )
    };
    let config = |client: &str| {
        let mut servers: serde_json::Map<String, Value> = SERVERS.iter().map(|name| server(client, name)).collect();
        if client == "desktop" {
            servers.insert(
                "desktop-reports".into(),
                json!({ "command": "reports-mcp", "args": ["--rows", "100"], "env": { "REPORTS_TOKEN": "demo-token-in-the-open-9f3a71" } }),
            );
        }
        json!({ "servers": servers }).to_string().into_bytes()
    };
    [("desktop clients", config("desktop")), ("build agents", config("build"))]
}

/// Who answers for what of the account: most of it.
pub fn owners(names: &[(String, bool)]) -> String {
    let mut csv = "name,owner,backup\n".to_owned();
    for (name, production) in names {
        let (owner, backup) = match name.split('-').next() {
            Some("shop" | "billing" | "support") => ("lena.fischer", "sam.okafor"),
            Some("search" | "warehouse" | "mobile") => ("sam.okafor", "lena.fischer"),
            Some("data") => ("theo.blanc", "sam.okafor"),
            // the platform's are nobody's yet, and so are the tools
            _ => continue,
        };
        let backup = if *production { format!("{backup}@northwind.example") } else { String::new() };
        csv += &format!("{name},{owner}@northwind.example,{backup}\n");
    }
    csv
}
