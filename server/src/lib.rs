//! The process: configuration, routes, the API for machines.
//!
//! - `api/` what agents and gateways call; `cli/` a command a file; `config.rs` where settings come from; `state.rs` opens an installation
//! - `notices/` telling people and requesters; `jobs.rs` what happens by itself
//! - `serve.rs` the listener; `web/` what browsers meet; `problem.rs` errors on their way out; `telemetry.rs` log and metrics
pub mod api;
pub mod cli;
pub mod config;
pub mod demo;
pub mod documents;
mod folder;
pub mod jobs;
pub mod notices;
pub mod problem;
mod sent;
pub mod serve;
pub mod state;
pub mod telemetry;
pub mod web;

/// Threads free what others allocated, request after request: the C library's allocator makes them wait for each other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use axum::{Router, middleware};
use state::AppState;
use std::{sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, timeout::RequestBodyTimeoutLayer};

/// How long a caller may be silent while sending a body.
const BODY_PAUSE: Duration = Duration::from_secs(15);

/// Every route of the process: the real installation's, and under a path of its own the demo's.
pub fn router(state: AppState) -> Router {
    Router::new()
        .merge(installation(state.clone()))
        .merge(demo::routes::routes().with_state(state.clone()))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(state.address.https, web::headers::add))
        .layer(middleware::from_fn_with_state(Arc::clone(&state.metrics), telemetry::observe))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
}

/// Every route of one installation. The console's have sessions and take no keys; the machines' take keys and know no cookie.
fn installation(state: AppState) -> Router {
    let own = state.address.configured.then(|| Arc::<str>::from(state.address.origin()));
    let console = web::pages::routes(&state)
        .merge(web::login::routes())
        .merge(web::exports::routes())
        .merge(web::handoffs::routes())
        .merge(web::matches::routes())
        .merge(web::resources::routes())
        .merge(web::visibility::routes())
        .merge(web::privilege::routes())
        .merge(web::evidence::routes())
        .merge(web::register::routes())
        .merge(web::secrets::routes())
        .merge(web::live::routes())
        .merge(web::welcome::routes(&state))
        .layer(middleware::from_fn_with_state(state.clone(), web::session::attach))
        .layer(web::session::layer(&state))
        .layer(middleware::from_fn_with_state(own, web::csrf::check));
    let machines = web::health::routes().merge(web::site::routes()).merge(api::routes::routes(&state));
    Router::new().merge(machines).merge(console).with_state(state)
}
