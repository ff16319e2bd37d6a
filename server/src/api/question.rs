//! Reading AuthZEN's questions (AuthZEN 1.0, Information Model). Unknown members are ignored; what is there must have the
//! right type; `null` is not an object.
use governance::{
    decision::{Action, Ask, Entity, Way},
    error::{Error, Result},
};
use serde_json::{Map, Value};

type Object = Map<String, Value>;

/// The four members an item of `evaluations` takes from the top where it lacks them.
const PARTS: [&str; 4] = ["subject", "action", "resource", "context"];
/// Where an item's part has members but not these, the top's stand in (certification scenario, Batch with default value
/// merging); nothing else is merged.
const REQUIRED: [&str; 3] = ["type", "id", "name"];

/// One question: `{subject, action, resource, context?}`.
///
/// # Errors
/// `Invalid`, naming the member.
pub fn ask(document: &Object, way: Way, idempotency_key: Option<String>) -> Result<Ask> {
    Ok(Ask {
        subject: entity(document, "subject")?,
        action: action(document)?,
        resource: entity(document, "resource")?,
        context: context(document)?,
        way,
        idempotency_key,
    })
}

/// # Errors
/// `Invalid` unless it is an object.
pub fn object(document: &Value) -> Result<&Object> {
    document
        .as_object()
        .ok_or_else(|| Error::invalid(format!("the document must be an object, not {}", kind(document))))
}

/// A subject or a resource.
///
/// # Errors
/// `Invalid`, naming the member.
pub fn entity(document: &Object, name: &str) -> Result<Entity> {
    let part = part(document, name)?;
    Ok(Entity { kind: text(part, name, "type")?, id: text(part, name, "id")?, properties: properties(part, name)? })
}

/// A subject or a resource that is searched for: its type counts, an id is ignored.
///
/// # Errors
/// `Invalid`, naming the member.
pub fn searched(document: &Object, name: &str) -> Result<Entity> {
    let part = part(document, name)?;
    Ok(Entity { kind: text(part, name, "type")?, id: String::new(), properties: properties(part, name)? })
}

/// # Errors
/// `Invalid`, naming the member.
pub fn action(document: &Object) -> Result<Action> {
    let part = part(document, "action")?;
    Ok(Action { name: text(part, "action", "name")?, properties: properties(part, "action")? })
}

/// # Errors
/// `Invalid` unless it is absent or an object.
pub fn context(document: &Object) -> Result<Object> {
    match document.get("context") {
        None => Ok(Object::new()),
        Some(Value::Object(context)) => Ok(context.clone()),
        Some(other) => Err(Error::invalid(format!("context must be an object, not {}", kind(other)))),
    }
}

/// An item of `evaluations` with the top's defaults filled in: a part that is there replaces the top's whole.
#[must_use]
pub fn with_defaults(top: &Object, item: &Object) -> Object {
    let mut whole = Object::new();
    for name in PARTS {
        let value = match (item.get(name), top.get(name)) {
            (Some(Value::Object(own)), Some(Value::Object(default))) if name != "context" => {
                let mut own = own.clone();
                for member in REQUIRED {
                    if let (false, Some(value)) = (own.contains_key(member), default.get(member)) {
                        own.insert(member.to_owned(), value.clone());
                    }
                }
                Value::Object(own)
            }
            (Some(own), _) => own.clone(),
            (None, Some(default)) => default.clone(),
            (None, None) => continue,
        };
        whole.insert(name.to_owned(), value);
    }
    whole
}

fn part<'a>(document: &'a Object, name: &str) -> Result<&'a Object> {
    match document.get(name) {
        Some(Value::Object(part)) => Ok(part),
        Some(other) => Err(Error::invalid(format!("{name} must be an object, not {}", kind(other)))),
        None => Err(Error::invalid(format!("{name} is missing"))),
    }
}

