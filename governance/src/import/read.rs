//! Bytes of an export to text and JSON, and a walk through it that knows where it stands.
//!
//! No message here ever quotes a value: an export may hold secrets in any place.
use super::snapshot::Problem;
use crate::error::{Error, Result};
use crate::time::Timestamp;
use serde::de::{Deserialize, Deserializer as _, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category, value::RawValue};

/// The text of a file: UTF-8, or UTF-16 with its mark (what PowerShell's `>` writes).
///
/// # Errors
/// `Invalid` for anything else, and for an empty file.
pub fn text(file: &str, bytes: &[u8]) -> Result<String> {
    let wide = |big: bool| -> Option<String> {
        let (pairs, rest) = bytes.get(2..)?.as_chunks::<2>();
        let unit = |p: &[u8; 2]| if big { u16::from_be_bytes(*p) } else { u16::from_le_bytes(*p) };
        if rest.is_empty() { String::from_utf16(&pairs.iter().map(unit).collect::<Vec<_>>()).ok() } else { None }
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(false),
        [0xfe, 0xff, ..] => wide(true),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(Into::into),
        _ => std::str::from_utf8(bytes).ok().map(Into::into),
    }
    .ok_or_else(|| {
        Error::invalid(format!("{file}: not a text file (UTF-8); give the export itself, not an archive of it"))
    })?;
    if text.trim().is_empty() {
        return Err(Error::invalid(format!("{file}: the file is empty; export it again")));
    }
    Ok(text)
}

/// The JSON documents of a file: one, or several one after the other, as tools write pages.
///
/// # Errors
/// `Invalid` with line and column, and whether the file seems cut off.
pub fn json(file: &str, text: &str) -> Result<Vec<Value>> {
    all(file, text)
}

/// The same, each as it stands in the text: a tree of a large one takes ten times the room.
///
/// # Errors
/// As [`json`], but for escapes that stand for no character, which reading it tells.
pub fn raw<'a>(file: &str, text: &'a str) -> Result<Vec<&'a RawValue>> {
    all(file, text)
}

fn all<'a, T: Deserialize<'a>>(file: &str, text: &'a str) -> Result<Vec<T>> {
    let read = serde_json::Deserializer::from_str(text).into_iter::<T>().collect::<Result<Vec<_>, _>>();
    read.map_err(|e| {
        let what = match e.classify() {
            Category::Eof => "the file ends in the middle of its JSON; export it again",
            _ => "not valid JSON from here on",
        };
        Error::invalid(format!("{file}: line {}, column {}: {what}", e.line(), e.column()))
    })
}

/// Reads the elements of a list one after the other, each gone before the next: how many there were.
///
/// # Errors
/// As `serde_json` says; what came before was told.
pub fn elements(list: &RawValue, tell: impl FnMut(usize, Value)) -> serde_json::Result<usize> {
    struct Elements<F>(F);
    impl<'a, F: FnMut(usize, Value)> Visitor<'a> for Elements<F> {
        type Value = usize;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'a>>(mut self, mut seq: A) -> std::result::Result<usize, A::Error> {
            let mut n = 0;
            while let Some(element) = seq.next_element()? {
                self.0(n, element);
                n += 1;
            }
            Ok(n)
        }
    }
    serde_json::Deserializer::from_str(list.get()).deserialize_seq(Elements(tell))
}

/// The JSON documents of a file that is nothing else.
///
/// # Errors
/// `Invalid` as [`text`] and [`json`] say, and as `other` says for what does not begin like JSON.
pub fn documents(file: &str, bytes: &[u8], other: impl FnOnce() -> Error) -> Result<Vec<Value>> {
    let text = text(file, bytes)?;
    if text.trim_start().starts_with(['{', '[']) { json(file, &text) } else { Err(other()) }
}

