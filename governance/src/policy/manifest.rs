//! `bundle.toml`: the bundle's name, its types, its counters and the words for headlines.
use super::duration;
use super::fault::{Fault, line_at};
use super::files::MANIFEST;
use super::question::{IDENTITY_KINDS, Question};
use cedar_policy::EntityTypeName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    pub name: String,
    pub description: String,
    /// From AuthZEN types to Cedar types; a name that is not here maps to itself.
    pub types: BTreeMap<String, String>,
    pub counters: Vec<Counter>,
    /// Words for headlines, by action.
    pub actions: BTreeMap<String, ActionWords>,
}

/// A budget's meter: what this system permitted within a window (semantics.md, Counters; I12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Its name in `context.used`.
    pub name: String,
    /// The actions whose permits it counts.
    pub actions: Vec<String>,
    /// Dotted path of the integer it adds up, such as `input.amount_minor`; without one it counts permits.
    pub sum: Option<String>,
    /// What keeps separate totals: `principal`, `resource`, or a text of the input such as `input.currency`.
    pub per: Vec<String>,
    /// Length of the sliding window in seconds.
    pub window_s: u32,
    /// The bundle's types: an identity keeps one total, however a request spells its type.
    #[serde(skip)]
    spellings: BTreeMap<String, String>,
}

impl Counter {
    /// Whether a permit of this action moves the counter.
    #[must_use]
    pub fn counts(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }
    /// What a permit of this question adds. A negative amount adds nothing: no act gives budget back by itself.
    /// An amount that is not there or not an integer adds the largest number, so that the budget is spent rather than
    /// passed by.
    #[must_use]
    pub fn amount(&self, question: &Question) -> i64 {
        match &self.sum {
            None => 1,
            Some(path) => {
                question.at(&format!("context.{path}")).and_then(|v| v.as_i64()).map_or(i64::MAX, |n| n.max(0))
            }
        }
    }
    /// The dimensions' values as `name=value` in the order of `per`: one total is kept for each. Each value is written
    /// as JSON, so that no two questions share a key by their spelling.
    #[must_use]
    pub fn key(&self, question: &Question) -> String {
        let spelt = |name: &str| self.spellings.get(name).map_or_else(|| name.to_owned(), Clone::clone);
        let parts = self.per.iter().map(|dimension| {
            let value = match dimension.as_str() {
                "principal" => serde_json::json!([spelt(&question.subject_type), question.subject_id]),
                "resource" => serde_json::json!([spelt(&question.resource_type), question.resource_id]),
                path => question.at(&format!("context.{path}")).unwrap_or_default(),
            };
            format!("{dimension}={value}")
        });
        parts.collect::<Vec<_>>().join("&")
    }
}

/// The words and places a headline is made from (ux.md R5), and how long a permit of the action holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionWords {
    /// What the agent wants to do: `refund`, `merge the pull request`.
    pub verb: String,
    /// Dotted path of the number that matters: `input.amount_minor`.
    pub amount: Option<String>,
    /// Whether the amount is in minor units of the currency `unit` names.
    pub minor_units: bool,
    /// A path (`input.currency`) or the word itself (`records`).
    pub unit: Option<String>,
    /// Dotted path of what it is done to; `resource.id` where nothing is said.
    pub target: String,
    /// Dotted path of the place data goes to, such as `input.destination`, where the register of resources is to know it.
    pub destination: Option<String>,
    /// The type it has in that register; `destination` where nothing is said.
    pub destination_type: String,
    /// Whether and how it can be undone, as a sentence.
    pub reversibility: Option<String>,
    /// Seconds a permit holds (`valid_until`); 5 where nothing is said.
    pub valid_s: u32,
}

impl Default for ActionWords {
    fn default() -> Self {
        Self {
            verb: String::new(),
            amount: None,
            minor_units: false,
            unit: None,
            target: "resource.id".into(),
            destination: None,
            destination_type: crate::resource::DESTINATION.into(),
            reversibility: None,
            valid_s: 5,
        }
    }
}

