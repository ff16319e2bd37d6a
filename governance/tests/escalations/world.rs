//! An agent, a key, and people who may or may not decide.
use chrono::TimeDelta;
use governance::engine::escalations::{
    Cast, Consumption, GateStop, NewEscalation, Opened, escalation_consume_in, escalation_open_in,
};
use governance::engine::{Actor, Ctx, KeyCaller, Role, Scope};
use governance::error::Result;
use governance::escalation::card::{Amount, Headline, Stop};
use governance::escalation::{Binding, ReasonCode, Record, Requirement, StepUp, Tier, Verdict};
use governance::id::{DecisionId, EscalationId, IdentityId, KeyId, PersonId};
use governance::replay::Invariant;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use serde_json::json;
use std::sync::Arc;

const PERSON: &str = "insert into people (id, email, name, status, created_at) values ($1, $2, $3, 'active', 0)";
const ROLE: &str = "insert into person_roles (person_id, role, from_at) values ($1, $2, $3)";
const GROUP: &str = "insert into person_groups (person_id, grp, from_at) values ($1, $2, 0)";
const IDENTITY: &str = "insert into identities (id, name, kind, status, mode, owner_id, registered_at) values ($1, $2, 'agent', 'active', 'enforce', $3, 0)";

#[derive(Clone)]
pub struct World {
    pub t: Arc<Fresh>,
    pub agent: IdentityId,
    pub key: KeyId,
    /// Owns the agent and is an approver of finance.
    pub owner: PersonId,
    /// Approvers of finance.
    pub people: Vec<PersonId>,
}

pub fn at() -> Timestamp {
    Timestamp::parse(governance::testkit::START).expect("an instant")
}

