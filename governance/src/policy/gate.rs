//! A gate is a `forbid` that people can open: its route, tier, quorum and times (semantics.md, "Policy: three answers").
use super::limit::Limit;
use crate::grant::terms::Terms;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How much care an approval asks for; ux.md R12 says what each asks of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Low,
    #[default]
    Medium,
    High,
    Critical,
}

impl Tier {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
    /// Seconds a card of this tier waits for people at most; `@expires` shortens it (semantics.md, Times).
    #[must_use]
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Critical => 15 * 60,
            Self::High => 30 * 60,
            Self::Medium | Self::Low => 4 * 3_600,
        }
    }
    /// The fewest people a tier is content with: critical needs two (semantics.md, Tiers).
    #[must_use]
    pub const fn least_quorum(self) -> u32 {
        match self {
            Self::Critical => 2,
            Self::Low | Self::Medium | Self::High => 1,
        }
    }
}
impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
impl std::str::FromStr for Tier {
    type Err = ();
    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|t| t.as_str() == s).ok_or(())
    }
}

/// One `forbid` with `@approval`, as the bundle states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// The rule's `@id`.
    pub id: String,
    /// `@approval`: the group of people who decide.
    pub route: String,
    /// `@tier`; medium where the rule names none.
    pub tier: Tier,
    /// `@quorum`: how many distinct people; 1 where the rule names none.
    pub quorum: u32,
    /// `@expires` in seconds: how long the card waits.
    pub expires_s: Option<u32>,
    /// `@grant` in seconds: how long the grant lives that the re-ask issues.
    pub grant_s: Option<u32>,
    /// `@uses`, `@window` and `@lease`: what else holds of that grant.
    #[serde(default, skip_serializing_if = "Terms::usual")]
    pub terms: Terms,
    /// `@reason`, for people.
    pub reason: Option<String>,
    /// Path inside the bundle.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// The rule as written, annotations included.
    pub text: String,
    /// Hex SHA-256 of `text`: what an approval binds to, so that an unrelated change of policy voids nothing.
    pub text_hash: String,
    /// What the rule compares with a literal, where it does.
    pub limits: Vec<Limit>,
}

/// What all gates that matched ask for together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Every one must approve.
    pub routes: BTreeSet<String>,
    pub tier: Tier,
    /// Distinct people, of gate and tier the higher.
    pub quorum: u32,
    /// Seconds the card waits.
    pub expires_s: u32,
    /// Seconds the grant lives; no grant where no gate names one.
    pub grant_s: Option<u32>,
    /// What else holds of the grant.
    #[serde(default, skip_serializing_if = "Terms::usual")]
    pub terms: Terms,
}

impl Requirement {
    /// Highest tier and quorum, shortest times; `floor` is the tier of the action's facts, which policy cannot lower.
    /// `None` without gates: nothing waits for people then.
    #[must_use]
    pub fn of(gates: &[Gate], floor: Option<Tier>) -> Option<Self> {
        let tier = gates.iter().map(|g| g.tier).chain(floor).max()?;
        let quorum = gates.iter().map(|g| g.quorum).max()?.max(tier.least_quorum());
        Some(Self {
            routes: gates.iter().map(|g| g.route.clone()).collect(),
            tier,
            quorum,
            // A card waits as long as its tier says; @expires can only shorten that.
            expires_s: gates.iter().filter_map(|g| g.expires_s).chain([tier.wait_seconds()]).min()?,
            grant_s: gates.iter().filter_map(|g| g.grant_s).min(),
            terms: Terms::strictest(gates.iter().map(|g| &g.terms)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(route: &str, tier: Tier, quorum: u32, expires_s: Option<u32>, grant_s: Option<u32>) -> Gate {
        Gate {
            id: route.into(),
            route: route.into(),
            tier,
            quorum,
            expires_s,
            grant_s,
            terms: Terms::default(),
            reason: None,
            file: "policies/a.cedar".into(),
            line: 1,
            text: String::new(),
            text_hash: String::new(),
            limits: vec![],
        }
    }

    #[test]
    fn several_gates_ask_for_every_route_the_highest_tier_and_the_shortest_times() {
        let gates = [gate("a", Tier::Low, 3, Some(7_200), Some(900)), gate("b", Tier::High, 1, None, Some(600))];
        let all = Requirement::of(&gates, None).unwrap();
        assert_eq!(all.routes, ["a".to_owned(), "b".to_owned()].into());
        assert_eq!((all.tier, all.quorum, all.expires_s, all.grant_s), (Tier::High, 3, 1_800, Some(600)));
    }

    #[test]
    fn a_floor_raises_tier_and_quorum_and_never_lowers_them() {
        let low = [gate("a", Tier::Low, 1, None, None)];
        let raised = Requirement::of(&low, Some(Tier::Critical)).unwrap();
        assert_eq!((raised.tier, raised.quorum, raised.expires_s), (Tier::Critical, 2, 900));
        let high = [gate("a", Tier::High, 1, None, None)];
        assert_eq!(Requirement::of(&high, Some(Tier::Low)).unwrap().tier, Tier::High);
        assert_eq!(Requirement::of(&[], Some(Tier::Critical)), None);
    }

    #[test]
    fn a_gate_shortens_the_wait_of_its_tier_and_never_lengthens_it() {
        for (expires_s, want) in [(None, 1_800), (Some(60), 60), (Some(1_800), 1_800), (Some(86_400), 1_800)] {
            let gates = [gate("a", Tier::High, 1, expires_s, None)];
            assert_eq!(Requirement::of(&gates, None).unwrap().expires_s, want);
        }
    }
}
