//! News for the Welcome pages: how far the demo is, what the agent that is being connected did.
use super::{
    live::{PAUSE, ROUNDS},
    session,
};
use crate::{problem::Refusal, state::AppState};
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
    Actor, Governance,
    engine::SignedIn,
    error::{Error, Kind, Result},
};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tower_sessions::Session;

const ALIVE: Duration = Duration::from_secs(15);

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
    Sse::new(news).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

#[derive(Deserialize)]
pub struct About {
    agent: String,
}

struct Watch {
    governance: Governance,
    signed: SignedIn,
    agent: String,
    size: Option<u64>,
    told: Option<String>,
    rounds: u32,
}

/// How the agent stands, whenever that is other than before.
pub async fn agent(
    State(state): State<AppState>,
    Extension(_): Extension<Viewer>,
    Query(about): Query<About>,
    session: Session,
) -> Response {
    let signed = match session::signed_in(&session).await {
        Ok(Some(signed)) => signed,
        Ok(None) => return Refusal(Error::new(Kind::Unauthenticated, "sign in first")).into_response(),
        Err(e) => return Refusal(e).into_response(),
    };
    let watch = Watch { governance: state.governance, signed, agent: about.agent, size: None, told: None, rounds: 0 };
    let news = unfold(watch, |mut watch| async move {
        loop {
            if watch.rounds >= ROUNDS {
                return None;
            }
            if watch.rounds > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            watch.rounds += 1;
            match watch.look().await {
                Ok(Some(text)) => {
                    return Some((Ok::<_, Infallible>(Event::default().event("agent").data(text)), watch));
                }
                Ok(None) => {}
                Err(_) => return None,
            }
        }
    });
    Sse::new(news).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

impl Watch {
    async fn look(&mut self) -> Result<Option<String>> {
        let size = self.governance.log_size().await?;
        // a hold that ends writes nothing until somebody asks: look now and then all the same
        if self.size == Some(size) && !self.rounds.is_multiple_of(20) {
            return Ok(None);
        }
        self.size = Some(size);
        let visitor = self.governance.visitor(&self.signed).await?;
        let visitor = visitor.ok_or_else(|| Error::new(Kind::Unauthenticated, "sign in first"))?;
        let ctx = self.governance.ctx(Actor::Person { id: visitor.id, roles: visitor.roles });
        let text =
            serde_json::to_string(&stand(&self.governance, &ctx, &self.agent).await?).map_err(Error::internal)?;
        if self.told.as_ref() == Some(&text) {
            return Ok(None);
        }
        self.told = Some(text.clone());
        Ok(Some(text))
    }
}
