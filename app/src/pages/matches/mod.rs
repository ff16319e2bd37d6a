//! Same identity? What different sources show and may be one, side by side with the reasons; what a merge would end, and the
//! forms by which a person decides.
//!
//! `show.rs` the list, `merge.rs` the step before two become one, `side.rs` one of the two; `calls.rs` what the forms are
//! posted to.
pub(crate) mod calls;
#[cfg(feature = "ssr")]
mod merge;
mod page;
#[cfg(feature = "ssr")]
mod show;
#[cfg(feature = "ssr")]
mod side;

pub use page::{MatchesPage, MergePage};
