use leptos::prelude::*;

/// Which secrets are to be replaced first?
#[component]
pub fn SecretsPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        let asked =
            super::list::Asked { concern: query.get("concern"), kind: query.get("kind"), after: query.get("after") };
        Suspend::new(async move { super::list::secrets(asked).await })
    }
}
