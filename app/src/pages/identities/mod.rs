//! Identities: the register as a list, one governance record, and what a revocation stopped (ux.md §3.1, 3.3, 3.10).
//!
//! `query.rs` what the address says; `list.rs` the table and `filters.rs` what narrows it; `record.rs` one identity, its blocks in
//! `owner.rs`, `scope.rs`, `boundary.rs`, `life.rs`, its tables in `holdings.rs`, `sources.rs` and `trail.rs`; `merged.rs` where it went and what may be one with it; `tasks.rs` what it works for; `stop.rs` taking access back;
//! `calls.rs` what the forms are posted to; `words.rs` how values read.
#[cfg(feature = "ssr")]
mod boundary;
mod calls;
#[cfg(feature = "ssr")]
mod filters;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod holdings;
#[cfg(feature = "ssr")]
mod life;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod merged;
#[cfg(feature = "ssr")]
mod owner;
mod page;
#[cfg(feature = "ssr")]
mod query;
#[cfg(feature = "ssr")]
mod record;
#[cfg(feature = "ssr")]
mod scope;
#[cfg(feature = "ssr")]
mod sources;
#[cfg(feature = "ssr")]
mod stop;
#[cfg(feature = "ssr")]
mod tasks;
#[cfg(feature = "ssr")]
mod trail;
#[cfg(feature = "ssr")]
pub(crate) mod words;

pub use page::{IdentitiesPage, IdentityPage, RevocationPage};
#[cfg(feature = "ssr")]
pub use query::Query;
#[cfg(feature = "ssr")]
pub use stop::last_use_fact;
