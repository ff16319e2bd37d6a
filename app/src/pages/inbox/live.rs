//! What comes alive in the browser: news of the list, the clock of the list, the time to look.
use leptos::prelude::*;

/// Listens for what changes and says so, without moving anything: "2 new · show". `known` are the ids that waited for the
/// viewer when the page was made, `card` and `state` the card beside the list as it then stood.
#[island]
pub fn Live(known: Vec<String>, card: Option<String>, state: Option<String>) -> impl IntoView {
    let new = RwSignal::new(0_usize);
    let changed = RwSignal::new(false);
    Effect::new(move |_| listen(known.clone(), card.clone(), state.clone(), new, changed));
    let here = move || format!("{} new · show", new.get());
    view! {
        <div class="live" role="status">
            <Show when=move || { new.get() > 0 }><a class="live-news" href="" on:click=|_| reload()>{here}</a></Show>
            <Show when=move || changed.get()><a class="live-news" href="" on:click=|_| reload()>"This card has changed · show it as it is now"</a></Show>
        </div>
    }
}

/// Says how long to look before approving, and holds the button until then: it stays reachable, and pressed too early it leads
/// to the first contradiction. The server measures the same time by itself.
#[island]
pub fn Look(seconds: u32) -> impl IntoView {
    let left = RwSignal::new(0_i64);
    Effect::new(move |_| hold(seconds, left));
    let words = move || if left.get() > 0 { format!("Approve opens in {} s. ", left.get()) } else { String::new() };
    view! { <span aria-live="off">{words}</span> }
}

#[cfg(not(feature = "hydrate"))]
fn listen(_: Vec<String>, _: Option<String>, _: Option<String>, _: RwSignal<usize>, _: RwSignal<bool>) {}
#[cfg(not(feature = "hydrate"))]
fn hold(_: u32, _: RwSignal<i64>) {}
#[cfg(not(feature = "hydrate"))]
fn reload() {}

#[cfg(feature = "hydrate")]
use browser::{hold, listen, reload};

#[cfg(feature = "hydrate")]
mod browser {
    use crate::paths;
    use leptos::prelude::*;
    use std::{collections::BTreeSet, time::Duration};
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Element, EventSource, HtmlElement, MessageEvent};

    pub fn reload() {
        drop(window().location().reload());
    }
    fn all(selector: &str) -> Vec<Element> {
        let Ok(list) = document().query_selector_all(selector) else { return Vec::new() };
        (0..list.length()).filter_map(|i| list.get(i)?.dyn_into().ok()).collect()
    }
    fn open() -> f64 {
        window().performance().map_or(0.0, |p| p.now())
    }

    pub fn listen(
        known: Vec<String>,
        card: Option<String>,
        state: Option<String>,
        new: RwSignal<usize>,
        changed: RwSignal<bool>,
    ) {
        clock();
        let live = format!("{}{}", crate::assets::base(), paths::INBOX_LIVE);
        let url = card.map_or_else(|| live.clone(), |id| format!("{live}?card={id}"));
        let Ok(source) = EventSource::new(&url) else { return };
        let known: BTreeSet<String> = known.into_iter().collect();
        let news = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(text) = event.data().as_string() else { return };
            // two lines: the ids that wait for the viewer, and how the card stands
            let mut lines = text.lines();
            let ids: BTreeSet<String> =
                lines.next().unwrap_or("").split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
            new.set(ids.difference(&known).count());
            for gone in known.difference(&ids) {
                for row in all(&format!("[data-row=\"{gone}\"]")) {
                    drop(row.class_list().add_1("row-gone"));
                }
            }
            for count in all("[data-count=mine]") {
                count.set_text_content(Some(&ids.len().to_string()));
            }
            if let (Some(then), Some(now)) = (&state, lines.next()) {
                changed.set(!now.is_empty() && now != then);
            }
        });
        drop(source.add_event_listener_with_callback("inbox", news.as_ref().unchecked_ref()));
        // as long as the page lives
        news.forget();
    }

    /// Counts the rows' deadlines down. The page's age is asked for, not the browser's clock, which may be wrong.
    fn clock() {
        let rows: Vec<(Element, i64)> = all("[data-left]")
            .into_iter()
            .filter_map(|row| Some((row.clone(), row.get_attribute("data-left")?.parse().ok()?)))
            .collect();
        let update = move || {
            #[expect(clippy::cast_possible_truncation, reason = "a page is not open for 2^63 s")]
            let passed = (open() / 1_000.0) as i64;
            for (row, at_load) in &rows {
                let left = (at_load - passed).max(0);
                let words = match left {
                    0..60 => format!("{left} s"),
                    60..3_600 => format!("{} min", left / 60),
                    _ => format!("{} h", left / 3_600),
                };
                row.set_text_content(Some(&words));
                if left < 300 {
                    drop(row.class_list().add_1("soon"));
                }
            }
        };
        drop(set_interval_with_handle(update, Duration::from_secs(1)));
    }

    pub fn hold(seconds: u32, left: RwSignal<i64>) {
        let Some(button) = all("[data-approve]").into_iter().next() else { return };
        let until = f64::from(seconds) * 1_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a tier")]
        let rest = move || ((until - open()) / 1_000.0).ceil().max(0.0) as i64;
        let target = button.clone();
        let update = move || {
            left.set(rest());
            if rest() > 0 {
                drop(target.set_attribute("aria-disabled", "true"));
            } else {
                drop(target.remove_attribute("aria-disabled"));
            }
        };
        update();
        drop(set_interval_with_handle(update, Duration::from_millis(250)));
        guard(&button, rest);
    }

    /// Too early a press leads to what is to be looked at; Enter on the button never approves.
    fn guard(button: &Element, rest: impl Fn() -> i64 + 'static) {
        let early = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            if rest() > 0 {
                event.prevent_default();
                let found = document().query_selector("#refuted, #headline").ok().flatten();
                if let Some(place) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
                    drop(place.focus());
                }
            }
        });
        drop(button.add_event_listener_with_callback("click", early.as_ref().unchecked_ref::<js_sys::Function>()));
        early.forget();
        let enter = Closure::<dyn Fn(web_sys::KeyboardEvent)>::new(|event: web_sys::KeyboardEvent| {
            if event.key() == "Enter" {
                event.prevent_default();
            }
        });
        drop(button.add_event_listener_with_callback("keydown", enter.as_ref().unchecked_ref::<js_sys::Function>()));
        enter.forget();
    }
}
