//! AWS CloudTrail: one record a call. Management events alone are logged unless a trail is told otherwise.
use super::{ANY, Act, Event, Who, date};
use crate::entitlement::Key;
use crate::identity::Kind;
use crate::import::aws_iam::values;
use crate::import::read::At;
use crate::import::snapshot::Problem;
use crate::privilege::aws::{pattern, policy};
use crate::time::Timestamp;

/// Reads one record.
pub fn event(at: &At<'_>) -> Result<Event, Problem> {
    let when = date(at, "eventTime")?;
    let (source, name) = (at.need("eventSource")?, at.need("eventName")?);
    let Some(user) = at.get("userIdentity")? else { return Ok(aside(when, "AWS", OF_AWS)) };
    let principal = match principal(&user)? {
        Ok(arn) => arn,
        Err((who, reason)) => return Ok(aside(when, who, reason)),
    };
    if principal.contains(":role/aws-service-role/") {
        return Ok(aside(when, principal, "a service-linked role: AWS owns it and limits it"));
    }
    if principal.contains(":role/aws-reserved/sso.amazonaws.com/") {
        return Ok(aside(when, principal, "a role of people: those who sign in by IAM Identity Center act as it"));
    }
    let mut act = Act { principal: principal.to_owned(), by_person: by_person(at, &user, source)?, ..Act::default() };
    // a refused call was no use, and of one that failed otherwise it cannot be told whether it was allowed
    if at.text("errorCode")?.is_none_or(str::is_empty) {
        let mut resources = vec![];
        for item in at.list("resources")? {
            resources.extend(item.text("ARN")?);
        }
        if resources.is_empty() {
            resources.push("");
        }
        for action in actions(source, name) {
            act.uses.extend(resources.iter().map(|resource| (action.clone(), (*resource).to_owned())));
        }
    }
    Ok(Event { at: when, who: Who::Principal(act) })
}

const OF_AWS: &str = "a service of AWS";
/// The scope of an inventory whose ARNs name no account.
const NO_ACCOUNT: &str = "aws";

fn aside(at: Timestamp, who: &str, reason: &'static str) -> Event {
    Event { at, who: Who::Aside(who.to_owned(), reason) }
}

/// The user, role or root account that called, or who it was instead and why that is none.
fn principal<'a>(user: &At<'a>) -> Result<Result<&'a str, (&'a str, &'static str)>, Problem> {
    let sort = user.text("type")?.unwrap_or_default();
    let arn = match sort {
        "IAMUser" | "Root" => user.need("arn")?,
        // temporary credentials: of the role, or of the user that asked for them
        "AssumedRole" | "Role" | "FederatedUser" => {
            let issuer = user.get("sessionContext")?.map(|c| c.get("sessionIssuer")).transpose()?.flatten();
            match issuer.map(|i| i.text("arn")).transpose()?.flatten() {
                Some(arn) => arn,
                None => return Ok(Err((sort, "a session of which the log does not say whose it is"))),
            }
        }
        "AWSAccount" => return Ok(Err((user.text("accountId")?.unwrap_or(sort), "another account of AWS"))),
        "AWSService" => return Ok(Err((user.text("invokedBy")?.unwrap_or("AWS"), OF_AWS))),
        "SAMLUser" | "IdentityCenterUser" | "Directory" => {
            return Ok(Err((sort, "a person of another directory: what they do next is shown as their role's")));
        }
        "WebIdentityUser" => return Ok(Err((sort, "signs in from outside: what it does next is shown as its role's"))),
        "" if user.text("invokedBy")?.is_some() => return Ok(Err(("AWS", OF_AWS))),
        _ => return Ok(Err(("unknown", "the log does not say who it was"))),
    };
    match values::is_principal_arn(arn) {
        true => Ok(Ok(arn)),
        false => Err(user.problem("its arn is not the ARN of a user, a role or the root account")),
    }
}

/// Whether a person was signed in: at the console, or with a second factor.
fn by_person(at: &At<'_>, user: &At<'_>, source: &str) -> Result<bool, Problem> {
    let yes = |at: Option<At<'_>>| at.is_some_and(|v| v.value == "true" || v.value == true);
    let attributes = user.get("sessionContext")?.map(|c| c.get("attributes")).transpose()?.flatten();
    let second = attributes.map(|a| a.get("mfaAuthenticated")).transpose()?.flatten();
    Ok(source.starts_with("signin.") || yes(at.get("sessionCredentialFromConsole")?) || yes(second))
}

