//! A decision judged again on its recorded inputs (I11).
use super::bundles::{Bundles, Found};
use crate::engine::decisions::Inputs;
use crate::engine::settle::{judge, rests_on_grounds};
use crate::engine::write::salted_hash;
use crate::error::{Error, Result};
use crate::escalation::binding::{parameters, parameters_hash};
use crate::policy::bundle::Bundle;
use crate::replay::{Again, Decided, Involved};
use crate::store::db::Tx;
use crate::store::decisions::StoredDecision;
use serde_json::json;
use std::collections::VecDeque;

/// What a question before gates is denied for without people having denied it now (settle, gated): each is stricter than
/// waiting, and rests on what else was open then.
const GATED: [&str; 9] = [
    "unregistered",
    "approval_unverifiable",
    "out_of_scope",
    "grant_pending",
    "approval_expired",
    "policy_denied",
    "too_many_pending",
    "no_approver",
    "outside_window",
];

/// Each decision as its row has it, with what judging it again came to.
///
/// # Errors
/// As the database says.
pub(super) async fn judged_again(
    tx: &mut Tx,
    bundles: &mut Bundles,
    page: Vec<StoredDecision>,
) -> Result<VecDeque<Decided>> {
    let mut work = Vec::with_capacity(page.len());
    for row in page {
        let bundle = bundles.get(tx, &row.bundle_hash).await?;
        work.push((row, bundle));
    }
    let judged = move || work.into_iter().map(|(row, bundle)| decided(row, &bundle)).collect();
    tokio::task::spawn_blocking(judged).await.map_err(Error::internal)
}

fn decided(row: StoredDecision, bundle: &Found) -> Decided {
    let read = row.inputs.as_ref().map(|text| serde_json::from_str::<Inputs>(text));
    let (involved, again) = match (read, bundle) {
        (None, _) => (None, Again::Erased),
        (Some(Err(e)), _) => (None, Again::Differs(format!("its inputs cannot be read: {e}"))),
        (Some(Ok(inputs)), Err(why)) => (Some(involved(&inputs)), Again::Differs(why.clone())),
        (Some(Ok(inputs)), Ok(bundle)) => (Some(involved(&inputs)), again(&row, inputs, bundle)),
    };
    Decided {
        id: row.id.to_string(),
        seq: row.seq,
        inputs: row.inputs.as_ref().map(|text| salted_hash(&row.salt, text.as_bytes())),
        outcome: row.outcome,
        reason: row.reason,
        request: row.params_hash,
        bundle: row.bundle_hash,
        subject: row.identity_id.map(|id| id.to_string()),
        escalation: row.escalation_id.map(|id| id.to_string()),
        grant: row.grant_id.map(|id| id.to_string()),
        action: row.action,
        involved,
        again,
    }
}

fn involved(inputs: &Inputs) -> Involved {
    let grounds = inputs.grounds.as_ref();
    let links = || grounds.into_iter().flat_map(|g| &g.links);
    let owners = inputs
        .fact("owner")
        .map(str::to_owned)
        .into_iter()
        .chain(links().filter_map(|l| l.owner).map(|id| id.to_string()));
    let sources = |g: &crate::engine::decisions::Grounds| {
        g.source.iter().chain(g.links.iter().filter_map(|l| l.source.as_ref())).map(ToString::to_string).collect()
    };
    let acting = inputs.acting.as_ref().and_then(|a| a.person);
    let people = inputs.handed_by.iter().copied().chain(inputs.started_by).chain(acting);
    Involved {
        stops: inputs.stops.iter().cloned().collect(),
        owners: (grounds.is_some() || inputs.chain.is_empty()).then(|| owners.collect()),
        sources: grounds.map(sources),
        people: people.map(|id| id.to_string()).collect(),
        task: inputs.task.as_ref().filter(|(_, misuse)| misuse.is_none()).map(|(id, _)| id.to_string()),
    }
}

fn again(row: &StoredDecision, inputs: Inputs, bundle: &Bundle) -> Again {
    let q = &inputs.question;
    let asked = (&q.subject_type, &q.subject_id, &q.action, &q.resource_type, &q.resource_id);
    if asked != (&row.subject_type, &row.subject_id, &row.action, &row.resource_type, &row.resource_id) {
        return Again::Differs("its row is about another question than its inputs".into());
    }
    if bound(&inputs, bundle) != row.params_hash {
        return Again::Differs("its parameters have another digest".into());
    }
    let inputs = inputs.again(bundle);
    let verdict = judge(row.identity_id, &inputs);
    let (reason, would) = (verdict.reason.as_deref(), verdict.would.map(|o| o.as_str()));
    let said = (row.outcome.as_str(), row.reason.as_deref());
    let outcome = match said {
        ("permit", Some("approved")) => verdict.outcome == crate::decision::Outcome::Escalate,
        ("deny", Some(why)) if verdict.outcome == crate::decision::Outcome::Escalate => GATED.contains(&why),
        _ => said == (verdict.outcome.as_str(), reason),
    };
    if outcome && row.would.as_deref() == would && row.rules == verdict.rules {
        return Again::Same;
    }
    if inputs.grounds.is_none() && rests_on_grounds(&inputs, &verdict) {
        return Again::Untold("source, hand-offs and action facts were not recorded then");
    }
    let words = |outcome: &str, reason: Option<&str>, would: Option<&str>, rules: &[String]| {
        let would = would.map(|w| format!("would {w}"));
        [Some(outcome), reason, would.as_deref()]
            .into_iter()
            .flatten()
            .chain(rules.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
    };
    Again::Differs(format!(
        "it says `{}`; its inputs give `{}`",
        words(said.0, said.1, row.would.as_deref(), &row.rules),
        words(verdict.outcome.as_str(), reason, would, &verdict.rules),
    ))
}

/// SHA-256 of the parameter bytes, from what was recorded.
fn bound(inputs: &Inputs, bundle: &Bundle) -> String {
    let q = &inputs.question;
    let action = json!({ "name": q.action, "properties": q.input });
    let resource = json!({ "type": q.resource_type, "id": q.resource_id, "properties": q.resource_properties });
    parameters_hash(&parameters(&action, &resource, &q.context, bundle.declared_context(&q.action)))
}
