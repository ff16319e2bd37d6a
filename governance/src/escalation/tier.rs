//! What a tier asks of the people who decide: the hold after the last vote, and the friction of ux.md R12.
use super::vote::{Ballot, ReasonCode};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

pub use crate::policy::gate::{Requirement, Tier};

impl Tier {
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
