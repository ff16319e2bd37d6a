//! Governance of software that acts on its own: every rule and every row of Countersign.
//!
//! Pure by default (it also builds for the browser); feature `engine` adds the store and the operations.
pub mod action_facts;
pub mod assess;
pub mod attestation;
pub mod build;
pub mod credential;
pub mod decision;
pub mod demo;
#[cfg(feature = "engine")]
pub mod engine;
pub mod entitlement;
pub mod error;
pub mod escalation;
pub mod evidence;
pub mod finding;
pub mod grant;
pub mod hook;
pub mod id;
pub mod identity;
pub mod import;
pub mod json;
pub mod log;
pub mod matching;
pub mod notice;
pub mod observation;
pub mod overview;
pub mod person;
pub mod policy;
#[cfg(feature = "engine")]
pub mod privilege;
pub mod replay;
pub mod resource;
pub mod revocation;
pub mod run;
#[cfg(feature = "engine")]
pub mod scim;
pub mod secret;
pub mod sighting;
pub mod source;
#[cfg(feature = "engine")]
pub mod store;
pub mod task;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod text;
pub mod time;
pub mod visibility;
pub mod watch;
pub mod word;

#[cfg(feature = "engine")]
pub use engine::{Actor, Ctx, Governance};
