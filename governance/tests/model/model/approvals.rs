//! Using an approval up: one permit, for the very question, while it can be used (semantics.md, Escalations; I4).
use super::cases::{Case, Question, State};
use super::{Model, Wrong};
use std::collections::BTreeSet;

impl Model {
    /// The permit of an approval that stands for this question, or why the one it names is none; `None`: none stands.
    pub(super) fn use_up(
        &mut self,
        question: &Question,
        asking: &BTreeSet<usize>,
        named: Option<Option<usize>>,
        build: Option<usize>,
    ) -> Option<String> {
        let n = match named {
            Some(Some(n)) if self.cases[n].question.agent == question.agent => n,
            Some(_) => return Some("deny approval_unverifiable".into()),
            None => {
                let found =
                    |c: &&Case| self.same(&c.question, question) && matches!(c.state, State::Held(_) | State::Approved);
                let newest = self.cases.iter().filter(found).max_by_key(|c| c.opened)?.opened;
                self.cases.iter().position(|c| c.opened == newest && found(&c))?
            }
        };
        self.settle(n);
        let case = &self.cases[n];
        if named.is_some() {
            let word = match case.state {
                _ if !self.same(&case.question, question) => "out_of_scope",
                State::Approved => "",
                State::Pending | State::Held(_) => "grant_pending",
                State::Denied => "policy_denied",
                _ => "approval_expired",
            };
            if !word.is_empty() {
                return Some(format!("deny {word}"));
            }
        }
        if case.state != State::Approved {
            return None;
        }
        if case.votes.iter().any(|by| asking.contains(by)) {
            return named.is_some().then(|| "deny out_of_scope".into());
        }
        if !self.is(Wrong::NeverUsedUp) {
            self.cases[n].state = State::Consumed;
        }
        let grant = self.issue(question.clone(), build);
        Some(format!("permit approved E{n} {grant}"))
    }

    fn same(&self, a: &Question, b: &Question) -> bool {
        let epoch = if self.is(Wrong::EpochIgnored) { a.epoch } else { b.epoch };
        *a == Question { epoch, ..b.clone() }
    }
}
