//! A pack that is being made: the page looks again by itself. Without script a link does.
use leptos::prelude::*;

/// Loads the page anew every two seconds. It stands only on a page that waits for something.
#[island]
pub fn LookAgain() -> impl IntoView {
    Effect::new(move |_| again());
    view! { <p class="note scripted-only">"This page looks again by itself every 2 seconds."</p> }
}

#[cfg(feature = "hydrate")]
fn again() {
    set_timeout(|| drop(window().location().reload()), std::time::Duration::from_secs(2));
}
#[cfg(not(feature = "hydrate"))]
fn again() {}
