//! Changes of parts of a resource (RFC 7644 §3.5.2), with what Okta and Entra make of them. All or none: a change works on a
//! copy.
use super::document::{check_schemas, kept, single, value_of, whole};
use super::filter::Filter;
use super::path::{Place, Target, parse};
use super::schema::{self, Attribute, Form};
use super::{Document, Fault, Resource, Result};
use serde_json::Value;

pub const URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Most operations of one request.
const MOST: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// The resource after all operations of a request, which fail together.
///
/// # Errors
/// As RFC 7644 table 9 has them, saying which operation it was.
pub fn apply(of: Resource, before: &Document, body: &Value) -> Result<Document> {
    let Value::Object(body) = body else { return Err(Fault::syntax("send one JSON object")) };
    check_schemas(body, URN)?;
    let operations = body.iter().find(|(name, _)| name.eq_ignore_ascii_case("Operations"));
    let Some(Value::Array(operations)) = operations.map(|(_, value)| value) else {
        return Err(Fault::syntax("Operations: a list is expected"));
    };
    if operations.is_empty() || operations.len() > MOST {
        return Err(Fault::syntax(format!("Operations: 1 to {MOST} are expected")));
    }
    let mut after = before.clone();
    for (n, operation) in operations.iter().enumerate() {
        one(of, &mut after, operation).map_err(|f| Fault { detail: format!("Operations[{n}]: {}", f.detail), ..f })?;
    }
    whole(of, &mut after)?;
    Ok(after)
}

fn one(of: Resource, it: &mut Document, operation: &Value) -> Result<()> {
    let member = |wanted: &str| {
        let members = operation.as_object().into_iter().flatten();
        members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let verb = match member("op").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Verb::Add,
        Some("replace") => Verb::Replace,
        Some("remove") => Verb::Remove,
        _ => return Err(Fault::syntax("op: add, replace or remove is expected")),
    };
    let value = member("value");
    match (member("path"), verb) {
        (Some(Value::String(path)), _) => at(of, it, verb, path, value),
        (None | Some(Value::Null), Verb::Remove) => Err(Fault::no_target("remove needs a path")),
        (None | Some(Value::Null), _) => {
            let Some(Value::Object(parts)) = value else {
                return Err(Fault::value("without a path, value is an object of attributes"));
            };
            for (path, value) in parts {
                pathless(of, it, verb, path, value)?;
            }
            Ok(())
        }
        _ => Err(Fault::path("path: a text is expected")),
    }
}

/// One member of an operation without a path. As in a whole resource, what is read-only or unknown is passed over; Entra
/// writes paths there (`name.givenName`).
fn pathless(of: Resource, it: &mut Document, verb: Verb, path: &str, value: &Value) -> Result<()> {
    let first = path.split(['.', '[']).next().unwrap_or(path);
    let plain = !path.contains(':');
    if plain && schema::find_written(of, first).is_none_or(|a| !kept(a)) {
        return Ok(());
    }
    if path.eq_ignore_ascii_case(of.urn())
        && let Value::Object(inner) = value
    {
        return inner.iter().try_for_each(|(path, value)| pathless(of, it, verb, path, value));
    }
    at(of, it, verb, path, Some(value))
}

fn at(of: Resource, it: &mut Document, verb: Verb, path: &str, value: Option<&Value>) -> Result<()> {
    let Place::Kept(target) = parse(of, path)? else { return Ok(()) };
    if !kept(target.attribute) {
        return Err(Fault::mutability(format!("{} is read-only", target.attribute.name)));
    }
    match verb {
        Verb::Remove => remove(it, &target, value),
        _ => {
            let value = value.ok_or_else(|| Fault::value("a value is expected"))?;
            set(it, &target, verb, value)
        }
    }
}

fn set(it: &mut Document, target: &Target, verb: Verb, value: &Value) -> Result<()> {
    let attribute = target.attribute;
    match (&target.which, target.part) {
        (Some(which), part) => set_chosen(it, attribute, (which, part), verb, value),
        (None, Some(part)) => set_part(it, attribute, part, value),
        (None, None) => {
            let Some(new) = value_of(attribute, value)? else {
                return if verb == Verb::Replace { clear(it, attribute) } else { Ok(()) };
            };
            match (it.get_mut(attribute.name), verb, new) {
                (Some(Value::Array(known)), Verb::Add, Value::Array(new)) => append(attribute, known, new),
                (Some(Value::Object(known)), Verb::Add, Value::Object(new)) => {
                    known.extend(new);
                    Ok(())
                }
                (_, _, new) => {
                    it.insert(attribute.name.into(), new);
                    Ok(())
                }
            }
        }
    }
}

/// Adds the values that are not there; a new primary one takes the place of the old.
fn append(attribute: &Attribute, known: &mut Vec<Value>, new: Vec<Value>) -> Result<()> {
    if known.len() + new.len() > super::document::MOST {
        return Err(Fault::value(format!("{}: at most {} values", attribute.name, super::document::MOST)));
    }
    if new.iter().any(|v| v["primary"] == true) {
        unset_primary(known);
    }
    // members by the thousand: a look at each pair would take seconds
    let there: std::collections::HashSet<String> = known.iter().map(identity_of).collect();
    let mut fresh = std::collections::HashSet::new();
    known.extend(new.into_iter().filter(|v| {
        let name = identity_of(v);
        !there.contains(&name) && fresh.insert(name)
    }));
    Ok(())
}

