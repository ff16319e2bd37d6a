//! A bundle: an immutable, content-addressed set of Cedar policies, schema, static facts and tests.
use super::check;
use super::entities::{self, Statics};
use super::fault::{Fault, line_at};
use super::files::{self, ENTITIES, Files, MANIFEST, SCHEMA};
use super::gate::Gate;
use super::guard;
use super::manifest::{self, ActionWords, Counter, Manifest, Types};
use super::rules::{self, PolicyText, Rule, described, offset_of};
use super::shape::{self, Shapes};
use super::slice::{self, ActionIndex};
use super::testing::{self, Case};
use cedar_policy::{EntityId, EntityUid, Schema};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::str::FromStr;

/// A bundle that reads, validates strictly and is ready to answer.
#[derive(Debug)]
pub struct Bundle {
    pub(super) id: [u8; 32],
    hash: String,
    manifest: Manifest,
    pub(super) types: Types,
    pub(super) shapes: Shapes,
    pub(super) statics: Statics,
    pub(super) rules: Vec<Rule>,
    pub(super) numbers: HashMap<String, usize>,
    pub(super) indexes: HashMap<String, ActionIndex>,
    gates: Vec<Gate>,
    counters: HashMap<String, Vec<Counter>>,
    pub(super) cases: Vec<Case>,
    nothing_declared: BTreeSet<String>,
}

impl Bundle {
    /// Reads a bundle from its files (name to bytes, as [`files::read_dir`] gives them).
    ///
    /// # Errors
    /// Everything that is wrong, each with file and line (semantics.md, Bundles).
    pub fn from_files(files: &Files) -> Result<Self, Vec<Fault>> {
        let texts = texts(files)?;
        let get = |name: &str| {
            texts.get(name).copied().ok_or_else(|| vec![Fault::new(name, None, "a bundle must hold this file")])
        };
        let (manifest_text, schema_text) = (get(MANIFEST)?, get(SCHEMA)?);
        let manifest = manifest::read(manifest_text)?;
        let (schema, shapes) = schema(schema_text).map_err(|fault| vec![fault])?;
        let types = Types::new(&manifest.types, shapes.entities.keys())
            .map_err(|name| vec![Fault::new(MANIFEST, None, format!("`{name}` is not the name of a Cedar type"))])?;

        let mut faults = Vec::new();
        let rules = rules(&texts, &mut faults);
        faults.extend(check::unique_ids(&rules));
        faults.extend(check::types(&manifest, manifest_text, &shapes));
        faults.extend(check::contexts(schema_text, &shapes, &manifest));
        faults.extend(check::register(&shapes, &types, schema_text));
        faults.extend(check::counters(&manifest, manifest_text, &shapes));
        faults.extend(check::words(&manifest, manifest_text, &shapes));
        let statics = entities::read(texts.get(ENTITIES).copied().unwrap_or("[]"), &schema, &shapes, &types);
        let statics = statics.unwrap_or_else(|fault| {
            faults.push(fault);
            Statics::new()
        });
        if faults.is_empty() {
            faults.extend(check::groups(&rules, &shapes, &types, &statics));
            faults.extend(guard::validate(&rules, schema.clone()));
        }
        let cases = testing::read(&texts, &mut faults);
        let indexes = slice::index(&rules, &schema, &shapes.actions).unwrap_or_else(|message| {
            faults.push(Fault::new(SCHEMA, None, message));
            HashMap::new()
        });
        if !faults.is_empty() {
            faults.sort();
            faults.dedup();
            return Err(faults);
        }
        let id = files::hash(files);
        let mut gates: Vec<Gate> = rules.iter().filter_map(|rule| rule.gate.clone()).collect();
        gates.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            id,
            hash: files::hex(&id),
            counters: counters(&manifest, &shapes),
            manifest,
            types,
            shapes,
            statics,
            numbers: rules.iter().enumerate().map(|(n, rule)| (rule.text.id.clone(), n)).collect(),
            rules,
            indexes,
            gates,
            cases,
            nothing_declared: BTreeSet::new(),
        })
    }

    /// Reads a bundle's folder into files.
    ///
    /// # Errors
    /// A file that does not belong or cannot be read.
    pub fn read_dir(dir: &Path) -> Result<Files, Fault> {
        files::read_dir(dir)
    }

    /// Hex SHA-256 over names and bytes of its files: the bundle's name in the log.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    /// What `entities.json` says of an entity, as written there, by its AuthZEN type and id.
    #[must_use]
    pub fn facts(&self, kind: &str, id: &str) -> Option<&serde_json::Map<String, serde_json::Value>> {
        let uid = EntityUid::from_type_name_and_id(self.types.cedar(kind)?, EntityId::new(id));
        self.statics.get(&uid).map(|known| &known.attrs)
    }
    /// All gates, sorted by id.
    #[must_use]
    pub fn gates(&self) -> &[Gate] {
        &self.gates
    }
    /// The groups of people its gates ask, with the highest quorum each route needs.
    #[must_use]
    pub fn routes(&self) -> BTreeMap<&str, u32> {
        let mut routes = BTreeMap::new();
        for gate in &self.gates {
            let needed = gate.quorum.max(gate.tier.least_quorum());
            let quorum = routes.entry(gate.route.as_str()).or_insert(needed);
            *quorum = needed.max(*quorum);
        }
        routes
    }
    /// Every rule, in the order of files and lines.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyText> {
        self.rules.iter().map(|rule| &rule.text)
    }
    /// The rule of this `@id`.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&PolicyText> {
        self.numbers.get(id).and_then(|n| self.rules.get(*n)).map(|rule| &rule.text)
    }
    /// How many tests it carries.
    #[must_use]
    pub fn tests(&self) -> usize {
        self.cases.len()
    }
    /// Whether the schema has an action of this name that somebody can ask for.
    #[must_use]
    pub fn action_known(&self, name: &str) -> bool {
        self.shapes.actions.contains_key(name)
    }
    /// The names of all actions, sorted.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.shapes.actions.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
    /// Members of the context that callers send and approvals bind to (semantics.md, What is bound); empty for an
    /// action that is not known.
    #[must_use]
    pub fn declared_context(&self, action: &str) -> &BTreeSet<String> {
        self.shapes.actions.get(action).map_or(&self.nothing_declared, |shape| &shape.declared)
    }
    /// Whether this action's schema declares more of a run than its name.
    #[must_use]
    pub fn reads_run(&self, action: &str) -> bool {
        let run = self.shapes.actions.get(action).and_then(|shape| shape.context.get("run"));
        run.is_some_and(|member| !matches!(member.shape, super::shape::Shape::Text))
    }
    /// The counters a question of this action reads or a permit of it moves.
    #[must_use]
    pub fn counters(&self, action: &str) -> &[Counter] {
        self.counters.get(action).map_or(&[], Vec::as_slice)
    }
    /// The names of all counters.
    #[must_use]
    pub fn counter_names(&self) -> Vec<String> {
        self.manifest.counters.iter().map(|c| c.name.clone()).collect()
    }
    /// An entity as the policy language writes it, `Agent::"a"`; the type as a request spells it.
    #[must_use]
    pub fn spelt(&self, request_type: &str, id: &str) -> Option<String> {
        Some(EntityUid::from_type_name_and_id(self.types.cedar(request_type)?, EntityId::new(id)).to_string())
    }
    /// The words for the action's headline, where the bundle has some.
    #[must_use]
    pub fn words(&self, action: &str) -> Option<&ActionWords> {
        self.manifest.actions.get(action)
    }
    /// Seconds a permit of the action holds.
    #[must_use]
    pub fn valid_seconds(&self, action: &str) -> u32 {
        self.words(action).map_or(5, |words| words.valid_s)
    }
    /// Whether `entities.json` lists this entity; the type as a request spells it.
    #[must_use]
    pub fn entity_listed(&self, request_type: &str, id: &str) -> bool {
        let name = self.types.cedar(request_type);
        name.is_some_and(|name| self.statics.contains_key(&EntityUid::from_type_name_and_id(name, EntityId::new(id))))
    }
    /// The ids of all entities of a type that `entities.json` lists, sorted; the type as a request spells it.
    #[must_use]
    pub fn entities_listed(&self, request_type: &str) -> BTreeSet<&str> {
        let name = self.types.cedar(request_type);
        let of_type = self.statics.keys().filter(|uid| name.as_ref() == Some(uid.type_name()));
        of_type.map(|uid| uid.id().unescaped()).collect()
    }
    /// The kind of identity a subject type of a request stands for, however it is spelt; `None` for other types.
    /// A subject of such a kind must be in the register.
    #[must_use]
    pub fn identity_kind(&self, subject_type: &str) -> Option<&'static str> {
        self.types.cedar(subject_type).and_then(|name| self.types.kind(&name))
    }
}

