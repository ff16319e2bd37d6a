//! The API over HTTP, one file a group of addresses: `access_v1_evaluation.rs` is `POST /access/v1/evaluation`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod access_v1_evaluation;
mod access_v1_evaluations;
mod access_v1_requests;
mod access_v1_search;
mod app;
mod coverage;
mod log;
mod panics;
mod scim;
mod the_whole_loop;
mod todo_interop;
mod v1_acting;
mod v1_activity;
mod v1_hooks;
mod v1_imports;
mod v1_leases;
mod v1_lists;
mod v1_register;
mod v1_runs;
mod v1_secrets;
mod v1_tasks;
mod v1_traces;
mod well_known;
