//! For measurements alone: answers that keep no record, to say what the record costs. In no release: the feature `testkit`
//! is never part of the server.
use super::Governance;
use super::committer::Prepared;
use super::decisions::Inputs;
use super::settle::judge;
use crate::decision::{Answer, Outcome};
use crate::error::{Error, Result};
use crate::id::DecisionId;
use chrono::TimeDelta;

impl Governance {
    /// The same installation, answering without a record.
    #[must_use]
    pub fn unlogged(mut self) -> Self {
        self.unlogged = true;
        self
    }

    /// As `settle`, for questions that read no counter and wait for nobody.
    pub(super) fn answer_unlogged(&self, mut p: Prepared) -> Result<Answer> {
        let (Some(known), Some(evaluated)) = (p.known.take(), p.evaluated.take()) else {
            return Err(Error::broken("a measured question reads no counter"));
        };
        let at = self.now();
        let inputs = Inputs::of(&p, &known, evaluated, at);
        let verdict = judge(known.subject.as_ref().map(|s| s.id), &inputs);
        if verdict.outcome == Outcome::Escalate {
            return Err(Error::broken("a measured question waits for nobody"));
        }
        Ok(Answer {
            id: DecisionId::new(at, self.random()),
            seq: 0,
            at,
            outcome: verdict.outcome,
            reason: verdict.reason,
            message: verdict.message,
            rules: verdict.rules,
            bundle: known.world.bundle.hash().to_owned(),
            valid_until: Some(at + TimeDelta::seconds(i64::from(known.world.bundle.valid_seconds(&p.ask.action.name)))),
            grant: None,
            would: verdict.would,
            escalation: None,
            needed: None,
        })
    }
}
