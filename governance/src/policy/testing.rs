//! A bundle's own tests: `tests/*.toml`, a request and what must be answered.
//!
//! ```toml
//! [[test]]
//! name = "a refund above the limit waits for finance"
//! subject = { type = "agent", id = "desk", attrs = { environment = "production" }, groups = [["team", "support"]] }
//! action = { name = "refund.create", properties = { amount_minor = 60000, currency = "EUR" } }
//! resource = { type = "account", id = "stripe:test" }
//! expect = "escalate"              # permit, deny or escalate
//! rules = ["refund-over-500"]      # the rules that decide, where it matters
//! ```
//! A subject of a kind of identity counts as registered unless it says `registered = false`. `reason` names the reason of
//! a deny; `[subjects.NAME]` holds a subject for several tests (`subject = "NAME"`); `used`, `server` and `context` fill
//! the context, `server` also with what the register says of tool, destination and memory store, each unknown where nothing is
//! said; `facts` of a resource are what the register knows of it.
use super::bundle::Bundle;
use super::fault::{Fault, line_at};
use super::question::{Facts, Question, ServerContext, Tentative};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One test of the bundle, ready to run.
#[derive(Debug)]
pub struct Case {
    file: String,
    line: Option<u32>,
    name: String,
    question: Question,
    expect: Expect,
    reason: Option<String>,
    rules: Option<Vec<String>>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestOutcome {
    pub file: String,
    pub line: Option<u32>,
    pub name: String,
    pub passed: bool,
    /// What came instead; empty for one that passed.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expect {
    Permit,
    Deny,
    Escalate,
}

impl Expect {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
            Self::Escalate => "escalate",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    subjects: BTreeMap<String, RawSubject>,
    #[serde(default)]
    test: Vec<toml::Spanned<RawCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    subject: SubjectOrName,
    action: RawAction,
    resource: RawResource,
    #[serde(default)]
    context: Map<String, Value>,
    #[serde(default)]
    used: BTreeMap<String, i64>,
    #[serde(default)]
    server: RawServer,
    expect: Expect,
    reason: Option<String>,
    rules: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SubjectOrName {
    Name(String),
    Subject(RawSubject),
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawSubject {
    r#type: String,
    id: String,
    #[serde(default)]
    properties: Map<String, Value>,
    registered: Option<bool>,
    #[serde(default)]
    attrs: Map<String, Value>,
    #[serde(default)]
    groups: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAction {
    name: String,
    #[serde(default)]
    properties: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResource {
    r#type: String,
    id: String,
    #[serde(default)]
    properties: Map<String, Value>,
    facts: Option<Map<String, Value>>,
    #[serde(default)]
    groups: Vec<(String, String)>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawServer {
    now: Option<String>,
    caller: Option<String>,
    #[serde(default)]
    chain: Vec<String>,
    task: Option<Value>,
    run: Option<Value>,
    initiator: Option<Value>,
    grant: Option<Value>,
    tool: Option<Value>,
    destination: Option<Value>,
    memory_store: Option<Value>,
}

/// Reads the tests of a bundle.
pub fn read(texts: &BTreeMap<&str, &str>, faults: &mut Vec<Fault>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, text) in texts.iter().filter(|(name, _)| name.starts_with("tests/")) {
        let raw: RawFile = match toml::from_str(text) {
            Ok(raw) => raw,
            Err(e) => {
                faults.push(Fault::new(*file, e.span().map(|s| line_at(text, s.start)), e.message()));
                continue;
            }
        };
        for case in raw.test {
            let line = Some(line_at(text, case.span().start));
            match case.into_inner().read(file, line, &raw.subjects) {
                Ok(case) => cases.push(case),
                Err(message) => faults.push(Fault::new(*file, line, message)),
            }
        }
    }
    cases
}

impl RawCase {
    fn read(self, file: &str, line: Option<u32>, subjects: &BTreeMap<String, RawSubject>) -> Result<Case, String> {
        let subject = match self.subject {
            SubjectOrName::Subject(subject) => subject,
            SubjectOrName::Name(name) => {
                subjects.get(&name).cloned().ok_or_else(|| format!("there is no [subjects.{name}] in this file"))?
            }
        };
        let now = match self.server.now {
            None => None,
            Some(text) => Some(Timestamp::parse(&text).ok_or_else(|| format!("now `{text}` is not a time"))?),
        };
        if self.reason.is_some() && self.expect != Expect::Deny {
            return Err("only a deny has a reason".into());
        }
        let registered = subject.registered.unwrap_or(true);
        let question = Question {
            subject_type: subject.r#type,
            subject_id: subject.id,
            subject: registered.then_some(Facts { attrs: subject.attrs, groups: subject.groups }),
            subject_properties: subject.properties,
            action: self.action.name,
            input: self.action.properties,
            resource_type: self.resource.r#type,
            resource_id: self.resource.id,
            resource_properties: self.resource.properties,
            resource: self.resource.facts.map(|attrs| Facts { attrs, groups: self.resource.groups }),
            context: self.context,
            server: ServerContext {
                now,
                caller: self.server.caller,
                chain: self.server.chain,
                used: self.used,
                task: self.server.task,
                run: self.server.run,
                initiator: self.server.initiator,
                grant: self.server.grant,
                tool: self.server.tool,
                destination: self.server.destination,
                memory_store: self.server.memory_store,
            },
        };
        let rules = self.rules.map(|mut rules| {
            rules.sort();
            rules
        });
        Ok(Case { file: file.into(), line, name: self.name, question, expect: self.expect, reason: self.reason, rules })
    }
}

impl Bundle {
    /// Runs the bundle's own tests.
    #[must_use]
    pub fn run_tests(&self) -> Vec<TestOutcome> {
        self.cases.iter().map(|case| self.run_test(case)).collect()
    }

    /// Ids of the rules whose conditions held in at least one test: the others are untried.
    #[must_use]
    pub fn rules_met_by_tests(&self) -> BTreeSet<String> {
        self.cases.iter().flat_map(|case| self.evaluate(&self.filled(case)).matched).collect()
    }

    /// Counters that a test does not speak of stand at nothing.
    fn filled(&self, case: &Case) -> Question {
        let mut question = case.question.clone();
        for counter in self.counters(&question.action) {
            question.server.used.entry(counter.name.clone()).or_insert(0);
        }
        question
    }

    fn run_test(&self, case: &Case) -> TestOutcome {
        let detail = self.difference(case).unwrap_or_default();
        TestOutcome {
            file: case.file.clone(),
            line: case.line,
            name: case.name.clone(),
            passed: detail.is_empty(),
            detail,
        }
    }

    fn difference(&self, case: &Case) -> Option<String> {
        if let Err(error) = self.question_check(&case.question) {
            return Some(format!("the request is not valid: {error}"));
        }
        let got = self.evaluate(&self.filled(case));
        let (answer, reason) = match &got.outcome {
            Tentative::Permit => (Expect::Permit, None),
            Tentative::Gated { .. } => (Expect::Escalate, None),
            Tentative::Deny { reason } => (Expect::Deny, Some(reason.as_str())),
        };
        let because = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
        let errors = got.errors.iter().map(|e| format!("; {e}")).collect::<String>();
        if answer != case.expect {
            let (want, got) = (case.expect.as_str(), answer.as_str());
            return Some(format!("expected {want}, got {got}{because}{errors}"));
        }
        if let Some(want) = &case.reason
            && reason != Some(want.as_str())
        {
            return Some(format!("expected the reason {want}, got{because}{errors}"));
        }
        let rules = case.rules.as_ref().filter(|rules| **rules != got.determining)?;
        Some(format!("expected the rules {}, got {}", rules.join(", "), got.determining.join(", ")))
    }
}
