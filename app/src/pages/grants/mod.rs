//! Grants: who holds what right now, and taking one back (ux.md §3).
mod calls;
mod page;
#[cfg(feature = "ssr")]
mod show;

pub use page::{GrantPage, GrantsPage};
