//! An organisation with one agent, a gateway that opens tasks, and the words of its answers.
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::escalations::Cast;
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::notices::{Attempt, Says, To, Ways};
use governance::engine::people::NewPerson;
use governance::engine::policies::Release;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Result;
use governance::escalation::{ReasonCode, StepUp, Verdict};
use governance::id::{EscalationId, IdentityId};
use governance::identity::{Environment, Kind};
use governance::policy::bundle::Bundle;
use governance::policy::starters::starter;
use governance::store;
use governance::testkit::Fresh;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

pub struct World {
    pub t: Fresh,
}

impl World {
    /// With the bundle the product offers for this domain, and as many people as each of its routes needs.
    pub async fn of(t: Fresh, domain: &str) -> Self {
        let w = Self { t };
        let files = starter(domain).unwrap().files();
        for (route, quorum) in Bundle::from_files(&files).unwrap().routes() {
            for n in 0..quorum {
                w.approver(&format!("{route}-{n}"), route).await;
            }
        }
        let done = w.t.gov.policy_activate(&w.t.operator(), Release::Files(&files), None).await.unwrap();
        assert!(done.notes.is_empty(), "{:?}", done.notes);
        w
    }

    /// With the bundle a first start activates; whom its routes lack is said, and not wrong.
    pub async fn baseline(&self) {
        self.t.gov.policy_install().await.unwrap();
    }

    /// With a bundle that stands beside the scenarios.
    pub async fn activate(&self, bundle: &str) {
        let t = &self.t;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(bundle);
        let files = Self::files(&folder);
        let done = t.gov.policy_activate(&t.operator(), Release::Files(&files), None).await.unwrap();
        assert!(done.notes.is_empty(), "{:?}", done.notes);
    }

    /// Sends what people are to be told, and gives of each message its kind, to whom it went (a name, `webhook`) and what it
    /// says. A message is given once.
    pub async fn told(&self) -> Vec<(&'static str, String, Says)> {
        let (gov, house) = (&self.t.gov, self.t.gov.ctx(Actor::System("notices")));
        gov.notice_spread(&house, Ways { webhook: true, mail: true }).await.unwrap();
        let mut told = Vec::new();
        for message in gov.notice_claim(&house, 50).await.unwrap() {
            let to = match &message.to {
                To::Webhook => "webhook".to_owned(),
                To::Person { name, .. } => name.clone(),
                To::Requester { .. } => "requester".to_owned(),
            };
            gov.notice_settle(&house, &message.notice, &Attempt::Sent).await.unwrap();
            told.push((message.notice.kind.as_str(), to, message.says));
        }
        told.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        told
    }

    /// What of this agent waits for people.
    pub async fn open(&self, agent: IdentityId) -> Vec<EscalationId> {
        let mut tx = self.t.gov.read().await.unwrap();
        let live = store::escalations::live(&mut tx, store::escalations::Of::Identity(agent)).await.unwrap();
        live.into_iter().filter(|r| r.escalation.phase().open()).map(|r| r.escalation.id).collect()
    }

