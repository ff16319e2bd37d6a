//! All that one identity holds in an account, and what comes of it when its policies are weighed against each other.
use super::policy::{Effect, Match, Policy, Statement};
use crate::import::snapshot::Documents;
use std::collections::{BTreeMap, BTreeSet};

/// Begins the name of the document that bounds an identity.
pub const BOUNDARY: &str = "permissions boundary ";
/// The document that says who may act as a role.
pub const TRUST: &str = "trust policy";

/// The policies of one identity, by the words of an entitlement's `via`.
#[derive(Debug, Clone, Default)]
pub struct Held {
    pub policies: BTreeMap<String, Policy>,
    /// Its name and what it says; `None`: it is not in the export.
    pub boundary: Option<(String, Option<Policy>)>,
    /// Policies that the export names and does not show.
    pub unseen: BTreeSet<String>,
}

/// What is left of what a statement allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// All of it, as far as was read.
    Whole,
    /// At most this: what takes some of it away.
    Less(BTreeSet<String>),
    /// Nothing: what takes it away.
    Nothing(String),
}

/// One action on one resource that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// As the policy writes it; `* except …` for all but some.
    pub action: String,
    pub resource: String,
    pub via: String,
    pub state: State,
}

/// A policy that allows one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowing {
    pub via: String,
    /// On all that was asked for, without a condition, and nothing takes any of it away.
    pub unlimited: bool,
}

impl Held {
    /// Reads an identity's documents; `None` where its source gives none.
    #[must_use]
    pub fn of(documents: &Documents) -> Option<Self> {
        let mut held = Self::default();
        for (name, document) in documents.iter().filter(|(name, _)| *name != TRUST) {
            let policy = document.text.as_deref().map(Policy::read);
            match (name.strip_prefix(BOUNDARY), policy) {
                (Some(boundary), policy) => held.boundary = Some((boundary.to_owned(), policy)),
                (None, Some(policy)) => drop(held.policies.insert(name.clone(), policy)),
                (None, None) => drop(held.unseen.insert(name.clone())),
            }
        }
        (!documents.is_empty()).then_some(held)
    }

