//! The periods the forms offer, made of the day it is and the day the log began.
use chrono::{Datelike as _, Months, NaiveDate, TimeDelta};
use governance::{
    assess::report::Period,
    error::{Error, Result},
    evidence::order,
    time::Timestamp,
};

/// Value and words of each, the sensible one first. Days are whole and in UTC.
pub fn periods(now: Timestamp, began: Timestamp) -> Vec<(String, String)> {
    let (today, first) = (now.datetime().date_naive(), began.datetime().date_naive());
    let back = |days| today - TimeDelta::days(days);
    let quarter = quarter_of(today);
    let mut all = vec![
        choice("Last 30 days", back(29), today),
        choice("Last 90 days", back(89), today),
        choice("This quarter", quarter, today),
    ];
    if let (Some(last), Some(end)) = (quarter.checked_sub_months(Months::new(3)), quarter.pred_opt()) {
        all.push(choice("Last quarter", last, end));
    }
    all.push(choice("Since the log began", first.min(today), today));
    all
}

fn choice(name: &str, from: NaiveDate, to: NaiveDate) -> (String, String) {
    let words = format!("{name}: {} to {}", from.format("%-d %b %Y"), to.format("%-d %b %Y"));
    (format!("{from}..{to}"), words)
}

fn quarter_of(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year(), (day.month0() / 3) * 3 + 1, 1).unwrap_or(day)
}

/// Reads a value back.
///
/// # Errors
/// `Invalid`, saying how to write it.
pub fn read(text: &str) -> Result<Period> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| Error::invalid("choose a period, or give its first and its last day like 2026-03-31"))?;
    order::days(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn every_period_offered_reads_back() {
        let all = periods(at("2026-11-22T02:00:00Z"), at("2026-11-03T12:00:00Z"));
        let values: Vec<_> = all.iter().map(|(value, _)| value.as_str()).collect();
        assert_eq!(
            values,
            [
                "2026-10-24..2026-11-22",
                "2026-08-25..2026-11-22",
                "2026-10-01..2026-11-22",
                "2026-07-01..2026-09-30",
                "2026-11-03..2026-11-22"
            ]
        );
        assert_eq!(all[0].1, "Last 30 days: 24 Oct 2026 to 22 Nov 2026");
        for value in values {
            read(value).unwrap();
        }
        assert_eq!(periods(at("2026-02-01T00:00:00Z"), at("2026-01-01T00:00:00Z"))[3].0, "2025-10-01..2025-12-31");
        assert!(read("").unwrap_err().detail.contains("choose a period"));
        assert!(read("2026-02-01..2026-01-01").unwrap_err().detail.contains("before it starts"));
    }
}