    /// The files of a bundle.
    pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        read(folder, "", &mut files);
        files
    }

    pub async fn agent(&self, name: &str, team: &str) -> IdentityId {
        self.identity(name, Kind::Agent, team, None).await
    }

    pub async fn identity(&self, name: &str, kind: Kind, team: &str, environment: Option<Environment>) -> IdentityId {
        let new = NewIdentity { team: Some(team.into()), environment, ..NewIdentity::named(name, kind) };
        self.t.gov.identity_add(&self.t.operator(), new).await.unwrap().id
    }

    /// Who calls with a key of this agent, or of a gateway.
    pub async fn key(&self, identity: Option<IdentityId>, scopes: &[Scope]) -> Ctx {
        let new = NewKey {
            identity,
            name: "key".into(),
            patterns: vec![],
            scopes: scopes.iter().copied().collect(),
            submits: true,
            expires_at: None,
        };
        let made = self.t.gov.key_create(&self.t.operator(), new).await.unwrap();
        let actor = self.t.gov.key_authenticate(&made.secret).await.unwrap();
        self.t.gov.ctx(actor)
    }

    pub async fn approver(&self, name: &str, group: &str) -> Ctx {
        let new = NewPerson {
            email: format!("{name}@example.com"),
            name: name.into(),
            roles: [Role::Approver].into(),
            groups: [group.to_owned()].into(),
            manager: None,
        };
        let id = self.t.gov.person_add(&self.t.operator(), new).await.unwrap().id;
        self.t.gov.ctx(Actor::Person { id, roles: [Role::Approver].into() })
    }

    /// Approves it as somebody does who looked at it for half a minute.
    pub async fn approve(&self, ctx: &Ctx, id: EscalationId) {
        self.vote(ctx, id, Verdict::Approve, ReasonCode::Planned).await;
    }

    pub async fn vote(&self, ctx: &Ctx, id: EscalationId, verdict: Verdict, code: ReasonCode) {
        let shown = self.t.gov.escalation_get(ctx, id).await.unwrap();
        let e = &shown.record.escalation;
        let cast = Cast {
            verdict,
            seat: None,
            digest: e.digest.clone(),
            card_version: e.card_version,
            code: Some(code),
            reason: Some("as planned with the team".into()),
            shown_at: Some(self.t.gov.now() - TimeDelta::seconds(30)),
            echo: shown.echo.map(|(_, value)| value),
            step_up: Some(StepUp::OneTimeLink),
        };
        self.t.gov.escalation_vote(ctx, id, cast).await.unwrap();
    }

    /// Asks what this document asks, and gives the whole answer, its ids and its place in the log aside.
    pub async fn whole(&self, ctx: &Ctx, document: Value) -> Value {
        let answer = self.answer(ctx, document).await.0.unwrap();
        let lasts = |end: governance::time::Timestamp| (end - answer.at).num_seconds();
        let mut whole = json!({ "outcome": answer.outcome.as_str(), "rules": answer.rules });
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                whole[name] = value;
            }
        };
        add("reason", answer.reason.clone().map(Value::from));
        add("message", answer.message.clone().map(Value::from));
        add("valid_for_s", answer.valid_until.map(|end| lasts(end).into()));
        add("grant_for_s", answer.grant.as_ref().map(|grant| lasts(grant.expires_at).into()));
        add("waits_for_s", answer.escalation.as_ref().map(|open| lasts(open.expires_at).into()));
        add("would", answer.would.map(|would| would.as_str().into()));
        add("tier", answer.needed.as_ref().map(|needed| needed.tier.as_str().into()));
        whole
    }

    /// Asks what this document asks, in the form of AuthZEN.
    pub async fn answer(&self, ctx: &Ctx, document: Value) -> (Option<Answer>, String) {
        let entity = |value: &Value| Entity {
            kind: value["type"].as_str().unwrap().into(),
            id: value["id"].as_str().unwrap().into(),
            properties: value["properties"].as_object().cloned().unwrap_or_default(),
        };
        let action = &document["action"];
        let ask = Ask {
            subject: entity(&document["subject"]),
            action: Action {
                name: action["name"].as_str().unwrap().into(),
                properties: action["properties"].as_object().cloned().unwrap_or_default(),
            },
            resource: entity(&document["resource"]),
            context: document["context"].as_object().cloned().unwrap_or_default(),
            way: Way::Evaluation,
            idempotency_key: document["idempotency_key"].as_str().map(str::to_owned),
        };
        said(self.t.gov.decide(ctx, ask).await)
    }

    /// Asks, and says the answer in one line: outcome and reason, or the error.
    pub async fn ask(&self, ctx: &Ctx, who: &str, action: &str, task: Option<&str>) -> (Option<Answer>, String) {
        self.ask_on(ctx, who, action, ("crm_record", "c-1"), task).await
    }

    pub async fn ask_on(
        &self,
        ctx: &Ctx,
        who: &str,
        action: &str,
        resource: (&str, &str),
        task: Option<&str>,
    ) -> (Option<Answer>, String) {
        let properties = task.map_or_else(|| json!({}), |task| json!({ "task": task }));
        let document = json!({
            "subject": { "type": "agent", "id": who, "properties": properties },
            "action": { "name": action },
            "resource": { "type": resource.0, "id": resource.1 },
        });
        self.answer(ctx, document).await
    }
}

/// The whole answer where these rules permit.
pub fn permitted(rules: &[&str]) -> Value {
    json!({ "outcome": "permit", "rules": rules, "valid_for_s": 5 })
}

/// The whole answer where no rule permits.
pub fn no_rule() -> Value {
    json!({ "outcome": "deny", "reason": "no_rule", "message": "no rule permits this", "rules": [] })
}

/// The whole answer where this rule forbids, with what it says for itself.
pub fn forbidden(rule: &str, words: &str) -> Value {
    json!({ "outcome": "deny", "reason": "forbidden", "message": words, "rules": [rule] })
}

/// The whole answer where these gates stop it: the first one's words, the tier of all, the seconds its card waits.
pub fn waits(rules: &[&str], message: &str, tier: &str, seconds: i64) -> Value {
    json!({
        "outcome": "escalate",
        "reason": "approval_required",
        "message": message,
        "rules": rules,
        "tier": tier,
        "waits_for_s": seconds,
    })
}

/// Kind and addressee of messages, each said once for every message.
pub fn addressed(told: &[(&'static str, String, Says)]) -> Vec<String> {
    told.iter().map(|(kind, to, _)| format!("{kind} to {to}")).collect()
}

fn said(answer: Result<Answer>) -> (Option<Answer>, String) {
    match answer {
        Ok(answer) if answer.outcome == Outcome::Permit => (Some(answer), "permit".into()),
        Ok(answer) => {
            let line = format!("{} {}", answer.outcome.as_str(), answer.reason.clone().unwrap_or_default());
            (Some(answer), line)
        }
        Err(e) => (None, format!("{:?}: {}", e.kind, e.detail)),
    }
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => read(&entry.path(), &format!("{name}/"), files),
            false => drop(files.insert(name, std::fs::read(entry.path()).unwrap())),
        }
    }
}
