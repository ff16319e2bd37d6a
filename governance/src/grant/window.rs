//! Windows of the week in which a grant holds: `Mon-Fri 08:00-18:00`, `22:00-02:00`, several with `,`. UTC, to the minute,
//! half-open: the end is outside.
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Minutes of a day, and of a week that begins on Monday at 00:00.
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Characters of a window's text.
const LONGEST: usize = 200;

/// Minutes `[from, to)` of the week.
type Span = (u32, u32);

/// One window as it is written, with what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    text: String,
    /// In order, none touching another.
    spans: Vec<Span>,
}

impl std::str::FromStr for Window {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |part: &str| {
            format!(
                "{:?} is no window such as Mon-Fri 08:00-18:00 or 22:00-02:00 (UTC; several with a comma)",
                crate::word::short(part)
            )
        };
        if text.chars().count() > LONGEST {
            return Err(wrong(text));
        }
        let mut spans = Vec::new();
        for part in text.split(',') {
            spans.extend(read(part.trim()).ok_or_else(|| wrong(part))?);
        }
        Ok(Self { text: text.trim().to_owned(), spans: merged(spans) })
    }
}
impl TryFrom<String> for Window {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.text
    }
}
impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// The time `[from, to)` in which all of these are open: the one that holds `at`, then from `at` on, else the next. `None`: they
/// are never open together, or there is no window at all.
#[must_use]
pub fn next(windows: &[Window], at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let (first, rest) = windows.split_first()?;
    let spans = rest.iter().fold(first.spans.clone(), |open, window| both(&open, &window.spans));
    let monday = monday(at);
    let minute = |n: u32| monday + TimeDelta::minutes(n.into());
    let mut ahead = spans.iter().copied().chain(spans.iter().map(|(from, to)| (from + WEEK, to + WEEK)));
    let (from, to) = ahead.find(|(_, to)| minute(*to) > at)?;
    // what is open at midnight from Sunday to Monday goes on
    let on = spans.first().filter(|(from, _)| *from == 0 && to % WEEK == 0).map_or(0, |(_, to)| *to);
    Some((minute(from).max(at), minute(to + on)))
}

/// Monday 00:00 of the week of `at`. The first day of 1970 was a Thursday.
fn monday(at: Timestamp) -> Timestamp {
    let week = TimeDelta::minutes(WEEK.into()).num_seconds();
    let into = (at.seconds() + TimeDelta::days(3).num_seconds()).rem_euclid(week);
    Timestamp::EPOCH + TimeDelta::seconds(at.seconds() - into)
}

/// `[DAY[-DAY] ]HH:MM-HH:MM`; `None`: it is something else.
fn read(part: &str) -> Option<Vec<Span>> {
    let (days, hours) = part.rsplit_once(' ').map_or((None, part), |(days, hours)| (Some(days.trim()), hours));
    let (from, to) = hours.split_once('-')?;
    let (from, to) = (time(from)?, time(to)?);
    // the same minute twice could mean all day and nothing
    if from == DAY || from == to {
        return None;
    }
    let length = if to > from { to - from } else { to + DAY - from };
    let (first, last) = match days {
        None => (0, 6),
        Some(days) => {
            let (first, last) = days.split_once('-').unwrap_or((days, days));
            (day(first)?, day(last)?)
        }
    };
    let count = (last + 7 - first) % 7 + 1;
    let mut spans = Vec::new();
    for n in 0..count {
        let start = (first + n) % 7 * DAY + from;
        let end = start + length;
        spans.push((start, end.min(WEEK)));
        spans.extend((end > WEEK).then(|| (0, end - WEEK)));
    }
    Some(spans)
}

fn day(name: &str) -> Option<u32> {
    DAYS.iter().position(|day| day.eq_ignore_ascii_case(name)).and_then(|n| u32::try_from(n).ok())
}

/// Minutes of `HH:MM`, 00:00 to 24:00.
fn time(text: &str) -> Option<u32> {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes) = text.split_once(':').filter(|(h, m)| digits(h) && digits(m))?;
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY).then_some(all)
}

fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, to) in spans {
        match all.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => all.push((from, to)),
        }
    }
    all
}

