//! The policy language of AWS: read, matched, and weighed against each other (IAM user guide, "Policy evaluation logic").
//!
//! Actions match without regard to case, resources with; `*` is any text and `?` any one character. An explicit deny wins; a
//! permissions boundary allows nothing by itself and takes away what it does not allow.
pub mod escalation;
pub mod held;
pub mod pattern;
pub mod policy;
pub mod risk;
pub mod trust;

pub use held::{Held, Reached, State};
pub use policy::{Effect, Match, Policy, Statement};
