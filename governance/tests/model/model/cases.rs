//! Escalations: what one is, and what time makes of it (semantics.md, Escalations).
use super::policy::{Gate, Required};
use super::{HOUR, MINUTE, Model, Wrong};
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Pending,
    Held(i64),
    Approved,
    Consumed,
    Denied,
    Expired,
    Cancelled,
    Revoked,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held(_) => "held",
            Self::Approved => "approved",
            Self::Consumed => "consumed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Revoked => "revoked",
        }
    }
    pub(super) fn open(self) -> bool {
        matches!(self, Self::Pending | Self::Held(_))
    }
    pub fn alive(self) -> bool {
        self.open() || self == Self::Approved
    }
}

/// What makes two questions the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub agent: usize,
    pub epoch: u32,
    /// The agents it was handed through, first to last.
    pub through: Vec<usize>,
    pub tool: usize,
    pub amount: usize,
    pub acting: Option<usize>,
    pub task: Option<usize>,
    pub gates: BTreeSet<Gate>,
}

impl Question {
    /// Who asks, and those it was handed through.
    pub fn actors(&self) -> impl Iterator<Item = usize> + Clone + '_ {
        std::iter::once(self.agent).chain(self.through.iter().copied())
    }
}

#[derive(Debug, Clone)]
pub struct Case {
    pub question: Question,
    pub required: Required,
    pub state: State,
    pub barred: BTreeSet<usize>,
    /// Answer for those who act: never the only ones that count.
    pub owners: BTreeSet<usize>,
    /// Who approved or denied.
    pub votes: Vec<usize>,
    pub opened: i64,
    pub expires: i64,
    pub released: Option<i64>,
    pub learned: Option<i64>,
    pub asked: i64,
}

impl Model {
    fn usable_until(&self, c: &Case) -> i64 {
        let released = c.released.unwrap_or(i64::MIN / 2);
        let end = c.learned.map_or(released + 4 * HOUR, |known| (released + 4 * HOUR).min(known + 10 * MINUTE));
        end + i64::from(self.is(Wrong::EndIncluded))
    }
    pub(super) fn due_at(&self, c: &Case) -> Option<i64> {
        match c.state {
            State::Pending => Some(c.expires),
            State::Held(until) => Some(until.min(c.expires)),
            State::Approved => Some(self.usable_until(c)),
            _ => None,
        }
    }
    pub(super) fn settle(&mut self, n: usize) {
        loop {
            let c = &self.cases[n];
            if self.due_at(c).is_none_or(|due| self.now < due) {
                return;
            }
            let next = match c.state {
                State::Held(until) if until < c.expires => {
                    self.cases[n].released = Some(until);
                    State::Approved
                }
                _ => State::Expired,
            };
            self.cases[n].state = next;
        }
    }

    pub(super) fn said(&self, n: usize) -> String {
        format!("{} {}", self.cases[n].state.word(), self.cases[n].votes.len())
    }
    pub(super) fn cancel(&mut self, n: usize) -> String {
        self.settle(n);
        if !self.cases[n].state.open() {
            return "error Conflict".into();
        }
        self.cases[n].state = State::Cancelled;
        self.said(n)
    }
    pub(super) fn poll(&mut self, n: usize) -> String {
        self.settle(n);
        if self.cases[n].state == State::Approved {
            let now = self.now;
            self.cases[n].learned.get_or_insert(now);
        }
        self.said(n)
    }
}