/// The actions, as policies write them, that allow a call. One that is not known here is shown under its own name: then no
/// entitlement is dated by it, and none is called unused for that.
fn actions(source: &str, name: &str) -> Vec<String> {
    let service = source.split(".amazonaws.").next().unwrap_or(source);
    let prefix = match service {
        "monitoring" => "cloudwatch",
        "email" => "ses",
        "tagging" => "tag",
        "signin" => return vec![],
        other => other,
    };
    let name = match prefix {
        "lambda" | "cloudfront" => undated(name),
        _ => name,
    };
    let known: &[&str] = match (prefix, name) {
        ("lambda", "Invoke") => &["InvokeFunction"],
        ("s3", "ListBuckets") => &["ListAllMyBuckets"],
        ("s3", "HeadBucket" | "ListObjects" | "ListObjectsV2") => &["ListBucket"],
        ("s3", "ListObjectVersions") => &["ListBucketVersions"],
        ("s3", "HeadObject") => &["GetObject"],
        (
            "s3",
            "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "UploadPartCopy" | "CompleteMultipartUpload",
        ) => &["PutObject"],
        ("s3", "DeleteObjects") => &["DeleteObject"],
        ("s3", "GetBucketEncryption") => &["GetEncryptionConfiguration"],
        ("s3", "PutBucketEncryption" | "DeleteBucketEncryption") => &["PutEncryptionConfiguration"],
        ("s3", "GetBucketLifecycle" | "GetBucketLifecycleConfiguration") => &["GetLifecycleConfiguration"],
        ("s3", "PutBucketLifecycle" | "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle") => {
            &["PutLifecycleConfiguration"]
        }
        ("s3", "GetBucketReplication") => &["GetReplicationConfiguration"],
        ("s3", "PutBucketReplication" | "DeleteBucketReplication") => &["PutReplicationConfiguration"],
        ("s3", "GetPublicAccessBlock") => &["GetBucketPublicAccessBlock"],
        ("s3", "PutPublicAccessBlock" | "DeletePublicAccessBlock") => &["PutBucketPublicAccessBlock"],
        _ => return vec![format!("{prefix}:{name}")],
    };
    known.iter().map(|name| format!("{prefix}:{name}")).collect()
}

/// A name without the version of the interface at its end: `CreateFunction20150331v2`, `CreateDistribution2020_05_31`.
fn undated(name: &str) -> &str {
    let begin = name.rfind(|c: char| !(c.is_ascii_digit() || c == '_' || c == 'v')).map_or(0, |i| i + 1);
    match name.get(begin..).is_some_and(|tail| tail.bytes().filter(u8::is_ascii_digit).count() >= 8) {
        true => &name[..begin],
        false => name,
    }
}

/// Whether an entitlement allows an action on a resource, whose names are in lower case where they are actions.
pub fn covers(key: &Key, action: &str, resource: &str) -> bool {
    let fits = |written: &str, what: &str| match written.strip_prefix("* except ") {
        Some(but) => !but.split(", ").any(|but| pattern::covers(but, what)),
        None => pattern::covers(written, what),
    };
    fits(&key.action.to_ascii_lowercase(), action)
        && (resource.is_empty() || resource == ANY || fits(&policy::without_variables(&key.resource), resource))
}

/// What a principal nobody knew is called. Until an inventory says who may act as it, it is a service account.
pub fn named(arn: &str) -> (Kind, String) {
    let name = match arn.ends_with(":root") {
        true => format!("root@{}", values::account(arn).unwrap_or("aws")),
        false => arn.rsplit('/').next().unwrap_or(arn).to_owned(),
    };
    (Kind::ServiceAccount, name)
}

