//! For whoever watches the process: alive, ready, numbers.
use crate::state::AppState;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// The process answers. It says nothing of what it depends on: restarting would not mend that.
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether a decision could be made now: the database answers.
async fn ready(State(state): State<AppState>) -> impl IntoResponse {
    if state.governance.disk_full() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the disk is full: nothing is decided until there is room\n".to_owned(),
        );
    }
    match state.governance.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(e) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", e.detail)),
    }
}

async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    if let Ok(size) = state.governance.log_size().await {
        state.metrics.gauge("countersign_log_events", "Events in the log.", i64::try_from(size).unwrap_or(i64::MAX));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.metrics.text())
}
