//! How SCIM answers: `application/scim+json`, lists, versions, and refusals in the form of RFC 7644 §3.12.
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governance::{
    error::{Error, Kind, Problem},
    scim::{Document, Fault, Resource, project::Shown},
};
use serde_json::{Value, json};

const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// One document.
pub fn one(status: StatusCode, it: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, SCIM_JSON)], it.to_string()).into_response()
}

/// Part of a list.
pub fn list(total: usize, start_index: usize, page: Vec<Value>) -> Response {
    let list = json!({
        "schemas": [LIST], "totalResults": total, "startIndex": start_index, "itemsPerPage": page.len(),
        "Resources": page,
    });
    one(StatusCode::OK, &list)
}

/// One resource with its address and version; of it, what was asked for.
pub fn resource(status: StatusCode, kind: Resource, it: Document, shown: &Shown) -> Response {
    let meta = |name: &str| it["meta"][name].as_str().and_then(|text| HeaderValue::from_str(text).ok());
    let (version, location) = (meta("version"), meta("location"));
    let mut response = one(status, &shown.project(kind, it).into());
    let headers = response.headers_mut();
    headers.extend(version.map(|v| (header::ETAG, v)));
    if status == StatusCode::CREATED {
        headers.extend(location.map(|v| (header::LOCATION, v)));
    }
    response
}

/// A refusal on its way out.
pub struct Refused(Fault);

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Fault { status, scim_type, detail, error } = self.0;
        if let Some(e) = error.as_ref().filter(|e| e.kind == Kind::Internal) {
            tracing::error!(error = e as &dyn std::error::Error, "internal error");
        }
        let later = error.as_ref().is_some_and(|e: &Error| matches!(e.kind, Kind::Unavailable | Kind::TooMany));
        let mut response = phrased(status, scim_type, &detail);
        if later {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn phrased(status: u16, scim_type: Option<&str>, detail: &str) -> Response {
    let mut body = json!({ "schemas": [ERROR], "status": status.to_string(), "detail": detail });
    if let Some(scim_type) = scim_type {
        body["scimType"] = scim_type.into();
    }
    one(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
}

/// Gives refusals of whatever stands before the handlers (no key, a wrong method) the form of SCIM.
pub async fn as_scim(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    if status.as_u16() < 400 || response.headers().get(header::CONTENT_TYPE) == Some(&SCIM_JSON) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let detail = parts.extensions.get::<Problem>().map(|p| p.detail.clone());
    let detail = detail.unwrap_or_else(|| status.canonical_reason().unwrap_or("refused").to_owned());
    let (said, body) = phrased(status.as_u16(), None, &detail).into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(said.headers);
    Response::from_parts(parts, body)
}
