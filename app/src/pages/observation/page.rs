use leptos::prelude::*;

/// What would change if it were enforced?
#[component]
pub fn ObservationPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        let days = use_query_map().with_untracked(|q| q.get("days"));
        let error = super::calls::refused();
        Suspend::new(async move { super::show::observation(&id, days.as_deref(), error).await })
    }
}
