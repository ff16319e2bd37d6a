use crate::assets::icons;
use leptos::prelude::*;

/// One icon of the sprite (`public/icons.svg`; add names in `scripts/icons.sh`). It is decoration: the word stands beside it.
///
/// `<Icon name="inbox"/>`
#[component]
pub fn Icon(name: &'static str) -> impl IntoView {
    let href = format!("{}#{name}", icons());
    view! { <svg class="icon" aria-hidden="true" width="16" height="16"><use href=href></use></svg> }
}
