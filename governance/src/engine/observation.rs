//! What an identity that is only observed did, measured against the policy of today; and the one step to enforce it.
use super::decisions::Inputs;
use super::facts::World;
use super::findings::recompute;
use super::identities::get;
use super::settle::judge;
use super::{Act, Ctx, Governance};
use crate::decision::Outcome;
use crate::error::{Error, Result};
use crate::id::IdentityId;
use crate::identity::change::Change;
use crate::identity::{Boundary, Identity, Mode};
use crate::log::event::{Event, EventKind};
use crate::observation::limits::{self, Known, Limit};
use crate::observation::{Amount, DAYS, Gathered, MOST_DAYS, Observation, Seen, boundary};
use crate::policy::bundle::Bundle;
use crate::policy::manifest::ActionWords;
use crate::policy::question::Question;
use crate::store;
use crate::store::decisions::{Filter, StoredDecision};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Questions that are answered again, the newest.
const MOST: usize = 20_000;
const PAGE: u16 = 1_000;

impl Governance {
    /// What an identity asked in the last `days` (14 where nothing is said), answered again by the bundle of today as if it
    /// were enforced: what would be held back, and a boundary and limits drafted from the rest. What an act would have been
    /// counted toward is as it was recorded, so sums of an observed identity may be higher than they would have been.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Invalid` for no number of days, `Unavailable` without a valid bundle.
    pub async fn identity_observation(&self, ctx: &Ctx, id: IdentityId, days: Option<u16>) -> Result<Observation> {
        ctx.authorize(Act::See)?;
        let days = days.unwrap_or(DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::invalid(format!("days: 1 to {MOST_DAYS}")));
        }
        let (from, to) = (ctx.at - TimeDelta::days(days.into()), ctx.at);
        let mut tx = self.read().await?;
        let it = get(&mut tx, id).await?;
        let number = store::head::get(&mut tx).await?.world;
        let world = self.world_at(&mut tx, number).await?;
        let downstream = store::handoffs::received_from(&mut tx, id, from).await?;
        drop(tx);
        let gathered =
            self.gather(&world, Filter { identity: Some(id), from: Some(from), ..Filter::default() }).await?;
        let limits = limits::draft(&gathered.seen, |action| known(&world.bundle, &it, action));
        let mut words = BTreeMap::<_, String>::new();
        for (name, limit) in limits.iter().filter_map(Limit::words) {
            let said = words.entry(name).or_default();
            *said = if said.is_empty() { limit } else { format!("{said}, {limit}") };
        }
        Ok(Observation {
            identity: id,
            from,
            to,
            bundle: world.bundle.hash().to_owned(),
            first_at: gathered.seen.iter().map(|s| s.at).min(),
            last_at: gathered.seen.iter().map(|s| s.at).max(),
            asked: gathered.seen.len(),
            permitted: gathered.answered(Outcome::Permit),
            to_a_person: gathered.answered(Outcome::Escalate),
            denied: gathered.answered(Outcome::Deny),
            erased: gathered.erased,
            cut: gathered.cut,
            stops: gathered.stops(),
            boundary: boundary::draft(&gathered.seen, it.boundary.as_ref(), downstream, words),
            limits,
        })
    }

    /// Enforces an identity from now on, as it was at `version`; with a boundary, that is documented in the same commit.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`, `Conflict` if it changed since it was looked at, `Invalid` as [`Change::apply`] says.
    pub async fn identity_enforce(
        &self,
        ctx: &Ctx,
        id: IdentityId,
        version: i64,
        boundary: Option<Boundary>,
    ) -> Result<Identity> {
        ctx.authorize(Act::ChangeRegister)?;
        let mut w = self.write(ctx).await?;
        let mut it = super::identity_changes::at_version(&mut w, id, version).await?;
        let at = w.at();
        let change = Change { boundary: boundary.map(Some), ..Change::default() };
        let documented = !change.apply(&mut it, at)?.is_empty();
        let switched = it.mode != Mode::Enforce;
        if !switched && !documented {
            return Ok(it);
        }
        it.mode = Mode::Enforce;
        store::identities::update(&mut w.tx, &it).await?;
        if switched {
            let mode = Event::new(EventKind::IdentityMode, w.actor().to_owned()).subject(id);
            w.append(mode.outcome(it.mode.as_str())).await?;
        }
        if documented {
            super::identity_changes::said(&mut w, &it, vec!["boundary"]).await?;
        }
        recompute(&mut w, &BTreeSet::from([id])).await?;
        w.commit().await?;
        it.version += 1;
        Ok(it)
    }

    async fn gather(&self, world: &Arc<World>, mut filter: Filter) -> Result<Gathered> {
        let mut gathered = Gathered::default();
        loop {
            let left = MOST - gathered.seen.len();
            let limit = PAGE.min(u16::try_from(left).unwrap_or(PAGE));
            let mut tx = self.read().await?;
            let page = store::decisions::list(&mut tx, &filter, i64::from(limit) + 1).await?;
            drop(tx);
            let more = page.len() > usize::from(limit);
            if left == 0 {
                gathered.cut = more;
                return Ok(gathered);
            }
            filter.before = page.iter().take(usize::from(limit)).next_back().map(|d| d.id);
            let world = world.clone();
            let work = move || {
                for decision in page.iter().take(usize::from(limit)) {
                    match seen(&world, decision) {
                        Some(seen) => gathered.seen.push(seen),
                        None => gathered.erased += 1,
                    }
                }
                gathered
            };
            gathered = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
            if !more {
                return Ok(gathered);
            }
        }
    }
}

