//! The API for agents and gateways (interfaces.md): one file a group of addresses. Keys, never cookies.
//!
//! `routes.rs` lists every address; `authn.rs` and `body.rs` read callers and bodies, `problem.rs` says how each group refuses.
pub mod actions;
pub mod activity;
pub(crate) mod answering;
pub mod authn;
pub mod body;
pub mod evaluation;
pub mod evaluations;
pub mod grants;
pub mod handoffs;
mod hooks;
pub mod imports;
pub mod lists;
pub mod log;
pub mod matches;
pub mod metadata;
pub mod min_seq;
pub mod openapi;
mod otlp;
pub mod page;
pub mod prefer;
pub mod problem;
pub mod question;
pub(crate) mod reach;
pub mod requests;
pub(crate) mod resources;
pub mod revocations;
pub mod routes;
pub mod runs;
pub(crate) mod scim;
pub mod search;
pub(crate) mod secrets;
pub mod tasks;
pub mod wire;
