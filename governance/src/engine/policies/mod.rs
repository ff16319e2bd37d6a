//! Policy bundles: storing, activating, showing and replaying them (semantics.md, Bundles).
mod activate;
mod check;
mod install;
mod read;
mod recount;
mod replay;
mod routes;

pub use activate::{Activated, Release, Stored};
pub use install::PolicyState;
pub use read::{Shown, ShownRoute};
pub use replay::{Change, Replay};
