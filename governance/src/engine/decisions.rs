//! From a question to its answer (semantics.md, From request to answer): read, evaluate on remembered facts, hand to the
//! committer, answer once the event is committed.
mod inputs;

use super::committer::{ANSWER_WITHIN, Job, Prepared};
use super::facts::World;
use super::runs::Joined;
use super::settle::counters;
use super::speaking::{may_speak_for, not_yours};
use super::told::told;
use super::{Act, Ctx, Governance, KeyCaller, Scope};
use crate::decision::{Answer, Ask, Entity};
use crate::error::{Error, Kind, Result};
use crate::id::{DecisionId, PersonId};
use crate::json;
use crate::policy::chain::LinkAnswer;
use crate::policy::question::{Evaluation, Facts, Question, ServerContext, TEAM};
use crate::resource::Listed;
use crate::run::for_policy;
use crate::store;
use crate::store::db::Tx;
use crate::store::decisions::{Filter, StoredDecision};
use crate::store::facts::{Standing, Subject};
use crate::task::{Misuse, Task};
use crate::text::secrets;
use crate::time::Timestamp;
pub use inputs::{Grounds, Inputs, Link};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The person acted for, and whether we may believe it (semantics.md, Escalations).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Acting {
    /// What the caller named: an id or a mail.
    pub named: String,
    /// The person of ours that is, if we know them.
    pub person: Option<PersonId>,
    /// Named by a gateway; an agent's own word is only claimed.
    pub checked: bool,
}

/// The facts of one question at one number of the world.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub world: Arc<World>,
    pub subject: Option<Arc<Subject>>,
    pub chain: Vec<Option<Arc<Subject>>>,
    /// For each link of the chain that is no identity, the person of ours it names.
    pub handed_by: Vec<Option<PersonId>>,
    pub acting: Option<Acting>,
    /// The person of ours who is named as having started the run.
    pub started_by: Option<PersonId>,
    /// The task it names, open or over, where that is one of ours. It does not move the world: it is read again under the
    /// log's lock.
    pub task: Option<Arc<Task>>,
    /// The build by which the subject may act; looked at again under the lock where the question names another.
    pub build: Option<Standing>,
    /// The run it names, read under the lock where it is decided.
    pub run: Option<Joined>,
}

/// Policy's answer, with what it followed from.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    pub question: Question,
    /// The asker's own.
    pub own: Evaluation,
    /// Those of the agents it was handed through.
    pub links: Vec<LinkAnswer>,
    /// What the register said of tool, destination and memory store.
    pub listed: Vec<Listed>,
}

impl Known {
    /// Who acts: the asking identity, and those of ours the work was handed through.
    pub(crate) fn actors(&self) -> impl Iterator<Item = &Arc<Subject>> {
        self.subject.iter().chain(self.chain.iter().flatten())
    }
    /// An identity's own key asks for that identity and for no other of its name.
    pub(crate) fn own(&self, key: &KeyCaller, asked: &Entity) -> Result<()> {
        let own = key.identity.is_none_or(|own| self.subject.as_ref().is_some_and(|s| s.id == own));
        if own { Ok(()) } else { Err(not_yours(asked)) }
    }
    /// The register says something serious of the action: it is enforced even in observe mode, and redeemed.
    pub(crate) fn above_floor(&self, action: &str) -> bool {
        self.world.action_facts.get(action).is_some_and(|facts| !facts.is_empty())
    }
}

