//! Hand-offs: the same question is put for each agent the work was handed through, and only what all of them may do is
//! permitted. So a chain can tighten an answer and never widen it, also when it is nothing but the caller's own word.
use super::bundle::Bundle;
use super::gate::Gate;
use super::question::{Evaluation, Facts, Question, Reason, Tentative};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use std::collections::BTreeMap;

/// The type of every agent in a chain, as AuthZEN names it.
const AGENT: &str = "agent";

/// What policy answers one agent of a chain. Recorded, and replays to the same answer (I11).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkAnswer {
    /// Its place in the chain; the first is 1.
    pub link: usize,
    pub name: String,
    /// What the register says of it.
    pub facts: Facts,
    pub evaluation: Evaluation,
    /// Another build of it waited for a person, which denies whatever policy says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub build_changed: bool,
}

impl LinkAnswer {
    /// Asks a bundle what this agent may do of what was asked.
    #[must_use]
    pub fn of(bundle: &Bundle, asked: &Question, link: usize, name: &str, facts: Facts) -> Self {
        let question = put(asked, name, facts.clone());
        Self { link, name: name.to_owned(), facts, evaluation: bundle.evaluate(&question), build_changed: false }
    }

    /// The same link before another bundle, or the same one again.
    #[must_use]
    pub fn again(&self, bundle: &Bundle, asked: &Question) -> Self {
        let build_changed = self.build_changed;
        Self { build_changed, ..Self::of(bundle, asked, self.link, &self.name, self.facts.clone()) }
    }
}

/// The question as this agent would ask it: what the asker claims of itself is not said of the link.
fn put(asked: &Question, name: &str, facts: Facts) -> Question {
    Question {
        subject_type: AGENT.into(),
        subject_id: name.to_owned(),
        subject: Some(facts),
        subject_properties: Map::new(),
        ..asked.clone()
    }
}

/// What the asker and every link may do: a deny of any denies, gates of all are united, and so are the rules.
#[must_use]
pub fn united(asker: &Evaluation, links: &[LinkAnswer]) -> Evaluation {
    if links.is_empty() || matches!(asker.outcome, Tentative::Deny { .. }) {
        return asker.clone();
    }
    let all = || std::iter::once(asker).chain(links.iter().map(|l| &l.evaluation));
    let matched = sorted(all().flat_map(|e| &e.matched));
    let refused = links.iter().find_map(|l| match l.evaluation.outcome {
        Tentative::Deny { reason } => Some((l, reason)),
        _ => None,
    });
    if let Some((link, reason)) = refused {
        let why = link.evaluation.why(reason);
        return Evaluation {
            outcome: Tentative::Deny { reason: Reason::ChainDenied },
            determining: link.evaluation.determining.clone(),
            matched,
            errors: vec![format!("link {} of the chain, {}, is denied {reason}: {why}", link.link, link.name)],
            reasons: vec![],
            refuted: asker.refuted.clone(),
        };
    }
    let mut gates: BTreeMap<&str, &Gate> = BTreeMap::new();
    for evaluation in all() {
        if let Tentative::Gated { gates: stand } = &evaluation.outcome {
            gates.extend(stand.iter().map(|gate| (gate.id.as_str(), gate)));
        }
    }
    let (outcome, determining) = match gates.is_empty() {
        true => (Tentative::Permit, sorted(all().flat_map(|e| &e.determining))),
        false => {
            let ids = gates.keys().map(|id| (*id).to_owned()).collect();
            (Tentative::Gated { gates: gates.into_values().cloned().collect() }, ids)
        }
    };
    Evaluation { outcome, determining, matched, errors: vec![], reasons: vec![], refuted: asker.refuted.clone() }
}

fn sorted<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let distinct: std::collections::BTreeSet<&String> = ids.collect();
    distinct.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::gate::Tier;

    fn gate(id: &str) -> Gate {
        Gate {
            id: id.into(),
            route: format!("{id}-people"),
            tier: Tier::Medium,
            quorum: 1,
            expires_s: None,
            grant_s: None,
            terms: Default::default(),
            reason: None,
            file: "policies/a.cedar".into(),
            line: 1,
            text: String::new(),
            text_hash: id.into(),
            limits: vec![],
        }
    }
    fn says(outcome: Tentative, determining: &[&str]) -> Evaluation {
        let ids: Vec<String> = determining.iter().map(|id| (*id).to_owned()).collect();
        Evaluation { outcome, determining: ids.clone(), matched: ids, errors: vec![], reasons: vec![], refuted: vec![] }
    }
    fn permit(rule: &str) -> Evaluation {
        says(Tentative::Permit, &[rule])
    }
    fn gated(ids: &[&str]) -> Evaluation {
        says(Tentative::Gated { gates: ids.iter().map(|id| gate(id)).collect() }, ids)
    }
    fn links(of: Vec<Evaluation>) -> Vec<LinkAnswer> {
        let link = |(at, evaluation)| LinkAnswer {
            link: at + 1,
            name: format!("agent-{}", at + 1),
            facts: Facts::default(),
            evaluation,
            build_changed: false,
        };
        of.into_iter().enumerate().map(link).collect()
    }

    #[test]
    fn what_all_may_do_is_permitted_and_names_the_rules_of_all() {
        let all = united(&permit("b"), &links(vec![permit("a"), permit("b")]));
        assert_eq!((all.outcome, all.determining), (Tentative::Permit, vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_deny_of_any_link_denies_and_names_it() {
        let refused = Evaluation::deny(Reason::NoRule, vec![]);
        let all = united(&gated(&["g"]), &links(vec![permit("a"), refused]));
        assert_eq!(all.outcome, Tentative::Deny { reason: Reason::ChainDenied });
        assert_eq!(all.errors, ["link 2 of the chain, agent-2, is denied no_rule: no rule permits this"]);
        // the asker's own deny keeps its own reason
        let own = united(&Evaluation::deny(Reason::NoRule, vec![]), &links(vec![permit("a")]));
        assert_eq!(own.outcome, Tentative::Deny { reason: Reason::NoRule });
    }

    #[test]
    fn gates_of_all_stand_once_each() {
        let all = united(&gated(&["b", "c"]), &links(vec![permit("p"), gated(&["a", "b"])]));
        let Tentative::Gated { gates } = all.outcome else { panic!("gates stand") };
        assert_eq!(gates.iter().map(|g| g.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(all.determining, ["a", "b", "c"]);
    }

    #[test]
    fn without_links_the_answer_is_the_askers() {
        assert_eq!(united(&gated(&["a"]), &[]), gated(&["a"]));
    }
}
