//! Who calls: an agent's or gateway's key, in the `Authorization` header and nowhere else. A cookie says nothing here.
use crate::{problem::Refusal, state::AppState};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governance::{
    Ctx,
    error::{Error, Kind},
};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How much of a caller's request id is kept.
const REQUEST_ID_KEPT: usize = 128;

/// The caller of this request; every route behind [`require`] has one.
#[derive(Debug, Clone)]
pub struct Caller(pub Ctx);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal(Error::broken("a route outside the key check")))
    }
}

/// Lets only callers with a good key through.
pub async fn require(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let found = caller(&state, request.headers(), Look::Anew).await;
    admitted(found, request, next).await
}

/// The same for questions: the key is looked at again when the answer is settled, so memory will do here.
pub async fn recognise(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let found = caller(&state, request.headers(), Look::Remembered).await;
    admitted(found, request, next).await
}

async fn admitted(found: Result<Caller, (Error, bool)>, mut request: Request, next: Next) -> Response {
    match found {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            // revoked while it asked
            if response.status() == StatusCode::UNAUTHORIZED {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(true));
            }
            response
        }
        Err((e, given)) => {
            let unauthenticated = e.kind == Kind::Unauthenticated;
            let mut response = Refusal(e).into_response();
            if unauthenticated {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge(given));
            }
            response
        }
    }
}

#[derive(Clone, Copy)]
enum Look {
    Anew,
    Remembered,
}

async fn caller(state: &AppState, headers: &HeaderMap, look: Look) -> Result<Caller, (Error, bool)> {
    let Some(key) = bearer(headers) else {
        let how = "send an agent's or gateway's key: Authorization: Bearer csk_…";
        return Err((Error::new(Kind::Unauthenticated, how), false));
    };
    let actor = match look {
        Look::Anew => state.governance.key_authenticate(key).await,
        Look::Remembered => state.governance.key_recognise(key).await,
    }
    .map_err(|e| (e, true))?;
    let mut ctx = state.governance.ctx(actor);
    ctx.request_id = headers.get(&REQUEST_ID).map(|id| kept(&String::from_utf8_lossy(id.as_bytes())));
    Ok(Caller(ctx))
}

/// The caller of an address that is open to everybody, if a key was sent along.
///
/// # Errors
/// `Unauthenticated` for a key that is no good.
pub async fn given(state: &AppState, headers: &HeaderMap) -> Result<Option<Caller>, Error> {
    match headers.contains_key(header::AUTHORIZATION) {
        true => caller(state, headers, Look::Anew).await.map(Some).map_err(|(e, _)| e),
        false => Ok(None),
    }
}

/// RFC 6750 §3: why, once a key was given.
fn challenge(given: bool) -> HeaderValue {
    HeaderValue::from_static(match given {
        true => "Bearer realm=\"countersign\", error=\"invalid_token\"",
        false => "Bearer realm=\"countersign\"",
    })
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1; the scheme in any case).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = given.next()?.to_str().ok()?.split_once(' ')?;
    // two headers: a proxy and we might read different ones
    let alone = given.next().is_none();
    let token = token.trim();
    (alone && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn kept(id: &str) -> String {
    governance::text::visible_line(id).chars().take(REQUEST_ID_KEPT).collect()
}

/// Says the caller's `X-Request-ID` back, whatever the answer (AuthZEN 1.0, Request Identification).
pub async fn echo_request_id(request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_in_one_header_of_one_form() {
        for (given, want) in [
            (&["Bearer csk_1"][..], Some("csk_1")),
            (&["bearer  csk_1 "], Some("csk_1")),
            (&["Basic csk_1"], None),
            (&["Bearer"], None),
            (&["Bearer "], None),
            (&["csk_1"], None),
            (&["Bearer csk_1", "Bearer csk_2"], None),
            (&[], None),
        ] {
            let headers = given.iter().map(|v| (header::AUTHORIZATION, HeaderValue::from_static(v)));
            let headers = headers.fold(HeaderMap::new(), |mut all, (name, value)| {
                all.append(name, value);
                all
            });
            assert_eq!(bearer(&headers), want, "{given:?}");
        }
    }

    #[test]
    fn a_request_id_is_kept_in_one_short_visible_line() {
        assert_eq!(kept("a\nb\u{202e}c"), kept("a\nb\u{202e}c").replace(['\n', '\u{202e}'], ""));
        assert_eq!(kept(&"x".repeat(500)).len(), REQUEST_ID_KEPT);
    }
}
