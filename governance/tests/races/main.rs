//! Everybody at once: what one person stops, closes or budgets holds for whoever asks at that moment, on every node.
//!
//! One node on SQLite, three on PostgreSQL, each with its own committer and memory. What happened is read from the log
//! afterwards. Each race has a control: the same with the product's guard taken away, which must be caught.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod budget;
mod history;
mod load;
mod revoke;
mod task;
mod world;
