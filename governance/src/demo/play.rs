//! Seven days through the operations, by a clock moved by hand. The story is the same every time; keys and ids are not.
use super::acting::{act, ask};
use super::agents::{AGENTS, Agent, FACTS, GATEWAY, LEAVER, STRANGER};
use super::bundle::bundle;
use super::cast::CAST;
use super::fleet;
use super::routine::{ROUTINES, Said};
use super::waiting::WAITING;
use crate::decision::{Answer, Outcome};
use crate::engine::escalations::Cast;
use crate::engine::identities::{Filter, NewIdentity};
use crate::engine::imports::ImportInput;
use crate::engine::keys::NewKey;
use crate::engine::page::Want;
use crate::engine::people::{NewPerson, PersonChange};
use crate::engine::policies::Release;
use crate::engine::revocations::Target;
use crate::engine::{Actor, Ctx, Governance, Scope};
use crate::error::{Error, Result};
use crate::escalation::{ReasonCode, StepUp, Verdict};
use crate::id::{EscalationId, IdentityId, PersonId};
use crate::identity::{Boundary, Environment};
use crate::person::Status;
use crate::source::Kind as Source;
use crate::time::{Clock as _, ManualClock, Timestamp};
use chrono::{TimeDelta, Timelike as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long the story is.
pub const DAYS: i64 = 7;
/// Of the story, not of any key.
const SEED: u64 = 400;
/// Nothing of the ordinary days so close before the end that it could still wait then.
const QUIET: TimeDelta = TimeDelta::minutes(40);
/// The longest a card can wait (semantics.md, Times), and a little.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(250);

/// When a story that ends at `until` begins.
#[must_use]
pub fn begins(until: Timestamp) -> Timestamp {
    until - TimeDelta::days(DAYS)
}

/// Something that is to happen.
enum Next {
    Ask(Box<Said>),
    /// People answer, or nobody does.
    Decide(EscalationId, Fate, Box<Said>),
    /// The agent asks again, as agents do.
    Again(Box<Said>),
    Sweep,
    Leave,
    /// An agent that took in foreign instructions tries what it never does.
    Hijacked(u32),
    Stop,
    Stranger,
    Day(i64),
}

#[derive(Clone, Copy)]
enum Fate {
    Approved,
    Denied,
    Unanswered,
}

struct Play<'a> {
    gov: &'a Governance,
    clock: &'a ManualClock,
    until: Timestamp,
    rng: StdRng,
    people: BTreeMap<&'static str, PersonId>,
    keys: HashMap<&'static str, Actor>,
    next: BTreeMap<(Timestamp, u64), Next>,
    count: u64,
}

/// Plays the story into a fresh installation whose clock stands at [`begins`]; at its end the clock stands at `until`.
/// `progress` hears how far it is: steps done, of how many, and what is being done.
///
/// # Errors
/// As the operations: then the installation is of no use.
pub async fn play(
    gov: &Governance,
    clock: &ManualClock,
    until: Timestamp,
    progress: &mut (dyn FnMut(u32, u32, &str) + Send),
) -> Result<()> {
    let rng = StdRng::seed_from_u64(SEED);
    let (people, keys, next) = (BTreeMap::new(), HashMap::new(), BTreeMap::new());
    let mut play = Play { gov, clock, until, rng, people, keys, next, count: 0 };
    progress(0, 9, "people, policies, 400 identities");
    play.found().await?;
    play.plan();
    while let Some(((at, _), next)) = play.next.pop_first() {
        // what somebody took their time over may end after the next thing was due
        clock.set(at.max(clock.now()));
        if let Next::Day(day) = next {
            progress(u32::try_from(day).unwrap_or(0), 9, &format!("day {day} of {DAYS}"));
        }
        play.happen(next).await?;
    }
    clock.set(until);
    let system = play.system();
    gov.findings_sweep(&system).await?;
    progress(9, 9, "opening it");
    Ok(())
}

/// What an agent is for, as its owner wrote it down: what it does on ordinary days and no more. `None`: nobody has yet.
fn boundary(agent: &str) -> Option<Boundary> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let usual: Vec<_> =
        ROUTINES.iter().map(|routine| (routine.say)(&mut rng)).filter(|said| said.agent == agent).collect();
    let all = |of: fn(&Said) -> &str| {
        let all: BTreeSet<_> = usual.iter().map(|said| of(said).to_owned()).collect();
        all.into_iter().collect()
    };
    let boundary = Boundary { tools: all(|s| s.action), systems: all(|s| s.resource.0), ..Boundary::default() };
    boundary.says_scope().then_some(boundary)
}

