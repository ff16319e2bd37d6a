//! The demo installation as pages know it: how it stands, and the bar that marks each of its pages.
use crate::{
    parts::{Button, Icon, State, Tag},
    paths,
    viewer::Viewer,
};
use governance::demo::CAST;
use leptos::prelude::*;

/// How far the making of the demo is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    pub done: u32,
    pub of: u32,
    /// In words: "Day 3 of 7".
    pub doing: String,
}

/// How the demo stands. The server provides it as context to the real installation's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemoState {
    /// This process keeps no demo.
    NoPlace,
    Absent,
    Making(Step),
    Ready,
    /// Why it could not be made or opened.
    Failed(String),
}

/// Which installation a page is of. Provided to every page, signed in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Installed {
    pub demo: bool,
}

/// Whether this page is one of the demo.
#[must_use]
pub fn in_demo() -> bool {
    use_context::<Installed>().is_some_and(|i| i.demo)
}

/// Marks a page of the demo, and lets its visitor be another of its people.
#[component]
pub fn DemoBar(viewer: Viewer) -> impl IntoView {
    let people = CAST.iter().map(|p| {
        let own = p.email == viewer.email;
        view! { <option value=p.email selected=own>{format!("{} · {}", p.name, p.does)}</option> }
    });
    view! {
        <aside class="demo-bar" aria-label="Demo data">
            <p><Tag state=State::Agent>"Demo data"</Tag><span>"Nothing here reaches a real system."</span></p>
            <form method="post" action=paths::ACT_AS>
                <label for="act-as">"Act as"</label>
                <select id="act-as" name="email">{people.collect_view()}</select>
                <Button>"Switch"</Button>
            </form>
            <a class="button button-quiet" href=paths::LEAVE><Icon name="log-out"/>"Leave the demo"</a>
        </aside>
    }
}

/// How this installation is reached from outside, for calls to copy: `http://127.0.0.1:3000`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached(pub String);
