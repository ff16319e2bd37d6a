//! The signs of filters and paths (RFC 7644, figure 1).
use super::{Fault, Result};
use serde_json::Value;

/// Longest filter or path in bytes.
pub const LONGEST: usize = 4_096;

/// One sign, with where it begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Sign {
    Word(String),
    Value(Value),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
}

/// Reads a text into signs.
///
/// # Errors
/// `invalidFilter`, saying where.
pub fn signs(text: &str) -> Result<Vec<(usize, Sign)>> {
    if text.len() > LONGEST {
        return Err(Fault::filter(format!("it is longer than {LONGEST} bytes")));
    }
    let (mut all, mut at) = (vec![], 0);
    while let Some(c) = text[at..].chars().next() {
        let sign = match c {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '(' => (1, Sign::Open),
            ')' => (1, Sign::Close),
            '[' => (1, Sign::OpenBracket),
            ']' => (1, Sign::CloseBracket),
            '"' => string(&text[at..]).map_err(|why| Fault::filter(format!("at {}: {why}", at + 1)))?,
            c if word(c) => {
                let end = text[at..].find(|c| !word(c)).unwrap_or(text.len() - at);
                (end, plain(&text[at..at + end]))
            }
            other => return Err(Fault::filter(format!("at {}: {other:?} has no place here", at + 1))),
        };
        all.push((at, sign.1));
        at += sign.0;
    }
    Ok(all)
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':' | '.' | '+')
}

/// A word, or a value that is written without quotes.
fn plain(text: &str) -> Sign {
    let number = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match text {
        // clients capitalise them
        _ if text.eq_ignore_ascii_case("true") => Sign::Value(true.into()),
        _ if text.eq_ignore_ascii_case("false") => Sign::Value(false.into()),
        "null" => Sign::Value(Value::Null),
        _ => match serde_json::from_str(text).ok().filter(|_| number) {
            Some(value) => Sign::Value(value),
            None => Sign::Word(text.into()),
        },
    }
}

/// A JSON string at the beginning of the text, and its length there.
fn string(text: &str) -> Result<(usize, Sign), String> {
    let mut escaped = false;
    for (i, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let value = serde_json::from_str(&text[..=i]).map_err(|_| "this is no JSON string".to_owned())?;
                return Ok((i + 1, Sign::Value(value)));
            }
            _ => {}
        }
    }
    Err("the quotes are not closed".into())
}
