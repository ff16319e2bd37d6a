//! What the caller says of the run, read before facts are looked at.
use super::words::Words;
use crate::decision::Ask;
use crate::error::{Error, Result};
use serde_json::Value;

/// Longest chain of hand-offs.
pub const CHAIN_MAX: usize = 8;

/// What was read of the caller's words on the run, before facts are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub on_behalf_of: Option<String>,
    pub chain: Vec<String>,
    pub run: Option<String>,
    pub task: Option<String>,
    pub initiator: Option<String>,
    /// The person who started the run, as named.
    pub started_by: Option<String>,
    pub build: Option<String>,
    pub tool: Option<String>,
    pub justification: Option<String>,
    pub words: Option<Words>,
    pub approval: Option<Value>,
    pub probe: bool,
}

/// Reads what the caller says of the run: `subject.properties.{on_behalf_of, act, run, task, initiator, build}` and the
/// members of the context that never reach policy (interfaces.md). `initiator` is a word, or `{"type": …, "id": …}` with the
/// person who started the run.
pub(super) fn told(ask: &Ask) -> Result<Told> {
    let properties = &ask.subject.properties;
    let text = |name: &str| -> Result<Option<String>> {
        match properties.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) if s.len() <= 256 => Ok(Some(s.clone())),
            Some(_) => Err(Error::invalid(format!("subject.properties.{name} must be a text of at most 256 bytes"))),
        }
    };
    let on_behalf_of = match properties.get("on_behalf_of") {
        Some(Value::Object(o)) => o.get("id").and_then(Value::as_str).map(str::to_owned),
        _ => text("on_behalf_of")?,
    };
    let justification = match ask.context.get("justification") {
        None | Some(Value::Null) => None,
        Some(Value::String(s)) if s.chars().count() <= 2_000 => Some(s.clone()),
        Some(_) => return Err(Error::invalid("context.justification must be a text of at most 2,000 characters")),
    };
    let (initiator, started_by) = match properties.get("initiator") {
        Some(Value::Object(o)) => {
            let member = |name: &str| o.get(name).and_then(Value::as_str).filter(|s| s.len() <= 256).map(str::to_owned);
            (Some(member("type").unwrap_or_default()), member("id"))
        }
        _ => (text("initiator")?, None),
    };
    if let Some(i) = &initiator
        && !["person", "schedule", "event", "self"].contains(&i.as_str())
    {
        let how = "subject.properties.initiator is one of person, schedule, event, self, or an object with that as its type and the person's id";
        return Err(Error::invalid(how));
    }
    let build = text("build")?;
    if let Some(digest) = &build {
        crate::build::check_digest(digest, "subject.properties.build")?;
    }
    Ok(Told {
        on_behalf_of,
        chain: chain(properties.get("act"))?,
        run: text("run")?,
        task: text("task")?,
        started_by: started_by.filter(|_| initiator.as_deref() == Some("person")),
        initiator,
        build,
        tool: text("tool")?,
        justification,
        words: Words::read(&ask.context)?,
        approval: ask.context.get("approval").cloned(),
        probe: ask.context.get("probe") == Some(&Value::Bool(true)),
    })
}

/// `act` as RFC 8693 nests it (`{"sub": "a", "act": {"sub": "b"}}`, the latest actor outermost) or as a list from first to
/// last.
fn chain(act: Option<&Value>) -> Result<Vec<String>> {
    let wrong = || {
        Error::invalid(format!(
            "subject.properties.act is a list of at most {CHAIN_MAX} names, or nested {{\"sub\": …, \"act\": …}}"
        ))
    };
    let mut names = Vec::new();
    match act {
        None | Some(Value::Null) => {}
        Some(Value::Array(items)) => {
            for item in items {
                names.push(item.as_str().ok_or_else(wrong)?.to_owned());
            }
        }
        Some(mut link @ Value::Object(_)) => {
            loop {
                names.push(link.get("sub").and_then(Value::as_str).ok_or_else(wrong)?.to_owned());
                match link.get("act") {
                    Some(next) if names.len() <= CHAIN_MAX => link = next,
                    _ => break,
                }
            }
            names.reverse();
        }
        Some(_) => return Err(wrong()),
    }
    if names.len() > CHAIN_MAX {
        return Err(Error::invalid(format!(
            "subject.properties.act has {} links or more; at most {CHAIN_MAX}",
            names.len()
        )));
    }
    for (at, name) in names.iter().enumerate() {
        if let Some(first) = names[..at].iter().position(|earlier| earlier == name) {
            let (first, again, name) = (first + 1, at + 1, crate::word::short(name));
            return Err(Error::invalid(format!(
                "subject.properties.act goes in a circle: {name} is link {first} and link {again}"
            )));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_chain_reads_in_both_spellings_and_refuses_cycles() {
        assert_eq!(chain(Some(&json!(["a", "b"]))).unwrap(), ["a", "b"]);
        assert_eq!(chain(Some(&json!({"sub": "b", "act": {"sub": "a"}}))).unwrap(), ["a", "b"]);
        let refused = |act: Value| chain(Some(&act)).unwrap_err().detail;
        let circle = "subject.properties.act goes in a circle: a is link 1 and link 3";
        assert_eq!(refused(json!(["a", "b", "a"])), circle);
        assert_eq!(refused(json!({"sub": "a", "act": {"sub": "b", "act": {"sub": "a"}}})), circle);
        assert!(refused(json!("a")).contains("is a list of at most 8 names"));
        let long = "subject.properties.act has 9 links or more; at most 8";
        let names: Vec<_> = (0..9).map(|n| n.to_string()).collect();
        assert_eq!(refused(json!(names)), long);
        assert_eq!(chain(Some(&json!(names[..8]))).unwrap().len(), 8);
        let nested = names.iter().fold(Value::Null, |act, sub| json!({"sub": sub, "act": act}));
        assert_eq!(refused(nested), long);
    }
}
