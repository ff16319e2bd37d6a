//! What a delivery says, read once its signature is known to be good.
use super::{Preset, github, jira, servicenow, standard};
use crate::error::{Error, Result};
use crate::text::visible_line;
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::de::DeserializeOwned;

/// Bytes of a body at most.
pub const MOST: usize = 256 * 1024;
/// A message whose own time is further back does nothing: it is sent again out of an archive. Its trace is kept longer.
pub const FRESH: TimeDelta = TimeDelta::hours(72);
/// How far clocks may be apart.
pub const CLOCKS: TimeDelta = TimeDelta::minutes(5);

/// What a delivery asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    Open(Opening),
    Close(Closing),
    /// Nothing for us; why, in words.
    Nothing(String),
}

/// Work that begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    pub reference: String,
    pub purpose: String,
    pub link: Option<String>,
    /// Planned; the task is not open before.
    pub starts_at: Option<Timestamp>,
    /// Planned, or wished; the hook's own limit stays.
    pub ends_at: Option<Timestamp>,
    pub ends_in_s: Option<u32>,
}

/// Work that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    pub reference: String,
    pub reason: String,
}

/// A delivery as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When it happened, as the signed body says; `None` where the signature has a time of its own.
    pub at: Option<Timestamp>,
    pub says: Says,
}

impl Told {
    pub(super) fn nothing(why: impl Into<String>) -> Self {
        Self { at: None, says: Says::Nothing(why.into()) }
    }

    /// What is to be done at this instant: a message out of an archive, or from the future, is nothing to act on.
    #[must_use]
    pub fn now(self, at: Timestamp) -> Says {
        match self.at {
            Some(sent) if sent + FRESH <= at => Says::Nothing(format!("it is of {sent}: too old to act on")),
            Some(sent) if sent > at + CLOCKS => Says::Nothing(format!("it is of {sent}, which is to come")),
            _ => self.says,
        }
    }
}

/// Reads a body by its hook's preset. `event` is what the platform calls the message in a header of its own.
///
/// # Errors
/// `Invalid`, naming what is missing.
pub fn read(preset: Preset, event: Option<&str>, body: &[u8]) -> Result<Told> {
    match preset {
        Preset::Github => github::read(event.unwrap_or_default(), body),
        Preset::Jira => jira::read(body),
        Preset::Servicenow => servicenow::read(body),
        Preset::Standard => standard::read(body),
    }
}

/// A platform's document, of which only what is known is looked at.
pub(super) fn document<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|e| Error::invalid(format!("the body is not the JSON this hook reads (application/json): {e}")))
}

pub(super) fn instant(what: &str, text: &str) -> Result<Timestamp> {
    Timestamp::parse(text)
        .ok_or_else(|| Error::invalid(format!("{what}: {:?} is no instant", crate::word::short(text))))
}

/// A purpose in one visible line of at most 500 characters, as a task has it.
pub(super) fn purpose(text: &str) -> String {
    let line = visible_line(text.trim()).into_owned();
    if line.chars().count() <= 500 { line } else { line.chars().take(499).chain(['…']).collect() }
}
