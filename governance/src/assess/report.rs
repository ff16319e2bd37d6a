//! A run of the control tests as pages, the command line and evidence packs show it.
use super::{
    catalogue::{Catalogue, Control, ControlKind, Coverage, Framework},
    plan::uses,
    thresholds::Local,
    verdict::{Outcome, TestResult, Verdict, control_verdict},
};
use crate::id::AssessmentId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Half-open: `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// A run without its results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: AssessmentId,
    pub at: Timestamp,
    /// As the log names who ran it.
    pub by: String,
    pub period: Period,
    /// `None`: all of them.
    pub framework: Option<String>,
    /// The catalogue's day and the SHA-256 of its file.
    pub catalogue: String,
    pub catalogue_sha256: String,
    /// Tests of the catalogue, and those whose every column something feeds.
    pub tests: i64,
    pub fed: i64,
    /// Its event in the log.
    pub seq: i64,
}

/// One test's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestLine {
    pub id: String,
    /// Thresholds a control fixes; empty for the installation's own.
    pub variant: String,
    pub outcome: Outcome,
    /// Why it is indeterminate or not applicable; else empty.
    pub why: String,
    pub population: i64,
    pub violations: i64,
    /// Rows of violations that were kept, the first by subject.
    pub kept: i64,
    /// Seconds, milliseconds, per cent or a count, as the name's ending says.
    pub params: BTreeMap<String, i64>,
}

/// One row that violates a test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Violation {
    pub subject: String,
    /// What the subject is in the register's words, when it was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    pub detail: String,
}

/// One control's verdict and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlLine {
    pub id: String,
    pub title: String,
    pub summary: String,
    pub kind: ControlKind,
    /// `None`: no test speaks about it.
    pub coverage: Option<Coverage>,
    pub verdict: Verdict,
    /// What may be said of it (`verdict_rules`).
    pub words: String,
    /// (test, variant) in the catalogue's order.
    pub tests: Vec<(String, String)>,
    /// Why the tests bear on it, or why none does.
    pub rationale: String,
    pub looser: Vec<String>,
}

/// One framework: its counts and its controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkLine {
    pub id: String,
    pub name: String,
    pub version: String,
    pub licence: String,
    /// How its ids and titles were checked.
    pub verified: String,
    pub counts: Counts,
    pub controls: Vec<ControlLine>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub satisfied: i64,
    pub supporting: i64,
    pub not_satisfied: i64,
    pub not_applicable: i64,
    pub indeterminate: i64,
    pub not_evidenced: i64,
}

impl Counts {
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Satisfied => &mut self.satisfied,
            Verdict::Supporting => &mut self.supporting,
            Verdict::NotSatisfied => &mut self.not_satisfied,
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::Indeterminate => &mut self.indeterminate,
            Verdict::NotEvidenced => &mut self.not_evidenced,
        } += 1;
    }
    #[must_use]
    pub const fn of(&self, verdict: Verdict) -> i64 {
        match verdict {
            Verdict::Satisfied => self.satisfied,
            Verdict::Supporting => self.supporting,
            Verdict::NotSatisfied => self.not_satisfied,
            Verdict::NotApplicable => self.not_applicable,
            Verdict::Indeterminate => self.indeterminate,
            Verdict::NotEvidenced => self.not_evidenced,
        }
    }
}

/// A run with its results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    #[serde(flatten)]
    pub run: Run,
    pub results: Vec<TestLine>,
    pub frameworks: Vec<FrameworkLine>,
}

impl Assessment {
    #[must_use]
    pub fn result(&self, test: &str, variant: &str) -> Option<&TestLine> {
        self.results.iter().find(|r| r.id == test && r.variant == variant)
    }
}

/// The verdicts on a framework's controls from the results of a run. A test that was not run counts as indeterminate.
#[must_use]
pub fn framework_line(
    catalogue: &Catalogue,
    framework: &Framework,
    local: &Local,
    results: &[TestLine],
) -> FrameworkLine {
    let controls: Vec<_> =
        framework.controls.iter().map(|c| control_line(catalogue, framework, c, local, results)).collect();
    let mut counts = Counts::default();
    controls.iter().for_each(|c| counts.add(c.verdict));
    FrameworkLine {
        id: framework.id.clone(),
        name: framework.name.clone(),
        version: framework.version.clone(),
        licence: framework.licence.clone(),
        verified: framework.verified.clone(),
        counts,
        controls,
    }
}

fn control_line(
    catalogue: &Catalogue,
    framework: &Framework,
    control: &Control,
    local: &Local,
    results: &[TestLine],
) -> ControlLine {
    let mut line = ControlLine {
        id: control.id.clone(),
        title: control.title.clone(),
        summary: control.summary.clone(),
        kind: control.kind,
        coverage: None,
        verdict: Verdict::NotEvidenced,
        words: String::new(),
        tests: Vec::new(),
        rationale: catalogue.not_evidenced(&framework.id, &control.id).unwrap_or_default().into(),
        looser: Vec::new(),
    };
    if let Some(mapping) = catalogue.mapping(&framework.id, &control.id) {
        let uses = uses(local, mapping);
        let outcome = |test: &str, variant: &str| {
            results.iter().find(|r| r.id == test && r.variant == variant).map_or(Outcome::Indeterminate, |r| r.outcome)
        };
        let tests: Vec<_> = uses
            .iter()
            .map(|u| TestResult { outcome: outcome(&u.test, &u.variant), looser: !u.looser.is_empty() })
            .collect();
        line.verdict = control_verdict(mapping.coverage, &tests);
        line.coverage = Some(mapping.coverage);
        line.rationale.clone_from(&mapping.rationale);
        line.looser = uses.iter().flat_map(|u| u.looser.clone()).collect();
        line.tests = uses.into_iter().map(|u| (u.test, u.variant)).collect();
    }
    line.words = line.verdict.words(control.kind).into();
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::plan::plan;

    fn results(outcome: impl Fn(&str, &str) -> Outcome) -> Vec<TestLine> {
        let catalogue = Catalogue::shipped().unwrap();
        plan(&catalogue, &Local::default(), None)
            .into_iter()
            .map(|p| TestLine {
                id: p.test.id.clone(),
                outcome: outcome(&p.test.id, &p.variant),
                variant: p.variant,
                why: String::new(),
                population: 1,
                violations: 0,
                kept: 0,
                params: p.params,
            })
            .collect()
    }
    fn line(framework: &str, results: &[TestLine]) -> FrameworkLine {
        let catalogue = Catalogue::shipped().unwrap();
        framework_line(&catalogue, catalogue.framework(framework).unwrap(), &Local::default(), results)
    }

    #[test]
    fn all_tests_passing_satisfies_no_risk_and_no_supported_control() {
        let results = results(|_, _| Outcome::Satisfied);
        let nhi = line("owasp-nhi-2025", &results);
        assert!(nhi.controls.iter().all(|c| c.words != "satisfied"), "{nhi:?}");
        for framework in &Catalogue::shipped().unwrap().frameworks {
            let line = line(&framework.id, &results);
            for control in &line.controls {
                let want = match control.coverage {
                    Some(Coverage::Contributory) => Verdict::Supporting,
                    Some(_) => Verdict::Satisfied,
                    None => Verdict::NotEvidenced,
                };
                assert_eq!(control.verdict, want, "{} {}", framework.id, control.id);
                assert!(!control.rationale.is_empty(), "{} {}", framework.id, control.id);
            }
            let sum: i64 = Verdict::ALL.iter().map(|v| line.counts.of(*v)).sum();
            assert_eq!(sum, i64::try_from(line.controls.len()).unwrap(), "{}", framework.id);
        }
    }

    #[test]
    fn a_control_looks_at_the_threshold_it_fixes() {
        let only_ours_fails = results(|test, variant| match (test, variant) {
            ("AUD-05", "") => Outcome::NotSatisfied,
            _ => Outcome::Satisfied,
        });
        let act = line("eu-ai-act", &only_ours_fails);
        assert_eq!(act.controls.iter().find(|c| c.id == "Art. 19").unwrap().verdict, Verdict::Satisfied);
    }

    #[test]
    fn what_was_not_run_is_not_satisfied_by_silence() {
        let act = line("eu-ai-act", &[]);
        assert!(act.controls.iter().all(|c| matches!(c.verdict, Verdict::Indeterminate | Verdict::NotEvidenced)));
    }
}
