//! Runs while they go on (UC-22): which run a question belongs to, and the highest class of data touched in it.
//!
//! A name a gateway gives means one run for all that gateways speak for. An agent's own key belongs to that run only where a
//! gateway named it there before; else the name means a run of the agent's own, so that nobody gets into another's. A mark
//! only rises: whoever gets into a run can make it stricter and never milder. What a gateway watches cannot leave its run by
//! another name, because the gateway gives the name; what an agent says of itself binds only those who are honest.
use super::Write;
use super::committer::Prepared;
use super::decisions::Known;
use super::facts::World;
use super::initiator::UNKNOWN;
use crate::action_facts::ActionFact;
use crate::error::{Error, Result};
use crate::id::{IdentityId, RunId};
use crate::policy::question::Question;
use crate::run::{DataClass, Run};
use crate::store;
use crate::store::db::Tx;
use crate::store::decisions::StoredDecision;
use crate::watch::{Came, Observed};

/// The runs that a name means for one who asks.
#[derive(Debug, Clone)]
pub(crate) struct Joined {
    name: String,
    identity: Option<IdentityId>,
    gateway: bool,
    /// The one that gateways share, and whether the identity took part in it.
    shared: Option<(Run, bool)>,
    own: Option<Run>,
}

impl Joined {
    async fn find(tx: &mut Tx, name: &str, identity: Option<IdentityId>, gateway: bool) -> Result<Self> {
        let (mut shared, mut own) = (None, None);
        for (run, member) in store::runs::named(tx, name, identity).await? {
            match run.identity {
                None => shared = Some((run, member)),
                Some(_) => own = Some(run),
            }
        }
        Ok(Self { name: name.to_owned(), identity, gateway, shared, own })
    }

    fn in_shared(&self) -> bool {
        self.gateway || self.shared.as_ref().is_some_and(|(_, member)| *member)
    }

    /// The highest class touched in it before this question; what the agent touched in its own run of that name counts too.
    pub fn class(&self) -> Option<DataClass> {
        let shared = self.shared.as_ref().map(|(run, _)| run).filter(|_| self.in_shared());
        shared.into_iter().chain(&self.own).filter_map(|run| run.data_class).max()
    }

    /// Writes down that it goes on, with what was touched, and who took part.
    async fn go_on(self, w: &mut Write, class: Option<DataClass>, initiator: Option<&str>) -> Result<RunId> {
        let at = w.at();
        let class = class.max(self.class());
        let (run, member) = match self.in_shared() {
            true => self.shared.map_or((None, false), |(run, member)| (Some(run), member)),
            // whose run it is joined when it began
            false => (self.own, true),
        };
        let (id, new) = match run {
            Some(mut run) => {
                if run.touch(class, initiator) {
                    store::runs::update(&mut w.tx, &run).await?;
                }
                (run.id, false)
            }
            None => {
                let id = RunId::new(at, w.random());
                let run = Run {
                    id,
                    name: self.name,
                    identity: self.identity.filter(|_| !self.gateway),
                    initiator: initiator.map(str::to_owned),
                    started_at: at,
                    data_class: class,
                    version: 0,
                };
                store::runs::insert(&mut w.tx, &run).await?;
                (id, true)
            }
        };
        if let Some(identity) = self.identity.filter(|_| new || !member) {
            store::runs::join(&mut w.tx, id, identity, at).await?;
        }
        Ok(id)
    }
}

/// The run a question names; `None`: it names none.
///
/// # Errors
/// As the database says.
pub(super) async fn joined(tx: &mut Tx, p: &Prepared, known: &Known) -> Result<Option<Joined>> {
    let Some(name) = &p.told.run else { return Ok(None) };
    Joined::find(tx, name, known.subject.as_ref().map(|s| s.id), p.key.is_gateway()).await.map(Some)
}

/// Writes down that the run went on with this question; a permit raises its mark, in the same commit.
///
/// # Errors
/// As the database says.
pub(super) async fn go_on(
    w: &mut Write,
    p: &Prepared,
    known: &Known,
    question: &Question,
    permitted: bool,
) -> Result<Option<RunId>> {
    let Some(joined) = known.run.clone() else { return Ok(None) };
    let class = if permitted { class(&known.world, question) } else { None };
    let initiator = Some(p.initiator(known).kind).filter(|kind| *kind != UNKNOWN);
    let id = joined.go_on(w, class, initiator).await?;
    // an agent that merely says who handed it the work gets nobody into a run
    for link in known.chain.iter().flatten().filter(|_| p.key.is_gateway()) {
        let at = w.at();
        store::runs::join(&mut w.tx, id, link.id, at).await?;
    }
    Ok(Some(id))
}

/// The class of the data a question is about: the highest that the register, the bundle, the request or the action's facts name.
pub(super) fn class(world: &World, question: &Question) -> Option<DataClass> {
    let facts = world.bundle.facts(&question.resource_type, &question.resource_id);
    let listed = question.resource.as_ref().map(|facts| &facts.attrs);
    let named = [listed, facts, Some(&question.resource_properties)].into_iter().flatten();
    let named = named.filter_map(|attrs| attrs.get("data_class")).map(DataClass::of_value);
    let of_action = world.action_facts.get(&question.action);
    let restricted = of_action.is_some_and(|facts| facts.iter().any(|f| f == ActionFact::RestrictedData.as_str()));
    named.chain(restricted.then_some(DataClass::Restricted)).max()
}

/// What a report says was touched raises the mark of the run its decision was made in, and of the run it names; the latter
/// is returned, or else the former.
///
/// # Errors
/// As the database says.
pub(super) async fn reported(
    w: &mut Write,
    gateway: bool,
    act: &Observed,
    identity: Option<IdentityId>,
    decision: Option<&StoredDecision>,
) -> Result<Option<RunId>> {
    let touched = act.data_class.as_deref().filter(|_| act.outcome != Came::Skipped).map(DataClass::of);
    let decided_in = decision.and_then(|d| d.run_id);
    if let Some(id) = decided_in {
        let run = store::runs::get(&mut w.tx, id).await?;
        let mut run = run.ok_or_else(|| Error::broken(format!("no run {id}")))?;
        if run.touch(touched, None) {
            store::runs::update(&mut w.tx, &run).await?;
        }
    }
    match &act.run {
        Some(name) if decision.and_then(|d| d.run.as_ref()) != Some(name) => {
            let joined = Joined::find(&mut w.tx, name, identity, gateway).await?;
            joined.go_on(w, touched, None).await.map(Some)
        }
        _ => Ok(decided_in),
    }
}
