//! An order for a pack, and the pack as lists show it. A pack is made once and never changed; a correction is another pack.
use crate::assess::report::Period;
use crate::error::{Error, Result};
use crate::id::{AssessmentId, PackId};
use crate::time::Timestamp;
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

crate::words! {
    pub enum State("state of a pack") {
        /// It waits for its turn.
        Ordered = "ordered",
        Making = "making",
        Made = "made",
        Failed = "failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: PackId,
    pub at: Timestamp,
    /// As the log names who ordered it.
    pub by: String,
    /// The framework's id.
    pub framework: String,
    pub period: Period,
    pub state: State,
    pub changed_at: Timestamp,
    pub failure: Option<String>,
    /// Once it is made.
    pub pack: Option<Made>,
    /// The index of its event in the log.
    pub seq: i64,
    pub version: i64,
}

/// A pack without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The run of the control tests whose results are in it.
    pub assessment: AssessmentId,
    pub at: Timestamp,
    /// Size of the log all its proofs lead to.
    pub checkpoint: i64,
    pub events: i64,
    pub decisions: i64,
    pub approvals: i64,
    /// Of the file, hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
}

impl Order {
    /// What a browser saves it as; named by us alone.
    #[must_use]
    pub fn file_name(&self) -> String {
        let day = |at: Timestamp| at.datetime().format("%Y%m%d").to_string();
        let last = day(self.period.end - TimeDelta::microseconds(1));
        format!("countersign-{}-{}-{last}.zip", self.framework, day(self.period.start))
    }
}

/// The period from the first day to the last, both whole and in UTC: half-open at the midnight after the last.
///
/// # Errors
/// `Invalid`, saying which day and how to write it.
pub fn days(from: &str, to: &str) -> Result<Period> {
    let midnight = |name: &str, text: &str| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let at = day
            .and_then(|d| d.and_hms_opt(0, 0, 0))
            .and_then(|t| Timestamp::from_micros(t.and_utc().timestamp_micros()));
        at.filter(|at| *at >= Timestamp::EPOCH).ok_or_else(|| {
            Error::invalid(format!(
                "{name}: {:?} is no day since 1970: write it like 2026-03-31",
                crate::word::short(text)
            ))
        })
    };
    let (start, last) = (midnight("from", from)?, midnight("to", to)?);
    if last < start {
        return Err(Error::invalid(format!("the period ends ({to}) before it starts ({from})")));
    }
    Ok(Period { start, end: last + TimeDelta::days(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_half_open() {
        let period = days("2026-01-01", "2026-03-31").unwrap();
        assert_eq!(period.start.to_string(), "2026-01-01T00:00:00.000000Z");
        assert_eq!(period.end.to_string(), "2026-04-01T00:00:00.000000Z");
        assert!(days("2026-01-01", "2026-01-01").is_ok());
        for (from, to, what) in [
            ("2026-02-30", "2026-03-31", "from: \"2026-02-30\" is no day"),
            ("2026-01-01", "31.3.2026", "to: \"31.3.2026\" is no day since 1970: write it like 2026-03-31"),
            ("2026-04-01", "2026-03-31", "the period ends (2026-03-31) before it starts (2026-04-01)"),
            ("1969-01-01", "2026-03-31", "from: "),
        ] {
            let error = days(from, to).unwrap_err().detail;
            assert!(error.contains(what), "{error}");
        }
    }
}
