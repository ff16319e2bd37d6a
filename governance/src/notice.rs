//! A message on its way out: that a decision waits, that half of its time is over, that too many wait, how it ended; what a rule
//! did to an identity; what its owners must know of the register.
//!
//! It says who asks, what for and until when, and where to look; never the parameters, and it is never a place to decide.
use crate::error::{Error, Result};
use crate::id::{ContainmentId, EscalationId, IdentityId, InstallationId, NoticeId, PersonId, ResourceId};
use crate::time::Timestamp;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long the requester's end of a request is told for.
pub const ENDED_UNTIL: TimeDelta = TimeDelta::hours(24);
/// How long whoever took a notice to send it may take; then somebody else may.
pub const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// Characters of a failure that are kept.
const MAX_ERROR: usize = 300;

crate::words! {
    /// What a notice tells of. Where neither owner nor backup owner is active, those are told who may change the register.
    pub enum Kind("kind of notice") {
        /// A decision waits for people: to those who can decide now.
        Opened = "opened",
        /// Half of its time is over: to them and to the agent's backup owner.
        Reminded = "reminded",
        /// An agent has as many requests waiting as it may, so it is denied more: to its owner and backup owner, with the
        /// latest of the requests.
        Crowded = "crowded",
        /// It was decided or its time ran out: to the requester.
        Ended = "ended",
        /// A rule narrowed, suspended or revoked an identity, or had reached its cap: to its owner and backup owner.
        Contained = "contained",
        /// Another build of an agent was seen, and it may do nothing until somebody says which one may act (UC-21): to its
        /// owner and backup owner.
        BuildChanged = "build_changed",
        /// An owner left or said of an identity that it is not theirs, and the backup owner answers for it now (UC-17): to each
        /// to whom something went.
        OwnerChanged = "owner_changed",
        /// Nobody active answers any more for what somebody answered for (UC-17): to those who may give it an owner.
        Orphaned = "orphaned",
        /// The time of what nobody answers for runs out, or has (UC-18): to those who may give it an owner, one message for
        /// all of them.
        GapsDue = "gaps_due",
        /// A gateway saw another definition of a tool than the one that was approved, so its use waits for people: to its
        /// owner.
        DefinitionChanged = "definition_changed",
    }
}
crate::words! {
    /// How it is sent.
    pub enum Channel("channel") {
        Webhook = "webhook",
        Mail = "mail",
        /// Where the requester asked to be called back.
        Callback = "callback",
    }
}
crate::words! {
    pub enum State("state of a notice") {
        Waiting = "waiting",
        Sent = "sent",
        /// Given up: it never arrived while it mattered.
        Failed = "failed",
        /// What it tells of was over before it could be sent.
        Moot = "moot",
    }
}

/// What a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    Escalation(EscalationId),
    Containment(ContainmentId),
    Identity(IdentityId),
    /// What a person answered for.
    Person(PersonId),
    Resource(ResourceId),
    /// All that nobody answers for in one installation.
    Gaps(InstallationId),
}

impl About {
    /// Its id, and the name that an event gives such an id.
    #[must_use]
    pub fn named(&self) -> (&'static str, String) {
        match self {
            Self::Escalation(id) => ("escalation", id.to_string()),
            Self::Containment(id) => ("containment", id.to_string()),
            Self::Identity(id) => ("identity", id.to_string()),
            Self::Person(id) => ("owner", id.to_string()),
            Self::Resource(id) => ("resource", id.to_string()),
            Self::Gaps(id) => ("installation", id.to_string()),
        }
    }
}

/// A message to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same in every attempt: who receives it twice knows it by this.
    pub id: NoticeId,
    pub kind: Kind,
    pub about: About,
    /// How it ended, as the requester is told; `None` for the other kinds.
    pub outcome: Option<String>,
    pub channel: Channel,
    /// A person's id, an endpoint, or nothing for the configured webhook.
    pub target: String,
    pub state: State,
    pub attempts: u32,
    /// When what it tells of happened.
    pub told_at: Timestamp,
    pub made_at: Timestamp,
    /// When it is tried next; `None` once it has ended.
    pub due_at: Option<Timestamp>,
    pub until: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub error: Option<String>,
    pub version: i64,
}

