//! The sequential specification of escalations, approvals, grants, revocations and tasks, from semantics.md: no code of the
//! engine stands behind it.
use crate::operation::{AMOUNTS, Asked, Named, Op, TASKS, TOOLS, Until};
use std::collections::BTreeSet;

/// A rule told wrongly: what shows that a difference is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// An approval can still be used at the instant of its end.
    EndIncluded,
    /// An owner's vote suffices.
    OwnerAlone,
    /// What was approved for a task outlives it.
    TaskKeepsGrants,
    /// An undo works after the hold.
    UndoAlways,
    /// A stop of a tool leaves its grants.
    ToolKeepsGrants,
    /// An approval yields as many permits as are asked for.
    NeverUsedUp,
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const MOST_OPEN: usize = 20;

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
    fn open(self) -> bool {
        matches!(self, Self::Pending | Self::Held(_))
    }
    pub fn alive(self) -> bool {
        self.open() || self == Self::Approved
    }
}

/// What makes two questions the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Question {
    agent: usize,
    tool: usize,
    amount: usize,
    acting: Option<usize>,
    task: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Case {
    question: Question,
    pub state: State,
    barred: BTreeSet<usize>,
    /// Who approved or denied.
    votes: Vec<usize>,
    opened: i64,
    expires: i64,
    released: Option<i64>,
    learned: Option<i64>,
    asked: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    Active,
    Consumed,
    Expired,
    Revoked,
}

#[derive(Debug, Clone)]
pub struct Grant {
    agent: usize,
    tool: usize,
    task: Option<usize>,
    pub state: GrantState,
    ends: i64,
}

#[derive(Debug, Clone)]
struct Task {
    name: usize,
    agent: usize,
    tool: Option<usize>,
    ends: i64,
    open: bool,
}

#[derive(Debug, Clone)]
struct Agent {
    owner: usize,
    stopped: bool,
}

#[derive(Debug, Clone)]
pub struct Model {
    wrong: Option<Wrong>,
    /// Milliseconds since the start.
    pub now: i64,
    agents: Vec<Agent>,
    /// The newest action in use.
    tool: usize,
    stopped_tools: BTreeSet<usize>,
    stopped_owners: BTreeSet<usize>,
    everything: bool,
    pub cases: Vec<Case>,
    pub grants: Vec<Grant>,
    tasks: Vec<Task>,
}

/// Of a list counted from its end; `None` of an empty one.
pub fn newest(count: usize, back: usize) -> Option<usize> {
    (count > 0).then(|| count - 1 - back.min(count - 1))
}

fn low(amount: usize) -> bool {
    amount != 2
}

impl Model {
    pub fn new(wrong: Option<Wrong>) -> Self {
        Self {
            wrong,
            now: 0,
            agents: vec![],
            tool: 2,
            stopped_tools: BTreeSet::new(),
            stopped_owners: BTreeSet::new(),
            everything: false,
            cases: vec![],
            grants: vec![],
            tasks: vec![],
        }
    }
    pub fn agent(&self, back: usize) -> usize {
        newest(self.agents.len(), back).unwrap_or(0)
    }
    pub fn tool(&self, back: usize) -> usize {
        self.tool - back.min(self.tool)
    }
    pub fn owner(&self, agent: usize) -> usize {
        self.agents[agent].owner
    }
    /// The clock after an operation's own wait.
    pub fn wait(&self, until: Until) -> i64 {
        match until {
            Until::Milliseconds(n) => self.now + n,
            Until::Due(off) => {
                let dues = self.cases.iter().filter_map(|c| self.due_at(c));
                let grants = self.grants.iter().filter(|g| g.state == GrantState::Active).map(|g| g.ends);
                let tasks = self.tasks.iter().filter(|t| t.open).map(|t| t.ends);
                let next = dues.chain(grants).chain(tasks).filter(|at| *at > self.now + 1).min();
                next.map_or(self.now + 1, |at| (at + off).max(self.now))
            }
        }
    }

