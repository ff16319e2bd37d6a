//! The narrower policy: what nobody used is taken out of a policy document, in its platform's own language.
//!
//! Only what the source reports to be unused for the whole window goes; what it does not speak of stays and is counted. Denials
//! and conditions stay as they are, so the result never gives more than before.
use super::idle::Idle;
use crate::entitlement::Use;
use crate::time::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// What to do with one policy of an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    pub via: String,
    /// What the source calls the policy; `None` for one written into the identity.
    pub policy: Option<String>,
    pub before: Value,
    /// `None`: nothing of it was used, so it can go whole.
    pub after: Option<Value>,
    pub dropped: Vec<Dropped>,
    /// What its patterns still took in though it is unused: denied beside them.
    pub denied: Vec<Dropped>,
    /// Actions that stay because they were used, and because the source does not say.
    pub kept_used: usize,
    pub kept_unknown: usize,
}

/// One action that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    pub action: String,
    /// `None`: never, as far back as the source looks.
    pub last_used_at: Option<Timestamp>,
}

/// Narrows a document; `None` where nothing of it is known to be unused.
///
/// `usage` tells of an action and a resource, as the document writes them; `idle` of what its patterns take in.
pub fn propose(
    (via, policy): (&str, Option<&str>),
    document: &Value,
    usage: impl Fn(&str, &str) -> Use,
    idle: &Idle,
) -> Option<Proposal> {
    let mut proposal = Proposal {
        via: via.into(),
        policy: policy.map(str::to_owned),
        before: document.clone(),
        after: None,
        dropped: vec![],
        denied: vec![],
        kept_used: 0,
        kept_unknown: 0,
    };
    let statements: Vec<&Value> = match document.get("Statement")? {
        Value::Array(all) => all.iter().collect(),
        one => vec![one],
    };
    let mut left = vec![];
    let mut allows = 0_usize;
    for statement in statements {
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            left.push(statement.clone());
        } else if let Some(kept) = narrowed(statement, &usage, &mut proposal) {
            allows += 1;
            left.push(kept);
        }
    }
    if allows > 0 {
        let mut after = document.clone();
        after["Statement"] = Value::Array(left);
        proposal.denied = idle.deny(&mut after);
        proposal.after = Some(after);
    }
    (!proposal.dropped.is_empty() || !proposal.denied.is_empty()).then_some(proposal)
}

fn narrowed(statement: &Value, usage: &impl Fn(&str, &str) -> Use, proposal: &mut Proposal) -> Option<Value> {
    let resources = words(statement, "Resource", "NotResource");
    let of = |action: &str| resources.iter().map(|r| usage(action, r)).max().unwrap_or(Use::Unknown);
    let mut kept = vec![];
    for action in words(statement, "Action", "NotAction") {
        match of(&action) {
            Use::Unused(last_used_at) => {
                proposal.dropped.push(Dropped { action, last_used_at });
                continue;
            }
            Use::Unknown => proposal.kept_unknown += 1,
            Use::Used(_) => proposal.kept_used += 1,
        }
        kept.push(Value::String(action));
    }
    if kept.is_empty() {
        return None;
    }
    let mut statement = statement.clone();
    if let Some(actions @ Value::Array(_)) = statement.get_mut("Action") {
        *actions = Value::Array(kept);
    }
    Some(statement)
}

/// As an entitlement of the statement is worded: each value, or all but some as one.
pub(super) fn words(statement: &Value, key: &str, not: &str) -> Vec<String> {
    let texts = |value: &Value| match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => vec![],
    };
    match (statement.get(key), statement.get(not)) {
        (Some(value), _) => texts(value),
        (None, Some(but)) => vec![format!("* except {}", texts(but).join(", "))],
        (None, None) => vec![],
    }
}

/// What the narrower document of the proposal in this place is called in a file.
#[must_use]
pub fn file_name(at: usize) -> String {
    format!("right-sized-{}.json", at + 1)
}

