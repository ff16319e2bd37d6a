//! A list that somebody keeps by hand (CSV): which column means what is said by a person, guessed at best, and remembered.
//!
//! Such a list says what its keeper wrote down, not what a platform enforces: nothing in it is proven.
pub mod keep;
pub mod mapping;

#[cfg(feature = "engine")]
mod cells;
#[cfg(feature = "engine")]
mod claim;
#[cfg(feature = "engine")]
mod dates;
#[cfg(feature = "engine")]
mod facts;
#[cfg(feature = "engine")]
pub mod guess;
#[cfg(feature = "engine")]
pub mod hide;
#[cfg(feature = "engine")]
pub mod layout;
#[cfg(feature = "engine")]
pub mod read;
#[cfg(feature = "engine")]
pub mod rows;
