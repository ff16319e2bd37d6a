//! Dates as people write them into a list.
use super::mapping::Dates;
use crate::time::Timestamp;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// What a cell says of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Nothing,
    /// In words: never used, without an end.
    Never,
    At(Timestamp),
    /// Day and month could be either way round, and nobody said which.
    Ambiguous,
    Unreadable,
}

/// Reads RFC 3339, `2025-04-03`, `2025-04-03 09:30[:00]` (in UTC where no zone is said), and with `order` also `03/04/2025`.
/// A time up to 1970 is what systems write where there is none.
pub fn read(cell: &str, order: Option<Dates>) -> Said {
    let word: String = cell.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    match word.as_str() {
        "" | "-" | "--" | "–" | "—" | "?" | "n/a" | "na" | "null" | "none" | "unknown" | "tbd" => {
            return Said::Nothing;
        }
        "never" | "never used" | "never logged in" | "never expires" | "no expiry" | "does not expire" => {
            return Said::Never;
        }
        _ => {}
    }
    let found = match Timestamp::parse(cell).or_else(|| year_first(cell)) {
        Some(at) => Said::At(at),
        None => by_parts(cell, order),
    };
    match found {
        Said::At(at) if at <= Timestamp::EPOCH => Said::Nothing,
        other => other,
    }
}

fn year_first(cell: &str) -> Option<Timestamp> {
    let (date, time) = day_and_time(cell)?;
    let mut parts = date.split('-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || date.len() != 10 || date.find('-') != Some(4) {
        return None;
    }
    instant(year, month, day, time)
}

fn by_parts(cell: &str, order: Option<Dates>) -> Said {
    let Some((date, time)) = day_and_time(cell) else { return Said::Unreadable };
    let parts: Option<Vec<u32>> = date.split(['/', '.', '-']).map(digits).collect();
    let (Some([a, b, year]), true) = (parts.as_deref(), date.len() >= 8) else { return Said::Unreadable };
    let (a, b, year) = (*a, *b, *year);
    if !(1900..=9999).contains(&year) {
        return Said::Unreadable;
    }
    let (day, month) = match order {
        Some(Dates::DayFirst) => (a, b),
        Some(Dates::MonthFirst) => (b, a),
        None if a > 12 => (a, b),
        None if b > 12 => (b, a),
        None if a == b => (a, b),
        None => return Said::Ambiguous,
    };
    instant(year, month, day, time).map_or(Said::Unreadable, Said::At)
}

/// The date and the time of day beside it; midnight where none is.
fn day_and_time(cell: &str) -> Option<(&str, NaiveTime)> {
    let cell = cell.strip_suffix(" UTC").or_else(|| cell.strip_suffix('Z')).unwrap_or(cell);
    match cell.split_once([' ', 'T']) {
        None => Some((cell, NaiveTime::MIN)),
        Some((date, time)) => {
            let time = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
            Some((date, time))
        }
    }
}

fn digits(part: &str) -> Option<u32> {
    let plain = !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    if plain { part.parse().ok() } else { None }
}

fn instant(year: u32, month: u32, day: u32, time: NaiveTime) -> Option<Timestamp> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Timestamp::from_micros(NaiveDateTime::new(date, time).and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them_and_never_guessed() {
        let at = |text: &str| Said::At(Timestamp::parse(text).unwrap());
        let april = at("2025-04-03T00:00:00Z");
        let check = |cell: &str, order, want| assert_eq!(read(cell, order), want, "{cell} {order:?}");
        check("2025-04-03T09:30:00+02:00", None, at("2025-04-03T07:30:00Z"));
        check("2025-04-03", None, april);
        check("2025-04-03 09:30", None, at("2025-04-03T09:30:00Z"));
        check("2025-04-03 09:30:05 UTC", None, at("2025-04-03T09:30:05Z"));
        check("2025-04-03T09:30", None, at("2025-04-03T09:30:00Z"));
        check("03/04/2025", None, Said::Ambiguous);
        check("03.04.2025", Some(Dates::DayFirst), april);
        check("04/03/2025 00:00", Some(Dates::MonthFirst), april);
        check("25/04/2025", None, at("2025-04-25T00:00:00Z"));
        check("4/25/2025", None, at("2025-04-25T00:00:00Z"));
        check("04/04/2025", None, at("2025-04-04T00:00:00Z"));
        check("25/04/2025", Some(Dates::MonthFirst), Said::Unreadable);
        for nothing in ["", "-", "N/A", "unknown", "1970-01-01", "0001-01-01 00:00:00", "1601-01-01"] {
            check(nothing, None, Said::Nothing);
        }
        check("Never", None, Said::Never);
        for wrong in [
            "yesterday",
            "2025-13-01",
            "2025-02-30",
            "25-4-3",
            "03/04/25",
            "45123",
            "2025-04-03 25:00",
            "//2025",
            "1/2/3/2025",
        ] {
            check(wrong, None, Said::Unreadable);
        }
    }
}
