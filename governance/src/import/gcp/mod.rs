//! Google Cloud: the service accounts of one project with their keys, what policies give them, and who may act as them.
//!
//! One import is of one project, as one of AWS is of one account. Policies of the whole organisation may be given too: they tell
//! what the project's own accounts hold elsewhere.
mod accounts;
mod conditions;
mod files;
mod insights;
mod keys;
pub(super) mod members;
mod policies;
mod project;
pub mod read;
mod roles;