fn both(a: &[Span], b: &[Span]) -> Vec<Span> {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| (x.0.max(y.0), x.1.min(y.1))));
    merged(pairs.filter(|(from, to)| from < to).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 is a Saturday.
    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }
    #[track_caller]
    fn check(windows: &[&str], now: &str, want: Option<(&str, &str)>) {
        let windows: Vec<Window> = windows.iter().map(|w| w.parse().unwrap()).collect();
        let want = want.map(|(from, to)| (at(from), at(to)));
        assert_eq!(next(&windows, at(now)), want, "{windows:?} at {now}");
    }

    #[test]
    fn a_window_is_open_now_or_opens_next() {
        let week = &["Mon-Fri 08:00-18:00"];
        let friday = ("2026-11-20T08:00:00Z", "2026-11-20T18:00:00Z");
        check(week, "2026-11-20T07:59:59.999999Z", Some(friday));
        check(week, "2026-11-20T08:00:00Z", Some(friday));
        check(week, "2026-11-20T17:59:59.999999Z", Some(("2026-11-20T17:59:59.999999Z", friday.1)));
        let monday = ("2026-11-23T08:00:00Z", "2026-11-23T18:00:00Z");
        check(week, "2026-11-20T18:00:00Z", Some(monday));
        check(week, "2026-11-21T09:00:00Z", Some(monday));
        // the last of the week is over: the first of the next one
        check(&["Sat 08:00-09:00"], "2026-11-21T09:00:00Z", Some(("2026-11-28T08:00:00Z", "2026-11-28T09:00:00Z")));
    }

    #[test]
    fn a_window_passes_midnight_and_the_end_of_the_week() {
        let night = &["22:00-02:00"];
        check(night, "2026-11-22T23:00:00Z", Some(("2026-11-22T23:00:00Z", "2026-11-23T02:00:00Z")));
        check(night, "2026-11-23T01:00:00Z", Some(("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z")));
        check(night, "2026-11-23T02:00:00Z", Some(("2026-11-23T22:00:00Z", "2026-11-24T02:00:00Z")));
        check(&["Fri-Mon 22:00-02:00"], "2026-11-24T03:00:00Z", Some(("2026-11-27T22:00:00Z", "2026-11-28T02:00:00Z")));
        check(
            &["Sun 12:00-24:00, Mon 00:00-03:00"],
            "2026-11-22T13:00:00Z",
            Some(("2026-11-22T13:00:00Z", "2026-11-23T03:00:00Z")),
        );
        // from Sunday noon to Monday 03:00 of the next week too
        check(
            &["Sun 12:00-24:00, Mon 00:00-03:00"],
            "2026-11-23T03:00:00Z",
            Some(("2026-11-29T12:00:00Z", "2026-11-30T03:00:00Z")),
        );
        check(&["00:00-24:00"], "2026-11-21T09:00:00Z", Some(("2026-11-21T09:00:00Z", "2026-11-30T00:00:00Z")));
    }

    #[test]
    fn several_windows_hold_together() {
        let both = &["08:00-18:00", "Sat 17:00-20:00"];
        check(both, "2026-11-21T09:00:00Z", Some(("2026-11-21T17:00:00Z", "2026-11-21T18:00:00Z")));
        check(&["Mon 08:00-09:00", "Tue 08:00-09:00"], "2026-11-21T09:00:00Z", None);
        check(&[], "2026-11-21T09:00:00Z", None);
        // one ends where the other begins
        check(&["08:00-09:00", "09:00-10:00"], "2026-11-21T09:00:00Z", None);
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for bad in [
            "",
            "Mon",
            "08:00",
            "8:00-9:00",
            "08:00-08:00",
            "24:00-02:00",
            "08:00-24:01",
            "08:60-09:00",
            "Mo 08:00-09:00",
            "Mon-Fri",
            "Mon- 08:00-09:00",
            "08:00-09:00,",
            "Mon 08:00 09:00",
            "-1:00-02:00",
            "08:00–18:00",
        ] {
            assert!(bad.parse::<Window>().is_err(), "{bad}");
        }
        let window: Window = " mon-FRI 08:00-18:00 ".parse().unwrap();
        let text = serde_json::to_string(&window).unwrap();
        assert_eq!(
            (text.as_str(), serde_json::from_str::<Window>(&text).unwrap()),
            ("\"mon-FRI 08:00-18:00\"", window)
        );
    }
}
