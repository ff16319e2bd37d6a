//! The sequential specification of decisions, escalations, approvals, grants, leases, budgets, hand-offs, stops and tasks, from
//! semantics.md: no code of the engine stands behind it.
mod approvals;
mod asking;
mod cases;
mod containments;
mod counters;
mod grants;
mod policy;
mod register;
mod renewal;
mod stops;
mod time;
mod votes;
mod wrong;

use crate::operation::{Op, TASKS, TOOLS};
pub use asking::Asking;
use cases::Case;
use containments::Containment;
use counters::Spent;
use grants::Grant;
use register::Agent;
pub use register::{source, team};
pub use stops::number;
use stops::{Stop, Target};
pub use wrong::Wrong;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const MOST_OPEN: usize = 20;

#[derive(Debug, Clone)]
struct Task {
    name: usize,
    agent: usize,
    tool: Option<usize>,
    ends: i64,
    open: bool,
}

#[derive(Debug, Clone)]
pub struct Model {
    wrong: Option<Wrong>,
    /// Milliseconds since the start, which is at the beginning of a window.
    pub now: i64,
    agents: Vec<Agent>,
    /// The newest action in use.
    tool: usize,
    pub stops: Vec<Stop>,
    containments: Vec<Containment>,
    pub cases: Vec<Case>,
    grants: Vec<Grant>,
    tasks: Vec<Task>,
    spent: Vec<Spent>,
}

/// Of a list counted from its end; `None` of an empty one.
pub fn newest(count: usize, back: usize) -> Option<usize> {
    (count > 0).then(|| count - 1 - back.min(count - 1))
}

impl Model {
    pub fn new(wrong: Option<Wrong>) -> Self {
        Self {
            wrong,
            now: 0,
            agents: vec![],
            tool: 2,
            stops: vec![],
            containments: vec![],
            cases: vec![],
            grants: vec![],
            tasks: vec![],
            spent: vec![],
        }
    }
    /// The rule it has wrong.
    pub fn wrong(&self) -> Option<Wrong> {
        self.wrong
    }
    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == Some(wrong)
    }
    pub fn agent(&self, back: usize) -> usize {
        newest(self.agents.len(), back).unwrap_or(0)
    }
    pub fn tool(&self, back: usize) -> usize {
        self.tool - back.min(self.tool)
    }

    /// What the engine must answer, in one line; the clock is the operation's.
    pub fn step(&mut self, op: &Op) -> String {
        match *op {
            Op::NewAgent { owner } => self.add_agent(owner),
            Op::NextTool => {
                self.tool = (self.tool + 1).min(TOOLS - 1);
                "next".into()
            }
            Op::Ask(_) | Op::AskAgain { .. } => match self.asking(op) {
                None => "nothing".into(),
                Some(asking) => self.ask(asking),
            },
            Op::Vote { case, by, approve, care, stale } => {
                self.on_case(case, |m, n| m.vote(n, by, approve, care, stale))
            }
            Op::Undo { case, by } => self.on_case(case, |m, n| m.undo(n, by)),
            Op::Cancel { case } => self.on_case(case, Self::cancel),
            Op::Poll { case } => self.on_case(case, Self::poll),
            Op::Redeem { grant, own } => self.on_grant(grant, |m, n| m.redeem(n, own)),
            Op::Renew { grant, own } => self.on_grant(grant, |m, n| m.renew(n, own)),
            Op::RevokeGrant { grant } => self.on_grant(grant, |m, n| m.revoke(Target::Grant(n))),
            Op::RevokeAgent { agent } => self.revoke(Target::Agent(self.agent(agent))),
            Op::RevokeOwner { agent } => self.revoke(Target::Owner(self.owner(self.agent(agent)))),
            Op::RevokeSource { agent } => match self.source(self.agent(agent)) {
                None => "nothing".into(),
                Some(source) => self.revoke(Target::Source(source)),
            },
            Op::RevokeTool { tool } => self.revoke(Target::Tool(self.tool(tool))),
            Op::RevokeEverything => self.revoke(Target::Everything),
            Op::UndoStop { stop, by } => match newest(self.stops.len(), stop) {
                None => "nothing".into(),
                Some(n) => self.undo_stop(n, by),
            },
            Op::Suspend { agent } => self.suspend(self.agent(agent)),
            Op::Resume { agent } => self.resume(self.agent(agent)),
            Op::ApproveBuild { agent, build } => self.approve_build(self.agent(agent), build),
            Op::Report { agent, measure } => self.report(self.agent(agent), measure),
            Op::UndoContainment { containment, by } => match newest(self.containments.len(), containment) {
                None => "nothing".into(),
                Some(n) => self.undo_containment(n, by),
            },
            Op::OpenTask { task, agent, all, seconds } => self.open_task(task, agent, all, seconds),
            Op::CloseTask { task } => match self.latest(task) {
                None => "error NotFound".into(),
                Some(t) if !self.tasks[t].open => "error Conflict".into(),
                Some(t) => self.end_task(t),
            },
            Op::Wait { sweep: true, .. } => self.sweep(),
            Op::Wait { .. } => "waited".into(),
        }
    }

    fn on_case(&mut self, back: usize, f: impl FnOnce(&mut Self, usize) -> String) -> String {
        match newest(self.cases.len(), back) {
            None => "nothing".into(),
            Some(n) => f(self, n),
        }
    }
    fn on_grant(&mut self, back: usize, f: impl FnOnce(&mut Self, usize) -> String) -> String {
        match newest(self.grants.len(), back) {
            None => "nothing".into(),
            Some(n) => f(self, n),
        }
    }

    fn open_task(&mut self, name: usize, agent: usize, all: bool, seconds: u32) -> String {
        let name = name % TASKS;
        if self.tasks.iter().any(|t| t.name == name && t.open) {
            return "error Conflict".into();
        }
        let (agent, tool) = (self.agent(agent), (!all).then(|| self.tool(0)));
        self.tasks.push(Task { name, agent, tool, ends: self.now + i64::from(seconds) * SECOND, open: true });
        "opened".into()
    }

    /// The task of that name that is open, else the last that was.
    fn latest(&self, name: usize) -> Option<usize> {
        let named = || self.tasks.iter().enumerate().filter(|(_, t)| t.name == name % TASKS);
        named().find(|(_, t)| t.open).or_else(|| named().next_back()).map(|(n, _)| n)
    }

    fn end_task(&mut self, t: usize) -> String {
        self.tasks[t].open = false;
        let keeps = self.is(Wrong::TaskKeepsGrants);
        self.end(|c| c.question.task == Some(t), |_, g| g.question.task == Some(t) && !keeps)
    }
}
