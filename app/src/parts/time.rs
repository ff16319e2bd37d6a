//! Times and counts in words.
use chrono::TimeDelta;
use governance::time::Timestamp;
use leptos::prelude::*;

/// A span in its two largest units: `11 min 42 s`, `3 h 5 min`, `41 days`. Never negative.
#[must_use]
pub fn span(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let two = |a: i64, unit_a: &str, b: i64, unit_b: &str| {
        if b == 0 { format!("{a} {unit_a}") } else { format!("{a} {unit_a} {b} {unit_b}") }
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..172_800 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long ago, in its largest unit: `just now`, `3 min ago`, `5 h ago`, `41 days ago`; `in 12 min` for what comes.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = (now - at).num_seconds();
    let words = match seconds.abs() {
        0..10 => return if seconds < 0 { "in a moment".into() } else { "just now".into() },
        s @ 10..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min", s / 60),
        s @ 3_600..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    };
    if seconds < 0 { format!("in {words}") } else { format!("{words} ago") }
}

/// `Sat 21 Nov 2026, 09:00 UTC`: the form to use wherever money or a deadline is involved.
#[must_use]
pub fn minutes(at: Timestamp) -> String {
    at.datetime().format("%a %-d %b %Y, %H:%M UTC").to_string()
}

/// A day counted from 1970, on a plot's axis: `21 Nov`.
#[must_use]
pub fn day(day: i64) -> String {
    Timestamp::of_day(day).map_or_else(String::new, |at| at.datetime().format("%-d %b").to_string())
}

/// A whole number with its thousands apart: `4,182`.
#[must_use]
pub fn count(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    if n < 0 { format!("−{out}") } else { out }
}

/// An instant: relative inside two days, absolute on hover and to machines. With `both`, the absolute form stands beside it.
///
/// `<Time at=event.time now=ctx.at/>`
#[component]
pub fn Time(at: Timestamp, now: Timestamp, #[prop(optional)] both: bool) -> impl IntoView {
    let words = if both { format!("{} · {}", ago(at, now), minutes(at)) } else { ago(at, now) };
    view! { <time datetime=at.to_string() title=minutes(at)>{words}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000).unwrap()
    }

    #[test]
    fn a_span_names_its_two_largest_units() {
        for (seconds, words) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (702, "11 min 42 s"),
            (3_600, "1 h"),
            (11_100, "3 h 5 min"),
            (172_799, "47 h 59 min"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(TimeDelta::seconds(seconds)), words);
        }
    }

    #[test]
    fn past_and_future_read_differently() {
        for (then, words) in
            [(1_000, "just now"), (975, "25 s ago"), (820, "3 min ago"), (1_005, "in a moment"), (1_720, "in 12 min")]
        {
            assert_eq!(ago(at(then), at(1_000)), words);
        }
        assert_eq!(minutes(at(1_795_251_600)), "Sat 21 Nov 2026, 09:00 UTC");
    }

    #[test]
    fn thousands_stand_apart() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "−1,234,567"),
            (i64::MIN, "−9,223,372,036,854,775,808"),
        ] {
            assert_eq!(count(n), text);
        }
    }
}
