//! Pages as a browser without script meets them: by heading, label and form.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#[allow(dead_code, reason = "the API's tests use the rest")]
#[path = "../api/app.rs"]
mod app;
mod browser;
mod evidence;
mod identities;
mod inbox;
mod matches;
