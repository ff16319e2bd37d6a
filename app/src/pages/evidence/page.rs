//! The pages by address. What they show is made on the server alone: none of it travels to the browser as code.
use leptos::prelude::*;

/// What can be proven: the last assessment, packs, and the forms that make new ones.
#[component]
pub fn EvidencePage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let before = leptos_router::hooks::use_query_map().with_untracked(|q| q.get("before"));
        let errors = [
            ServerAction::<super::Assess>::new().value().get_untracked().and_then(Result::err),
            ServerAction::<super::OrderPack>::new().value().get_untracked().and_then(Result::err),
        ];
        let error = errors.into_iter().flatten().next();
        Suspend::new(async move { super::home::home(before, error).await })
    }
}

/// One run of the control tests: its frameworks and its tests.
#[component]
pub fn RunPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let (id, outcome) = (param("id"), leptos_router::hooks::use_query_map().with_untracked(|q| q.get("outcome")));
        Suspend::new(async move { super::run::run(id, outcome).await })
    }
}

/// One framework of a run, control by control.
#[component]
pub fn RunFrameworkPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let (id, framework) = (param("id"), param("framework"));
        Suspend::new(async move { super::controls::framework(id, framework).await })
    }
}

/// One test of a run: what was asked, of how many, and which rows violate it.
#[component]
pub fn RunTestPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let (id, test) = (param("id"), param("test"));
        let variant = leptos_router::hooks::use_query_map().with_untracked(|q| q.get("variant")).unwrap_or_default();
        Suspend::new(async move { super::test::test(id, test, variant).await })
    }
}

/// One evidence pack: how far it is, and how to verify it.
#[component]
pub fn EvidencePackPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    {
        let id = param("id");
        Suspend::new(async move { super::pack::pack(id).await })
    }
}

#[cfg(feature = "ssr")]
fn param(name: &str) -> String {
    leptos_router::hooks::use_params_map().with_untracked(|p| p.get(name)).unwrap_or_default()
}
