//! What was executed, as somebody saw it: matched to what was decided, looked at for what is odd, and acted on in the same
//! commit.
mod compare;
mod missed;
mod prompts;

use super::containments::{Done, react};
use super::findings::note;
use super::{Act, Ctx, Governance, KeyCaller, Scope, Write};
use crate::decision::Entity;
use crate::error::{Error, Kind, Result};
use crate::finding::{Found, Rule, Severity};
use crate::id::{ActionId, FindingId, IdentityId};
use crate::identity::{self, Identity};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::store::decisions::StoredDecision;
use crate::text::secrets;
use crate::time::Timestamp;
use crate::watch::history::{ACTS, DAYS, History, Past};
use crate::watch::reaction::State;
use crate::watch::rules::{self, Facts};
use crate::watch::{ACTS_MAX, Came, Observed, Thing, Verdict};
use chrono::TimeDelta;
pub(super) use compare::named;
use compare::{CLOCKS, Compared, compare};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What came of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The place of the last event it made.
    pub log_seq: u64,
    pub recorded: usize,
    /// Acts that were reported before, by the reporter's own name for them.
    pub known: usize,
    /// How many compare how.
    pub verdicts: BTreeMap<Verdict, usize>,
    pub findings: Vec<Odd>,
    pub contained: Vec<Done>,
}

/// One rule that found something about one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odd {
    pub rule: Rule,
    pub severity: Severity,
    pub agent: String,
    pub finding: FindingId,
}

impl Governance {
    /// Records acts as a gateway or an agent saw them: all of them, or none. What a gateway saw is acted on before this
    /// returns; an agent's own word opens findings and never acts alone.
    ///
    /// # Errors
    /// `Forbidden` for an agent the key does not speak for; `NotFound` for a decision or grant of another; `Invalid` naming
    /// the act by its number, from 1.
    pub async fn activity_report(&self, ctx: &Ctx, acts: &[Observed]) -> Result<Noted> {
        ctx.authorize(Act::Report)?;
        let key = ctx.key(Scope::Act)?.clone();
        if acts.is_empty() || acts.len() > ACTS_MAX {
            return Err(Error::invalid(format!("1 to {ACTS_MAX} acts in one report, one on each line")));
        }
        let mut w = self.write(ctx).await?;
        let mut seen = Seen::by(key);
        for (n, act) in acts.iter().enumerate() {
            // what is ours to mend keeps its cause
            let numbered = |e: Error| match e.kind {
                Kind::Invalid | Kind::NotFound | Kind::Forbidden | Kind::Conflict => {
                    Error::new(e.kind, format!("act {}: {}", n + 1, e.detail))
                }
                _ => e,
            };
            seen.act(&mut w, act).await.map_err(numbered)?;
        }
        seen.commit(w).await
    }
}

/// An agent of this report: what it did before, and what was odd about what it did now.
struct Agent {
    identity: Identity,
    history: History,
    found: BTreeMap<Rule, Found>,
}

/// One report as it is gone through.
pub(super) struct Seen {
    key: KeyCaller,
    noted: Noted,
    agents: BTreeMap<IdentityId, Agent>,
    /// A fact that decisions rest on was changed.
    moved: bool,
}

impl Seen {
    pub(super) fn by(key: KeyCaller) -> Self {
        Self { key, noted: Noted::default(), agents: BTreeMap::new(), moved: false }
    }

    async fn act(&mut self, w: &mut Write, act: &Observed) -> Result<()> {
        act.check()?;
        let (kind, entity) = self.speaks_of(&act.agent)?;
        if let Some(reference) = &act.id
            && store::actions::known(&mut w.tx, self.key.id, reference).await?
        {
            self.noted.known += 1;
            return Ok(());
        }
        let identity = self.registered(w, kind, &entity).await?;
        let decision = match (act.decision, act.grant) {
            (None, None) => None,
            (decision, grant) => Some(named(w, decision, grant).await?),
        };
        let theirs = |d: &StoredDecision| match &identity {
            Some(it) => d.identity_id == Some(it.id),
            None => d.identity_id.is_none() && d.subject_id == act.agent.id,
        };
        if let Some(other) = decision.as_ref().filter(|d| !theirs(d)) {
            return Err(Error::not_found(format!("no decision {}", other.id)));
        }
        self.one(w, act, identity, decision).await.map(drop)
    }

    /// Whom this is about, if the key may speak of them.
    fn speaks_of(&self, agent: &Thing) -> Result<(identity::Kind, Entity)> {
        let kind: identity::Kind = agent.kind.parse()?;
        let entity = Entity { kind: kind.as_str().into(), id: agent.id.clone(), ..Entity::default() };
        super::speaking::may_speak_for(&self.key, &entity)?;
        Ok((kind, entity))
    }

    /// Their entry in the register; whoever has none is a gap from now on.
    async fn registered(&self, w: &mut Write, kind: identity::Kind, entity: &Entity) -> Result<Option<Identity>> {
        let identity = store::identities::by_kind(&mut w.tx, kind, &entity.id).await?;
        if self.key.identity.is_some_and(|own| identity.as_ref().is_none_or(|it| it.id != own)) {
            return Err(super::speaking::not_yours(entity));
        }
        if identity.is_none() {
            super::findings::asked(w, kind, &entity.id).await?;
        }
        Ok(identity)
    }

