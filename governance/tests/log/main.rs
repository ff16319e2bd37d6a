//! The log, read by programs that are not ours: crates `signed_note` and `tlog_tiles`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod foreign;
mod formats;
mod operations;
mod tools;
