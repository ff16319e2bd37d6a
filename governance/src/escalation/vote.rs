//! One person's vote, and the closed list of reasons for it.
use crate::id::{ApprovalId, PersonId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

crate::words! {
    pub enum Verdict("verdict") { Approve = "approve", Deny = "deny" }
}

crate::words! {
    /// Why (ux.md R21): closed, so that rules can be judged by what people say of them.
    pub enum ReasonCode("reason code") {
        Planned = "planned",
        Confirmed = "confirmed",
        MatchesRecord = "matches_record",
        SmallAndReversible = "small_and_reversible",
        NotExpected = "not_expected",
        WrongValues = "wrong_values",
        ClaimRefuted = "claim_refuted",
        NotEnoughKnown = "not_enough_known",
        LooksHijacked = "looks_hijacked",
        /// Fits both; approving with it takes words.
        Other = "other",
    }
}

impl ReasonCode {
    #[must_use]
    pub const fn fits(self, verdict: Verdict) -> bool {
        match self {
            Self::Planned | Self::Confirmed | Self::MatchesRecord | Self::SmallAndReversible => {
                matches!(verdict, Verdict::Approve)
            }
            Self::NotExpected | Self::WrongValues | Self::ClaimRefuted | Self::NotEnoughKnown | Self::LooksHijacked => {
                matches!(verdict, Verdict::Deny)
            }
            Self::Other => true,
        }
    }
    /// As it stands on the card.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Planned => "It is planned work",
            Self::Confirmed => "I confirmed it with the requester or owner",
            Self::MatchesRecord => "It matches the ticket, order or contract",
            Self::SmallAndReversible => "It is small and can be undone",
            Self::NotExpected => "Nobody expected this",
            Self::WrongValues => "Amount, target or scope is wrong",
            Self::ClaimRefuted => "A claim is refuted",
            Self::NotEnoughKnown => "Not enough is known",
            Self::LooksHijacked => "The agent looks hijacked",
            Self::Other => "Another reason",
        }
    }
}

crate::words! {
    /// How a person proved afresh who they are; the event says which.
    pub enum StepUp("step-up") { OneTimeLink = "one_time_link", Passkey = "passkey" }
}

/// A vote as it is cast, before anything of it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ballot {
    pub id: ApprovalId,
    /// The human who pressed the button.
    pub by: PersonId,
    /// Whose vote it is, if not their own: they act by delegation.
    pub seat: Option<PersonId>,
    pub verdict: Verdict,
    /// The binding's digest and the card's version as they were shown.
    pub digest: String,
    pub card_version: i64,
    pub code: Option<ReasonCode>,
    pub reason: Option<String>,
    /// When the server showed the card to this person.
    pub shown_at: Option<Timestamp>,
    /// The flagged value the card asked for was typed.
    pub echoed: bool,
    pub step_up: Option<StepUp>,
}

/// A vote that was accepted: evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub id: ApprovalId,
    pub by: PersonId,
    /// Whose vote it is: `by`, or the person who delegated to `by`.
    pub seat: PersonId,
    /// The routes it counts on.
    pub routes: BTreeSet<String>,
    /// It may be the only one that counts: neither an owner's nor of a role younger than 24 h.
    pub alone: bool,
    pub verdict: Verdict,
    pub at: Timestamp,
    pub digest: String,
    pub card_version: i64,
    /// SHA-256 of the card as it was shown, hex.
    pub card_hash: String,
    pub code: Option<ReasonCode>,
    pub reason: Option<String>,
    pub shown_at: Option<Timestamp>,
    pub step_up: Option<StepUp>,
}

impl Vote {
    /// Whether one human stands behind both: then only one of them may count (I5).
    #[must_use]
    pub fn same_human(&self, by: PersonId, seat: PersonId) -> bool {
        [self.by, self.seat].iter().any(|p| *p == by || *p == seat)
    }
}
