//! The records of a log, one after the other: no more of a file is in memory than the record that is looked at.
use super::super::read::{At, kind};
use crate::error::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::io::{self, BufRead};

/// The longest line: an event of a few kilobytes may carry the object that was written.
const LONGEST: usize = 4 << 20;

/// A record with its place, or what is wrong there.
pub type Found<'a> = (&'a str, Result<&'a Value, &'static str>);

/// Calls `each` for every record of a file: JSON objects one a line, a JSON list of them, CloudTrail's `{"Records": […]}` or a page
/// of Graph (`{"@odata.context": …, "value": […]}`), also several of these one after the other.
///
/// # Errors
/// `Invalid` for a file that cannot be read.
pub fn records(file: &str, mut from: impl BufRead, mut each: impl FnMut(Found<'_>)) -> Result<()> {
    let cannot = |e: io::Error| Error::invalid(format!("{file}: cannot be read: {e}"));
    if from.fill_buf().map_err(cannot)?.starts_with(b"\xef\xbb\xbf") {
        from.consume(3);
    }
    let begin = from.fill_buf().map_err(cannot)?.trim_ascii_start();
    let whole = match begin {
        [b'[', ..] => true,
        [b'{', rest @ ..] => is_page(rest.trim_ascii_start()),
        _ => false,
    };
    if whole {
        documents(from, &mut each);
        return Ok(());
    }
    let (mut line, mut n) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let read = next_line(&mut from, &mut line).map_err(cannot)?;
        n += 1;
        let place = format!("line {n}");
        match read {
            None => return Ok(()),
            Some(false) => each((&place, Err("longer than 4 MiB"))),
            Some(true) if line.trim_ascii().is_empty() => {}
            Some(true) => match serde_json::from_slice::<Value>(&line) {
                Ok(value) => each((&place, Ok(&value))),
                Err(_) => each((&place, Err("not one JSON object on a line"))),
            },
        }
    }
}

/// Whether an object whose first member begins here holds a list of records, and is no record itself.
fn is_page(first: &[u8]) -> bool {
    let list = |key: &[u8]| {
        let rest = first.strip_prefix(key).map(<[u8]>::trim_ascii_start).and_then(|rest| rest.strip_prefix(b":"));
        rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"["))
    };
    first.starts_with(b"\"Records\"")
        || first.starts_with(b"\"@odata.context\"")
        || [&b"\"records\""[..], b"\"value\"", b"\"data\""].into_iter().any(list)
}

/// The next line without its end; `Some(false)` when it is too long, and then none of it is kept.
fn next_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    let (mut any, mut fits) = (false, true);
    loop {
        let buffer = match from.fill_buf() {
            Ok(buffer) => buffer,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if buffer.is_empty() {
            return Ok(any.then_some(fits));
        }
        any = true;
        let end = buffer.iter().position(|b| *b == b'\n');
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        fits &= line.len() + piece.len() <= LONGEST;
        if fits {
            line.extend_from_slice(piece);
        }
        let used = piece.len() + usize::from(end.is_some());
        from.consume(used);
        if end.is_some() {
            return Ok(Some(fits));
        }
    }
}

/// Reads JSON documents one after the other. Where one breaks off, the rest of the file cannot be told.
fn documents(from: impl BufRead, each: &mut impl FnMut(Found<'_>)) {
    let mut json = serde_json::Deserializer::from_reader(from);
    let mut n = 0;
    while json.end().is_err() {
        if let Err(e) = Document(&mut n, each).deserialize(&mut json) {
            let what = match e.classify() {
                serde_json::error::Category::Io => "cannot be read from here on",
                serde_json::error::Category::Eof => "the file ends in the middle of its JSON; export it again",
                serde_json::error::Category::Data => "not a list of records; export it again",
                serde_json::error::Category::Syntax => "not valid JSON from here on",
            };
            each((&format!("line {}, column {}", e.line(), e.column()), Err(what)));
            return;
        }
    }
}

/// Under these names lists of records stand: of CloudTrail, of Azure's Event Hubs, of Graph, of Anthropic.
const LISTS: [&str; 4] = ["Records", "records", "value", "data"];

/// A list of records, or an object that has one.
struct Document<'a, F>(&'a mut u64, &'a mut F);

impl<'de, F: FnMut(Found<'_>)> DeserializeSeed<'de> for Document<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Found<'_>)> Visitor<'de> for Document<'_, F> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of records")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut there = false;
        while let Some(key) = map.next_key::<String>()? {
            if LISTS.contains(&key.as_str()) {
                there = true;
                map.next_value_seed(Document(self.0, self.1))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if there { Ok(()) } else { Err(A::Error::custom("no Records")) }
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<Value>()? {
            *self.0 += 1;
            (self.1)((&format!("record {}", self.0), Ok(&value)));
        }
        Ok(())
    }
}

/// The record as the readers of events take it.
///
/// # Errors
/// In words, for what is no object.
pub fn object<'a>(file: &'a str, place: &str, value: &'a Value) -> Result<At<'a>, String> {
    match value.is_object() {
        true => Ok(At { file, path: place.to_owned(), value }),
        false => Err(format!("expected an object, found {}", kind(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<String> {
        let mut all = vec![];
        let from = io::BufReader::with_capacity(40, text);
        records("f", from, |(place, found)| {
            all.push(match found {
                Ok(value) => format!("{place}: {value}"),
                Err(words) => format!("{place}: {words}"),
            });
        })
        .unwrap();
        all
    }

    #[test]
    fn lines_lists_and_records_are_read_alike() {
        let check = |text: &str, want: &[&str]| assert_eq!(read(text.as_bytes()), want, "{text}");
        check("{\"a\":1}\r\n\n{\"a\":2}", &["line 1: {\"a\":1}", "line 3: {\"a\":2}"]);
        check(
            "\u{feff}{\"a\":1}\nnonsense\n7\n",
            &["line 1: {\"a\":1}", "line 2: not one JSON object on a line", "line 3: 7"],
        );
        check(" [{\"a\":1},\n {\"a\":2}]", &["record 1: {\"a\":1}", "record 2: {\"a\":2}"]);
        let one = "{ \"Records\": [{\"a\":1},{\"a\":2}], \"x\": {}}";
        check(
            &format!("{one}{one}"),
            &["record 1: {\"a\":1}", "record 2: {\"a\":2}", "record 3: {\"a\":1}", "record 4: {\"a\":2}"],
        );
        check(
            "{\"Records\":[{\"a\":1},",
            &["record 1: {\"a\":1}", "line 1, column 20: the file ends in the middle of its JSON; export it again"],
        );
        let page = "{\"@odata.context\": \"x\", \"value\": [{\"a\":1}], \"@odata.nextLink\": \"y\"}";
        check(&format!("{page}\n{page}"), &["record 1: {\"a\":1}", "record 2: {\"a\":1}"]);
        check("{\"data\" : [{\"a\":1}], \"has_more\": false}", &["record 1: {\"a\":1}"]);
        check("{\"data\": {\"a\":[1]}}\n{}", &["line 1: {\"data\":{\"a\":[1]}}", "line 2: {}"]);
        check("{\"Records\": 7}", &["line 1, column 14: not a list of records; export it again"]);
        check("", &[]);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut text = vec![b'x'; LONGEST + 1];
        text.extend(b"\n{\"a\":1}\n");
        assert_eq!(read(&text), ["line 1: longer than 4 MiB", "line 2: {\"a\":1}"]);
    }
}
