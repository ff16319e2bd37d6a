//! What the Overview and a decision's own page show.
use super::decisions::Inputs;
use super::{Act, Ctx, Governance};
use crate::error::{Error, Result};
use crate::id::DecisionId;
use crate::overview::Overview;
use crate::store;
use crate::store::actions::Executed;
use crate::store::decisions::StoredDecision;

/// A rule of the bundle that decided, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    pub id: String,
    /// `permit` or `forbid`.
    pub effect: String,
    pub file: String,
    pub line: u32,
    pub text: String,
    /// It decided; the others matched without deciding.
    pub decided: bool,
}

/// One decision, with everything it followed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub decision: StoredDecision,
    /// `None` once erased.
    pub inputs: Option<Inputs>,
    pub rules: Vec<RuleText>,
    /// The leaf of the log, canonical JSON.
    pub leaf: String,
    pub leaf_hash: Vec<u8>,
    pub executed: Vec<Executed>,
}

/// A value as people read it: what agents sent may hide nothing.
#[must_use]
pub fn plain(value: &serde_json::Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    crate::text::visible(&text).into_owned()
}

impl Governance {
    /// # Errors
    /// `Forbidden`, else as the database says.
    pub async fn overview(&self, ctx: &Ctx) -> Result<Overview> {
        ctx.authorize(Act::See)?;
        store::overview::read(&mut self.db.read().await?, ctx.at).await
    }

    /// A decision with its facts, the rules that matched, its event and what was executed on its word.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub async fn decision_explain(&self, ctx: &Ctx, id: DecisionId) -> Result<Explained> {
        ctx.authorize(Act::See)?;
        let mut tx = self.db.read().await?;
        let found = store::decisions::get(&mut tx, id).await?;
        let decision = found.ok_or_else(|| Error::not_found(format!("no decision {id}")))?;
        let event = store::events::get(&mut tx, decision.seq).await?;
        let event = event.ok_or_else(|| Error::broken(format!("decision {id} has no event")))?;
        let inputs: Option<Inputs> =
            decision.inputs.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
        let bundle = self.bundle_stored(&mut tx, &decision.bundle_hash).await?;
        let matched = inputs.as_ref().map(|i| i.united().matched).unwrap_or_else(|| decision.rules.clone());
        let rules = matched.iter().filter_map(|id| bundle.policy(id)).map(|p| RuleText {
            id: p.id.clone(),
            effect: p.effect.into(),
            file: p.file.clone(),
            line: p.line,
            text: p.text.clone(),
            decided: decision.rules.contains(&p.id),
        });
        let rules = rules.collect();
        let executed = store::actions::of(&mut tx, id).await?;
        let leaf = String::from_utf8(event.leaf).map_err(Error::internal)?;
        Ok(Explained { decision, inputs, rules, leaf, leaf_hash: event.leaf_hash, executed })
    }
}
