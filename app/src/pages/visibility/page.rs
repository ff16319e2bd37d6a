use leptos::prelude::*;

/// What can we not see, and who should answer for it?
#[component]
pub fn VisibilityPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        let (after, done) = (query.get("after"), query.get("done"));
        let error = super::calls::refused();
        Suspend::new(async move { super::show::visibility(after, done, error).await })
    }
}
