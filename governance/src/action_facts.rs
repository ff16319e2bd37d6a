//! What is known of an action, whoever asks for it: set in the register, not in policy, so that policy cannot make light of
//! it (semantics.md, Action facts). An action of which nothing was said is *unknown*.
use crate::error::{Error, Result};
use crate::policy::gate::Tier;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionFact {
    /// It cannot be undone.
    Irreversible,
    MovesMoney,
    /// It changes who may do what elsewhere.
    IdentitySystem,
    /// It takes restricted data out.
    RestrictedData,
}

impl ActionFact {
    pub const ALL: [Self; 4] = [Self::Irreversible, Self::MovesMoney, Self::IdentitySystem, Self::RestrictedData];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Irreversible => "irreversible",
            Self::MovesMoney => "moves_money",
            Self::IdentitySystem => "identity_system",
            Self::RestrictedData => "restricted_data",
        }
    }
    /// The tier below which policy cannot go: each of these asks for more than a click. People show that they looked
    /// (ux.md R12), and one person must step up.
    #[must_use]
    pub const fn floor(self) -> Tier {
        match self {
            Self::Irreversible | Self::MovesMoney | Self::IdentitySystem | Self::RestrictedData => Tier::High,
        }
    }
}

impl std::str::FromStr for ActionFact {
    type Err = Error;
    /// Reads `moves_money` and, as the command line writes it, `moves-money`.
    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == s.replace('-', "_")).ok_or_else(|| {
            Error::invalid(format!(
                "there is no fact `{s}`: it is one of irreversible, moves-money, identity-system, restricted-data, none"
            ))
        })
    }
}

/// The facts a person named; `none`, alone, says that the action is none of these, which is more than not knowing.
///
/// # Errors
/// `Invalid` for no fact at all, an unknown one, or `none` beside others.
pub fn facts_read(words: &[String]) -> Result<BTreeSet<ActionFact>> {
    if words.is_empty() {
        return Err(Error::invalid("say at least one fact, or none"));
    }
    if words.iter().any(|word| word == "none") {
        if words.len() > 1 {
            return Err(Error::invalid("`none` stands alone: it says that the action is none of the others"));
        }
        return Ok(BTreeSet::new());
    }
    words.iter().map(|word| word.parse()).collect()
}

/// The floor of an action's stored facts; `None` for none and for unknown. A word we do not know counts as serious: it was
/// written by a newer version.
#[must_use]
pub fn floor_tier(facts: &[String]) -> Option<Tier> {
    facts.iter().map(|fact| fact.parse().map_or(Tier::High, ActionFact::floor)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn facts_read_in_both_spellings_and_none_stands_alone() {
        use ActionFact::*;
        assert_eq!(facts_read(&words("moves-money irreversible")).unwrap(), [Irreversible, MovesMoney].into());
        assert_eq!(facts_read(&words("identity_system")).unwrap(), [IdentitySystem].into());
        assert_eq!(facts_read(&words("none")).unwrap(), BTreeSet::new());
        for bad in ["", "none moves-money", "harmless"] {
            assert!(facts_read(&words(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn any_fact_raises_the_floor_and_none_does_not() {
        assert_eq!(floor_tier(&[]), None);
        for fact in ActionFact::ALL {
            assert_eq!(floor_tier(&[fact.as_str().to_owned()]), Some(Tier::High));
        }
        assert_eq!(floor_tier(&["from_the_future".to_owned()]), Some(Tier::High));
    }
}
