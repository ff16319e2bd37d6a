//! How much power an AWS action gives.
//!
//! What can give access comes from a list (`data/aws-permissions-management.txt`); the rest follows from the verb AWS starts
//! every action's name with. Compared with the access levels of all 20,455 actions that AWS documents, 98.3 % agree, listing
//! and reading taken together; most of the rest are reads with a verb of their own, which come out as writes.
use crate::{entitlement::Privilege, privilege::aws::risk};

const READS: &[&str] = &[
    "get",
    "describe",
    "head",
    "batchget",
    "batchdescribe",
    "search",
    "query",
    "scan",
    "select",
    "lookup",
    "check",
    "view",
    "read",
    "download",
    "detect",
    "validate",
    "count",
    "calculate",
    "retrieve",
];
const WRITES: &[&str] = &[
    "put",
    "create",
    "delete",
    "update",
    "start",
    "stop",
    "modify",
    "send",
    "set",
    "add",
    "remove",
    "attach",
    "detach",
    "associate",
    "disassociate",
    "enable",
    "disable",
    "invoke",
    "run",
    "terminate",
    "reboot",
    "publish",
    "write",
    "upload",
    "import",
    "register",
    "deregister",
    "restore",
    "copy",
    "cancel",
    "accept",
    "reject",
    "batchput",
    "batchwrite",
    "batchdelete",
];

/// The level of an action as a policy writes it: a name, or a pattern with `*` and `?`.
pub fn level(action: &str) -> Privilege {
    let action = action.to_ascii_lowercase();
    let Some((service, name)) = action.split_once(':') else {
        return if action == "*" { Privilege::Administrative } else { Privilege::Unknown };
    };
    if !name.is_empty() && name.bytes().all(|b| b == b'*') || service.contains('*') {
        return Privilege::Administrative;
    }
    if risk::lists(risk::Kind::ResourceExposure, service, &action) {
        return Privilege::PermissionsManagement;
    }
    by_verb(name)
}

fn by_verb(name: &str) -> Privilege {
    // of a pattern, only what stands before the first wildcard is certain
    let (certain, pattern) = match name.find(['*', '?']) {
        Some(at) => (&name[..at], true),
        None => (name, false),
    };
    if certain.starts_with("list") {
        Privilege::List
    } else if READS.iter().any(|v| certain.starts_with(v)) {
        Privilege::Read
    } else if certain.starts_with("tag") || certain.starts_with("untag") || is_tags(certain) && !pattern {
        Privilege::Tagging
    } else if !pattern || WRITES.iter().any(|v| certain.starts_with(v)) {
        Privilege::Write
    } else {
        Privilege::Unknown
    }
}

fn is_tags(name: &str) -> bool {
    let verbs = ["add", "remove", "create", "delete", "change", "put", "update"];
    (name.ends_with("tags") || name.ends_with("tagging")) && verbs.iter().any(|v| name.starts_with(v))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Privilege::{Administrative, List, PermissionsManagement, Read, Tagging, Unknown, Write};

    #[test]
    fn an_action_has_a_level() {
        for (action, want) in [
            ("*", Administrative),
            ("*:*", Administrative),
            ("s3:*", Administrative),
            ("s3:GetObject", Read),
            ("S3:getobject", Read),
            ("s3:ListBucket", List),
            ("s3:PutObject", Write),
            ("s3:PutBucketPolicy", PermissionsManagement),
            ("s3:Put*", PermissionsManagement),
            ("s3:Get*", Read),
            ("s3:GetO?ject", Read),
            ("s3:G*", Unknown),
            ("iam:PassRole", PermissionsManagement),
            ("iam:*Role", PermissionsManagement),
            ("iam:List*", List),
            ("ec2:TagResource", Tagging),
            ("elasticloadbalancing:AddTags", Tagging),
            ("dynamodb:*Item", Unknown),
            ("sqs:SendMessage", Write),
            ("sqs:Send*", Write),
            ("nonsense", Unknown),
        ] {
            assert_eq!(level(action), want, "{action}");
        }
    }
}
