use leptos::prelude::*;

/// Which identities are a problem? The register, narrowed by what the address says.
#[component]
pub fn IdentitiesPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        Suspend::new(async move { super::list::identities(&query).await })
    }
}

/// Who answers for this one, and what may it do?
#[component]
pub fn IdentityPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        let done = use_query_map().with_untracked(|q| q.get("done"));
        let error = super::calls::refused().or_else(crate::pages::matches::calls::refused);
        Suspend::new(async move { super::record::identity(&id, done, error).await })
    }
}

/// Is it really off? What one revocation ended, and where access is still live.
#[component]
pub fn RevocationPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let id = leptos_router::hooks::use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        Suspend::new(async move { super::stop::revocation(&id).await })
    }
}
