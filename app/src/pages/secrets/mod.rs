//! Secrets over all identities: age, rotation, place, exposure, sharing, use by people and across environments.
//!
//! `list.rs` the counts and the table, `row.rs` one line of it.
#[cfg(feature = "ssr")]
mod list;
mod page;
#[cfg(feature = "ssr")]
mod row;

pub use page::SecretsPage;
