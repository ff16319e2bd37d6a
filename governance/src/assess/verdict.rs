//! From rows to words: the catalogue's `verdict_rules`, and nothing that sounds better than they allow.
use super::catalogue::{ControlKind, Coverage};
use serde::{Deserialize, Serialize};

/// What one control test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Satisfied,
    NotSatisfied,
    NotApplicable,
    Indeterminate,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::Satisfied, Self::NotSatisfied, Self::NotApplicable, Self::Indeterminate];
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::NotSatisfied => "not satisfied",
            Self::NotApplicable => "not applicable",
            Self::Indeterminate => "indeterminate",
        }
    }
    /// The form in rows and on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::NotSatisfied => "not-satisfied",
            Self::NotApplicable => "not-applicable",
            Self::Indeterminate => "indeterminate",
        }
    }
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.code() == code)
    }
}

/// What is known before and after a test's queries ran.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// `table.column` that nothing feeds.
    pub unfed: Vec<String>,
    /// Names of sources that are expected, feed a table it reads, and are stale or never synced.
    pub stale: Vec<String>,
    /// Rows of `population_sql`.
    pub population: i64,
    /// Rows of `violations_sql`.
    pub violations: i64,
}

/// The outcome of a test, and in a few words why it is indeterminate or not applicable.
#[must_use]
pub fn test_outcome(observed: &Observed, tolerance_ratio: f64) -> (Outcome, String) {
    if !observed.unfed.is_empty() {
        return (Outcome::Indeterminate, format!("no source: nothing feeds {}", observed.unfed.join(", ")));
    }
    if !observed.stale.is_empty() {
        return (Outcome::Indeterminate, format!("stale or never synced: {}", observed.stale.join(", ")));
    }
    if observed.population == 0 {
        return (Outcome::NotApplicable, "nothing to test: the population is empty".into());
    }
    if within(observed.violations, observed.population, tolerance_ratio) {
        (Outcome::Satisfied, String::new())
    } else {
        (Outcome::NotSatisfied, String::new())
    }
}

/// v / n ≤ r in millionths, so that a ratio like 0.05 is exact: 1 of 20 passes.
fn within(violations: i64, population: i64, ratio: f64) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "a ratio in [0, 1) times a million")]
    let millionths = (ratio * 1_000_000.0).round() as i128;
    i128::from(violations) * 1_000_000 <= millionths * i128::from(population)
}

/// One test as a control uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    pub outcome: Outcome,
    /// The installation's own threshold is weaker than the one this control fixes.
    pub looser: bool,
}

/// What a control's page may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Satisfied,
    /// All tests pass, and they only support the control: never shown as satisfied.
    Supporting,
    NotSatisfied,
    NotApplicable,
    Indeterminate,
    /// No test of ours speaks about it; the catalogue says why.
    NotEvidenced,
}

impl Verdict {
    pub const ALL: [Self; 6] = [
        Self::Satisfied,
        Self::Supporting,
        Self::NotSatisfied,
        Self::NotApplicable,
        Self::Indeterminate,
        Self::NotEvidenced,
    ];
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Supporting => "supporting",
            Self::NotSatisfied => "not-satisfied",
            Self::NotApplicable => "not-applicable",
            Self::Indeterminate => "indeterminate",
            Self::NotEvidenced => "not-evidenced",
        }
    }
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.code() == code)
    }
    /// For a risk, threat, technique or layer the words are about exposure: passing tests do not prove it absent.
    #[must_use]
    pub const fn words(self, kind: ControlKind) -> &'static str {
        match (self, kind.is_exposure()) {
            (Self::Satisfied, false) => "satisfied",
            (Self::Satisfied, true) => "no exposure found",
            (Self::Supporting, _) => "supporting evidence present",
            (Self::NotSatisfied, false) => "not satisfied",
            (Self::NotSatisfied, true) => "exposure found",
            (Self::NotApplicable, _) => "not applicable",
            (Self::Indeterminate, _) => "indeterminate",
            (Self::NotEvidenced, _) => "not evidenced here",
        }
    }
}