    /// Every action on every resource that is allowed somewhere, with what is left of it.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        let mut all = vec![];
        for (via, policy) in &self.policies {
            for statement in policy.statements.iter().filter(|s| s.effect == Effect::Allow) {
                for (actions, written) in statement.actions.parts().zip(&statement.written) {
                    for (resources, resource) in statement.resources.parts().zip(&statement.on) {
                        let mut state = self.left_of(&actions, &resources);
                        if statement.conditional {
                            state = state.less("its own condition");
                        }
                        let (action, resource, via) = (written.clone(), resource.clone(), via.clone());
                        all.push(Reached { action, resource, via, state });
                    }
                }
            }
        }
        all
    }

    /// What allows one action, given in lower case, on some resource, with whether anything limits it.
    #[must_use]
    pub fn allowing(&self, action: &str) -> Vec<Allowing> {
        let action = Match::Only(vec![action.to_owned()]);
        let mut all = vec![];
        for (via, policy) in &self.policies {
            let allows = |s: &&Statement| s.effect == Effect::Allow && s.actions.covers_all(&action);
            for statement in policy.statements.iter().filter(allows) {
                for resources in statement.resources.parts() {
                    let state = self.left_of(&action, &resources);
                    if state.is_some() {
                        let whole = state == State::Whole && !statement.conditional;
                        all.push(Allowing { via: via.clone(), unlimited: whole && resources.covers("*") });
                    }
                }
            }
        }
        sorted(all)
    }

    /// What allows one action, given in lower case, on one resource; empty: nothing does, or something denies it.
    #[must_use]
    pub fn allowing_on(&self, action: &str, resource: &str) -> Vec<Allowing> {
        if self.denies(action, resource) {
            return vec![];
        }
        // what is left of denials holds under a condition
        let mut limited = self.denials().any(|s| s.holds(action, resource));
        match &self.boundary {
            None => {}
            Some((_, None)) => limited = true,
            Some((_, Some(boundary))) => {
                let of = |effect| {
                    let holds = move |s: &&Statement| s.effect == effect && s.holds(action, resource);
                    boundary.statements.iter().filter(holds)
                };
                if of(Effect::Deny).any(|s| !s.conditional) {
                    return vec![];
                }
                let allowed = of(Effect::Allow).any(|s| !s.conditional);
                if !allowed && of(Effect::Allow).next().is_none() && boundary.unread == 0 {
                    return vec![];
                }
                limited |= !allowed || of(Effect::Deny).next().is_some();
            }
        }
        let mut all = vec![];
        for (via, policy) in &self.policies {
            let holds = |s: &&Statement| s.effect == Effect::Allow && s.holds(action, resource);
            for statement in policy.statements.iter().filter(holds) {
                all.push(Allowing { via: via.clone(), unlimited: !limited && !statement.conditional });
            }
        }
        sorted(all)
    }

    /// Whether one of its policies denies an action, given in lower case, on one resource, whatever else allows it.
    #[must_use]
    pub fn denies(&self, action: &str, resource: &str) -> bool {
        self.denials().any(|s| !s.conditional && s.holds(action, resource))
    }

    fn denials(&self) -> impl Iterator<Item = &Statement> {
        self.policies.values().flat_map(|p| &p.statements).filter(|s| s.effect == Effect::Deny)
    }

    /// On which resources its policies allow an action, given in lower case, before anything is taken away.
    #[must_use]
    pub fn resources_of(&self, action: &str) -> Vec<&Match> {
        let all = self.policies.values().flat_map(|p| &p.statements);
        let allows = |s: &&Statement| s.effect == Effect::Allow && s.actions.holds(action);
        all.filter(allows).map(|s| &s.resources).collect()
    }

    /// Something of it allows an action of a service, as AWS writes its prefix.
    #[must_use]
    pub fn speaks_of(&self, service: &str) -> bool {
        let any = format!("{}:*", service.to_ascii_lowercase());
        let mut all = self.policies.values().flat_map(|p| &p.statements).filter(|s| s.effect == Effect::Allow);
        all.any(|s| s.actions.meets(&any))
    }

    fn left_of(&self, actions: &Match, resource: &Match) -> State {
        let mut state = State::Whole;
        for (via, policy) in &self.policies {
            for deny in policy.statements.iter().filter(|s| s.effect == Effect::Deny) {
                match share(deny, actions, resource) {
                    Share::All if !deny.conditional => return State::Nothing(format!("denied by {via}")),
                    Share::None => {}
                    Share::All | Share::Some => state = state.less(format!("a denial in {via}")),
                }
            }
        }
        match &self.boundary {
            None => state,
            Some((name, None)) => state.less(format!("the permissions boundary {name}, which is not in the export")),
            Some((name, Some(boundary))) => match within(boundary, actions, resource) {
                Share::All => state,
                Share::Some => state.less(format!("the permissions boundary {name}")),
                Share::None => State::Nothing(format!("outside the permissions boundary {name}")),
            },
        }
    }
}