impl Governance {
    /// Answers one question. The answer exists only once its event is committed.
    ///
    /// # Errors
    /// `Forbidden` if the key may not ask for that subject, `Invalid` with the place, `KeyReused`, `TooMany`, and
    /// `Unavailable` when nothing was decided. An error is never a permit.
    pub async fn decide(&self, ctx: &Ctx, ask: Ask) -> Result<Answer> {
        ctx.authorize(Act::Ask)?;
        let key = ctx.key(Scope::Ask)?;
        may_speak_for(key, &ask.subject)?;
        crate::policy::question::check_caller_context(&ask.context)?;
        let mut ask = ask;
        let secrets = take_secrets_out(&mut ask);
        let told = told(&ask)?;
        let fingerprint = fingerprint(&ask);
        let prepared = Prepared { key: key.clone(), ask, told, fingerprint, secrets, known: None, evaluated: None };
        let prepared = self.prepare(prepared).await?;
        #[cfg(feature = "testkit")]
        if self.unlogged {
            return self.answer_unlogged(prepared);
        }
        let (reply, answer) = oneshot::channel();
        let queue = self.committer.as_ref().ok_or_else(|| Error::unavailable("this process decides nothing"))?;
        queue.put(Job { prepared, reply, asked: Instant::now() }, self.now())?;
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::unavailable("nothing was decided; ask again")),
            Err(_) => Err(Error::unavailable(
                "no answer in time: whether it was recorded is not known; ask again with the same Idempotency-Key",
            )),
        }
    }

    async fn prepare(&self, mut prepared: Prepared) -> Result<Prepared> {
        let early = self.believes_early_reads();
        // What is remembered needs no database at all; the committer checks that it still stands.
        let remembered = if early { None } else { self.known_from_memory(&prepared) };
        let known = match remembered {
            Some(mut known) => {
                if let Some(reference) = &prepared.told.task {
                    known.task = store::tasks::latest(&mut self.db.read().await?, reference).await?.map(Arc::new);
                }
                known
            }
            None => {
                let mut tx = self.db.read().await?;
                let world = store::head::get(&mut tx).await?.world;
                self.known_at(&mut tx, world, &prepared).await?
            }
        };
        let question = prepared.question(&known, ServerContext::default());
        known.own(&prepared.key, &prepared.ask.subject)?;
        known.world.bundle.question_check(&question)?;
        // counters and runs move with decisions: they are read under the lock
        let (action, bundle) = (&prepared.ask.action.name, &known.world.bundle);
        let moves = !bundle.counters(action).is_empty() || (prepared.told.run.is_some() && bundle.reads_run(action));
        if !moves || early {
            let used = match early {
                true => counters(&mut self.db.read().await?, self.now(), &prepared, &known).await?,
                false => BTreeMap::new(),
            };
            prepared.evaluated = Some(prepared.evaluate(&known, self.now(), used));
        }
        prepared.known = Some(known);
        Ok(prepared)
    }

    fn known_from_memory(&self, p: &Prepared) -> Option<Known> {
        if p.told.on_behalf_of.is_some() || p.told.started_by.is_some() {
            return None;
        }
        let world = self.remembered.world()?;
        let find = |kind: &str, name: &str| self.remembered.subject(world.number, kind, name);
        let kind = world.bundle.identity_kind(&p.ask.subject.kind);
        let subject = match kind {
            Some(kind) => find(kind, &p.ask.subject.id)?,
            None => None,
        };
        let chain = p.told.chain.iter().map(|name| find("agent", name)).collect::<Option<Vec<_>>>()?;
        if chain.iter().any(Option::is_none) {
            return None; // perhaps a person, whom only the database knows
        }
        let handed_by = vec![None; chain.len()];
        let build = subject.as_ref().and_then(|s| s.build.clone());
        Some(Known { world, subject, chain, handed_by, acting: None, started_by: None, task: None, build, run: None })
    }

    /// The facts of a question at a number of the world, through a transaction that sees that world.
    pub(crate) async fn known_at(&self, tx: &mut Tx, number: i64, p: &Prepared) -> Result<Known> {
        let world = self.world_at(tx, number).await?;
        let subject = match world.bundle.identity_kind(&p.ask.subject.kind) {
            Some(kind) => self.subject_at(tx, number, kind, &p.ask.subject.id).await?,
            None => None,
        };
        let mut chain = Vec::with_capacity(p.told.chain.len());
        let mut handed_by = Vec::with_capacity(p.told.chain.len());
        for name in &p.told.chain {
            let agent = self.subject_at(tx, number, "agent", name).await?;
            handed_by.push(if agent.is_none() { store::facts::person(tx, name).await? } else { None });
            chain.push(agent);
        }
        let started_by = match &p.told.started_by {
            Some(named) => store::facts::person(tx, named).await?,
            None => None,
        };
        let acting = match &p.told.on_behalf_of {
            None => None,
            Some(named) => Some(Acting {
                named: named.clone(),
                person: store::facts::person(tx, named).await?,
                checked: p.key.is_gateway(),
            }),
        };
        let task = match &p.told.task {
            Some(reference) => store::tasks::latest(tx, reference).await?.map(Arc::new),
            None => None,
        };
        let build = subject.as_ref().and_then(|s| s.build.clone());
        Ok(Known { world, subject, chain, handed_by, acting, started_by, task, build, run: None })
    }

    /// One decision with all that it rested on.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn decision_get(&self, ctx: &Ctx, id: DecisionId) -> Result<StoredDecision> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        store::decisions::get(&mut tx, id).await?.ok_or_else(|| Error::not_found(format!("no decision {id}")))
    }

    /// At most `limit` (1 to 1,000) decisions, newest first.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn decision_list(&self, ctx: &Ctx, filter: &Filter, limit: u16) -> Result<Vec<StoredDecision>> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        store::decisions::list(&mut tx, filter, i64::from(limit.clamp(1, 1_000))).await
    }

    /// The question a decision answered, to be asked again when an access request is submitted for it.
    ///
    /// # Errors
    /// `NotFound` if the key did not ask it, `Expired` if its inputs were erased.
    pub async fn decision_ask(&self, ctx: &Ctx, id: DecisionId) -> Result<Ask> {
        let key = ctx.key(Scope::Ask)?;
        let mut tx = self.db.read().await?;
        let stored = store::decisions::get(&mut tx, id).await?.filter(|d| d.key_id == key.id);
        let stored = stored.ok_or_else(|| Error::not_found(format!("no decision {id}")))?;
        let inputs =
            stored.inputs.ok_or_else(|| Error::new(Kind::Expired, "what this decision rested on was erased"))?;
        let inputs: Inputs = serde_json::from_str(&inputs).map_err(Error::internal)?;
        Ok(inputs.ask())
    }
}

