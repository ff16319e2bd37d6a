//! Access requests: an agent asks people to lift a denial (ARAP draft 1, Submitting the Access Request). The denial is
//! resolved by its decision's id; the question that is put to people is the one on record, never the one submitted.
use super::decisions::{Inputs, secrets_out};
use super::{Ctx, Governance, KeyCaller, Scope};
use crate::decision::{Action, Answer, Ask, Entity, Outcome, REQUESTABLE, Way, requestable};
use crate::error::{Error, Kind};
use crate::escalation::Record;
use crate::id::DecisionId;
use crate::json::canonical;
use crate::policy::bundle::Bundle;
use crate::store;
use crate::store::db::Tx;
use crate::store::decisions::StoredDecision;
use serde_json::{Map, Value};

/// What is submitted: the denial's id, and the question once more, which must be the denied one.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub denial: DecisionId,
    pub subject: Entity,
    pub action: Action,
    pub resource: Entity,
    pub context: Map<String, Value>,
    /// The requester's words, in place of those of the denied question.
    pub justification: Option<String>,
    pub idempotency_key: Option<String>,
}

/// Why nothing was submitted; each is one of ARAP's problem types.
#[derive(Debug)]
pub enum Unsubmitted {
    /// People could not lift it, or need not.
    NotRequestable(String),
    ExpiredDenial(String),
    /// There is no such denial of this caller, or it was another question.
    NotTheDenied(String),
    /// The idempotency key belongs to another submission.
    Duplicate(String),
    Failed(Error),
}

impl From<Error> for Unsubmitted {
    fn from(e: Error) -> Self {
        match e.kind {
            Kind::KeyReused => Self::Duplicate(e.detail),
            _ => Self::Failed(e),
        }
    }
}

type Submitted<T> = std::result::Result<T, Unsubmitted>;

impl Governance {
    /// Submits an access request: the escalation it opened or joined, or the one the denial belonged to already.
    ///
    /// # Errors
    /// [`Unsubmitted`].
    pub async fn request_submit(&self, ctx: &Ctx, mut submission: Submission) -> Submitted<Record> {
        // the denied question was recorded without its secrets: the same one, submitted, has them again
        let Submission { subject, action, resource, context, .. } = &mut submission;
        let parts = [&mut subject.properties, &mut action.properties, &mut resource.properties, context];
        secrets_out(parts, &mut resource.id);
        let key = ctx.key(Scope::Ask)?;
        let mut tx = self.read().await?;
        let denied = store::decisions::get(&mut tx, submission.denial).await?.filter(|d| asked_by(key, d));
        let denied = denied.ok_or_else(|| {
            Unsubmitted::NotTheDenied(format!("denial.evaluation_id: you were given no decision {}", submission.denial))
        })?;
        if !requestable(&denied.outcome, denied.reason.as_deref(), denied.tier.is_some()) {
            let detail = format!("decision {} is not one that people could lift", denied.id);
            return Err(Unsubmitted::NotRequestable(detail));
        }
        let inputs = denied.inputs.as_deref().ok_or_else(|| {
            Unsubmitted::ExpiredDenial("what the denied question was has been erased: ask again".into())
        })?;
        let inputs: Inputs = serde_json::from_str(inputs).map_err(Error::internal)?;
        let mut ask = Ask { way: Way::Submission, ..inputs.ask() };
        let number = store::head::get(&mut tx).await?.world;
        let world = self.world_at(&mut tx, number).await?;
        same_question(&ask, &submission, &world.bundle)?;
        if let Some(opened) = self.opened_for(ctx, &mut tx, &denied).await? {
            return Ok(opened);
        }
        if let Some(words) = submission.justification {
            ask.context.insert("justification".into(), words.into());
        }
        // a key of the caller's for submissions is not one for questions
        ask.idempotency_key = submission.idempotency_key.map(|key| format!("request {key}"));
        if self.foresee(&mut tx, number, key, ask.clone()).await? {
            let detail = "policy permits it by now without a person: ask again";
            return Err(Unsubmitted::NotRequestable(detail.into()));
        }
        drop(tx);
        let answer = self.decide(ctx, ask).await?;
        match (&answer.escalation, answer.outcome) {
            (Some(open), Outcome::Escalate) => Ok(self.escalation_poll(ctx, open.id).await?),
            _ => Err(Unsubmitted::NotRequestable(why_not(&answer))),
        }
    }

    /// The escalation the denial opened by itself, however it ended since; an error once its time is over.
    async fn opened_for(&self, ctx: &Ctx, tx: &mut Tx, denied: &StoredDecision) -> Submitted<Option<Record>> {
        let late =
            |until| Err(Unsubmitted::ExpiredDenial(format!("the denial could be submitted until {until}: ask again")));
        let escalation = match denied.escalation_id {
            Some(id) => store::escalations::get(tx, id).await?,
            None => None,
        };
        match escalation {
            Some(record) if ctx.at >= record.escalation.expires_at => late(record.escalation.expires_at),
            Some(record) => Ok(Some(self.escalation_poll(ctx, record.escalation.id).await?)),
            None if ctx.at >= denied.at + REQUESTABLE => late(denied.at + REQUESTABLE),
            None => Ok(None),
        }
    }
}

fn why_not(answer: &Answer) -> String {
    let words = answer.message.clone().or_else(|| answer.reason.clone());
    words.unwrap_or_else(|| answer.outcome.as_str().to_owned())
}

/// The key that asked, or another key of the identity it was asked for.
fn asked_by(key: &KeyCaller, decision: &StoredDecision) -> bool {
    decision.key_id == key.id || (key.identity.is_some() && key.identity == decision.identity_id)
}

/// ARAP's structural comparison: equal canonical texts. The chain of hand-offs may have gone to `client.actor`, and members
/// of the context that policy does not read may be added.
fn same_question(denied: &Ask, submitted: &Submission, bundle: &Bundle) -> Submitted<()> {
    let text = |value: serde_json::Result<Value>| value.map(|v| canonical(&v)).map_err(Error::internal);
    let entity = |entity: &Entity| {
        let mut entity = entity.clone();
        entity.properties.remove("act");
        text(serde_json::to_value(entity))
    };
    let action = |action: &Action| text(serde_json::to_value(action));
    let pairs = [
        ("subject", entity(&denied.subject)?, entity(&submitted.subject)?),
        ("action", action(&denied.action)?, action(&submitted.action)?),
        ("resource", entity(&denied.resource)?, entity(&submitted.resource)?),
    ];
    for (name, was, is) in pairs {
        if was != is {
            return Err(Unsubmitted::NotTheDenied(format!("{name} is not the denied question's")));
        }
    }
    for member in bundle.declared_context(&denied.action.name) {
        let of = |context: &Map<String, Value>| context.get(member).map(canonical);
        if of(&denied.context) != of(&submitted.context) {
            return Err(Unsubmitted::NotTheDenied(format!("context.{member} is not the denied question's")));
        }
    }
    Ok(())
}
