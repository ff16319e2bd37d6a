//! JSON from outside: read strictly before serde sees it, and written in the one form that is hashed.
//!
//! The rules are semantics.md "Hostile input" (reading) and RFC 8785 (writing). Together they make a value and its
//! canonical text one to one: whatever [`read`] accepts with equal canonical text is the same value.
mod canonical;
mod read;

#[cfg(any(test, fuzzing, feature = "testkit"))]
pub mod property;

pub use canonical::{canonical, number};
pub use read::{Fault, Limits, MAX_SAFE_INTEGER, read};
