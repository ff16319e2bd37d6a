//! Observation: what one identity did, measured against the policy of today; a boundary and limits drafted from it; the step
//! to enforce it (semantics.md, Modes per identity).
mod calls;
#[cfg(feature = "ssr")]
mod draft;
mod page;
#[cfg(feature = "ssr")]
mod show;

pub use page::ObservationPage;