impl Prepared {
    /// Why the task it names does not carry the question at this instant; `None`: it names none of ours, or does.
    pub(crate) fn misuse(&self, known: &Known, at: Timestamp) -> Option<Misuse> {
        known.subject.as_ref()?; // whoever is not in the register is denied for that
        // an agent that merely says it was handed the work would take another's task by it
        let handed_on = known.chain.iter().flatten().filter(|_| self.key.is_gateway());
        let actors = known.subject.iter().chain(handed_on).map(|subject| subject.id);
        known.task.as_ref()?.misuse(actors, &self.ask.action.name, at)
    }

    /// The question on these facts, as policy sees it.
    pub(crate) fn question(&self, known: &Known, server: ServerContext) -> Question {
        let mut context = self.ask.context.clone();
        for name in crate::policy::question::UNEVALUATED_CONTEXT {
            context.remove(name);
        }
        Question {
            subject_type: self.ask.subject.kind.clone(),
            subject_id: self.ask.subject.id.clone(),
            subject: known.subject.as_deref().map(register_facts),
            subject_properties: self.ask.subject.properties.clone(),
            action: self.ask.action.name.clone(),
            input: self.ask.action.properties.clone(),
            resource_type: self.ask.resource.kind.clone(),
            resource_id: self.ask.resource.id.clone(),
            resource_properties: self.ask.resource.properties.clone(),
            resource: None,
            context,
            server,
        }
    }

