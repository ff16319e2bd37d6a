//! Notices: written with what they tell of, made into messages and sent afterwards by the server. Nothing here waits for
//! anybody outside, and nobody decides later because a message could not be sent.
mod places;
mod says;
mod tell;

use super::findings::recompute_subject;
use super::{Act, Ctx, Governance};
use crate::error::{Kind as Wrong, Result};
use crate::finding::rules;
use crate::id::{NoticeId, PersonId};
use crate::log::event::{Event, EventKind};
use crate::notice::{Fares, Notice, State};
use crate::store;
use crate::time::Timestamp;
use chrono::TimeDelta;
use places::places;
use says::address;
pub use says::{Answering, CallbackSecret, Facts, Gaps, Outgoing, Registered, Says, To};
pub(super) use tell::*;

/// How long notices are kept once nobody needs to hear of them.
pub const KEPT: TimeDelta = TimeDelta::days(30);
/// Gaps are told of together this long after the first of them was noted: a look at the whole register is over by then.
const GATHER: TimeDelta = TimeDelta::minutes(10);
/// Notices made or taken in one transaction.
const BATCH: i64 = 50;

/// Which ways out are set up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    pub webhook: bool,
    pub mail: bool,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Sent,
    /// Why not, free of secrets. `lasting`: trying again cannot help.
    Failed {
        why: String,
        lasting: bool,
    },
}

impl Governance {
    /// Makes messages of what was noted since, for the ways out that are set up; returns how many. What nobody is set up to
    /// send is put away.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_spread(&self, ctx: &Ctx, ways: Ways) -> Result<usize> {
        ctx.authorize(Act::KeepHouse)?;
        // an idle look must not take the one place of a writer
        if store::notices::waiting(&mut self.read().await?, ctx.at - GATHER, 1).await?.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        let mut made = 0;
        for told in store::notices::waiting(&mut tx, ctx.at - GATHER, BATCH).await? {
            match store::notices::spread(&mut tx, told.id, ctx.at).await {
                Err(e) if e.kind == Wrong::Conflict => continue,
                other => other?,
            }
            for (channel, target) in places(self, &mut tx, &told, ways, ctx.at).await? {
                let id = NoticeId::new(ctx.at, self.random());
                store::notices::insert(&mut tx, id, &told, (channel, &target), ctx.at).await?;
                made += 1;
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    /// Takes messages that are due, at most `limit`: they are this caller's to send for a minute.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_claim(&self, ctx: &Ctx, limit: usize) -> Result<Vec<Outgoing>> {
        ctx.authorize(Act::KeepHouse)?;
        let limit = i64::try_from(limit).unwrap_or(BATCH).min(BATCH);
        if store::notices::due(&mut self.read().await?, ctx.at, 1).await?.is_empty() {
            return Ok(vec![]);
        }
        let mut tx = self.db.begin().await?;
        let mut taken = vec![];
        for due in store::notices::due(&mut tx, ctx.at, limit).await? {
            let claimed = match address(&mut tx, &due).await? {
                Some(found) => Ok((due.claim(ctx.at)?, found)),
                None => Err(due.moot(ctx.at)),
            };
            let mut notice = match &claimed {
                Ok((notice, _)) | Err(notice) => notice.clone(),
            };
            match store::notices::save(&mut tx, &notice).await {
                Err(e) if e.kind == Wrong::Conflict => continue,
                other => other?,
            }
            notice.version += 1;
            if let Ok((_, (to, says))) = claimed {
                taken.push(Outgoing { notice, to, says });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Notes what became of an attempt. That a message arrived, and that one was given up, is on record; the latter is a
    /// finding until a message arrives there.
    ///
    /// # Errors
    /// `Forbidden`; `Conflict` if it took so long that another node took the message; else as the database says.
    pub async fn notice_settle(&self, ctx: &Ctx, notice: &Notice, attempt: &Attempt) -> Result<Notice> {
        ctx.authorize(Act::KeepHouse)?;
        let after = match attempt {
            Attempt::Sent => notice.clone().sent(ctx.at),
            Attempt::Failed { why, lasting } => notice.clone().failed(why, *lasting, ctx.at),
        };
        if after.state == State::Waiting {
            let mut tx = self.db.begin().await?;
            store::notices::save(&mut tx, &after).await?;
            tx.commit().await?;
            return Ok(after);
        }
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        store::notices::save(&mut w.tx, &after).await?;
        let (kind, found) = match after.state {
            State::Failed => (EventKind::NoticeFailed, Some(rules::of_undelivered(&after))),
            _ => (EventKind::NoticeSent, None),
        };
        recompute_subject(&mut w, &after.place(), found).await?;
        let actor = w.actor().to_owned();
        let (name, about) = after.about.named();
        let event = Event::new(kind, actor).subject(after.id).id(name, about);
        let event = match after.target.parse::<PersonId>() {
            Ok(person) => event.id("person", person),
            Err(_) => event,
        };
        w.append(event.outcome(after.kind.as_str()).reason(format!("by {}", after.channel))).await?;
        w.commit().await?;
        Ok(after)
    }

    /// How each channel that was ever used fares since an instant.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn notice_fares(&self, ctx: &Ctx, since: Timestamp) -> Result<Vec<Fares>> {
        ctx.authorize(Act::See)?;
        store::notices::fares(&mut self.read().await?, since).await
    }
}
