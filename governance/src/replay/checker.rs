//! One pass over a log, from its first event to its last.
use super::cases::Cases;
use super::decisions::decided;
use super::grants::Grants;
use super::report::{Invariant, Report};
use super::step::{Beside, CaseRow, Standing};
use super::stops::Stops;
use crate::log::Entry;
use crate::log::event::EventKind;

/// Takes events in the log's order, each with what stands beside it.
#[derive(Debug, Clone, Default)]
pub struct Checker {
    report: Report,
    stops: Stops,
    cases: Cases,
    grants: Grants,
}

impl Checker {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next event.
    pub fn step(&mut self, event: &Entry, beside: &Beside) {
        self.report.events += 1;
        match event.kind {
            EventKind::DecisionPermit | EventKind::DecisionDeny | EventKind::DecisionEscalate => {
                let row = match beside {
                    Beside::Decision(row) => row.as_deref(),
                    _ => None,
                };
                decided(event, row, &self.stops, &mut self.report);
                self.cases.decided(event, row, &mut self.report);
                self.grants.decided(event, row, &mut self.report);
            }
            EventKind::GrantIssued => {
                let row = match beside {
                    Beside::Grant(row) => row.as_ref(),
                    _ => None,
                };
                self.grants.issued(event, row, &self.stops, &mut self.report);
            }
            EventKind::GrantRedeemed => self.grants.redeemed(event, &self.stops, &mut self.report),
            EventKind::GrantRenewed => self.grants.renewed(event, &self.stops, &mut self.report),
            EventKind::KeyCreated => self.cases.key_made(event),
            kind if kind.as_str().starts_with("escalation.") => {
                let none = CaseRow::default();
                let row = match beside {
                    Beside::Case(row) => row,
                    _ => &none,
                };
                self.cases.step(event, row, &mut self.report);
            }
            _ => {
                self.grants.step(event, &self.stops, &mut self.report);
                self.stops.step(event, &mut self.report);
            }
        }
    }

    /// An entry that is no event of ours.
    pub fn unreadable(&mut self, seq: u64, why: &str) {
        self.report.events += 1;
        self.report.problem(Invariant::I1, Some(seq), "event", why);
    }

    /// A decision's row whose place in the log holds no decision.
    pub fn without_event(&mut self, decision: &str, seq: i64) {
        let words = format!("its row says it stands at {seq}; no decision stands there");
        self.report.problem(Invariant::I1, u64::try_from(seq).ok(), decision, words);
    }

    /// The end of the log, and what the register holds there.
    #[must_use]
    pub fn finish(mut self, standing: &Standing) -> Report {
        self.cases.finish(standing, &mut self.report);
        self.grants.finish(standing, &mut self.report);
        self.report
    }
}