/// The commands of AWS's own client that put it into force, for a pipeline or a person; `file` names the narrower document.
#[must_use]
pub fn aws_commands(principal: &str, proposal: &Proposal, file: &str) -> Vec<String> {
    let name = quoted(principal.rsplit('/').next().unwrap_or(principal));
    let who = if principal.contains(":user/") { "user" } else { "role" };
    let (policy, group) = match proposal.via.split_once(", group ") {
        Some((policy, group)) => (policy, Some(group)),
        None => (proposal.via.as_str(), None),
    };
    let inline = policy.strip_prefix("inline policy ");
    let called = inline.or_else(|| policy.strip_prefix("policy ")).unwrap_or(policy);
    let mut commands = vec![];
    if proposal.after.is_some() {
        let own = if inline.is_some() && group.is_none() { called.to_owned() } else { format!("{called}-right-sized") };
        let own = quoted(&own);
        commands.push(format!(
            "aws iam put-{who}-policy --{who}-name {name} --policy-name {own} --policy-document file://{file}"
        ));
    }
    match (group, inline, &proposal.policy) {
        // what a group gives it leaves with the group, after all of the group's policies have a place of their own
        (Some(group), ..) => {
            commands.push(format!("aws iam remove-user-from-group --user-name {name} --group-name {}", quoted(group)));
        }
        (None, Some(_), _) if proposal.after.is_some() => {}
        (None, Some(inline), _) => {
            let inline = quoted(inline);
            commands.push(format!("aws iam delete-{who}-policy --{who}-name {name} --policy-name {inline}"));
        }
        (None, None, Some(arn)) => {
            let arn = quoted(arn);
            commands.push(format!("aws iam detach-{who}-policy --{who}-name {name} --policy-arn {arn}"));
        }
        (None, None, None) => {}
    }
    commands
}

/// For a shell: as it is, or in single quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }
    fn usage(action: &str, _: &str) -> Use {
        match action.split(':').next() {
            Some("s3") => Use::Used(at(5)),
            Some("sqs") => Use::Unused(None),
            Some("ec2") => Use::Unused(Some(at(1))),
            _ => Use::Unknown,
        }
    }

    #[test]
    fn only_what_is_known_to_be_unused_goes() {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "a", "Effect": "Allow", "Action": ["s3:GetObject", "sqs:SendMessage", "kms:Decrypt"], "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
            {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
        ]});
        let got = propose(("policy p", None), &document, usage, &Idle::default()).unwrap();
        assert_eq!(
            got.after,
            Some(json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "a", "Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": "*",
                 "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
                {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
            ]}))
        );
        let dropped: Vec<_> = got.dropped.iter().map(|d| (d.action.as_str(), d.last_used_at)).collect();
        assert_eq!(dropped, [("sqs:SendMessage", None), ("ec2:*", Some(at(1)))]);
        assert_eq!((got.kept_used, got.kept_unknown), (1, 1));
    }

    #[test]
    fn a_policy_of_which_nothing_was_used_goes_whole_and_one_without_news_stays() {
        let of = |action: &str| json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}});
        assert_eq!(propose(("policy p", None), &of("sqs:*"), usage, &Idle::default()).unwrap().after, None);
        assert_eq!(propose(("policy p", None), &of("kms:*"), usage, &Idle::default()), None);
        assert_eq!(propose(("policy p", None), &of("s3:*"), usage, &Idle::default()), None);
        let not = json!({"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}});
        assert_eq!(propose(("policy p", None), &not, usage, &Idle::default()), None);
    }

    #[test]
    fn use_of_one_resource_keeps_the_action() {
        let document = json!({"Statement": {"Effect": "Allow", "Action": ["a:b", "a:c"], "Resource": ["x", "y"]}});
        let usage = |action: &str, on: &str| match (action, on) {
            ("a:b", "y") => Use::Used(at(3)),
            _ => Use::Unused(None),
        };
        let after = propose(("policy p", None), &document, usage, &Idle::default()).unwrap().after.unwrap();
        assert_eq!(after["Statement"][0]["Action"], json!(["a:b"]));
    }

    #[test]
    fn the_commands_fit_how_it_is_held() {
        let check = |via: &str, policy: Option<&str>, after: bool, want: &[&str]| {
            let document = json!({"Statement": {"Effect": "Allow", "Action": ["sqs:a", "s3:b"], "Resource": "*"}});
            let mut proposal = propose((via, policy), &document, usage, &Idle::default()).unwrap();
            if !after {
                proposal.after = None;
            }
            assert_eq!(aws_commands("arn:aws:iam::1:role/path/r", &proposal, "1.json"), want, "{via}");
        };
        let put = "aws iam put-role-policy --role-name r --policy-name";
        check("inline policy p", None, true, &[&format!("{put} p --policy-document file://1.json")]);
        check("inline policy p", None, false, &["aws iam delete-role-policy --role-name r --policy-name p"]);
        let detach = "aws iam detach-role-policy --role-name r --policy-arn arn:aws:iam::1:policy/p";
        let own = format!("{put} p-right-sized --policy-document file://1.json");
        check("policy p", Some("arn:aws:iam::1:policy/p"), true, &[&own, detach]);
        check("policy p", Some("arn:aws:iam::1:policy/p"), false, &[detach]);
        check(
            "inline policy it's",
            None,
            false,
            &[r"aws iam delete-role-policy --role-name r --policy-name 'it'\''s'"],
        );
    }
}
