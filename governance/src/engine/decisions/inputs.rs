//! What is recorded of a decision: all that its outcome follows from.
use super::{Acting, Evaluated, Known};
use crate::decision::{Action, Ask, Entity, Way};
use crate::engine::committer::Prepared;
use crate::id::{IdentityId, PersonId, SourceId, TaskId};
use crate::policy::bundle::Bundle;
use crate::policy::chain::{LinkAnswer, united};
use crate::policy::question::{Evaluation, Question};
use crate::resource::Listed;
use crate::store::facts::Subject;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is recorded of a decision, so that it replays to the same outcome (I11): the outcome is judged on this and on nothing
/// else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub question: Question,
    /// Policy's answer to the asker alone.
    pub evaluation: Evaluation,
    /// Its answers to the agents the work was handed through; what decided is [`Inputs::united`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkAnswer>,
    pub subject_properties: Map<String, Value>,
    pub acting: Option<Acting>,
    /// Ids of the identities the work was handed through.
    pub chain: Vec<Option<IdentityId>>,
    /// Ids of the people among its links.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handed_by: Vec<PersonId>,
    /// What the agent itself says started the work, where that is not believed: policy was told `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_initiator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<PersonId>,
    /// The task of ours it named, and why that did not carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<(TaskId, Option<String>)>,
    /// The build that might act and whether another waited, as they stood; absent: it never named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<(String, bool)>,
    /// What the register said of the tool, the destination and the memory store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub register: Vec<Listed>,
    pub stops: Vec<(String, String)>,
    /// What else the register said; `None` in decisions from before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
    pub justification: Option<String>,
}

/// What the register said of those who act and of the action, beside what policy reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grounds {
    /// Where the subject comes from. Who answers for it stands in the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
    /// The identities of the chain, first to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Place, counted from 0, of the first link that is neither an identity nor a person of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stranger: Option<usize>,
    /// Something serious is said of the action (semantics.md, Action facts).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub above_floor: bool,
    /// A rule narrowed one of those who act.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub narrowed: bool,
    /// Nobody active answers for one of those who act, who had an owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub orphaned: bool,
}

/// An identity of the chain, as far as a stop can reach it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceId>,
}

impl Inputs {
    /// What a question rests on at `at`.
    pub(crate) fn of(p: &Prepared, known: &Known, evaluated: Evaluated, at: Timestamp) -> Self {
        let Evaluated { question, own, links, listed } = evaluated;
        let grounds = Grounds {
            source: known.subject.as_ref().and_then(|s| s.source),
            links: known.chain.iter().flatten().map(|s| link(s)).collect(),
            stranger: known.chain.iter().zip(&known.handed_by).position(|(a, p)| a.is_none() && p.is_none()),
            above_floor: known.above_floor(&question.action),
            narrowed: known.actors().any(|s| s.narrowed),
            orphaned: known.actors().any(|s| s.orphaned),
        };
        Self {
            question,
            evaluation: own,
            links,
            subject_properties: p.ask.subject.properties.clone(),
            acting: known.acting.clone(),
            chain: known.chain.iter().map(|s| s.as_ref().map(|s| s.id)).collect(),
            handed_by: known.handed_by.iter().flatten().copied().collect(),
            claimed_initiator: p.initiator(known).claimed.map(str::to_owned),
            started_by: known.started_by,
            task: known.task.as_ref().map(|t| (t.id, p.misuse(known, at).map(|why| why.as_str().into()))),
            build: known.build.as_ref().map(|b| (b.digest.clone(), b.changed)),
            register: listed,
            stops: known.world.stops.clone(),
            grounds: Some(grounds),
            justification: p.told.justification.clone(),
        }
    }

    /// What policy answered the asker and every link together.
    #[must_use]
    pub fn united(&self) -> Evaluation {
        united(&self.evaluation, &self.links)
    }

    /// The same inputs with what a bundle answers to the same question on the same facts, asker and links.
    #[must_use]
    pub fn again(mut self, bundle: &Bundle) -> Self {
        self.links = self.links.iter().map(|link| link.again(bundle, &self.question)).collect();
        self.evaluation = bundle.evaluate(&self.question);
        self
    }

    /// The question as it was asked.
    #[must_use]
    pub fn ask(&self) -> Ask {
        let q = &self.question;
        Ask {
            subject: Entity {
                kind: q.subject_type.clone(),
                id: q.subject_id.clone(),
                properties: self.subject_properties.clone(),
            },
            action: Action { name: q.action.clone(), properties: q.input.clone() },
            resource: Entity {
                kind: q.resource_type.clone(),
                id: q.resource_id.clone(),
                properties: q.resource_properties.clone(),
            },
            context: {
                let mut context = q.context.clone();
                if let Some(words) = &self.justification {
                    context.insert("justification".into(), words.as_str().into());
                }
                context
            },
            way: Way::Evaluation,
            idempotency_key: None,
        }
    }

    /// A fact of the register about the subject, as policy read it.
    pub(crate) fn fact(&self, name: &str) -> Option<&str> {
        self.question.subject.as_ref()?.attrs.get(name)?.as_str()
    }
}

fn link(subject: &Subject) -> Link {
    Link { owner: subject.owner, source: subject.source }
}
