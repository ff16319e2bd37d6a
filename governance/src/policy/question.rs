//! The question an agent asks and the answer policy gives, before approvals are looked at.
use super::gate::Gate;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Kinds of identity: a subject of one of these types must be in the register (product.md, Words).
pub const IDENTITY_KINDS: [&str; 5] = ["agent", "service_account", "workload", "pipeline", "api_key"];

/// The type of the one group the register knows of identities, as a bundle's `[types]` names it.
pub const TEAM: &str = "team";

/// Members of `context` the server alone sets (interfaces.md, "From an AuthZEN question to a Cedar request").
/// What describes a run comes in `subject.properties` (`run`, `initiator`, `build`, `act`, `on_behalf_of`).
pub const SERVER_CONTEXT: [&str; 11] =
    ["now", "caller", "chain", "used", "task", "run", "initiator", "grant", "tool", "destination", "memory_store"];

/// Members of `context` that are about the asking and never reach Cedar, binding or join.
pub const UNEVALUATED_CONTEXT: [&str; 4] = ["approval", "justification", "probe", "words"];

/// A fact the register supplies about an identity, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterFact {
    pub name: &'static str,
    /// Whether every identity has it, so that a schema may require it.
    pub always: bool,
}

/// What a bundle's schema may declare of a kind of identity; the engine fills these from the register.
pub const REGISTER_FACTS: [RegisterFact; 8] = [
    RegisterFact { name: "name", always: true },
    RegisterFact { name: "kind", always: true },
    RegisterFact { name: "status", always: true },
    RegisterFact { name: "mode", always: true },
    RegisterFact { name: "environment", always: false },
    RegisterFact { name: "team", always: false },
    RegisterFact { name: "owner", always: false },
    RegisterFact { name: "backup", always: false },
];

/// Refuses a context that claims what only the server may say.
///
/// # Errors
/// `Invalid`, naming the member.
pub fn check_caller_context(context: &Map<String, Value>) -> Result<()> {
    if let Some(name) = SERVER_CONTEXT.into_iter().find(|name| context.contains_key(*name)) {
        return Err(Error::invalid(format!("context.{name} is set by the server; leave it out")));
    }
    if context.contains_key("input") {
        return Err(Error::invalid("context.input is filled from action.properties; send it there"));
    }
    Ok(())
}

/// What the register knows of a subject or a resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub attrs: Map<String, Value>,
    /// `(type, id)` of the groups it is in, such as `("team", "support-agents")`; types are mapped as the bundle says.
    pub groups: Vec<(String, String)>,
}

/// What the server adds to the context, each where the action's schema declares it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerContext {
    /// The log's time.
    pub now: Option<Timestamp>,
    /// Name of the identity or gateway whose key asked.
    pub caller: Option<String>,
    /// Names of the identities the work was handed through, first to last.
    pub chain: Vec<String>,
    /// Counters by name.
    pub used: BTreeMap<String, i64>,
    pub task: Option<Value>,
    /// `{name, data_class?}`: the highest class of data touched in the run. A schema that declares a text gets the name.
    pub run: Option<Value>,
    /// `{kind, checked, person?}`: `kind` is `person`, `schedule`, `event`, `self` or `unknown`, `checked` says that a
    /// gateway says so. A schema that declares a text gets the kind.
    pub initiator: Option<Value>,
    pub grant: Option<Value>,
    /// `{trust, definition, type, id, data_class?}`: what the register says of the tool; `None`: it is not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Value>,
    /// `{trust, type, id, data_class?}`: of the destination that the input names, else of a resource that is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Value>,
    /// `{trust, type, id, data_class?, retention_days?}`: of a resource that is a memory store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_store: Option<Value>,
}

/// One question, with the facts it is answered on. It is recorded, and replays to the same answer (I11).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub subject_type: String,
    pub subject_id: String,
    /// What the register says of the subject; `None`: it is not there.
    pub subject: Option<Facts>,
    /// What the caller says of the subject. For kinds of identity the register alone counts; for other types a claim
    /// fills what the bundle does not know.
    pub subject_properties: Map<String, Value>,
    pub action: String,
    /// `action.properties`; Cedar's `context.input`.
    pub input: Map<String, Value>,
    pub resource_type: String,
    pub resource_id: String,
    pub resource_properties: Map<String, Value>,
    pub resource: Option<Facts>,
    /// `context` as the caller sent it.
    pub context: Map<String, Value>,
    pub server: ServerContext,
}

impl Question {
    /// What stands at a path such as `context.input.amount_minor`, `context.used.refunds_day` or `resource.status`.
    /// Of a resource and a subject, facts come before properties of the request.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<Value> {
        let mut parts = path.split('.');
        let (root, first) = (parts.next()?, parts.next()?);
        let start = match root {
            "context" => match first {
                "input" => self.input.get(parts.next()?).cloned(),
                "used" => self.server.used.get(parts.next()?).map(|n| (*n).into()),
                "tool" => self.server.tool.clone(),
                "destination" => self.server.destination.clone(),
                "memory_store" => self.server.memory_store.clone(),
                other => self.context.get(other).cloned(),
            },
            "principal" => known(self.subject.as_ref(), &self.subject_properties, first),
            "resource" => known(self.resource.as_ref(), &self.resource_properties, first),
            _ => None,
        }?;
        parts.try_fold(start, |value, part| value.get(part).cloned())
    }
}