fn texts(files: &Files) -> Result<BTreeMap<&str, &str>, Vec<Fault>> {
    let mut texts = BTreeMap::new();
    let mut faults = Vec::new();
    let mut total: u64 = 0;
    for (name, bytes) in files {
        total += bytes.len() as u64;
        match std::str::from_utf8(bytes) {
            _ if !files::belongs(name) => faults.push(Fault::new(name, None, "this file does not belong to a bundle")),
            Ok(text) => {
                texts.insert(name.as_str(), text);
            }
            Err(e) => {
                let before = String::from_utf8_lossy(bytes.get(..e.valid_up_to()).unwrap_or_default());
                faults.push(Fault::new(name, Some(line_at(&before, before.len())), "is not UTF-8 here"));
            }
        }
    }
    if total > files::LARGEST_BUNDLE {
        faults.push(Fault::new(MANIFEST, None, "the bundle is larger than 32 MiB"));
    }
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}

fn schema(text: &str) -> Result<(Schema, Shapes), Fault> {
    let schema = Schema::from_str(text)
        .map_err(|e| Fault::new(SCHEMA, offset_of(&e).map(|offset| line_at(text, offset)), described(&e)))?;
    let (json, _) = cedar_policy::schema_str_to_json_with_resolved_types(text)
        .map_err(|e| Fault::new(SCHEMA, offset_of(&e).map(|offset| line_at(text, offset)), described(&e)))?;
    let shapes = shape::shapes(&schema, &json).map_err(|message| Fault::new(SCHEMA, None, message))?;
    Ok((schema, shapes))
}

fn rules(texts: &BTreeMap<&str, &str>, faults: &mut Vec<Fault>) -> Vec<Rule> {
    let files = texts.iter().filter(|(name, _)| name.ends_with(".cedar"));
    let rules: Vec<Rule> = files.flat_map(|(name, text)| rules::read(name, text, faults)).collect();
    if rules.is_empty() && faults.is_empty() {
        faults.push(Fault::new("policies/", None, "a bundle needs at least one rule"));
    }
    rules
}

fn counters(manifest: &Manifest, shapes: &Shapes) -> HashMap<String, Vec<Counter>> {
    let touches = |counter: &Counter, name: &str, shape: &shape::ActionShape| {
        counter.counts(name) || shape.used().is_some_and(|used| used.contains_key(&counter.name))
    };
    let of = |name: &str, shape| manifest.counters.iter().filter(|c| touches(c, name, shape)).cloned().collect();
    shapes.actions.iter().map(|(name, shape)| (name.clone(), of(name, shape))).collect()
}
