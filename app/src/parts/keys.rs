//! The keyboard: what each key does, and the island that listens.
use super::dialog::Dialog;
use leptos::prelude::*;

/// Keys and what they do, by the place where they work (ux.md §3.9).
const KEYS: &[(&str, &[(&str, &str)])] = &[
    (
        "Everywhere",
        &[
            ("g, then a letter", "go to the page whose letter the navigation shows"),
            ("/", "search"),
            ("?", "these keys"),
            ("t", "light or dark"),
            ("u", "back to the list"),
        ],
    ),
    (
        "In the inbox",
        &[
            ("j k", "next, previous"),
            ("Enter, o", "open"),
            ("a", "to the decision, approval preset"),
            ("d", "to the decision, denial preset"),
        ],
    ),
];

/// The list of keys, as a layer that the `?` key or its button opens.
#[component]
pub fn KeyHelp() -> impl IntoView {
    let groups = KEYS.iter().map(|(place, keys)| {
        let rows = keys.iter().map(|(key, does)| view! { <div><dt><kbd>{*key}</kbd></dt><dd>{*does}</dd></div> });
        view! { <h3>{*place}</h3><dl class="keys">{rows.collect_view()}</dl> }
    });
    view! {
        <Dialog id="keys" title="Keys">
            {groups.collect_view()}
            <p class="note">"Single keys rest while you type, and can be turned off under " <a href="/settings">"Settings"</a> "."</p>
        </Dialog>
    }
}

/// Listens for the keys that work everywhere. An element says which key it answers to: a link of the navigation by `data-go`,
/// any other link or button by `data-key`. A link is followed; a button only gets the focus, so no single key ever decides.
#[island]
pub fn Keys() -> impl IntoView {
    Effect::new(|_| listen());
}

#[cfg(not(feature = "hydrate"))]
fn listen() {}

#[cfg(feature = "hydrate")]
fn listen() {
    use leptos::ev;
    let pending = StoredValue::new(None::<f64>);
    let handle = window_event_listener(ev::keydown, move |event| browser::key(&event, pending));
    on_cleanup(move || handle.remove());
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, KeyboardEvent};

    /// How long `g` waits for its letter, in milliseconds.
    const PAUSE: f64 = 1_500.0;

    pub fn key(event: &KeyboardEvent, pending: StoredValue<Option<f64>>) {
        if event.ctrl_key()
            || event.meta_key()
            || event.alt_key()
            || event.is_composing()
            || typing(event)
            || !enabled()
        {
            return;
        }
        let key = event.key();
        let went = pending.get_value().is_some_and(|at| event.time_stamp() - at < PAUSE);
        pending.set_value(None);
        let done = match key.as_str() {
            letter if went => follow(&format!("[data-go=\"{}\"]", plain(letter))),
            "g" => {
                pending.set_value(Some(event.time_stamp()));
                true
            }
            "t" => theme(),
            "?" => find("#keys").is_some_and(|keys| toggle(&keys)),
            "/" => find("[data-search]").is_some_and(|field| field.focus().is_ok()),
            other => follow(&format!("[data-key=\"{}\"]", plain(other))),
        };
        if done {
            event.prevent_default();
        }
    }

    /// Only what can stand in a selector between quotes.
    fn plain(key: &str) -> String {
        key.chars().filter(char::is_ascii_alphanumeric).collect()
    }
    fn enabled() -> bool {
        document().document_element().is_some_and(|html| html.get_attribute("data-keys").as_deref() != Some("off"))
    }
    fn typing(event: &KeyboardEvent) -> bool {
        event.target().and_then(|t| t.dyn_into::<Element>().ok()).is_some_and(|e| {
            matches!(e.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                || e.closest("[contenteditable]").ok().flatten().is_some()
        })
    }
    fn find(selector: &str) -> Option<HtmlElement> {
        document().query_selector(selector).ok().flatten()?.dyn_into().ok()
    }
    fn follow(selector: &str) -> bool {
        let Some(element) = find(selector) else { return false };
        if element.tag_name() == "A" {
            element.click();
        } else {
            drop(element.focus());
        }
        true
    }
    /// `togglePopover` is young; where it is missing nothing happens.
    fn toggle(element: &HtmlElement) -> bool {
        js_sys::Reflect::get(element, &"togglePopover".into())
            .ok()
            .and_then(|f| f.dyn_into::<js_sys::Function>().ok())
            .is_some_and(|f| f.call0(element).is_ok())
    }
    fn theme() -> bool {
        let Some(html) = document().document_element() else { return false };
        let dark = match html.get_attribute("data-theme").as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|m| m.matches()),
        };
        let theme = if dark { "light" } else { "dark" };
        let cookie = format!("theme={theme}; {}", crate::look::COOKIE_LIFE);
        html.set_attribute("data-theme", theme).is_ok()
            && document().dyn_into::<web_sys::HtmlDocument>().is_ok_and(|d| d.set_cookie(&cookie).is_ok())
    }
}
