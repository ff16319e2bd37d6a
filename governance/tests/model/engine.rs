//! The same operations on the engine, and its answers in the model's words.
mod asking;
mod stopping;
mod world;

use crate::model::{Model, newest};
use crate::operation::Op;
use chrono::TimeDelta;
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Ctx, Role};
use governance::error::Error;
use governance::escalation::Record;
use governance::grant::Status as GrantStatus;
use governance::id::{ContainmentId, EscalationId, GrantId, IdentityId, PersonId, RevocationId, SourceId};
use governance::identity::Status;
use governance::revocation::{Ended, Target};
use governance::store;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

struct Agent {
    id: IdentityId,
    name: String,
    actor: Actor,
}

pub struct Engine {
    pub t: Fresh,
    start: Timestamp,
    /// Operations so far.
    steps: usize,
    people: Vec<PersonId>,
    gateway: Ctx,
    agents: Vec<Agent>,
    sources: BTreeMap<usize, SourceId>,
    cases: Vec<EscalationId>,
    grants: Vec<GrantId>,
    stops: Vec<RevocationId>,
    containments: Vec<ContainmentId>,
}

impl Engine {
    fn person(&self, n: usize) -> Ctx {
        self.t.gov.ctx(Actor::Person { id: self.people[n], roles: [Role::Approver].into() })
    }
    fn caller(&self, agent: usize) -> Ctx {
        self.t.gov.ctx(self.agents[agent].actor.clone())
    }
    fn since(&self, at: Timestamp) -> i64 {
        (at - self.start).num_milliseconds()
    }
    async fn record(&self, n: usize) -> Record {
        let mut tx = self.t.gov.read().await.unwrap();
        store::escalations::get(&mut tx, self.cases[n]).await.unwrap().unwrap()
    }
    fn of_case(&self, record: &Record) -> usize {
        self.agents.iter().position(|a| a.id == record.escalation.agent).unwrap()
    }

