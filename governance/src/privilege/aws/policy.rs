//! A policy document, read.
use super::pattern::{covers, overlap};
use serde_json::Value;

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// `Action` and `Resource`, or `NotAction` and `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub effect: Effect,
    /// In lower case.
    pub actions: Match,
    /// Actions as the policy writes them, one for one.
    pub written: Vec<String>,
    /// A variable (`${aws:username}`) is any text.
    pub resources: Match,
    /// Resources as the policy writes them, one for one.
    pub on: Vec<String>,
    /// It holds under a condition.
    pub conditional: bool,
}

/// A document's statements; those of no known form are left out and counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub statements: Vec<Statement>,
    /// Statements that could not be read.
    pub unread: usize,
}

impl Match {
    /// It takes in all that the pattern does.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        match self {
            Self::Only(all) => all.iter().any(|p| covers(p, name)),
            Self::AllBut(but) => !but.iter().any(|p| overlap(p, name)),
        }
    }
    /// It takes in some of what the pattern does.
    #[must_use]
    pub fn meets(&self, name: &str) -> bool {
        match self {
            Self::Only(all) => all.iter().any(|p| overlap(p, name)),
            Self::AllBut(but) => !but.iter().any(|p| covers(p, name)),
        }
    }
    /// It takes in this name, in which nothing is a pattern.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Only(all) => all.iter().any(|p| covers(p, name)),
            Self::AllBut(but) => !but.iter().any(|p| covers(p, name)),
        }
    }
    /// It takes in all that the other does.
    #[must_use]
    pub fn covers_all(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Only(names)) => names.iter().all(|n| self.covers(n)),
            (Self::Only(all), Self::AllBut(_)) => all.iter().any(|p| p.bytes().all(|c| c == b'*') && !p.is_empty()),
            (Self::AllBut(mine), Self::AllBut(its)) => mine.iter().all(|m| its.iter().any(|i| covers(i, m))),
        }
    }
    /// It takes in some of what the other does.
    #[must_use]
    pub fn meets_any(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Only(names)) => names.iter().any(|n| self.meets(n)),
            (Self::Only(names), Self::AllBut(_)) => names.iter().any(|n| other.meets(n)),
            (Self::AllBut(_), Self::AllBut(_)) => true,
        }
    }
    /// Its parts, each by itself: the patterns, or all but some as one.
    pub fn parts(&self) -> impl Iterator<Item = Self> + '_ {
        let (each, whole) = match self {
            Self::Only(all) => (all.as_slice(), None),
            Self::AllBut(_) => (&[][..], Some(self.clone())),
        };
        each.iter().map(|one| Self::Only(vec![one.clone()])).chain(whole)
    }
}

impl Policy {
    /// Reads a document. Never fails: what it cannot read it counts.
    #[must_use]
    pub fn read(document: &Value) -> Self {
        let mut policy = Self::default();
        let statements = match document.get("Statement") {
            Some(Value::Array(all)) => all.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => {
                policy.unread += 1;
                &[]
            }
        };
        for statement in statements {
            match Statement::read(statement) {
                Some(it) => policy.statements.push(it),
                None => policy.unread += 1,
            }
        }
        policy
    }
}

impl Statement {
    /// It speaks of this action, given in lower case, on this resource.
    #[must_use]
    pub fn holds(&self, action: &str, resource: &str) -> bool {
        self.actions.holds(action) && self.resources.holds(resource)
    }

    fn read(value: &Value) -> Option<Self> {
        let effect = match value.get("Effect")?.as_str()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return None,
        };
        let (written, excepts) = either(value, "Action", "NotAction")?;
        let lower = written.iter().map(|a| a.to_ascii_lowercase()).collect();
        let (on, all_but) = either(value, "Resource", "NotResource")?;
        let resources: Vec<_> = on.iter().map(|r| without_variables(r)).collect();
        Some(Self {
            effect,
            actions: if excepts { Match::AllBut(lower) } else { Match::Only(lower) },
            written: if excepts { vec![all_but_words(&written)] } else { written },
            on: if all_but { vec![all_but_words(&on)] } else { on },
            resources: if all_but { Match::AllBut(resources) } else { Match::Only(resources) },
            conditional: value.get("Condition").is_some_and(|c| c.as_object().is_none_or(|o| !o.is_empty())),
        })
    }
}

fn all_but_words(but: &[String]) -> String {
    format!("* except {}", but.join(", "))
}

/// The values of a member, or of its opposite.
fn either(value: &Value, key: &str, not: &str) -> Option<(Vec<String>, bool)> {
    let (value, is_not) = match (value.get(key), value.get(not)) {
        (Some(value), None) => (value, false),
        (None, Some(value)) => (value, true),
        _ => return None,
    };
    let all: Vec<_> = match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        _ => return None,
    };
    (!all.is_empty()).then_some((all, is_not))
}

/// What a variable (`${aws:username}`) stands for is not known here: any text.
#[must_use]
pub fn without_variables(resource: &str) -> String {
    let (mut out, mut rest) = (String::new(), resource);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push('*');
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statements_are_read_in_every_form() {
        let policy = Policy::read(&json!({"Statement": [
            {"Effect": "Allow", "Action": "S3:Get*", "Resource": ["arn:aws:s3:::home/${aws:username}/*"]},
            {"Effect": "Deny", "NotAction": ["iam:*"], "NotResource": "arn:x", "Condition": {"Bool": {"a": "true"}}},
            {"Effect": "Perhaps", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": 7, "Resource": "*"},
        ]}));
        assert_eq!(policy.unread, 2);
        let [get, deny] = policy.statements.as_slice() else { panic!("{policy:?}") };
        assert_eq!(get.actions, Match::Only(vec!["s3:get*".into()]));
        assert_eq!(get.resources, Match::Only(vec!["arn:aws:s3:::home/*/*".into()]));
        assert_eq!((deny.effect, deny.conditional), (Effect::Deny, true));
        assert_eq!(deny.written, ["* except iam:*"]);
        assert_eq!(Policy::read(&json!({})).unread, 1);
    }

    #[test]
    fn all_but_some_takes_in_the_rest() {
        let but_iam = Match::AllBut(vec!["iam:*".into()]);
        let only = |p: &str| Match::Only(vec![p.into()]);
        for (other, covers, meets) in
            [(only("s3:*"), true, true), (only("iam:getuser"), false, false), (only("*"), false, true)]
        {
            assert_eq!((but_iam.covers_all(&other), but_iam.meets_any(&other)), (covers, meets), "{other:?}");
        }
        assert!(only("*").covers_all(&but_iam));
        assert!(!only("s3:*").covers_all(&but_iam) && only("s3:*").meets_any(&but_iam));
        assert!(but_iam.covers_all(&Match::AllBut(vec!["*".into()])));
        assert!(!but_iam.covers_all(&Match::AllBut(vec!["s3:*".into()])));
    }
}
