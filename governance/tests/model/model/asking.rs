//! A question and its answer: stops, state, chain, build, task, policy, then people (semantics.md, From request to answer).
use super::cases::{Case, Question, State};
use super::policy::{Gate, Required};
use super::votes::answerable;
use super::{MOST_OPEN, Model, SECOND, Wrong, newest};
use crate::operation::{Named, Op};
use std::collections::BTreeSet;

/// A question with its objects found: agents, tools and escalations by their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    pub agent: usize,
    pub through: Vec<usize>,
    pub tool: usize,
    pub amount: usize,
    /// Its name.
    pub task: Option<usize>,
    pub acting: Option<usize>,
    pub starter: Option<usize>,
    pub build: Option<usize>,
    /// An approval that is named: an escalation, or nonsense.
    pub named: Option<Option<usize>>,
}

impl Model {
    /// What an operation asks; `None`: it asks again and nothing was asked before.
    pub fn asking(&self, op: &Op) -> Option<Asking> {
        Some(match *op {
            Op::AskAgain { case, named, starter, build } => {
                let n = newest(self.cases.len(), case)?;
                let q = &self.cases[n].question;
                Asking {
                    agent: q.agent,
                    through: q.through.clone(),
                    tool: q.tool,
                    amount: q.amount,
                    task: q.task.map(|t| self.tasks[t].name),
                    acting: q.acting,
                    starter,
                    build,
                    named: named.then_some(Some(n)),
                }
            }
            Op::Ask(a) => Asking {
                agent: self.agent(a.agent),
                through: a.through.into_iter().flatten().map(|back| self.agent(back)).collect(),
                tool: self.tool(a.tool),
                amount: a.amount,
                task: a.task,
                acting: a.acting,
                starter: a.starter,
                build: a.build,
                named: match a.named {
                    Named::Nothing => None,
                    Named::Newest(back) => Some(newest(self.cases.len(), back)),
                    Named::Nonsense => Some(None),
                },
            },
            _ => return None,
        })
    }

    pub(super) fn ask(&mut self, asking: Asking) -> String {
        let Asking { agent, through, tool, amount, task, acting, starter, build, named } = asking;
        if through.iter().collect::<BTreeSet<_>>().len() < through.len() {
            return "error Invalid".into();
        }
        self.look(agent, build);
        let task = task.and_then(|name| self.latest(name));
        let epoch = self.agents[agent].epoch;
        let mut question = Question { agent, epoch, through, tool, amount, acting, task, gates: BTreeSet::new() };
        if let Some(why) = self.refused(&question, build) {
            return format!("deny {why}");
        }
        let used = self.used(agent, tool);
        // a budget is asked for all the uses of a grant at once
        let gates = match self.gates(&question, used) {
            Ok(gates) if !gates.is_empty() => match Required::of(&gates).uses {
                uses if self.is(Wrong::UsesCountOnce) || uses == 1 => Ok(gates),
                uses => self.gates(&question, used + uses - 1),
            },
            first => first,
        };
        question.gates = match gates {
            Ok(gates) => gates,
            Err(why) => return format!("deny {why}"),
        };
        if question.gates.is_empty() && self.narrowed(&question) && !self.is(Wrong::NarrowedActs) {
            question.gates.insert(Gate::Narrowed);
        }
        if question.gates.is_empty() {
            self.spend(agent, tool, self.now, 1);
            return "permit".into();
        }
        let barred: BTreeSet<usize> = acting.into_iter().chain(starter).collect();
        self.for_people(question, &barred, named, build)
    }

    /// Why a question is denied before policy is asked.
    fn refused(&self, q: &Question, build: Option<usize>) -> Option<&'static str> {
        let acting = q.actors().take(if self.is(Wrong::LinkAsksOn) { 1 } else { usize::MAX });
        if self.stopped(acting, q.tool) {
            return Some("revoked");
        }
        if self.agents[q.agent].suspended {
            return Some("not_active");
        }
        if q.through.contains(&q.agent) && !self.is(Wrong::ChainCircles) {
            return Some("chain_cycle");
        }
        if q.through.iter().any(|link| self.agents[*link].suspended || self.build_waits(*link)) {
            return Some("chain_denied");
        }
        if self.other_build(q.agent, build) && !self.is(Wrong::OtherBuildActs) {
            return Some("build_changed");
        }
        let task = &self.tasks[q.task?];
        match () {
            () if task.agent != q.agent => Some("another_task"),
            () if !task.open || self.now >= task.ends => Some("task_over"),
            () if task.tool.is_some_and(|only| only != q.tool) => Some("outside_task"),
            () => None,
        }
    }

    pub(super) fn narrowed(&self, q: &Question) -> bool {
        q.actors().any(|agent| self.agents[agent].narrowed)
    }

    /// Only gates stand before it: an approval is used up, an open card is joined, or a new one is opened.
    fn for_people(
        &mut self,
        question: Question,
        asking: &BTreeSet<usize>,
        named: Option<Option<usize>>,
        build: Option<usize>,
    ) -> String {
        let required = Required::of(&question.gates);
        let ends = question.task.map(|t| self.tasks[t].ends);
        if required.holds(self.now, ends, None).is_none() && !self.is(Wrong::WindowNever) {
            return "deny outside_window".into();
        }
        if let Some(answer) = self.use_up(&question, asking, named, build) {
            return answer;
        }
        let same = (0..self.cases.len()).find(|n| self.cases[*n].question == question && self.cases[*n].state.open());
        if let Some(n) = same {
            self.settle(n);
            if self.cases[n].state.open() {
                return self.join(n, asking);
            }
        }
        let waiting = self.cases.iter().filter(|c| c.question.agent == question.agent && c.state.open()).count();
        if waiting >= MOST_OPEN && !self.is(Wrong::Crowded) {
            return "deny too_many_pending".into();
        }
        let owners: BTreeSet<usize> = question.actors().map(|agent| self.owner(agent)).collect();
        if !answerable(&required, asking, &owners) {
            return "deny no_approver".into();
        }
        self.cases.push(Case {
            expires: self.now + required.waits(),
            question,
            required,
            state: State::Pending,
            barred: asking.clone(),
            owners,
            votes: vec![],
            opened: self.now,
            released: None,
            learned: None,
            asked: self.now,
        });
        format!("escalate E{}", self.cases.len() - 1)
    }

    /// Whom asking again bars is barred from then on, and what they voted does not stand, nor do the others on that card.
    fn join(&mut self, n: usize, asking: &BTreeSet<usize>) -> String {
        let now = self.now;
        let case = &mut self.cases[n];
        if now < case.asked + SECOND {
            return "error TooMany".into();
        }
        case.asked = now;
        case.barred.extend(asking);
        if case.votes.iter().any(|by| asking.contains(by)) {
            case.votes.clear();
            case.state = State::Pending;
        }
        format!("escalate E{n}")
    }
}
