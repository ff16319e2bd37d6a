//! What Okta says of service applications and API tokens, in the answers of its management interface.
mod access;
mod credentials;
mod files;
mod principal;
pub mod read;

pub use principal::plain;
