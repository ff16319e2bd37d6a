//! What another bundle would have answered to the questions of the last days.
use super::super::decisions::Inputs;
use super::super::{Act, Ctx, Governance};
use super::check::checked;
use crate::error::{Error, Result};
use crate::id::DecisionId;
use crate::policy::bundle::Bundle;
use crate::policy::files::Files;
use crate::policy::question::{Evaluation, Tentative};
use crate::store::decisions::{Filter, StoredDecision};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Decisions that are replayed before an activation, the newest first.
pub(super) const BEFORE_ACTIVATION: usize = 1_000;
/// Decisions one replay looks at.
const MOST: usize = 100_000;
/// Changes that are named one by one.
const NAMED: usize = 100;
const PAGE: u16 = 1_000;

/// The outcome of a replay. Policy's answer alone is compared, before approvals and modes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Decisions that were asked again.
    pub replayed: usize,
    /// Decisions whose inputs were erased.
    pub erased: usize,
    /// More decisions lie in the period than one replay looks at.
    pub cut: bool,
    /// How many go from one answer to another, such as `permit → escalate`; what stays is not listed.
    pub changes: BTreeMap<String, usize>,
    /// The newest of them, at most 100.
    pub examples: Vec<Change>,
}

/// One decision that would be answered otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub decision: DecisionId,
    pub at: Timestamp,
    pub subject: String,
    pub action: String,
    pub resource: String,
    pub before: String,
    pub after: String,
    /// The rules that would decide, or why it would be denied.
    pub because: Vec<String>,
}

impl Governance {
    /// Asks a bundle the questions of the last `period` again.
    ///
    /// # Errors
    /// `Invalid` for a bundle with a fault, `Forbidden`, else as the database says.
    pub async fn policy_replay(&self, ctx: &Ctx, files: &Files, period: Duration) -> Result<Replay> {
        ctx.authorize(Act::See)?;
        let bundle = checked(files.clone()).await?;
        let period = TimeDelta::from_std(period).map_err(|_| Error::invalid("the period is too long"))?;
        self.replay(bundle, Some(self.now() - period), MOST).await
    }

    pub(super) async fn replay(&self, bundle: Arc<Bundle>, from: Option<Timestamp>, most: usize) -> Result<Replay> {
        let mut replay = Replay::default();
        let mut filter = Filter { from, ..Filter::default() };
        let mut seen = 0;
        loop {
            let limit = PAGE.min(u16::try_from(most - seen).unwrap_or(PAGE));
            let mut tx = self.db.read().await?;
            let page = crate::store::decisions::list(&mut tx, &filter, i64::from(limit)).await?;
            drop(tx);
            let Some(last) = page.last() else { return Ok(replay) };
            filter.before = Some(last.id);
            seen += page.len();
            let bundle = bundle.clone();
            let work = move || {
                page.iter().for_each(|decision| replay.add(&bundle, decision));
                replay
            };
            replay = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
            if seen >= most {
                replay.cut = true;
                return Ok(replay);
            }
        }
    }
}

impl Replay {
    fn add(&mut self, bundle: &Bundle, decision: &StoredDecision) {
        let Some(mut inputs) = decision.inputs.as_ref().and_then(|text| serde_json::from_str::<Inputs>(text).ok())
        else {
            self.erased += 1;
            return;
        };
        // A counter the old bundle did not keep stands at nothing here; activation counts it from the log.
        for counter in bundle.counters(&decision.action) {
            inputs.question.server.used.entry(counter.name.clone()).or_insert(0);
        }
        let was = inputs.united();
        let after = inputs.clone().again(bundle).united();
        self.replayed += 1;
        let (was, is) = (word(&was), word(&after));
        if was == is {
            return;
        }
        *self.changes.entry(format!("{was} → {is}")).or_insert(0) += 1;
        if self.examples.len() < NAMED {
            self.examples.push(Change {
                decision: decision.id,
                at: decision.at,
                subject: format!("{}:{}", decision.subject_type, decision.subject_id),
                action: decision.action.clone(),
                resource: format!("{}:{}", decision.resource_type, decision.resource_id),
                before: was.into(),
                after: is.into(),
                because: because(after),
            });
        }
    }
}

fn word(evaluation: &Evaluation) -> &'static str {
    match evaluation.outcome {
        Tentative::Permit => "permit",
        Tentative::Gated { .. } => "escalate",
        Tentative::Deny { .. } => "deny",
    }
}

fn because(evaluation: Evaluation) -> Vec<String> {
    match evaluation.outcome {
        Tentative::Deny { reason } if evaluation.determining.is_empty() => vec![reason.as_str().into()],
        _ => evaluation.determining,
    }
}