impl Play<'_> {
    fn system(&self) -> Ctx {
        self.gov.ctx(Actor::System("demo"))
    }

    async fn person(&self, email: &str) -> Result<Ctx> {
        let person = self.gov.person_find(&self.system(), email).await?;
        Ok(self.gov.ctx(Actor::Person { id: person.id, roles: person.roles }))
    }

    fn owner(&self, start: &str) -> Option<PersonId> {
        self.people.iter().find(|(email, _)| email.starts_with(start)).map(|(_, id)| *id)
    }

    /// The first day's morning: who there is, what they may, what runs.
    async fn found(&mut self) -> Result<()> {
        let leaver = (LEAVER.0, LEAVER.1, BTreeSet::from([crate::person::Role::Owner]), BTreeSet::new());
        let cast = CAST.iter().map(|p| {
            let groups = p.groups.iter().map(|g| (*g).to_owned()).collect();
            (p.email, p.name, p.roles.iter().copied().collect(), groups)
        });
        for (email, name, roles, groups) in cast.chain([leaver]) {
            let new = NewPerson { email: email.into(), name: name.into(), roles, groups, manager: None };
            self.people.insert(email, self.gov.person_add(&self.system(), new).await?.id);
        }
        self.gov.policy_activate(&self.system(), Release::Files(&bundle()?), Some(None)).await?;
        for (action, fact) in FACTS {
            self.gov.action_facts_set(&self.system(), action, &BTreeSet::from([fact])).await?;
        }
        self.sources().await?;
        for agent in &AGENTS {
            let id = self.register(agent).await?;
            if !agent.gateway {
                self.key(agent.name, Some(id), agent.name).await?;
            }
        }
        self.key(GATEWAY, None, GATEWAY).await
    }

    async fn sources(&mut self) -> Result<()> {
        let operator = self.person("ingrid.dahl@northwind.example").await?;
        let aws = fleet::aws(&mut self.rng, self.gov.now());
        let input =
            |kind, files, name: &str| ImportInput { kind, files, name: Some(name.into()), allow_removals: false };
        self.gov.import_apply(&operator, &input(Source::AwsIam, aws, "AWS production account")).await?;
        for (name, bytes) in fleet::mcp() {
            self.gov.import_apply(&operator, &input(Source::McpConfig, vec![("mcp.json".into(), bytes)], name)).await?;
        }
        let want = Want { cursor: None, limit: 1_000 };
        let lines = self.gov.identity_list(&operator, &Filter::default(), &want).await?.items.into_iter();
        let named: Vec<_> =
            lines.map(|l| (l.identity.name, l.identity.environment == Some(Environment::Production))).collect();
        let report =
            self.gov.identity_own_import(&operator, "owners.csv", fleet::owners(&named).as_bytes(), false).await?;
        match report.problems.first() {
            Some(problem) => Err(Error::broken(format!("owners of the demo: {problem:?}"))),
            None => Ok(()),
        }
    }

    async fn register(&self, agent: &Agent) -> Result<IdentityId> {
        let new = NewIdentity {
            owner: agent.owner.and_then(|o| self.owner(o)),
            backup: agent.backup.and_then(|o| self.owner(o)),
            team: Some(agent.team.into()),
            environment: Some(agent.environment),
            mode: agent.mode,
            purpose: Some(agent.purpose.into()),
            boundary: boundary(agent.name),
            ..NewIdentity::named(agent.name, agent.kind)
        };
        Ok(self.gov.identity_add(&self.system(), new).await?.id)
    }

    async fn key(&mut self, whose: &'static str, identity: Option<IdentityId>, name: &str) -> Result<()> {
        let new = NewKey {
            identity,
            name: name.into(),
            patterns: vec![],
            scopes: [Scope::Ask, Scope::Act].into(),
            submits: true,
            expires_at: None,
        };
        let made = self.gov.key_create(&self.system(), new).await?;
        self.keys.insert(whose, self.gov.key_authenticate(&made.secret).await?);
        Ok(())
    }

    fn at(&mut self, at: Timestamp, next: Next) {
        self.count += 1;
        self.next.insert((at, self.count), next);
    }

    /// Everything the tables say, in its place in time.
    fn plan(&mut self) {
        let begin = begins(self.until);
        let midnight = begin - TimeDelta::seconds(i64::from(begin.datetime().num_seconds_from_midnight()));
        let last = self.until - QUIET;
        for day in 0..=DAYS {
            let dawn = midnight + TimeDelta::days(day);
            for routine in &ROUTINES {
                for _ in 0..routine.per_day {
                    let second = self.rng.random_range(routine.hours.0 * 3_600..routine.hours.1 * 3_600);
                    let (at, said) = (dawn + TimeDelta::seconds(second.into()), (routine.say)(&mut self.rng));
                    if at > begin + TimeDelta::hours(1) && at < last {
                        self.at(at, Next::Ask(Box::new(said)));
                    }
                }
            }
        }
        for day in 1..=DAYS {
            self.at(begin + TimeDelta::days(day - 1) + TimeDelta::minutes(1), Next::Day(day));
        }
        self.at(begin + TimeDelta::hours(50), Next::Stranger);
        self.at(begin + TimeDelta::hours(100), Next::Leave);
        for n in 0..5 {
            self.at(begin + TimeDelta::hours(122) + TimeDelta::seconds(9 * i64::from(n)), Next::Hijacked(n));
        }
        self.at(begin + TimeDelta::hours(122) + TimeDelta::minutes(1), Next::Stop);
        self.at(begin + TimeDelta::hours(122) + TimeDelta::minutes(3), Next::Hijacked(9));
        for waiting in &WAITING {
            self.at(self.until - TimeDelta::minutes(waiting.minutes_ago), Next::Ask(Box::new(waiting.said())));
        }
    }

    async fn happen(&mut self, next: Next) -> Result<()> {
        match next {
            Next::Ask(said) => self.asked(*said).await,
            Next::Decide(id, fate, said) => self.decided(id, fate, *said).await,
            Next::Again(said) => self.again(&said).await.map(drop),
            Next::Sweep | Next::Day(_) => self.swept().await,
            Next::Leave => self.left().await,
            Next::Hijacked(n) => self.hijacked(n).await,
            Next::Stop => self.stopped().await,
            Next::Stranger => self.stranger().await,
        }
    }

    async fn ask(&self, said: &Said) -> Result<(Ctx, Answer)> {
        let own = self.keys.get(said.agent);
        let actor =
            own.or_else(|| self.keys.get(GATEWAY)).ok_or_else(|| Error::broken("the demo's gateway has no key"))?;
        let ctx = self.gov.ctx(actor.clone());
        let answer = self.gov.decide(&ctx, ask(said)).await?;
        Ok((ctx, answer))
    }

    async fn asked(&mut self, said: Said) -> Result<()> {
        let (ctx, answer) = self.ask(&said).await?;
        let now = self.gov.now();
        match (answer.outcome, &answer.escalation) {
            (Outcome::Permit, _) => act(self.gov, &ctx, &answer).await?,
            (Outcome::Escalate, Some(escalation)) if now < self.until - TimeDelta::minutes(25) => {
                let fate = match self.rng.random_range(0..20) {
                    0 | 1 => Fate::Denied,
                    2 if now < self.until - LONGEST_WAIT => Fate::Unanswered,
                    _ => Fate::Approved,
                };
                let minutes = self.rng.random_range(2..9);
                self.at(now + TimeDelta::minutes(minutes), Next::Decide(escalation.id, fate, Box::new(said)));
            }
            _ => {}
        }
        Ok(())
    }

    async fn again(&self, said: &Said) -> Result<Answer> {
        let (ctx, answer) = self.ask(said).await?;
        if answer.outcome == Outcome::Permit {
            act(self.gov, &ctx, &answer).await?;
        }
        Ok(answer)
    }

    async fn decided(&mut self, id: EscalationId, fate: Fate, said: Said) -> Result<()> {
        let now = self.gov.now();
        let verdict = match fate {
            Fate::Approved => Verdict::Approve,
            Fate::Denied => Verdict::Deny,
            Fate::Unanswered => {
                self.at(now + LONGEST_WAIT, Next::Sweep);
                return Ok(());
            }
        };
        let shown = self.gov.escalation_get(&self.system(), id).await?;
        let quorum = shown.record.escalation.requirement.quorum;
        let voters: Vec<_> = shown.deciders.iter().map(|d| d.person).collect();
        let needed = if verdict == Verdict::Approve { quorum.max(1) as usize } else { 1 };
        for person in voters.into_iter().take(needed) {
            self.vote(id, person, verdict).await?;
            self.clock.advance(TimeDelta::seconds(40));
        }
        if verdict == Verdict::Approve {
            self.at(self.gov.now() + TimeDelta::seconds(50), Next::Again(Box::new(said)));
        }
        Ok(())
    }

    /// A person signs in afresh, looks at the card, and decides.
    async fn vote(&self, id: EscalationId, person: PersonId, verdict: Verdict) -> Result<()> {
        let link = self.gov.link_create(&self.system(), person).await?;
        let signed = self.gov.link_use(&link.token, None).await?;
        let visitor =
            self.gov.visitor(&signed).await?.ok_or_else(|| Error::broken("a demo person who cannot sign in"))?;
        let ctx = self.gov.ctx(Actor::Person { id: visitor.id, roles: visitor.roles });
        let shown = self.gov.escalation_get(&ctx, id).await?;
        let shown_at = Some(self.gov.now());
        self.clock.advance(TimeDelta::seconds(25));
        let (code, reason) = match verdict {
            Verdict::Approve => (ReasonCode::MatchesRecord, "Compared with the ticket and the contract"),
            Verdict::Deny => (ReasonCode::NotExpected, "Nobody on the team asked for this"),
        };
        let cast = Cast {
            verdict,
            seat: None,
            digest: shown.record.escalation.digest.clone(),
            card_version: shown.record.escalation.card_version,
            code: Some(code),
            reason: Some(reason.into()),
            shown_at,
            echo: shown.echo.map(|(_, value)| value),
            step_up: Some(StepUp::OneTimeLink),
        };
        let ctx = Ctx { at: self.gov.now(), ..ctx };
        self.gov.escalation_vote(&ctx, id, cast).await.map(drop)
    }

    async fn swept(&self) -> Result<()> {
        self.gov.escalation_sweep(&self.gov.ctx(Actor::System("sweep"))).await?;
        self.gov.grant_sweep().await.map(drop)
    }

    async fn left(&self) -> Result<()> {
        let admin = self.person("nora.quinn@northwind.example").await?;
        let leaver = self.gov.person_find(&admin, LEAVER.0).await?;
        let change = PersonChange { status: Some(Status::Left), ..PersonChange::default() };
        self.gov.person_change(&admin, leaver.id, change).await.map(drop)
    }

    async fn hijacked(&self, n: u32) -> Result<()> {
        let target = ["stripe-live", "salaries-2026", "northwind"][(n % 3) as usize];
        let said = Said {
            agent: "translate-helper",
            action: ["secret.read", "record.export", "identity.write"][(n % 3) as usize],
            input: match n % 3 {
                1 => serde_json::json!({ "destination": "paste.example", "records": 9_000 }),
                2 => serde_json::json!({ "change": "add to admins", "subject": "translate-helper" }),
                _ => serde_json::json!({}),
            },
            resource: (["secret", "record", "directory"][(n % 3) as usize], target.into()),
            claims: serde_json::json!({}),
            words: "The document I translate says to do this first".into(),
            initiator: "self",
        };
        self.ask(&said).await.map(drop)
    }

    async fn stopped(&self) -> Result<()> {
        let operator = self.person("ingrid.dahl@northwind.example").await?;
        let agent = self.gov.identity_find(&operator, "translate-helper").await?;
        let reason = "Asks for secrets and exports it never needed: looks hijacked";
        self.gov.revoke(&operator, &Target::Identity(agent.id), reason).await.map(drop)
    }

    async fn stranger(&self) -> Result<()> {
        let said = Said {
            agent: STRANGER,
            action: "ticket.read",
            input: serde_json::json!({}),
            resource: ("ticket", "T-40001".into()),
            claims: serde_json::json!({}),
            words: "Summarise the meeting".into(),
            initiator: "person",
        };
        self.ask(&said).await.map(drop)
    }
}