/// How a channel fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fares {
    pub channel: Channel,
    pub waiting: i64,
    /// Since the instant asked for.
    pub sent: i64,
    pub failed: i64,
    /// Ever.
    pub last_sent_at: Option<Timestamp>,
}

/// How long to wait after so many failed attempts: seconds at first, for most failures pass.
#[must_use]
pub const fn pause(attempts: u32) -> TimeDelta {
    TimeDelta::seconds(match attempts {
        0 | 1 => 5,
        2 => 20,
        3 => 60,
        4 => 300,
        5 => 900,
        _ => 3_600,
    })
}

impl Notice {
    /// Takes it, to send it now: nobody else does for a minute, and after that somebody may, as after a crash.
    ///
    /// # Errors
    /// `Conflict` if it is not due.
    pub fn claim(mut self, at: Timestamp) -> Result<Self> {
        if self.state != State::Waiting || self.due_at.is_none_or(|due| due > at) {
            return Err(Error::conflict("this notice is not due"));
        }
        self.attempts += 1;
        self.due_at = Some(at + CLAIM);
        Ok(self)
    }
    /// It arrived.
    #[must_use]
    pub fn sent(self, at: Timestamp) -> Self {
        Self { error: None, ..self.end(State::Sent, at) }
    }
    /// Nobody needs to hear of it any more.
    #[must_use]
    pub fn moot(self, at: Timestamp) -> Self {
        self.end(State::Moot, at)
    }
    /// It did not arrive: tried again later, or given up when later is too late. `lasting`: trying again cannot help.
    #[must_use]
    pub fn failed(mut self, why: &str, lasting: bool, at: Timestamp) -> Self {
        self.error = Some(why.chars().take(MAX_ERROR).collect());
        let next = at + pause(self.attempts);
        if lasting || next >= self.until {
            return self.end(State::Failed, at);
        }
        self.due_at = Some(next);
        self
    }
    fn end(mut self, state: State, at: Timestamp) -> Self {
        (self.state, self.due_at, self.ended_at) = (state, None, Some(at));
        self
    }
    /// What a finding about undelivered notices is about: the webhook, one person's mailbox, one requester's endpoint.
    #[must_use]
    pub fn place(&self) -> String {
        match self.channel {
            Channel::Webhook => "channel:webhook".to_owned(),
            Channel::Mail | Channel::Callback => format!("channel:{} {}", self.channel, self.target),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn notice(until: i64) -> Notice {
        Notice {
            id: NoticeId::new(at(0), [1; 10]),
            kind: Kind::Opened,
            about: About::Escalation(EscalationId::new(at(0), [2; 10])),
            outcome: None,
            channel: Channel::Webhook,
            target: String::new(),
            state: State::Waiting,
            attempts: 0,
            told_at: at(0),
            made_at: at(0),
            due_at: Some(at(0)),
            until: at(until),
            ended_at: None,
            error: None,
            version: 0,
        }
    }

    #[test]
    fn it_is_tried_less_and_less_often_and_given_up_when_it_would_come_too_late() {
        let (mut notice, mut tried, mut now) = (notice(900), vec![], 0);
        while notice.state == State::Waiting {
            now = notice.due_at.unwrap().seconds().max(now);
            tried.push(now);
            notice = notice.claim(at(now)).unwrap().failed("answered 500", false, at(now));
        }
        assert_eq!(tried, [0, 5, 25, 85, 385]);
        assert_eq!((notice.state, notice.due_at, notice.attempts), (State::Failed, None, 5));
        assert_eq!(notice.error.as_deref(), Some("answered 500"));
    }

    #[test]
    fn a_claim_keeps_others_away_for_a_minute() {
        let claimed = notice(900).claim(at(0)).unwrap();
        assert!(claimed.clone().claim(at(59)).is_err());
        assert_eq!(claimed.clone().claim(at(60)).unwrap().attempts, 2);
        assert!(claimed.sent(at(1)).claim(at(600)).is_err(), "what arrived is not sent again");
        assert_eq!(notice(900).failed("no such host", true, at(0)).state, State::Failed);
    }
}
