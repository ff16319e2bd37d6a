//! A small organisation, driven by operations alone.
use chrono::TimeDelta;
use governance::action_facts::ActionFact;
use governance::assess::report::{TestLine, Violation};
use governance::assess::verdict::Outcome;
use governance::decision::{Action, Answer, Ask, Entity, Way};
use governance::engine::actions::Report;
use governance::engine::escalations::Cast;
use governance::engine::identities::NewIdentity;
use governance::engine::imports::ImportInput;
use governance::engine::keys::NewKey;
use governance::engine::people::NewPerson;
use governance::engine::{Actor, Ctx, Role, Scope};
use governance::escalation::{ReasonCode, StepUp, Verdict};
use governance::id::{DecisionId, EscalationId, IdentityId, PersonId};
use governance::identity::Kind;
use governance::source;
use governance::testkit::Fresh;
use governance::time::Timestamp;
use serde_json::{Map, Value, json};
use std::path::Path;

pub struct World {
    pub t: Fresh,
    id: &'static str,
    clean: bool,
    found: bool,
}

/// Plays one scene on one database.
pub async fn play(id: &'static str, t: Fresh, scene: impl AsyncFnOnce(&mut World)) {
    t.gov.policy_install().await.unwrap();
    let mut world = World { t, id, clean: false, found: false };
    scene(&mut world).await;
    assert!(world.clean && world.found, "{id}: the scene ends before the test was clean and then found");
}

impl World {
    async fn line(&self) -> (TestLine, Vec<Violation>) {
        let ctx = self.t.operator();
        let made = self.t.gov.assess_run(&ctx, None, None).await.unwrap();
        let line = made.result(self.id, "").unwrap().clone();
        let rows = self.t.gov.assess_rows(&ctx, made.run.id, (self.id, ""), 100).await.unwrap();
        (line, rows)
    }
    /// The test finds nothing now; `population` rows are there to look at.
    pub async fn clean(&mut self, population: i64) {
        let (line, rows) = self.line().await;
        let want = if population == 0 { Outcome::NotApplicable } else { Outcome::Satisfied };
        assert_eq!((line.outcome, line.population), (want, population), "before: {line:?} {rows:?}");
        assert!(!self.found);
        self.clean = true;
    }
    /// The test finds so many violations now.
    pub async fn found(&mut self, violations: i64) -> Vec<Violation> {
        assert!(self.clean, "{}: nobody saw it clean", self.id);
        let (line, rows) = self.line().await;
        assert_eq!((line.outcome, line.violations), (Outcome::NotSatisfied, violations), "after: {line:?} {rows:?}");
        assert_eq!(i64::try_from(rows.len()).unwrap(), violations);
        self.found = true;
        rows
    }
    pub fn wait(&self, length: TimeDelta) {
        self.t.clock.advance(length);
    }

    pub async fn person(&self, name: &str, roles: &[Role]) -> PersonId {
        let new = NewPerson {
            email: format!("{name}@example.com"),
            name: name.into(),
            roles: roles.iter().copied().collect(),
            groups: ["finance-ops".to_owned()].into(),
            manager: None,
        };
        self.t.gov.person_add(&self.t.operator(), new).await.unwrap().id
    }
    pub fn approver(&self, id: PersonId) -> Ctx {
        self.t.gov.ctx(Actor::Person { id, roles: [Role::Approver].into() })
    }
    pub async fn identity(&self, name: &str, kind: Kind) -> IdentityId {
        let new = NewIdentity { team: Some("support-agents".into()), ..NewIdentity::named(name, kind) };
        self.t.gov.identity_add(&self.t.operator(), new).await.unwrap().id
    }
    /// A key of an identity, or of a gateway, and the caller it makes.
    pub async fn key(&self, identity: Option<IdentityId>, expires_at: Option<Timestamp>) -> Ctx {
        let new = NewKey {
            identity,
            name: "k".into(),
            patterns: vec![],
            scopes: [Scope::Ask, Scope::Act].into(),
            submits: true,
            expires_at,
        };
        let made = self.t.gov.key_create(&self.t.operator(), new).await.unwrap();
        self.t.gov.ctx(self.t.gov.key_authenticate(&made.secret).await.unwrap())
    }
    /// The support agent and its caller.
    pub async fn agent(&self) -> Ctx {
        let id = self.identity("desk-bot", Kind::Agent).await;
        self.key(Some(id), None).await
    }
    fn now(&self, ctx: &Ctx) -> Ctx {
        self.t.gov.ctx(ctx.actor.clone())
    }

