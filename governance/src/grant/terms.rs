//! What a gate says of the grant that its approval issues, beside how long it lives: `@uses`, `@window`, `@lease`.
use super::window::{self, Window};
use crate::policy::duration;
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Redemptions one grant may allow.
const MOST_USES: u32 = 1_000;
/// Seconds that one renewal of a lease may hold; `@lease` without a length holds [`USUAL_LEASE`].
const LEASE: std::ops::RangeInclusive<u32> = 5..=600;
const USUAL_LEASE: u32 = 15;
/// No grant is without end: the longest (semantics.md, Grants and revocation) …
pub const LONGEST: TimeDelta = TimeDelta::hours(8);
/// … and the longest for an administrative act.
pub const LONGEST_ADMINISTRATIVE: TimeDelta = TimeDelta::hours(1);

/// The terms of a grant; the usual ones are one use, at any hour, without renewals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// `@uses`: how many times it can be redeemed, 1 to 1,000.
    pub uses: u32,
    /// `@window`: it holds only while all of these are open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// `@lease`: it is a lease, and one renewal holds for so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease_s: Option<u32>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { uses: 1, windows: Vec::new(), lease_s: None }
    }
}

impl Terms {
    /// Whether nothing was said.
    #[must_use]
    pub fn usual(&self) -> bool {
        *self == Self::default()
    }

    /// Reads the annotations as a rule writes them.
    ///
    /// # Errors
    /// Which annotation is wrong, and what it must be.
    pub fn read(uses: Option<&str>, window: Option<&str>, lease: Option<&str>) -> Result<Self, String> {
        let uses = match uses {
            None => 1,
            Some(text) => text
                .parse()
                .ok()
                .filter(|n: &u32| (1..=MOST_USES).contains(n) && n.to_string() == text)
                .ok_or_else(|| format!("@uses(\"{text}\") must be a whole number from 1 to {MOST_USES}"))?,
        };
        let windows = window.map(|text| text.parse().map_err(|why| format!("@window: {why}"))).transpose()?;
        let lease_s = match lease {
            None => None,
            Some("") => Some(USUAL_LEASE),
            Some(text) => Some(duration::iso_seconds(text).filter(|s| LEASE.contains(s)).ok_or_else(|| {
                format!("@lease(\"{text}\") must be an ISO 8601 duration such as PT15S, from 5 s to 10 min")
            })?),
        };
        Ok(Self { uses, windows: windows.into_iter().collect(), lease_s })
    }

    /// What several gates ask for together: the fewest uses, all windows, the shortest lease. A gate that says nothing of uses
    /// allows one.
    #[must_use]
    pub fn strictest<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut strict: Option<Self> = None;
        for terms in all {
            strict = Some(match strict {
                None => terms.clone(),
                Some(mut s) => {
                    s.uses = s.uses.min(terms.uses);
                    let new: Vec<_> = terms.windows.iter().filter(|w| !s.windows.contains(w)).cloned().collect();
                    s.windows.extend(new);
                    s.lease_s = s.lease_s.into_iter().chain(terms.lease_s).min();
                    s
                }
            });
        }
        strict.unwrap_or_default()
    }

    /// When a grant that is issued at `at` for `seconds` holds, `[starts, expires)`: from now or the next window on, to the end
    /// of that window, of its time, of the longest life, or of its task. `None`: never.
    #[must_use]
    pub fn holds(
        &self,
        at: Timestamp,
        seconds: u32,
        administrative: bool,
        task_ends: Option<Timestamp>,
    ) -> Option<(Timestamp, Timestamp)> {
        let (starts, closes) = match self.windows.is_empty() {
            true => (at, None),
            false => window::next(&self.windows, at).map(|(from, to)| (from, Some(to)))?,
        };
        let longest = if administrative { LONGEST_ADMINISTRATIVE } else { LONGEST };
        let ends = starts + TimeDelta::seconds(seconds.into()).min(longest);
        let ends = closes.into_iter().chain(task_ends).fold(ends, Ord::min);
        (starts < ends).then_some((starts, ends))
    }
}