fn text(part: &Object, name: &str, member: &str) -> Result<String> {
    match part.get(member) {
        Some(Value::String(text)) if text.is_empty() => Err(Error::invalid(format!("{name}.{member} is empty"))),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(Error::invalid(format!("{name}.{member} must be a string, not {}", kind(other)))),
        None => Err(Error::invalid(format!("{name}.{member} is missing"))),
    }
}

fn properties(part: &Object, name: &str) -> Result<Object> {
    match part.get("properties") {
        None => Ok(Object::new()),
        Some(Value::Object(properties)) => Ok(properties.clone()),
        Some(other) => Err(Error::invalid(format!("{name}.properties must be an object, not {}", kind(other)))),
    }
}

/// What a value is, in words.
#[must_use]
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn every_missing_or_mistyped_member_is_named() {
        #[track_caller]
        fn check(pointer: &str, put: Option<Value>, want: &str) {
            let mut whole = json!({"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
                "resource": {"type": "record", "id": "record-1"}});
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            let parent = whole.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            match put {
                Some(value) => parent.insert(member.into(), value),
                None => parent.remove(member),
            };
            let got = ask(&of(whole), Way::Evaluation, None).map_or_else(|e| e.detail, |_| "read".into());
            assert_eq!(got, want, "{pointer}");
        }
        for part in ["subject", "action", "resource"] {
            check(&format!("/{part}"), None, &format!("{part} is missing"));
            check(&format!("/{part}"), Some(json!("alice")), &format!("{part} must be an object, not a string"));
            check(&format!("/{part}"), Some(json!(null)), &format!("{part} must be an object, not null"));
            check(
                &format!("/{part}/properties"),
                Some(json!([])),
                &format!("{part}.properties must be an object, not an array"),
            );
            check(&format!("/{part}/properties"), Some(json!({"x": [null, 1.5]})), "read");
        }
        for (part, member) in
            [("subject", "type"), ("subject", "id"), ("action", "name"), ("resource", "type"), ("resource", "id")]
        {
            let at = format!("/{part}/{member}");
            check(&at, None, &format!("{part}.{member} is missing"));
            check(&at, Some(json!(123)), &format!("{part}.{member} must be a string, not a number"));
            check(&at, Some(json!("")), &format!("{part}.{member} is empty"));
        }
        check("/context", Some(json!(true)), "context must be an object, not a boolean");
        check("/context", Some(json!({"ip": "192.168.1.1"})), "read");
        check("/futureField", Some(json!({"nested": true})), "read");
        check("/subject/futureField", Some(json!(1)), "read");
    }

    #[test]
    fn a_part_of_an_item_replaces_the_tops_but_for_what_it_must_have() {
        #[track_caller]
        fn check(top: Value, item: Value, want: Value) {
            assert_eq!(Value::Object(with_defaults(&of(top), &of(item))), want);
        }
        let alice = json!({"type": "user", "id": "alice", "properties": {"role": "admin"}});
        check(json!({"subject": alice, "foo": 1}), json!({"bar": 1}), json!({"subject": alice}));
        check(
            json!({"subject": alice}),
            json!({"subject": {"type": "user", "id": "bob"}}),
            json!({"subject": {"type": "user", "id": "bob"}}),
        );
        check(
            json!({"resource": {"type": "record", "properties": {"status": "archived"}}}),
            json!({"resource": {"id": "record-1"}}),
            json!({"resource": {"type": "record", "id": "record-1"}}),
        );
        check(json!({"action": {"name": "read"}}), json!({"action": {}}), json!({"action": {"name": "read"}}));
        check(
            json!({"context": {"id": "a", "time": 1}}),
            json!({"context": {"time": 2}}),
            json!({"context": {"time": 2}}),
        );
        check(json!({"subject": alice}), json!({"subject": null}), json!({"subject": null}));
    }

    #[test]
    fn an_id_of_what_is_searched_is_ignored() {
        let found = searched(&of(json!({"subject": {"type": "user", "id": 7}})), "subject").unwrap();
        assert_eq!((found.kind.as_str(), found.id.as_str()), ("user", ""));
        assert!(searched(&of(json!({"subject": {"id": "x"}})), "subject").is_err());
    }
}
