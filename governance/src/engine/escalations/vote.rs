//! Deciding: a vote, and taking it back while that is real.
use super::clock::settle_in;
use super::moves::{card, event, get, save};
use super::refresh::unless_changed;
use crate::engine::{Act, Ctx, Governance, Write};
use crate::error::{Error, Result};
use crate::escalation::{Ballot, Escalation, Phase, ReasonCode, Record, StepUp, Verdict, Vote};
use crate::id::{ApprovalId, EscalationId, PersonId};
use crate::log::event::EventKind;
use crate::store;
use crate::time::Timestamp;

/// Characters of a reason.
const MOST_REASON: usize = 2_000;

/// A vote as the form sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    pub verdict: Verdict,
    /// Whose vote, if it is not one's own.
    pub seat: Option<PersonId>,
    /// As the card that was shown says them.
    pub digest: String,
    pub card_version: i64,
    pub code: Option<ReasonCode>,
    pub reason: Option<String>,
    /// When this server showed the card to this person.
    pub shown_at: Option<Timestamp>,
    /// What was typed where the card asks for a value.
    pub echo: Option<String>,
    /// How the person proved afresh who they are, if they did.
    pub step_up: Option<StepUp>,
}

impl Governance {
    /// Casts the vote of the person signed in.
    ///
    /// # Errors
    /// As [`Escalation::vote`], `NotFound`, and `Unavailable` for an approval while the clock is behind the log. A vote that comes after the end is a `Conflict`, counts for nothing and is on
    /// record.
    pub async fn escalation_vote(&self, ctx: &Ctx, id: EscalationId, cast: Cast) -> Result<Record> {
        ctx.authorize(Act::Vote)?;
        let by = ctx.person()?;
        if cast.reason.as_ref().is_some_and(|r| r.chars().count() > MOST_REASON) {
            return Err(Error::invalid(format!("reason: at most {MOST_REASON} characters")));
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let record = get(&mut w, id).await?;
        let record = settle_in(&mut w, record).await?;
        if !record.escalation.phase().open() {
            return late(w, record, by, &cast).await;
        }
        let Some(record) = unless_changed(&mut w, record).await? else {
            w.commit().await?;
            return Err(Error::conflict("changed since you looked: read the card again"));
        };
        if cast.verdict == Verdict::Approve {
            w.timely()?;
        }
        let (at, since) = (w.at(), self.installation().created_at);
        let agent = record.escalation.agent;
        let (electorate, _) = store::electorate::get(&mut w.tx, agent, Some(by), since, at).await?;
        let ballot = ballot(&mut w, &record, by, cast).await?;
        let after = record.escalation.clone().vote(ballot, &electorate, at)?;
        let record = counted(&mut w, record, after).await?;
        w.commit().await?;
        Ok(record)
    }

    /// Takes back the approval of the person signed in while it is held.
    ///
    /// # Errors
    /// As [`Escalation::undo`], and `NotFound`.
    pub async fn escalation_undo(&self, ctx: &Ctx, id: EscalationId) -> Result<Record> {
        ctx.authorize(Act::Vote)?;
        let by = ctx.person()?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let record = get(&mut w, id).await?;
        let record = settle_in(&mut w, record).await?;
        let at = w.at();
        let before = record.escalation.votes.clone();
        let after = record.escalation.clone().undo(by, at)?;
        for vote in before.iter().filter(|v| !after.votes.iter().any(|kept| kept.id == v.id)) {
            store::approvals::withdraw(&mut w.tx, vote, at).await?;
        }
        let record = save(&mut w, record, after).await?;
        w.append(event(&record, EventKind::EscalationUndone, &by.to_string())).await?;
        if record.escalation.phase() == Phase::Held {
            w.append(event(&record, EventKind::EscalationHeld, &by.to_string())).await?;
        }
        w.commit().await?;
        Ok(record)
    }
}

async fn ballot(w: &mut Write, record: &Record, by: PersonId, cast: Cast) -> Result<Ballot> {
    let asks = record.escalation.requirement.tier.friction().echo && cast.verdict == Verdict::Approve;
    let echoed = match (&cast.echo, asks) {
        (Some(typed), true) => {
            let (_, wanted) = card(&mut w.tx, record).await?.echo_for(by);
            crate::text::visible_line(&wanted) == typed.trim()
        }
        _ => false,
    };
    Ok(Ballot {
        id: ApprovalId::new(w.at(), w.random()),
        by,
        seat: cast.seat,
        verdict: cast.verdict,
        digest: cast.digest,
        card_version: cast.card_version,
        code: cast.code,
        reason: cast.reason.filter(|r| !r.trim().is_empty()),
        shown_at: cast.shown_at,
        echoed,
        step_up: cast.step_up,
    })
}

/// Writes the vote that was accepted, the state it led to, and an event for each.
async fn counted(w: &mut Write, record: Record, after: Escalation) -> Result<Record> {
    let before = record.escalation.phase();
    let vote = after.votes.last().cloned().ok_or_else(|| Error::broken("a vote that left no trace"))?;
    let record = save(w, record, after).await?;
    let reason = match &vote.reason {
        Some(words) => Some(w.payload(words.as_bytes()).await?),
        None => None,
    };
    let seq = w.append(told(&record, &vote, reason.as_deref())).await?;
    store::approvals::insert(&mut w.tx, record.escalation.id, &vote, seq, reason.as_deref()).await?;
    let next = match record.escalation.phase() {
        phase if phase == before => return Ok(record),
        Phase::Held => EventKind::EscalationHeld,
        Phase::Approved => EventKind::EscalationReleased,
        _ => EventKind::EscalationDenied,
    };
    w.append(event(&record, next, &vote.by.to_string())).await?;
    Ok(record)
}

fn told(record: &Record, vote: &Vote, reason: Option<&str>) -> crate::log::event::Event {
    let mut event = event(record, EventKind::EscalationVote, &vote.by.to_string())
        .id("approval", vote.id)
        .id("seat", vote.seat)
        .outcome(vote.verdict.as_str());
    event.payloads.insert("card", vote.card_hash.clone());
    event.reasons.extend(vote.code.map(|c| c.to_string()));
    event.reasons.extend(vote.routes.iter().map(|route| format!("route {route}")));
    event.reasons.extend(vote.step_up.map(|how| format!("step-up {how}")));
    if let Some(reason) = reason {
        event.payloads.insert("reason", reason.to_owned());
    }
    event
}

/// A vote that came after the end: on record, and nothing else.
async fn late(mut w: Write, record: Record, by: PersonId, cast: &Cast) -> Result<Record> {
    let event = event(&record, EventKind::EscalationLateVote, &by.to_string()).outcome(cast.verdict.as_str());
    w.append(event.reason(record.escalation.phase().as_str())).await?;
    let phase = record.escalation.phase();
    w.commit().await?;
    Err(Error::conflict(format!("it is already {phase}")))
}
