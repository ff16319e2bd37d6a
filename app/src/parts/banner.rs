use super::mark::State;
use crate::{assets::icons, error::AppError, paths, viewer::Viewer};
use leptos::prelude::*;

/// A message across the page. Denials are alerts (read out at once), the rest is polite.
///
/// `<Banner state=State::Wait title="Stopped by refund-over-500.">"Refunds above 500 EUR need finance-ops."</Banner>`
#[component]
pub fn Banner(
    state: State,
    #[prop(into)] title: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let href = format!("{}#s-{}", icons(), state.shape());
    let role = if state == State::Deny { "alert" } else { "status" };
    view! {
        <div class=format!("banner {}", state.class()) role=role>
            <svg class="shape" aria-hidden="true" width="14" height="14"><use href=href></use></svg>
            <div><strong>{title}</strong>{children.map(|c| view! { " " {c()} })}</div>
        </div>
    }
}

/// Why the last thing asked for was not done; nothing where it was.
///
/// `<Problems error=action.value().get().and_then(Result::err)/>`
#[component]
pub fn Problems(error: Option<AppError>) -> impl IntoView {
    error.map(|e| view! { <Banner state=State::Deny title=format!("{}.", e.0.title)>{e.0.detail}</Banner> })
}

/// Said on every page while nothing can be written or nothing is decided; nothing otherwise.
#[component]
pub fn Standstill() -> impl IntoView {
    let full = full().then(|| {
        view! {
            <Banner state=State::Deny title="The disk is full.">
                "Nothing is decided or changed until there is room; looking works. It goes on by itself."
            </Banner>
        }
    });
    let sealed = use_context::<Viewer>().and_then(|viewer| viewer.sealed).map(|why| {
        let href = format!("{}#seal", paths::SETTINGS);
        view! {
            <Banner state=State::Deny title="Nothing is decided: every question is answered 503.">
                {why}". "<a href=href>"Settings"</a>
            </Banner>
        }
    });
    view! { {full}{sealed} }
}

#[cfg(feature = "ssr")]
fn full() -> bool {
    use_context::<governance::Governance>().is_some_and(|g| g.disk_full())
}
/// A browser does not know; pages are rendered on the server.
#[cfg(not(feature = "ssr"))]
fn full() -> bool {
    false
}