/// A decision with the answer it would get today if its subject were enforced; `None` once its content was erased.
fn seen(world: &World, d: &StoredDecision) -> Option<Seen> {
    let mut inputs: Inputs = serde_json::from_str(d.inputs.as_ref()?).ok()?;
    if let Some(subject) = &mut inputs.question.subject {
        subject.attrs.insert("mode".into(), Mode::Enforce.as_str().into());
    }
    // a counter the bundle of then did not keep stands at nothing here
    for counter in world.bundle.counters(&d.action) {
        inputs.question.server.used.entry(counter.name.clone()).or_insert(0);
    }
    let data_class = super::runs::class(world, &inputs.question);
    let amount = world.bundle.words(&d.action).and_then(|words| amount(words, &inputs.question));
    let verdict = judge(d.identity_id, &inputs.again(&world.bundle));
    Some(Seen {
        decision: d.id,
        at: d.at,
        action: d.action.clone(),
        answer: verdict.outcome,
        because: if verdict.rules.is_empty() { verdict.reason.into_iter().collect() } else { verdict.rules },
        held: d.outcome != Outcome::Permit.as_str(),
        data_class,
        amount,
    })
}

fn amount(words: &ActionWords, question: &Question) -> Option<Amount> {
    let value = question.at(&format!("context.{}", words.amount.as_ref()?))?.as_i64()?;
    let unit = words.unit.as_ref().and_then(|unit| match unit_path(unit) {
        true => question.at(&format!("context.{unit}"))?.as_str().map(str::to_owned),
        false => Some(unit.clone()),
    });
    Some(Amount { value, unit, minor_units: words.minor_units })
}

fn unit_path(unit: &str) -> bool {
    unit.contains('.')
}

/// What the bundle says of an action that a rule for this identity could be made of.
fn known(bundle: &Bundle, it: &Identity, action: &str) -> Known {
    let words = bundle.words(action);
    let amount = words.and_then(|w| w.amount.clone());
    let same = |c: &&crate::policy::manifest::Counter| {
        c.actions.len() == 1 && c.counts(action) && c.sum == amount && c.per == ["principal"] && c.window_s == 86_400
    };
    let of_action = format!("Action::\"{action}\"");
    let gates = bundle.gates();
    let route = gates.iter().find(|g| g.text.contains(&of_action)).or_else(|| gates.first()).map(|g| g.route.clone());
    Known {
        principal: bundle.spelt(it.kind.as_str(), &it.name).unwrap_or_default(),
        unit: words.and_then(|w| w.unit.clone()).filter(|unit| unit_path(unit)),
        counter: bundle.counters(action).iter().find(same).map(|c| c.name.clone()),
        taken: bundle.counter_names(),
        route: route.filter(|_| bundle.spelt(it.kind.as_str(), &it.name).is_some()),
        amount,
    }
}
