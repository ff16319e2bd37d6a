//! What the Overview shows: counts from the log's rows, each with the window it speaks of. Nothing here is estimated; what
//! nobody measured is `None`.
use serde::{Deserialize, Serialize};

/// A part and the whole it is a part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub part: i64,
    pub whole: i64,
}

impl Share {
    /// In tenths of a percent, rounded down; `None` where there is nothing to divide.
    #[must_use]
    pub fn permille(self) -> Option<i64> {
        (self.whole > 0).then(|| self.part.saturating_mul(1_000) / self.whole)
    }
    /// `98.7 %`, or `nothing yet`.
    #[must_use]
    pub fn words(self) -> String {
        self.permille().map_or_else(|| "nothing yet".into(), |p| format!("{}.{} %", p / 10, p % 10))
    }
}

/// One day's answers (UTC).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Days since 1970.
    pub day: i64,
    pub permit: i64,
    pub deny: i64,
    pub escalate: i64,
}

/// How the identities of one kind use what they were granted, where a source reports use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    pub kind: String,
    /// Used within 90 days.
    pub used: i64,
    /// The source reports use and shows none for 90 days.
    pub unused: i64,
    /// The source does not say.
    pub unsaid: i64,
}

/// How quickly what was revoked of one kind was really off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// `grant`, `identity`, `owner`, `tool`, `source` or `everything`.
    pub kind: String,
    /// Gateways or sources report its uses, and there was none afterwards.
    pub none: i64,
    /// It was used afterwards.
    pub used: i64,
    /// Nobody reports its uses.
    pub unmeasured: i64,
    /// The longest time to a last accepted use, in microseconds; zero where there was none afterwards.
    pub longest_us: i64,
}

/// The three numbers of product.md and what the plots are drawn from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Actions of 30 days tied to an identity, to a person or trigger, and to a rule, as gateways and sources saw them.
    pub attributable: Share,
    /// The same by the agents' own word, which never counts alone.
    pub attributable_self: Share,
    /// Actions of 30 days that enforcing would have permitted.
    pub within_scope: Share,
    /// Identities with a documented boundary.
    pub bounded: Share,
    pub revocations: i64,
    /// Permits with a later place in the log than the revocation of their identity, undone ones aside.
    pub permits_after: i64,
    /// Paths elsewhere that are still live.
    pub paths_live: i64,
    pub identities: i64,
    /// With an owner who is active.
    pub owned: i64,
    /// With a backup owner who is active.
    pub backed: i64,
    pub attested: i64,
    /// Entitlements without an end.
    pub standing: i64,
    pub findings: i64,
    pub waiting: i64,
    /// What acts and nobody answers for: asked without being in the register, or shown by a source without an owner.
    pub gaps: i64,
    /// Of these, open longer than they may be.
    pub gaps_overdue: i64,
    /// The last 30 days, oldest first, every day present.
    pub days: Vec<Day>,
    /// Denied questions of 30 days by weekday (Monday first) and hour (UTC).
    pub denied: Vec<Vec<i64>>,
    pub usage: Vec<Use>,
    /// Revocations of 30 days by what was revoked, the newest 100 of them.
    pub latency: Vec<Latency>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_not_a_number() {
        assert_eq!(Share { part: 0, whole: 0 }.words(), "nothing yet");
        assert_eq!(Share { part: 987, whole: 1_000 }.words(), "98.7 %");
        assert_eq!(Share { part: 1, whole: 1 }.words(), "100.0 %");
    }
}
