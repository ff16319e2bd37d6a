//! The installation the model is about: its bundle, its people, its agents.
use super::{Agent, Engine, email};
use crate::model::{source, team};
use crate::operation::{FIRST_OWNER, OPERATORS, PEOPLE, TOOLS};
use chrono::TimeDelta;
use governance::engine::identities::NewIdentity;
use governance::engine::keys::NewKey;
use governance::engine::people::NewPerson;
use governance::engine::policies::Release;
use governance::engine::{Ctx, Role, Scope};
use governance::finding::Rule;
use governance::id::{IdentityId, PersonId, SourceId};
use governance::identity::Kind;
use governance::log::event::{Event, EventKind};
use governance::source::{self as sources, MAX_STALENESS_S, Source};
use governance::store;
use governance::testkit::Fresh;
use governance::watch::reaction::{Measure, Mode};
use std::collections::BTreeMap;

const GATES: &str = r#"
@id("allow") permit (principal is Agent, action, resource);
@id("trainee") forbid (principal in Team::"trainees", action, resource) when { context.input.amount > 1000 };
@id("junior") @approval("legal") @tier("high") @quorum("1")
forbid (principal in Team::"juniors", action, resource) when { context.input.amount > 100 };
@id("over") @approval("finance") @tier("low") @quorum("1") @grant("PT15M")
forbid (principal, action, resource) when { context.input.amount > 100 && context.input.amount <= 1000 };
@id("far-over") @approval("finance") @tier("high") @quorum("2") @grant("PT15M")
forbid (principal, action, resource) when { context.input.amount > 1000 && context.input.amount <= 10000 };
@id("legal") @approval("legal") @tier("low") @quorum("1")
forbid (principal, action, resource) when { context.input.amount > 10000 && context.input.amount <= 100000 };
@id("lease") @approval("finance") @tier("high") @lease("PT15S") @uses("2") @grant("PT10M")
forbid (principal, action, resource)
when { (context.input.amount > 100000 && context.input.amount <= 200000) || context.input.amount > 400000 };
@id("uses") @approval("finance") @tier("high") @uses("3") @grant("PT15M")
forbid (principal, action, resource) when { context.input.amount > 200000 && context.input.amount <= 300000 };
@id("window") @approval("finance") @tier("high") @uses("2") @grant("PT30M") @window("WINDOWS")
forbid (principal, action, resource) when { context.input.amount > 300000 };
@id("soft") @approval("finance") @tier("high") @uses("2") @grant("PT15M")
forbid (principal, action in [METERED], resource) when { context.used.acts + 1 > 6 };
@id("budget") forbid (principal, action in [METERED], resource) when { context.used.acts + 1 > 12 };
"#;
const AGENT: &str = "entity Team;\nentity Agent in [Team] = { name: String, kind: String, status: String, mode: String, environment?: String, team?: String, owner?: String, backup?: String };\nentity account;\n";
const TEAMS: &str = r#"[
  { "uid": { "type": "Team", "id": "juniors" }, "attrs": {}, "parents": [] },
  { "uid": { "type": "Team", "id": "trainees" }, "attrs": {}, "parents": [] }
]"#;

fn bundle() -> BTreeMap<String, Vec<u8>> {
    let odd = |n: &usize| n % 2 == 1;
    let names = |write: fn(String) -> String| -> String {
        (0..TOOLS).filter(odd).map(|n| write(format!("\"tool-{n}\""))).collect::<Vec<_>>().join(", ")
    };
    // fifty minutes of every two hours
    let windows: Vec<_> = (0..24).step_by(2).map(|hour| format!("{hour:02}:00-{hour:02}:50")).collect();
    let gates =
        GATES.replace("METERED", &names(|name| format!("Action::{name}"))).replace("WINDOWS", &windows.join(","));
    let manifest = format!(
        "name = \"model\"\ndescription = \"for the model test\"\n[types]\nagent = \"Agent\"\nteam = \"Team\"\n[counter.acts]\naction = [{}]\nper = [\"principal\"]\nwindow = \"1h\"\n",
        names(|name| name)
    );
    let mut schema = String::from(AGENT);
    for n in 0..TOOLS {
        let used = if odd(&n) { ", used: { acts: Long }" } else { "" };
        schema += &format!(
            "action \"tool-{n}\" appliesTo {{ principal: [Agent], resource: [account], context: {{ input: {{ amount: Long }}{used} }} }};\n"
        );
    }
    let files = [
        ("bundle.toml", manifest),
        ("schema.cedarschema", schema),
        ("policies/gates.cedar", gates),
        ("entities.json", TEAMS.into()),
    ];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
}