/// The widest first.
fn sorted(mut all: Vec<Allowing>) -> Vec<Allowing> {
    all.sort_by(|a, b| (b.unlimited, &a.via).cmp(&(a.unlimited, &b.via)));
    all
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Share {
    None,
    Some,
    All,
}

fn share(statement: &Statement, actions: &Match, resource: &Match) -> Share {
    if statement.actions.covers_all(actions) && statement.resources.covers_all(resource) {
        Share::All
    } else if statement.actions.meets_any(actions) && statement.resources.meets_any(resource) {
        Share::Some
    } else {
        Share::None
    }
}

/// How much of it a boundary leaves: a denial in it takes away, and what no statement of it allows is gone.
fn within(boundary: &Policy, actions: &Match, resource: &Match) -> Share {
    let mut left = if boundary.unread > 0 { Share::Some } else { Share::None };
    let mut denied = false;
    for statement in &boundary.statements {
        match (statement.effect, share(statement, actions, resource)) {
            (_, Share::None) => {}
            (Effect::Deny, Share::All) if !statement.conditional => return Share::None,
            (Effect::Deny, _) => denied = true,
            (Effect::Allow, Share::All) if !statement.conditional => left = Share::All,
            (Effect::Allow, _) => left = if left == Share::All { left } else { Share::Some },
        }
    }
    if denied && left == Share::All { Share::Some } else { left }
}

impl State {
    fn less(self, why: impl Into<String>) -> Self {
        match self {
            Self::Nothing(_) => self,
            Self::Whole => Self::Less(BTreeSet::from([why.into()])),
            Self::Less(mut all) => {
                all.insert(why.into());
                Self::Less(all)
            }
        }
    }
}

impl Reached {
    /// On every resource, without a condition, and nothing takes any of it away.
    #[must_use]
    pub fn unlimited(&self) -> bool {
        self.state == State::Whole && self.resource == "*"
    }
}

impl State {
    /// Something is left.
    #[must_use]
    pub const fn is_some(&self) -> bool {
        !matches!(self, Self::Nothing(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn held(documents: &[(&str, Option<Value>)]) -> Held {
        let of =
            |text: &Option<Value>| crate::import::snapshot::Document { id: None, text: text.clone().map(Into::into) };
        Held::of(&documents.iter().map(|(n, d)| ((*n).to_owned(), of(d))).collect()).unwrap()
    }
    fn allow(action: &str, resource: &str) -> Option<Value> {
        Some(json!({"Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}))
    }
    fn states(held: &Held) -> Vec<(String, State)> {
        held.reached().into_iter().map(|r| (r.action, r.state)).collect()
    }
    fn less(why: &str) -> State {
        State::Less(BTreeSet::from([why.to_owned()]))
    }

    #[test]
    fn a_denial_takes_away_what_another_policy_gives() {
        let deny = |action: &str, resource: &str| {
            Some(json!({"Statement": {"Effect": "Deny", "Action": action, "Resource": resource}}))
        };
        let check = |denied: Option<Value>, want: State| {
            let held = held(&[("policy a", allow("s3:Get*", "arn:aws:s3:::a/*")), ("policy d", denied)]);
            assert_eq!(states(&held), [("s3:Get*".to_owned(), want)]);
        };
        check(deny("s3:*", "*"), State::Nothing("denied by policy d".into()));
        check(deny("S3:getobject", "*"), less("a denial in policy d"));
        check(deny("s3:*", "arn:aws:s3:::a/secret"), less("a denial in policy d"));
        check(deny("s3:Put*", "*"), State::Whole);
        check(deny("s3:*", "arn:aws:s3:::b/*"), State::Whole);
    }

    #[test]
    fn a_boundary_gives_nothing_and_takes_what_it_does_not_allow() {
        let check = |boundary: Option<Value>, want: State| {
            let held = held(&[("policy a", allow("s3:*", "*")), ("permissions boundary b", boundary)]);
            assert_eq!(states(&held), [("s3:*".to_owned(), want)]);
        };
        check(allow("*", "*"), State::Whole);
        check(allow("s3:Get*", "*"), less("the permissions boundary b"));
        check(allow("ec2:*", "*"), State::Nothing("outside the permissions boundary b".into()));
        check(None, less("the permissions boundary b, which is not in the export"));
        check(
            Some(json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]})),
            less("the permissions boundary b"),
        );
    }

    #[test]
    fn what_was_not_read_is_said() {
        let held = held(&[("policy unseen", None), (TRUST, allow("sts:AssumeRole", "*"))]);
        assert_eq!(
            (held.reached().len(), held.unseen.into_iter().collect::<Vec<_>>()),
            (0, vec!["policy unseen".to_owned()])
        );
        assert!(Held::of(&Documents::new()).is_none());
    }
}
