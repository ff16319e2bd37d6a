//! Thresholds are policy: the catalogue proposes them, the installation may set its own, a control may fix one.
use super::catalogue::{Catalogue, Test};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// Which way a threshold gets weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looser {
    /// A longer limit, interval or grace lets more pass.
    Higher,
    /// A shorter retention, window or look lets more pass.
    Lower,
}

const DIRECTIONS: [(&str, Looser); 21] = [
    ("contain_s", Looser::Higher),
    ("dormant_s", Looser::Higher),
    ("grace_s", Looser::Higher),
    ("interval_s", Looser::Higher),
    ("limit_s", Looser::Higher),
    ("lookback_s", Looser::Lower),
    ("max_admin_ttl_s", Looser::Higher),
    ("max_age_s", Looser::Higher),
    ("max_delay_s", Looser::Higher),
    ("max_fast_pct", Looser::Higher),
    ("max_late_s", Looser::Higher),
    ("max_life_s", Looser::Higher),
    ("max_skew_s", Looser::Higher),
    ("max_ttl_s", Looser::Higher),
    ("min_n", Looser::Higher),
    ("min_view_ms", Looser::Lower),
    ("report_s", Looser::Higher),
    ("required_s", Looser::Lower),
    ("slack_s", Looser::Higher),
    ("target_s", Looser::Higher),
    ("unused_s", Looser::Higher),
];

/// `None` for a parameter nobody said a direction for: the catalogue's check refuses that.
#[must_use]
pub fn looser(parameter: &str) -> Option<Looser> {
    DIRECTIONS.iter().find(|(name, _)| *name == parameter).map(|(_, direction)| *direction)
}

/// Whether `value` lets more pass than `than`.
#[must_use]
pub fn is_looser(parameter: &str, value: i64, than: i64) -> bool {
    match looser(parameter) {
        Some(Looser::Higher) => value > than,
        Some(Looser::Lower) => value < than,
        None => value != than,
    }
}

/// The installation's own thresholds: (test, parameter) to value, in seconds, milliseconds, per cent or a count as the
/// parameter's name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Local(BTreeMap<(String, String), i64>);

impl Local {
    /// # Errors
    /// `Invalid` if the catalogue has no such test or parameter, or the value is not positive.
    pub fn set(&mut self, catalogue: &Catalogue, test: &str, parameter: &str, value: i64) -> Result<()> {
        let known = catalogue.test(test).ok_or_else(|| Error::invalid(format!("{test} is not a control test")))?;
        if !known.params.contains_key(parameter) {
            let names: Vec<_> = known.params.keys().map(String::as_str).collect();
            return Err(Error::invalid(format!("{test} has no threshold {parameter}; it has: {}", names.join(", "))));
        }
        if value <= 0 {
            return Err(Error::invalid(format!("{test} {parameter}: {value} is not a positive number")));
        }
        self.0.insert((test.into(), parameter.into()), value);
        Ok(())
    }
    /// The test's thresholds as this installation runs it.
    #[must_use]
    pub fn of(&self, test: &Test) -> BTreeMap<String, i64> {
        let own = |name: &String| self.get(&test.id, name);
        test.params.iter().map(|(name, value)| (name.clone(), own(name).unwrap_or(*value))).collect()
    }
    /// What this installation set, if it did.
    #[must_use]
    pub fn get(&self, test: &str, parameter: &str) -> Option<i64> {
        self.0.get(&(test.into(), parameter.into())).copied()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looser_means_that_more_passes() {
        for (parameter, value, than, want) in [
            ("max_age_s", 100, 90, true),
            ("max_age_s", 80, 90, false),
            ("required_s", 80, 90, true),
            ("required_s", 90, 90, false),
            ("min_view_ms", 4000, 5000, true),
            ("min_n", 30, 20, true),
        ] {
            assert_eq!(is_looser(parameter, value, than), want, "{parameter} {value} {than}");
        }
    }

    #[test]
    fn a_threshold_nobody_has_is_refused() {
        let catalogue = Catalogue::shipped().unwrap();
        let mut local = Local::default();
        local.set(&catalogue, "AUD-05", "required_s", 7_776_000).unwrap();
        assert_eq!(local.of(catalogue.test("AUD-05").unwrap())["required_s"], 7_776_000);
        assert_eq!(local.of(catalogue.test("AUD-05").unwrap())["slack_s"], 604_800);
        for (test, parameter, value, what) in [
            ("AUD-55", "required_s", 1, "not a control test"),
            ("AUD-05", "limit_s", 1, "it has: required_s, slack_s"),
            ("AUD-05", "slack_s", 0, "not a positive number"),
        ] {
            let error = local.set(&catalogue, test, parameter, value).unwrap_err().detail;
            assert!(error.contains(what), "{error}");
        }
    }
}
