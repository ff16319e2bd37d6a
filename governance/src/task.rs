//! A task: a purpose with an end, opened by a person, a gateway or a hook for one agent (semantics.md, Grants and revocation). What
//! was allowed for it ends with it.
use crate::error::{Error, Kind, Result};
use crate::id::{IdentityId, TaskId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A task that says no end ends after this long …
pub const USUAL: TimeDelta = TimeDelta::hours(8);
/// … and none lasts longer.
pub const LONGEST: TimeDelta = TimeDelta::days(30);
/// Tools, and data classes, a task may name.
const MOST: usize = 64;

crate::words! {
    pub enum Status("state of a task") {
        Open = "open",
        /// Somebody closed it.
        Closed = "closed",
        /// Its time was over.
        Ended = "ended",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    /// As the agent names it and its ticket is called; one open task has it at a time.
    pub reference: String,
    pub purpose: String,
    /// The agent it was opened for; those it hands work to act under it.
    pub identity: IdentityId,
    /// Names of the actions it covers; none: any.
    pub tools: BTreeSet<String>,
    /// Classes of the data it may touch, for policy to read.
    pub data: BTreeSet<String>,
    /// Where the ticket is.
    pub link: Option<String>,
    pub status: Status,
    pub opened_at: Timestamp,
    /// As the log names who opened it.
    pub opened_by: String,
    /// It holds in `[opened_at, ends_at)`.
    pub ends_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
    pub ended_reason: Option<String>,
    pub version: i64,
}

crate::words! {
    /// Why a question that names a task is denied.
    pub enum Misuse("misuse of a task") {
        /// It was closed, or its time is over.
        Over = "task_over",
        /// It was opened for another agent.
        Anothers = "another_task",
        /// It does not cover the action.
        Outside = "outside_task",
    }
}

impl Misuse {
    /// For people, of the task by this reference and the action that was asked for.
    #[must_use]
    pub fn words(self, reference: &str, action: &str) -> String {
        match self {
            Self::Over => format!("task {reference} is over"),
            Self::Anothers => format!("task {reference} was opened for another agent"),
            Self::Outside => format!("task {reference} does not cover {action}"),
        }
    }
}

impl Task {
    /// Refuses what no task may be.
    ///
    /// # Errors
    /// `Invalid`, naming the member.
    pub fn check(&self) -> Result<()> {
        let text = |what: &str, text: &str, most: usize| match text.chars().count() {
            0 => Err(Error::invalid(format!("{what}: say it in at most {most} characters"))),
            n if n > most => Err(Error::invalid(format!("{what} has {n} characters; at most {most}"))),
            _ => Ok(()),
        };
        text("ref", self.reference.trim(), 128)?;
        crate::identity::check_name(&self.reference).map_err(|e| Error::invalid(format!("ref: {}", e.detail)))?;
        text("purpose", self.purpose.trim(), 500)?;
        for (what, names) in [("tools", &self.tools), ("data", &self.data)] {
            if names.len() > MOST {
                return Err(Error::invalid(format!("{what}: {} names; at most {MOST}", names.len())));
            }
            names.iter().try_for_each(|name| text(what, name.trim(), 128))?;
        }
        if let Some(link) = &self.link
            && (link.len() > 2_000 || !(link.starts_with("https://") || link.starts_with("http://")))
        {
            return Err(Error::invalid("link is not an address like https://tickets.example/1234"));
        }
        if self.ends_at <= self.opened_at || self.ends_at > self.opened_at + LONGEST {
            return Err(Error::invalid("a task ends after it begins and lasts 30 days at most"));
        }
        Ok(())
    }

    /// What `context.task` is to policy: `{ref, purpose, tools, data, opened_by}`.
    #[must_use]
    pub fn for_policy(&self) -> serde_json::Value {
        serde_json::json!({
            "ref": self.reference,
            "purpose": self.purpose,
            "tools": self.tools,
            "data": self.data,
            "opened_by": self.opened_by,
        })
    }

    /// It is open at this instant.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.status == Status::Open && self.opened_at <= at && at < self.ends_at
    }

    /// Why these identities may not do this for it now; `None`: they may.
    pub fn misuse(&self, mut actors: impl Iterator<Item = IdentityId>, action: &str, at: Timestamp) -> Option<Misuse> {
        if !actors.any(|id| id == self.identity) {
            return Some(Misuse::Anothers);
        }
        if !self.holds(at) {
            return Some(Misuse::Over);
        }
        let covered = self.tools.is_empty() || self.tools.contains(action);
        (!covered).then_some(Misuse::Outside)
    }

    /// Closes it before its time.
    ///
    /// # Errors
    /// `Conflict` once it has ended.
    pub fn close(self, by: &str, reason: &str, at: Timestamp) -> Result<Self> {
        self.end(Status::Closed, by, reason, at)
    }

    /// Ends what time has ended.
    ///
    /// # Errors
    /// `Conflict` unless it is open and its time is over.
    pub fn run_out(self, at: Timestamp) -> Result<Self> {
        if at < self.ends_at {
            return Err(Error::conflict("the task's time is not over"));
        }
        self.end(Status::Ended, "system:sweep", "its time was over", at)
    }

    fn end(mut self, status: Status, by: &str, reason: &str, at: Timestamp) -> Result<Self> {
        if self.status != Status::Open {
            let when = self.ended_at.map_or_else(String::new, |at| format!(" at {at}"));
            return Err(Error::new(Kind::Conflict, format!("task {} is over: {}{when}", self.reference, self.status)));
        }
        self.status = status;
        (self.ended_at, self.ended_by, self.ended_reason) = (Some(at), Some(by.to_owned()), Some(reason.to_owned()));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn agent(n: u8) -> IdentityId {
        IdentityId::new(at(0), [n; 10])
    }
    fn task() -> Task {
        Task {
            id: TaskId::new(at(0), [9; 10]),
            reference: "CRM-1234".into(),
            purpose: "answer the customer".into(),
            identity: agent(1),
            tools: ["crm.read".to_owned()].into(),
            data: BTreeSet::new(),
            link: None,
            status: Status::Open,
            opened_at: at(0),
            opened_by: "per_1".into(),
            ends_at: at(3_600),
            ended_at: None,
            ended_by: None,
            ended_reason: None,
            version: 0,
        }
    }

    #[test]
    fn a_task_holds_for_its_agent_its_tools_and_its_time() {
        let check = |who: &[u8], action: &str, second: i64, want: Option<Misuse>| {
            let got = task().misuse(who.iter().map(|n| agent(*n)), action, at(second));
            assert_eq!(got, want, "{who:?} {action} {second}");
        };
        check(&[1], "crm.read", 0, None);
        check(&[1], "crm.read", 3_599, None);
        check(&[1], "crm.read", 3_600, Some(Misuse::Over));
        check(&[2], "crm.read", 1, Some(Misuse::Anothers));
        check(&[2, 1], "crm.read", 1, None);
        check(&[1], "crm.export", 1, Some(Misuse::Outside));
        let any = Task { tools: BTreeSet::new(), ..task() };
        assert_eq!(any.misuse([agent(1)].into_iter(), "crm.export", at(1)), None);
    }

    #[test]
    fn a_task_ends_once() {
        let closed = task().close("per_2", "answered", at(9)).unwrap();
        assert!(!closed.holds(at(10)));
        assert_eq!(closed.clone().close("per_3", "again", at(11)).unwrap_err().kind, Kind::Conflict);
        assert_eq!(closed.run_out(at(3_600)).unwrap_err().kind, Kind::Conflict);
        assert!(task().run_out(at(3_599)).is_err());
        assert_eq!(task().run_out(at(3_600)).unwrap().status, Status::Ended);
    }

    #[test]
    fn what_no_task_may_be_is_refused_by_its_member() {
        let said = |change: fn(&mut Task)| {
            let mut it = task();
            change(&mut it);
            it.check().map_err(|e| e.detail).unwrap_err()
        };
        task().check().unwrap();
        assert!(said(|t| t.reference.clear()).starts_with("ref"));
        assert!(said(|t| t.reference = "a\u{202e}b".into()).starts_with("ref"));
        assert!(said(|t| t.purpose = "  ".into()).starts_with("purpose"));
        assert!(said(|t| t.tools = (0..65).map(|n| n.to_string()).collect()).starts_with("tools"));
        assert!(said(|t| t.link = Some("javascript:alert(1)".into())).starts_with("link"));
        assert!(said(|t| t.ends_at = t.opened_at).contains("30 days"));
        assert!(said(|t| t.ends_at = t.opened_at + LONGEST + TimeDelta::seconds(1)).contains("30 days"));
    }
}
