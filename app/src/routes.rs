//! Which page answers which address. Every page is rendered whole (`SsrMode::Async`): a page that streams would show
//! "Loading" to whoever has no script.
use crate::{
    demo::DemoBar,
    nav::{Brand, Nav},
    pages::{
        activity::{ActivityPage, DecisionPage},
        containment::ContainmentPage,
        evidence::{EvidencePackPage, EvidencePage, RunFrameworkPage, RunPage, RunTestPage},
        grants::{GrantPage, GrantsPage},
        handoffs::{HandoffsPage, TimelinePage},
        identities::{IdentitiesPage, IdentityPage, RevocationPage},
        inbox::InboxPage,
        matches::{MatchesPage, MergePage},
        not_found::NotFound,
        observation::ObservationPage,
        overview::OverviewPage,
        privilege::{PrivilegePage, ReachPage},
        resources::{ResourcePage, ResourcesPage},
        secrets::SecretsPage,
        settings::SettingsPage,
        sign_in::{SignInLink, SignInPage},
        visibility::VisibilityPage,
        welcome::{AgentPage, InventoryPage, WelcomePage},
    },
    parts::{KeyHelp, Keys, Standstill},
    viewer::Viewer,
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// The text of the tab. leptos writes it between `<title>` and `</title>` as it is: names that others chose must not be markup.
fn tab(title: String) -> String {
    let safe = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if safe.is_empty() { "Countersign".into() } else { format!("{safe} · Countersign") }
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let viewer = use_context::<Viewer>();
    let frame = if viewer.is_some() { "frame" } else { "frame frame-alone" };
    view! {
        <Title formatter=tab/>
        <a class="skip" href="#main">"Skip to content"</a>
        {viewer.clone().filter(|viewer| viewer.demo).map(|viewer| view! { <DemoBar viewer/> })}
        <Router>
            <div class=frame>
                {match viewer {
                    Some(viewer) => view! { <Nav viewer/> }.into_any(),
                    None => view! { <header class="alone"><Brand/></header> }.into_any(),
                }}
                <main id="main" tabindex="-1">
                    <Standstill/>
                    <Routes fallback=|| view! { <NotFound/> }>
                        <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                        <Route path=path!("/sign-in/:token") view=SignInLink ssr=SsrMode::Async/>
                        <Route path=path!("/overview") view=OverviewPage ssr=SsrMode::Async/>
                        <Route path=path!("/activity") view=ActivityPage ssr=SsrMode::Async/>
                        <Route path=path!("/activity/:id") view=DecisionPage ssr=SsrMode::Async/>
                        <Route path=path!("/evidence") view=EvidencePage ssr=SsrMode::Async/>
                        <Route path=path!("/evidence/assessments/:id") view=RunPage ssr=SsrMode::Async/>
                        <Route path=path!("/evidence/assessments/:id/frameworks/:framework") view=RunFrameworkPage ssr=SsrMode::Async/>
                        <Route path=path!("/evidence/assessments/:id/tests/:test") view=RunTestPage ssr=SsrMode::Async/>
                        <Route path=path!("/evidence/packs/:id") view=EvidencePackPage ssr=SsrMode::Async/>
                        <Route path=path!("/identities") view=IdentitiesPage ssr=SsrMode::Async/>
                        <Route path=path!("/identities/:id") view=IdentityPage ssr=SsrMode::Async/>
                        <Route path=path!("/identities/:id/observation") view=ObservationPage ssr=SsrMode::Async/>
                        <Route path=path!("/identities/:id/reach") view=ReachPage ssr=SsrMode::Async/>
                        <Route path=path!("/privilege") view=PrivilegePage ssr=SsrMode::Async/>
                        <Route path=path!("/secrets") view=SecretsPage ssr=SsrMode::Async/>
                        <Route path=path!("/handoffs") view=HandoffsPage ssr=SsrMode::Async/>
                        <Route path=path!("/visibility") view=VisibilityPage ssr=SsrMode::Async/>
                        <Route path=path!("/matches") view=MatchesPage ssr=SsrMode::Async/>
                        <Route path=path!("/matches/merge") view=MergePage ssr=SsrMode::Async/>
                        <Route path=path!("/resources") view=ResourcesPage ssr=SsrMode::Async/>
                        <Route path=path!("/resources/:id") view=ResourcePage ssr=SsrMode::Async/>
                        <Route path=path!("/runs/:id") view=TimelinePage ssr=SsrMode::Async/>
                        <Route path=path!("/grants") view=GrantsPage ssr=SsrMode::Async/>
                        <Route path=path!("/grants/:id") view=GrantPage ssr=SsrMode::Async/>
                        <Route path=path!("/containment") view=ContainmentPage ssr=SsrMode::Async/>
                        <Route path=path!("/revocations/:id") view=RevocationPage ssr=SsrMode::Async/>
                        <Route path=path!("/inbox") view=InboxPage ssr=SsrMode::Async/>
                        <Route path=path!("/inbox/:id") view=InboxPage ssr=SsrMode::Async/>
                        <Route path=path!("/welcome") view=WelcomePage ssr=SsrMode::Async/>
                        <Route path=path!("/welcome/inventory") view=InventoryPage ssr=SsrMode::Async/>
                        <Route path=path!("/welcome/agent") view=AgentPage ssr=SsrMode::Async/>
                        <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async/>
                    </Routes>
                </main>
            </div>
        </Router>
        <KeyHelp/>
        <Keys/>
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_in_the_tab_is_no_markup() {
        assert_eq!(super::tab("</title><meta> & co".into()), "&lt;/title&gt;&lt;meta&gt; &amp; co · Countersign");
        assert_eq!(super::tab(String::new()), "Countersign");
    }
}
