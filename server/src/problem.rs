//! [`governance::error::Error`] as RFC 9457 `application/problem+json`.
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use governance::error::{Error, Kind};

/// An error on its way out. It is logged here, at the edge, and nowhere else.
#[derive(Debug)]
pub struct Refusal(pub Error);

impl From<Error> for Refusal {
    fn from(e: Error) -> Self {
        Self(e)
    }
}

/// What a panic in a handler answers: 500, never a permit and never the end of the process.
#[must_use]
pub fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Refusal(Error::broken("a handler panicked")).into_response()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.0.kind == Kind::Internal {
            tracing::error!(error = &self.0 as &dyn std::error::Error, "internal error");
        }
        let problem = self.0.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&problem)).into_response();
        // for whoever phrases it otherwise: api/problem.rs
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(self.0.kind, Kind::Unavailable | Kind::TooMany) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
