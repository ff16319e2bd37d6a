//! The console's pages and server functions, with what each needs in its context.
use crate::state::AppState;
use app::{routes::App, seal::Seal, shell::shell, viewer::Viewer};
use axum::{
    Router,
    http::{StatusCode, header, request::Parts},
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use governance::engine::Governance;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes as _, generate_route_list, render_app_async_with_context};

pub fn routes(state: &AppState) -> Router<AppState> {
    let context = context(state.governance.clone(), state.cookie_key.seal());
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

/// Provides who looks and the operations to pages and server functions alike.
fn context(governance: Governance, seal: Seal) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        super::headers::page_policy();
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

/// Where a signed-in person starts: whoever decides, where decisions wait.
async fn home(axum::Extension(viewer): axum::Extension<Viewer>) -> axum::response::Redirect {
    let to = if viewer.has(governance::person::Role::Approver) { app::paths::INBOX } else { app::paths::OVERVIEW };
    axum::response::Redirect::to(to)
}
