//! What the register says of the resources a question is about, as it is recorded with the decision.
use super::{ACTION, Definition, Kind, Resource, Standing};
use crate::grant::terms::Terms;
use crate::id::PersonId;
use crate::policy::gate::{Gate, Tier};
use crate::policy::question::Question;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Who is asked before something is used that nobody vouches for.
const ROUTE: &str = "register";

/// All resources of the register, for decisions.
#[derive(Debug, Clone, Default)]
pub struct Register(HashMap<String, HashMap<String, Resource>>);

impl FromIterator<Resource> for Register {
    fn from_iter<I: IntoIterator<Item = Resource>>(all: I) -> Self {
        let mut register = Self::default();
        for it in all {
            register.0.entry(it.resource_type.clone()).or_default().insert(it.resource_id.clone(), it);
        }
        register
    }
}

impl Register {
    #[must_use]
    pub fn get(&self, kind: &str, id: &str) -> Option<&Resource> {
        self.0.get(kind)?.get(id)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tool that acting on this resource uses: the resource itself, else the action.
    #[must_use]
    pub fn tool(&self, resource: (&str, &str), action: &str) -> Option<&Resource> {
        let named = [self.get(resource.0, resource.1), self.get(ACTION, action)];
        named.into_iter().flatten().find(|it| it.kind == Kind::Tool)
    }

    /// What it says of everything a question is about: its resource, the tool, the destination it names. `destination` is
    /// the type and id of the latter; `tool` the definition that the asker says it uses.
    #[must_use]
    pub fn of(
        &self,
        question: &Question,
        destination: Option<(&str, &str)>,
        tool: Option<&str>,
        at: Timestamp,
    ) -> Vec<Listed> {
        if self.is_empty() {
            return Vec::new();
        }
        let resource = (question.resource_type.as_str(), question.resource_id.as_str());
        let named = [
            destination.and_then(|(kind, id)| self.get(kind, id)),
            self.tool(resource, &question.action),
            self.get(resource.0, resource.1),
        ];
        let mut all: Vec<Listed> = Vec::new();
        for it in named.into_iter().flatten() {
            let listed = Listed::of(it, tool, at);
            if !all.contains(&listed) {
                all.push(listed);
            }
        }
        all
    }
}

/// One resource at the instant of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub kind: Kind,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub id: String,
    pub trust: Standing,
    /// Of tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<Definition>,
    /// The definition it runs, where that is not the approved one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_class: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
}

impl Listed {
    fn of(it: &Resource, given: Option<&str>, at: Timestamp) -> Self {
        let definition = (it.kind == Kind::Tool).then(|| it.definition(given));
        let other = |digest: &&str| it.definition.as_deref() != Some(*digest);
        let digest = given.filter(other).or_else(|| it.seen.as_deref().filter(other));
        Self {
            kind: it.kind,
            resource_type: it.resource_type.clone(),
            id: it.resource_id.clone(),
            trust: it.standing(at),
            definition,
            digest: digest.filter(|_| definition == Some(Definition::Changed)).map(str::to_owned),
            data_class: it.data_class.clone(),
            retention_days: it.retention_days,
            owner: it.owner,
        }
    }

    /// `mcp_tool:files.read`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.resource_type, self.id)
    }

    /// What `context.tool`, `context.destination` or `context.memory_store` is to policy.
    #[must_use]
    pub fn for_policy(&self) -> Value {
        let mut it = Map::new();
        it.insert("type".into(), self.resource_type.as_str().into());
        it.insert("id".into(), self.id.as_str().into());
        it.insert("trust".into(), self.trust.as_str().into());
        it.extend(self.definition.map(|d| ("definition".to_owned(), d.as_str().into())));
        it.extend(self.data_class.clone().map(|class| ("data_class".to_owned(), class.into())));
        it.extend(self.retention_days.map(|days| ("retention_days".to_owned(), days.into())));
        it.into()
    }

    /// The gates that stand before it whatever policy says: a definition nobody approved, a trust that is not there. Their
    /// text names what was seen, so that an approval is for that and for nothing that comes after it.
    #[must_use]
    pub fn gates(&self) -> Vec<Gate> {
        let mut gates = Vec::new();
        let name = self.name();
        if self.definition == Some(Definition::Changed) {
            let digest = self.digest.as_deref().unwrap_or("one that was seen before");
            let text = format!("the tool {name} has another definition than the approved one: {digest}");
            let reason = "The tool has another definition than the one that was approved";
            gates.push(gate("register-definition".into(), text, reason));
        }
        let reason = match (self.trust, self.kind) {
            (Standing::Trusted | Standing::Unknown, _) => return gates,
            (Standing::Untrusted, Kind::Destination) => "The destination is not trusted",
            (Standing::Untrusted, Kind::Tool) => "The tool is not trusted",
            (Standing::Untrusted, Kind::MemoryStore) => "The memory store is not trusted",
            (Standing::Expired, Kind::Destination) => "The trust in the destination has run out",
            (Standing::Expired, Kind::Tool) => "The trust in the tool has run out",
            (Standing::Expired, Kind::MemoryStore) => "The trust in the memory store has run out",
        };
        let id = format!("register-trust-{}", self.kind.as_str().replace('_', "-"));
        gates.push(gate(id, format!("the {} {name} is {}", self.kind, self.trust), reason));
        gates
    }
}

