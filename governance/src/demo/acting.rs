//! How a demo agent asks and acts: by its key, through the operations any agent has.
use super::agents::{GATEWAY, named};
use super::routine::Said;
use crate::decision::{Action, Answer, Ask, Entity, Way};
use crate::engine::actions::Report;
use crate::engine::{Actor, Ctx, Governance, KeyCaller};
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// The question as it is sent.
pub(super) fn ask(said: &Said) -> Ask {
    let kind = named(said.agent).map_or("agent", |a| a.kind.as_str());
    Ask {
        subject: Entity {
            kind: kind.into(),
            id: said.agent.into(),
            properties: members(&json!({ "initiator": said.initiator })),
        },
        action: Action { name: said.action.into(), properties: members(&said.input) },
        resource: Entity {
            kind: said.resource.0.into(),
            id: said.resource.1.clone(),
            properties: members(&said.claims),
        },
        context: members(&json!({ "justification": said.words })),
        way: Way::Evaluation,
        idempotency_key: None,
    }
}

/// Who asks for an agent: the gateway it is behind, or its own key.
///
/// # Errors
/// `NotFound` for an agent without a key.
pub(super) async fn caller(gov: &Governance, agent: &str) -> Result<Ctx> {
    let system = gov.ctx(Actor::System("demo"));
    let gateway = named(agent).is_none_or(|a| a.gateway);
    let identity = if gateway { None } else { Some(gov.identity_find(&system, agent).await?.id) };
    let keys = gov.key_list(&system, identity).await?;
    let key = keys
        .into_iter()
        .find(|k| k.revoked_at.is_none() && k.identity_id == identity && (!gateway || k.name == GATEWAY));
    let key = key.ok_or_else(|| Error::not_found(format!("{agent} has no key")))?;
    Ok(gov.ctx(Actor::Key(KeyCaller {
        id: key.id,
        identity: key.identity_id,
        identity_name: key.identity_name,
        patterns: key.patterns,
        scopes: key.scopes,
        submits: key.submits,
        seen_at: None,
    })))
}

/// Does what was permitted: redeems the grant where there is one, and says that it is done.
///
/// # Errors
/// As the operations; a grant that was revoked meanwhile is not used.
pub(super) async fn act(gov: &Governance, ctx: &Ctx, answer: &Answer) -> Result<()> {
    let ctx = &Ctx { at: gov.now(), ..ctx.clone() };
    if let Some(grant) = &answer.grant {
        gov.grant_redeem(ctx, grant.id, None).await?;
    }
    let report = Report { decision: Some(answer.id), grant: answer.grant.as_ref().map(|g| g.id), ..Report::default() };
    gov.action_report(ctx, report, None).await.map(drop)
}
