//! Rules that act: a finding narrows, suspends or revokes an identity in the commit that records it, within a cap; and people
//! undo it.
use super::ctx::check_reason;
use super::findings::{note, recompute};
use super::notices::tell_contained;
use super::page::{Page, Want};
use super::undo::first_word;
use super::{Act, Actor, Ctx, Governance, Role, Write};
use crate::error::{Error, Result};
use crate::finding::{Found, Rule, Severity};
use crate::id::{ContainmentId, FindingId, IdentityId};
use crate::identity::{Identity, Status};
use crate::log::event::{Event, EventKind};
use crate::revocation::{Target, Undoing};
use crate::store;
use crate::store::revocations::Among;
use crate::watch::reaction::{Containment, Measure, Mode, Reaction, State};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// In whose name rules act.
const ACTOR: &str = "system:watch";
/// A rule that only says what it would do, or is capped, says so once a day of an identity.
const SAY_AGAIN: TimeDelta = TimeDelta::days(1);
const HOUR: TimeDelta = TimeDelta::hours(1);

/// What a rule did or would have done, as the report's answer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub id: ContainmentId,
    pub agent: String,
    pub rule: Rule,
    pub measure: Measure,
    pub state: State,
}

/// Lets the rules act on what they found about one identity.
pub(super) async fn react(w: &mut Write, identity: &Identity, found: &[(FindingId, Found)]) -> Result<Vec<Done>> {
    let mut wanted = Vec::new();
    for (finding, found) in found {
        if let Some(reaction) = reaction(w, found.rule).await?.filter(|r| r.mode != Mode::Off) {
            wanted.push((reaction, *finding, found));
        }
    }
    // the strongest first: what is suspended need not be narrowed as well
    wanted.sort_by_key(|(r, _, _)| (r.mode != Mode::On, std::cmp::Reverse(r.measure)));
    let mut done = Vec::new();
    for (reaction, finding, found) in wanted {
        let Some(state) = state(w, identity, &reaction).await? else { continue };
        let made = contain(w, identity, &reaction, (finding, found), state).await?;
        done.push(Done {
            id: made.id,
            agent: identity.name.clone(),
            rule: made.rule,
            measure: made.measure,
            state: made.state,
        });
    }
    Ok(done)
}

async fn reaction(w: &mut Write, rule: Rule) -> Result<Option<Reaction>> {
    let said = store::containments::reaction(&mut w.tx, rule).await?;
    Ok(said.or_else(|| Reaction::shipped(rule)))
}

/// What is to become of it; `None`: that was done or said already.
async fn state(w: &mut Write, identity: &Identity, reaction: &Reaction) -> Result<Option<State>> {
    let at = w.at();
    let held = |c: &Containment| c.state == State::Active && c.measure >= reaction.measure;
    if store::containments::of_identity(&mut w.tx, identity.id, 100).await?.iter().any(held) {
        return Ok(None);
    }
    let wanted = match reaction.mode {
        Mode::Off => return Ok(None),
        Mode::Would => State::Would,
        Mode::On
            if store::containments::acted(&mut w.tx, reaction.rule, at - HOUR).await? >= i64::from(reaction.cap) =>
        {
            State::Capped
        }
        // what a person suspended is not a rule's to give back
        Mode::On if reaction.measure == Measure::Suspend && identity.status != Status::Active => return Ok(None),
        Mode::On => return Ok(Some(State::Active)),
    };
    let said = store::containments::said(&mut w.tx, identity.id, reaction.rule, at - SAY_AGAIN, wanted).await?;
    Ok((!said).then_some(wanted))
}

