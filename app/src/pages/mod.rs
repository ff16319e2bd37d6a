//! One folder a noun, a page a file.
pub mod activity;
pub mod containment;
pub mod evidence;
pub mod grants;
pub mod handoffs;
pub mod identities;
pub mod inbox;
pub mod matches;
pub mod not_found;
pub mod observation;
pub mod overview;
#[cfg(feature = "ssr")]
mod people;
pub mod privilege;
pub mod resources;
pub mod secrets;
pub mod settings;
pub mod sign_in;
pub mod visibility;
pub mod welcome;
