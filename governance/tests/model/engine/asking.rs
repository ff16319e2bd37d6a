//! Questions and votes.
use super::{Engine, email, error, number};
use crate::model::Asking;
use crate::operation::AMOUNTS;
use chrono::TimeDelta;
use governance::decision::{Action, Answer, Ask, Entity, GrantRef, Outcome, Way};
use governance::engine::escalations::Cast;
use governance::escalation::{ReasonCode, Record, StepUp, Verdict};
use serde_json::{Map, json};

impl Engine {
    pub(super) async fn ask(&mut self, asking: Asking) -> String {
        let Asking { agent, through, tool, amount, task, acting, starter, build, named } = asking;
        let mut properties = Map::new();
        let names: Vec<_> = through.iter().map(|agent| &self.agents[*agent].name).collect();
        properties.extend((!names.is_empty()).then(|| ("act".to_owned(), json!(names))));
        properties.extend(task.map(|n| ("task".to_owned(), json!(format!("task-{n}")))));
        properties.extend(acting.map(|n| ("on_behalf_of".to_owned(), json!(email(n)))));
        properties.extend(starter.map(|n| ("initiator".to_owned(), json!({ "type": "person", "id": email(n) }))));
        properties.extend(build.map(|n| ("build".to_owned(), json!(digest(n)))));
        let approval = named.map(|case| case.map_or_else(|| "nonsense".into(), |n| self.cases[n].to_string()));
        let ask = Ask {
            subject: Entity { kind: "agent".into(), id: self.agents[agent].name.clone(), properties },
            action: Action {
                name: format!("tool-{tool}"),
                properties: Map::from_iter([("amount".to_owned(), json!(AMOUNTS[amount]))]),
            },
            resource: Entity { kind: "account".into(), id: "one".into(), properties: Map::new() },
            context: approval.map(|id| ("approval".to_owned(), json!({ "id": id }))).into_iter().collect(),
            way: Way::Evaluation,
            // whatever became of an answer that did not come in time, the same question learns it
            idempotency_key: Some(format!("step-{}", self.steps)),
        };
        match self.t.gov.decide(&self.caller(agent), ask).await {
            Ok(answer) => self.answered(&answer),
            Err(e) => error(e),
        }
    }

    /// Names escalations and grants by the order in which they were first answered.
    fn answered(&mut self, answer: &Answer) -> String {
        let reason = answer.reason.as_deref().map_or_else(String::new, |reason| format!(" {reason}"));
        let case = answer.escalation.as_ref().map(|e| number(&mut self.cases, e.id));
        let grant = answer.grant.as_ref().map(|g| self.terms(g));
        let case = case.map_or_else(String::new, |n| format!(" E{n}"));
        let grant = grant.map_or_else(String::new, |terms| format!(" {terms}"));
        match answer.outcome {
            Outcome::Escalate => format!("escalate{case}"),
            outcome => format!("{}{reason}{case}{grant}", outcome.as_str()),
        }
    }

    /// A grant's name and terms, times in milliseconds since the start.
    fn terms(&mut self, g: &GrantRef) -> String {
        let n = number(&mut self.grants, g.id);
        let starts = self.since(g.starts_at.unwrap());
        let lease = g.lease_s.map_or_else(String::new, |s| format!(" lease {}", s * 1_000));
        format!("G{n} {}x {starts}..{}{lease}", g.uses, self.since(g.expires_at))
    }

    pub(super) fn cast(&self, record: &Record, approve: bool, care: bool, stale: bool) -> Cast {
        let e = &record.escalation;
        let code = if approve { ReasonCode::Planned } else { ReasonCode::NotExpected };
        Cast {
            verdict: if approve { Verdict::Approve } else { Verdict::Deny },
            seat: None,
            digest: if stale { "of an earlier card".into() } else { e.digest.clone() },
            card_version: e.card_version,
            code: care.then_some(code),
            reason: care.then(|| "as planned with the whole team".into()),
            shown_at: care.then(|| self.t.gov.now() - TimeDelta::seconds(30)),
            echo: None,
            step_up: care.then_some(StepUp::Passkey),
        }
    }
}

/// A build's digest by its number.
pub fn digest(n: usize) -> String {
    format!("{n:064x}")
}
