//! Budgets (semantics.md, Counters; I12): what was permitted within an hour, and what grants still allow.
use super::grants::GrantState;
use super::policy::BUDGET;
use super::{HOUR, MINUTE, Model, Wrong};

/// A permit that moved a budget.
#[derive(Debug, Clone)]
pub struct Spent {
    agent: usize,
    /// When it stops being outstanding: a permit at once, a grant at its end.
    at: i64,
    uses: i64,
    /// When it was permitted.
    permitted: i64,
}

impl Model {
    /// What counts against the budget of an agent now, in whole minutes: that in which the hour begins counts whole.
    pub(super) fn used(&self, agent: usize, tool: usize) -> i64 {
        if tool.is_multiple_of(2) {
            return 0;
        }
        let since = (self.now - HOUR).div_euclid(MINUTE);
        let forgets = self.is(Wrong::OutstandingForgotten);
        let at = |s: &Spent| if forgets { s.permitted } else { s.at };
        let counts = |s: &&Spent| s.agent == agent && at(s).div_euclid(MINUTE) >= since;
        self.spent.iter().filter(counts).map(|s| s.uses).sum()
    }

    pub(super) fn spend(&mut self, agent: usize, tool: usize, at: i64, uses: i64) {
        if tool % 2 == 1 {
            let uses = if self.is(Wrong::UsesCountOnce) { 1 } else { uses };
            self.spent.push(Spent { agent, at, uses, permitted: self.now });
        }
    }

    /// What an agent did with metered tools within the last hour, permits and uses of grants, with what its grants allow still:
    /// never more than the budget.
    pub fn within_budget(&self) -> bool {
        (0..self.agents.len()).all(|agent| {
            let permits = self.spent.iter().filter(|s| s.agent == agent && s.at == s.permitted);
            let done = permits.filter(|s| s.at > self.now - HOUR).map(|s| s.uses).sum::<i64>();
            let metered = self.grants.iter().filter(|g| g.question.agent == agent && g.question.tool % 2 == 1);
            let granted = metered.map(|g| {
                let used = g.used.iter().filter(|at| **at > self.now - HOUR).count();
                let still = g.state == GrantState::Active && self.now < g.ends;
                i64::try_from(used).unwrap_or(i64::MAX) + if still { g.left } else { 0 }
            });
            done + granted.sum::<i64>() <= BUDGET
        })
    }
}
