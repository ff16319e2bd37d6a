//! What a finding may do by itself: narrow, suspend or revoke, within a cap, and "would have" first.
use crate::error::{Error, Result};
use crate::finding::{Rule, Severity};
use crate::id::{ContainmentId, FindingId, IdentityId, PersonId, RevocationId};
use crate::time::Timestamp;
use crate::words;
use serde::{Deserialize, Serialize};

/// Identities an hour that a rule acts on unless said otherwise.
pub const CAP: u32 = 5;

words! {
    /// Whether a rule acts.
    pub enum Mode("mode") {
        Off = "off",
        /// It says what it would have done.
        Would = "would",
        On = "on",
    }
}

words! {
    /// What a rule does to an identity, the mildest first.
    pub enum Measure("measure") {
        /// Each of its acts needs a person.
        Narrow = "narrow",
        /// It is permitted nothing; its grants cannot be redeemed meanwhile.
        Suspend = "suspend",
        /// As the stop control: grants, approvals and waiting requests end.
        Revoke = "revoke",
    }
}

words! {
    pub enum State("state of a containment") {
        /// It would have been done.
        Would = "would",
        /// The rule had acted on as many identities as it may in an hour.
        Capped = "capped",
        Active = "active",
        Undone = "undone",
    }
}

/// What one rule may do by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub rule: Rule,
    pub mode: Mode,
    pub measure: Measure,
    /// Identities an hour, at most.
    pub cap: u32,
    /// `None`: as the product ships it.
    pub changed_at: Option<Timestamp>,
    pub changed_by: Option<String>,
    pub version: i64,
}

impl Reaction {
    /// As the product ships a rule: none acts, and those with a clear case say what they would have done. `None`: the rule is
    /// about no identity, so it can do nothing.
    #[must_use]
    pub const fn shipped(rule: Rule) -> Option<Self> {
        let (mode, measure) = match rule {
            Rule::ExecutedDifferently | Rule::DeniedYetExecuted | Rule::CreatedIdentity => {
                (Mode::Would, Measure::Suspend)
            }
            Rule::ExecutedUndecided
            | Rule::OutsideBoundary
            | Rule::UnusualRate
            | Rule::UnusualAmount
            | Rule::SecretInArguments => (Mode::Would, Measure::Narrow),
            Rule::FirstTool | Rule::FirstDestination => (Mode::Off, Measure::Narrow),
            _ => return None,
        };
        Some(Self { rule, mode, measure, cap: CAP, changed_at: None, changed_by: None, version: 0 })
    }

    /// # Errors
    /// `Invalid` for a cap that is none.
    pub fn check(&self) -> Result<()> {
        match self.cap {
            1..=1_000 => Ok(()),
            _ => Err(Error::invalid("cap: 1 to 1,000 identities an hour")),
        }
    }
}

/// What a rule did to an identity, or would have done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Containment {
    pub id: ContainmentId,
    /// Its place in the log.
    pub seq: u64,
    pub at: Timestamp,
    pub identity: IdentityId,
    pub name: String,
    pub finding: FindingId,
    /// What was found, in a sentence.
    pub words: String,
    pub rule: Rule,
    pub severity: Severity,
    pub measure: Measure,
    pub state: State,
    /// By which a [`Measure::Revoke`] was done; it is undone there.
    pub revocation: Option<RevocationId>,
    /// Who said first that it may be undone, and when.
    pub first: Option<(PersonId, Timestamp)>,
    pub undone_by: Option<PersonId>,
    pub undone_at: Option<Timestamp>,
    pub version: i64,
}

impl Containment {
    /// How many people undo it: one for low and medium, two above.
    #[must_use]
    pub const fn people(&self) -> u32 {
        match self.severity {
            Severity::Low | Severity::Medium => 1,
            Severity::High | Severity::Critical => 2,
        }
    }
}
