//! What an identity did before: the base that an act is compared with.
use crate::time::Timestamp;
use chrono::TimeDelta;

/// Acts that are looked back at, at most …
pub const ACTS: usize = 1_000;
/// … and days.
pub const DAYS: i64 = 30;
/// Under so many observations nothing is called unusual: too little history.
pub const LEAST: usize = 20;

/// One act, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub at: Timestamp,
    pub action: String,
    pub destination: Option<String>,
    /// Minor units.
    pub amount: Option<i64>,
}

/// The latest acts of one identity that were done and that somebody else than itself saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    acts: Vec<Past>,
}

/// A number far from what is usual, with the base it was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual {
    pub now: i64,
    /// What was usual, rounded up.
    pub usual: i64,
    /// Observations it was made of.
    pub base: usize,
}

impl History {
    #[must_use]
    pub fn new(acts: Vec<Past>) -> Self {
        Self { acts }
    }
    pub fn push(&mut self, act: Past) {
        self.acts.push(act);
    }
    /// How much is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.acts.len()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.acts.is_empty()
    }

    /// There is enough to compare with, and this is not in it.
    #[must_use]
    pub fn is_first(&self, same: impl Fn(&Past) -> bool) -> bool {
        self.acts.len() >= LEAST && !self.acts.iter().any(same)
    }

    /// Acts in the hour that ends with `at`, this one among them, against its usual hour: the mean of the hours from its first
    /// known act on. Three times that, and three deviations of a count of that size more, is unusual.
    #[must_use]
    pub fn rate(&self, at: Timestamp) -> Option<Unusual> {
        let since = at - TimeDelta::hours(1);
        let now = 1 + self.acts.iter().filter(|a| a.at > since && a.at <= at).count();
        let before: Vec<_> = self.acts.iter().filter(|a| a.at <= since).collect();
        let first = before.iter().map(|a| a.at).min()?;
        if before.len() < LEAST {
            return None;
        }
        let hours = (since - first).num_seconds().max(3_600).unsigned_abs().div_ceil(3_600);
        let usual = (before.len() as u64).div_ceil(hours);
        let limit = 3 * usual + 3 * usual.isqrt() + 5;
        (now as u64 > limit).then(|| Unusual {
            now: i64::try_from(now).unwrap_or(i64::MAX),
            usual: i64::try_from(usual).unwrap_or(i64::MAX),
            base: before.len(),
        })
    }

    /// An amount more than three times the highest of the same action before.
    #[must_use]
    pub fn amount(&self, action: &str, amount: i64) -> Option<Unusual> {
        let before: Vec<i64> = self.acts.iter().filter(|a| a.action == action).filter_map(|a| a.amount).collect();
        let highest = *before.iter().max()?;
        (before.len() >= LEAST && amount > highest.saturating_mul(3).max(0)).then_some(Unusual {
            now: amount,
            usual: highest,
            base: before.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::minutes(minute)
    }
    fn past(minute: i64, amount: Option<i64>) -> Past {
        Past { at: at(minute), action: "refund.create".into(), destination: Some("a.example".into()), amount }
    }
    /// One act every half hour.
    fn steady(n: i64) -> History {
        History::new((0..n).map(|i| past(i * 30, Some(1_000 + i))).collect())
    }

    #[test]
    fn under_twenty_observations_nothing_is_unusual() {
        for n in [0, 1, 19] {
            let few = steady(n);
            assert!(!few.is_first(|a| a.action == "crm.read"), "{n}");
            assert_eq!(few.amount("refund.create", i64::MAX), None, "{n}");
        }
        let enough = steady(20);
        assert!(enough.is_first(|a| a.action == "crm.read"));
        assert!(!enough.is_first(|a| a.action == "refund.create"));
    }

    #[test]
    fn a_burst_is_far_from_a_steady_pace() {
        let mut h = steady(100);
        let now = 100 * 30 + 120;
        let mut seen = vec![];
        for i in 0..30 {
            seen.push(h.rate(at(now) + TimeDelta::seconds(i)).map(|u| u.now));
            h.push(Past { at: at(now) + TimeDelta::seconds(i), ..past(0, None) });
        }
        let first = seen.iter().flatten().next().copied();
        assert_eq!(first, Some(15), "2 an hour are usual: 3 x 2 + 3 x 1 + 5 = 14 pass");
        assert_eq!(steady(10).rate(at(400)), None, "too little history");
        assert_eq!(History::default().rate(at(0)), None);
    }

    #[test]
    fn an_amount_is_compared_with_the_highest_of_its_action() {
        let h = steady(40);
        assert_eq!(h.amount("refund.create", 3 * 1_039), None);
        let found = h.amount("refund.create", 3 * 1_039 + 1).unwrap();
        assert_eq!((found.now, found.usual, found.base), (3_118, 1_039, 40));
        assert_eq!(h.amount("purchase.create", 1_000_000), None, "never did that: another rule says so");
    }
}