fn known(facts: Option<&Facts>, claims: &Map<String, Value>, name: &str) -> Option<Value> {
    facts.and_then(|f| f.attrs.get(name)).or_else(|| claims.get(name)).cloned()
}

/// Why policy denies. Closed; the words go to the log and to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rule could not be evaluated, or a fact the schema requires is missing.
    PolicyError,
    /// The schema has no such action.
    UnknownAction,
    /// A kind of identity that is not in the register.
    Unregistered,
    /// The action does not apply to a subject of this type, or the schema lacks the type.
    UnknownSubject,
    /// The action does not apply to a resource of this type, or the schema lacks the type.
    UnknownResource,
    /// A `forbid` without `@approval` matched.
    Forbidden,
    /// No `permit` matched.
    NoRule,
    /// An agent the work was handed through may not do it.
    ChainDenied,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::PolicyError,
        Self::UnknownAction,
        Self::Unregistered,
        Self::UnknownSubject,
        Self::UnknownResource,
        Self::Forbidden,
        Self::NoRule,
        Self::ChainDenied,
    ];
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PolicyError => "policy_error",
            Self::UnknownAction => "unknown_action",
            Self::Unregistered => "unregistered",
            Self::UnknownSubject => "unknown_subject",
            Self::UnknownResource => "unknown_resource",
            Self::Forbidden => "forbidden",
            Self::NoRule => "no_rule",
            Self::ChainDenied => "chain_denied",
        }
    }
    /// The same for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PolicyError => "policy could not be evaluated, so the answer is deny",
            Self::UnknownAction => "policy knows no such action",
            Self::Unregistered => "the subject is not in the register",
            Self::UnknownSubject => "the action does not apply to such a subject",
            Self::UnknownResource => "the action does not apply to such a resource",
            Self::Forbidden => "a rule forbids this",
            Self::NoRule => "no rule permits this",
            Self::ChainDenied => "an agent the work was handed through may not do it",
        }
    }
}
impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A property of the request that contradicts a fact. The fact was used; people see both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refuted {
    /// `resource.properties.status` or `subject.properties.environment`.
    pub property: String,
    pub claimed: Value,
    pub fact: Value,
}

/// The answer of policy alone, before approvals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Tentative {
    Deny {
        reason: Reason,
    },
    /// Only gates stand in the way; at least one, sorted by id.
    Gated {
        gates: Vec<Gate>,
    },
    Permit,
}

/// The answer with what led to it. Rule ids are `@id`s, sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    #[serde(flatten)]
    pub outcome: Tentative,
    /// The rules that decided: for a deny the `forbid`s, for an escalation the gates, for a permit the `permit`s.
    pub determining: Vec<String>,
    /// Every rule whose conditions held, those that did not decide included.
    pub matched: Vec<String>,
    /// What could not be evaluated.
    pub errors: Vec<String>,
    /// The `@reason`s of the `forbid`s that decided, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    pub refuted: Vec<Refuted>,
}

impl Evaluation {
    #[must_use]
    pub fn deny(reason: Reason, errors: Vec<String>) -> Self {
        Self {
            outcome: Tentative::Deny { reason },
            determining: vec![],
            matched: vec![],
            errors,
            reasons: vec![],
            refuted: vec![],
        }
    }

    /// Why it is denied, for people: what could not be evaluated, else what the rules say for themselves.
    #[must_use]
    pub fn why(&self, reason: Reason) -> String {
        match (self.errors.first(), self.reasons.is_empty()) {
            (Some(error), _) => error.clone(),
            (None, true) => reason.words().to_owned(),
            (None, false) => self.reasons.join("; "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_caller_may_not_say_what_the_server_says() {
        for name in SERVER_CONTEXT {
            let mut context = Map::new();
            context.insert(name.into(), json!(1));
            let error = check_caller_context(&context).unwrap_err();
            assert_eq!(error.detail, format!("context.{name} is set by the server; leave it out"));
        }
        let allowed = json!({"approval": {}, "justification": "x", "probe": true, "ticket": "T-1"});
        assert!(check_caller_context(allowed.as_object().unwrap()).is_ok());
        let input = json!({"input": {}});
        assert!(check_caller_context(input.as_object().unwrap()).is_err());
    }

    #[test]
    fn a_fact_stands_before_a_claim() {
        let mut question = Question::default();
        question.resource_properties.insert("status".into(), json!("open"));
        assert_eq!(question.at("resource.status"), Some(json!("open")));
        question.resource =
            Some(Facts { attrs: json!({"status": "closed"}).as_object().unwrap().clone(), groups: vec![] });
        assert_eq!(question.at("resource.status"), Some(json!("closed")));
        assert_eq!(question.at("resource"), None);
    }

    #[test]
    fn every_reason_reads_as_it_is_written() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), json!(reason.as_str()));
        }
    }
}
