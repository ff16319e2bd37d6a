//! A hook: where a ticket or deployment system tells us that work begins and ends, signed. It opens and closes tasks for one
//! agent (semantics.md, Grants and revocation); for whom, and what they cover, is said when it is set up and never by what is
//! sent.
mod github;
mod jira;
pub mod read;
mod servicenow;
mod standard;

use crate::error::{Error, Result};
use crate::id::{HookId, IdentityId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

crate::words! {
    /// Whose messages a hook reads, and how they are signed.
    pub enum Preset("preset of a hook") {
        /// Deployments of GitHub.
        Github = "github",
        /// Issues of Jira Cloud.
        Jira = "jira",
        /// Change requests of ServiceNow, sent by an outbound REST message that signs as Standard Webhooks does.
        Servicenow = "servicenow",
        /// A message of our own shape, signed as Standard Webhooks has it.
        Standard = "standard",
    }
}

impl Preset {
    /// Whether the signature covers an id and the time of sending (Standard Webhooks 1.0). Else it covers the body alone.
    #[must_use]
    pub const fn signs_time(self) -> bool {
        matches!(self, Self::Servicenow | Self::Standard)
    }
}

/// A hook as it was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    pub id: HookId,
    /// Part of its address; one that stands has it at a time.
    pub name: String,
    pub preset: Preset,
    /// The agent its tasks are for.
    pub identity: IdentityId,
    /// Actions its tasks cover; none: any.
    pub tools: BTreeSet<String>,
    /// Classes of data its tasks may touch.
    pub data: BTreeSet<String>,
    /// How long its tasks last at most, in seconds.
    pub ends_in_s: u32,
    pub created_at: Timestamp,
    /// As the log names who set it up.
    pub created_by: String,
    /// It takes nothing from then on.
    pub removed_at: Option<Timestamp>,
    pub version: i64,
}

impl Hook {
    /// Refuses what no hook may be. What its tasks may be is looked at when they are opened.
    ///
    /// # Errors
    /// `Invalid`, naming the member.
    pub fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(plain) || self.name.starts_with('-') {
            return Err(Error::invalid("name: 1 to 64 of a-z 0-9 and -, such as deploys"));
        }
        let longest = crate::task::LONGEST;
        if self.ends_in_s == 0 || TimeDelta::seconds(self.ends_in_s.into()) > longest {
            return Err(Error::invalid("ends_in: a task lasts 30 days at most"));
        }
        Ok(())
    }

    /// As the log names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("hook:{}", self.name)
    }
}
