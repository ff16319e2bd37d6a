//! Visibility: how far what acts here is known and answered for, and what nobody answers for, each with its clock and with who
//! could be asked (UC-18).
//!
//! `show.rs` the page, `funnel.rs` its numbers and sources, `gaps.rs` what nobody answers for.
mod calls;
#[cfg(feature = "ssr")]
mod funnel;
#[cfg(feature = "ssr")]
mod gaps;
mod page;
#[cfg(feature = "ssr")]
mod show;

pub use page::VisibilityPage;
