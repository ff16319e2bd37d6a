//! What a replay found, one line an invariant.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Problems of one invariant that are described; more are counted.
pub const DESCRIBED: usize = 20;

crate::words! {
    /// As semantics.md numbers them; `grants` are its rules of "Grants and revocation".
    pub enum Invariant("invariant") {
        /// No answer without a record.
        I1 = "I1",
        /// No permit behind a revocation.
        I3 = "I3",
        /// An approval yields one permit at most, for the bytes that were shown, before its end.
        I4 = "I4",
        /// One human, one vote; nobody decides what they asked for.
        I5 = "I5",
        /// One end for each escalation.
        I6 = "I6",
        /// An error is never a permit.
        I7 = "I7",
        /// Every decision replays from what was recorded.
        I11 = "I11",
        /// A grant is spent inside its time and its number of uses, and ends with what it was bound to.
        Grants = "grants",
    }
}

impl Invariant {
    /// What is counted on its line.
    #[must_use]
    pub const fn counted(self) -> &'static str {
        match self {
            Self::I1 => "decisions, each with its event",
            Self::I3 => "permits, none behind a stop",
            Self::I4 => "approvals used",
            Self::I5 => "votes",
            Self::I6 => "moves of escalations",
            Self::I7 => "permits without an error",
            Self::I11 => "decisions replayed",
            Self::Grants => "uses of grants",
        }
    }
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Place in the log; `None` for a row without an event.
    pub seq: Option<u64>,
    /// Id of what it is about.
    pub about: String,
    pub words: String,
}

/// One invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub invariant: Invariant,
    /// How many things it was checked on; [`Invariant::counted`] says which.
    pub checked: u64,
    /// The first twenty.
    pub problems: Vec<Problem>,
    pub problem_count: u64,
    /// What could not be checked, and on how many: not a problem, and not proof.
    pub untold: BTreeMap<String, u64>,
}

impl Line {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.problem_count == 0
    }
}

/// What a replay of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Events that were read.
    pub events: u64,
    pub lines: Vec<Line>,
}

impl Default for Report {
    fn default() -> Self {
        let line = |invariant: &Invariant| Line {
            invariant: *invariant,
            checked: 0,
            problems: Vec::new(),
            problem_count: 0,
            untold: BTreeMap::new(),
        };
        Self { events: 0, lines: Invariant::ALL.iter().map(line).collect() }
    }
}

impl Report {
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lines.iter().all(Line::holds)
    }
    /// The line of one invariant.
    #[must_use]
    pub fn line(&self, invariant: Invariant) -> Option<&Line> {
        self.lines.iter().find(|line| line.invariant == invariant)
    }
    fn of(&mut self, invariant: Invariant, change: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.invariant == invariant) {
            change(line);
        }
    }
    pub(super) fn checked(&mut self, invariant: Invariant) {
        self.of(invariant, |line| line.checked += 1);
    }
    pub(super) fn untold(&mut self, invariant: Invariant, what: &str) {
        self.of(invariant, |line| *line.untold.entry(what.to_owned()).or_insert(0) += 1);
    }
    pub(super) fn problem(&mut self, invariant: Invariant, seq: Option<u64>, about: &str, words: impl Into<String>) {
        self.of(invariant, |line| {
            line.problem_count += 1;
            if line.problems.len() < DESCRIBED {
                line.problems.push(Problem { seq, about: about.to_owned(), words: words.into() });
            }
        });
    }
}
