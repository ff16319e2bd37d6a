//! Every address of the API, once. What is added here is listed (and must be in the OpenAPI document) without being named again.
use super::{
    actions, activity, answering, authn, evaluation, evaluations, grants, handoffs, hooks, imports, lists, log,
    matches, metadata, min_seq, openapi, otlp, problem, reach, requests, resources, revocations, runs, scim, search,
    secrets, tasks, wire,
};
use crate::{problem::Refusal, state::AppState};
use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse as _,
    routing::{MethodFilter, any, on},
};
use governance::error::Error;
use tower_http::catch_panic::CatchPanicLayer;

/// An address and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    /// Anybody may call it, without a key.
    pub public: bool,
    /// What is sent is signed, and no key counts.
    pub signed: bool,
}

/// Addresses that are guarded and refuse alike.
struct Group {
    router: Router<AppState>,
    listed: Vec<Route>,
    public: bool,
    signed: bool,
}

impl Group {
    fn new(public: bool) -> Self {
        Self { router: Router::new(), listed: Vec::new(), public, signed: false }
    }
    fn get<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, handler)
    }
    fn post<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, handler)
    }
    fn put<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, path, handler)
    }
    fn patch<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::PATCH, MethodFilter::PATCH, path, handler)
    }
    fn delete<H: Handler<T, AppState>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.on(Method::DELETE, MethodFilter::DELETE, path, handler)
    }
    fn on<H: Handler<T, AppState>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        handler: H,
    ) -> Self {
        self.router = self.router.route(path, on(filter, handler));
        self.listed.push(Route { method, path, public: self.public, signed: self.signed });
        self
    }
    /// Whatever else is under `path` is not there.
    fn nothing_else(mut self, path: &'static str) -> Self {
        let missing =
            || async { Refusal(Error::not_found("there is no such address: see /v1/openapi.json")).into_response() };
        self.router = self.router.route(path, any(missing));
        self
    }
}

fn open() -> Group {
    Group::new(true)
        .get(metadata::PATH, metadata::show)
        .get("/v1/openapi.json", openapi::show)
        .get("/log/checkpoint", log::checkpoint)
        .get("/log/tile/{*path}", log::tile)
}

fn access_requests() -> Group {
    Group::new(false)
        .post(wire::REQUESTS, requests::submit)
        .get("/access/v1/requests/{id}", requests::show)
        .post("/access/v1/requests/{id}/cancel", requests::cancel)
}

/// What only asks [`governance::Governance::decide`].
fn questions() -> Group {
    Group::new(false)
        .post("/access/v1/evaluation", evaluation::evaluate)
        .post("/access/v1/evaluations", evaluations::evaluate)
}

fn searches() -> Group {
    Group::new(false)
        .post("/access/v1/search/subject", search::subjects)
        .post("/access/v1/search/resource", search::resources)
        .post("/access/v1/search/action", search::actions)
        .nothing_else("/access/{*rest}")
}

/// What ticket and deployment systems send.
fn signed() -> Group {
    Group { signed: true, ..Group::new(false) }.post("/v1/hooks/{name}", hooks::deliver)
}

fn v1() -> Group {
    Group::new(false)
        .post("/v1/grants/{id}/redeem", grants::redeem)
        .post("/v1/grants/{id}/renew", grants::renew)
        .post("/v1/actions", actions::report)
        .post("/v1/activity", activity::report)
        .post("/v1/traces", otlp::traces)
        .post("/v1/revocations", revocations::revoke)
        .post("/v1/tasks", tasks::open)
        .post("/v1/tasks/{ref}/close", tasks::close)
        .get("/v1/tasks", tasks::list)
        .post("/v1/imports/{source}", imports::import)
        .get("/v1/resources", resources::list)
        .get("/v1/resources/{type}/{id}", resources::show)
        .put("/v1/resources/{type}/{id}", resources::set)
        .get("/v1/identities", lists::identities)
        .get("/v1/identities/{id}/successors", answering::successors)
        .get("/v1/identities/{id}/reach", reach::show)
        .get("/v1/secrets", secrets::list)
        .get("/v1/secrets/counts", secrets::counts)
        .get("/v1/gaps", answering::gaps)
        .get("/v1/visibility", answering::visibility)
        .get("/v1/matches", matches::list)
        .get("/v1/findings", lists::findings)
        .get("/v1/grants", lists::grants)
        .get("/v1/decisions", lists::decisions)
        .get("/v1/identities/{id}/observation", handoffs::observation)
        .get("/v1/handoffs", handoffs::list)
        .get("/v1/runs/{id}", runs::show)
        .get("/v1/events", lists::events)
        .nothing_else("/v1/{*rest}")
}

/// What identity providers call (RFC 7644).
fn provisioning() -> Group {
    Group::new(false)
        .get("/scim/v2/ServiceProviderConfig", scim::service)
        .get("/scim/v2/ResourceTypes", scim::resource_types)
        .get("/scim/v2/ResourceTypes/{id}", scim::resource_type)
        .get("/scim/v2/Schemas", scim::schemas)
        .get("/scim/v2/Schemas/{id}", scim::schema)
        .post("/scim/v2/.search", scim::search_all)
        .get("/scim/v2/{kind}", scim::index)
        .post("/scim/v2/{kind}", scim::create)
        .post("/scim/v2/{kind}/.search", scim::search)
        .get("/scim/v2/{kind}/{id}", scim::show)
        .put("/scim/v2/{kind}/{id}", scim::replace)
        .patch("/scim/v2/{kind}/{id}", scim::change)
        .delete("/scim/v2/{kind}/{id}", scim::delete)
        .nothing_else("/scim/{*rest}")
}

/// Every address of the API.
#[must_use]
pub fn listed() -> Vec<Route> {
    [open(), questions(), searches(), access_requests(), signed(), provisioning(), v1()]
        .into_iter()
        .flat_map(|group| group.listed)
        .collect()
}

pub fn routes(state: &AppState) -> Router<AppState> {
    let seen = |router: Router<AppState>| router.layer(from_fn_with_state(state.clone(), min_seq::require));
    let keyed = |router: Router<AppState>| seen(router).layer(from_fn_with_state(state.clone(), authn::require));
    let recognised = seen(questions().router).layer(from_fn_with_state(state.clone(), authn::recognise));
    // under what phrases refusals, so that a panic answers in the form of its address
    let caught = |router: Router<AppState>| router.layer(CatchPanicLayer::custom(crate::problem::panicked));
    Router::new()
        .merge(caught(open().router).layer(from_fn(problem::as_problem)))
        .merge(caught(signed().router).layer(from_fn(problem::as_problem)))
        .merge(caught(recognised).layer(from_fn(problem::as_message)))
        .merge(caught(keyed(searches().router)).layer(from_fn(problem::as_message)))
        .merge(caught(keyed(access_requests().router)).layer(from_fn(problem::as_access_problem)))
        .merge(caught(keyed(provisioning().router)).layer(from_fn(scim::as_scim)))
        .merge(caught(keyed(v1().router)).layer(from_fn(problem::as_problem)))
        .layer(from_fn(authn::echo_request_id))
}
