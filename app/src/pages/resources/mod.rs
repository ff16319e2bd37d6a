//! The register of tools, destinations and memory stores: what agents act with and on, whom it trusts, and which definition of
//! a tool may be used.
//!
//! `list.rs` all of them, `show.rs` one with its forms (`form.rs`), `calls.rs` what those are posted to.
mod calls;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod list;
mod page;
#[cfg(feature = "ssr")]
mod show;
#[cfg(feature = "ssr")]
mod words;

pub use page::{ResourcePage, ResourcesPage};