async fn contain(
    w: &mut Write,
    identity: &Identity,
    reaction: &Reaction,
    (finding, found): (FindingId, &Found),
    state: State,
) -> Result<Containment> {
    let id = ContainmentId::new(w.at(), w.random());
    let mut revocation = None;
    if state == State::Active && reaction.measure == Measure::Revoke {
        let (target, reason) = (Target::Identity(identity.id), format!("rule {}: finding {finding}", reaction.rule));
        let affected = store::revocations::affected(&mut w.tx, Among::One(identity.id)).await?;
        revocation = Some(super::revocations::revoke_in(w, &target, &affected, &reason, ACTOR).await?.id);
    }
    let mut event = Event::new(EventKind::ContainmentMade, ACTOR)
        .subject(identity.id)
        .id("containment", id)
        .id("finding", finding)
        .outcome(reaction.measure.as_str())
        .reason(reaction.rule.as_str())
        .reason(state.as_str());
    event.ids.extend(revocation.map(|id| ("revocation", id.to_string())));
    let seq = w.append(event).await?;
    let made = Containment {
        id,
        seq,
        at: w.at(),
        identity: identity.id,
        name: identity.name.clone(),
        finding,
        words: found.words.clone(),
        rule: reaction.rule,
        severity: found.severity,
        measure: reaction.measure,
        state,
        revocation,
        first: None,
        undone_by: None,
        undone_at: None,
        version: 0,
    };
    store::containments::insert(&mut w.tx, &made).await?;
    match (state, reaction.measure) {
        (State::Active, Measure::Narrow) => {
            store::containments::narrow(&mut w.tx, identity.id, Some(id)).await?;
        }
        (State::Active, Measure::Suspend) => become_status(w, identity.id, Status::Active, Status::Suspended).await?,
        (State::Capped, _) => drop(note(w, None, vec![capped(reaction)]).await?),
        _ => {}
    }
    if matches!(state, State::Active | State::Capped) {
        tell_contained(w, &made).await?;
    }
    Ok(made)
}

fn capped(reaction: &Reaction) -> Found {
    Found {
        rule: Rule::ReactionCapped,
        subject: format!("rule:{}", reaction.rule),
        severity: Severity::High,
        words: format!(
            "{} acted on {} identities within an hour, as many as it may, and left the next as it was.",
            reaction.rule.title(),
            reaction.cap
        ),
        mend: "See whether the rule is wrong or something is spreading; stop what must be stopped by hand, or raise the cap."
            .into(),
        evidence: vec![],
    }
}

/// Moves its status, as a person would, if it still is what it was.
async fn become_status(w: &mut Write, id: IdentityId, from: Status, to: Status) -> Result<()> {
    let mut it = super::identities::get(&mut w.tx, id).await?;
    if it.status != from {
        return Ok(());
    }
    let at = w.at();
    it.become_status(to, at)?;
    // what was approved for it in its former state is void
    it.epoch += 1;
    store::identities::update(&mut w.tx, &it).await?;
    let mut event = Event::new(EventKind::IdentityChanged, w.actor().to_owned()).subject(id).reason("status");
    event.epochs.insert(id.to_string(), it.epoch);
    w.append(event.outcome(it.status.as_str())).await?;
    recompute(w, &BTreeSet::from([id])).await.map(drop)
}

impl Governance {
    /// What rules did, newest first; `state` narrows it.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` for a foreign cursor.
    pub async fn containment_list(&self, ctx: &Ctx, state: Option<State>, want: &Want) -> Result<Page<Containment>> {
        ctx.authorize(Act::See)?;
        let before = want.after::<ContainmentId>()?;
        let rows = store::containments::list(&mut self.read().await?, before, state, want.rows()).await?;
        want.page(rows, |c| c.id)
    }

