//! A decision that waits for people: who may decide, what exactly they decide, and the states it passes.
//!
//! Pure: rows are in `store/escalations.rs`, operations in `engine/escalations.rs`.
pub mod asked;
pub mod binding;
pub mod card;
pub mod delegation;
pub mod eligibility;
pub mod normal;
pub mod state;
pub mod tier;
pub mod vote;

pub use asked::{Asked, GateRef, Record};
pub use binding::Binding;
pub use card::Card;
pub use delegation::Delegation;
pub use eligibility::{Approver, Bars, Electorate, Seat};
pub use state::{Escalation, Phase, State};
pub use tier::{Friction, Requirement, Tier};
pub use vote::{Ballot, ReasonCode, StepUp, Verdict, Vote};
