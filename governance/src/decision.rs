//! A question and its answer: `permit`, `deny` or `escalate` (semantics.md, From request to answer).
use crate::id::{DecisionId, EscalationId, GrantId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A subject or a resource as the caller names it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Action {
    pub name: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub properties: Map<String, Value>,
}

/// How the question came, which says whether it may open an escalation by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// A single evaluation: opens one if its key submits by itself.
    Evaluation,
    /// An item of `evaluations`: never opens one.
    Item,
    /// An access request was submitted for it: opens one.
    Submission,
}

/// One question, read strictly, before anything is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    pub subject: Entity,
    pub action: Action,
    pub resource: Entity,
    pub context: Map<String, Value>,
    pub way: Way,
    /// `Idempotency-Key`, scoped to the caller, kept 24 h.
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Permit,
    Deny,
    Escalate,
}

impl Outcome {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Escalate => "escalate",
        }
    }
}

/// What an answer says of the escalation it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationRef {
    pub id: EscalationId,
    pub expires_at: Timestamp,
}

/// What an answer says of a grant it issued; spend it with `POST /v1/grants/{id}/redeem` just before the side effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRef {
    pub id: GrantId,
    /// It holds in `[starts_at, expires_at)`; `None` in answers from before it was said: at once.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// How many times it can be redeemed.
    #[serde(default = "once")]
    pub uses: u32,
    /// A lease: one renewal holds for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_s: Option<u32>,
}

const fn once() -> u32 {
    1
}

/// What people would have to approve, for a question that waits or could wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// `low`, `medium`, `high` or `critical`.
    pub tier: String,
    pub routes: Vec<String>,
    /// The gates' reasons, for the agent and its person.
    pub reasons: Vec<String>,
}

/// The answer; it exists only once its event is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub id: DecisionId,
    /// Place in the log.
    pub seq: u64,
    pub at: Timestamp,
    pub outcome: Outcome,
    /// Closed words: `forbidden`, `no_rule`, `unregistered`, `policy_error`, `approval_required`, `approval_expired` …
    pub reason: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// `@id`s of the rules that decided.
    pub rules: Vec<String>,
    /// Hash of the bundle that decided.
    pub bundle: String,
    /// A permit holds until then, exclusive.
    pub valid_until: Option<Timestamp>,
    /// The grant to redeem, where this act must be redeemed.
    pub grant: Option<GrantRef>,
    /// Observe mode: what enforcing would have answered.
    pub would: Option<Outcome>,
    /// The approval that allowed it, or the escalation that was opened or joined.
    pub escalation: Option<EscalationRef>,
    pub needed: Option<Needed>,
}

/// How long an escalation that was not opened can be submitted as an access request (ARAP's `expires_at`).
pub const REQUESTABLE: TimeDelta = TimeDelta::minutes(10);

/// Whether people could lift a decision: it escalated, or the approval that was shown for it can no longer be used while
/// gates (`gated`) still stand before the question.
#[must_use]
pub fn requestable(outcome: &str, reason: Option<&str>, gated: bool) -> bool {
    let spent = matches!(reason, Some("approval_expired" | "out_of_scope"));
    outcome == Outcome::Escalate.as_str() || (outcome == Outcome::Deny.as_str() && spent && gated)
}

impl Answer {
    /// Until when, exclusive, an access request can be submitted for it; `None` unless people could lift it.
    #[must_use]
    pub fn requestable_until(&self) -> Option<Timestamp> {
        let open = self.escalation.as_ref().map(|e| e.expires_at);
        requestable(self.outcome.as_str(), self.reason.as_deref(), self.needed.is_some())
            .then(|| open.unwrap_or(self.at + REQUESTABLE))
    }
}
