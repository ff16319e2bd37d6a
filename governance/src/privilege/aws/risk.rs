//! What an identity could do to others with its rights, by the risks that public research names: beside how much power a right has,
//! what comes of it in wrong hands.
//!
//! Which actions those are comes from lists of AWS's own documentation (`data/aws-risks.txt`, `data/aws-permissions-management.txt`).
//! A right on named resources, under a condition or less what something denies is *limited*, and is kept apart.
use super::{Held, Match, escalation, pattern::covers};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const LISTS: &str = include_str!("../../../data/aws-risks.txt");
const PERMISSIONS: &str = include_str!("../../../data/aws-permissions-management.txt");

/// What is at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It can give itself more: one of the published ways ([`escalation`]).
    PrivilegeEscalation,
    /// What is stored can be read and carried away.
    DataExfiltration,
    /// What is kept from others can be opened to them: policies of resources, sharing, access of others.
    ResourceExposure,
    /// It is answered with a credential, or makes one.
    CredentialExposure,
}

impl Kind {
    /// Those that follow from single actions, in the order in which they are shown.
    pub const OF_ACTIONS: [Self; 3] = [Self::DataExfiltration, Self::ResourceExposure, Self::CredentialExposure];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PrivilegeEscalation => "privilege escalation",
            Self::DataExfiltration => "data exfiltration",
            Self::ResourceExposure => "resource exposure",
            Self::CredentialExposure => "credential exposure",
        }
    }
}

/// Actions that one policy gives and that put the same at risk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    pub kind: Kind,
    /// It holds for some resources only, under a condition, or less what something denies.
    pub limited: bool,
    pub via: String,
    /// As AWS writes them.
    pub actions: Vec<String>,
}

/// Actions by service, as AWS writes both, each beside what a policy's pattern is compared with.
type Services = BTreeMap<&'static str, Vec<(String, String)>>;

static ACTIONS: LazyLock<BTreeMap<Kind, Services>> = LazyLock::new(|| {
    let mut all = BTreeMap::from([(Kind::ResourceExposure, services(PERMISSIONS.lines()))]);
    for part in LISTS.split('[').skip(1) {
        let (title, lines) = part.split_once(']').unwrap_or((part, ""));
        if let Some(kind) = Kind::OF_ACTIONS.into_iter().find(|kind| kind.as_str() == title) {
            all.insert(kind, services(lines.lines()));
        }
    }
    all
});

fn services(lines: impl Iterator<Item = &'static str>) -> Services {
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (service, names) = line.split_once(' ')?;
            let action = |name: &str| (format!("{service}:{name}"), format!("{service}:{name}").to_ascii_lowercase());
            Some((service, names.split(' ').map(action).collect()))
        })
        .collect()
}

/// Whether an action as a policy writes it, in lower case, takes in one of a service's that are listed for the risk.
#[must_use]
pub fn lists(kind: Kind, service: &str, action: &str) -> bool {
    let all = ACTIONS.get(&kind).and_then(|services| services.get(service));
    all.is_some_and(|all| all.iter().any(|(_, lower)| covers(action, lower)))
}

/// What its rights put at risk: what nothing limits first. What they lead to is told by [`escalation::open`].
#[must_use]
pub fn risks(held: &Held) -> Vec<Risk> {
    let mut found: BTreeMap<(bool, Kind, String), BTreeSet<&str>> = BTreeMap::new();
    for (kind, services) in ACTIONS.iter() {
        for (_, actions) in services.iter().filter(|(service, _)| held.speaks_of(service)) {
            for (action, lower) in actions {
                if let Some(best) = held.allowing(lower).into_iter().next() {
                    found.entry((!best.unlimited, *kind, best.via)).or_default().insert(action);
                }
            }
        }
    }
    let risk = |((limited, kind, via), actions): ((bool, Kind, String), BTreeSet<&str>)| Risk {
        kind,
        limited,
        via,
        actions: actions.into_iter().map(str::to_owned).collect(),
    };
    found.into_iter().map(risk).collect()
}

