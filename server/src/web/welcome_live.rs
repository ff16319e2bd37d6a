//! News for the Welcome pages: how far the demo is, what the agent that is being connected did.
use super::news::{KEPT_ALIVE, News, stream};
use crate::state::AppState;
use app::{demo::DemoState, pages::welcome::stand, viewer::Viewer};
use axum::{
    Extension,
    extract::{Query, State},
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::unfold;
use governance::{
    Ctx, Governance,
    error::{Error, Result},
};
use serde::Deserialize;
use std::convert::Infallible;
use tower_sessions::Session;

/// Each step of its making; then `ready`, or `ended` when it will not be.
pub async fn demo(State(state): State<AppState>, Extension(_): Extension<Viewer>) -> Response {
    let news = unfold(Some((state.demo.watch(), true)), |watch| async move {
        let (mut watch, first) = watch?;
        if !first {
            watch.changed().await.ok()?;
        }
        let (text, more) = match &*watch.borrow_and_update() {
            DemoState::Making(step) => (format!("{}\n{}\n{}", step.done, step.of, step.doing), true),
            DemoState::Ready => ("ready".into(), false),
            _ => ("ended".into(), false),
        };
        let event = Event::default().event("demo").data(text);
        Some((Ok::<_, Infallible>(event), more.then_some((watch, false))))
    });
    Sse::new(news).keep_alive(KeepAlive::new().interval(KEPT_ALIVE)).into_response()
}

#[derive(Deserialize)]
pub struct Connecting {
    agent: String,
}

/// How the agent stands, whenever that is other than before.
pub async fn agent(
    State(state): State<AppState>,
    Extension(_): Extension<Viewer>,
    Query(about): Query<Connecting>,
    session: Session,
) -> Response {
    stream(state, &session, about).await
}

impl News for Connecting {
    const NAME: &'static str = "agent";

    async fn look(&self, governance: &Governance, ctx: &Ctx) -> Result<String> {
        serde_json::to_string(&stand(governance, ctx, &self.agent).await?).map_err(Error::internal)
    }
}
