use leptos::prelude::*;

/// Who acted through whom?
#[component]
pub fn HandoffsPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let days = leptos_router::hooks::use_query_map().with_untracked(|q| q.get("days"));
        Suspend::new(async move { super::show::handoffs(days.as_deref()).await })
    }
}

/// What happened in this run, whoever worked in it?
#[component]
pub fn TimelinePage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        let after = use_query_map().with_untracked(|q| q.get("after"));
        Suspend::new(async move { super::run::run(&id, after).await })
    }
}