/// The verdict on a control from the results of all the tests it names.
#[must_use]
pub fn control_verdict(coverage: Coverage, tests: &[TestResult]) -> Verdict {
    let any = |outcome| tests.iter().any(|t| t.outcome == outcome);
    if tests.is_empty() {
        return Verdict::NotEvidenced;
    }
    if tests.iter().any(|t| t.looser) || any(Outcome::NotSatisfied) {
        return Verdict::NotSatisfied;
    }
    if any(Outcome::Indeterminate) {
        return Verdict::Indeterminate;
    }
    if tests.iter().all(|t| t.outcome == Outcome::NotApplicable) {
        return Verdict::NotApplicable;
    }
    if coverage == Coverage::Contributory { Verdict::Supporting } else { Verdict::Satisfied }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Indeterminate, NotApplicable, NotSatisfied, Satisfied};

    fn check(unfed: &[&str], stale: &[&str], (v, n): (i64, i64), tolerance: f64, want: Outcome, why: &str) {
        let list = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect();
        let observed = Observed { unfed: list(unfed), stale: list(stale), population: n, violations: v };
        assert_eq!(test_outcome(&observed, tolerance), (want, why.to_owned()), "{observed:?}");
    }

    #[test]
    fn a_test_says_no_more_than_its_sources_allow() {
        check(&["alerts.kind"], &[], (0, 0), 0.0, Indeterminate, "no source: nothing feeds alerts.kind");
        check(&["alerts.kind"], &["aws"], (5, 5), 0.0, Indeterminate, "no source: nothing feeds alerts.kind");
        check(&[], &["aws prod"], (5, 5), 0.0, Indeterminate, "stale or never synced: aws prod");
        check(&[], &["aws prod"], (0, 0), 0.0, Indeterminate, "stale or never synced: aws prod");
        check(&[], &[], (0, 0), 0.0, NotApplicable, "nothing to test: the population is empty");
        check(&[], &[], (1, 0), 0.0, NotApplicable, "nothing to test: the population is empty");
        check(&[], &[], (0, 3), 0.0, Satisfied, "");
        check(&[], &[], (1, 1_000_000), 0.0, NotSatisfied, "");
    }

    #[test]
    fn tolerance_is_a_share_and_its_edge_passes() {
        check(&[], &[], (1, 20), 0.05, Satisfied, "");
        check(&[], &[], (2, 39), 0.05, NotSatisfied, "");
        check(&[], &[], (1, 1000), 0.001, Satisfied, "");
        check(&[], &[], (1, 999), 0.001, NotSatisfied, "");
        check(&[], &[], (i64::MAX, i64::MAX), 0.05, NotSatisfied, "");
    }

    fn control(coverage: Coverage, outcomes: &[Outcome], want: Verdict) {
        let tests: Vec<_> = outcomes.iter().map(|&outcome| TestResult { outcome, looser: false }).collect();
        assert_eq!(control_verdict(coverage, &tests), want, "{coverage:?} {outcomes:?}");
    }

    #[test]
    fn a_control_is_as_good_as_its_worst_test() {
        for coverage in [Coverage::Direct, Coverage::Partial, Coverage::Contributory] {
            control(coverage, &[Satisfied, Indeterminate, NotSatisfied], Verdict::NotSatisfied);
            control(coverage, &[Satisfied, Indeterminate, NotApplicable], Verdict::Indeterminate);
            control(coverage, &[NotApplicable, NotApplicable], Verdict::NotApplicable);
            control(coverage, &[], Verdict::NotEvidenced);
        }
        control(Coverage::Direct, &[Satisfied, NotApplicable], Verdict::Satisfied);
        control(Coverage::Partial, &[Satisfied], Verdict::Satisfied);
    }

    #[test]
    fn contributory_tests_never_satisfy_a_control() {
        for a in Outcome::ALL {
            for b in Outcome::ALL {
                let tests = [a, b].map(|outcome| TestResult { outcome, looser: false });
                assert_ne!(control_verdict(Coverage::Contributory, &tests), Verdict::Satisfied, "{a:?} {b:?}");
            }
        }
        control(Coverage::Contributory, &[Satisfied, NotApplicable], Verdict::Supporting);
    }

    #[test]
    fn a_looser_threshold_of_our_own_fails_the_control_whatever_the_rows_say() {
        for outcome in Outcome::ALL {
            let tests = [TestResult { outcome, looser: true }, TestResult { outcome: Satisfied, looser: false }];
            assert_eq!(control_verdict(Coverage::Direct, &tests), Verdict::NotSatisfied, "{outcome:?}");
        }
    }

    #[test]
    fn a_risk_is_never_called_satisfied() {
        for kind in [
            ControlKind::Risk,
            ControlKind::Threat,
            ControlKind::Technique,
            ControlKind::Layer,
            ControlKind::CrossLayer,
        ] {
            for verdict in Verdict::ALL {
                assert!(!verdict.words(kind).contains("satisfied"), "{kind:?} {verdict:?}");
            }
            assert_eq!(Verdict::Satisfied.words(kind), "no exposure found");
            assert_eq!(Verdict::NotSatisfied.words(kind), "exposure found");
        }
        assert_eq!(Verdict::Satisfied.words(ControlKind::Article), "satisfied");
    }
}