impl World {
    /// An agent and its owner, and `approvers` further people in the group finance, all in their roles for two days.
    pub async fn new(t: Fresh, approvers: usize) -> Self {
        // its questions come without a decision, its people and its agent without an event: what is decided on them holds
        t.by_hand(&[Invariant::I1, Invariant::I4]);
        let agent = IdentityId::new(at(), t.gov.random());
        let key = KeyId::new(at(), t.gov.random());
        let mut world = Self { t: Arc::new(t), agent, key, owner: PersonId::new(at(), [0; 10]), people: vec![] };
        world.owner = world.approver("owner", "finance").await;
        for n in 0..approvers {
            let id = world.approver(&format!("approver {n}"), "finance").await;
            world.people.push(id);
        }
        let args = [agent.into(), "invoice-agent".into(), world.owner.into()];
        world.put(&[(IDENTITY, &args)]).await;
        world
    }
    pub async fn approver(&self, name: &str, group: &str) -> PersonId {
        self.approver_since(name, group, at() - TimeDelta::days(2)).await
    }
    pub async fn approver_since(&self, name: &str, group: &str, since: Timestamp) -> PersonId {
        let id = PersonId::new(at(), self.t.gov.random());
        let email = format!("{id}@example.com");
        self.put(&[
            (PERSON, &[id.into(), email.into(), name.into()]),
            (ROLE, &[id.into(), "approver".into(), since.into()]),
            (GROUP, &[id.into(), group.into()]),
        ])
        .await;
        id
    }
    async fn put(&self, rows: &[(&'static str, &[governance::store::db::Arg])]) {
        use governance::log::event::{Event, EventKind};
        let mut w = self.t.gov.write(&self.t.operator()).await.expect("a write");
        for (sql, args) in rows {
            w.tx.execute(sql, args).await.expect("a row");
        }
        w.append(Event::new(EventKind::PersonAdded, "operator:test")).await.expect("an event");
        w.commit().await.expect("a commit");
    }

    pub fn person(&self, id: PersonId) -> Ctx {
        self.t.gov.ctx(Actor::Person { id, roles: [Role::Approver].into() })
    }
    pub fn caller(&self) -> Ctx {
        self.ctx_of(self.key, Some(self.agent))
    }
    pub fn ctx_of(&self, id: KeyId, identity: Option<IdentityId>) -> Ctx {
        let key = KeyCaller {
            id,
            identity,
            identity_name: None,
            patterns: vec![],
            scopes: [Scope::Ask].into(),
            submits: true,
            seen_at: None,
        };
        self.t.gov.ctx(Actor::Key(key))
    }
    pub fn wait(&self, seconds: i64) {
        self.t.clock.advance(TimeDelta::seconds(seconds));
    }

    /// A refund of that amount, stopped by a gate of that tier for finance.
    pub fn refund(&self, amount: i64, tier: Tier, quorum: u32) -> NewEscalation {
        let requirement = Requirement {
            routes: ["finance".to_owned()].into(),
            tier,
            quorum,
            expires_s: tier.wait_seconds(),
            grant_s: Some(900),
            terms: Default::default(),
        };
        let parameters = governance::escalation::binding::parameters(
            &json!({"name": "refund.create", "properties": {"amount_minor": amount}}),
            &json!({"type": "account", "id": "stripe:test"}),
            &serde_json::Map::new(),
            &std::collections::BTreeSet::new(),
        );
        let stop = Stop {
            rule: "refund-over-500".into(),
            file: "policies/refunds.cedar".into(),
            line: 4,
            text_hash: "7a".repeat(32),
            route: "finance".into(),
            tier,
            quorum,
            reason: None,
            limits: vec![],
        };
        NewEscalation {
            decision: DecisionId::new(self.t.gov.now(), self.t.gov.random()),
            key: self.key,
            agent: self.agent,
            agent_epoch: 0,
            acting: None,
            requesters: Default::default(),
            delegators: Default::default(),
            keyholders: Default::default(),
            also_owners: Default::default(),
            chain: vec![],
            action: "refund.create".into(),
            resource_type: "account".into(),
            resource_id: "stripe:test".into(),
            parameters,
            gates: vec![GateStop { stop, sole_author: None }],
            requirement,
            headline: Headline {
                actor: "invoice-agent".into(),
                verb: "refund".into(),
                amount: Some(Amount { value: amount.to_string(), unit: Some("EUR".into()), minor_units: true }),
                target: "stripe:test".into(),
                reversibility: None,
            },
            refuted: vec![],
            checked: vec![],
            claimed: vec![],
            unknown: vec![],
            normal: vec![],
            links: vec![],
            words: Some("please\u{202e}".into()),
            bundle: "b1".into(),
            callback: None,
            task: None,
        }
    }
    pub async fn try_open(&self, new: NewEscalation) -> Result<Opened> {
        let mut w = self.t.gov.write(&self.caller()).await?;
        let opened = escalation_open_in(&mut w, new).await?;
        self.finish(w).await?;
        Ok(opened)
    }
    pub async fn open(&self, new: NewEscalation) -> Record {
        match self.try_open(new).await.expect("opened") {
            Opened::New(record) | Opened::Joined(record) => *record,
            Opened::Refused { reason, message } => panic!("{reason}: {message}"),
        }
    }
    /// Asks once more, as a permit that would rest on the approval.
    pub async fn consume(&self, new: &NewEscalation, named: Option<EscalationId>) -> Result<Consumption> {
        let gates = [new.gates[0].stop.text_hash.clone()];
        let binding = Binding {
            agent: new.agent,
            agent_epoch: new.agent_epoch,
            acting: None,
            chain: &[],
            action: &new.action,
            resource: (&new.resource_type, &new.resource_id),
            parameters: &new.parameters,
            gates: &gates,
            task: new.task,
        };
        let mut w = self.t.gov.write(&self.caller()).await?;
        let permit = DecisionId::new(self.t.gov.now(), self.t.gov.random());
        let consumed =
            escalation_consume_in(&mut w, &binding, named, &Default::default(), permit, &self.key.to_string()).await?;
        self.finish(w).await?;
        Ok(consumed)
    }
    /// Commits as the committer does, whose decision always brings an event.
    async fn finish(&self, mut w: governance::engine::Write) -> Result<()> {
        use governance::log::event::{Event, EventKind};
        w.append(Event::new(EventKind::DecisionDeny, self.key.to_string())).await?;
        w.commit().await.map(drop)
    }

    /// A vote with all the care any tier asks for.
    pub fn cast(&self, record: &Record, verdict: Verdict, by: PersonId) -> Cast {
        let echo = format!("{}", Amount { value: String::new(), unit: None, minor_units: false });
        Cast {
            verdict,
            seat: None,
            digest: record.escalation.digest.clone(),
            card_version: record.escalation.card_version,
            code: Some(if verdict == Verdict::Approve { ReasonCode::Planned } else { ReasonCode::NotExpected }),
            reason: Some(format!("agreed in the meeting with {by}")),
            shown_at: Some(self.t.gov.now() - TimeDelta::seconds(30)),
            echo: Some(echo),
            step_up: Some(StepUp::OneTimeLink),
        }
    }
    pub async fn vote(&self, record: &Record, by: PersonId, verdict: Verdict) -> Result<Record> {
        let mut cast = self.cast(record, verdict, by);
        if record.escalation.requirement.tier == Tier::Critical && verdict == Verdict::Approve {
            let shown = self.t.gov.escalation_get(&self.person(by), record.escalation.id).await?;
            cast.echo = shown.echo.map(|(_, value)| value);
        }
        self.t.gov.escalation_vote(&self.person(by), record.escalation.id, cast).await
    }
    pub async fn get(&self, id: EscalationId) -> Record {
        let shown = self.t.gov.escalation_get(&self.t.operator(), id).await.expect("it");
        shown.record
    }
    pub async fn sweep(&self) -> usize {
        self.t.gov.escalation_sweep(&self.t.gov.ctx(Actor::System("clock"))).await.expect("a sweep")
    }
    /// The kinds of the events about an escalation, in order, without `escalation.`.
    pub async fn told(&self, id: EscalationId) -> Vec<String> {
        let mut tx = self.t.gov.read().await.expect("a reader");
        let events = governance::store::events::after(&mut tx, -1, 100_000).await.expect("events");
        let leaf = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).expect("a leaf");
        let about = events.iter().filter(|e| leaf(&e.leaf)["ids"]["escalation"] == id.to_string());
        about.map(|e| e.kind.trim_start_matches("escalation.").to_owned()).collect()
    }
}
