//! Grants: spent inside their time and their number of uses, as long as whoever they rest on may act (semantics.md, Grants and
//! revocation).
use super::cases::Question;
use super::policy::Required;
use super::{Model, Wrong};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    Active,
    Consumed,
    Expired,
    Revoked,
}

#[derive(Debug, Clone)]
pub struct Grant {
    pub question: Question,
    /// The build its question named.
    pub build: Option<usize>,
    /// One of those who act was narrowed already.
    pub narrowed: bool,
    pub state: GrantState,
    /// It holds in `[starts, ends)`.
    pub starts: i64,
    pub ends: i64,
    /// Uses that are left, and when the others were made.
    pub left: i64,
    pub used: Vec<i64>,
    /// A lease: how long one renewal holds.
    pub lease: Option<i64>,
    /// A lease that runs ends then.
    pub renew_by: Option<i64>,
    /// When it was renewed last.
    pub renewed: Option<i64>,
}

impl Grant {
    /// When time ends it.
    pub fn due(&self) -> i64 {
        self.renew_by.map_or(self.ends, |by| by.min(self.ends))
    }
    /// Why it can be neither spent nor renewed any more; `None`: it has not ended.
    pub(super) fn ended(&self) -> Option<String> {
        match self.state {
            GrantState::Active => None,
            GrantState::Expired => Some("error Expired".into()),
            GrantState::Consumed | GrantState::Revoked => Some("error Conflict".into()),
        }
    }
}

impl Model {
    /// Issues the grant of an approved question, and says its name and terms.
    pub(super) fn issue(&mut self, question: Question, build: Option<usize>) -> String {
        let required = Required::of(&question.gates);
        let task_ends = question.task.map(|t| self.tasks[t].ends);
        // what never holds was denied before
        let (starts, ends) = required.holds(self.now, task_ends, self.wrong).unwrap_or((self.now, self.now));
        self.spend(question.agent, question.tool, ends, required.uses);
        let (uses, lease) = (required.uses, required.lease);
        self.grants.push(Grant {
            narrowed: self.narrowed(&question),
            question,
            build,
            state: GrantState::Active,
            starts,
            ends,
            left: uses,
            used: vec![],
            lease,
            renew_by: None,
            renewed: None,
        });
        let lease = lease.map_or_else(String::new, |ms| format!(" lease {ms}"));
        format!("G{} {uses}x {starts}..{ends}{lease}", self.grants.len() - 1)
    }

    pub(super) fn redeem(&mut self, n: usize, own: bool) -> String {
        // somebody else's key: there is always an agent that is not its own
        if !own {
            return "error NotFound".into();
        }
        let (now, wrong) = (self.now, self.wrong);
        let grant = &self.grants[n];
        let refused = if let Some(ended) = grant.ended() {
            Some(ended)
        } else if now >= grant.due() && !(wrong == Some(Wrong::RenewedLate) && now < grant.ends) {
            Some("error Expired".into())
        } else if now < grant.starts || grant.left == 0 || self.held_up(&grant.question) {
            Some("error Conflict".into())
        } else {
            None
        };
        if let Some(refused) = refused {
            return refused;
        }
        let grant = &mut self.grants[n];
        grant.used.push(now);
        if wrong != Some(Wrong::UsesForever) {
            grant.left -= 1;
        }
        match grant.lease {
            // a lease begins to run with its first use, and lives on without uses
            Some(ms) => drop(grant.renew_by.get_or_insert((now + ms).min(grant.ends))),
            None if grant.left == 0 => grant.state = GrantState::Consumed,
            None => {}
        }
        format!("redeemed {}", grant.left)
    }

    /// One of those it rests on may not act now, or was stopped.
    fn held_up(&self, q: &Question) -> bool {
        let suspended = |a: usize| self.agents[a].suspended && !self.is(Wrong::SuspendedSpends);
        let changed = |a: usize| self.build_waits(a) && !self.is(Wrong::OtherBuildSpends);
        self.stopped(q.actors(), q.tool) || q.actors().any(|a| suspended(a) || changed(a))
    }
}
