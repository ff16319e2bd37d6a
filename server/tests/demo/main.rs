//! Two installations in one process: nothing of one opens the other; and the Welcome pages that lead there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod columns;
mod isolation;
mod visitor;
mod welcome;
