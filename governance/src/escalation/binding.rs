//! What an approval is bound to: the very bytes that are shown (semantics.md "What is bound", invariant I4).
use crate::id::{EscalationId, IdentityId, TaskId};
use crate::json::canonical;
use crate::time::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// What agents say of themselves never binds (semantics.md, Hostile input).
const NEVER_BOUND: [&str; 3] = ["approval", "justification", "words"];

/// The parameter bytes: canonical JSON of `{action, context, resource}`, of the context only the members that the action's
/// schema declares, never `approval`, `justification` and `words`.
#[must_use]
pub fn parameters(
    action: &Value,
    resource: &Value,
    context: &Map<String, Value>,
    declared: &BTreeSet<String>,
) -> Vec<u8> {
    let bound = |name: &&String| declared.contains(*name) && !NEVER_BOUND.contains(&name.as_str());
    let context: Map<String, Value> =
        context.iter().filter(|(name, _)| bound(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    canonical(&json!({ "action": action, "context": context, "resource": resource })).into_bytes()
}

/// SHA-256 of the parameter bytes, hex.
#[must_use]
pub fn parameters_hash(parameters: &[u8]) -> String {
    hex(&Sha256::digest(parameters))
}

/// Everything that makes one question that question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding<'a> {
    pub agent: IdentityId,
    pub agent_epoch: i64,
    /// The person acted for, as given; absent is not empty.
    pub acting: Option<&'a str>,
    /// Hand-offs, from the first to the last.
    pub chain: &'a [String],
    pub action: &'a str,
    /// Type and id.
    pub resource: (&'a str, &'a str),
    /// [`parameters`].
    pub parameters: &'a [u8],
    /// Hashes of the texts of the gates that matched, in any order.
    pub gates: &'a [String],
    /// The task it is for: an approval for one task is none for another.
    pub task: Option<TaskId>,
}

impl Binding<'_> {
    /// The digest a vote carries: this question, this escalation, until then. Hex SHA-256.
    #[must_use]
    pub fn digest(&self, escalation: EscalationId, expires_at: Timestamp) -> String {
        let mut fields = self.fields("countersign escalation v1");
        fields.text(&escalation.to_string());
        fields.number(expires_at.micros());
        fields.hex()
    }
    /// Equal for the same question asked again, whenever: what joins an open escalation or finds an approved one.
    #[must_use]
    pub fn question(&self) -> String {
        self.fields("countersign question v1").hex()
    }

    fn fields(&self, domain: &str) -> Fields {
        let mut fields = Fields(Sha256::new());
        fields.text(domain);
        fields.text(&self.agent.to_string());
        fields.number(self.agent_epoch);
        fields.list(self.acting.iter().copied());
        fields.list(self.chain.iter().map(String::as_str));
        fields.text(self.action);
        fields.text(self.resource.0);
        fields.text(self.resource.1);
        fields.bytes(self.parameters);
        fields.list(self.gates.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter());
        if let Some(task) = self.task {
            fields.text(&task.to_string());
        }
        fields
    }
}

/// Fields with their lengths before them (64 bits, big end first), so that no two lists of fields are one text.
struct Fields(Sha256);