/// JSON as editors keep it: comments and trailing commas become spaces, so that lines and columns stay true.
#[must_use]
pub fn without_comments(text: &str) -> String {
    let mut out: Vec<char> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut comma = None; // where a comma stands that nothing but space has followed
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                comma = None;
                out.push(c);
                while let Some(c) = chars.next() {
                    out.push(c);
                    match c {
                        '\\' => out.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '/' if chars.peek() == Some(&'/') => {
                out.push(' ');
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    out.push(if c == '\r' { c } else { ' ' });
                }
            }
            '/' if chars.peek() == Some(&'*') => {
                let mut last = ' ';
                out.extend([' ', ' ']);
                chars.next();
                for c in chars.by_ref() {
                    out.push(if c == '\n' { c } else { ' ' });
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '}' | ']' => {
                if let Some(at) = comma.take() {
                    out[at] = ' ';
                }
                out.push(c);
            }
            ',' => {
                comma = Some(out.len());
                out.push(c);
            }
            c => {
                if !c.is_whitespace() {
                    comma = None;
                }
                out.push(c);
            }
        }
    }
    out.into_iter().collect()
}

/// The parts of a file's path without its ending, for answers that do not say what they were asked about: `apps/ID/grants.json`.
#[must_use]
pub fn path_parts(file: &str) -> Vec<&str> {
    let mut parts: Vec<_> = file.split(['/', '\\']).filter(|p| !p.is_empty()).collect();
    if let Some(last) = parts.last_mut() {
        *last = last.rsplit_once('.').map_or(*last, |(stem, _)| stem);
    }
    parts
}

/// A value of a file and the way to it.
#[derive(Debug, Clone)]
pub struct At<'a> {
    pub file: &'a str,
    pub path: String,
    pub value: &'a Value,
}

impl<'a> At<'a> {
    pub fn top(file: &'a str, value: &'a Value) -> Self {
        Self { file, path: String::new(), value }
    }
    /// Something is wrong right here.
    pub fn problem(&self, words: impl Into<String>) -> Problem {
        let place = if self.path.is_empty() { "top".into() } else { self.path.clone() };
        Problem { file: self.file.into(), place, words: words.into() }
    }
    fn object(&self) -> Result<&'a Map<String, Value>, Problem> {
        self.value.as_object().ok_or_else(|| self.problem(format!("expected an object, found {}", kind(self.value))))
    }
    /// A member; `None` where it is absent or null.
    pub fn get(&self, key: &str) -> Result<Option<At<'a>>, Problem> {
        let found = self.object()?.get(key).filter(|v| !v.is_null());
        let path = if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) };
        Ok(found.map(|value| At { file: self.file, path, value }))
    }
    /// A member that is text; `None` where it is absent or null.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Problem> {
        self.get(key)?.map(|at| at.as_text()).transpose()
    }
    /// A member that must be there and be text.
    pub fn need(&self, key: &str) -> Result<&'a str, Problem> {
        match self.text(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.problem(format!("{key} is missing"))),
        }
    }
    pub fn as_text(&self) -> Result<&'a str, Problem> {
        self.value.as_str().ok_or_else(|| self.problem(format!("expected text, found {}", kind(self.value))))
    }
    /// The elements of a member that is a list; none where it is absent or null.
    pub fn list(&self, key: &str) -> Result<Vec<At<'a>>, Problem> {
        self.get(key)?.map_or(Ok(vec![]), |at| at.items())
    }
    pub fn items(&self) -> Result<Vec<At<'a>>, Problem> {
        let list = self.value.as_array();
        let list = list.ok_or_else(|| self.problem(format!("expected a list, found {}", kind(self.value))))?;
        let item = |(i, value)| At { file: self.file, path: format!("{}[{i}]", self.path), value };
        Ok(list.iter().enumerate().map(item).collect())
    }
    /// The members of an object, by name.
    pub fn members(&self) -> Result<Vec<(&'a str, At<'a>)>, Problem> {
        let object = self.object()?;
        Ok(object
            .iter()
            .map(|(key, value)| {
                let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
                (key.as_str(), At { file: self.file, path, value })
            })
            .collect())
    }
    /// A member that is a whole number from 0; `None` where it is absent or null.
    pub fn number(&self, key: &str) -> Result<Option<u64>, Problem> {
        let not = |at: &At<'_>| at.problem(format!("expected a number, found {}", kind(at.value)));
        self.get(key)?.map(|at| at.value.as_u64().ok_or_else(|| not(&at))).transpose()
    }
    /// A member that is true or false; `None` where it is absent or null.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Problem> {
        let not = |at: &At<'_>| at.problem(format!("expected true or false, found {}", kind(at.value)));
        self.get(key)?.map(|at| at.value.as_bool().ok_or_else(|| not(&at))).transpose()
    }
    /// A member that is a date (RFC 3339); `None` where it is absent, null, or before 1970, as some write «never».
    pub fn date(&self, key: &str) -> Result<Option<Timestamp>, Problem> {
        let read = |at: &At<'_>| Timestamp::parse(at.as_text()?).ok_or_else(|| at.problem("not a date"));
        Ok(self.get(key)?.map(|at| read(&at)).transpose()?.filter(|at| *at > Timestamp::EPOCH))
    }
    /// A member that is one text or a list of texts; none where it is absent.
    pub fn texts(&self, key: &str) -> Result<Vec<&'a str>, Problem> {
        match self.get(key)? {
            None => Ok(vec![]),
            Some(at) if at.value.is_string() => Ok(vec![at.as_text()?]),
            Some(at) => at.items()?.iter().map(At::as_text).collect(),
        }
    }
}

