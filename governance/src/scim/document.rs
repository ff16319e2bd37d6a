//! What a client sends, brought into the one form that is kept: known names, right forms, nothing that is not its to set.
use super::schema::{self, Attribute, Form, Mutability};
use super::{Document, Fault, Resource, Result};
use serde_json::Value;

/// Longest text of one value, in characters.
const LONGEST: usize = 1_024;
/// Most values of one attribute.
pub const MOST: usize = 10_000;

/// Reads a whole resource, as POST and PUT send it. What is read-only or not kept is passed over (RFC 7644 §3.3, §3.5.1).
///
/// # Errors
/// `invalidSyntax` when it is no resource of this schema, `invalidValue` for a wrong form or what is missing.
pub fn read(of: Resource, body: &Value) -> Result<Document> {
    let Value::Object(given) = body else { return Err(Fault::syntax("send one JSON object")) };
    check_schemas(given, of.urn())?;
    let mut out = Document::new();
    for (name, value) in given {
        let Some(attribute) = schema::find_written(of, name).filter(|a| kept(a)) else { continue };
        let Some(value) = value_of(attribute, value)? else { continue };
        match out.insert(attribute.name.to_owned(), value.clone()) {
            Some(other) if other != value => {
                return Err(Fault::value(format!("{} is said twice, and not alike", attribute.name)));
            }
            _ => {}
        }
    }
    whole(of, &mut out)?;
    Ok(out)
}

/// Refuses a body whose `schemas` do not name the URN.
///
/// # Errors
/// `invalidSyntax`.
pub fn check_schemas(given: &Document, urn: &str) -> Result<()> {
    let schemas = given.iter().find(|(name, _)| name.eq_ignore_ascii_case("schemas")).map(|(_, value)| value);
    let said = schemas.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    match said.into_iter().any(|s| s.eq_ignore_ascii_case(urn)) {
        true => Ok(()),
        false => Err(Fault::syntax(format!("schemas does not name {urn}"))),
    }
}

/// Whether what a client says of it is kept.
#[must_use]
pub fn kept(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly && attribute.name != "schemas"
}

/// Fills in what follows from the rest, and refuses what is not whole.
///
/// # Errors
/// `invalidValue`, naming what is missing.
pub fn whole(of: Resource, it: &mut Document) -> Result<()> {
    if of == Resource::User
        && !it.contains_key("emails")
        && let Some(address) = it.get("userName").and_then(Value::as_str).and_then(|n| crate::person::email(n).ok())
    {
        it.insert("emails".into(), serde_json::json!([{ "value": address, "type": "work", "primary": true }]));
    }
    if of != Resource::Group {
        it.entry("active").or_insert(Value::Bool(true));
    }
    let required = schema::attributes(of).iter().filter(|a| a.required);
    match required.into_iter().find(|a| !it.contains_key(a.name)) {
        Some(missing) => Err(Fault::value(format!("{} is required", missing.name))),
        None => Ok(()),
    }
}

/// One attribute's value in the form that is kept; `None`: it has none (RFC 7643 §2.5).
///
/// # Errors
/// `invalidValue`, naming the attribute.
pub fn value_of(attribute: &Attribute, value: &Value) -> Result<Option<Value>> {
    if !attribute.many {
        return single(attribute, value);
    }
    let given = super::holds::each(value);
    let values: Vec<Value> = given.filter_map(|v| single(attribute, v).transpose()).collect::<Result<_>>()?;
    if values.len() > MOST {
        return Err(Fault::value(format!("{}: at most {MOST} values", attribute.name)));
    }
    if values.iter().filter(|v| v["primary"] == true).count() > 1 {
        return Err(Fault::value(format!("{}: at most one value is primary", attribute.name)));
    }
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// One value.
pub(super) fn single(attribute: &Attribute, value: &Value) -> Result<Option<Value>> {
    let wrong = |what: &str| Err(Fault::value(format!("{}: {what} is expected", attribute.name)));
    match (attribute.form, value) {
        (_, Value::Null) => Ok(None),
        (Form::Bool, Value::Bool(_)) => Ok(Some(value.clone())),
        // Entra sends "True" and "False"
        (Form::Bool, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true.into())),
        (Form::Bool, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false.into())),
        (Form::Bool, _) => wrong("true or false"),
        (Form::Complex, Value::Object(parts)) => complex(attribute, parts),
        // some clients send members as bare ids
        (Form::Complex, Value::String(_)) if attribute.many && attribute.part("value").is_some() => {
            complex(attribute, &Document::from_iter([("value".to_owned(), value.clone())]))
        }
        (Form::Complex, _) => wrong("an object"),
        (_, Value::String(text)) => {
            if text.chars().count() > LONGEST {
                return Err(Fault::value(format!("{}: at most {LONGEST} characters", attribute.name)));
            }
            Ok((!text.is_empty()).then(|| value.clone()))
        }
        _ => wrong("a text"),
    }
}

fn complex(attribute: &Attribute, parts: &Document) -> Result<Option<Value>> {
    let mut out = Document::new();
    for (name, value) in parts {
        let Some(part) = attribute.part(name).filter(|p| p.mutability != Mutability::ReadOnly) else { continue };
        if let Some(value) = single(part, value).map_err(|f| within(attribute, f))? {
            out.insert(part.name.to_owned(), value);
        }
    }
    match attribute.parts.iter().find(|p| p.required && !out.contains_key(p.name)) {
        Some(missing) if !out.is_empty() => {
            Err(Fault::value(format!("{}.{} is required", attribute.name, missing.name)))
        }
        _ => Ok((!out.is_empty()).then_some(Value::Object(out))),
    }
}

fn within(attribute: &Attribute, fault: Fault) -> Fault {
    Fault { detail: format!("{}.{}", attribute.name, fault.detail), ..fault }
}

/// Refuses another value of what is set once.
///
/// # Errors
/// `mutability`, naming the attribute.
pub fn check_immutable(of: Resource, before: &Document, after: &Document) -> Result<()> {
    let fixed = schema::attributes(of).iter().filter(|a| a.mutability == Mutability::Immutable);
    match fixed.into_iter().find(|a| before.get(a.name) != after.get(a.name)) {
        Some(a) => Err(Fault::mutability(format!("{} cannot be changed: it is what policies know it by", a.name))),
        None => Ok(()),
    }
}