    /// A person's word that what a rule did may be undone. For low and medium severity one operator is enough; above, two
    /// people within 24 hours, of whom one is an operator. An owner speaks for what they own.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` if it holds no longer, for the same person twice, for owners alone, and for a
    /// revocation, which is undone as one; `Invalid` for an empty reason.
    pub async fn containment_undo(&self, ctx: &Ctx, id: ContainmentId, reason: &str) -> Result<Undoing> {
        ctx.authorize(Act::UndoRevocation)?;
        let Actor::Person { id: person, roles } = &ctx.actor else {
            return Err(Error::forbidden("people undo what a rule did, nobody else"));
        };
        check_reason(reason)?;
        let mut w = self.write(ctx).await?;
        let at = w.at();
        let it = store::containments::get(&mut w.tx, id).await?;
        let it = it.ok_or_else(|| Error::not_found(format!("no containment {id}")))?;
        match (it.state, it.revocation) {
            (State::Active, Some(revocation)) => {
                return Err(Error::conflict(format!("it was revoked: undo {revocation}")));
            }
            (State::Active, None) => {}
            (state, _) => return Err(Error::conflict(format!("nothing to undo: it is {state}"))),
        }
        let identity = super::identities::get(&mut w.tx, it.identity).await?;
        let answers = |roles: &BTreeSet<Role>, who| {
            roles.contains(&Role::Operator)
                || (roles.contains(&Role::Owner) && [identity.owner, identity.backup].contains(&Some(who)))
        };
        if !answers(roles, *person) {
            return Err(Error::forbidden("an owner undoes what was done to their own; for the rest ask an operator"));
        }
        let first = first_word(&mut w.tx, it.first, *person, at).await?.filter(|(who, theirs)| answers(theirs, *who));
        let operators = roles.contains(&Role::Operator)
            || first.as_ref().is_some_and(|(_, theirs)| theirs.contains(&Role::Operator));
        let enough = it.people() == 1 && roles.contains(&Role::Operator);
        let hash = w.payload(reason.as_bytes()).await?;
        let event = |kind| {
            let mut event = Event::new(kind, person.to_string()).subject(it.identity).id("containment", id);
            event.payloads.insert("reason", hash.clone());
            event.outcome(it.measure.as_str()).reason(it.rule.as_str())
        };
        let done = match first {
            None if !enough => {
                store::containments::first(&mut w.tx, &it, *person, at).await?;
                w.append(event(EventKind::ContainmentUndoBegun)).await?;
                Undoing::Begun
            }
            _ if !operators => {
                return Err(Error::conflict("one of the two is an operator: owners alone do not undo it"));
            }
            first => {
                store::containments::undo(&mut w.tx, &it, *person, at).await?;
                let event = event(EventKind::ContainmentUndone);
                let event = match first {
                    Some((other, _)) => event.id("first", other),
                    None => event,
                };
                w.append(event).await?;
                match it.measure {
                    Measure::Narrow => store::containments::narrow(&mut w.tx, it.identity, None).await?,
                    _ => become_status(&mut w, it.identity, Status::Suspended, Status::Active).await?,
                }
                Undoing::Lifted
            }
        };
        w.commit().await?;
        Ok(done)
    }

    /// Every rule that may act, as it stands.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn reaction_list(&self, ctx: &Ctx) -> Result<Vec<Reaction>> {
        ctx.authorize(Act::See)?;
        let said = store::containments::reactions(&mut self.read().await?).await?;
        let shipped = Rule::ALL.iter().filter_map(|rule| Reaction::shipped(*rule));
        Ok(shipped.map(|r| said.iter().find(|s| s.rule == r.rule).cloned().unwrap_or(r)).collect())
    }

    /// Says what a rule may do by itself.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a rule that cannot act or a cap that is none.
    pub async fn reaction_set(
        &self,
        ctx: &Ctx,
        rule: Rule,
        mode: Mode,
        measure: Measure,
        cap: u32,
    ) -> Result<Reaction> {
        ctx.authorize(Act::SetReactions)?;
        let shipped = Reaction::shipped(rule);
        let shipped = shipped.ok_or_else(|| Error::invalid(format!("{rule} is about no act: it can do nothing")))?;
        let said = Reaction { mode, measure, cap, ..shipped };
        said.check()?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let (at, by) = (w.at(), w.actor().to_owned());
        store::containments::set_reaction(&mut w.tx, &said, at, &by).await?;
        let event = Event::new(EventKind::ReactionSet, by.clone())
            .subject(w.gov().installation().id)
            .outcome(mode.as_str())
            .reason(rule.as_str())
            .reason(measure.as_str())
            .reason(format!("cap {cap}"));
        w.append(event).await?;
        let set = store::containments::reaction(&mut w.tx, rule).await?;
        w.commit().await?;
        set.ok_or_else(|| Error::broken("a rule that was set is not there"))
    }
}
