use crate::{
    parts::{Empty, LinkButton, Page},
    paths,
};
use leptos::prelude::*;

/// What an address nobody answers shows. It also stands for what the viewer may not know exists.
#[component]
pub fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Page title="No such page">
            <Empty title="There is nothing at this address" why="The link may be old, or lead to something you may not see.">
                <LinkButton href=paths::HOME>"To the start"</LinkButton>
            </Empty>
        </Page>
    }
}
