//! `GET /v1/decisions`, `/v1/grants`, `/v1/events`, …: what is on record, page by page.
use super::{authn::Caller, page};
use crate::{problem::Refusal, state::AppState};
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use governance::{
    engine::{findings, identities, page::Want},
    error::{Error, Result},
    store::{
        decisions::{Filter, StoredDecision},
        events::StoredEvent,
    },
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decisions {
    after: Option<String>,
    limit: Option<u16>,
    identity: Option<String>,
    outcome: Option<String>,
    action: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Newest first.
pub async fn decisions(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Decisions = page::query(&uri)?;
    let limit = page::limit(asked.limit)?;
    if let Some(outcome) = asked.outcome.as_deref().filter(|o| !["permit", "deny", "escalate"].contains(o)) {
        return Err(Error::invalid(format!("outcome: `{outcome}` is none of permit, deny, escalate")).into());
    }
    let filter = Filter {
        before: page::parsed("after", asked.after.as_deref())?,
        identity: page::parsed("identity", asked.identity.as_deref())?,
        outcome: asked.outcome,
        action: asked.action,
        from: instant("from", asked.from.as_deref())?,
        to: instant("to", asked.to.as_deref())?,
    };
    let found = state.governance.decision_list(&ctx, &filter, limit).await?;
    let next = more(&found, limit, |d| d.id.to_string());
    Ok(page::page(&headers, &uri, found.iter().map(decision).collect(), next))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Grants {
    after: Option<String>,
    limit: Option<u16>,
    identity: Option<String>,
    state: Option<String>,
}

/// Newest first.
pub async fn grants(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Grants = page::query(&uri)?;
    let limit = page::limit(asked.limit)?;
    let before = page::parsed("after", asked.after.as_deref())?;
    let identity = page::parsed("identity", asked.identity.as_deref())?;
    let status = page::parsed::<governance::grant::Status>("state", asked.state.as_deref())?;
    let status = status.map(governance::grant::Status::as_str);
    let found = state.governance.grant_list(&ctx, before, identity, status, limit).await?;
    let next = more(&found, limit, |g| g.id.to_string());
    Ok(page::page(&headers, &uri, values(found)?, next))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identities {
    after: Option<String>,
    limit: Option<u16>,
    kind: Option<String>,
    environment: Option<String>,
    status: Option<String>,
    owner: Option<String>,
    orphaned: Option<bool>,
    finding: Option<String>,
    source: Option<String>,
    text: Option<String>,
    sort: Option<String>,
}

/// In the order of their names unless another is asked for.
pub async fn identities(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Identities = page::query(&uri)?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let filter = identities::Filter {
        kind: page::parsed("kind", asked.kind.as_deref())?,
        environment: page::parsed("environment", asked.environment.as_deref())?,
        status: page::parsed("status", asked.status.as_deref())?,
        owner: page::parsed("owner", asked.owner.as_deref())?,
        orphaned: asked.orphaned.unwrap_or(false),
        finding: page::parsed("finding", asked.finding.as_deref())?,
        source: page::parsed("source", asked.source.as_deref())?,
        text: asked.text,
        ..identities::Filter::default()
    };
    let order = page::parsed("sort", asked.sort.as_deref())?.unwrap_or_default();
    let found = state.governance.identity_sorted(&ctx, &filter, order, &want).await?;
    Ok(page::page(&headers, &uri, values(found.items)?, found.next))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Findings {
    after: Option<String>,
    limit: Option<u16>,
    state: Option<String>,
    rule: Option<String>,
    severity: Option<String>,
    identity: Option<String>,
}

/// Worst first; those that are open unless another state is asked for.
pub async fn findings(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Findings = page::query(&uri)?;
    let want = Want { cursor: asked.after, limit: page::limit(asked.limit)? };
    let filter = findings::Filter {
        state: page::parsed("state", asked.state.as_deref())?.unwrap_or(findings::Filter::default().state),
        rule: page::parsed("rule", asked.rule.as_deref())?,
        severity: page::parsed("severity", asked.severity.as_deref())?,
        identity: page::parsed("identity", asked.identity.as_deref())?,
    };
    let found = state.governance.finding_list(&ctx, &filter, &want).await?;
    Ok(page::page(&headers, &uri, values(found.items)?, found.next))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    /// A sequence number: what follows it. Absent: from the first on.
    after: Option<i64>,
    limit: Option<u16>,
}

/// The log from its beginning, in order; the leaf as it was hashed, read back.
pub async fn events(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    let asked: Events = page::query(&uri)?;
    let limit = page::limit(asked.limit)?;
    let found = state.governance.event_list(&ctx, asked.after.unwrap_or(-1), limit).await?;
    let next = more(&found, limit, |e| e.seq.to_string());
    Ok(page::page(&headers, &uri, found.iter().map(event).collect::<Result<_>>()?, next))
}

fn values<T: serde::Serialize>(items: Vec<T>) -> Result<Vec<Value>> {
    items.into_iter().map(|item| serde_json::to_value(item).map_err(Error::internal)).collect()
}

fn decision(d: &StoredDecision) -> Value {
    json!({
        "id": d.id,
        "log_seq": d.seq,
        "at": d.at.to_string(),
        "key": d.key_id,
        "identity": d.identity_id,
        "subject": { "type": d.subject_type, "id": d.subject_id },
        "action": { "name": d.action },
        "resource": { "type": d.resource_type, "id": d.resource_id },
        "outcome": d.outcome,
        "reason": d.reason,
        "would": d.would,
        "rules": d.rules,
        "bundle": d.bundle_hash,
        "tier": d.tier,
        "escalation": d.escalation_id,
        "grant": d.grant_id,
        "acting": d.acting_person,
        "run": d.run,
        "run_id": d.run_id,
        "task": d.task,
        "initiator": d.initiator,
        "observed_by": d.observed_by,
        "parameters_sha256": d.params_hash,
        "valid_until": d.valid_until.map(|t| t.to_string()),
    })
}

fn event(e: &StoredEvent) -> Result<Value> {
    let leaf: Value = serde_json::from_slice(&e.leaf).map_err(Error::internal)?;
    let hash = e.leaf_hash.iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = std::fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
        hex
    });
    Ok(json!({ "seq": e.seq, "leaf": leaf, "leaf_hash": hash }))
}

/// A full page has a next one; its cursor is the last item's.
fn more<T>(found: &[T], limit: u16, cursor: impl Fn(&T) -> String) -> Option<String> {
    found.last().filter(|_| found.len() >= usize::from(limit)).map(cursor)
}

fn instant(name: &str, text: Option<&str>) -> Result<Option<Timestamp>> {
    let read = |text| {
        Timestamp::parse(text)
            .ok_or_else(|| Error::invalid(format!("{name}: not an instant like 2026-11-21T09:00:00Z")))
    };
    text.map(read).transpose()
}
