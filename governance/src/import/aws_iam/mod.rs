//! What AWS says of its users and roles: `get-account-authorization-details`, the credential report and the access advisor.
mod account;
mod advisor;
mod files;
mod policy;
mod privilege;
mod reach;
pub mod read;
mod report;
mod trust;
pub(super) mod values;
