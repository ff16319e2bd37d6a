//! The inbox: lists by keyset, and one card with what this person may do.
use super::moves::card;
use super::open::deciders;
use crate::engine::{Act, Actor, Ctx, Governance};
use crate::error::{Error, Result};
use crate::escalation::card::{Decider, Headline};
use crate::escalation::eligibility::Seat;
use crate::escalation::state::Missing;
use crate::escalation::{Card, Electorate, Phase, Record, Tier, Vote};
use crate::id::{EscalationId, IdentityId, PersonId};
use crate::store;
use crate::store::db::Tx;
use crate::store::escalations::Filter;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Most rows of one page.
pub const MOST_ROWS: usize = 100;
/// Rows looked at for one page of "mine": a person who may decide on little sees a short page and goes on.
const MOST_LOOKED_AT: usize = 1_000;

/// What is asked of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// What waits for people, the first to run out first.
    Waiting,
    /// Of that, what the person signed in can decide and has not.
    Mine,
    /// Everything in that state, or in any, the newest first.
    All(Option<Phase>),
}

/// A row of the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub record: Record,
    /// `None` once the card was erased.
    pub headline: Option<Headline>,
    pub refuted: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub items: Vec<Listed>,
    /// Goes into [`Filter::after`] for the next page; `None`: this was the last.
    pub next: Option<(Timestamp, EscalationId)>,
}

/// A vote as this viewer may see it (ux.md R18: who has yet to decide sees neither name nor reason).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Open(Box<Vote>),
    /// Somebody approved at that time.
    Blind {
        at: Timestamp,
    },
}

/// One escalation with all that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub record: Record,
    /// `None` once it was erased.
    pub card: Option<Card>,
    pub votes: Vec<Seen>,
    pub missing: Vec<Missing>,
    /// Who can decide now.
    pub deciders: Vec<Decider>,
    /// The votes this viewer may cast, or why none.
    pub seats: Result<Vec<Seat>, String>,
    /// What this viewer would have to type, where the tier asks for it: what it is, and the value.
    pub echo: Option<(String, String)>,
}

impl Governance {
    /// A page of the inbox, at most `limit` rows (1 to 100).
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn escalation_list(&self, ctx: &Ctx, query: &Query, filter: &Filter, limit: usize) -> Result<Page> {
        ctx.authorize(Act::See)?;
        let limit = limit.clamp(1, MOST_ROWS);
        let mut tx = self.read().await?;
        let newest = matches!(query, Query::All(_));
        let (mut rows, more) = match query {
            Query::Mine => self.mine(&mut tx, ctx, filter, limit).await?,
            Query::Waiting => cut(store::escalations::by_expiry(&mut tx, filter, ask(limit)).await?, limit),
            Query::All(phase) => cut(store::escalations::by_newest(&mut tx, filter, *phase, ask(limit)).await?, limit),
        };
        let key = |r: &Record| (if newest { r.escalation.opened_at } else { r.escalation.expires_at }, r.escalation.id);
        let next = match more {
            More::No => None,
            More::AfterLast => rows.last().map(key),
            More::After(at, id) => Some((at, id)),
        };
        let mut items = Vec::with_capacity(rows.len());
        for record in rows.drain(..) {
            let card = card(&mut tx, &record).await.ok();
            let refuted = card.as_ref().map_or(0, |c| c.refuted.len());
            items.push(Listed { record, headline: card.map(|c| c.headline), refuted });
        }
        Ok(Page { items, next })
    }

