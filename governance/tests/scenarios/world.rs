//! An organisation with one agent, a gateway that opens tasks, and the words of its answers.
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, Outcome, Way};
use governance::engine::escalations::Cast;
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::people::NewPerson;
use governance::engine::policies::Release;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::error::Result;
use governance::escalation::{ReasonCode, StepUp, Verdict};
use governance::id::{EscalationId, IdentityId};
use governance::identity::Kind;
use governance::testkit::Fresh;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

pub struct World {
    pub t: Fresh,
}

impl World {
    /// With the bundle in this folder beside the scenarios.
    pub async fn of(t: Fresh, bundle: &str) -> Self {
        let it = Self { t };
        it.activate(bundle).await;
        it
    }

    pub async fn activate(&self, bundle: &str) {
        let t = &self.t;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(bundle);
        let mut files = BTreeMap::new();
        read(&folder, "", &mut files);
        let done = t.gov.policy_activate(&t.operator(), Release::Files(&files), None).await.unwrap();
        assert!(done.notes.is_empty(), "{:?}", done.notes);
    }

    pub async fn agent(&self, name: &str, team: &str) -> IdentityId {
        let new = NewIdentity { team: Some(team.into()), ..NewIdentity::named(name, Kind::Agent) };
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
        let shown = self.t.gov.escalation_get(ctx, id).await.unwrap();
        let e = &shown.record.escalation;
        let cast = Cast {
            verdict: Verdict::Approve,
            seat: None,
            digest: e.digest.clone(),
            card_version: e.card_version,
            code: Some(ReasonCode::Planned),
            reason: Some("as planned with the team".into()),
            shown_at: Some(self.t.gov.now() - TimeDelta::seconds(30)),
            echo: shown.echo.map(|(_, value)| value),
            step_up: Some(StepUp::OneTimeLink),
        };
        self.t.gov.escalation_vote(ctx, id, cast).await.unwrap();
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
        said(self.t.gov.decide(ctx, question(who, action, resource, task)).await)
    }
}

fn question(who: &str, action: &str, resource: (&str, &str), task: Option<&str>) -> Ask {
    let properties: Map<String, Value> = task.map(|task| ("task".to_owned(), json!(task))).into_iter().collect();
    Ask {
        subject: Entity { kind: "agent".into(), id: who.into(), properties },
        action: Action { name: action.into(), properties: Map::new() },
        resource: Entity { kind: resource.0.into(), id: resource.1.into(), properties: Map::new() },
        context: Map::new(),
        way: Way::Evaluation,
        idempotency_key: None,
    }
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