fn gate(id: String, text: String, reason: &str) -> Gate {
    let text_hash = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    Gate {
        id,
        route: ROUTE.into(),
        tier: Tier::High,
        quorum: 1,
        expires_s: None,
        grant_s: None,
        terms: Terms::default(),
        reason: Some(reason.into()),
        file: "countersign".into(),
        line: 1,
        text,
        text_hash,
        limits: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ResourceId;
    use crate::resource::Trust;
    use chrono::TimeDelta;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH + TimeDelta::seconds(second)
    }
    fn listed(kind: Kind, name: (&str, &str), change: impl FnOnce(&mut Resource)) -> Resource {
        let mut it = Resource::new(ResourceId::new(at(0), [1; 10]), kind, name, at(0)).unwrap();
        change(&mut it);
        it
    }
    fn question() -> Question {
        Question {
            action: "crm.read".into(),
            resource_type: "crm_record".into(),
            resource_id: "c-1".into(),
            ..Question::default()
        }
    }

    #[test]
    fn everything_a_question_is_about_is_found_once() {
        let register: Register = [
            listed(Kind::Tool, (ACTION, "crm.read"), |_| {}),
            listed(Kind::MemoryStore, ("crm_record", "c-1"), |_| {}),
            listed(Kind::Destination, ("host", "a.example"), |it| it.trust = Trust::Untrusted),
        ]
        .into_iter()
        .collect();
        let all = register.of(&question(), Some(("host", "a.example")), None, at(1));
        assert_eq!(
            all.iter().map(Listed::name).collect::<Vec<_>>(),
            ["host:a.example", "action:crm.read", "crm_record:c-1"]
        );
        assert!(register.of(&Question::default(), None, None, at(1)).is_empty());
        let own = register.of(&Question { action: "other".into(), ..question() }, None, None, at(1));
        assert_eq!(own.len(), 1);
    }

    #[test]
    fn an_approval_is_for_the_definition_that_was_seen() {
        let tool = listed(Kind::Tool, ("mcp_tool", "files.read"), |it| it.definition = Some("a".repeat(64)));
        let of = |digest: &str| Listed::of(&tool, Some(digest), at(1)).gates();
        assert!(of(&"a".repeat(64)).is_empty());
        let (one, other) = (of(&"b".repeat(64)), of(&"c".repeat(64)));
        assert_eq!((one.len(), other.len()), (1, 1));
        assert_ne!(one[0].text_hash, other[0].text_hash);
    }

    #[test]
    fn what_is_unknown_stands_before_nothing_and_what_ran_out_does() {
        let gates = |trust, until: Option<i64>| {
            let it = listed(Kind::Destination, ("host", "a"), |it| {
                (it.trust, it.trusted_until) = (trust, until.map(at));
            });
            Listed::of(&it, None, at(10)).gates().into_iter().map(|g| g.reason.unwrap()).collect::<Vec<_>>()
        };
        assert!(gates(Trust::Unknown, None).is_empty() && gates(Trust::Trusted, Some(11)).is_empty());
        assert_eq!(gates(Trust::Trusted, Some(10)), ["The trust in the destination has run out"]);
        assert_eq!(gates(Trust::Untrusted, None), ["The destination is not trusted"]);
    }
}
