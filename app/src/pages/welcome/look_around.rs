//! The first door: the demo, made, opened and removed.
use super::live::DemoLive;
use crate::{
    demo::{DemoState, Step},
    parts::{Dialog, DialogButton, Kind},
    paths,
    viewer::Viewer,
};
use governance::person::Role;
use leptos::prelude::*;

#[component]
pub fn LookAround() -> impl IntoView {
    let state = use_context::<DemoState>().unwrap_or(DemoState::NoPlace);
    let may = use_context::<Viewer>().is_some_and(|v| v.has(Role::Admin) || v.has(Role::Operator));
    let about = "A company with about 400 identities and a week of their work. Seven cases wait; one of them lies. It is an installation of its own, with its own key and log: what you decide there reaches no real system.";
    let below = match state {
        DemoState::NoPlace => view! { <p class="door-state">"This process keeps no demo."</p> }.into_any(),
        DemoState::Absent if may => view! { <div class="actions">{open("Look around", "")}</div> }.into_any(),
        DemoState::Absent => {
            view! { <p class="door-state">"There is no demo yet: an operator or admin makes it here."</p> }.into_any()
        }
        DemoState::Making(step) => making(&step).into_any(),
        DemoState::Ready => ready(may).into_any(),
        DemoState::Failed(why) => view! {
            <p class="field-error">{format!("The demo could not be made: {why}")}</p>
            {may.then(|| view! { <div class="actions">{open("Try again", "")} {remove()}</div> })}
        }
        .into_any(),
    };
    view! { <p>{about}</p> {below} }
}

/// One press: makes the demo if it is not there, and signs in to it.
fn open(words: &'static str, to: &'static str) -> impl IntoView {
    view! {
        <form method="post" action=format!("{}{to}", paths::WELCOME_DEMO)>
            <button type="submit" class=Kind::Primary.class() data-open-demo="">{words}</button>
        </form>
    }
}

fn making(step: &Step) -> impl IntoView + use<> {
    let words = step.doing.clone();
    view! {
        <div class="making" role="status">
            <progress max=step.of.max(1).to_string() value=step.done.to_string() aria-label="Making the demo" data-demo-bar=""></progress>
            <p data-demo-words="">{format!("Making it: {words}")}</p>
        </div>
        <DemoLive/>
        <div class="actions">
            <a class="button" href=paths::WELCOME>"How far is it?"</a>
            <form method="post" action=paths::WELCOME_DEMO hidden><button type="submit" data-open-demo="">"Open the demo"</button></form>
        </div>
    }
}

fn ready(may: bool) -> impl IntoView {
    view! {
        <p class="door-state">"It is there. Its people, keys and cases are its own; you enter as one of them."</p>
        <div class="actions">{open("Open the demo", "")} {may.then(remove)}</div>
    }
}

fn remove() -> impl IntoView {
    view! {
        <DialogButton target="remove-demo" quiet=true>"Delete it…"</DialogButton>
        <Dialog id="remove-demo" title="Delete the demo?">
            <p>"Its folder goes, with its database, its key and its log. Nothing of your own installation is touched. You can make it again at any time."</p>
            <form method="post" action=paths::WELCOME_DEMO_REMOVE class="actions"><button type="submit" class="button">"Delete the demo"</button></form>
        </Dialog>
    }
}
