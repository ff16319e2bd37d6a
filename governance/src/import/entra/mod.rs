//! What Microsoft Entra says of its service principals, in the answers of Microsoft Graph v1.0.
mod access;
mod activity;
mod credentials;
mod directory;
mod files;
mod principal;
mod privilege;
pub mod read;
mod roles;

pub use principal::plain;