/// What makes two values the same: a member is one however it is said.
fn identity_of(value: &Value) -> String {
    match (value.get("type"), value.get("primary"), value.get("value"), value.get("$ref")) {
        (None, None, Some(id), _) => id.to_string(),
        (_, None, Some(id), Some(_)) => id.to_string(),
        _ => value.to_string(),
    }
}

fn unset_primary(values: &mut [Value]) {
    for value in values {
        if let Some(parts) = value.as_object_mut().filter(|p| p.contains_key("primary")) {
            parts.insert("primary".into(), false.into());
        }
    }
}

fn set_part(it: &mut Document, attribute: &Attribute, part: &Attribute, value: &Value) -> Result<()> {
    let new = single(part, value)?;
    match it.entry(attribute.name).or_insert_with(|| empty_of(attribute)) {
        Value::Array(values) => {
            if values.is_empty() {
                values.push(Value::Object(Document::new()));
            }
            values.iter_mut().for_each(|v| put(v, part, new.clone()));
        }
        one => put(one, part, new),
    }
    tidy(it, attribute)
}

fn empty_of(attribute: &Attribute) -> Value {
    if attribute.many { Value::Array(vec![]) } else { Value::Object(Document::new()) }
}

fn put(into: &mut Value, part: &Attribute, value: Option<Value>) {
    let Some(parts) = into.as_object_mut() else { return };
    match value {
        Some(value) => drop(parts.insert(part.name.into(), value)),
        None => drop(parts.remove(part.name)),
    }
}

/// Sets the values that a filter chooses, or a part of each. Adding where none is makes the one that the filter describes.
fn set_chosen(
    it: &mut Document,
    attribute: &'static Attribute,
    (which, part): (&Filter, Option<&'static Attribute>),
    verb: Verb,
    value: &Value,
) -> Result<()> {
    let new = match part {
        Some(part) => Document::from_iter(single(part, value)?.map(|v| (part.name.to_owned(), v))),
        None if attribute.form == Form::Complex && value.is_object() => match single_loose(attribute, value)? {
            Value::Object(parts) => parts,
            _ => Document::new(),
        },
        None => return Err(Fault::value(format!("{}: an object is expected", attribute.name))),
    };
    let values = it.entry(attribute.name).or_insert_with(|| Value::Array(vec![]));
    let Value::Array(values) = values else { return Err(Fault::path("it has one value alone")) };
    let chosen: Vec<usize> =
        (0..values.len()).filter(|i| values[*i].as_object().is_some_and(|v| which.holds(v))).collect();
    if chosen.is_empty() {
        let made = which.as_value().filter(|_| verb == Verb::Add);
        let mut made = made.ok_or_else(|| Fault::no_target(format!("no value of {} is so", attribute.name)))?;
        made.extend(new);
        values.push(Value::Object(made));
        return tidy(it, attribute);
    }
    if new.get("primary") == Some(&Value::Bool(true)) {
        unset_primary(values);
    }
    for i in chosen {
        if let Some(parts) = values[i].as_object_mut() {
            if verb == Verb::Replace && part.is_none() {
                parts.clear();
            }
            parts.extend(new.clone());
        }
    }
    tidy(it, attribute)
}

/// The parts that are said, without asking for those that must be there in the end.
fn single_loose(attribute: &Attribute, value: &Value) -> Result<Value> {
    let mut out = Document::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(part) = attribute.part(name)
            && let Some(value) = single(part, value)?
        {
            out.insert(part.name.into(), value);
        }
    }
    Ok(Value::Object(out))
}

/// Brings a changed attribute into the form that is kept, or away with it.
fn tidy(it: &mut Document, attribute: &Attribute) -> Result<()> {
    match it.get(attribute.name).map(|value| value_of(attribute, value)).transpose()?.flatten() {
        Some(value) => {
            it.insert(attribute.name.into(), value);
            Ok(())
        }
        None => clear(it, attribute),
    }
}

fn clear(it: &mut Document, attribute: &Attribute) -> Result<()> {
    if attribute.required {
        return Err(Fault::mutability(format!("{} is required: it can be replaced, not removed", attribute.name)));
    }
    it.remove(attribute.name);
    Ok(())
}

fn remove(it: &mut Document, target: &Target, value: Option<&Value>) -> Result<()> {
    let attribute = target.attribute;
    let drop_of = |v: &Value| match (&target.which, value) {
        (Some(which), _) => v.as_object().is_some_and(|v| which.holds(v)),
        // Entra names the members to remove beside the path
        (None, Some(given)) => super::holds::each(given).any(|g| same_value(g, v)),
        (None, None) => true,
    };
    match (it.get_mut(attribute.name), target.part) {
        (None, _) if attribute.required => clear(it, attribute),
        (None, _) => Ok(()),
        (Some(Value::Array(values)), None) => {
            values.retain(|v| !drop_of(v));
            tidy(it, attribute)
        }
        (Some(Value::Array(values)), Some(part)) => {
            values.iter_mut().filter(|v| drop_of(v)).for_each(|v| put(v, part, None));
            tidy(it, attribute)
        }
        (Some(one), Some(part)) => {
            put(one, part, None);
            tidy(it, attribute)
        }
        (Some(_), None) => clear(it, attribute),
    }
}

fn same_value(given: &Value, it: &Value) -> bool {
    let id = given.get("value").unwrap_or(given);
    it.get("value") == Some(id)
}
