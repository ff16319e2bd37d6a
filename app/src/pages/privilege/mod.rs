//! Standing privilege: whose to look at first, and what one identity reaches, by which path, with what nobody used taken out.
//!
//! `list.rs` the queue, `reach.rs` one identity, `rights.rs` its rights and the three sets, `lead.rs` where they lead, `narrow.rs`
//! the narrower policies.
#[cfg(feature = "ssr")]
mod lead;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod narrow;
mod page;
#[cfg(feature = "ssr")]
mod reach;
#[cfg(feature = "ssr")]
mod rights;

pub use page::{PrivilegePage, ReachPage};
