//! The fail-closed table of semantics.md against the real program: each row is injected, the answer and the recovery observed.
//! Nothing is ever permitted without a record, and what was answered is never lost.
//!
//! | condition | shown by |
//! |---|---|
//! | killed under load (I2) | `kill` |
//! | the disk fails | `kill` (no file may grow), `disk` (`strace` gives errors of input and output) |
//! | the disk is full | `disk`, on a small file system of its own; the console's banner: `tests/web.rs` |
//! | database down, or slower than it may be | `postgres`, on a cluster of its own: stopped, and hung |
//! | restored backup, head of the log lower than the mark beside the key | `restored` |
//! | queue full, lock wait over 1 s | `governance/tests/faults.rs`, with the refusals that the log's `gap` counts |
//! | notification target down | `target`; that it is told later: `tests/notices` |
//! | panic in a handler | `tests/api/panics.rs`, in the middle of writes too |
//! | panic in the committer | `governance/tests/faults.rs`, in a process of its own that it ends |
//! | identity provider down | none is ever asked: people sign in by one-time links, and sessions end by their limits alone: `governance/tests/sessions.rs` |
//! | policy error, unknown action, no valid bundle | `tests/api`, `governance/tests/decisions.rs` |
//! | clock earlier than the log | `governance/tests/clock.rs`, where time is injected |
//!
//! What a machine cannot do is skipped with a reason that is printed; where a program is missing, `REQUIRE_POSTGRES` and
//! `REQUIRE_STRACE` make that a failure.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod disk;
mod kill;
mod postgres;
mod restored;
mod rig;
mod target;
