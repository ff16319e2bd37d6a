//! What must be right between the parts of a bundle, beyond what Cedar validates.
use super::entities::Statics;
use super::fault::Fault;
use super::files::{MANIFEST, SCHEMA};
use super::manifest::{ActionWords, Counter, Manifest, Types, action_line, line_of};
use super::question::{TEAM, UNEVALUATED_CONTEXT};
use super::rules::Rule;
use super::shape::{ActionShape, Member, Shape, Shapes};
use cedar_policy::{EntityTypeName, EntityUid};
use std::collections::{BTreeMap, BTreeSet};

/// Every `@id` once.
pub fn unique_ids(rules: &[Rule]) -> Vec<Fault> {
    let mut seen: BTreeMap<&str, &Rule> = BTreeMap::new();
    let mut faults = Vec::new();
    for rule in rules {
        if let Some(first) = seen.insert(&rule.text.id, rule) {
            faults.push(rule.fault(format!("the same @id stands in {}:{}", first.text.file, first.text.line)));
        }
    }
    faults
}

/// Groups a rule names must be in `entities.json`, and one that identities are to be in must be of the type of a team: else the
/// rule never matches, and what it was to forbid is permitted.
pub fn groups(rules: &[Rule], shapes: &Shapes, types: &Types, statics: &Statics) -> Vec<Fault> {
    let group_types: BTreeSet<&EntityTypeName> = shapes
        .entities
        .values()
        .flat_map(|e| &e.parents)
        .filter(|t| !shapes.entities.get(*t).is_some_and(|s| s.enumerated))
        .collect();
    let mut faults = Vec::new();
    for rule in rules {
        let named = [&rule.principal.within, &rule.resource.within].into_iter().flatten().chain(&rule.literals);
        for uid in named.collect::<BTreeSet<&EntityUid>>() {
            if group_types.contains(uid.type_name()) && !statics.contains_key(uid) {
                faults.push(rule.fault(format!("the group {uid} is not in entities.json; add it or mend the name")));
            } else if nobody_ever(uid, shapes, types, statics) {
                let ty = uid.type_name();
                faults.push(rule.fault(format!(
                    "no identity is ever in {uid}: say in bundle.toml that a team is one, [types] team = \"{ty}\""
                )));
            }
        }
    }
    faults
}

/// It is a group of identities alone, of another type than the team the register knows, and `entities.json` puts nothing into it.
fn nobody_ever(group: &EntityUid, shapes: &Shapes, types: &Types, statics: &Statics) -> bool {
    let mut members = shapes.entities.iter().filter(|(_, shape)| shape.parents.contains(group.type_name())).peekable();
    let team = types.cedar(TEAM);
    let by_register = team.as_ref() == Some(group.type_name());
    let listed = statics.iter().any(|(uid, entity)| uid != group && entity.reach.contains(group));
    members.peek().is_some() && members.all(|(name, _)| types.kind(name).is_some()) && !by_register && !listed
}

/// Types on the right of `[types]` exist in the schema.
pub fn types(manifest: &Manifest, text: &str, shapes: &Shapes) -> Vec<Fault> {
    let known = |name: &str| name.parse().is_ok_and(|name: EntityTypeName| shapes.entities.contains_key(&name));
    let unknown = manifest.types.iter().filter(|(_, to)| !known(to));
    unknown
        .map(|(from, to)| Fault::new(MANIFEST, line_of(text, from), format!("the schema has no entity type `{to}`")))
        .collect()
}

/// The members of an action's context that the server fills have the types it fills them with.
pub fn contexts(schema: &str, shapes: &Shapes, manifest: &Manifest) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut actions: Vec<_> = shapes.actions.iter().collect();
    actions.sort_by_key(|(name, _)| *name);
    for (name, action) in actions {
        let mut fault = |message: String| faults.push(Fault::new(SCHEMA, action_in(schema, name), message));
        for hidden in UNEVALUATED_CONTEXT.into_iter().filter(|hidden| action.context.contains_key(*hidden)) {
            fault(format!("action `{name}`: context.{hidden} never reaches policy; take it out"));
        }
        for (member, shape) in &action.context {
            let right = match (member.as_str(), &shape.shape) {
                ("input" | "used", shape) => matches!(shape, Shape::Record(_)),
                ("now", shape) => matches!(shape, Shape::Datetime),
                ("caller", shape) => matches!(shape, Shape::Text),
                ("chain", shape) => matches!(shape, Shape::Set(of) if matches!(**of, Shape::Text)),
                ("tool" | "destination" | "memory_store", shape) => of_register(member, shape),
                _ => true,
            };
            if !right {
                let wanted = "input and used are records, now is a datetime, caller a String, chain a Set<String>; tool, destination and memory_store are records of trust and, of a tool, definition, with data_class?, type?, id?, retention_days?";
                fault(format!("action `{name}`: context.{member} has the wrong type ({wanted})"));
            }
        }
        for (used, member) in action.used().into_iter().flatten() {
            if !matches!(member.shape, Shape::Long) || !member.required {
                fault(format!("action `{name}`: context.used.{used} must be a required Long"));
            }
            if !manifest.counters.iter().any(|c| c.name == *used) {
                fault(format!("action `{name}`: context.used.{used} has no [counter.{used}] in bundle.toml"));
            }
        }
    }
    faults
}

