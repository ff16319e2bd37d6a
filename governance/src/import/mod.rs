//! From a source's files to changes of the register, without touching it: read, compare, refuse what looks wrong.
//!
//! `parse(files) -> Parsed` and `diff(current, snapshot) -> changes` are pure; `engine/imports.rs` writes what they say.
pub mod diff;
pub mod progress;
pub mod retain;
pub mod sheet;
pub mod snapshot;

#[cfg(feature = "engine")]
mod a2a;
#[cfg(feature = "engine")]
pub mod activity;
#[cfg(feature = "engine")]
mod anthropic;
#[cfg(feature = "engine")]
mod aws_iam;
#[cfg(feature = "engine")]
mod entra;
#[cfg(feature = "engine")]
mod gcp;
#[cfg(feature = "engine")]
mod github;
#[cfg(feature = "engine")]
mod issuer;
#[cfg(feature = "engine")]
pub mod keys;
#[cfg(feature = "engine")]
mod kubernetes;
#[cfg(feature = "engine")]
mod mcp_config;
#[cfg(feature = "engine")]
mod okta;
#[cfg(feature = "engine")]
pub mod owners_csv;
#[cfg(feature = "engine")]
mod parse;
#[cfg(feature = "engine")]
pub mod people_csv;
#[cfg(feature = "engine")]
mod read;
#[cfg(feature = "engine")]
pub mod redact;
#[cfg(feature = "engine")]
pub mod resources_list;
#[cfg(feature = "engine")]
mod table;
#[cfg(feature = "engine")]
mod yaml;

#[cfg(feature = "engine")]
pub use parse::parse;
