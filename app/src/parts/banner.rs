use super::mark::State;
use crate::{assets::icons, error::AppError};
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
