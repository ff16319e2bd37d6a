//! What a verification found, for people and for machines.
use super::pack::About;
use serde::Serialize;
use std::fmt::Write as _;

/// Printed with every verification: what a signature cannot show (semantics.md, Audit log).
pub const LIMITS: &str = "\
What this does not show: whoever holds both the database and the signing key, with no checkpoint kept elsewhere, can rewrite
the log; entries cut off its end show only against a later checkpoint kept elsewhere. The signature says that results and
documents have not changed since they were signed, not that they are true: each names the query it came from. Payloads that
are not in the pack were withheld or erased; their digests in the log still stand.";

/// semantics.md, Audit log: the exit codes of `countersign verify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything holds, under a key that was named and a checkpoint kept elsewhere.
    Valid,
    /// Everything in the pack holds, but nothing outside it bears witness, or nobody named the key.
    Unwitnessed,
    /// Something does not hold, or it is no pack.
    Invalid,
}

impl Verdict {
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Unwitnessed => 2,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Holds,
    Fails,
    /// It could not be shown, which is not the same as being false.
    Open,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub step: &'static str,
    pub outcome: Outcome,
    pub detail: String,
}

/// The whole of a verification. Steps stand in the order they were taken; the first that fails is the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub verdict: Verdict,
    /// What the pack says it is about, once its signature was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    pub steps: Vec<Step>,
    pub limits: &'static str,
}

impl Report {
    /// Why it is invalid; `None` if it is not.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        (self.verdict == Verdict::Invalid)
            .then(|| self.steps.iter().rfind(|s| s.outcome == Outcome::Fails).map_or("it fails", |s| s.detail.as_str()))
    }

    /// For a terminal: a line a step, the verdict, the limits.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        if let Some(about) = &self.about {
            let framework = about.framework.as_deref().map_or(String::new(), |f| format!(" for {f}"));
            let _ = writeln!(out, "Pack {}{framework}, from {} to {}\n", about.pack, about.from, about.to);
        }
        for step in &self.steps {
            let mark = match step.outcome {
                Outcome::Holds => "ok  ",
                Outcome::Fails => "FAIL",
                Outcome::Open => "open",
            };
            let _ = writeln!(out, "{mark}  {:<11} {}", step.step, step.detail);
        }
        let verdict = match self.verdict {
            Verdict::Valid => "VALID.",
            Verdict::Unwitnessed => "VALID IN ITSELF, but see what is open above.",
            Verdict::Invalid => "INVALID: do not rely on this file.",
        };
        let _ = write!(out, "\n{verdict}\n\n{}\n", self.limits);
        out
    }
}
