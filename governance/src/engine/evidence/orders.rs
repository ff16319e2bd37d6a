//! An order becomes a pack once; what is made is kept as it is, and every copy that leaves is on record.
use super::Gathered;
use crate::assess::{catalogue::Catalogue, report::Period};
use crate::engine::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::evidence::{
    Content, build,
    manifest::sha256_hex,
    order::{Made, Order, State},
};
use crate::id::PackId;
use crate::log::SigningKey;
use crate::log::event::{Event, EventKind};
use crate::store;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// Who began a pack and did not end it in this time is gone.
const GIVEN_UP: TimeDelta = TimeDelta::minutes(15);
/// Most rows of one page.
pub const MOST_ROWS: usize = 100;

impl Governance {
    /// Orders a pack. With `begin`, whoever calls makes it; else the serving node does, when its turn comes.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a framework there is none of, or a period that lies wholly ahead.
    pub async fn evidence_order(&self, ctx: &Ctx, framework: &str, period: Period, begin: bool) -> Result<Order> {
        ctx.authorize(Act::MakeEvidence)?;
        let framework = Catalogue::shipped()?.framework(framework)?.id.clone();
        if period.end <= period.start {
            return Err(Error::invalid("the period ends before it starts"));
        }
        let mut w = self.write(ctx).await?;
        if period.start > w.at() {
            return Err(Error::invalid("the period has not begun: there is nothing to show for it"));
        }
        let id = PackId::new(w.at(), w.random());
        let event = Event::new(EventKind::EvidenceOrdered, w.actor())
            .subject(id)
            .outcome(framework.clone())
            .reason(format!("from {}", period.start))
            .reason(format!("to {}", period.end));
        let seq = w.append(event).await?;
        let order = Order {
            id,
            at: w.at(),
            by: w.actor().into(),
            framework,
            period,
            state: if begin { State::Making } else { State::Ordered },
            changed_at: w.at(),
            failure: None,
            pack: None,
            seq: i64::try_from(seq).map_err(Error::internal)?,
            version: 0,
        };
        w.leaves_world();
        store::packs::insert_order(&mut w.tx, &order).await?;
        w.commit().await?;
        Ok(order)
    }

