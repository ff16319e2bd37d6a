//! YAML documents to JSON values: the plain YAML that exports are made of.
//!
//! Refused are anchors, aliases and tags (no export has them, and aliases can make a short text endless), a key twice in one
//! mapping, nesting over [`DEEPEST`], and a last line without an end: JSON that is cut off shows it by itself, YAML does not.
use crate::error::{Error, Result};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// How deep mappings and sequences may stand in each other. A pod's own shape takes about ten.
const DEEPEST: usize = 64;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    pub value: Value,
    /// The last key of its outermost mapping, by which a cut can be told: what stands before it is whole.
    pub last_key: Option<String>,
}

/// What is being read: a list or a mapping, with the key whose value comes next.
enum Open {
    List(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

/// The documents of a file, empty ones left out.
///
/// # Errors
/// `Invalid` with line and column.
pub fn documents(file: &str, text: &str) -> Result<Vec<Document>> {
    if !text.ends_with('\n') {
        return Err(Error::invalid(format!(
            "{file}: the last line has no end, so the file seems cut off; export it again, or end it if it is whole"
        )));
    }
    let (mut all, mut open, mut last_key) = (vec![], Vec::<Open>::new(), None);
    for event in Parser::new_from_str(text) {
        let wrong = |line: usize, column: usize, what: &str| {
            Error::invalid(format!("{file}: line {line}, column {}: {what}", column + 1))
        };
        let (event, span) = event.map_err(|e| {
            wrong(e.marker().line(), e.marker().col(), "not valid YAML from here on, or the file is cut")
        })?;
        let here = |what: &str| wrong(span.start.line(), span.start.col(), what);
        let value = match event {
            Event::Alias(_) => return Err(here(STRANGE)),
            Event::Scalar(_, _, anchor, ref tag) if anchor != 0 || tag.is_some() => return Err(here(STRANGE)),
            Event::SequenceStart(anchor, ref tag) | Event::MappingStart(anchor, ref tag)
                if anchor != 0 || tag.is_some() =>
            {
                return Err(here(STRANGE));
            }
            Event::Scalar(text, style, ..) => match open.last_mut() {
                Some(Open::Mapping(map, key @ None)) => {
                    if map.contains_key(text.as_ref()) {
                        return Err(here("the same key a second time"));
                    }
                    *key = Some(text.into_owned());
                    continue;
                }
                _ => scalar(&text, style),
            },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == DEEPEST {
                    return Err(here("nested too deep"));
                }
                if matches!(open.last(), Some(Open::Mapping(_, None))) {
                    return Err(here("a key that is not text"));
                }
                open.push(match event {
                    Event::SequenceStart(..) => Open::List(vec![]),
                    _ => Open::Mapping(Map::new(), None),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Mapping(map, _)) => Value::Object(map),
                None => return Err(here("not valid YAML")),
            },
            Event::DocumentStart(_) => {
                last_key = None;
                continue;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => continue,
        };
        let outermost = open.len() == 1;
        match open.last_mut() {
            Some(Open::List(list)) => list.push(value),
            Some(Open::Mapping(map, key)) => {
                let key = key.take().ok_or_else(|| here("not valid YAML"))?;
                if outermost {
                    last_key = Some(key.clone());
                }
                map.insert(key, value);
            }
            None if value.is_null() => {}
            None => all.push(Document { value, last_key: last_key.take() }),
        }
    }
    Ok(all)
}

const STRANGE: &str = "an anchor, an alias or a tag: no export has them";

/// A scalar by the core schema of YAML 1.2; numbers that are not whole stay text.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.into());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.into()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_become_values() {
        let text = "---\napiVersion: v1\nitems:\n- a: 1\n  b: \"true\"\n  c: true\n  d:\n  e: [x, ~]\n  f: {}\nkind: List\n---\n---\n# none\nkind: Role\nrules: |\n  one\n  two\n";
        let got = documents("f", text).unwrap();
        let values: Vec<_> = got.iter().map(|d| (d.value.clone(), d.last_key.as_deref())).collect();
        let first = json!({"apiVersion": "v1", "kind": "List",
            "items": [{"a": 1, "b": "true", "c": true, "d": null, "e": ["x", null], "f": {}}]});
        let second = json!({"kind": "Role", "rules": "one\ntwo\n"});
        assert_eq!(values, [(first, Some("kind")), (second, Some("rules"))]);
    }

    #[test]
    fn what_no_export_has_is_refused_with_its_place() {
        let check = |text: &str, want: &str| {
            let got = documents("f.yaml", text).unwrap_err().to_string();
            assert!(got.contains(want) && !got.contains("hunter2"), "{got}");
        };
        check("a: &x [hunter2]\nb: *x\n", "f.yaml: line 1, column 4: an anchor");
        check("a: !!binary hunter2\n", "an anchor, an alias or a tag");
        check("a: 1\nb: 2\na: hunter2\n", "f.yaml: line 3, column 1: the same key a second time");
        check("a: hunter2", "the last line has no end");
        check("a: [hunter2\n", "not valid YAML from here on");
        check("? [hunter2]\n: 1\n", "a key that is not text");
        check(&format!("{}\n", "[".repeat(70) + &"]".repeat(70)), "nested too deep");
    }
}