    /// Policy's answer on these facts at `now`, with these counters.
    pub(crate) fn evaluate(
        &self,
        known: &Known,
        now: crate::time::Timestamp,
        used: BTreeMap<String, i64>,
    ) -> Evaluated {
        let server = ServerContext {
            now: Some(now),
            caller: Some(self.key.identity_name.clone().unwrap_or_else(|| self.key.id.to_string())),
            chain: self.told.chain.clone(),
            used,
            task: known.task.as_ref().filter(|_| self.misuse(known, now).is_none()).map(|t| t.for_policy()),
            run: self.told.run.as_deref().map(|name| for_policy(name, known.run.as_ref().and_then(Joined::class))),
            initiator: Some(self.initiator(known).for_policy()),
            ..ServerContext::default()
        };
        let mut question = self.question(known, server);
        let listed = known.world.listed(&question, self.told.tool.as_deref(), now);
        super::resources::tell_policy(&mut question, &listed);
        let bundle = &known.world.bundle;
        let own = bundle.evaluate(&question);
        let agents = known.chain.iter().enumerate().filter_map(|(at, agent)| Some((at + 1, agent.as_deref()?)));
        let links = agents.map(|(link, agent)| LinkAnswer {
            build_changed: agent.build_changed(),
            ..LinkAnswer::of(bundle, &question, link, &agent.name, register_facts(agent))
        });
        let links = links.collect();
        Evaluated { question, own, links, listed }
    }

    /// The parameter bytes (semantics.md, What is bound).
    pub(crate) fn parameters(&self, known: &Known) -> Vec<u8> {
        let declared = known.world.bundle.declared_context(&self.ask.action.name);
        let action = json!({ "name": self.ask.action.name, "properties": self.ask.action.properties });
        let resource = json!({ "type": self.ask.resource.kind, "id": self.ask.resource.id, "properties": self.ask.resource.properties });
        crate::escalation::binding::parameters(&action, &resource, &self.ask.context, declared)
    }
}

fn register_facts(s: &Subject) -> Facts {
    let mut attrs = Map::new();
    attrs.insert("name".into(), s.name.as_str().into());
    attrs.insert("kind".into(), s.kind.as_str().into());
    attrs.insert("status".into(), s.status.as_str().into());
    attrs.insert("mode".into(), s.mode.as_str().into());
    let mut some = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            attrs.insert(name.into(), value.into());
        }
    };
    some("environment", s.environment.clone());
    some("team", s.team.clone());
    some("owner", s.owner.map(|id| id.to_string()));
    some("backup", s.backup.map(|id| id.to_string()));
    Facts { attrs, groups: s.team.iter().map(|team| (TEAM.to_owned(), team.clone())).collect() }
}

/// A secret in what is asked is neither evaluated nor shown nor stored; what policy and people see is what is bound. Returns
/// what was taken out, in words.
fn take_secrets_out(ask: &mut Ask) -> Vec<String> {
    // what we signed ourselves is no secret of anybody's
    let approval = ask.context.remove("approval");
    let Ask { subject, action, resource, context, .. } = ask;
    let parts = [&mut subject.properties, &mut action.properties, &mut resource.properties, context];
    let found = secrets_out(parts, &mut resource.id);
    ask.context.extend(approval.map(|approval| ("approval".to_owned(), approval)));
    found
}

/// Takes the secrets out of the parts of a question and of its resource's name, and says what they were.
pub(super) fn secrets_out(parts: [&mut Map<String, Value>; 4], resource_id: &mut String) -> Vec<String> {
    let mut found: Vec<_> = parts.into_iter().flat_map(secrets::take_out).collect();
    if let Some((left, why)) = secrets::in_name(resource_id) {
        *resource_id = left;
        found.push(why);
    }
    found
}

/// What makes two requests the same under one `Idempotency-Key`: hex SHA-256 of the canonical question.
fn fingerprint(ask: &Ask) -> String {
    let all = json!({ "subject": ask.subject, "action": ask.action, "resource": ask.resource, "context": ask.context, "way": ask.way });
    super::write::hex(&Sha256::digest(json::canonical(&all).as_bytes()))
}
