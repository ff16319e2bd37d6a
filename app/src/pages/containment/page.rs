use leptos::prelude::*;

/// Is it under control? What is stopped or held now, and by whom.
#[component]
pub fn ContainmentPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let done = leptos_router::hooks::use_query_map().with_untracked(|q| q.get("done"));
        let error = super::calls::refused();
        Suspend::new(async move { super::show::containment(done, error).await })
    }
}
