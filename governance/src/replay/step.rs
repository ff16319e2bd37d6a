//! What stands beside an event in the register, as the reader hands it over.
use crate::escalation::{Bars, Phase, Requirement};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The row that belongs to an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Beside {
    /// None is looked at for events of this kind.
    Nothing,
    /// Of a decision; `None`: there is no row with its place in the log.
    Decision(Option<Box<Decided>>),
    /// Of an escalation's event.
    Case(CaseRow),
    /// Of a grant that was issued; `None`: there is no such row.
    Grant(Option<GrantRow>),
}

/// A decision as its row has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub id: String,
    /// Its place in the log, as the row says.
    pub seq: i64,
    pub outcome: String,
    pub reason: Option<String>,
    pub request: String,
    pub bundle: String,
    pub subject: Option<String>,
    pub escalation: Option<String>,
    pub grant: Option<String>,
    pub action: String,
    /// SHA-256 of salt and inputs, hex; `None` once they were erased.
    pub inputs: Option<String>,
    /// What the inputs say; `None` once they were erased or where they cannot be read.
    pub involved: Option<Involved>,
    pub again: Again,
}

/// Who and what a decision rested on, by its recorded inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Involved {
    /// `(kind, id)` of what was stopped.
    pub stops: BTreeSet<(String, String)>,
    /// Who answers for the subject and for each identity of the chain; `None`: not recorded then.
    pub owners: Option<BTreeSet<String>>,
    /// Where they come from; `None`: not recorded then.
    pub sources: Option<BTreeSet<String>>,
    /// People who started the work, handed it on or are acted for.
    pub people: BTreeSet<String>,
    /// The task that carried it.
    pub task: Option<String>,
}

/// What judging the recorded inputs again under the recorded bundle came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    Same,
    /// In words: what the row says and what came out.
    Differs(String),
    Erased,
    /// Why it cannot be replayed, though nothing is wrong with it.
    Untold(&'static str),
}

/// What an escalation's event is followed by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseRow {
    /// The terms kept beside it, where it has some and they were not erased.
    pub terms: Option<Terms>,
    /// For an end: the state its row stands in.
    pub phase: Option<Phase>,
}

/// Who never decides, what is required, and until when it waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub bars: Bars,
    pub expires_at: Timestamp,
    pub requirement: Requirement,
}

/// A grant as its row has it; what never changes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    pub identity: String,
    pub decision: String,
    pub escalation: Option<String>,
    /// The agents its work was handed through: it ends with each of them.
    pub links: Vec<String>,
    pub action: String,
    /// The task of ours it ends with.
    pub task: Option<String>,
    pub request: String,
    pub issued_at: Timestamp,
    /// It holds in `[starts_at, expires_at)`.
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
    pub uses: u32,
    /// A lease: one renewal holds for so many seconds.
    pub lease_s: Option<u32>,
}

impl GrantRow {
    /// Who holds it, and those its work was handed through.
    pub(super) fn actors(&self) -> impl Iterator<Item = &String> + Clone {
        std::iter::once(&self.identity).chain(&self.links)
    }
}

/// What the register holds at the end of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rows of escalations, ended ones among them, and of grants.
    pub case_rows: u64,
    pub grant_rows: u64,
    /// Escalations that have not ended, with the state of their row.
    pub cases: BTreeMap<String, Phase>,
    /// Grants whose row is active.
    pub grants: BTreeSet<String>,
}
