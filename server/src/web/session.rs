//! Sessions: tower-sessions' cookie, rows of our own. The cookie holds a 128-bit id under a 256-bit MAC; the store knows the
//! id by its hash. How long one lives is the operations' matter (`governance::engine`), not the cookie's.
use crate::{config::Address, problem::Refusal, state::AppState};
use app::{paths, viewer::Viewer};
use async_trait::async_trait;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use governance::{
    engine::{Governance, SignedIn, policies::PolicyState},
    error::Error,
};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::{Key, SameSite},
    service::SignedCookie,
    session::{Id, Record},
    session_store,
};

/// Under this name a session holds its [`SignedIn`].
const SIGNED_IN: &str = "signed_in";

/// Each installation has a cookie of its own. Browsers take the prefixes only with https, `__Host-` only for the path `/`.
fn cookie_name(address: &Address) -> &'static str {
    match (address.base.is_empty(), address.https) {
        (true, true) => "__Host-countersign",
        (true, false) => "countersign",
        (false, true) => "__Secure-countersign-demo",
        (false, false) => "countersign-demo",
    }
}

#[must_use]
pub fn layer(state: &AppState) -> SessionManagerLayer<Rows, SignedCookie> {
    SessionManagerLayer::new(Rows(state.governance.clone()))
        .with_name(cookie_name(&state.address))
        .with_secure(state.address.https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path(if state.address.base.is_empty() { "/" } else { state.address.base })
        .with_expiry(Expiry::OnSessionEnd)
        .with_signed(Key::from(state.cookie_key.0.as_slice()))
}

/// Our rows as tower-sessions wants them.
#[derive(Clone)]
pub struct Rows(Governance);

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

fn backend(e: &Error) -> session_store::Error {
    session_store::Error::Backend(e.detail.clone())
}

#[async_trait]
impl SessionStore for Rows {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // 128 random bits do not meet twice
        self.save(record).await
    }
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let data = serde_json::to_string(&record.data).map_err(|e| session_store::Error::Encode(e.to_string()))?;
        self.0.session_save(&record.id.to_string(), &data).await.map_err(|e| backend(&e))
    }
    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(data) = self.0.session_load(&id.to_string()).await.map_err(|e| backend(&e))? else { return Ok(None) };
        let data = serde_json::from_str(&data).map_err(|e| session_store::Error::Decode(e.to_string()))?;
        // never compared: the operations above have said that it holds
        let expiry_date = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(365_000);
        Ok(Some(Record { id: *id, data, expiry_date }))
    }
    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.session_delete(&id.to_string()).await.map_err(|e| backend(&e))
    }
}

/// Who is signed in by this session, if anybody.
///
/// # Errors
/// `Unavailable` if the sessions cannot be read.
pub async fn signed_in(session: &Session) -> Result<Option<SignedIn>, Error> {
    session.get(SIGNED_IN).await.map_err(lost)
}

/// Opens or renews the session: a new id, so that one planted before is worth nothing.
///
/// # Errors
/// `Unavailable` if it cannot be kept.
pub async fn open(session: &Session, signed: &SignedIn) -> Result<(), Error> {
    session.cycle_id().await.map_err(lost)?;
    session.insert(SIGNED_IN, signed).await.map_err(lost)
}

/// Ends the session on the server and drops the cookie.
///
/// # Errors
/// `Unavailable` if it cannot be removed.
pub async fn close(session: &Session) -> Result<(), Error> {
    session.flush().await.map_err(lost)
}

fn lost(e: tower_sessions::session::Error) -> Error {
    Error {
        kind: governance::error::Kind::Unavailable,
        detail: "sessions cannot be read now: try again shortly".into(),
        source: Some(Box::new(e)),
    }
}

/// Finds out who looks, at every request anew, and sends strangers to the sign-in page.
pub async fn attach(State(state): State<AppState>, session: Session, mut request: Request, next: Next) -> Response {
    match visitor(&state, &session).await {
        Err(e) => Refusal(e).into_response(),
        Ok(Some(viewer)) => {
            request.extensions_mut().insert(viewer);
            next.run(request).await
        }
        Ok(None) if is_public(request.uri().path()) => next.run(request).await,
        Ok(None) => {
            let ended = had_session(request.headers(), cookie_name(&state.address));
            if ended {
                drop(close(&session).await);
            }
            turned_away(&request, ended)
        }
    }
}

async fn visitor(state: &AppState, session: &Session) -> Result<Option<Viewer>, Error> {
    let Some(signed) = signed_in(session).await? else { return Ok(None) };
    let Some(v) = state.governance.visitor(&signed).await? else { return Ok(None) };
    let sealed = match state.governance.policy_state().await? {
        PolicyState::Active { .. } => None,
        PolicyState::Sealed { why } => Some(why),
    };
    Ok(Some(Viewer {
        id: v.id,
        name: v.name,
        email: v.email,
        roles: v.roles,
        proved_at: v.proved_at,
        now: state.governance.now(),
        sealed,
        demo: !state.address.base.is_empty(),
    }))
}

/// Whether the browser still holds a cookie of ours, however worthless.
fn had_session(headers: &HeaderMap, name: &str) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies.flat_map(|v| v.split(';')).any(|pair| pair.trim().split_once('=').is_some_and(|(n, _)| n == name))
}

fn is_public(path: &str) -> bool {
    path == paths::SIGN_IN || path.strip_prefix(paths::SIGN_IN).is_some_and(|rest| rest.starts_with('/'))
}

/// A page or a posted form leads to the sign-in page; anything else hears that it must sign in.
fn turned_away(request: &Request, ended: bool) -> Response {
    let html = request.headers().get("accept").and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    if !html {
        return Refusal(Error::new(governance::error::Kind::Unauthenticated, "sign in first")).into_response();
    }
    let mut to = paths::SIGN_IN.to_owned();
    if ended || *request.method() != Method::GET {
        to += "?problem=ended";
    }
    Redirect::to(&to).into_response()
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn only_signing_in_is_open_to_strangers() {
        for (path, public) in [
            ("/sign-in", true),
            ("/sign-in/abc", true),
            ("/sign-inside", false),
            ("/", false),
            ("/settings", false),
            ("/_fn/x", false),
        ] {
            assert_eq!(is_public(path), public, "{path}");
        }
    }
}