    /// Does it, with the clock at the model's; `model` tells which object is meant, and is before its own step. Where a busy
    /// machine did not answer in time, it is asked the same once more.
    pub async fn step(&mut self, op: &Op, model: &Model) -> String {
        self.t.clock.set(self.start + TimeDelta::milliseconds(model.now));
        self.steps += 1;
        for _ in 0..20 {
            let answer = self.once(op, model).await;
            if answer != "error Unavailable" {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        panic!("{op:?} was not answered: the machine is too busy, or the engine is stuck")
    }

    async fn once(&mut self, op: &Op, model: &Model) -> String {
        let nothing = || "nothing".to_owned();
        match *op {
            Op::NewAgent { owner } => self.add_agent(owner).await,
            Op::NextTool => "next".into(),
            Op::Ask(_) | Op::AskAgain { .. } => match model.asking(op) {
                None => nothing(),
                Some(asking) => self.ask(asking).await,
            },
            Op::Vote { case, .. } | Op::Undo { case, .. } | Op::Cancel { case } | Op::Poll { case } => {
                match newest(self.cases.len(), case) {
                    None => nothing(),
                    Some(n) => self.on_case(n, op).await,
                }
            }
            Op::Redeem { grant, .. } | Op::Renew { grant, .. } | Op::RevokeGrant { grant } => {
                match newest(self.grants.len(), grant) {
                    None => nothing(),
                    Some(n) => self.on_grant(n, op).await,
                }
            }
            Op::RevokeAgent { agent } => self.revoke(Target::Identity(self.agents[model.agent(agent)].id)).await,
            Op::RevokeOwner { agent } => self.revoke(Target::Owner(self.people[model.owner(model.agent(agent))])).await,
            Op::RevokeSource { agent } => match model.source(model.agent(agent)) {
                None => nothing(),
                Some(n) => self.revoke(Target::Source(self.sources[&n])).await,
            },
            Op::RevokeTool { tool } => self.revoke(Target::Tool(format!("tool-{}", model.tool(tool)))).await,
            Op::RevokeEverything => self.revoke(Target::Everything).await,
            Op::UndoStop { stop, by } => match newest(self.stops.len(), stop) {
                None => nothing(),
                Some(n) => self.undo_stop(n, by, model).await,
            },
            Op::Suspend { agent } => self.become_status(model.agent(agent), Status::Suspended, "suspended").await,
            Op::Resume { agent } => self.become_status(model.agent(agent), Status::Active, "resumed").await,
            Op::ApproveBuild { agent, build } => self.approve_build(model.agent(agent), build).await,
            Op::Report { agent, measure } => self.report(model.agent(agent), measure).await,
            Op::UndoContainment { containment, by } => match newest(self.containments.len(), containment) {
                None => nothing(),
                Some(n) => self.undo_containment(n, by, model).await,
            },
            Op::OpenTask { task, agent, all, seconds } => {
                let tools = (!all).then(|| format!("tool-{}", model.tool(0)));
                let new = NewTask {
                    reference: format!("task-{task}"),
                    purpose: "to see what becomes of it".into(),
                    agent: self.agents[model.agent(agent)].id.to_string(),
                    tools: tools.into_iter().collect(),
                    ends_in_s: Some(seconds),
                    ..NewTask::default()
                };
                self.t.gov.task_open(&self.t.operator(), &new, None).await.map_or_else(error, |_| "opened".into())
            }
            Op::CloseTask { task } => {
                let done = self.t.gov.task_close(&self.t.operator(), &format!("task-{task}"), "it is done", None).await;
                done.map_or_else(error, |closed| ended(&closed.ended))
            }
            Op::Wait { sweep: false, .. } => "waited".into(),
            Op::Wait { .. } => self.sweep().await,
        }
    }

    async fn on_case(&self, n: usize, op: &Op) -> String {
        let (gov, id, record) = (&self.t.gov, self.cases[n], self.record(n).await);
        let agent = self.caller(self.of_case(&record));
        let done = match *op {
            Op::Vote { by, approve, care, stale, .. } => {
                let cast = self.cast(&record, approve, care, stale);
                gov.escalation_vote(&self.person(by), id, cast).await
            }
            Op::Undo { by, .. } => gov.escalation_undo(&self.person(by), id).await,
            Op::Cancel { .. } => gov.escalation_cancel(&agent, id).await,
            _ => gov.escalation_poll(&agent, id).await,
        };
        done.map_or_else(error, |r| format!("{} {}", r.escalation.phase(), r.escalation.votes.len()))
    }

    async fn on_grant(&mut self, n: usize, op: &Op) -> String {
        let id = self.grants[n];
        let mut tx = self.t.gov.read().await.unwrap();
        let before = store::grants::get(&mut tx, id).await.unwrap().unwrap();
        drop(tx);
        let holder = self.agents.iter().position(|a| a.id == before.identity).unwrap();
        let by = |own: bool| self.caller(if own { holder } else { (holder + 1) % self.agents.len() });
        match *op {
            Op::Redeem { own, .. } => {
                let done = self.t.gov.grant_redeem(&by(own), id, None).await;
                done.map_or_else(error, |done| format!("redeemed {}", done.uses_left))
            }
            Op::Renew { own, .. } => match self.t.gov.grant_renew(&by(own), id, None).await {
                Ok(done) => format!("renewed until {}", self.since(done.lease.renew_by)),
                Err(e) => {
                    let after = self.t.gov.grant_get(&self.t.operator(), id).await.unwrap();
                    let lost = before.status == GrantStatus::Active && after.status == GrantStatus::Revoked;
                    if lost { format!("lost {:?}", e.kind) } else { error(e) }
                }
            },
            _ => self.revoke(Target::Grant(id)).await,
        }
    }

    async fn sweep(&self) -> String {
        let gov = &self.t.gov;
        let ctx = gov.ctx(Actor::System("sweep"));
        gov.escalation_sweep(&ctx).await.unwrap();
        let grants = gov.grant_sweep().await.unwrap();
        let tasks = gov.task_sweep(&ctx).await.unwrap();
        let mut tx = gov.read().await.unwrap();
        let alive = store::escalations::alive(&mut tx, "", 10_000).await.unwrap();
        let active = store::grants::active(&mut tx, "", 10_000).await.unwrap().len();
        let words: Vec<_> = alive.iter().map(|(_, phase)| phase.as_str()).collect();
        format!("swept {grants} grants {tasks} tasks, {active} active; {}", words.join(", "))
    }
}

fn email(n: usize) -> String {
    format!("person-{n}@example.com")
}
fn number<T: PartialEq>(all: &mut Vec<T>, id: T) -> usize {
    all.iter().position(|known| *known == id).unwrap_or_else(|| {
        all.push(id);
        all.len() - 1
    })
}
fn error(e: Error) -> String {
    format!("error {:?}", e.kind)
}
fn ended(e: &Ended) -> String {
    format!("ended {} grants {} approvals {} escalations", e.grants, e.approvals, e.escalations)
}
