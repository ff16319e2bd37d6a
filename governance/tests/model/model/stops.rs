//! Revocation (semantics.md, Grants and revocation): what it stops and ends, and how two people undo it.
use super::cases::{Case, State};
use super::grants::{Grant, GrantState};
use super::{HOUR, Model, Wrong};
use crate::operation::{OPERATORS, PEOPLE, Undoer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Grant(usize),
    Agent(usize),
    Owner(usize),
    Source(usize),
    Tool(usize),
    Everything,
}

/// One revocation.
#[derive(Debug, Clone)]
pub struct Stop {
    pub target: Target,
    pub undone: bool,
    /// Who said first that it may be undone, and when.
    first: Option<(usize, i64)>,
}

/// The number of the person who undoes; operators come behind those who decide.
pub fn number(by: Undoer, owner: usize) -> usize {
    match by {
        Undoer::Operator(n) => PEOPLE + n % OPERATORS,
        Undoer::Owner => owner,
    }
}

impl Model {
    /// A stop that stands reaches one of these, or this tool.
    pub(super) fn stopped(&self, actors: impl Iterator<Item = usize> + Clone, tool: usize) -> bool {
        let standing = |stop: &&Stop| !stop.undone;
        self.stops.iter().filter(standing).any(|stop| match stop.target {
            Target::Grant(_) => false,
            Target::Tool(stopped) => stopped == tool,
            target => actors.clone().any(|agent| self.reaches(target, agent)),
        })
    }

    /// Whether an agent is of a target.
    pub(super) fn reaches(&self, target: Target, agent: usize) -> bool {
        let it = &self.agents[agent];
        match target {
            Target::Agent(n) => n == agent,
            Target::Owner(n) => n == it.owner,
            Target::Source(n) => Some(n) == it.source && !self.is(Wrong::SourceStopsNobody),
            Target::Everything => true,
            Target::Grant(_) | Target::Tool(_) => false,
        }
    }

    /// Stops a target, ends what it has and what was handed on from it, and voids what was bound to the lower epoch.
    pub(super) fn revoke(&mut self, target: Target) -> String {
        self.stops.push(Stop { target, undone: false, first: None });
        let reached: Vec<bool> = (0..self.agents.len()).map(|agent| self.reaches(target, agent)).collect();
        for (agent, _) in self.agents.iter_mut().zip(&reached).filter(|(_, reached)| **reached) {
            agent.epoch += 1;
        }
        let (tool_keeps, link_keeps) = (self.is(Wrong::ToolKeepsGrants), self.is(Wrong::LinkKeepsGrants));
        let of_case = |c: &Case| c.question.actors().any(|a| reached[a]) || target == Target::Tool(c.question.tool);
        let of_grant = |n: usize, g: &Grant| match target {
            Target::Grant(one) => one == n,
            Target::Tool(tool) => g.question.tool == tool && !tool_keeps,
            _ if link_keeps => reached[g.question.agent],
            _ => g.question.actors().any(|a| reached[a]),
        };
        self.end(of_case, of_grant)
    }

    /// Ends what a revocation or a task's end takes with it, and counts it.
    pub(super) fn end(&mut self, cases: impl Fn(&Case) -> bool, grants: impl Fn(usize, &Grant) -> bool) -> String {
        let (mut ended, mut approvals, mut escalations) = (0, 0, 0);
        for (n, grant) in self.grants.iter_mut().enumerate() {
            if grant.state == GrantState::Active && grants(n, grant) {
                (grant.state, ended) = (GrantState::Revoked, ended + 1);
            }
        }
        for n in 0..self.cases.len() {
            if !self.cases[n].state.alive() || !cases(&self.cases[n]) {
                continue;
            }
            self.settle(n);
            match self.cases[n].state {
                State::Approved => approvals += 1,
                state if state.open() => escalations += 1,
                _ => continue,
            }
            self.cases[n].state = State::Revoked;
        }
        format!("ended {ended} grants {approvals} approvals {escalations} escalations")
    }

    /// Who owns the target of a stop; of what has no owner, who owns the newest agent.
    pub fn stop_owner(&self, n: usize) -> usize {
        match self.stops[n].target {
            Target::Agent(agent) => self.owner(agent),
            Target::Owner(owner) => owner,
            _ => self.owner(self.agent(0)),
        }
    }

    /// Two people, of whom one is an operator, undo what stops a target now; what it ended stays ended.
    pub(super) fn undo_stop(&mut self, n: usize, by: Undoer) -> String {
        let Stop { target, undone, first } = self.stops[n];
        let last = self.stops.iter().rposition(|stop| stop.target == target) == Some(n);
        if matches!(target, Target::Grant(_)) || undone || !last {
            return "error Conflict".into();
        }
        if by == Undoer::Owner && !matches!(target, Target::Agent(_)) {
            return "error Forbidden".into();
        }
        let who = number(by, self.stop_owner(n));
        match self.second(first, who, Wrong::OneUndoesStop) {
            None => "error Conflict".into(),
            Some(false) => {
                self.stops[n].first = Some((who, self.now));
                "Begun".into()
            }
            Some(true) => {
                self.stops.iter_mut().filter(|stop| stop.target == target).for_each(|stop| stop.undone = true);
                self.contained_again_free(target);
                if self.is(Wrong::UndoRestores) {
                    let now = self.now;
                    let restored = |g: &&mut Grant| g.state == GrantState::Revoked && now < g.due();
                    self.grants.iter_mut().filter(restored).for_each(|g| g.state = GrantState::Active);
                }
                "Lifted".into()
            }
        }
    }

    /// Whether this is the second person's word, within a day of the first's; `None`: the same person said so already.
    pub(super) fn second(&self, first: Option<(usize, i64)>, who: usize, alone: Wrong) -> Option<bool> {
        let waits = |at: i64| self.now < at + 24 * HOUR || self.is(Wrong::WordForEver);
        match first.filter(|(_, at)| waits(*at)) {
            Some((first, _)) if first == who => None,
            found => Some(found.is_some() || self.is(alone)),
        }
    }
}
