//! What was executed, as its caller reports it: by itself, or observed by a gateway.
use super::{Act, Ctx, Governance, Scope};
use crate::error::{Error, Result};
use crate::id::{ActionId, DecisionId, GrantId};
use crate::log::event::{Event, EventKind};
use crate::store;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One executed action (`POST /v1/actions`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What it rests on: a decision, or the grant that was redeemed for it.
    pub decision: Option<DecisionId>,
    pub grant: Option<GrantId>,
    /// `done`, `failed` or `skipped`.
    pub outcome: String,
    /// When it ran; now if absent.
    pub executed_at: Option<Timestamp>,
    pub data_class: Option<String>,
    pub run: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub id: ActionId,
    pub seq: u64,
    pub decision: DecisionId,
    /// `self` or `gateway`: follows from the key, never from the body.
    pub observed_by: String,
}

impl Governance {
    /// Records what was executed.
    ///
    /// # Errors
    /// `Invalid` without a decision or grant, `NotFound` for one that is not the caller's.
    pub async fn action_report(&self, ctx: &Ctx, report: Report, idempotency_key: Option<&str>) -> Result<Reported> {
        ctx.authorize(Act::Report)?;
        let key = ctx.key(Scope::Act)?.clone();
        if !["done", "failed", "skipped"].contains(&report.outcome.as_str()) {
            return Err(Error::invalid("outcome is one of done, failed, skipped"));
        }
        let long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.len() > 256);
        if long(&report.run) || long(&report.data_class) {
            return Err(Error::invalid("run and data_class are texts of at most 256 bytes"));
        }
        let (caller, fingerprint) = (key.id.to_string(), format!("report {report:?}"));
        let mut w = self.write(ctx).await?;
        w.leaves_world();
        let at = w.at();
        if let Some(k) = idempotency_key
            && let Some(done) = store::idempotency::get::<Reported>(&mut w.tx, &caller, k, &fingerprint, at).await?
        {
            return Ok(done);
        }
        let grant = match report.grant {
            None => None,
            Some(id) => Some(
                store::grants::get(&mut w.tx, id).await?.ok_or_else(|| Error::not_found(format!("no grant {id}")))?,
            ),
        };
        let id = grant.as_ref().map(|g| g.decision).or(report.decision);
        let id = id.ok_or_else(|| Error::invalid("name the decision or the grant this action rests on"))?;
        if report.decision.is_some_and(|d| d != id) {
            return Err(Error::invalid("decision: the grant was issued by another decision"));
        }
        let decision = store::decisions::get(&mut w.tx, id).await?;
        let decision = decision.filter(|d| match key.identity {
            Some(own) => d.identity_id == Some(own),
            None => super::speaking::is_for(&key, &d.subject_type, &d.subject_id),
        });
        let decision = decision.ok_or_else(|| Error::not_found(format!("no decision {id}")))?;
        let executed_at = report.executed_at.unwrap_or(at);
        if executed_at > at + chrono::TimeDelta::seconds(60) {
            return Err(Error::invalid("executed_at lies in the future"));
        }
        let action = ActionId::new(at, w.random());
        let mut event = Event::new(EventKind::ActionReported, w.actor().to_owned())
            .id("action", action)
            .id("decision", id)
            .outcome(report.outcome.clone());
        event.subject = decision.identity_id.map(|id| id.to_string());
        event.via = Some(caller.clone());
        event.observed_by = Some(key.observed_by().into());
        event.run = report.run.clone().or_else(|| decision.run.clone());
        if let Some(g) = &grant {
            event.ids.insert("grant", g.id.to_string());
        }
        let seq = w.append(event).await?;
        let run_id = super::runs::reported(&mut w, &key, &decision, &report).await?;
        let row = store::actions::Row {
            id: action,
            seq,
            at,
            key: key.id,
            decision: &decision,
            grant: report.grant,
            outcome: &report.outcome,
            observed_by: key.observed_by(),
            executed_at,
            data_class: report.data_class.as_deref(),
            run: report.run.as_deref(),
            run_id,
        };
        store::actions::insert(&mut w.tx, &row).await?;
        let done = Reported { id: action, seq, decision: id, observed_by: key.observed_by().into() };
        if let Some(k) = idempotency_key {
            store::idempotency::put(&mut w.tx, &caller, k, &fingerprint, &done, at).await?;
        }
        w.commit().await?;
        Ok(done)
    }
}