impl ActionWords {
    /// Type and id of the place a question sends data to, as the register of resources calls it.
    #[must_use]
    pub fn destination_of(&self, question: &Question) -> Option<(&str, String)> {
        let named = question.at(&format!("context.{}", self.destination.as_ref()?))?;
        // an entity may be written `{"type": …, "id": …}`
        let named = named.get("__entity").unwrap_or(&named);
        let id = named.as_str().or_else(|| named.get("id").and_then(serde_json::Value::as_str))?;
        Some((&self.destination_type, id.to_owned()))
    }
}

/// From AuthZEN types to Cedar types, read once.
#[derive(Debug, Default, Clone)]
pub struct Types {
    known: HashMap<String, EntityTypeName>,
    /// By the Cedar type, so that no spelling of the type leads past the register.
    kinds: HashMap<EntityTypeName, &'static str>,
}

impl Types {
    /// Reads the map; a type of the schema maps to itself.
    ///
    /// # Errors
    /// A name that is not a Cedar type's, with that name.
    pub fn new<'a>(
        map: &BTreeMap<String, String>,
        of_schema: impl Iterator<Item = &'a EntityTypeName>,
    ) -> Result<Self, String> {
        let mut types = Self { known: of_schema.map(|t| (t.to_string(), t.clone())).collect(), ..Self::default() };
        for (from, to) in map {
            let name: EntityTypeName = to.parse().map_err(|_| to.clone())?;
            types.known.insert(from.clone(), name);
        }
        for kind in IDENTITY_KINDS {
            if let Some(name) = types.cedar(kind) {
                types.kinds.insert(name, kind);
            }
        }
        Ok(types)
    }
    /// The Cedar type of an AuthZEN type; `None` for what cannot be one.
    pub fn cedar(&self, authzen: &str) -> Option<EntityTypeName> {
        self.known.get(authzen).cloned().or_else(|| authzen.parse().ok())
    }
    /// The kind of identity a Cedar type stands for.
    pub fn kind(&self, cedar: &EntityTypeName) -> Option<&'static str> {
        self.kinds.get(cedar).copied()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    types: BTreeMap<String, String>,
    #[serde(default)]
    counter: BTreeMap<String, RawCounter>,
    #[serde(default)]
    action: BTreeMap<String, RawWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCounter {
    action: OneOrMore,
    sum: Option<String>,
    per: Vec<String>,
    window: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    verb: String,
    amount: Option<String>,
    #[serde(default)]
    minor_units: bool,
    unit: Option<String>,
    target: Option<String>,
    destination: Option<String>,
    destination_type: Option<String>,
    reversibility: Option<String>,
    valid_for: Option<String>,
}

