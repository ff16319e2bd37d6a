use super::time::span;
use chrono::TimeDelta;
use governance::time::Timestamp;
use leptos::prelude::*;

/// What is left until a deadline, ticking where there is script. The browser's clock is not asked what time it is, only how
/// long the page has been open, so a wrong clock shows the right rest. It is not announced while it ticks; write the absolute
/// deadline beside it.
///
/// `<Countdown until=card.expires_at now=ctx.at/>`
#[island]
pub fn Countdown(until: Timestamp, now: Timestamp) -> impl IntoView {
    let left = RwSignal::new(until - now);
    Effect::new(move |_| tick(left, until - now));
    let soon = move || left.get() < TimeDelta::minutes(5);
    let words = move || {
        if left.get() <= TimeDelta::zero() { "time is up".to_owned() } else { format!("{} left", span(left.get())) }
    };
    view! { <span class="countdown" class:soon=soon role="timer" aria-live="off">{words}</span> }
}

#[cfg(feature = "hydrate")]
fn tick(left: RwSignal<TimeDelta>, at_load: TimeDelta) {
    use std::time::Duration;
    let open = || window().performance().map_or(0.0, |p| p.now());
    let update = move || {
        #[expect(clippy::cast_possible_truncation, reason = "a page is not open for 2^63 ms")]
        left.set(at_load - TimeDelta::milliseconds(open() as i64));
    };
    update();
    if let Ok(handle) = set_interval_with_handle(update, Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
}

#[cfg(not(feature = "hydrate"))]
fn tick(_: RwSignal<TimeDelta>, _: TimeDelta) {}
