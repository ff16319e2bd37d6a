//! `/access/v1/requests`: access requests as ARAP has them (AuthZEN Access Request and Approval Profile, draft 1). A task is
//! an escalation; its approval is used up by asking again.
use super::{
    authn::Caller,
    body::{self, Document},
    prefer,
    problem::{AccessError, AccessRefusal},
    question, wire,
};
use crate::{notices::target::Allowed, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use governance::{
    Ctx,
    engine::requests::{Submission, Unsubmitted},
    error::{Error, Kind},
    escalation::{Record, asked::Callback},
    id::EscalationId,
    time::Timestamp,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::{sync::Semaphore, time::Instant};

/// How often a waiting caller's task is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// Callers that may wait at once; further ones are answered as things stand.
static WAITING: Semaphore = Semaphore::const_new(1_024);
/// Seconds after which to poll again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Ends a requester can be told of.
const EVENTS: [&str; 6] = ["approved", "denied", "expired", "cancelled", "failed", "partial"];
/// Bytes of the requester's own word that is given back.
const MAX_STATE: usize = 1_024;

/// 202 while people have yet to decide, 201 where they have.
pub async fn submit(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Document(document): Document,
) -> Result<Response, AccessRefusal> {
    // who may not ask hears that first, whatever was sent
    ctx.key(governance::engine::Scope::Ask)?;
    let key = prefer::idempotency_key(&headers)?;
    let top = question::object(&document)?;
    let callback = callback(top, &state.callbacks)?;
    let submission = submission(top, key)?;
    let mut record = state.governance.request_submit(&ctx, submission).await.map_err(unsubmitted)?;
    if let Some(callback) = callback {
        record = state.governance.escalation_callback(&ctx, record.escalation.id, &callback).await.map_err(unknown)?;
    }
    let status = match record.escalation.on_the_wire() {
        "pending" => StatusCode::ACCEPTED,
        _ => StatusCode::CREATED,
    };
    let mut response = shown(&state, &record);
    *response.status_mut() = status;
    if let Ok(own) = HeaderValue::from_str(&format!("{}{}/{}", state.address.url, wire::REQUESTS, record.escalation.id))
    {
        response.headers_mut().insert(header::LOCATION, own);
    }
    Ok(response)
}

pub async fn show(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AccessRefusal> {
    let id = task_id(&id)?;
    let wait = prefer::wait(&headers);
    let record = settled(&state, ctx, id, wait.unwrap_or_default()).await.map_err(unknown)?;
    let mut response = shown(&state, &record);
    if let Some(wait) = wait
        && let Ok(applied) = HeaderValue::from_str(&format!("wait={}", wait.as_secs()))
    {
        response.headers_mut().insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

/// Looks until people have decided, or until the caller would wait no longer.
async fn settled(state: &AppState, mut ctx: Ctx, id: EscalationId, wait: Duration) -> Result<Record, Error> {
    let until = Instant::now() + wait;
    let mut record = state.governance.escalation_poll(&ctx, id).await?;
    let waits = |record: &Record| record.escalation.on_the_wire() == "pending" && Instant::now() < until;
    if !waits(&record) {
        return Ok(record);
    }
    let Ok(_place) = WAITING.try_acquire() else { return Ok(record) };
    let mut ending = state.ending.subscribe();
    while waits(&record) {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            // the process ends: the caller polls again, here or on another node
            _ = ending.wait_for(|ends| *ends) => break,
        }
        ctx.at = state.governance.now();
        record = state.governance.escalation_poll(&ctx, id).await?;
    }
    Ok(record)
}

pub async fn cancel(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AccessRefusal> {
    let id = task_id(&id)?;
    let bytes = body::bytes(&headers, body, governance::json::Limits::REQUEST.bytes).await?;
    if !bytes.is_empty() {
        body::expect_json(&headers)?;
        let said = body::document(&bytes)?;
        for name in ["reason", "comment"] {
            if let Some(other) = question::object(&said)?.get(name).filter(|v| !v.is_string()) {
                return Err(Error::invalid(format!("{name} must be a string, not {}", question::kind(other))).into());
            }
        }
    }
    let record = state.governance.escalation_cancel(&ctx, id).await.map_err(|e| match e.kind {
        Kind::Conflict | Kind::Expired => AccessRefusal::new(AccessError::InvalidTaskState, e.detail),
        _ => unknown(e),
    })?;
    Ok(shown(&state, &record))
}

fn submission(top: &Map<String, Value>, idempotency_key: Option<String>) -> Result<Submission, AccessRefusal> {
    if top.contains_key("items") {
        return Err(Error::invalid("items: several at once are not taken here; submit each by itself").into());
    }
    let (subject, action) = (question::entity(top, "subject")?, question::action(top)?);
    let (resource, context) = (question::entity(top, "resource")?, question::context(top)?);
    let unbound = |detail: &str| AccessRefusal::new(AccessError::InvalidDenialBinding, detail);
    let denial = match top.get("denial") {
        Some(Value::Object(denial)) => denial,
        _ => return Err(unbound("denial is missing: {evaluation_id, expires_at} as the denial had them")),
    };
    let text = |name: &str| denial.get(name).and_then(Value::as_str);
    let id = text("evaluation_id").ok_or_else(|| unbound("denial.evaluation_id is missing"))?;
    let denial_id = id.parse().map_err(|_| unbound("denial.evaluation_id is not one of ours: it looks like dec_…"))?;
    // required of the caller; what counts is the time on record
    text("expires_at")
        .and_then(Timestamp::parse)
        .ok_or_else(|| unbound("denial.expires_at is missing, or not an instant like 2026-11-21T09:00:00Z"))?;
    let words = ["business_justification", "justification"].into_iter().find_map(|name| context.get(name));
    let justification = match words {
        None => None,
        Some(Value::String(words)) => Some(words.clone()),
        Some(other) => {
            let kind = question::kind(other);
            return Err(Error::invalid(format!("context.business_justification must be a string, not {kind}")).into());
        }
    };
    Ok(Submission { denial: denial_id, subject, action, resource, context, justification, idempotency_key })
}

/// Where to tell the requester of the end (AuthZEN Callback Notifications Profile, draft 1).
fn callback(top: &Map<String, Value>, allowed: &Allowed) -> Result<Option<Callback>, AccessRefusal> {
    let callback = match top.get("callback") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(callback)) => callback,
        Some(other) => {
            return Err(Error::invalid(format!("callback must be an object, not {}", question::kind(other))).into());
        }
    };
    let wrong = |what: &str| Error::invalid(format!("callback.{what}"));
    let endpoint = callback.get("endpoint").and_then(Value::as_str).ok_or_else(|| wrong("endpoint is missing"))?;
    allowed.check(endpoint)?;
    let state = match callback.get("state") {
        None | Some(Value::Null) => None,
        Some(Value::String(state)) if state.len() <= MAX_STATE => Some(state.clone()),
        Some(_) => return Err(wrong("state must be a string of at most 1,024 bytes").into()),
    };
    let mut events = BTreeSet::new();
    match callback.get("events") {
        None | Some(Value::Null) => {}
        Some(Value::Array(names)) => {
            for name in names {
                let name = name.as_str().filter(|n| EVENTS.contains(n));
                events.insert(
                    name.ok_or_else(|| wrong(&format!("events: each is one of {}", EVENTS.join(", "))))?.to_owned(),
                );
            }
        }
        Some(_) => return Err(wrong("events must be an array").into()),
    }
    Ok(Some(Callback { endpoint: endpoint.to_owned(), state, events }))
}

fn unsubmitted(e: Unsubmitted) -> AccessRefusal {
    match e {
        Unsubmitted::NotRequestable(why) => AccessRefusal::new(AccessError::NotRequestable, why),
        Unsubmitted::ExpiredDenial(why) => AccessRefusal::new(AccessError::ExpiredDenial, why),
        Unsubmitted::NotTheDenied(why) => AccessRefusal::new(AccessError::InvalidDenialBinding, why),
        Unsubmitted::Duplicate(why) => AccessRefusal::new(AccessError::DuplicateRequest, why),
        Unsubmitted::Failed(e) => e.into(),
    }
}

fn unknown(e: Error) -> AccessRefusal {
    match e.kind {
        Kind::NotFound => AccessRefusal::new(AccessError::UnknownTask, e.detail),
        _ => e.into(),
    }
}

fn task_id(text: &str) -> Result<EscalationId, AccessRefusal> {
    text.parse().map_err(|e| AccessRefusal::new(AccessError::UnknownTask, format!("{e}")))
}

fn shown(state: &AppState, record: &Record) -> Response {
    let pending = record.escalation.on_the_wire() == "pending";
    let mut response = Json(task(record, &state.address)).into_response();
    if pending {
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    response
}

/// `{"task": …, "result": …}`. Who decides is not the requester's to know, only how many have.
fn task(record: &Record, here: &crate::config::Address) -> Value {
    let e = &record.escalation;
    let status = e.on_the_wire();
    let mut task = wire::handle(&e.id.to_string(), status, here);
    task["expires_at"] = json!(e.expires_at.to_string());
    if status == "pending" {
        let missing: u32 = e.missing().iter().map(|m| m.people).max().unwrap_or(0);
        let total = e.requirement.quorum.max(missing);
        task["progress"] = json!({
            "current_step": (total - missing + 1).min(total),
            "total_steps": total,
            "step_name": e.requirement.routes.iter().cloned().collect::<Vec<_>>().join("+"),
        });
    }
    let mut whole = json!({ "task": task });
    if let Some(approved_at) = e.released_at {
        // used up, run out or revoked: asking again says so
        let until = e.usable_until().or_else(|| e.state.ended_at()).unwrap_or(approved_at);
        whole["result"] = json!({
            "mode": "reevaluate",
            "approval": { "id": e.id, "approved_at": approved_at.to_string(), "approved_until": until.to_string() },
        });
    }
    whole
}
