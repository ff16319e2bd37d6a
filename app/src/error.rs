//! A failure as a page meets it: the same problem document the API answers with.
use governance::error::{Error, Kind, Problem};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub Problem);

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.detail)
    }
}
impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;
    fn from_server_fn_error(e: ServerFnErrorErr) -> Self {
        Self(Error::new(Kind::Invalid, e.to_string()).problem())
    }
}

#[cfg(feature = "ssr")]
impl From<Error> for AppError {
    /// Sets the response's status too, unless a form was posted without script: its 302 must be left alone.
    fn from(e: Error) -> Self {
        use leptos::prelude::use_context;
        let problem = e.problem();
        if e.kind == Kind::Internal {
            // once, here at the edge; the caller learns nothing of the inside
            tracing::error!(source = source_of(&e), "internal error");
        }
        let posted_form = use_context::<http::request::Parts>().is_some_and(|parts| {
            parts.method == http::Method::POST
                && parts
                    .headers
                    .get(http::header::ACCEPT)
                    .is_some_and(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
        });
        if !posted_form
            && let (Some(response), Ok(status)) =
                (use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(problem.status))
        {
            response.set_status(status);
        }
        Self(problem)
    }
}

#[cfg(feature = "ssr")]
fn source_of(e: &Error) -> String {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(e);
    while let Some(error) = next {
        text = if text.is_empty() { error.to_string() } else { format!("{text}: {error}") };
        next = error.source();
    }
    text
}
