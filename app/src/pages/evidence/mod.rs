//! Evidence: what the control tests say, and packs that a stranger verifies (ux.md §3.7).
//!
//! `home.rs` the start page, its forms in `forms.rs`, its list of packs in `packs.rs`; `run.rs` one run of the control tests,
//! `controls.rs` one framework of it, `test.rs` one test with its query and rows; `pack.rs` one pack; `calls.rs` what the forms
//! are posted to; `choices.rs` the periods they offer; `words.rs` how values read.
mod calls;
#[cfg(feature = "ssr")]
mod choices;
#[cfg(feature = "ssr")]
mod controls;
#[cfg(feature = "ssr")]
mod forms;
#[cfg(feature = "ssr")]
mod frameworks;
#[cfg(feature = "ssr")]
mod home;
#[cfg(feature = "ssr")]
mod pack;
#[cfg(feature = "ssr")]
mod packs;
mod page;
#[cfg(feature = "ssr")]
mod run;
#[cfg(feature = "ssr")]
mod test;
mod waiting;
#[cfg(feature = "ssr")]
mod words;

pub use calls::{Assess, OrderPack, assess, order_pack};
#[cfg(feature = "ssr")]
pub use frameworks::{Part, parts};
pub use page::{EvidencePackPage, EvidencePage, RunFrameworkPage, RunPage, RunTestPage};
