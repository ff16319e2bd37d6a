//! What was executed, as its caller reports it: by itself, or observed by a gateway.
use super::{Act, Ctx, Governance, Scope};
use crate::error::{Error, Result};
use crate::id::{ActionId, DecisionId, GrantId};
use crate::store;
use crate::store::decisions::StoredDecision;
use crate::time::Timestamp;
use crate::watch::{Came, Made, Observed, Thing};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// One executed action (`POST /v1/actions`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What it rests on: a decision, or the grant that was redeemed for it.
    pub decision: Option<DecisionId>,
    pub grant: Option<GrantId>,
    pub outcome: Came,
    /// When it ran; now if absent.
    pub executed_at: Option<Timestamp>,
    pub data_class: Option<String>,
    pub run: Option<String>,
    /// The arguments it ran with, to be compared with those of the decision; not stored.
    #[serde(default)]
    pub input: Option<Map<String, Value>>,
    /// Where data went.
    #[serde(default)]
    pub destination: Option<String>,
    /// SHA-256 of the definition of the tool that was used.
    #[serde(default)]
    pub tool: Option<String>,
    #[serde(default)]
    pub created: Option<Made>,
}

impl Report {
    /// As somebody saw it who names the decision: of the same action on the same resource.
    fn observed(&self, decision: &StoredDecision) -> Observed {
        Observed {
            id: None,
            agent: Thing { kind: decision.subject_type.clone(), id: decision.subject_id.clone() },
            action: decision.action.clone(),
            resource: Thing { kind: decision.resource_type.clone(), id: decision.resource_id.clone() },
            input: self.input.clone(),
            outcome: self.outcome,
            at: self.executed_at,
            decision: Some(decision.id),
            grant: self.grant,
            run: self.run.clone(),
            data_class: self.data_class.clone(),
            destination: self.destination.clone(),
            tool: self.tool.clone(),
            created: self.created.clone(),
        }
    }
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
        let long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.len() > 256);
        if long(&report.run) || long(&report.data_class) || long(&report.destination) {
            return Err(Error::invalid("run, data_class and destination are texts of at most 256 bytes"));
        }
        if let Some(digest) = &report.tool {
            crate::build::check_digest(digest, "tool")?;
        }
        // the arguments are not kept, and secrets may stand in them
        let fingerprint = super::hex(&Sha256::digest(format!("report {report:?}").as_bytes()));
        let caller = key.id.to_string();
        let mut w = self.write(ctx).await?;
        let at = w.at();
        if let Some(k) = idempotency_key
            && let Some(done) = store::idempotency::get::<Reported>(&mut w.tx, &caller, k, &fingerprint, at).await?
        {
            return Ok(done);
        }
        let decision = super::watch::named(&mut w, report.decision, report.grant).await?;
        let theirs = match key.identity {
            Some(own) => decision.identity_id == Some(own),
            None => super::speaking::is_for(&key, &decision.subject_type, &decision.subject_id),
        };
        if !theirs {
            return Err(Error::not_found(format!("no decision {}", decision.id)));
        }
        let identity = match decision.identity_id {
            Some(id) => Some(super::identities::get(&mut w.tx, id).await?),
            None => None,
        };
        let (act, id) = (report.observed(&decision), decision.id);
        let mut seen = super::watch::Seen::by(key.clone());
        let (action, seq) = seen.one(&mut w, &act, identity, Some(decision)).await?;
        let (_, moved) = seen.conclude(&mut w).await?;
        if !moved {
            w.leaves_world();
        }
        let done = Reported { id: action, seq, decision: id, observed_by: key.observed_by().into() };
        if let Some(k) = idempotency_key {
            store::idempotency::put(&mut w.tx, &caller, k, &fingerprint, &done, at).await?;
        }
        w.commit().await?;
        Ok(done)
    }
}
