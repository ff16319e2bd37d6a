//! Kubernetes: service accounts, what roles and bindings give them, where they run, and their long-lived tokens.
//!
//! An export of the whole cluster has objects of `kube-system` and comes as lists. Whatever else is given (one namespace, single
//! objects, some kinds) adds and changes, and nothing is taken to be gone for its absence.
pub(super) mod accounts;
mod becoming;
pub(super) mod bindings;
mod files;
mod holding;
mod object;
mod pods;
mod privilege;
pub mod read;
mod roles;
mod rules;
mod tokens;
