//! Ways from some permissions to more: which of the published ones an identity has.
use super::held::{Allowing, Held};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const LIST: &str = include_str!("../../../data/aws-escalation.txt");

/// One published way.
#[derive(Debug)]
pub struct Way {
    /// All of them together, as AWS writes them.
    pub actions: Vec<&'static str>,
    lower: Vec<String>,
    /// What it comes to.
    pub words: &'static str,
}

/// All of them, the shortest first as the list has them.
pub static WAYS: LazyLock<Vec<Way>> = LazyLock::new(|| {
    let lines = LIST.lines().filter(|l| !l.starts_with('#'));
    lines
        .filter_map(|line| {
            let (actions, words) = line.split_once(" | ")?;
            let actions: Vec<_> = actions.split(' ').collect();
            Some(Way { lower: actions.iter().map(|a| a.to_ascii_lowercase()).collect(), actions, words })
        })
        .collect()
});

/// A way that stands open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// `iam:PassRole + ec2:RunInstances`
    pub actions: String,
    pub words: &'static str,
    /// Which policies give it, each action by the first that gives most.
    pub via: BTreeMap<&'static str, String>,
    /// Some of it holds for some resources only, under a condition, or less what something denies.
    pub limited: bool,
}

/// Those that stand open.
#[must_use]
pub fn open(held: &Held) -> Vec<Open> {
    let mut given: BTreeMap<&str, Option<Allowing>> = BTreeMap::new();
    WAYS.iter()
        .filter_map(|way| {
            let mut found = vec![];
            for action in &way.lower {
                let best = given.entry(action).or_insert_with(|| held.allowing(action).into_iter().next());
                found.push(best.clone()?);
            }
            Some(Open {
                actions: way.actions.join(" + "),
                words: way.words,
                limited: !found.iter().all(|a| a.unlimited),
                via: way.actions.iter().copied().zip(found.into_iter().map(|a| a.via)).collect(),
            })
        })
        .collect()
}

impl Open {
    /// The policies that give it.
    #[must_use]
    pub fn policies(&self) -> String {
        let all: BTreeSet<_> = self.via.values().map(String::as_str).collect();
        all.into_iter().collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::snapshot::Document;
    use serde_json::{Value, json};

    fn ways(documents: &[(&str, Value)]) -> Vec<(String, bool, String)> {
        let all = documents
            .iter()
            .map(|(n, d)| ((*n).to_owned(), Document { id: None, text: Some(d.clone().into()) }))
            .collect();
        let open = open(&Held::of(&all).unwrap());
        open.into_iter().map(|o| (o.actions.clone(), o.limited, o.policies())).collect()
    }

    #[test]
    fn the_list_is_read_whole() {
        assert_eq!(WAYS.len(), LIST.lines().filter(|l| !l.starts_with('#')).count());
        assert!(WAYS.iter().all(|w| !w.words.is_empty() && w.actions.iter().all(|a| a.contains(':'))));
        let shorter = |a: &Way, b: &Way| a.lower.len() < b.lower.len() && a.lower.iter().all(|x| b.lower.contains(x));
        for way in WAYS.iter() {
            assert!(!WAYS.iter().any(|other| shorter(other, way)), "{:?} has a shorter one", way.actions);
        }
    }

    #[test]
    fn a_way_may_be_pieced_together_from_several_policies() {
        let one = json!({"Statement": {"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"}});
        let two = json!({"Statement": {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}});
        assert_eq!(ways(&[("policy a", one.clone())]), []);
        let both = "policy a and policy b".to_owned();
        assert_eq!(
            ways(&[("policy a", one), ("policy b", two)]),
            [("iam:PassRole + ec2:RunInstances".to_owned(), false, both)]
        );
    }

    #[test]
    fn a_limit_is_said_and_a_denial_closes_it() {
        let on_one = json!({"Statement": {"Effect": "Allow", "Action": "iam:CreateAccessKey",
            "Resource": "arn:aws:iam::123456789012:user/${aws:username}"}});
        assert_eq!(ways(&[("policy a", on_one)]), [("iam:CreateAccessKey".to_owned(), true, "policy a".to_owned())]);
        let all = json!({"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]});
        let left = ways(&[("policy a", all)]);
        assert!(!left.is_empty() && left.iter().all(|(actions, ..)| !actions.contains("iam:")), "{left:?}");
    }
}
