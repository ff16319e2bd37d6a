//! How much care an approval asks for: tiers, their times, and the friction of ux.md R12.
use super::vote::{Ballot, ReasonCode};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

crate::words! {
    /// From gate and action facts; the higher of the two counts (semantics.md, Tiers).
    pub enum Tier("tier") { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
}

impl Tier {
    /// Seconds a card of this tier waits at most; `@expires` can only shorten it (semantics.md, Times).
    #[must_use]
    pub const fn wait_seconds(self) -> u32 {
        match self {
            Self::Critical => 15 * 60,
            Self::High => 30 * 60,
            Self::Medium | Self::Low => 4 * 3_600,
        }
    }
    /// Critical needs two people.
    #[must_use]
    pub const fn least_quorum(self) -> u32 {
        match self {
            Self::Critical => 2,
            Self::Low | Self::Medium | Self::High => 1,
        }
    }
    /// Seconds between the last vote and the release, in which an undo is real; high and critical have none.
    #[must_use]
    pub const fn hold_seconds(self) -> Option<u32> {
        match self {
            Self::Low | Self::Medium => Some(10),
            Self::High | Self::Critical => None,
        }
    }
    /// What the tier asks of each person who approves.
    #[must_use]
    pub const fn friction(self) -> Friction {
        match self {
            Self::Low => Friction { look_s: 0, code: false, text: 0, echo: false, step_up: false, bulk: 25 },
            Self::Medium => Friction { look_s: 2, code: true, text: 0, echo: false, step_up: false, bulk: 25 },
            Self::High => Friction { look_s: 5, code: true, text: 15, echo: false, step_up: true, bulk: 1 },
            Self::Critical => Friction { look_s: 8, code: true, text: 15, echo: true, step_up: true, bulk: 1 },
        }
    }
}

/// One row of ux.md R12. A denial asks for none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friction {
    /// Seconds between the card being shown and the approval, by the server's clock.
    pub look_s: u32,
    /// A reason code is needed.
    pub code: bool,
    /// Characters of a reason in words, at least.
    pub text: usize,
    /// One flagged value of the card must be typed.
    pub echo: bool,
    /// A fresh proof of who it is.
    pub step_up: bool,
    /// How many may be approved at once.
    pub bulk: u32,
}

impl Friction {
    /// Refuses an approval given with less care than the tier asks for.
    ///
    /// # Errors
    /// `Invalid`, saying what is missing.
    pub fn check(&self, ballot: &Ballot, at: Timestamp) -> Result<()> {
        let looked = ballot.shown_at.map_or(TimeDelta::zero(), |shown| at - shown);
        let left = TimeDelta::seconds(self.look_s.into()) - looked;
        if left > TimeDelta::zero() {
            let seconds = left.num_seconds() + i64::from(left.subsec_nanos() > 0);
            return Err(Error::invalid(format!("look at the card for {seconds} more seconds before you approve")));
        }
        if self.code && ballot.code.is_none() {
            return Err(Error::invalid("choose a reason for approving"));
        }
        if ballot.code.is_some_and(|code| !code.fits(super::Verdict::Approve)) {
            return Err(Error::invalid("this reason is one for denying: choose a reason for approving"));
        }
        let words = ballot.reason.as_deref().map_or(0, |r| r.trim().chars().count());
        let needed = if ballot.code == Some(ReasonCode::Other) { self.text.max(15) } else { self.text };
        if words < needed {
            return Err(Error::invalid(format!("say why in at least {needed} characters ({words} so far)")));
        }
        if self.echo && !ballot.echoed {
            return Err(Error::invalid("type the value the card asks for, exactly as it stands there"));
        }
        if self.step_up && ballot.step_up.is_none() {
            return Err(Error::invalid("confirm that it is you: this tier asks for a fresh sign-in before approving"));
        }
        Ok(())
    }
}

/// What one gate asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub route: String,
    pub tier: Tier,
    pub quorum: u32,
    pub expires_s: Option<u32>,
    pub grant_s: Option<u32>,
}

/// What all gates that matched ask for together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Groups of people; every one must approve.
    pub routes: BTreeSet<String>,
    pub tier: Tier,
    /// Distinct people on each route.
    pub quorum: u32,
    /// Seconds the card waits.
    pub expires_s: u32,
    /// Seconds the grant lives; no grant where no gate names one.
    pub grant_s: Option<u32>,
}

impl Requirement {
    /// Every route, highest tier and quorum, shortest times; `floor` is the tier of the action's facts, which policy cannot
    /// lower. `None` without gates: nothing waits for people then.
    #[must_use]
    pub fn of(gates: &[Ask], floor: Option<Tier>) -> Option<Self> {
        let tier = gates.iter().map(|g| g.tier).max()?.max(floor.unwrap_or(Tier::Low));
        let quorum = gates.iter().map(|g| g.quorum).max()?.max(tier.least_quorum());
        let asked = gates.iter().filter_map(|g| g.expires_s).min().unwrap_or(u32::MAX);
        Some(Self {
            routes: gates.iter().map(|g| g.route.clone()).collect(),
            tier,
            quorum,
            expires_s: asked.min(tier.wait_seconds()),
            grant_s: gates.iter().filter_map(|g| g.grant_s).min(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(route: &str, tier: Tier, quorum: u32, expires_s: Option<u32>, grant_s: Option<u32>) -> Ask {
        Ask { route: route.into(), tier, quorum, expires_s, grant_s }
    }

    #[test]
    fn several_gates_ask_for_the_most_and_wait_the_least() {
        #[track_caller]
        fn check(gates: &[Ask], floor: Option<Tier>, want: (Tier, u32, u32, Option<u32>)) {
            let got = Requirement::of(gates, floor).unwrap();
            assert_eq!((got.tier, got.quorum, got.expires_s, got.grant_s), want);
        }
        let low = gate("a", Tier::Low, 3, Some(7_200), Some(900));
        let high = gate("b", Tier::High, 1, None, Some(600));
        check(std::slice::from_ref(&low), None, (Tier::Low, 3, 7_200, Some(900)));
        check(&[low.clone(), high.clone()], None, (Tier::High, 3, 1_800, Some(600)));
        check(&[gate("a", Tier::High, 1, Some(86_400), None)], None, (Tier::High, 1, 1_800, None));
        check(&[gate("a", Tier::Low, 1, None, None)], None, (Tier::Low, 1, 14_400, None));
        // the facts of the action raise and never lower
        check(&[gate("a", Tier::Low, 1, None, None)], Some(Tier::Critical), (Tier::Critical, 2, 900, None));
        check(std::slice::from_ref(&high), Some(Tier::Low), (Tier::High, 1, 1_800, Some(600)));
        let both = Requirement::of(&[low, high], None).unwrap();
        assert_eq!(both.routes, ["a".to_owned(), "b".to_owned()].into());
        assert_eq!(Requirement::of(&[], Some(Tier::Critical)), None);
    }
}