    /// What was gathered of an agent in this report.
    async fn agent(&mut self, w: &mut Write, identity: Identity) -> Result<&mut Agent> {
        match self.agents.entry(identity.id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let since = w.at() - TimeDelta::days(DAYS);
                let limit = i64::try_from(ACTS).map_err(Error::internal)?;
                let history = History::new(store::actions::history(&mut w.tx, identity.id, since, limit).await?);
                Ok(new.insert(Agent { identity, history, found: BTreeMap::new() }))
            }
        }
    }

    /// Records one act, and gathers what is odd about it; `named` is the decision its reporter names.
    pub(super) async fn one(
        &mut self,
        w: &mut Write,
        act: &Observed,
        identity: Option<Identity>,
        named: Option<StoredDecision>,
    ) -> Result<(ActionId, u64)> {
        let (act, mut secrets) = act.without_secrets();
        let act = &act;
        let at = act.at.unwrap_or(w.at());
        if at > w.at() + CLOCKS {
            return Err(Error::invalid("at lies in the future"));
        }
        self.moved |= super::resources::seen(w, act, self.key.is_gateway()).await?;
        let compared = compare(w, act, at, identity.as_ref().map(|it| it.id), named).await?;
        let Some(identity) = identity else { return self.record(w, act, at, None, &compared).await };
        let id = identity.id;
        // what it did before, without this
        self.agent(w, identity).await?;
        let recorded = self.record(w, act, at, Some(id), &compared).await?;
        let Some(agent) = self.agents.get_mut(&id).filter(|_| act.outcome != Came::Skipped) else {
            return Ok(recorded);
        };
        let serious = store::policies::action_facts(&mut w.tx).await?.get(&act.action).is_some_and(|f| !f.is_empty());
        let subject = id.to_string();
        secrets.extend(act.input.iter().flat_map(secrets::named));
        let facts = Facts {
            subject: &subject,
            name: &agent.identity.name,
            boundary: agent.identity.boundary.as_ref(),
            verdict: compared.verdict,
            why: &compared.why,
            serious,
            history: &agent.history,
            at,
            observed_by: self.key.observed_by(),
            secrets: &secrets,
        };
        for found in rules::of_act(act, &facts) {
            gather(&mut agent.found, found);
        }
        if act.outcome == Came::Done {
            let (action, destination) = (act.action.clone(), act.destination.clone());
            agent.history.push(Past { at, action, destination, amount: act.amount() });
        }
        Ok(recorded)
    }

    async fn record(
        &mut self,
        w: &mut Write,
        act: &Observed,
        at: Timestamp,
        identity: Option<IdentityId>,
        compared: &Compared,
    ) -> Result<(ActionId, u64)> {
        let id = ActionId::new(w.at(), w.random());
        let decision = compared.decision.as_ref();
        let run = act.run.clone().or_else(|| decision.and_then(|d| d.run.clone()));
        let mut event = Event::new(EventKind::ActionReported, w.actor().to_owned())
            .id("action", id)
            .outcome(act.outcome.as_str())
            .reason(compared.verdict.as_str());
        event.ids.extend(decision.map(|d| ("decision", d.id.to_string())));
        event.ids.extend(act.grant.map(|g| ("grant", g.to_string())));
        event.subject = identity.map(|id| id.to_string());
        event.via = Some(self.key.id.to_string());
        event.observed_by = Some(self.key.observed_by().into());
        event.run.clone_from(&run);
        event.tool.clone_from(&act.tool);
        let seq = w.append(event).await?;
        let run_id = super::runs::reported(w, self.key.is_gateway(), act, identity, decision).await?;
        let row = store::actions::Row {
            id,
            seq,
            at: w.at(),
            key: self.key.id,
            identity,
            decision: decision.map(|d| d.id),
            grant: act.grant,
            action: &act.action,
            resource: (&act.resource.kind, &act.resource.id),
            outcome: act.outcome.as_str(),
            observed_by: self.key.observed_by(),
            executed_at: at,
            data_class: act.data_class.as_deref(),
            run: run.as_deref(),
            run_id,
            verdict: compared.verdict,
            reference: act.id.as_deref(),
            amount: act.amount(),
            destination: act.destination.as_deref(),
        };
        store::actions::insert(&mut w.tx, &row).await?;
        self.noted.recorded += 1;
        self.noted.log_seq = seq;
        *self.noted.verdicts.entry(compared.verdict).or_default() += 1;
        Ok((id, seq))
    }

    /// Writes what was found, and lets rules act on it. Says too whether a fact that decisions rest on was changed.
    pub(super) async fn conclude(mut self, w: &mut Write) -> Result<(Noted, bool)> {
        let mut moved = self.moved;
        for (id, agent) in self.agents {
            let found: Vec<Found> = agent.found.into_values().collect();
            let findings = note(w, Some(id), found.clone()).await?;
            let found: Vec<_> = findings.into_iter().zip(found).collect();
            self.noted.findings.extend(found.iter().map(|(finding, f)| Odd {
                rule: f.rule,
                severity: f.severity,
                agent: agent.identity.name.clone(),
                finding: *finding,
            }));
            // an agent's own word never counts alone
            if !self.key.is_gateway() {
                continue;
            }
            let done = react(w, &agent.identity, &found).await?;
            moved |= done.iter().any(|d| d.state == State::Active);
            self.noted.contained.extend(done);
        }
        Ok((self.noted, moved))
    }

    /// Concludes a report that is all of its write; one that says nothing new leaves nothing.
    async fn commit(self, mut w: Write) -> Result<Noted> {
        let (noted, moved) = self.conclude(&mut w).await?;
        if !moved {
            w.leaves_world();
        }
        match w.appended() {
            0 => drop(w),
            _ => drop(w.commit().await?),
        }
        Ok(noted)
    }
}

/// One finding of each rule: the worst of it, with every line.
fn gather(all: &mut BTreeMap<Rule, Found>, mut found: Found) {
    if let Some(known) = all.remove(&found.rule) {
        found.evidence.extend(known.evidence);
        found.severity = found.severity.max(known.severity);
    }
    all.insert(found.rule, found);
}
