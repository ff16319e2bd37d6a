//! Requests that change something must come from our own pages (semantics.md, Web).
use crate::problem::Refusal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governance::error::Error;
use std::sync::Arc;

/// Refuses an unsafe method from elsewhere, and an agent's key wherever it is sent to the console. `own` is the public
/// address, where one is configured.
pub async fn check(State(own): State<Option<Arc<str>>>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Refusal(Error::forbidden("keys are for the API; the console takes a signed-in person")).into_response();
    }
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !from_here(request.headers(), own.as_deref()) {
        return Refusal(Error::forbidden("this request did not come from a page of this console")).into_response();
    }
    next.run(request).await
}

/// `Sec-Fetch-Site: same-origin`; where a browser does not send it, an `Origin` that is ours.
fn from_here(headers: &HeaderMap, own: Option<&str>) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text("origin") else { return false };
    match (own, text("host")) {
        (Some(own), _) => origin == own,
        (None, Some(host)) => origin.strip_prefix("http://").is_some_and(|rest| rest == host),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    #[test]
    fn only_our_own_pages_change_something() {
        let check = |pairs: &[(&'static str, &'static str)], own: Option<&str>, expected: bool| {
            let headers: HeaderMap =
                pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect();
            assert_eq!(from_here(&headers, own), expected, "{pairs:?}");
        };
        let own = Some("https://cs.example");
        check(&[("sec-fetch-site", "same-origin")], own, true);
        for site in ["cross-site", "same-site", "none", ""] {
            check(&[("sec-fetch-site", site), ("origin", "https://cs.example")], own, false);
        }
        check(&[("origin", "https://cs.example")], own, true);
        check(&[("origin", "https://cs.example.evil.test")], own, false);
        check(&[("origin", "null")], own, false);
        check(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")], None, true);
        check(&[("origin", "http://127.0.0.1:3001"), ("host", "127.0.0.1:3000")], None, false);
        check(&[("host", "127.0.0.1:3000")], None, false);
        check(&[], own, false);
    }
}
