//! The only place that asks the operating system for the time.
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// An instant in UTC, to the microsecond: the finest step both databases keep.
/// In the databases it is a 64-bit integer of microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }
    /// Reads RFC 3339 (`2026-11-21T09:00:00Z`), cut to the microsecond.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(text).ok()?;
        Self::from_micros(at.timestamp_micros())
    }
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.timestamp_millis()).unwrap_or(0)
    }
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.timestamp()
    }
    /// The day (UTC), counted from 1970.
    #[must_use]
    pub fn day(self) -> i64 {
        self.seconds().div_euclid(86_400)
    }
    /// The beginning of such a day; `None` outside what a timestamp can hold.
    #[must_use]
    pub fn of_day(day: i64) -> Option<Self> {
        Self::from_micros(day.checked_mul(86_400_000_000)?)
    }
    #[must_use]
    pub fn datetime(self) -> DateTime<Utc> {
        self.0
    }
}

/// RFC 3339 with microseconds and `Z`: the form in the log's leaves and on every wire.
impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}
impl std::ops::Add<TimeDelta> for Timestamp {
    type Output = Self;
    fn add(self, d: TimeDelta) -> Self {
        Self(self.0.checked_add_signed(d).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}
impl std::ops::Sub<TimeDelta> for Timestamp {
    type Output = Self;
    fn sub(self, d: TimeDelta) -> Self {
        Self(self.0.checked_sub_signed(d).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }
}
impl std::ops::Sub for Timestamp {
    type Output = TimeDelta;
    fn sub(self, other: Self) -> TimeDelta {
        self.0 - other.0
    }
}

pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// Time as the operating system tells it. A browser has no say in what time it is.
#[cfg(feature = "engine")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(feature = "engine")]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(Utc::now().timestamp_micros()).unwrap_or(Timestamp::EPOCH)
    }
}

/// Time that moves only when told to: tests, and the demo installation that plays seven days in a second.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }
    pub fn advance(&self, by: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = *now + by;
    }
    pub fn set(&self, to: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_as_it_is_written() {
        let at = Timestamp::parse("2026-11-21T09:00:00.123456Z").unwrap();
        assert_eq!(at.to_string(), "2026-11-21T09:00:00.123456Z");
        assert_eq!(Timestamp::from_micros(at.micros()), Some(at));
        assert_eq!(Timestamp::parse("2026-11-21 09:00"), None);
    }
}
