//! How a refusal looks: AuthZEN's own endpoints answer a message string (AuthZEN 1.0, Error Responses), everything else
//! `application/problem+json`, with ARAP's types where ARAP has one.
use crate::problem::Refusal;
use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governance::error::{Error, Kind, Problem};
use serde_json::json;

/// On AuthZEN's endpoints whatever is wrong with a request is 400, and the body is a message string.
pub async fn as_message(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = match response.status() {
        status if status.as_u16() < 400 => return response,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY
            if response.extensions().get::<Problem>().is_none_or(|p| p.kind != Kind::KeyReused) =>
        {
            StatusCode::BAD_REQUEST
        }
        status => status,
    };
    let (mut parts, _) = response.into_parts();
    let text = match parts.extensions.get::<Problem>() {
        Some(problem) => problem.detail.clone(),
        None => status.canonical_reason().unwrap_or("refused").to_owned(),
    };
    parts.status = status;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Response::from_parts(parts, text.into())
}

/// On ARAP's endpoints too large is 400 as well; what nobody has phrased yet (a wrong method) becomes a problem document.
pub async fn as_access_problem(request: Request, next: Next) -> Response {
    let mut response = as_problem(request, next).await;
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = response.extensions().get::<Problem>().map_or_else(String::new, |p| p.detail.clone());
        response = Refusal(Error::invalid(detail)).into_response();
    }
    response
}

/// Gives refusals the framework made itself (a wrong method) the form ours have.
pub async fn as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    if status.as_u16() < 400 || response.extensions().get::<Problem>().is_some() {
        return response;
    }
    let title = status.canonical_reason().unwrap_or("refused");
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": title });
    Response::from_parts(parts, body.to_string().into())
}

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// ARAP's problem types (ARAP draft 1, Error Responses).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessError {
    NotRequestable,
    ExpiredDenial,
    InvalidDenialBinding,
    DuplicateRequest,
    UnknownTask,
    TaskExpired,
    InvalidTaskState,
}

impl AccessError {
    pub const ALL: [Self; 7] = [
        Self::NotRequestable,
        Self::ExpiredDenial,
        Self::InvalidDenialBinding,
        Self::DuplicateRequest,
        Self::UnknownTask,
        Self::TaskExpired,
        Self::InvalidTaskState,
    ];

    /// The last part of the type's URN, its status and its title.
    const fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::NotRequestable => ("not_requestable", 400, "This denial cannot be requested"),
            Self::ExpiredDenial => ("expired_denial", 410, "The denial is too old to request on"),
            Self::InvalidDenialBinding => ("invalid_denial_binding", 400, "The request is not the denied one"),
            Self::DuplicateRequest => ("duplicate_request", 409, "This idempotency key belongs to another request"),
            Self::UnknownTask => ("unknown_task", 404, "No such request, or not yours to see"),
            Self::TaskExpired => ("task_expired", 410, "The request is over"),
            Self::InvalidTaskState => ("invalid_task_state", 409, "The request is past that"),
        }
    }
    #[must_use]
    pub fn urn(self) -> String {
        format!("urn:openid:authzen:access-request:error:{}", self.row().0)
    }
}

/// A refusal of ARAP's endpoints: one of its types, or an ordinary problem.
#[derive(Debug)]
pub enum AccessRefusal {
    Typed(AccessError, String),
    Other(Error),
}

impl AccessRefusal {
    pub fn new(kind: AccessError, detail: impl Into<String>) -> Self {
        Self::Typed(kind, detail.into())
    }
}

impl From<Error> for AccessRefusal {
    fn from(e: Error) -> Self {
        Self::Other(e)
    }
}

impl From<Refusal> for AccessRefusal {
    fn from(e: Refusal) -> Self {
        Self::Other(e.0)
    }
}

impl IntoResponse for AccessRefusal {
    fn into_response(self) -> Response {
        let (kind, detail) = match self {
            Self::Other(e) => return Refusal(e).into_response(),
            Self::Typed(kind, detail) => (kind, detail),
        };
        let (_, status, title) = kind.row();
        let body = json!({ "type": kind.urn(), "title": title, "status": status, "detail": detail });
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM_JSON);
        // phrased: the group's layer leaves it alone
        response.extensions_mut().insert(Problem { kind: Kind::Invalid, status: 0, title: title.into(), detail });
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_arap_has_its_own_name_and_an_error_status() {
        let urns: std::collections::BTreeSet<_> = AccessError::ALL.iter().map(|e| e.urn()).collect();
        assert_eq!(urns.len(), AccessError::ALL.len());
        assert!(urns.contains("urn:openid:authzen:access-request:error:not_requestable"));
        for error in AccessError::ALL {
            let response = AccessRefusal::new(error, "why").into_response();
            assert_eq!(response.status().as_u16(), error.row().1);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        }
    }
}
