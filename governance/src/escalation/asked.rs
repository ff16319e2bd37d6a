//! What was asked, beside the state of its escalation.
use super::state::Escalation;
use crate::id::{KeyId, TaskId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// The version of a rule a vote is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateRef {
    /// Its `@id`.
    pub rule: String,
    /// Hex SHA-256 of its text.
    pub text_hash: String,
}

/// The question an escalation is about. The parameters themselves stand in its card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The key that asked: it, or another of the same identity, may poll and cancel.
    pub key: KeyId,
    /// The agent's name when it opened.
    pub agent: String,
    /// The person acted for, as given: this text is bound. Who of ours that is stands in the bars.
    pub acting: Option<String>,
    /// Names the work was handed through, from first to last.
    pub chain: Vec<String>,
    pub action: String,
    pub resource_type: String,
    pub resource_id: String,
    /// [`super::Binding::question`].
    pub question: String,
    /// SHA-256 of the parameter bytes, hex.
    pub params_hash: String,
    pub gates: Vec<GateRef>,
    /// Hash of the bundle that stopped it.
    pub bundle: String,
    /// The task it is for; it ends with it.
    pub task: Option<TaskId>,
    /// Where the requester wants to be told: a [`Callback`].
    pub callback: Option<Value>,
}

/// Where and of what the requester wants to be told (AuthZEN Callback Notifications Profile, draft 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    pub endpoint: String,
    /// Given back as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Of which ends; empty: of any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub events: BTreeSet<String>,
}

impl Asked {
    /// The callback that wants to hear of this end, if there is one.
    #[must_use]
    pub fn callback_for(&self, outcome: &str) -> Option<Callback> {
        let callback: Callback = serde_json::from_value(self.callback.clone()?).ok()?;
        (callback.events.is_empty() || callback.events.contains(outcome)).then_some(callback)
    }
}

/// An escalation as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub escalation: Escalation,
    pub asked: Asked,
    /// When it was last asked again.
    pub asked_at: Timestamp,
    /// When the backup was told that half of the time is over.
    pub reminded_at: Option<Timestamp>,
}

impl Record {
    /// Half of the time is over, and nobody has been told yet.
    #[must_use]
    pub fn reminder_due(&self, at: Timestamp) -> bool {
        self.escalation.phase().open() && self.reminded_at.is_none() && at >= self.half()
    }
    fn half(&self) -> Timestamp {
        let e = &self.escalation;
        e.opened_at + (e.expires_at - e.opened_at) / 2
    }
    /// When something is next to be done with it; `None` once it has ended.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let change = self.escalation.changes_at()?;
        let remind = self.escalation.phase().open() && self.reminded_at.is_none();
        Some(if remind { change.min(self.half()) } else { change })
    }
}