    fn usable_until(&self, c: &Case) -> i64 {
        let released = c.released.unwrap_or(i64::MIN / 2);
        let end = c.learned.map_or(released + 4 * HOUR, |known| (released + 4 * HOUR).min(known + 10 * MINUTE));
        end + i64::from(self.wrong == Some(Wrong::EndIncluded))
    }
    fn due_at(&self, c: &Case) -> Option<i64> {
        match c.state {
            State::Pending => Some(c.expires),
            State::Held(until) => Some(until.min(c.expires)),
            State::Approved => Some(self.usable_until(c)),
            _ => None,
        }
    }
    fn settle(&mut self, n: usize) {
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

    /// What the engine must answer, in one line; the clock is the operation's.
    pub fn step(&mut self, op: &Op) -> String {
        match *op {
            Op::NewAgent { owner } => {
                self.agents.push(Agent { owner, stopped: false });
                "added".into()
            }
            Op::NextTool => {
                self.tool = (self.tool + 1).min(TOOLS - 1);
                "next".into()
            }
            Op::Ask(asked) => self.ask(asked),
            Op::Vote { case, by, approve, care, stale } => {
                self.on_case(case, |m, n| m.vote(n, by, approve, care, stale))
            }
            Op::Undo { case, by } => self.on_case(case, |m, n| m.undo(n, by)),
            Op::Cancel { case } => self.on_case(case, |m, n| {
                m.settle(n);
                if !m.cases[n].state.open() {
                    return "error Conflict".into();
                }
                m.cases[n].state = State::Cancelled;
                m.said(n)
            }),
            Op::Poll { case } => self.on_case(case, |m, n| {
                m.settle(n);
                if m.cases[n].state == State::Approved {
                    let now = m.now;
                    m.cases[n].learned.get_or_insert(now);
                }
                m.said(n)
            }),
            Op::Redeem { grant, own } => match newest(self.grants.len(), grant) {
                None => "nothing".into(),
                Some(n) => self.redeem(n, own),
            },
            Op::RevokeGrant { grant } => match newest(self.grants.len(), grant) {
                None => "nothing".into(),
                Some(n) => self.end(|_, _| false, |i, _| i == n),
            },
            Op::RevokeAgent { agent } => {
                let agent = self.agent(agent);
                self.agents[agent].stopped = true;
                self.end(|_, c| c.question.agent == agent, |_, g| g.agent == agent)
            }
            Op::RevokeOwner { agent } => {
                let owner = self.owner(self.agent(agent));
                self.stopped_owners.insert(owner);
                let owned: Vec<bool> = self.agents.iter().map(|a| a.owner == owner).collect();
                self.end(|_, c| owned[c.question.agent], |_, g| owned[g.agent])
            }
            Op::RevokeTool { tool } => {
                let tool = self.tool(tool);
                self.stopped_tools.insert(tool);
                let keeps = self.wrong == Some(Wrong::ToolKeepsGrants);
                self.end(|_, c| c.question.tool == tool, |_, g| g.tool == tool && !keeps)
            }
            Op::RevokeEverything => {
                self.everything = true;
                self.end(|_, _| true, |_, _| true)
            }
            Op::OpenTask { task, agent, all, seconds } => {
                if self.tasks.iter().any(|t| t.name == task % TASKS && t.open) {
                    return "error Conflict".into();
                }
                let (agent, tool) = (self.agent(agent), (!all).then(|| self.tool(0)));
                let ends = self.now + i64::from(seconds) * SECOND;
                self.tasks.push(Task { name: task % TASKS, agent, tool, ends, open: true });
                "opened".into()
            }
            Op::CloseTask { task } => match self.latest(task) {
                None => "error NotFound".into(),
                Some(t) if !self.tasks[t].open => "error Conflict".into(),
                Some(t) => self.end_task(t),
            },
            Op::Wait { sweep, .. } => {
                if sweep {
                    self.sweep()
                } else {
                    "waited".into()
                }
            }
        }
    }

    fn on_case(&mut self, back: usize, f: impl FnOnce(&mut Self, usize) -> String) -> String {
        match newest(self.cases.len(), back) {
            None => "nothing".into(),
            Some(n) => f(self, n),
        }
    }
    fn said(&self, n: usize) -> String {
        format!("{} {}", self.cases[n].state.word(), self.cases[n].votes.len())
    }

    /// The task of that name that is open, else the last that was.
    fn latest(&self, name: usize) -> Option<usize> {
        let named = || self.tasks.iter().enumerate().filter(|(_, t)| t.name == name % TASKS);
        named().find(|(_, t)| t.open).or_else(|| named().next_back()).map(|(n, _)| n)
    }

    fn ask(&mut self, asked: Asked) -> String {
        let Asked { amount, acting, starter, named, .. } = asked;
        let (agent, tool) = (self.agent(asked.agent), self.tool(asked.tool));
        let who = &self.agents[agent];
        let stopped = self.everything || who.stopped || self.stopped_owners.contains(&who.owner);
        if stopped || self.stopped_tools.contains(&tool) {
            return "deny revoked".into();
        }
        let task = asked.task.and_then(|name| self.latest(name));
        if let Some(t) = task.map(|t| &self.tasks[t]) {
            if t.agent != agent {
                return "deny another_task".into();
            }
            if !t.open || self.now >= t.ends {
                return "deny task_over".into();
            }
            if t.tool.is_some_and(|only| only != tool) {
                return "deny outside_task".into();
            }
        }
        if AMOUNTS[amount] <= 100 {
            return "permit".into();
        }
        let question = Question { agent, tool, amount, acting, task };
        let asking: BTreeSet<usize> = acting.into_iter().chain(starter).collect();
        if let Some(answer) = self.use_up(question, &asking, named) {
            return answer;
        }
        let same = (0..self.cases.len()).find(|n| self.cases[*n].question == question && self.cases[*n].state.open());
        if let Some(n) = same {
            self.settle(n);
            if self.cases[n].state.open() {
                return self.join(n, &asking);
            }
        }
        let waiting = self.cases.iter().filter(|c| c.question.agent == agent && c.state.open()).count();
        if waiting >= MOST_OPEN {
            return "deny too_many_pending".into();
        }
        if amount == 3 && asking.contains(&4) {
            return "deny no_approver".into();
        }
        let wait = if low(amount) { 4 * HOUR } else { 30 * MINUTE };
        self.cases.push(Case {
            question,
            state: State::Pending,
            barred: asking,
            votes: vec![],
            opened: self.now,
            expires: self.now + wait,
            released: None,
            learned: None,
            asked: self.now,
        });
        format!("escalate E{}", self.cases.len() - 1)
    }

    /// The permit of an approval that stands for this question, or why the one it names is none; `None`: none stands.
    fn use_up(&mut self, question: Question, asking: &BTreeSet<usize>, named: Named) -> Option<String> {
        let n = match named {
            Named::Nonsense => return Some("deny approval_unverifiable".into()),
            Named::Newest(back) => match newest(self.cases.len(), back) {
                Some(n) if self.cases[n].question.agent == question.agent => n,
                _ => return Some("deny approval_unverifiable".into()),
            },
            Named::Nothing => {
                let found = |c: &&Case| c.question == question && matches!(c.state, State::Held(_) | State::Approved);
                let newest = self.cases.iter().filter(found).max_by_key(|c| c.opened)?.opened;
                self.cases.iter().position(|c| c.opened == newest && found(&c))?
            }
        };
        self.settle(n);
        let by_name = named != Named::Nothing;
        let case = &self.cases[n];
        if by_name {
            let word = match case.state {
                _ if case.question != question => "out_of_scope",
                State::Approved => "",
                State::Pending | State::Held(_) => "grant_pending",
                State::Denied => "policy_denied",
                _ => "approval_expired",
            };
            if !word.is_empty() {
                return Some(format!("deny {word}"));
            }
        }
        if case.state != State::Approved {
            return None;
        }
        if case.votes.iter().any(|by| asking.contains(by)) {
            return by_name.then(|| "deny out_of_scope".into());
        }
        if self.wrong != Some(Wrong::NeverUsedUp) {
            self.cases[n].state = State::Consumed;
        }
        let life = if question.amount == 3 { 5 * MINUTE } else { 15 * MINUTE };
        let ends = question.task.map_or(i64::MAX, |t| self.tasks[t].ends).min(self.now + life);
        let Question { agent, tool, task, .. } = question;
        self.grants.push(Grant { agent, tool, task, state: GrantState::Active, ends });
        Some(format!("permit approved E{n} G{}", self.grants.len() - 1))
    }

    fn join(&mut self, n: usize, asking: &BTreeSet<usize>) -> String {
        let now = self.now;
        let case = &mut self.cases[n];
        if now < case.asked + SECOND {
            return "error TooMany".into();
        }
        case.asked = now;
        case.barred.extend(asking);
        // a vote of who asks does not stand, nor do the others on that card
        if case.votes.iter().any(|by| asking.contains(by)) {
            case.votes.clear();
            case.state = State::Pending;
        }
        format!("escalate E{n}")
    }

    fn vote(&mut self, n: usize, by: usize, approve: bool, care: bool, stale: bool) -> String {
        self.settle(n);
        let owner = self.owner(self.cases[n].question.agent);
        let case = &mut self.cases[n];
        let error = |kind: &str| format!("error {kind}");
        match case.state {
            State::Pending => {}
            State::Held(_) if !approve => {}
            _ => return error("Conflict"),
        }
        if stale {
            return error("Conflict");
        }
        let decides = if case.question.amount == 3 { by == 4 } else { !matches!(by, 4 | 5) };
        if case.barred.contains(&by) || !decides {
            return error("Forbidden");
        }
        if case.votes.contains(&by) {
            return error("Conflict");
        }
        if approve && !care && !low(case.question.amount) {
            return error("Invalid");
        }
        case.votes.push(by);
        if !approve {
            case.state = State::Denied;
            return self.said(n);
        }
        self.if_enough(n, owner);
        self.said(n)
    }

    fn if_enough(&mut self, n: usize, owner: usize) {
        let (now, wrong) = (self.now, self.wrong);
        let case = &mut self.cases[n];
        let (quorum, low) = if low(case.question.amount) { (1, true) } else { (2, false) };
        let not_alone = case.votes.iter().any(|by| *by != owner) || wrong == Some(Wrong::OwnerAlone);
        if case.votes.len() < quorum || !not_alone || case.votes.is_empty() {
            return;
        }
        if low {
            case.state = State::Held(now + 10 * SECOND);
        } else {
            (case.state, case.released) = (State::Approved, Some(now));
        }
    }

    fn undo(&mut self, n: usize, by: usize) -> String {
        self.settle(n);
        let owner = self.owner(self.cases[n].question.agent);
        let case = &mut self.cases[n];
        let late = self.wrong == Some(Wrong::UndoAlways) && case.state == State::Approved;
        if !matches!(case.state, State::Held(_)) && !late {
            return "error Conflict".into();
        }
        if !case.votes.contains(&by) {
            return "error Forbidden".into();
        }
        case.votes.retain(|v| *v != by);
        case.state = State::Pending;
        self.if_enough(n, owner);
        self.said(n)
    }

    fn redeem(&mut self, n: usize, own: bool) -> String {
        // somebody else's key: there is always an agent that is not its own
        if !own {
            return "error NotFound".into();
        }
        let now = self.now;
        let grant = &mut self.grants[n];
        match grant.state {
            GrantState::Active if now >= grant.ends => "error Expired".into(),
            GrantState::Active => {
                let who = &self.agents[grant.agent];
                let stops = self.everything || who.stopped || self.stopped_owners.contains(&who.owner);
                if stops || self.stopped_tools.contains(&grant.tool) {
                    return "error Conflict".into();
                }
                grant.state = GrantState::Consumed;
                "redeemed 0".into()
            }
            GrantState::Expired => "error Expired".into(),
            GrantState::Consumed | GrantState::Revoked => "error Conflict".into(),
        }
    }

    /// Ends what a revocation or a task's end takes with it, and counts it.
    fn end(&mut self, cases: impl Fn(usize, &Case) -> bool, grants: impl Fn(usize, &Grant) -> bool) -> String {
        let (mut ended, mut approvals, mut escalations) = (0, 0, 0);
        for (n, grant) in self.grants.iter_mut().enumerate() {
            if grant.state == GrantState::Active && grants(n, grant) {
                (grant.state, ended) = (GrantState::Revoked, ended + 1);
            }
        }
        for n in 0..self.cases.len() {
            if !self.cases[n].state.alive() || !cases(n, &self.cases[n]) {
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

    fn end_task(&mut self, t: usize) -> String {
        self.tasks[t].open = false;
        let keeps = self.wrong == Some(Wrong::TaskKeepsGrants);
        self.end(|_, c| c.question.task == Some(t), |_, g| g.task == Some(t) && !keeps)
    }

    /// What time has made due: cases, then grants, then tasks.
    fn sweep(&mut self) -> String {
        (0..self.cases.len()).for_each(|n| self.settle(n));
        let mut grants = 0;
        for grant in self.grants.iter_mut().filter(|g| g.state == GrantState::Active && self.now >= g.ends) {
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
