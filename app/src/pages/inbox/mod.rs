//! The inbox: what waits for people, one card beside it, and the vote (ux.md §3.2).
//!
//! `query.rs` what the address says; `list.rs` the list; `show.rs` the card, its blocks in the files beside it; `decide.rs` the
//! form; `calls.rs` what it is posted to; `words.rs` how values read; `live.rs` what comes alive in the browser.
mod calls;
#[cfg(feature = "ssr")]
mod decide;
#[cfg(feature = "ssr")]
mod evidence;
#[cfg(feature = "ssr")]
mod head;
#[cfg(feature = "ssr")]
mod list;
mod live;
mod page;
#[cfg(feature = "ssr")]
mod query;
#[cfg(feature = "ssr")]
mod show;
#[cfg(feature = "ssr")]
mod terms;
#[cfg(feature = "ssr")]
mod votes;
#[cfg(feature = "ssr")]
mod words;

pub use calls::{Undo, Vote, undo, vote};
pub use page::{InboxBadge, InboxPage};
