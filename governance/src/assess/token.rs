//! The words of a catalogue query. Only what its 128 statements use is known; anything else is an error with its place.
use crate::error::{Error, Result};

/// One word of SQL and the byte range it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A table, a column, an alias or a function.
    Name,
    /// One of [`KEYWORDS`].
    Keyword,
    /// `'…'`, quotes included.
    Text,
    Number,
    /// `:name`, colon included.
    Parameter,
    Symbol,
}

const KEYWORDS: [&str; 33] = [
    "select", "distinct", "from", "join", "left", "on", "where", "and", "or", "not", "exists", "in", "is", "null",
    "as", "case", "when", "then", "else", "end", "group", "by", "having", "order", "over", "union", "all", "cast",
    "text", "asc", "desc", "between", "like",
];

impl Token<'_> {
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word) && self.kind != Kind::Text
    }
    /// What stands between the quotes of a [`Kind::Text`], with doubled quotes undone.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        if self.kind != Kind::Text {
            return None;
        }
        self.text.strip_prefix('\'')?.strip_suffix('\'').map(|inner| inner.replace("''", "'"))
    }
}

/// Splits a statement into its words.
///
/// # Errors
/// `Invalid`, naming the place, for a character that no catalogue query may contain (`;`, comments, double quotes, `$`)
/// and for a text that does not end.
pub fn tokens(sql: &str) -> Result<Vec<Token<'_>>> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        let kind = match byte {
            b' ' | b'\n' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'\'' => {
                at = text_end(bytes, at).ok_or_else(|| Error::invalid(format!("a text at {start} does not end")))?;
                Kind::Text
            }
            b':' => {
                at = run(bytes, at + 1, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
                if at == start + 1 {
                    return Err(Error::invalid(format!("a parameter without a name at {start}")));
                }
                Kind::Parameter
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = run(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                match KEYWORDS.iter().any(|k| k.eq_ignore_ascii_case(&sql[start..at])) {
                    true => Kind::Keyword,
                    false => Kind::Name,
                }
            }
            b'0'..=b'9' => {
                at = run(bytes, at, |b| b.is_ascii_digit());
                Kind::Number
            }
            b'|' | b'<' | b'>' => {
                let two = sql.get(start..start + 2).unwrap_or_default();
                at += if matches!(two, "||" | "<>" | "<=" | ">=") { 2 } else { 1 };
                Kind::Symbol
            }
            b'(' | b')' | b',' | b'.' | b'=' | b'+' | b'*' | b'/' => {
                at += 1;
                Kind::Symbol
            }
            b'-' if bytes.get(at + 1) != Some(&b'-') => {
                at += 1;
                Kind::Symbol
            }
            _ => {
                return Err(Error::invalid(format!(
                    "`{}` at {start} has no place in a query",
                    sql[start..].chars().next().unwrap_or('?')
                )));
            }
        };
        found.push(Token { kind, text: &sql[start..at], start });
    }
    Ok(found)
}

/// The end of a quoted text that starts at `at`; two quotes in a row are one quote inside.
fn text_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut next = at + 1;
    loop {
        match (bytes.get(next)?, bytes.get(next + 1)) {
            (b'\'', Some(b'\'')) => next += 2,
            (b'\'', _) => return Some(next + 1),
            _ => next += 1,
        }
    }
}

fn run(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&b| !belongs(b)).map_or(bytes.len(), |n| from + n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, want: &[&str]) {
        let got = tokens(sql).unwrap();
        assert_eq!(got.iter().map(|t| t.text).collect::<Vec<_>>(), want, "{sql}");
    }

    #[test]
    fn a_statement_falls_into_its_words() {
        check("SELECT a.id||'@'||:now-:x_s", &["SELECT", "a", ".", "id", "||", "'@'", "||", ":now", "-", ":x_s"]);
        check("a<>'it''s :now' OR b<=3", &["a", "<>", "'it''s :now'", "OR", "b", "<=", "3"]);
        check("x<:y", &["x", "<", ":y"]);
    }

    #[test]
    fn what_no_query_may_contain_is_refused_with_its_place() {
        for (sql, place) in [
            ("select 1; drop table x", "`;` at 8"),
            ("select 1 -- x", "`-` at 9"),
            ("select \"a\"", "`\"` at 7"),
            ("select $1", "`$` at 7"),
            ("select 'a", "a text at 7"),
            ("select :", "without a name at 7"),
            ("select 'é', é", "`é` at 13"),
        ] {
            let error = tokens(sql).unwrap_err().detail;
            assert!(error.contains(place), "{sql}: {error}");
        }
    }
}
