use leptos::prelude::*;

/// The list and, beside it, one card: the one the address names, else the first. On a phone it is one or the other.
#[component]
pub fn InboxPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        use leptos_router::hooks::{use_params_map, use_query_map};
        let id = use_params_map().with_untracked(|p| p.get("id"));
        let query = use_query_map().get_untracked();
        let errors = [
            ServerAction::<super::Vote>::new().value().get_untracked().and_then(Result::err),
            ServerAction::<super::Undo>::new().value().get_untracked().and_then(Result::err),
        ];
        let error = errors.into_iter().flatten().next();
        Suspend::new(async move { super::show::inbox(id, query, error).await })
    }
}

/// How many wait for the viewer, beside the word in the navigation. Nothing where none does.
#[component]
pub fn InboxBadge() -> impl IntoView {
    #[cfg(feature = "ssr")]
    Suspend::new(async move {
        let (governance, ctx) = crate::viewer::acting().ok()?;
        let n = governance.escalation_count_mine(&ctx).await.ok()?;
        let words = if n >= 100 { "99+".to_owned() } else { n.to_string() };
        (n > 0)
            .then(|| view! { <span class="badge" data-badge="inbox">{words}<span class="sr">" waiting"</span></span> })
    })
}
