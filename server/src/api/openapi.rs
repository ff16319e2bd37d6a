//! `GET /v1/openapi.json`: the API in words for tools. Written by hand; a test holds it against the routes.
use axum::{
    http::header,
    response::{IntoResponse, Response},
};

pub const DOCUMENT: &str = include_str!("openapi.json");

pub async fn show() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
