//! Watching what happens: an act as it was observed, how it compares with what was decided, and what is odd about it.
//!
//! `history.rs` what an identity did before; `rules.rs` what an act says against that; `reaction.rs` what a rule may do by itself.
use crate::error::{Error, Result};
use crate::id::{DecisionId, GrantId};
use crate::time::Timestamp;
use crate::words;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub mod history;
pub mod reaction;
pub mod rules;

/// Acts that one report holds at most.
pub const ACTS_MAX: usize = 1_000;

words! {
    /// What came of an act, as its reporter says.
    #[derive(Default)]
    pub enum Came("outcome") {
        #[default]
        Done = "done",
        Failed = "failed",
        /// It was not executed.
        Skipped = "skipped",
    }
}

words! {
    /// How what was executed compares with what was decided.
    pub enum Verdict("verdict") {
        /// A permit of ours allowed exactly this then.
        Decided = "decided",
        /// We were not asked, or what we permitted had ended.
        Undecided = "undecided",
        /// We permitted something else.
        Different = "different",
        /// We denied it, or a person had yet to approve it.
        Denied = "denied",
    }
}

/// What an act was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thing {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

/// An identity, an agent or a key that an act made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// As the reporter calls it: `key`, `agent`, `service_account` …
    pub kind: String,
    pub name: String,
}

/// One act as somebody saw it (`POST /v1/activity`, one on each line).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// The reporter's own name for it, 1 to 128 characters: the same twice is one act.
    #[serde(default)]
    pub id: Option<String>,
    /// Who acted: the register's name.
    pub agent: Thing,
    pub action: String,
    pub resource: Thing,
    /// The arguments, as `action.properties` of a question: compared with what was decided, looked through for secrets, and
    /// not stored.
    #[serde(default)]
    pub input: Option<Map<String, Value>>,
    #[serde(default)]
    pub outcome: Came,
    /// When it ran; now if absent.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What it rests on, where the reporter knows.
    #[serde(default)]
    pub decision: Option<DecisionId>,
    #[serde(default)]
    pub grant: Option<GrantId>,
    #[serde(default)]
    pub run: Option<String>,
    #[serde(default)]
    pub data_class: Option<String>,
    /// Where data went: a host, a bucket, a mailbox.
    #[serde(default)]
    pub destination: Option<String>,
    /// SHA-256 of the definition of the tool that was used, as `subject.properties.tool` of a question.
    #[serde(default)]
    pub tool: Option<String>,
    #[serde(default)]
    pub created: Option<Made>,
}

/// A prompt of an agent in which secrets stood. Of the prompt itself nothing is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompted {
    /// The reporter's own name for it, 1 to 128 characters: the same twice is one prompt.
    pub id: Option<String>,
    /// Whose prompt it was: the register's name.
    pub agent: Thing,
    /// When it was sent; now if absent.
    pub at: Option<Timestamp>,
    /// What the secrets were, in words; never one of them.
    pub secrets: Vec<String>,
}

impl Prompted {
    /// Refuses what could not be stored or shown.
    ///
    /// # Errors
    /// `Invalid`, naming the member.
    pub fn check(&self) -> Result<()> {
        within("id", self.id.as_deref(), 128)?;
        within("agent.type", Some(&self.agent.kind), 256)?;
        within("agent.id", Some(&self.agent.id), 256)
    }
}

impl Observed {
    /// The act as it may be stored and shown: without the secrets that stand in the names of its resource and destination.
    /// Says too what they were.
    #[cfg(feature = "engine")]
    #[must_use]
    pub fn without_secrets(&self) -> (Self, Vec<String>) {
        let (mut act, mut found) = (self.clone(), Vec::new());
        for name in std::iter::once(&mut act.resource.id).chain(&mut act.destination) {
            if let Some((left, why)) = crate::text::secrets::in_name(name) {
                *name = left;
                found.push(why);
            }
        }
        (act, found)
    }

    /// Refuses what could not be stored or shown.
    ///
    /// # Errors
    /// `Invalid`, naming the member.
    pub fn check(&self) -> Result<()> {
        let some = |name: &str, value: Option<&String>| within(name, value.map(String::as_str), 256);
        within("id", self.id.as_deref(), 128)?;
        for (name, value) in [("action", &self.action), ("agent.type", &self.agent.kind), ("agent.id", &self.agent.id)]
        {
            within(name, Some(value), 256)?;
        }
        within("resource.type", Some(&self.resource.kind), 256)?;
        within("resource.id", Some(&self.resource.id), 1_024)?;
        some("run", self.run.as_ref())?;
        some("data_class", self.data_class.as_ref())?;
        some("destination", self.destination.as_ref())?;
        if let Some(digest) = &self.tool {
            crate::build::check_digest(digest, "tool")?;
        }
        if let Some(made) = &self.created {
            within("created.kind", Some(&made.kind), 64)?;
            within("created.name", Some(&made.name), 256)?;
        }
        Ok(())
    }

    /// The amount it moved, where its arguments name one (semantics.md: money is an integer in minor units).
    #[must_use]
    pub fn amount(&self) -> Option<i64> {
        self.input.as_ref()?.get("amount_minor")?.as_i64()
    }
}

fn within(name: &str, value: Option<&str>, max: usize) -> Result<()> {
    match value {
        Some("") => Err(Error::invalid(format!("{name}: say something or leave it out"))),
        Some(text) if text.chars().count() > max => Err(Error::invalid(format!("{name}: at most {max} characters"))),
        _ => Ok(()),
    }
}
