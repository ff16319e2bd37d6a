//! What comes alive on the Welcome pages: how far the demo is, and what an agent asked just now.
use leptos::prelude::*;

/// Follows the making of the demo; once it is there, goes in.
#[island]
pub fn DemoLive() -> impl IntoView {
    Effect::new(|_| follow());
}

/// Waits for the agent's next step, and shows the page anew at `href` when it comes. `known` is how things stood.
#[island]
pub fn AgentLive(agent: String, known: String, href: String) -> impl IntoView {
    let seconds = RwSignal::new(0_u32);
    Effect::new(move |_| wait(&agent, known.clone(), href.clone(), seconds));
    view! {
        <p class="listening scripted-only">
            <span class="listening-dot" aria-hidden="true"></span>
            {move || format!("Listening… {} s", seconds.get())}
        </p>
    }
}

#[cfg(not(feature = "hydrate"))]
fn follow() {}
#[cfg(not(feature = "hydrate"))]
fn wait(_: &str, _: String, _: String, _: RwSignal<u32>) {}

#[cfg(feature = "hydrate")]
use browser::{follow, wait};

#[cfg(feature = "hydrate")]
mod browser {
    use crate::{assets::base, paths};
    use leptos::prelude::*;
    use std::time::Duration;
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Element, EventSource, HtmlElement, MessageEvent};

    fn find(selector: &str) -> Option<Element> {
        document().query_selector(selector).ok().flatten()
    }

    fn listen(url: &str, event: &str, hear: impl Fn(&EventSource, String) + 'static) {
        let Ok(source) = EventSource::new(url) else { return };
        let own = source.clone();
        let news = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                hear(&own, text);
            }
        });
        drop(source.add_event_listener_with_callback(event, news.as_ref().unchecked_ref()));
        // as long as the page lives
        news.forget();
    }

    pub fn follow() {
        listen(&format!("{}{}", base(), paths::DEMO_LIVE), "demo", |source, text| {
            // three lines: done, of, words; or one word that ends it
            let mut lines = text.lines();
            match (lines.next(), lines.next(), lines.next()) {
                (Some(done), Some(of), Some(words)) => {
                    if let Some(bar) = find("[data-demo-bar]") {
                        drop(bar.set_attribute("max", of));
                        drop(bar.set_attribute("value", done));
                    }
                    if let Some(line) = find("[data-demo-words]") {
                        line.set_text_content(Some(&format!("Making it: {words}")));
                    }
                }
                _ => {
                    source.close();
                    // the same press as before: it is there now, so it leads in
                    match find("[data-open-demo]").and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
                        Some(button) if text == "ready" => button.click(),
                        _ => drop(window().location().reload()),
                    }
                }
            }
        });
    }

    pub fn wait(agent: &str, known: String, href: String, seconds: RwSignal<u32>) {
        drop(set_interval_with_handle(move || seconds.update(|s| *s += 1), Duration::from_secs(1)));
        listen(&format!("{}{}?agent={agent}", base(), paths::AGENT_LIVE), "agent", move |source, text| {
            if text != known {
                source.close();
                drop(window().location().set_href(&format!("{}{href}", base())));
            }
        });
    }
}
