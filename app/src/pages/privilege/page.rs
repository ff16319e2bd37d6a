use leptos::prelude::*;

/// What standing access can go today?
#[component]
pub fn PrivilegePage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let after = leptos_router::hooks::use_query_map().with_untracked(|q| q.get("after"));
        Suspend::new(async move { super::list::queue(after).await })
    }
}

/// What does this one reach, and what of it does nobody use?
#[component]
pub fn ReachPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        let days = use_query_map().with_untracked(|q| q.get("days"));
        Suspend::new(async move { super::reach::reach(&id, days).await })
    }
}
