//! Who decides, and taking that back while it is held (semantics.md, Escalations; I5).
use super::cases::{Case, State};
use super::policy::{Required, Route};
use super::{Model, SECOND, Wrong};
use crate::operation::PEOPLE;
use std::collections::BTreeSet;

/// Whether a person is of a route's people.
fn on(person: usize, route: Route) -> bool {
    match route {
        Route::Finance => !matches!(person, 4 | 5),
        Route::Legal => matches!(person, 3 | 4),
        Route::Containment => true,
    }
}

/// Every route has so many people who are not barred, not owners alone.
pub fn answerable(required: &Required, barred: &BTreeSet<usize>, owners: &BTreeSet<usize>) -> bool {
    required.routes.iter().all(|route| {
        let able: Vec<usize> = (0..PEOPLE).filter(|p| on(*p, *route) && !barred.contains(p)).collect();
        able.len() >= required.quorum && able.iter().any(|p| !owners.contains(p))
    })
}

impl Model {
    pub(super) fn vote(&mut self, n: usize, by: usize, approve: bool, care: bool, stale: bool) -> String {
        self.settle(n);
        let error = |kind: &str| format!("error {kind}");
        if !self.cases[n].state.open() {
            return error("Conflict");
        }
        if self.changed(n) {
            return error("Conflict");
        }
        let case = &mut self.cases[n];
        if stale || (case.state != State::Pending && approve) {
            return error("Conflict");
        }
        if case.barred.contains(&by) || !case.required.routes.iter().any(|route| on(by, *route)) {
            return error("Forbidden");
        }
        if case.votes.contains(&by) {
            return error("Conflict");
        }
        if approve && !care && case.required.high {
            return error("Invalid");
        }
        case.votes.push(by);
        if !approve {
            case.state = State::Denied;
            return self.said(n);
        }
        self.if_enough(n);
        self.said(n)
    }

    /// Its agent's epoch is another than the card's: a new version of the card without its votes, unless another card has that
    /// question already.
    fn changed(&mut self, n: usize) -> bool {
        let question = &self.cases[n].question;
        let epoch = self.agents[question.agent].epoch;
        if question.epoch == epoch || self.is(Wrong::EpochIgnored) {
            return false;
        }
        let next = super::cases::Question { epoch, ..question.clone() };
        let other = self.cases.iter().any(|c| c.state.open() && c.question == next);
        let case = &mut self.cases[n];
        if other {
            case.state = State::Cancelled;
        } else {
            (case.question, case.state) = (next, State::Pending);
            case.votes.clear();
        }
        true
    }

    fn if_enough(&mut self, n: usize) {
        let (now, wrong) = (self.now, self.wrong);
        let owner = self.owner(self.cases[n].question.agent);
        let alone = |case: &Case, p: usize| match wrong {
            Some(Wrong::OwnerAlone) => false,
            Some(Wrong::LinkOwnerAlone) => p == owner,
            _ => case.owners.contains(&p),
        };
        let case = &mut self.cases[n];
        let lacks = case.required.routes.iter().any(|route| {
            let votes: Vec<usize> = case.votes.iter().copied().filter(|p| on(*p, *route)).collect();
            votes.len() < case.required.quorum || votes.iter().all(|p| alone(case, *p))
        });
        if lacks {
            return;
        }
        if case.required.high {
            (case.state, case.released) = (State::Approved, Some(now));
        } else {
            case.state = State::Held(now + 10 * SECOND);
        }
    }

    pub(super) fn undo(&mut self, n: usize, by: usize) -> String {
        self.settle(n);
        let late = self.is(Wrong::UndoAlways) && self.cases[n].state == State::Approved;
        let case = &mut self.cases[n];
        if !matches!(case.state, State::Held(_)) && !late {
            return "error Conflict".into();
        }
        if !case.votes.contains(&by) {
            return "error Forbidden".into();
        }
        case.votes.retain(|v| *v != by);
        case.state = State::Pending;
        self.if_enough(n);
        self.said(n)
    }
}
