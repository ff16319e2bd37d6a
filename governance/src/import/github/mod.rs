//! What GitHub says of the software that acts in an organization: apps, fine-grained tokens, deploy keys, workflows.
mod actions;
mod apps;
mod files;
mod keys;
mod permission;
pub mod read;
mod tokens;
