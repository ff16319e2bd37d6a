//! The demo: a second installation in this process, with a folder, key, database, log, sessions and jobs of its own.
//!
//! - `installation.rs` makes, opens and removes it; `routes.rs` leads requests under `/demo` to it, and only those
//! - `prefix.rs` puts its pages, which are made as if they stood alone, under that path
mod installation;
mod prefix;
pub mod routes;

pub use installation::Demo;

/// The demo's answer to a request made within it, under its path.
pub async fn answered_under(router: axum::Router, request: axum::extract::Request) -> axum::response::Response {
    prefix::under(app::paths::DEMO, installation::answered(router, request).await).await
}
