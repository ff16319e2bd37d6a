//! Telling people and requesters: messages that the engine noted are sent here, at least once, and never while anything of
//! the engine is held.
//!
//! - `text.rs`, `register.rs` what a message says; `webhook.rs`, `mail.rs` its forms; `sign.rs` how a receiver knows it is ours
//! - `target.rs` addresses that may be sent to; `guard.rs` which networks they may lead into; `post.rs` one bounded request
//! - `send.rs` one round of sending; `settings.rs` what the operator said
pub mod guard;
pub mod mail;
pub mod post;
pub mod register;
pub mod send;
pub mod settings;
pub mod sign;
pub mod target;
pub mod text;
pub mod webhook;
