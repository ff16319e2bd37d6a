use leptos::prelude::*;

/// What do agents act with and on, and may they?
#[component]
pub fn ResourcesPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let query = leptos_router::hooks::use_query_map().get_untracked();
        let asked = super::list::Asked {
            kind: query.get("kind"),
            changed: query.get("changed").is_some(),
            after: query.get("after"),
            removed: query.get("done").as_deref() == Some("removed"),
        };
        let error = super::calls::refused();
        Suspend::new(async move { super::list::resources(asked, error).await })
    }
}

/// May this one be used, and as what?
#[component]
pub fn ResourcePage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
        let done = use_query_map().with_untracked(|q| q.get("done"));
        let error = super::calls::refused();
        Suspend::new(async move { super::show::resource(&id, done, error).await })
    }
}