    /// Asks for an action on the test account, two seconds after whatever came before.
    pub async fn ask(&self, ctx: &Ctx, who: &str, action: &str, input: Value, of: Map<String, Value>) -> Answer {
        self.wait(TimeDelta::seconds(2));
        let ask = Ask {
            subject: Entity { kind: "agent".into(), id: who.into(), properties: of },
            action: Action { name: action.into(), properties: input.as_object().cloned().unwrap_or_default() },
            resource: Entity { kind: "account".into(), id: "stripe:test".into(), properties: Map::new() },
            context: Map::new(),
            way: Way::Evaluation,
            idempotency_key: None,
        };
        self.t.gov.decide(&self.now(ctx), ask).await.unwrap()
    }
    /// A refund of so many cents; above 50,000 it waits for a person.
    pub async fn refund(&self, ctx: &Ctx, cents: i64) -> Answer {
        let input = json!({"amount_minor": cents, "currency": "EUR", "customer": "Blum KG"});
        self.ask(ctx, "desk-bot", "refund.create", input, Map::new()).await
    }
    /// What the caller says it executed on the word of a decision.
    pub async fn report(&self, ctx: &Ctx, decision: DecisionId, executed_at: Option<Timestamp>) {
        let report = Report { decision: Some(decision), executed_at, ..Report::default() };
        self.t.gov.action_report(&self.now(ctx), report, None).await.unwrap();
    }
    /// A person's vote, after so many seconds of looking.
    pub async fn vote(&self, by: PersonId, on: EscalationId, verdict: Verdict, looked: i64) {
        let ctx = self.approver(by);
        let shown = self.t.gov.escalation_get(&ctx, on).await.unwrap().record.escalation;
        self.wait(TimeDelta::seconds(looked));
        let ctx = self.approver(by);
        let cast = Cast {
            verdict,
            seat: None,
            digest: shown.digest,
            card_version: shown.card_version,
            code: Some(if verdict == Verdict::Approve { ReasonCode::Planned } else { ReasonCode::NotExpected }),
            reason: Some("Agreed with the customer today".into()),
            shown_at: Some(ctx.at - TimeDelta::seconds(looked)),
            echo: None,
            step_up: Some(StepUp::OneTimeLink),
        };
        self.t.gov.escalation_vote(&ctx, on, cast).await.unwrap();
    }
    /// A refund above the limit, approved and then permitted: the decision that may be executed.
    pub async fn approved(&self, ctx: &Ctx, by: PersonId, cents: i64) -> Answer {
        let asked = self.refund(ctx, cents).await;
        self.vote(by, asked.escalation.unwrap().id, Verdict::Approve, 10).await;
        let permit = self.refund(ctx, cents).await;
        assert!(permit.grant.is_some(), "{permit:?}");
        permit
    }
    pub async fn facts(&self, action: &str, facts: &[ActionFact]) {
        let facts = facts.iter().copied().collect();
        self.t.gov.action_facts_set(&self.t.operator(), action, &facts).await.unwrap();
    }
    pub async fn sweep(&self) {
        let ctx = self.t.gov.ctx(Actor::System("sweep"));
        self.t.gov.escalation_sweep(&ctx).await.unwrap();
        self.t.gov.grant_sweep().await.unwrap();
    }

    /// Imports our small AWS account, with some text of its files exchanged.
    pub async fn aws(&self, changes: &[(&str, &str)]) {
        let names =
            ["aws/authorization-1.json", "aws/authorization-2.json", "aws/credential-report.csv", "aws/advisor"];
        self.import(source::Kind::AwsIam, &names, changes).await;
    }
    pub async fn import(&self, kind: source::Kind, names: &[&str], changes: &[(&str, &str)]) {
        let mut files: Vec<_> = names.iter().flat_map(|name| read(name)).collect();
        for (from, to) in changes {
            assert!(files.iter().any(|(_, b)| String::from_utf8_lossy(b).contains(from)), "{from} is nowhere");
            for (_, bytes) in &mut files {
                *bytes = String::from_utf8(bytes.clone()).unwrap().replace(from, to).into_bytes();
            }
        }
        let input = ImportInput { kind, files, name: None, allow_removals: false };
        self.t.gov.import_apply(&self.t.operator(), &input).await.unwrap();
    }
}

fn read(name: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let mut all = match path.is_dir() {
        true => std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()).collect(),
        false => vec![path],
    };
    all.sort();
    all.into_iter()
        .map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&f).unwrap()))
        .collect()
}
