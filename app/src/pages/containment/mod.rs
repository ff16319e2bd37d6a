//! Containment: what is stopped by people, held by rules, and what rules may do by themselves.
//!
//! `stopped.rs` revocations in force and the stop control; `held.rs` what rules did; `rules.rs` what each may do; `calls.rs` what
//! the forms are posted to.
mod calls;
#[cfg(feature = "ssr")]
mod held;
mod page;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod show;
#[cfg(feature = "ssr")]
mod stopped;

pub use calls::UndoRevocation;
#[cfg(feature = "ssr")]
pub use held::{held_word, reason};
pub use page::ContainmentPage;