/// How often a lease is to be renewed whose renewals hold for `lease_s` seconds: two thirds of that, so that one may be lost.
#[must_use]
pub const fn renew_every_s(lease_s: u32) -> u32 {
    lease_s * 2 / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Saturday.
    fn at(second: i64) -> Timestamp {
        Timestamp::parse("2026-11-21T09:00:00Z").unwrap() + TimeDelta::seconds(second)
    }
    fn terms(uses: u32, window: &str, lease_s: Option<u32>) -> Terms {
        let windows = Some(window).filter(|w| !w.is_empty()).map(|w| w.parse().unwrap());
        Terms { uses, windows: windows.into_iter().collect(), lease_s }
    }

    #[test]
    fn terms_read_or_say_what_is_wrong() {
        assert_eq!(Terms::read(None, None, None), Ok(Terms::default()));
        assert_eq!(
            Terms::read(Some("1000"), Some("08:00-18:00"), Some("PT10M")),
            Ok(terms(1_000, "08:00-18:00", Some(600)))
        );
        assert_eq!(Terms::read(None, None, Some("")), Ok(terms(1, "", Some(15))));
        for bad in ["0", "1001", "05", "-1", "many", ""] {
            let said = Terms::read(Some(bad), None, None).unwrap_err();
            assert_eq!(said, format!("@uses(\"{bad}\") must be a whole number from 1 to 1000"));
        }
        for bad in ["PT4S", "PT10M1S", "15", "PT0S"] {
            assert!(Terms::read(None, None, Some(bad)).unwrap_err().starts_with("@lease"), "{bad}");
        }
        assert!(Terms::read(None, Some("always"), None).unwrap_err().starts_with("@window"));
    }

    #[test]
    fn several_gates_leave_what_all_of_them_allow() {
        let both = [terms(5, "08:00-18:00", None), terms(3, "Mon 08:00-10:00", Some(30))];
        let all = Terms::strictest(both.iter());
        assert_eq!((all.uses, all.windows.len(), all.lease_s), (3, 2, Some(30)));
        assert_eq!(Terms::strictest([terms(5, "", Some(60)), terms(1, "", Some(20))].iter()), terms(1, "", Some(20)));
        assert_eq!(Terms::strictest([terms(5, "", None), Terms::default()].iter()).uses, 1);
        assert!(Terms::strictest([].iter()).usual());
    }

    #[test]
    fn a_grant_holds_to_the_first_of_its_ends() {
        let holds = |window: &str, seconds, administrative, task: Option<i64>| {
            terms(1, window, None).holds(at(0), seconds, administrative, task.map(at))
        };
        assert_eq!(holds("", 900, false, None), Some((at(0), at(900))));
        assert_eq!(holds("", u32::MAX, false, None), Some((at(0), at(8 * 3_600))));
        assert_eq!(holds("", 7_200, true, None), Some((at(0), at(3_600))));
        assert_eq!(holds("", 900, false, Some(60)), Some((at(0), at(60))));
        assert_eq!(holds("", 900, false, Some(0)), None);
        assert_eq!(holds("08:00-09:10", 900, false, None), Some((at(0), at(600))));
        // the next window, and the time of the grant from there on
        assert_eq!(holds("10:00-12:00", 900, false, None), Some((at(3_600), at(4_500))));
        assert_eq!(holds("10:00-10:05", 900, false, None), Some((at(3_600), at(3_900))));
        assert_eq!(holds("10:00-12:00", 36_000, true, None), Some((at(3_600), at(7_200))));
        assert_eq!(holds("10:00-12:00", 900, false, Some(3_660)), Some((at(3_600), at(3_660))));
        assert_eq!(holds("10:00-12:00", 900, false, Some(3_600)), None, "its task is over when it would begin");
    }
}
