use leptos::prelude::*;

/// Which identities may be one?
#[component]
pub fn MatchesPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        let (of, done) = (query.get("identity"), query.get("done"));
        let error = super::calls::refused();
        Suspend::new(async move { super::show::matches(of, done, error).await })
    }
}

/// Are these two one, and which of them goes on?
#[component]
pub fn MergePage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        let (one, other) = (query.get("one").unwrap_or_default(), query.get("other").unwrap_or_default());
        let error = super::calls::refused();
        Suspend::new(async move { super::merge::merge(&one, &other, error).await })
    }
}