    /// The next order to make, now this caller's to make; only once the log's signed checkpoint covers the order itself, so
    /// that what its orderer just did is in it. What was begun and given up has failed.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn evidence_take(&self, ctx: &Ctx) -> Result<Option<Order>> {
        ctx.authorize(Act::MakeEvidence)?;
        let mut tx = self.read().await?;
        let (open, signed) = (store::packs::open(&mut tx).await?, store::checkpoints::last(&mut tx).await?);
        drop(tx);
        for order in open {
            match order.state {
                State::Making if ctx.at - order.changed_at > GIVEN_UP => {
                    let why = "whoever was making it stopped before it was done: order it again";
                    self.evidence_failed(ctx, &order, why).await?;
                }
                State::Ordered
                    if signed.as_ref().is_some_and(|c| i64::try_from(c.size).is_ok_and(|n| n > order.seq)) =>
                {
                    // taking is no fact worth an entry of the log: ordering and making are
                    let mut tx = self.db.begin().await?;
                    let taken = store::packs::advance(&mut tx, &order, State::Making, None, ctx.at).await;
                    if taken.is_ok() {
                        tx.commit().await?;
                        let version = order.version + 1;
                        return Ok(Some(Order { state: State::Making, changed_at: ctx.at, version, ..order }));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Says why an order came to nothing.
    ///
    /// # Errors
    /// `Forbidden`; `Conflict` if it was moved.
    pub async fn evidence_failed(&self, ctx: &Ctx, order: &Order, why: &str) -> Result<()> {
        ctx.authorize(Act::MakeEvidence)?;
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let at = w.at();
        store::packs::advance(&mut w.tx, order, State::Failed, Some(why), at).await?;
        let event = Event::new(EventKind::EvidenceFailed, w.actor()).subject(order.id);
        w.append(event).await?;
        w.commit().await.map(drop)
    }

    /// Signs and keeps what was gathered, with the documents made of it: the same gathering and documents give the same bytes.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` when it would be too large; `Conflict` if the order was moved; `Internal` when what was put
    /// together does not verify.
    pub async fn evidence_keep(
        &self,
        ctx: &Ctx,
        gathered: &Gathered,
        documents: BTreeMap<String, Vec<u8>>,
        key: &SigningKey,
    ) -> Result<Order> {
        ctx.authorize(Act::MakeEvidence)?;
        let order = &gathered.order;
        let bytes = build(&content(gathered, documents), key)?;
        let count = |n: usize| i64::try_from(n).map_err(Error::internal);
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let made = Made {
            assessment: gathered.assessment.run.id,
            at: w.at(),
            checkpoint: i64::try_from(gathered.log.size).map_err(Error::internal)?,
            events: count(gathered.entries.len())?,
            decisions: count(gathered.decisions.len())?,
            approvals: count(gathered.asked.iter().map(|a| a.votes.len()).sum())?,
            sha256: sha256_hex(&bytes),
            size: count(bytes.len())?,
        };
        let event = Event::new(EventKind::EvidenceMade, w.actor())
            .subject(order.id)
            .id("assessment", gathered.assessment.run.id)
            .outcome(format!("sha256:{}", made.sha256));
        let seq = w.append(event).await?;
        let seq = i64::try_from(seq).map_err(Error::internal)?;
        store::packs::advance(&mut w.tx, order, State::Made, None, made.at).await?;
        store::packs::insert(&mut w.tx, order.id, seq, &made, &bytes).await?;
        w.commit().await?;
        Ok(Order {
            state: State::Made,
            changed_at: made.at,
            pack: Some(made),
            version: order.version + 1,
            ..order.clone()
        })
    }

    /// Orders and packs, newest first; at most `limit` (1 to 100) older than `before`.
    ///
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn evidence_list(&self, ctx: &Ctx, before: Option<PackId>, limit: usize) -> Result<Vec<Order>> {
        ctx.authorize(Act::See)?;
        let limit = i64::try_from(limit.clamp(1, MOST_ROWS)).map_err(Error::internal)?;
        store::packs::list(&mut self.read().await?, before, limit).await
    }

    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn evidence_get(&self, ctx: &Ctx, id: PackId) -> Result<Order> {
        ctx.authorize(Act::See)?;
        let found = store::packs::get(&mut self.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("no evidence pack {id}")))
    }

    /// The pack's bytes, for somebody outside: on record before they leave, and the checkpoint inside counts as kept elsewhere
    /// from now on.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` if there is none or it is not made yet.
    pub async fn evidence_hand_out(&self, ctx: &Ctx, id: PackId) -> Result<(Order, Vec<u8>)> {
        ctx.authorize(Act::Export)?;
        let order = self.evidence_get(ctx, id).await?;
        let Some(made) = &order.pack else { return Err(Error::not_found(format!("the pack {id} is not made yet"))) };
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        store::checkpoints::mark_external(&mut w.tx, u64::try_from(made.checkpoint).map_err(Error::internal)?).await?;
        let bytes = store::packs::bytes(&mut w.tx, id).await?.ok_or_else(|| Error::broken("a pack without bytes"))?;
        let sha256 = format!("sha256:{}", made.sha256);
        w.append(Event::new(EventKind::EvidenceExported, w.actor()).subject(id).outcome(sha256)).await?;
        w.commit().await?;
        Ok((order, bytes))
    }
}

fn content(gathered: &Gathered, documents: BTreeMap<String, Vec<u8>>) -> Content {
    let log = &gathered.log;
    Content {
        about: gathered.about(),
        documents,
        leaves: log.leaves.clone(),
        range: log.range.clone(),
        checkpoint: log.checkpoint.clone(),
        proofs: log.proofs.clone(),
        payloads: log.payloads.clone(),
        earlier: log.earlier.clone(),
    }
}
