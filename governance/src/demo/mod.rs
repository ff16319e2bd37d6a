//! The demo installation's story: a company with about 400 identities, played through the operations, never written by hand.
//!
//! - `cast.rs` its people, `agents.rs` its agents, `fleet.rs` the exports it imports, `bundle.rs` its policies
//! - `routine.rs` what the agents do on ordinary days, `waiting.rs` the seven that wait for a person
//! - `play.rs` seven days by a clock moved by hand; `go_on.rs` what the agents do once somebody looks
#[cfg(feature = "engine")]
mod acting;
#[cfg(feature = "engine")]
mod agents;
#[cfg(feature = "engine")]
mod bundle;
mod cast;
#[cfg(feature = "engine")]
mod fleet;
#[cfg(feature = "engine")]
mod go_on;
#[cfg(feature = "engine")]
mod play;
#[cfg(feature = "engine")]
mod routine;
#[cfg(feature = "engine")]
mod waiting;

pub use cast::{CAST, Cast, HOST};
#[cfg(feature = "engine")]
pub use go_on::go_on;
#[cfg(feature = "engine")]
pub use play::{DAYS, begins, play};
#[cfg(feature = "engine")]
pub use waiting::WAITING;
