//! The same operations on the engine, and its answers in the model's words.
use crate::model::{Model, newest};
use crate::operation::{AMOUNTS, Asked, FIRST_OWNER, Named, Op, PEOPLE, TOOLS};
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::escalations::Cast;
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::people::NewPerson;
use governance::engine::policies::Release;
use governance::engine::tasks::NewTask;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Result;
use governance::escalation::{ReasonCode, Record, StepUp, Verdict};
use governance::id::{EscalationId, GrantId, IdentityId, PersonId};
use governance::identity::Kind;
use governance::revocation::{Ended, Target};
use governance::store;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use serde_json::{Map, json};
use std::collections::BTreeMap;

const MANIFEST: &str = "name = \"model\"\ndescription = \"for the model test\"\n[types]\nagent = \"Agent\"\n";
const GATES: &str = r#"
@id("allow") permit (principal is Agent, action, resource);
@id("over") @approval("finance") @tier("low") @quorum("1") @grant("PT15M")
forbid (principal, action, resource) when { context.input.amount > 100 && context.input.amount <= 1000 };
@id("far-over") @approval("finance") @tier("high") @quorum("2") @grant("PT15M")
forbid (principal, action, resource) when { context.input.amount > 1000 && context.input.amount <= 10000 };
@id("legal") @approval("legal") @tier("low") @quorum("1")
forbid (principal, action, resource) when { context.input.amount > 10000 };
"#;

struct Agent {
    id: IdentityId,
    name: String,
    actor: Actor,
}

pub struct Engine {
    pub t: Fresh,
    start: Timestamp,
    people: Vec<PersonId>,
    agents: Vec<Agent>,
    cases: Vec<EscalationId>,
    grants: Vec<GrantId>,
}

impl Engine {
    /// Everybody in their roles for more than a day, so that no vote is too young to count alone.
    pub async fn new(t: Fresh) -> Self {
        let mut people = Vec::new();
        for n in 0..PEOPLE {
            let group = match n {
                4 => "legal",
                5 => "nobody",
                _ => "finance",
            };
            let new = NewPerson {
                email: email(n),
                name: format!("person {n}"),
                roles: [Role::Approver].into(),
                groups: [group.to_owned()].into(),
                manager: None,
            };
            people.push(t.gov.person_add(&t.operator(), new).await.unwrap().id);
        }
        let mut schema = String::from(
            "entity Team;\nentity Agent in [Team] = { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };\nentity account;\n",
        );
        for n in 0..TOOLS {
            schema += &format!(
                "action \"tool-{n}\" appliesTo {{ principal: [Agent], resource: [account], context: {{ input: {{ amount: Long }} }} }};\n"
            );
        }
        let files = [("bundle.toml", MANIFEST), ("schema.cedarschema", &schema), ("policies/gates.cedar", GATES)];
        let files: BTreeMap<_, _> = files.iter().map(|(n, text)| ((*n).to_owned(), text.as_bytes().to_vec())).collect();
        t.gov.policy_activate(&t.operator(), Release::Files(&files), None).await.unwrap();
        t.clock.advance(TimeDelta::hours(25));
        let start = t.gov.now();
        Self { t, start, people, agents: vec![], cases: vec![], grants: vec![] }
    }

    fn person(&self, n: usize) -> Ctx {
        self.t.gov.ctx(Actor::Person { id: self.people[n], roles: [Role::Approver].into() })
    }
    fn caller(&self, agent: usize) -> Ctx {
        self.t.gov.ctx(self.agents[agent].actor.clone())
    }
    async fn record(&self, n: usize) -> Record {
        let mut tx = self.t.gov.read().await.unwrap();
        store::escalations::get(&mut tx, self.cases[n]).await.unwrap().unwrap()
    }
    fn of_case(&self, record: &Record) -> usize {
        self.agents.iter().position(|a| a.id == record.escalation.agent).unwrap()
    }

