//! Time: what is due next, and what a look at the clock ends (semantics.md, Times).
use super::grants::GrantState;
use super::{Model, Wrong};
use crate::operation::Until;

impl Model {
    /// The clock after an operation's own wait.
    pub fn wait(&self, until: Until) -> i64 {
        match until {
            Until::Milliseconds(n) => self.now + n,
            Until::Due(off) => {
                let dues = self.cases.iter().filter_map(|c| self.due_at(c));
                let active = self.grants.iter().filter(|g| g.state == GrantState::Active);
                let grants = active.flat_map(|g| [g.starts, g.due()]);
                let tasks = self.tasks.iter().filter(|t| t.open).map(|t| t.ends);
                let next = dues.chain(grants).chain(tasks).filter(|at| *at > self.now + 1).min();
                next.map_or(self.now + 1, |at| (at + off).max(self.now))
            }
        }
    }

    /// What time has made due: cases, then grants, then tasks.
    pub(super) fn sweep(&mut self) -> String {
        (0..self.cases.len()).for_each(|n| self.settle(n));
        let (mut grants, late) = (0, self.is(Wrong::RenewedLate));
        let due = |g: &super::Grant| if late { g.ends } else { g.due() };
        let now = self.now;
        for grant in self.grants.iter_mut().filter(|g| g.state == GrantState::Active && now >= due(g)) {
            (grant.state, grants) = (GrantState::Expired, grants + 1);
        }
        let due: Vec<_> =
            (0..self.tasks.len()).filter(|t| self.tasks[*t].open && self.now >= self.tasks[*t].ends).collect();
        for t in &due {
            self.end_task(*t);
        }
        let alive = self.cases.iter().filter(|c| c.state.alive());
        let words: Vec<_> = alive.map(|c| c.state.word()).collect();
        let active = self.grants.iter().filter(|g| g.state == GrantState::Active).count();
        format!("swept {grants} grants {} tasks, {active} active; {}", due.len(), words.join(", "))
    }
}
