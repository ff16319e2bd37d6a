//! A finished log, replayed: the invariants of semantics.md that can be checked once everything has happened.
//!
//! Pure: [`Checker`] is fed one event after the other, each with the row that belongs to it ([`Beside`]), and ends in a
//! [`Report`]. It keeps what is alive at that place of the log, and of each identity who answers for it, but nothing of what has
//! ended: memory grows with the register, not with the log. Its rules are written down here a second time, from semantics.md, and not shared with the operations they check.
mod cases;
mod checker;
mod decisions;
mod grants;
mod held;
mod quorum;
mod report;
mod step;
mod stops;
#[cfg(test)]
mod tests;

pub use checker::Checker;
pub use report::{Invariant, Line, Problem, Report};
pub use step::{Again, Beside, CaseRow, Decided, GrantRow, Involved, Standing, Terms};