/// A principal of another account acts here: its own account's inventory shows it.
pub fn foreign(scope: &str, arn: &str) -> Option<&'static str> {
    let other = scope != NO_ACCOUNT && values::account(arn).is_some_and(|account| account != scope);
    other.then_some("of another account")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn call(user: &Value, more: &Value) -> String {
        let mut record = json!({"eventTime": "2026-11-20T10:00:00Z", "eventSource": "s3.amazonaws.com",
            "eventName": "GetBucketAcl", "userIdentity": user});
        record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match event(&At::top("f", &record)) {
            Ok(Event { who: Who::Aside(who, reason), .. }) => format!("aside {who}: {reason}"),
            Ok(Event { who: Who::Principal(act), .. }) => {
                let uses: Vec<_> = act.uses.iter().map(|(a, r)| format!("{a} {r}").trim().to_owned()).collect();
                let person = if act.by_person { " (person)" } else { "" };
                format!("{}{person} {}", act.principal, uses.join(", "))
            }
            Err(problem) => problem.to_string(),
        }
    }
    const ROLE: &str = "arn:aws:iam::123456789012:role/ci/deploy";

    fn of_role(more: &Value) -> String {
        let user = json!({"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/deploy/s",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}, "attributes": {"mfaAuthenticated": "false"}}});
        call(&user, more)
    }

    #[test]
    fn who_called_is_a_principal_or_set_aside() {
        assert_eq!(of_role(&json!({})), format!("{ROLE} s3:GetBucketAcl"));
        let check = |user: Value, want: &str| assert_eq!(call(&user, &json!({})), want, "{user}");
        let user = "arn:aws:iam::123456789012:user/bot";
        check(json!({"type": "IAMUser", "arn": user}), &format!("{user} s3:GetBucketAcl"));
        check(
            json!({"type": "IAMUser", "arn": user, "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}}),
            &format!("{user} (person) s3:GetBucketAcl"),
        );
        let root = "arn:aws:iam::123456789012:root";
        check(json!({"type": "Root", "arn": root}), &format!("{root} s3:GetBucketAcl"));
        check(
            json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
            "aside ec2.amazonaws.com: a service of AWS",
        );
        check(json!({"invokedBy": "AWS Internal"}), "aside AWS: a service of AWS");
        check(json!({"type": "AWSAccount", "accountId": "2"}), "aside 2: another account of AWS");
        check(json!({"type": "AssumedRole"}), "aside AssumedRole: a session of which the log does not say whose it is");
        check(json!({"type": "Unknown"}), "aside unknown: the log does not say who it was");
        check(json!({"type": "IAMUser"}), "f: userIdentity: arn is missing");
        check(
            json!({"type": "IAMUser", "arn": "secret"}),
            "f: userIdentity: its arn is not the ARN of a user, a role or the root account",
        );
    }

    #[test]
    fn a_refused_call_is_no_use() {
        assert_eq!(of_role(&json!({"errorCode": "AccessDenied"})), format!("{ROLE} "));
    }

    #[test]
    fn calls_have_the_names_that_policies_use() {
        let check =
            |source: &str, name: &str, want: &[&str]| assert_eq!(actions(source, name), want, "{source} {name}");
        check("monitoring.amazonaws.com", "PutMetricData", &["cloudwatch:PutMetricData"]);
        check("email.amazonaws.com", "SendEmail", &["ses:SendEmail"]);
        check("tagging.amazonaws.com", "GetResources", &["tag:GetResources"]);
        check("s3.amazonaws.com.cn", "ListBuckets", &["s3:ListAllMyBuckets"]);
        check("lambda.amazonaws.com", "Invoke", &["lambda:InvokeFunction"]);
        check("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", &["lambda:UpdateFunctionCode"]);
        check("cloudfront.amazonaws.com", "CreateDistribution2020_05_31", &["cloudfront:CreateDistribution"]);
        check("lambda.amazonaws.com", "GetPolicyV2", &["lambda:GetPolicyV2"]);
        check("signin.amazonaws.com", "ConsoleLogin", &[]);
    }

    #[test]
    fn an_entitlement_covers_what_its_patterns_say() {
        let check = |action: &str, resource: &str, on: &str, want: bool| {
            let key = Key { action: action.into(), resource: resource.into(), via: String::new() };
            assert_eq!(covers(&key, "s3:getbucketacl", on), want, "{action} {resource} on {on}");
        };
        check("s3:Get*", "*", "", true);
        check("S3:getbucketACL", "*", "", true);
        check("s3:Put*", "*", "", false);
        check("*", "arn:aws:s3:::a", "arn:aws:s3:::a", true);
        check("*", "arn:aws:s3:::a", "arn:aws:s3:::b", false);
        check("*", "arn:aws:s3:::a", ANY, true);
        check("*", "arn:aws:s3:::home-${aws:username}-x", "arn:aws:s3:::home-bot-x", true);
        check("* except iam:*, organizations:*", "*", "", true);
        check("* except s3:*", "*", "", false);
        check("not in the export", "*", "", false);
    }
}
