//! `POST /v1/hooks/{name}`: what a ticket or deployment system sends, signed; it opens and closes tasks (semantics.md, Grants
//! and revocation). No key counts here: the signature alone does, and nothing is read before it is known to be good.
use super::body;
use crate::{problem::Refusal, state::AppState};
use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};
use governance::{
    engine::hooks::{Call, Delivered, HEADERS},
    hook::read::MOST,
};
use serde_json::{Value, json};

/// 201: a task was opened; 200: one was closed; 202: nothing is to be done, and no reason to send it again.
pub async fn deliver(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let body = body::bytes(&headers, body, MOST).await?;
    let given = HEADERS.into_iter().filter_map(|name| Some((name, once(&headers, name)?)));
    let call = Call { headers: given.collect(), body: body.into() };
    let done = state.governance.hook_deliver(&state.cookie_key.hooks(), &name, &call).await?;
    Ok(match done {
        Delivered::Opened { task, log_seq } => (
            StatusCode::CREATED,
            Json(json!({ "done": "opened", "task": super::tasks::document(&task), "log_seq": log_seq })),
        ),
        Delivered::Closed { task, log_seq, ended } => (
            StatusCode::OK,
            Json(
                json!({ "done": "closed", "task": super::tasks::document(&task), "log_seq": log_seq, "ended": ended }),
            ),
        ),
        Delivered::Nothing { why } => (StatusCode::ACCEPTED, Json(json!({ "done": "nothing", "why": why }))),
    })
}

/// A header that came once: of two, a proxy and we might read different ones.
fn once(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut given = headers.get_all(name).iter();
    let value = given.next()?.to_str().ok()?.to_owned();
    given.next().is_none().then_some(value)
}