/// What one right, as a policy writes its action, has a part in. `risks` and `open` are those of all that its identity holds, so
/// what something denies is not among them.
#[must_use]
pub fn of_action(action: &str, risks: &[Risk], open: &[escalation::Open]) -> Vec<Kind> {
    let lower = |text: &str| text.to_ascii_lowercase();
    let pattern = match action.strip_prefix("* except ") {
        Some(but) => Match::AllBut(but.split(", ").map(lower).collect()),
        None => Match::Only(vec![lower(action)]),
    };
    let meets = |action: &str| pattern.meets(&lower(action));
    let escalates = open.iter().any(|open| open.actions.split(" + ").any(meets));
    let kinds = risks.iter().filter(|risk| risk.actions.iter().any(|a| meets(a))).map(|risk| risk.kind);
    let kinds: BTreeSet<_> = kinds.chain(escalates.then_some(Kind::PrivilegeEscalation)).collect();
    kinds.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::snapshot::Document;
    use serde_json::{Value, json};

    fn found(document: &Value) -> Vec<(Kind, bool, Vec<String>)> {
        let all = BTreeMap::from([("policy a".to_owned(), Document { id: None, text: Some(document.clone().into()) })]);
        risks(&Held::of(&all).unwrap()).into_iter().map(|r| (r.kind, r.limited, r.actions)).collect()
    }

    #[test]
    fn the_lists_are_read_whole() {
        let lines = LISTS.lines().filter(|l| !l.is_empty() && !l.starts_with(['#', '['])).count();
        let count = |kind| ACTIONS[&kind].len();
        assert_eq!(count(Kind::DataExfiltration) + count(Kind::CredentialExposure), lines);
        assert_eq!(count(Kind::ResourceExposure), PERMISSIONS.lines().filter(|l| !l.starts_with('#')).count());
        assert!(count(Kind::ResourceExposure) > 90);
        assert!(lists(Kind::ResourceExposure, "iam", "iam:attachrolepolicy"));
    }

    #[test]
    fn a_limit_is_kept_apart_and_a_denial_closes_it() {
        let secrets = ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"].map(str::to_owned);
        let all = json!({"Statement": {"Effect": "Allow", "Action": "secretsmanager:*Get*", "Resource": "*"}});
        assert_eq!(found(&all), [(Kind::DataExfiltration, false, secrets.to_vec())]);
        let one = json!({"Statement": {"Effect": "Allow", "Action": "secretsmanager:*Get*", "Resource": "arn:a"}});
        assert_eq!(found(&one), [(Kind::DataExfiltration, true, secrets.to_vec())]);
        let denied = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "NotAction": ["s3:GetObject", "kms:Decrypt"], "Resource": "*"}]});
        assert_eq!(found(&denied), [(Kind::DataExfiltration, false, vec!["s3:GetObject".to_owned()])]);
    }

    #[test]
    fn a_right_carries_the_risks_that_are_left_of_it() {
        use Kind::{CredentialExposure, DataExfiltration, PrivilegeEscalation, ResourceExposure};
        let document = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "*"}]});
        let all = BTreeMap::from([("policy a".to_owned(), Document { id: None, text: Some(document.into()) })]);
        let held = Held::of(&all).unwrap();
        let (risks, open) = (risks(&held), escalation::open(&held));
        for (action, want) in [
            ("s3:Get*", &[CredentialExposure][..]),
            ("s3:getobject", &[]),
            ("sqs:ReceiveMessage", &[DataExfiltration]),
            ("s3:PutBucketPolicy", &[ResourceExposure]),
            ("iam:CreateAccessKey", &[PrivilegeEscalation, ResourceExposure, CredentialExposure]),
            (
                "* except iam:*, lambda:*, glue:*",
                &[PrivilegeEscalation, DataExfiltration, ResourceExposure, CredentialExposure],
            ),
            ("ec2:DescribeVpcs", &[]),
        ] {
            assert_eq!(of_action(action, &risks, &open), want, "{action}");
        }
    }
}
