use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Who holds what right now?
#[component]
pub fn GrantsPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (state, before) = (query.get("state"), query.get("before"));
    #[cfg(feature = "ssr")]
    {
        Suspend::new(async move { super::show::grants(state, before).await })
    }
    #[cfg(not(feature = "ssr"))]
    drop((state, before));
}

/// One grant: what it allows, and taking it back.
#[component]
pub fn GrantPage() -> impl IntoView {
    let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
    #[cfg(feature = "ssr")]
    {
        let error = super::calls::refused();
        Suspend::new(async move { super::show::grant(&id, error).await })
    }
    #[cfg(not(feature = "ssr"))]
    drop(id);
}
