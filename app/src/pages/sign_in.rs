//! Signing in by a one-time link: opening it shows a button, pressing the button uses it up.
use crate::{
    demo::in_demo,
    parts::{Banner, Button, Kind, Page, State},
    paths,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Why a link did not sign in, by the word in `?problem=`.
const PROBLEMS: &[(&str, &str, &str)] = &[
    ("used", "This link was used already.", "A link signs in once. Ask for a new one."),
    ("late", "This link is too old.", "A link is good for 15 minutes. Ask for a new one."),
    (
        "unknown",
        "This is not a link of this installation.",
        "Check that the whole address was copied, or ask for a new one.",
    ),
    (
        "ended",
        "Your session has ended.",
        "It was idle for 30 minutes, older than 12 hours, or your roles changed. Ask for a new link.",
    ),
    ("person", "This person cannot sign in.", "They are marked as away or gone. An admin can change that."),
    (
        "insecure",
        "Sign-in needs https.",
        "Over plain http only a browser on this machine may sign in: use https, or open the link on the machine itself.",
    ),
];

/// Where one lands without a session.
#[component]
pub fn SignInPage() -> impl IntoView {
    let problem = use_query_map().with_untracked(|q| q.get("problem"));
    let known = problem.and_then(|word| PROBLEMS.iter().find(|p| p.0 == word));
    view! {
        <Page title="Sign in">
            <div class="prose">
                {known.map(|(_, title, text)| view! { <Banner state=State::Deny title=*title>{*text}</Banner> })}
                {match in_demo() {
                    true => view! { <p>"This is the demo. You enter it from the Welcome page of your own installation: "<a href=paths::LEAVE>"go there"</a>"."</p> }.into_any(),
                    false => view! {
                        <p>"You sign in with a one-time link. It is printed when the server starts for the first time; afterwards an admin gives you one, with"</p>
                        <pre class="code-line"><code>"countersign person link you@example.com"</code></pre>
                        <p class="note">"Open it in this browser and press the button. It works once, within 15 minutes."</p>
                    }.into_any(),
                }}
            </div>
        </Page>
    }
}

/// What a one-time link shows. Nothing has happened yet: programs that preview links would use it up otherwise.
#[component]
pub fn SignInLink() -> impl IntoView {
    let token = use_params_map().with_untracked(|p| p.get("token")).unwrap_or_default();
    view! {
        <Page title="Sign in">
            <div class="prose">
                <p>"This link signs you in on this browser. It works once."</p>
                <form method="post" action=format!("{}/{token}", crate::paths::SIGN_IN)>
                    <Button kind=Kind::Primary>"Sign in"</Button>
                </form>
            </div>
        </Page>
    }
}
