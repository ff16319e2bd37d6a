//! How far everything that acts here is known and answered for: discovered, registered, owned, scoped, monitored, attested.
//!
//! Each step is reached only by what has reached those before it, so the numbers never rise from one to the next. They speak of
//! what sources showed and of what asked here, and of nothing else.
use crate::id::SourceId;
use crate::identity::{Environment, Kind};
use crate::source::{Source, Window};
use crate::words;
use serde::{Deserialize, Serialize};

words! {
    /// The furthest step, first to last.
    pub enum Step("step of visibility") {
        /// A source showed it, or it asked.
        Discovered = "discovered",
        /// It stands in the register.
        Registered = "registered",
        /// Somebody active answers for it.
        Owned = "owned",
        /// Somebody said what it is for and what it may reach.
        Scoped = "scoped",
        /// It asks us, or a source tells of its use.
        Monitored = "monitored",
        /// Its owner has said that it is still needed.
        Attested = "attested",
    }
}

/// How many of one source, environment and kind stand at a step and got no further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// `None`: no source showed it; a person registered it, or it asked.
    pub source: Option<SourceId>,
    /// `None`: nobody said.
    pub environment: Option<Environment>,
    pub kind: Kind,
    pub step: Step,
    pub n: i64,
}

/// What one step counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    pub step: Step,
    /// How many reached it.
    pub n: i64,
    /// How many stand here and got no further.
    pub stay: i64,
}

/// How many reached each step, first to last.
#[must_use]
pub fn funnel<'a>(cells: impl IntoIterator<Item = &'a Cell>) -> Vec<Reached> {
    let mut all: Vec<_> = Step::ALL.iter().map(|step| Reached { step: *step, n: 0, stay: 0 }).collect();
    for cell in cells {
        for reached in all.iter_mut().filter(|r| r.step <= cell.step) {
            reached.n += cell.n;
            reached.stay += if reached.step == cell.step { cell.n } else { 0 };
        }
    }
    all
}

/// The numbers of one day (UTC), as they were counted then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Days since 1970.
    pub day: i64,
    /// How many had reached each step, first to last.
    pub reached: Vec<i64>,
}

/// One source and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStanding {
    #[serde(flatten)]
    pub source: Source,
    /// What it told may no longer be so.
    pub stale: bool,
    /// From when to when its activity logs that were read reach; `None`: none was.
    pub activity: Option<Window>,
    pub reached: Vec<Reached>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visibility {
    pub reached: Vec<Reached>,
    pub cells: Vec<Cell>,
    pub sources: Vec<SourceStanding>,
    /// The last 90 days that were counted, oldest first; a day on which nobody counted is missing.
    pub trend: Vec<Counted>,
}

impl Visibility {
    /// What population the numbers speak of, and of what they cannot.
    #[must_use]
    pub fn completeness(&self) -> String {
        let (sources, stale) = (self.sources.len(), self.sources.iter().filter(|s| s.stale).count());
        let of = match sources {
            0 => "No source is read: these numbers speak of what was registered by hand and of what asked here.".into(),
            1 => "These numbers speak of what 1 source showed, of what was registered by hand and of what asked here."
                .into(),
            n => format!(
                "These numbers speak of what {n} sources showed, of what was registered by hand and of what asked here."
            ),
        };
        let late = match stale {
            0 => String::new(),
            1 => " 1 of them was not read for too long: what it showed may be gone, and what is new there is not seen."
                .into(),
            n => format!(
                " {n} of them were not read for too long: what they showed may be gone, and what is new there is not seen."
            ),
        };
        format!("{of}{late} What no source shows and what never asks is in none of them.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(step: Step, n: i64) -> Cell {
        Cell { source: None, environment: None, kind: Kind::Agent, step, n }
    }

    #[test]
    fn a_step_counts_whatever_got_further() {
        let cells = [cell(Step::Discovered, 1), cell(Step::Owned, 2), cell(Step::Owned, 3), cell(Step::Attested, 4)];
        let all = funnel(&cells);
        let numbers: Vec<_> = all.iter().map(|r| (r.step.as_str(), r.n, r.stay)).collect();
        assert_eq!(
            numbers,
            [
                ("discovered", 10, 1),
                ("registered", 9, 0),
                ("owned", 9, 5),
                ("scoped", 4, 0),
                ("monitored", 4, 0),
                ("attested", 4, 4)
            ]
        );
        assert!(funnel(&[]).iter().all(|r| r.n == 0) && funnel(&[]).len() == 6);
    }

    #[test]
    fn what_the_numbers_speak_of_is_said() {
        let none = Visibility { reached: vec![], cells: vec![], sources: vec![], trend: vec![] };
        assert!(
            none.completeness().starts_with("No source is read") && none.completeness().ends_with("in none of them.")
        );
    }
}