/// Reads `bundle.toml`. What it refers to is checked against the schema later.
///
/// # Errors
/// Each mistake with its line.
pub fn read(text: &str) -> Result<Manifest, Vec<Fault>> {
    let raw: RawManifest = toml::from_str(text).map_err(|e| {
        let line = e.span().map(|span| line_at(text, span.start));
        vec![Fault::new(MANIFEST, line, e.message())]
    })?;
    let mut faults = Vec::new();
    let mut counters = Vec::new();
    for (name, counter) in raw.counter {
        let Some(window_s) = duration::seconds(&counter.window) else {
            let line = line_of(text, &format!("[counter.{name}]"));
            faults.push(Fault::new(MANIFEST, line, format!("window `{}` is not a length such as 24h", counter.window)));
            continue;
        };
        let actions = match counter.action {
            OneOrMore::One(action) => vec![action],
            OneOrMore::More(actions) => actions,
        };
        let spellings = raw.types.clone();
        counters.push(Counter { name, actions, sum: counter.sum, per: counter.per, window_s, spellings });
    }
    let mut actions = BTreeMap::new();
    for (name, words) in raw.action {
        match words.read() {
            Ok(words) => {
                actions.insert(name, words);
            }
            Err(message) => faults.push(Fault::new(MANIFEST, action_line(text, &name), message)),
        }
    }
    if raw.name.trim().is_empty() || raw.name.len() > 100 {
        faults.push(Fault::new(MANIFEST, line_of(text, "name"), "name must have 1 to 100 characters"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Manifest { name: raw.name, description: raw.description, types: raw.types, counters, actions })
}

impl RawWords {
    fn read(self) -> Result<ActionWords, String> {
        let valid_s = match &self.valid_for {
            None => 5,
            // A permit that outlives its reasons is standing privilege: ten minutes is the most.
            Some(text) => duration::seconds(text)
                .filter(|s| *s <= 600)
                .ok_or_else(|| format!("valid_for `{text}` is not a length up to 10m such as 5s"))?,
        };
        Ok(ActionWords {
            verb: self.verb,
            amount: self.amount,
            minor_units: self.minor_units,
            unit: self.unit,
            target: self.target.unwrap_or_else(|| "resource.id".into()),
            destination: self.destination,
            destination_type: self.destination_type.unwrap_or_else(|| crate::resource::DESTINATION.into()),
            reversibility: self.reversibility,
            valid_s,
        })
    }
}

/// The line that begins with `start`.
pub fn line_of(text: &str, start: &str) -> Option<u32> {
    let at = text.lines().position(|line| line.trim_start().starts_with(start))?;
    u32::try_from(at).ok().and_then(|n| n.checked_add(1))
}

/// The line of an action's table, quoted or bare.
pub fn action_line(text: &str, name: &str) -> Option<u32> {
    line_of(text, &format!("[action.\"{name}\"]")).or_else(|| line_of(text, &format!("[action.{name}]")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEXT: &str = r#"
name = "demo"
[types]
agent = "Agent"
[counter.day]
action = "refund.create"
sum = "input.amount_minor"
per = ["principal", "input.currency"]
window = "24h"
[action."refund.create"]
verb = "refund"
valid_for = "10s"
"#;

    #[test]
    fn a_manifest_reads() {
        let manifest = read(TEXT).unwrap();
        assert_eq!(manifest.counters[0].window_s, 86_400);
        assert_eq!(manifest.counters[0].actions, ["refund.create"]);
        assert_eq!(manifest.actions["refund.create"].valid_s, 10);
        assert_eq!(manifest.actions["refund.create"].target, "resource.id");
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (from, to, line, words) in [
            ("window = \"24h\"", "window = \"a day\"", 5, "is not a length"),
            ("valid_for = \"10s\"", "valid_for = \"2h\"", 10, "up to 10m"),
            ("verb =", "verbs =", 11, "unknown field"),
            ("name = \"demo\"", "name = \"\"", 2, "1 to 100"),
            ("per =", "per ", 8, ""),
        ] {
            let fault = read(&TEXT.replace(from, to)).unwrap_err().remove(0);
            assert_eq!((fault.file.as_str(), fault.line), (MANIFEST, Some(line)), "{fault}");
            assert!(fault.message.contains(words), "{fault}");
        }
    }

    #[test]
    fn a_counter_keeps_totals_apart_and_no_act_gives_budget_back() {
        let counter = read(TEXT).unwrap().counters.remove(0);
        let mut question = Question { subject_type: "agent".into(), subject_id: "a".into(), ..Question::default() };
        question.input.insert("currency".into(), json!("EUR"));
        assert!(counter.counts("refund.create") && !counter.counts("refund"));
        assert_eq!(counter.amount(&question), i64::MAX);
        question.input.insert("amount_minor".into(), json!(-5));
        assert_eq!(counter.amount(&question), 0);
        question.input.insert("amount_minor".into(), json!(70));
        assert_eq!(counter.amount(&question), 70);
        let key = counter.key(&question);
        assert_eq!(key, r#"principal=["Agent","a"]&input.currency="EUR""#);
        assert_eq!(counter.key(&Question { subject_type: "Agent".into(), ..question }), key);
    }

    #[test]
    fn every_spelling_of_an_identitys_type_leads_to_the_register() {
        let map = [("agent".to_owned(), "Agent".to_owned()), ("ai_agent".into(), "Agent".into())].into();
        let types = Types::new(&map, [].into_iter()).unwrap();
        for spelling in ["agent", "ai_agent", "Agent"] {
            assert_eq!(types.kind(&types.cedar(spelling).unwrap()), Some("agent"), "{spelling}");
        }
        assert_eq!(types.kind(&types.cedar("user").unwrap()), None);
        assert_eq!(types.cedar("not a type"), None);
    }
}