    /// How many wait for the person signed in, counted up to 100.
    ///
    /// # Errors
    /// As [`Governance::escalation_list`].
    pub async fn escalation_count_mine(&self, ctx: &Ctx) -> Result<usize> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        Ok(self.mine(&mut tx, ctx, &Filter::default(), MOST_ROWS).await?.0.len())
    }

    async fn mine(&self, tx: &mut Tx, ctx: &Ctx, filter: &Filter, limit: usize) -> Result<(Vec<Record>, More)> {
        let me = ctx.person()?;
        let since = self.installation().created_at;
        let (mut found, mut filter, mut looked_at) = (Vec::new(), filter.clone(), 0);
        let mut all: Option<Electorate> = None;
        loop {
            let rows = store::escalations::by_expiry(tx, &filter, ask(MOST_ROWS)).await?;
            let last = rows.len() <= MOST_ROWS;
            for record in rows.into_iter().take(MOST_ROWS) {
                let e = &record.escalation;
                if found.len() == limit || looked_at == MOST_LOOKED_AT {
                    let more = filter.after.map_or(More::AfterLast, |(at, id)| More::After(at, id));
                    return Ok((found, more));
                }
                let electorate = match &mut all {
                    Some(known) => known,
                    none => none.insert(store::electorate::get(tx, e.agent, Some(me), since, ctx.at).await?.0),
                };
                electorate.bars.owners = store::electorate::owners(tx, e.agent).await?;
                looked_at += 1;
                filter.after = Some((e.expires_at, e.id));
                if ctx.at < e.expires_at && can_decide(electorate, &record, me, ctx.at) {
                    found.push(record);
                }
            }
            if last {
                return Ok((found, More::No));
            }
        }
    }

    /// One escalation as this viewer sees it.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn escalation_get(&self, ctx: &Ctx, id: EscalationId) -> Result<Shown> {
        ctx.authorize(Act::See)?;
        let mut tx = self.read().await?;
        let record = store::escalations::get(&mut tx, id).await?;
        let record = record.ok_or_else(|| Error::not_found(format!("no escalation {id}")))?;
        let viewer = match &ctx.actor {
            Actor::Person { id, .. } => Some(*id),
            _ => None,
        };
        let (agent, since) = (record.escalation.agent, self.installation().created_at);
        let (electorate, names) = store::electorate::get(&mut tx, agent, viewer, since, ctx.at).await?;
        let card = match card(&mut tx, &record).await {
            Ok(card) => Some(card),
            Err(error) if error.kind == crate::error::Kind::Expired => None,
            Err(error) => return Err(error),
        };
        let seats = seats(&electorate, &record, viewer, ctx.at);
        let all = store::approvals::all(&mut tx, id).await?;
        let standing = all.into_iter().filter(|(_, withdrawn)| withdrawn.is_none());
        let votes =
            standing.map(|(v, _)| if seats.is_ok() { Seen::Blind { at: v.at } } else { Seen::Open(Box::new(v)) });
        let asks = record.escalation.requirement.tier.friction().echo && seats.is_ok();
        let echo = viewer.filter(|_| asks).and_then(|me| card.as_ref().map(|c| c.echo_for(me)));
        Ok(Shown {
            votes: votes.collect(),
            missing: if record.escalation.phase() == Phase::Pending { record.escalation.missing() } else { vec![] },
            deciders: undecided(deciders(&electorate, &names, &record), &record),
            seats,
            echo,
            card,
            record,
        })
    }
}

enum More {
    No,
    AfterLast,
    After(Timestamp, EscalationId),
}

/// One row more than is shown says whether there is a next page.
fn ask(limit: usize) -> i64 {
    i64::try_from(limit + 1).unwrap_or(i64::MAX)
}
fn cut(mut rows: Vec<Record>, limit: usize) -> (Vec<Record>, More) {
    let more = if rows.len() > limit { More::AfterLast } else { More::No };
    rows.truncate(limit);
    (rows, more)
}

/// Who can decide on it now.
pub(crate) fn decide_now(all: &Electorate, names: &BTreeMap<PersonId, String>, record: &Record) -> Vec<PersonId> {
    undecided(deciders(all, names, record), record).into_iter().map(|d| d.person).collect()
}

/// Without those whose vote stands.
fn undecided(mut deciders: Vec<Decider>, record: &Record) -> Vec<Decider> {
    deciders.retain(|d| !record.escalation.votes.iter().any(|v| v.same_human(d.person, d.person)));
    deciders
}

fn can_decide(electorate: &Electorate, record: &Record, me: PersonId, at: Timestamp) -> bool {
    record.escalation.phase() == Phase::Pending && seats(electorate, record, Some(me), at).is_ok()
}

/// The votes this viewer could cast on it now, or why none.
fn seats(all: &Electorate, record: &Record, viewer: Option<PersonId>, at: Timestamp) -> Result<Vec<Seat>, String> {
    let e = &record.escalation;
    if !e.phase().open() || e.due(at) == Some(Phase::Expired) {
        return Err(format!("it is already {}", if e.phase().open() { Phase::Expired } else { e.phase() }));
    }
    let me = viewer.ok_or("only a signed-in person decides")?;
    let seats = all.seats(&e.bars, &e.requirement.routes, me, at).map_err(|error| error.detail)?;
    let free: Vec<_> = seats.into_iter().filter(|s| !e.votes.iter().any(|v| v.same_human(me, s.person))).collect();
    if free.is_empty() { Err("you have decided already".into()) } else { Ok(free) }
}

impl Filter {
    /// Everything of one identity.
    #[must_use]
    pub fn of(identity: IdentityId) -> Self {
        Self { identity: Some(identity), ..Self::default() }
    }
    /// Everything of one tier.
    #[must_use]
    pub fn tier(tier: Tier) -> Self {
        Self { tier: Some(tier), ..Self::default() }
    }
}