/// What the register says of a resource: the trust in it, of a tool also its definition; the rest is not always known.
fn of_register(name: &str, shape: &Shape) -> bool {
    let Shape::Record(members) = shape else { return false };
    members.iter().all(|(member, it)| match (member.as_str(), &it.shape) {
        ("trust", Shape::Text) => true,
        ("definition", Shape::Text) => name == "tool",
        ("data_class" | "type" | "id", Shape::Text) => !it.required,
        ("retention_days", Shape::Long) => name == "memory_store" && !it.required,
        _ => false,
    })
}

fn action_in(schema: &str, name: &str) -> Option<u32> {
    let at = schema
        .lines()
        .position(|l| l.contains("action") && (l.contains(&format!("\"{name}\"")) || l.contains(name)))?;
    u32::try_from(at).ok().and_then(|n| n.checked_add(1))
}

/// Counters add up declared integers of declared actions, and somebody reads them.
pub fn counters(manifest: &Manifest, text: &str, shapes: &Shapes) -> Vec<Fault> {
    let mut faults = Vec::new();
    for counter in &manifest.counters {
        let line = line_of(text, &format!("[counter.{}]", counter.name));
        let mut fault = |message: String| faults.push(Fault::new(MANIFEST, line, message));
        if counter.actions.is_empty() {
            fault("action must name at least one action".into());
        }
        for name in &counter.actions {
            match shapes.actions.get(name) {
                None => fault(format!("the schema has no action `{name}`")),
                Some(action) => counter_fields(counter, name, action).into_iter().for_each(&mut fault),
            }
        }
        let read = shapes.actions.values().any(|a| a.used().is_some_and(|used| used.contains_key(&counter.name)));
        if !read {
            fault(format!("no action's context declares used.{}: nothing would read this counter", counter.name));
        }
    }
    faults
}

fn counter_fields(counter: &Counter, name: &str, action: &ActionShape) -> Vec<String> {
    let mut wrong = Vec::new();
    let field = |path: &str| -> Option<&Member> { action.input()?.get(path.strip_prefix("input.")?) };
    if let Some(sum) = &counter.sum
        && !field(sum).is_some_and(|m| m.required && matches!(m.shape, Shape::Long))
    {
        wrong.push(format!("sum `{sum}` is not a required Long that action `{name}` declares in context.input"));
    }
    for per in counter.per.iter().filter(|per| !matches!(per.as_str(), "principal" | "resource")) {
        if !field(per).is_some_and(|m| m.required && matches!(m.shape, Shape::Text | Shape::Long | Shape::Bool)) {
            wrong.push(format!(
                "per `{per}` is neither principal, resource nor a required text or number of action `{name}`'s input"
            ));
        }
    }
    wrong
}

/// Words for headlines are for actions there are, and point at what they declare.
pub fn words(manifest: &Manifest, text: &str, shapes: &Shapes) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, words) in &manifest.actions {
        let mut fault = |message: String| faults.push(Fault::new(MANIFEST, action_line(text, name), message));
        let Some(action) = shapes.actions.get(name) else {
            fault(format!("the schema has no action `{name}`"));
            continue;
        };
        if words.verb.trim().is_empty() {
            fault("verb must say what the agent does".into());
        }
        wrong_paths(words, action).into_iter().for_each(&mut fault);
        if words.minor_units && (words.amount.is_none() || words.unit.is_none()) {
            fault("minor_units needs amount and unit".into());
        }
    }
    faults
}

fn wrong_paths(words: &ActionWords, action: &ActionShape) -> Vec<String> {
    let mut wrong = Vec::new();
    let input = |path: &str| action.input().and_then(|i| i.get(path.strip_prefix("input.")?));
    if let Some(amount) = &words.amount
        && !input(amount).is_some_and(|m| matches!(m.shape, Shape::Long | Shape::Decimal))
    {
        wrong.push(format!("amount `{amount}` is not a number the action declares in context.input"));
    }
    if let Some(unit) = words.unit.as_ref().filter(|unit| unit.starts_with("input."))
        && !input(unit).is_some_and(|m| matches!(m.shape, Shape::Text))
    {
        wrong.push(format!("unit `{unit}` is not a text the action declares in context.input"));
    }
    if let Some(destination) = &words.destination
        && !input(destination).is_some_and(|m| matches!(m.shape, Shape::Text | Shape::Entity(_)))
    {
        wrong.push(format!("destination `{destination}` is not a text or entity the action declares in context.input"));
    }
    let target = &words.target;
    let known = target == "resource.id" || target.starts_with("resource.properties.") || input(target).is_some();
    if !known {
        wrong.push(format!("target `{target}` is neither resource.id, resource.properties.… nor a declared input.…"));
    }
    wrong
}

/// The kinds of identity a bundle speaks of are entity types the register can fill: it cannot supply attributes of the
/// author's own making.
pub fn register(shapes: &Shapes, types: &Types, schema: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, shape) in shapes.entities.iter().filter(|(name, _)| types.kind(name).is_some()) {
        for (attr, member) in &shape.attrs {
            let supplied = super::question::REGISTER_FACTS.iter().find(|fact| fact.name == attr);
            let message = match supplied {
                None if !member.required => continue,
                None => format!("{name}.{attr} is required and the register has no such fact; declare it as {attr}?"),
                Some(fact) if member.required && !fact.always => {
                    format!("{name}.{attr} is not always known; declare it as {attr}?")
                }
                Some(_) if matches!(member.shape, Shape::Text) => continue,
                Some(_) => format!("{name}.{attr} must be a String: that is what the register has"),
            };
            let line =
                schema.lines().position(|l| l.contains(&name.to_string())).and_then(|n| u32::try_from(n + 1).ok());
            faults.push(Fault::new(SCHEMA, line, message));
        }
    }
    faults.sort();
    faults
}
