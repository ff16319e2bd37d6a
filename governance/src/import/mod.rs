//! From a source's files to changes of the register, without touching it: read, compare, refuse what looks wrong.
//!
//! `parse(files) -> Parsed` and `diff(current, snapshot) -> changes` are pure; `engine/imports.rs` writes what they say.
pub mod diff;
pub mod retain;
pub mod snapshot;

#[cfg(feature = "engine")]
mod aws_iam;
#[cfg(feature = "engine")]
mod mcp_config;
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
pub use parse::parse;
