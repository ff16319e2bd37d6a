//! What is under `/demo` goes to the demo, whoever sends it and whatever it carries; nothing else does.
use crate::{problem::Refusal, state::AppState};
use app::paths;
use axum::{
    Router,
    extract::{Query, Request, State},
    http::Uri,
    response::{IntoResponse as _, Redirect, Response},
    routing::{any, get},
};
use governance::error::Error;
use serde::Deserialize;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::DEMO, any(under))
        .route(&format!("{}/", paths::DEMO), any(under))
        .route(&format!("{}/{{*rest}}", paths::DEMO), any(under))
        .route(&format!("{}{}", paths::DEMO, paths::LEAVE), get(leave))
}

#[derive(Deserialize)]
struct Leaving {
    to: Option<String>,
}

/// Out of the demo, to the real installation's page of the same purpose.
async fn leave(Query(leaving): Query<Leaving>) -> Redirect {
    Redirect::to(match leaving.to.as_deref() {
        Some("agent") => paths::WELCOME_AGENT,
        _ => paths::WELCOME,
    })
}

async fn under(State(state): State<AppState>, request: Request) -> Response {
    let Some(demo) = state.demo.router() else {
        let html = request.headers().get("accept").is_some_and(|v| v.to_str().is_ok_and(|a| a.contains("text/html")));
        return match html {
            true => Redirect::to(paths::WELCOME).into_response(),
            false => Refusal(Error::not_found("there is no demo installation here")).into_response(),
        };
    };
    let uri = stripped(request.uri(), paths::DEMO);
    super::answered_under(demo, inside(request, uri)).await
}

/// The request as the demo gets it. What the routes outside learned of it (their captures among it) stays outside.
fn inside(request: Request, uri: Uri) -> Request {
    let (parts, body) = request.into_parts();
    let mut inner = Request::new(body);
    *inner.method_mut() = parts.method;
    *inner.uri_mut() = uri;
    *inner.version_mut() = parts.version;
    *inner.headers_mut() = parts.headers;
    if let Some(peer) = parts.extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>() {
        inner.extensions_mut().insert(*peer);
    }
    inner
}

fn stripped(uri: &Uri, base: &str) -> Uri {
    let whole = uri.path_and_query().map_or("/", |p| p.as_str());
    let rest = whole.strip_prefix(base).unwrap_or(whole);
    let path = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    path.parse().unwrap_or_else(|_| Uri::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_inside_is_what_follows() {
        for (outside, within) in [
            ("/demo", "/"),
            ("/demo/", "/"),
            ("/demo/inbox/esc_1?a=%2F", "/inbox/esc_1?a=%2F"),
            ("/demo?x=1", "/?x=1"),
            ("/demo/demo/x", "/demo/x"),
        ] {
            assert_eq!(stripped(&outside.parse().unwrap(), "/demo").to_string(), within);
        }
    }
}