    /// Does it, with the clock at the model's; `model` tells which object is meant, and is before its own step.
    pub async fn step(&mut self, op: &Op, model: &Model) -> String {
        self.t.clock.set(self.start + TimeDelta::milliseconds(model.now));
        let gov = self.t.gov.clone();
        let operator = self.t.operator();
        match *op {
            Op::NewAgent { owner } => self.add_agent(owner).await,
            Op::NextTool => "next".into(),
            Op::Ask(asked) => self.ask(asked, model).await,
            Op::Vote { case, by, approve, care, stale } => match newest(self.cases.len(), case) {
                None => "nothing".into(),
                Some(n) => {
                    let cast = self.cast(&self.record(n).await, approve, care, stale);
                    said(gov.escalation_vote(&self.person(by), self.cases[n], cast).await)
                }
            },
            Op::Undo { case, by } => match newest(self.cases.len(), case) {
                None => "nothing".into(),
                Some(n) => said(gov.escalation_undo(&self.person(by), self.cases[n]).await),
            },
            Op::Cancel { case } | Op::Poll { case } => match newest(self.cases.len(), case) {
                None => "nothing".into(),
                Some(n) => {
                    let ctx = self.caller(self.of_case(&self.record(n).await));
                    match op {
                        Op::Cancel { .. } => said(gov.escalation_cancel(&ctx, self.cases[n]).await),
                        _ => said(gov.escalation_poll(&ctx, self.cases[n]).await),
                    }
                }
            },
            Op::Redeem { grant, own } => match newest(self.grants.len(), grant) {
                None => "nothing".into(),
                Some(n) => self.redeem(n, own).await,
            },
            Op::RevokeGrant { grant } => match newest(self.grants.len(), grant) {
                None => "nothing".into(),
                Some(n) => self.revoke(Target::Grant(self.grants[n])).await,
            },
            Op::RevokeAgent { agent } => self.revoke(Target::Identity(self.agents[model.agent(agent)].id)).await,
            Op::RevokeOwner { agent } => self.revoke(Target::Owner(self.people[model.owner(model.agent(agent))])).await,
            Op::RevokeTool { tool } => self.revoke(Target::Tool(format!("tool-{}", model.tool(tool)))).await,
            Op::RevokeEverything => self.revoke(Target::Everything).await,
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
                gov.task_open(&operator, &new, None).await.map_or_else(error, |_| "opened".into())
            }
            Op::CloseTask { task } => {
                let done = gov.task_close(&operator, &format!("task-{task}"), "it is done", None).await;
                done.map_or_else(error, |closed| ended(&closed.ended))
            }
            Op::Wait { sweep: false, .. } => "waited".into(),
            Op::Wait { .. } => self.sweep().await,
        }
    }

    async fn add_agent(&mut self, owner: usize) -> String {
        let name = format!("agent-{}", self.agents.len());
        assert!((FIRST_OWNER..PEOPLE).contains(&owner));
        let new = NewIdentity { owner: Some(self.people[owner]), ..NewIdentity::named(&name, Kind::Agent) };
        let id = self.t.gov.identity_add(&self.t.operator(), new).await.unwrap().id;
        let new = NewKey {
            identity: Some(id),
            name: "key".into(),
            patterns: vec![],
            scopes: [Scope::Ask, Scope::Act].into(),
            submits: true,
            expires_at: None,
        };
        let made = self.t.gov.key_create(&self.t.operator(), new).await.unwrap();
        let actor = self.t.gov.key_authenticate(&made.secret).await.unwrap();
        self.agents.push(Agent { id, name, actor });
        "added".into()
    }

    async fn ask(&mut self, asked: Asked, model: &Model) -> String {
        let Asked { amount, task, acting, starter, named, .. } = asked;
        let agent = model.agent(asked.agent);
        let mut properties = Map::new();
        properties.extend(task.map(|n| ("task".to_owned(), json!(format!("task-{n}")))));
        properties.extend(acting.map(|n| ("on_behalf_of".to_owned(), json!(email(n)))));
        properties.extend(starter.map(|n| ("initiator".to_owned(), json!({ "type": "person", "id": email(n) }))));
        let approval = match named {
            Named::Nothing => None,
            Named::Newest(back) => newest(self.cases.len(), back).map(|n| self.cases[n].to_string()),
            Named::Nonsense => Some("nonsense".into()),
        };
        let approval = approval.or_else(|| (named != Named::Nothing).then(|| "nonsense".into()));
        let ask = Ask {
            subject: Entity { kind: "agent".into(), id: self.agents[agent].name.clone(), properties },
            action: Action {
                name: format!("tool-{}", model.tool(asked.tool)),
                properties: Map::from_iter([("amount".to_owned(), json!(AMOUNTS[amount]))]),
            },
            resource: Entity { kind: "account".into(), id: "one".into(), properties: Map::new() },
            context: approval.map(|id| ("approval".to_owned(), json!({ "id": id }))).into_iter().collect(),
            way: Way::Evaluation,
            idempotency_key: None,
        };
        match self.t.gov.decide(&self.caller(agent), ask).await {
            Ok(answer) => self.answered(&answer),
            Err(e) => error(e),
        }
    }

    /// Names escalations and grants by the order in which they were first answered.
    fn answered(&mut self, answer: &Answer) -> String {
        let reason = answer.reason.as_deref().map_or_else(String::new, |reason| format!(" {reason}"));
        let case = answer.escalation.as_ref().map(|e| number(&mut self.cases, e.id));
        let grant = answer.grant.as_ref().map(|g| number(&mut self.grants, g.id));
        let case = case.map_or_else(String::new, |n| format!(" E{n}"));
        let grant = grant.map_or_else(String::new, |n| format!(" G{n}"));
        match answer.outcome {
            Outcome::Escalate => format!("escalate{case}"),
            outcome => format!("{}{reason}{case}{grant}", outcome.as_str()),
        }
    }

    fn cast(&self, record: &Record, approve: bool, care: bool, stale: bool) -> Cast {
        let e = &record.escalation;
        let code = if approve { ReasonCode::Planned } else { ReasonCode::NotExpected };
        Cast {
            verdict: if approve { Verdict::Approve } else { Verdict::Deny },
            seat: None,
            digest: if stale { "of an earlier card".into() } else { e.digest.clone() },
            card_version: e.card_version,
            code: care.then_some(code),
            reason: care.then(|| "as planned with the whole team".into()),
            shown_at: care.then(|| self.t.gov.now() - TimeDelta::seconds(30)),
            echo: None,
            step_up: care.then_some(StepUp::Passkey),
        }
    }

    async fn redeem(&self, n: usize, own: bool) -> String {
        let mut tx = self.t.gov.read().await.unwrap();
        let identity = store::grants::get(&mut tx, self.grants[n]).await.unwrap().unwrap().identity;
        drop(tx);
        let holder = self.agents.iter().position(|a| a.id == identity).unwrap();
        let by = if own { holder } else { (holder + 1) % self.agents.len() };
        let done = self.t.gov.grant_redeem(&self.caller(by), self.grants[n], None).await;
        done.map_or_else(error, |done| format!("redeemed {}", done.uses_left))
    }

    async fn revoke(&self, target: Target) -> String {
        let done = self.t.gov.revoke(&self.t.operator(), &target, "to see what ends").await;
        done.map_or_else(error, |done| ended(&done.ended))
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
fn error(e: governance::error::Error) -> String {
    format!("error {:?}", e.kind)
}
fn said(done: Result<Record>) -> String {
    done.map_or_else(error, |r| format!("{} {}", r.escalation.phase(), r.escalation.votes.len()))
}
fn ended(e: &Ended) -> String {
    format!("ended {} grants {} approvals {} escalations", e.grants, e.approvals, e.escalations)
}