async fn person(t: &Fresh, n: usize) -> PersonId {
    let (role, groups): (&[Role], &[&str]) = match n {
        3 => (&[Role::Approver], &["finance", "legal"]),
        4 => (&[Role::Approver], &["legal"]),
        5 => (&[Role::Approver], &["nobody"]),
        PEOPLE.. => (&[Role::Operator], &[]),
        FIRST_OWNER.. => (&[Role::Approver, Role::Owner], &["finance"]),
        _ => (&[Role::Approver], &["finance"]),
    };
    let new = NewPerson {
        email: email(n),
        name: format!("person {n}"),
        roles: role.iter().copied().collect(),
        groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        manager: None,
    };
    t.gov.person_add(&t.operator(), new).await.unwrap().id
}

impl Engine {
    /// Everybody in their roles for more than a day, so that no vote is too young to count alone. One rule acts: what was
    /// executed without a decision.
    pub async fn new(t: Fresh) -> Self {
        let mut people = Vec::new();
        for n in 0..PEOPLE + OPERATORS {
            people.push(person(&t, n).await);
        }
        t.gov.policy_activate(&t.operator(), Release::Files(&bundle()), None).await.unwrap();
        for reaction in t.gov.reaction_list(&t.operator()).await.unwrap() {
            let mode = if reaction.rule == Rule::ExecutedUndecided { Mode::On } else { Mode::Off };
            t.gov.reaction_set(&t.operator(), reaction.rule, mode, Measure::Narrow, 1_000).await.unwrap();
        }
        let gateway = key(&t, None).await;
        t.clock.advance(TimeDelta::hours(25));
        let start = t.gov.now();
        Self {
            t,
            start,
            steps: 0,
            people,
            gateway,
            agents: vec![],
            sources: BTreeMap::new(),
            cases: vec![],
            grants: vec![],
            stops: vec![],
            containments: vec![],
        }
    }

    pub(super) async fn add_agent(&mut self, owner: usize) -> String {
        let n = self.agents.len();
        let name = format!("agent-{n}");
        assert!((FIRST_OWNER..PEOPLE).contains(&owner));
        let new = NewIdentity {
            owner: Some(self.people[owner]),
            team: team(n).name().map(str::to_owned),
            ..NewIdentity::named(&name, Kind::Agent)
        };
        let id = self.t.gov.identity_add(&self.t.operator(), new).await.unwrap().id;
        if let Some(n) = source(n) {
            self.comes_from(n, id).await;
        }
        let caller = key(&self.t, Some(id)).await;
        self.agents.push(Agent { id, name, actor: caller.actor });
        "added".into()
    }

    /// Says of an agent that it comes from a source, as an import does.
    async fn comes_from(&mut self, n: usize, agent: IdentityId) {
        let mut w = self.t.gov.write(&self.t.operator()).await.unwrap();
        let at = w.at();
        let known = self.sources.get(&n).copied();
        let id = known.unwrap_or_else(|| SourceId::new(at, w.random()));
        if self.sources.insert(n, id).is_none() {
            let source = Source {
                id,
                kind: sources::Kind::McpConfig,
                name: format!("source-{n}"),
                scope: format!("source-{n}"),
                last_sync_at: None,
                max_staleness_s: MAX_STALENESS_S,
                version: 0,
            };
            store::sources::insert(&mut w.tx, &source, at).await.unwrap();
        }
        w.tx.execute_one("update identities set source_id = $1 where id = $2", &[id.into(), agent.into()], "nobody")
            .await
            .unwrap();
        let event = Event::new(EventKind::IdentityChanged, "operator:test").subject(agent);
        w.append(event.id("source", id).outcome("active")).await.unwrap();
        w.commit().await.unwrap();
    }
}

/// Who calls with a key of this agent, or of a gateway.
async fn key(t: &Fresh, identity: Option<IdentityId>) -> Ctx {
    let new = NewKey {
        identity,
        name: "key".into(),
        patterns: vec![],
        scopes: [Scope::Ask, Scope::Act].into(),
        submits: true,
        expires_at: None,
    };
    let made = t.gov.key_create(&t.operator(), new).await.unwrap();
    t.gov.ctx(t.gov.key_authenticate(&made.secret).await.unwrap())
}
