//! One stream of news for an open page: looked for whenever the log has grown, told when it is other than before
//! (text/event-stream, HTML's server-sent events).
use super::session;
use crate::{problem::Refusal, state::AppState};
use axum::response::{
    IntoResponse as _, Response,
    sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::unfold;
use governance::{
    Actor, Ctx, Governance,
    engine::SignedIn,
    error::{Error, Kind, Result},
};
use std::{convert::Infallible, time::Duration};
use tokio::sync::watch;
use tower_sessions::Session;

/// How often the log's size is asked for.
const PAUSE: Duration = Duration::from_millis(500);
/// Time moves things too: every so many rounds it is looked though nothing was written.
const ANYWAY: u32 = 20;
/// A browser opens a new stream by itself when one ends: none lives longer than this.
const ROUNDS: u32 = 2 * 60 * 10;
pub(super) const KEPT_ALIVE: Duration = Duration::from_secs(15);

/// What a page is told, for the person of its session.
pub(super) trait News: Send + 'static {
    /// The event's name.
    const NAME: &'static str;
    /// How things stand.
    fn look(&self, governance: &Governance, ctx: &Ctx) -> impl Future<Output = Result<String>> + Send;
}

struct Watch<N> {
    news: N,
    governance: Governance,
    signed: SignedIn,
    ending: watch::Receiver<bool>,
    /// The log's size when it was last looked.
    seen: Option<u64>,
    told: Option<String>,
    rounds: u32,
}

/// The stream; 401 where nobody is signed in.
pub(super) async fn stream<N: News>(state: AppState, session: &Session, news: N) -> Response {
    let signed = match session::signed_in(session).await {
        Ok(Some(signed)) => signed,
        Ok(None) => return Refusal(Error::new(Kind::Unauthenticated, "sign in first")).into_response(),
        Err(e) => return Refusal(e).into_response(),
    };
    let ending = state.ending.subscribe();
    let watch = Watch { news, governance: state.governance.clone(), signed, ending, seen: None, told: None, rounds: 0 };
    let events = unfold(watch, |mut watch| async move {
        let text = watch.next().await?;
        Some((Ok::<_, Infallible>(Event::default().event(N::NAME).data(text)), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEPT_ALIVE)).into_response()
}

impl<N: News> Watch<N> {
    /// What is new, once something is; `None`: the stream ends.
    async fn next(&mut self) -> Option<String> {
        while self.rounds < ROUNDS {
            if self.rounds > 0 {
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    // the process ends: the browser comes back, here or to another node
                    _ = self.ending.wait_for(|ends| *ends) => return None,
                }
            }
            self.rounds += 1;
            match self.look().await {
                Ok(Some(text)) => return Some(text),
                Ok(None) => {}
                // the session no longer holds, or nothing can be read: the browser comes back and is told
                Err(_) => return None,
            }
        }
        None
    }

    async fn look(&mut self) -> Result<Option<String>> {
        let size = self.governance.log_size().await?;
        if self.seen == Some(size) && !self.rounds.is_multiple_of(ANYWAY) {
            return Ok(None);
        }
        self.seen = Some(size);
        let visitor = self.governance.visitor(&self.signed).await?;
        let visitor = visitor.ok_or_else(|| Error::new(Kind::Unauthenticated, "sign in first"))?;
        let ctx = self.governance.ctx(Actor::Person { id: visitor.id, roles: visitor.roles });
        let text = self.news.look(&self.governance, &ctx).await?;
        if self.told.as_ref() == Some(&text) {
            return Ok(None);
        }
        self.told = Some(text.clone());
        Ok(Some(text))
    }
}
