//! Text that others wrote, made safe to look at: nothing hidden, nothing that passes for something else.
#[cfg(feature = "engine")]
mod names;
#[cfg(feature = "engine")]
pub mod secrets;
mod visible;

#[cfg(feature = "engine")]
pub use names::{agent_words, host_ascii, looks_like, mixed_script, punycode_hosts};
pub use visible::{csv_cell, hidden, visible, visible_line};