/// What a value is, for a message.
#[must_use]
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_in_several_encodings() {
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("{\"ä\":1}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text("f", &wide).unwrap(), "{\"ä\":1}");
        assert_eq!(text("f", b"\xef\xbb\xbf{}").unwrap(), "{}");
        assert!(text("f", b"PK\x03\x04\xff\xff").unwrap_err().to_string().contains("not a text file"));
        assert!(text("f", b" \n").unwrap_err().to_string().contains("empty"));
        assert!(text("f", b"\xff\xfe\x00").is_err());
    }

    #[test]
    fn a_cut_file_says_so_and_where_and_shows_nothing() {
        let cut = json("x.json", "{\"token\": \"hunter2\",\n \"b\": [1, ").unwrap_err().to_string();
        assert!(cut.starts_with("x.json: line 2, column") && cut.contains("ends in the middle"), "{cut}");
        let bad = json("x.json", "{\"token\": hunter2}").unwrap_err().to_string();
        assert!(bad.contains("line 1, column 11: not valid JSON") && !bad.contains("hunter2"), "{bad}");
        assert_eq!(json("x", "{\"a\":1}\n{\"a\":2}").unwrap().len(), 2);
    }

    #[test]
    fn a_list_is_read_element_by_element() {
        let check = |text: &str, want: &str| {
            let mut told = vec![];
            let raw = raw("x.json", text).unwrap()[0];
            let got =
                elements(raw, |n, value| told.push(format!("{n} {value}"))).map_or("broken".into(), |n| n.to_string());
            assert_eq!(format!("{} of {got}", told.join(", ")), want, "{text}");
        };
        check("[1, [2], {\"a\": 3}]", "0 1, 1 [2], 2 {\"a\":3} of 3");
        check("[]", " of 0");
        check("{}", " of broken");
        check(r#"["a", "\ud800"]"#, r#"0 "a" of broken"#);
    }

    #[test]
    fn comments_vanish_and_lines_stay() {
        let check = |from: &str, want: &str| {
            let got = without_comments(from);
            assert_eq!(got.lines().count(), from.lines().count(), "{from}");
            let value: Value = serde_json::from_str(&got).unwrap();
            assert_eq!(value, serde_json::from_str::<Value>(want).unwrap(), "{from}");
        };
        check("{ // why\n \"a\": 1, /* b\n c */ \"url\": \"http://x/*y*/\", }", r#"{"a":1,"url":"http://x/*y*/"}"#);
        check("[1, 2, ]", "[1,2]");
        check(r#"{"a\"//": ",]"}"#, r#"{"a\"//": ",]"}"#);
        check("[1, // last\n]", "[1]");
    }

    #[test]
    fn a_problem_knows_its_place() {
        let value = serde_json::json!({"Roles": [{"Arn": 5}, {}]});
        let top = At::top("f.json", &value);
        let roles = top.list("Roles").unwrap();
        assert_eq!(
            roles[0].need("Arn").unwrap_err().to_string(),
            "f.json: Roles[0].Arn: expected text, found a number"
        );
        assert_eq!(roles[1].need("Arn").unwrap_err().to_string(), "f.json: Roles[1]: Arn is missing");
        assert_eq!(top.get("Roles").unwrap().unwrap().need("x").unwrap_err().words, "expected an object, found a list");
    }
}
