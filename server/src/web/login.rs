//! Signing in by a one-time link, and out. Identity providers (OpenID Connect) will stand beside this file.
use super::session;
use crate::{problem::Refusal, state::AppState};
use app::{paths, viewer::Viewer};
use axum::{
    Extension, Router,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use governance::{
    engine::Actor,
    error::{Error, Kind},
};
use serde::Deserialize;
use std::net::SocketAddr;
use tower_sessions::Session;

pub fn routes() -> Router<AppState> {
    Router::new().route("/sign-in/{token}", post(sign_in)).route(paths::SIGN_OUT, post(sign_out))
}

/// Where to go afterwards, for a link that was asked for in the middle of something.
#[derive(Deserialize)]
struct Then {
    next: Option<String>,
}

async fn sign_in(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(token): Path<String>,
    Query(then): Query<Then>,
    headers: HeaderMap,
    session: Session,
) -> Response {
    if !state.address.https && !on_this_machine(peer, &headers) {
        return problem("insecure");
    }
    match open(&state, &session, &token).await {
        Ok(()) => Redirect::to(then.next.as_deref().filter(|to| is_local(to)).unwrap_or(paths::HOME)).into_response(),
        Err(e) => match e.kind {
            Kind::Conflict => problem("used"),
            Kind::Expired => problem("late"),
            Kind::NotFound => problem("unknown"),
            Kind::Forbidden => problem("person"),
            _ => Refusal(e).into_response(),
        },
    }
}

async fn open(state: &AppState, session: &Session, token: &str) -> Result<(), Error> {
    let current = match session::signed_in(session).await? {
        Some(signed) => state.governance.visitor(&signed).await?.map(|v| v.id),
        None => None,
    };
    let signed = state.governance.link_use(token, current).await?;
    session::open(session, &signed).await
}

fn problem(word: &str) -> Response {
    Redirect::to(&format!("{}?problem={word}", paths::SIGN_IN)).into_response()
}

/// Over plain http the cookie can be read on the way, so both ends must be this machine. The name asked for counts too: a
/// proxy in front would otherwise lend its own nearness to everybody, and a foreign name could be made to lead here.
fn on_this_machine(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("");
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    let near =
        name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    near && peer.ip().to_canonical().is_loopback()
}

/// A path of this console: one slash at its start, so that it cannot name another host.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n'])
}

async fn sign_out(State(state): State<AppState>, viewer: Option<Extension<Viewer>>, session: Session) -> Response {
    if let Some(Extension(viewer)) = viewer {
        let ctx = state.governance.ctx(Actor::Person { id: viewer.id, roles: viewer.roles });
        if let Err(e) = state.governance.session_close(&ctx).await {
            return Refusal(e).into_response();
        }
    }
    match session::close(&session).await {
        Ok(()) => Redirect::to(paths::SIGN_IN).into_response(),
        Err(e) => Refusal(e).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for (peer, host, near) in [
            ("127.0.0.1:5000", "127.0.0.1:3000", true),
            ("127.0.0.1:5000", "localhost", true),
            ("[::1]:5000", "[::1]:3000", true),
            ("[::ffff:127.0.0.1]:5000", "127.0.0.1", true),
            ("127.0.0.1:5000", "cs.example", false),
            ("127.0.0.1:5000", "localhost.evil.test", false),
            ("10.0.0.9:5000", "127.0.0.1:3000", false),
            ("127.0.0.1:5000", "", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(on_this_machine(peer.parse().unwrap(), &headers), near, "{peer} {host}");
        }
    }

    #[test]
    fn nobody_is_led_elsewhere() {
        for (path, local) in [
            ("/inbox", true),
            ("//evil.test", false),
            ("/\\evil.test", false),
            ("https://evil.test", false),
            ("", false),
        ] {
            assert_eq!(is_local(path), local, "{path}");
        }
    }
}
