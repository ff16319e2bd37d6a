//! An installation with as many nodes as its database takes, and a gateway that asks for every agent.
use governance::action_facts::ActionFact;
use governance::decision::{Action, Ask, Entity, Way};
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::policies::Release;
use governance::engine::{Ctx, Governance, Scope};
use governance::error::{Error, Kind};
use governance::id::{IdentityId, PersonId};
use governance::identity;
use governance::testkit::Fresh;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// `pay` and `note` are above the floor: a permit of them comes with a grant. `note` needs a task; `refund` has a budget.
const BUNDLE: &[(&str, &str)] = &[
    (
        "bundle.toml",
        r#"name = "races"
description = "for tests"
[types]
agent = "Agent"
[counter.refunds_day]
action = "refund"
sum = "input.amount_minor"
per = ["principal"]
window = "24h"
"#,
    ),
    (
        "schema.cedarschema",
        r#"entity Team;
entity Agent in [Team] = { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };
entity account;
action "read", "pay", "tool-0", "tool-1", "tool-2", "tool-3" appliesTo { principal: [Agent], resource: [account], context: {} };
action "note" appliesTo { principal: [Agent], resource: [account], context: { task?: { ref: String, purpose: String, data: Set<String> } } };
action "refund" appliesTo { principal: [Agent], resource: [account], context: { input: { amount_minor: Long }, used: { refunds_day: Long } } };
"#,
    ),
    (
        "policies/races.cedar",
        r#"@id("all") permit (principal, action in [Action::"read", Action::"pay", Action::"refund", Action::"tool-0", Action::"tool-1", Action::"tool-2", Action::"tool-3"], resource);
@id("for-a-task") permit (principal, action == Action::"note", resource) when { context has task };
@id("budget") forbid (principal, action == Action::"refund", resource) when { context.used.refunds_day + context.input.amount_minor > 1000 };
"#,
    ),
    ("entities.json", "[]"),
];

/// One process that decides.
#[derive(Clone)]
pub struct Node {
    pub gov: Governance,
    pub caller: Ctx,
}

pub struct World {
    pub t: Fresh,
    pub nodes: Vec<Node>,
}

impl World {
    pub async fn new(t: Fresh) -> Self {
        let files = BUNDLE.iter().map(|(name, text)| ((*name).into(), text.as_bytes().to_vec())).collect();
        t.gov.policy_activate(&t.operator(), Release::Files(&files), None).await.unwrap();
        for action in ["pay", "note"] {
            let facts = [ActionFact::Irreversible].into();
            t.gov.action_facts_set(&t.operator(), action, &facts).await.unwrap();
        }
        let gateway = NewKey {
            identity: None,
            name: "gateway".into(),
            patterns: vec![],
            scopes: [Scope::Ask, Scope::Act].into(),
            submits: false,
            expires_at: None,
        };
        let secret = t.gov.key_create(&t.operator(), gateway).await.unwrap().secret;
        let mut all = vec![t.gov.clone()];
        if t.url.starts_with("postgres") {
            all.extend([t.again().await, t.again().await]);
        }
        let mut nodes = vec![];
        for gov in all {
            let caller = gov.ctx(gov.key_authenticate(&secret).await.unwrap());
            nodes.push(Node { gov, caller });
        }
        Self { t, nodes }
    }

    /// Takes the guard away from every node: each settles on what it read before it had the log's lock.
    pub fn unguarded(&self) {
        for node in &self.nodes {
            node.gov.believe_what_was_read_before_the_lock();
        }
    }

    pub async fn agent(&self, name: &str, owner: Option<PersonId>) -> IdentityId {
        let new = NewIdentity { owner, ..NewIdentity::named(name, identity::Kind::Agent) };
        self.t.gov.identity_add(&self.t.operator(), new).await.unwrap().id
    }
}

pub fn ask(agent: &str, action: &str, input: &Value, task: Option<&str>) -> Ask {
    let properties = task.map(|task| ("task".to_owned(), json!(task))).into_iter().collect();
    Ask {
        subject: Entity { kind: "agent".into(), id: agent.into(), properties },
        action: Action { name: action.into(), properties: input.as_object().cloned().unwrap_or_default() },
        resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    }
}

/// Nothing was done: asked again, as a caller would.
pub async fn patient<T, F: Future<Output = Result<T, Error>>>(mut act: impl FnMut() -> F) -> Result<T, Error> {
    for _ in 0..200 {
        match act().await {
            Err(error) if error.kind == Kind::Unavailable => tokio::time::sleep(Duration::from_millis(1)).await,
            done => return done,
        }
    }
    panic!("nothing was done 200 times");
}
