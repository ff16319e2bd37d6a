//! The console's pages and server functions, with what each needs in its context.
use crate::{problem::Refusal, state::AppState};
use app::{
    demo::{Installed, Reached},
    pages::welcome::MadeKey,
    routes::App,
    seal::Seal,
    shell::shell,
    viewer::Viewer,
};
use axum::{
    Extension, Router,
    extract::State,
    http::{StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use governance::engine::{Act, Actor, Governance, identities::Filter};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_with_context};

pub fn routes(state: &AppState) -> Router<AppState> {
    let context = context(state);
    let options = state.options.clone();
    let page = move || shell(options.clone());
    let missing = render_app_async_with_context(context.clone(), page.clone());
    Router::new()
        .route("/", get(home))
        .leptos_routes_with_context(state, generate_route_list(App), context, page)
        .layer(middleware::map_response(tidy))
        .fallback(move |request: axum::extract::Request| async move {
            let mut response = missing(request).await.into_response();
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        })
}

/// A page that shows a key that was just made: this answer alone has it.
pub async fn with_key(state: &AppState, request: axum::extract::Request, made: MadeKey) -> Response {
    let (inner, options) = (context(state), state.options.clone());
    let context = move || {
        inner();
        provide_context(made.clone());
    };
    render_app_async_with_context(context, move || shell(options.clone()))(request).await.into_response()
}

/// Provides who looks and the operations to pages and server functions alike.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let (governance, seal): (Governance, Seal) = (state.governance.clone(), state.cookie_key.seal());
    let installed = Installed { demo: !state.address.base.is_empty() };
    let (demo, url, uploads) = (state.demo.watch(), state.address.url.clone(), state.uploads.clone());
    move || {
        super::headers::page_policy();
        provide_context(installed);
        provide_context(demo.borrow().clone());
        provide_context(uploads.clone());
        provide_context(Reached(url.clone()));
        provide_context(governance.clone());
        provide_context(seal.clone());
        if let Some(viewer) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Viewer>().cloned()) {
            provide_context(viewer);
        }
    }
}

/// leptos answers a form with the address of the page it stood on, less an earlier error, but leaves that error's `?`.
async fn tidy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let tidied = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()?.strip_suffix('?')?.parse().ok());
    if let Some(to) = tidied {
        headers.insert(header::LOCATION, to);
    }
    response
}

/// Where a signed-in person starts: at the doors while there is nothing; then whoever decides, where decisions wait.
async fn home(State(state): State<AppState>, Extension(viewer): Extension<Viewer>) -> Result<Redirect, Refusal> {
    let ctx = state.governance.ctx(Actor::Person { id: viewer.id, roles: viewer.roles.clone() });
    if Act::See.allows(&ctx.actor).is_ok() {
        let first = governance::engine::page::Want { cursor: None, limit: 1 };
        let page = state.governance.identity_list(&ctx, &Filter::default(), &first).await?;
        if page.items.is_empty() {
            return Ok(Redirect::to(app::paths::WELCOME));
        }
    }
    let to = if viewer.has(governance::person::Role::Approver) { app::paths::INBOX } else { app::paths::OVERVIEW };
    Ok(Redirect::to(to))
}
