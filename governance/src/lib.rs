//! Governance of software that acts on its own: every rule and every row of Countersign.
//!
//! Pure by default (it also builds for the browser); feature `engine` adds the store and the operations.
pub mod assess;
pub mod decision;
#[cfg(feature = "engine")]
pub mod engine;
pub mod error;
pub mod escalation;
pub mod grant;
pub mod credential;
pub mod credential;
#[cfg(feature = "engine")]
pub mod engine;
pub mod entitlement;
pub mod error;
pub mod finding;
pub mod id;
pub mod json;
pub mod log;
pub mod policy;
#[cfg(feature = "engine")]
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod text;
pub mod time;
pub mod word;

#[cfg(feature = "engine")]
pub use engine::{Actor, Ctx, Governance};
pub mod identity;
pub mod import;
pub mod json;
pub mod log;
pub mod person;
pub mod sighting;
pub mod source;
#[cfg(feature = "engine")]
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod text;
pub mod time;
pub mod word;

#[cfg(feature = "engine")]
pub use engine::{Actor, Ctx, Governance};
