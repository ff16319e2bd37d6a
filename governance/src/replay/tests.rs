//! Made-up logs: one that holds, and for each invariant what must be reported.
mod cases;
mod decisions;
mod grants;
mod held;
mod stops;
mod story;

use super::Invariant;
use story::{Log, redeemed, replay, story};

#[test]
fn a_log_as_it_should_be_holds() {
    let report = replay(&story());
    assert!(report.holds(), "{report:#?}");
    let counted: Vec<u64> = report.lines.iter().map(|line| line.checked).collect();
    // I1, I3, I4, I5, I6, I7, I11, grants
    assert_eq!(counted, [2, 1, 1, 2, 6, 1, 2, 1]);
}

#[test]
fn problems_beyond_twenty_are_counted() {
    let mut log = Log::new();
    log.extend((0..30).map(|_| redeemed(1)));
    let report = replay(&log);
    let line = report.line(Invariant::Grants).unwrap();
    assert_eq!((line.problems.len(), line.problem_count), (20, 30));
    assert_eq!(line.problems.iter().map(|p| p.seq).max(), Some(Some(19)));
}
