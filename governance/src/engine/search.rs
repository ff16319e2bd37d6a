//! AuthZEN's searches: what would be permitted now, on the facts and counters at hand. Nothing is decided by them, nothing
//! recorded, no counter moves; whoever acts asks first.
use super::committer::Prepared;
use super::decisions::Inputs;
use super::settle::{counters, judge};
use super::speaking::may_speak_for;
use super::told::told;
use super::{Act, Ctx, Governance, KeyCaller, Scope};
use crate::decision::{Action, Ask, Outcome};
use crate::error::Result;
use crate::store;
use crate::store::db::Tx;
use std::collections::BTreeSet;

/// Entities looked at for one page: a search over a large register must end.
const LOOKED_AT: usize = 1_000;

/// What a search looks for; the rest of the question is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    Subject,
    Resource,
}

/// One page of ids, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub ids: Vec<String>,
    /// The id behind which the next page starts; `None`: this was the last.
    pub next: Option<String>,
}

impl Governance {
    /// The actions the subject may do on the resource without a person, sorted. An action that needs properties the
    /// question does not have cannot be judged and is not named; a subject that nobody knows may do nothing.
    ///
    /// # Errors
    /// As [`Governance::decide`].
    pub async fn search_actions(&self, ctx: &Ctx, ask: Ask) -> Result<Vec<String>> {
        let key = self.searcher(ctx, &ask)?;
        may_speak_for(key, &ask.subject)?;
        let mut tx = self.read().await?;
        let number = store::head::get(&mut tx).await?.world;
        let world = self.world_at(&mut tx, number).await?;
        let mut found = Vec::new();
        for name in world.bundle.actions() {
            let action = Action { name: name.to_owned(), ..Action::default() };
            if self.foresee(&mut tx, number, key, Ask { action, ..ask.clone() }).await? {
                found.push(name.to_owned());
            }
        }
        Ok(found)
    }

    /// The subjects, or the resources, of the type the question names for which it would be permitted: those of the
    /// register and those that the bundle lists, ids behind `after`, at most `limit`.
    ///
    /// # Errors
    /// As [`Governance::decide`].
    pub async fn search_entities(
        &self,
        ctx: &Ctx,
        ask: Ask,
        what: Searched,
        after: &str,
        limit: usize,
    ) -> Result<Found> {
        let key = self.searcher(ctx, &ask)?;
        if what == Searched::Resource {
            may_speak_for(key, &ask.subject)?;
        }
        let mut tx = self.read().await?;
        let number = store::head::get(&mut tx).await?.world;
        let kind = match what {
            Searched::Subject => &ask.subject.kind,
            Searched::Resource => &ask.resource.kind,
        };
        let candidates = self.candidates(&mut tx, number, kind, after).await?;
        let full = candidates.len() == LOOKED_AT;
        let mut found = Found::default();
        let mut last = None;
        for id in candidates {
            if found.ids.len() == limit {
                found.next = last;
                return Ok(found);
            }
            let mut asked = ask.clone();
            match what {
                Searched::Subject => asked.subject.id.clone_from(&id),
                Searched::Resource => asked.resource.id.clone_from(&id),
            }
            // one may search among those one may ask for
            let mine = may_speak_for(key, &asked.subject).is_ok();
            if mine && self.foresee(&mut tx, number, key, asked).await? {
                found.ids.push(id.clone());
            }
            last = Some(id);
        }
        found.next = last.filter(|_| full);
        Ok(found)
    }

    fn searcher<'a>(&self, ctx: &'a Ctx, ask: &Ask) -> Result<&'a KeyCaller> {
        ctx.authorize(Act::Ask)?;
        crate::policy::question::check_caller_context(&ask.context)?;
        ctx.key(Scope::Ask)
    }

    async fn candidates(&self, tx: &mut Tx, number: i64, kind: &str, after: &str) -> Result<Vec<String>> {
        let world = self.world_at(tx, number).await?;
        let listed = world.bundle.entities_listed(kind).into_iter().filter(|id| *id > after).map(str::to_owned);
        let mut all: BTreeSet<String> = listed.collect();
        if let Some(kind) = world.bundle.identity_kind(kind) {
            let limit = i64::try_from(LOOKED_AT).unwrap_or(i64::MAX);
            all.extend(store::facts::names(tx, kind, after, limit).await?);
        }
        Ok(all.into_iter().take(LOOKED_AT).collect())
    }

    /// Whether it would be permitted now, without a person.
    pub(super) async fn foresee(&self, tx: &mut Tx, number: i64, key: &KeyCaller, ask: Ask) -> Result<bool> {
        let told = told(&ask)?;
        let p = Prepared {
            key: key.clone(),
            ask,
            told,
            fingerprint: String::new(),
            secrets: vec![],
            known: None,
            evaluated: None,
        };
        let mut known = self.known_at(tx, number, &p).await?;
        known.run = super::runs::joined(tx, &p, &known).await?;
        if known.own(key, &p.ask.subject).is_err() {
            return Ok(false);
        }
        let (kind, id) = (&p.ask.subject.kind, &p.ask.subject.id);
        if known.subject.is_none() && !known.world.bundle.entity_listed(kind, id) {
            return Ok(false);
        }
        let at = self.now();
        let used = counters(tx, at, &p, &known).await?;
        let evaluated = p.evaluate(&known, at, used);
        let inputs = Inputs::of(&p, &known, evaluated, at);
        Ok(judge(known.subject.as_ref().map(|s| s.id), &inputs).outcome == Outcome::Permit)
    }
}