impl Fields {
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.0.update(bytes);
    }
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
    fn number(&mut self, n: i64) {
        self.0.update(n.to_be_bytes());
    }
    fn list<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        let items: Vec<_> = items.collect();
        self.number(i64::try_from(items.len()).unwrap_or(i64::MAX));
        items.into_iter().for_each(|item| self.text(item));
    }
    fn hex(self) -> String {
        hex(&self.0.finalize())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> IdentityId {
        IdentityId::new(Timestamp::EPOCH, [n; 10])
    }
    fn escalation() -> EscalationId {
        EscalationId::new(Timestamp::EPOCH, [9; 10])
    }

    #[test]
    fn only_declared_context_is_bound_and_never_the_agents_words() {
        let context =
            json!({"input": {"b": 1, "a": 1.5}, "justification": "please", "approval": {"id": "x"}, "mood": "good"});
        let declared = ["input", "justification", "approval", "absent"].map(str::to_owned).into();
        let bytes = parameters(
            &json!({"properties": {"amount": 1}, "name": "refund"}),
            &json!({"type": "account", "id": "1"}),
            context.as_object().unwrap(),
            &declared,
        );
        let want = r#"{"action":{"name":"refund","properties":{"amount":1}},"context":{"input":{"a":1.5,"b":1}},"resource":{"id":"1","type":"account"}}"#;
        assert_eq!(String::from_utf8(bytes).unwrap(), want);
    }

    #[test]
    fn the_digest_is_the_one_it_always_was() {
        let (chain, gates) = (["agent/a".to_owned(), "agent/b".to_owned()], ["g2".to_owned(), "g1".to_owned()]);
        let binding = Binding {
            agent: id(1),
            agent_epoch: 3,
            acting: Some("per_1"),
            chain: &chain,
            action: "refund.create",
            resource: ("account", "stripe:test"),
            parameters: b"{}",
            gates: &gates,
            task: None,
        };
        let until = Timestamp::from_micros(1_800_000_000).unwrap();
        let mut bytes = Vec::new();
        let mut put = |text: &str| {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        };
        put("countersign escalation v1");
        put("idn_00000000000071018101010101010101");
        let mut number = |n: u64, texts: &[&str]| {
            bytes.extend(n.to_be_bytes());
            for text in texts {
                bytes.extend((text.len() as u64).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        };
        number(3, &[]);
        number(1, &["per_1"]);
        number(2, &["agent/a", "agent/b", "refund.create", "account", "stripe:test", "{}"]);
        number(2, &["g1", "g2", "esc_00000000000079098909090909090909"]);
        number(1_800_000_000, &[]);
        assert_eq!(binding.agent.to_string(), "idn_00000000000071018101010101010101");
        assert_eq!(binding.digest(escalation(), until), hex(&Sha256::digest(&bytes)));
        assert_ne!(binding.question(), binding.digest(escalation(), until));
        let of_task = Binding { task: Some(TaskId::new(Timestamp::EPOCH, [7; 10])), ..binding.clone() };
        assert_ne!(of_task.digest(escalation(), until), binding.digest(escalation(), until));
        assert_ne!(of_task.question(), binding.question());
    }

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Owned {
        agent: u8,
        epoch: i64,
        acting: Option<String>,
        chain: Vec<String>,
        action: String,
        resource: (String, String),
        parameters: String,
        gates: BTreeSet<String>,
        task: Option<u8>,
    }
    impl Owned {
        fn digests(&self) -> (String, String) {
            let gates: Vec<_> = self.gates.iter().rev().cloned().collect();
            let binding = Binding {
                agent: id(self.agent),
                agent_epoch: self.epoch,
                acting: self.acting.as_deref(),
                chain: &self.chain,
                action: &self.action,
                resource: (&self.resource.0, &self.resource.1),
                parameters: self.parameters.as_bytes(),
                gates: &gates,
                task: self.task.map(|n| TaskId::new(Timestamp::EPOCH, [n; 10])),
            };
            (binding.digest(escalation(), Timestamp::EPOCH), binding.question())
        }
    }
    /// Short texts over few letters, so that fields run into each other if anything lets them.
    fn owned() -> impl Strategy<Value = Owned> {
        let text = || "[ab]{0,2}";
        let texts = || proptest::collection::vec("[ab]{0,2}", 0..3);
        let task = || proptest::option::of(0..2_u8);
        (0..2_u8, 0..2_i64, proptest::option::of(text()), texts(), text(), (text(), text()), text(), texts(), task())
            .prop_map(|(agent, epoch, acting, chain, action, resource, parameters, gates, task)| {
                let gates = gates.into_iter().collect();
                Owned { agent, epoch, acting, chain, action, resource, parameters, gates, task }
            })
    }
    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]
        #[test]
        fn another_question_has_another_digest(a in owned(), b in owned()) {
            prop_assert_eq!(a == b, a.digests().0 == b.digests().0);
            prop_assert_eq!(a == b, a.digests().1 == b.digests().1);
        }
        #[test]
        fn text_moved_between_fields_makes_another_digest(a in owned()) {
            let mut b = a.clone();
            b.resource = (format!("{}{}", b.resource.0, b.resource.1), String::new());
            prop_assert_eq!(a == b, a.digests() == b.digests());
            let mut c = a.clone();
            c.chain = vec![c.chain.concat()];
            prop_assert_eq!(a == c, a.digests() == c.digests());
        }
    }
}
