//! The strict reader: everything two JSON parsers could read differently is refused (semantics.md "Hostile input").
use crate::error::Error;
use serde_json::{Map, Number, Value};

/// 2^53 − 1: up to here every integer is one double and every double one integer (RFC 8785 §3.2.2.3, RFC 7493 §2.2).
pub const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;
/// A decimal of this many digits survives the way through a double and back.
const MAX_DIGITS_WITH_FRACTION: usize = 15;
const MAX_FRACTION_DIGITS: usize = 4;
/// The reader recurses; no caller's limit goes past this.
const DEEPEST: usize = 128;

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole text.
    pub bytes: usize,
    /// Of arrays and objects in one another; a bare scalar has depth 0. Never more than 128.
    pub depth: usize,
    /// Of one object.
    pub keys: usize,
    /// Of one key or string, in bytes of UTF-8 after unescaping.
    pub string_bytes: usize,
}

impl Limits {
    /// What callers of the decision API and of `/v1` writes may send.
    pub const REQUEST: Self = Self { bytes: 64 * 1024, depth: 32, keys: 256, string_bytes: 16 * 1024 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::REQUEST
    }
}

/// Why a text was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSON at byte {offset}{}: {what}", place(.path))]
pub struct Fault {
    /// Byte at which reading stopped, from 0.
    pub offset: usize,
    /// JSON pointer (RFC 6901) of the value being read; empty at the top.
    pub path: String,
    /// What is wrong and how to mend it, in one line.
    pub what: String,
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" (in {})", crate::text::visible_line(path)) }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::invalid(fault.to_string())
    }
}

/// Reads one JSON document, whole.
///
/// Numbers come out in one form: a fraction that is a whole number (`1.0`) is the integer, and minus zero is zero, as in
/// RFC 8785, so that equal canonical texts are equal values.
///
/// # Errors
/// The first [`Fault`]: not UTF-8, a byte order mark, too large, too deep, too many keys, a string too long, a key twice,
/// an integer outside ±(2^53−1), a fraction of more than 4 digits or 15 digits in all, an exponent, a NUL, a lone
/// surrogate, anything after the document, and whatever RFC 8259 does not allow.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Value, Fault> {
    let top = |offset, what: String| Fault { offset, path: String::new(), what };
    if bytes.len() > limits.bytes {
        return Err(top(limits.bytes, format!("the document is {} bytes, at most {}", bytes.len(), limits.bytes)));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| top(e.valid_up_to(), "not UTF-8".into()))?;
    let mut reader = Reader { text, bytes, at: 0, path: Vec::new(), limits };
    reader.space();
    let value = reader.value(0)?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.fault("something follows the document; send one document")),
    }
}

enum Step {
    Key(String),
    Index(usize),
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    path: Vec<Step>,
    limits: Limits,
}

type Read<T> = Result<T, Fault>;

impl Reader<'_> {
    fn fault(&self, what: impl Into<String>) -> Fault {
        self.fault_at(self.at, what)
    }
    fn fault_at(&self, offset: usize, what: impl Into<String>) -> Fault {
        let mut path = String::new();
        for step in &self.path {
            path.push('/');
            match step {
                Step::Key(key) => path.push_str(&short(key).replace('~', "~0").replace('/', "~1")),
                Step::Index(n) => path.push_str(&n.to_string()),
            }
        }
        Fault { offset, path, what: what.into() }
    }
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }
    fn expect(&mut self, byte: u8, instead: &str) -> Read<()> {
        if self.eat(byte) { Ok(()) } else { Err(self.unexpected(instead)) }
    }
    fn unexpected(&self, wanted: &str) -> Fault {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            None => self.fault(format!("the document ends where {wanted} is due")),
            Some(c) => {
                let found = c.to_string();
                self.fault(format!("found `{}` where {wanted} is due", crate::text::visible_line(&found)))
            }
        }
    }

    fn value(&mut self, depth: usize) -> Read<Value> {
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.unexpected("a value")),
        }
    }
    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected("a value"));
        }
        self.at += word.len();
        Ok(value)
    }
    fn deeper(&self, depth: usize) -> Read<()> {
        let most = self.limits.depth.min(DEEPEST);
        if depth > most { Err(self.fault(format!("nested deeper than {most}"))) } else { Ok(()) }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.deeper(depth)?;
        self.at += 1;
        let mut map = Map::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Value::Object(map));
        }
        loop {
            self.space();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.string()?;
            if map.contains_key(&key) {
                let key = crate::text::visible_line(short(&key));
                return Err(self.fault_at(start, format!("the key `{key}` stands twice; send it once")));
            }
            if map.len() == self.limits.keys {
                return Err(self.fault_at(start, format!("more than {} keys in one object", self.limits.keys)));
            }
            self.space();
            self.expect(b':', "`:`")?;
            self.space();
            self.path.push(Step::Key(key.clone()));
            let value = self.value(depth)?;
            self.path.pop();
            map.insert(key, value);
            self.space();
            if !self.eat(b',') {
                self.expect(b'}', "`,` or `}`")?;
                return Ok(Value::Object(map));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        self.deeper(depth)?;
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            self.space();
            self.path.push(Step::Index(items.len()));
            let value = self.value(depth)?;
            self.path.pop();
            items.push(value);
            self.space();
            if !self.eat(b',') {
                self.expect(b']', "`,` or `]`")?;
                return Ok(Value::Array(items));
            }
        }
    }

    fn string(&mut self) -> Read<String> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let from = self.at;
            while self.peek().is_some_and(|b| b != b'"' && b != b'\\' && b >= 0x20) {
                self.at += 1;
            }
            // quotes, backslashes and controls are ASCII, so both ends are character boundaries
            out.push_str(&self.text[from..self.at]);
            if out.len() > self.limits.string_bytes {
                return Err(self.fault_at(start, format!("a string longer than {} bytes", self.limits.string_bytes)));
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.fault("a control character in a string; escape it")),
                None => return Err(self.fault_at(start, "the document ends inside a string")),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.at;
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.unexpected("the rest of an escape")) };
        self.at += 1;
        Ok(match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start),
            _ => return Err(self.fault_at(start, "an escape JSON does not have")),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Read<char> {
        let lone = "a lone surrogate, which is no character";
        let first = self.hex4()?;
        let code = match first {
            0 => return Err(self.fault_at(start, "a NUL character (\\u0000)")),
            0xd800..=0xdbff => {
                if !(self.eat(b'\\') && self.eat(b'u')) {
                    return Err(self.fault_at(start, lone));
                }
                let second = self.hex4()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.fault_at(start, lone));
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            other => other,
        };
        char::from_u32(code).ok_or_else(|| self.fault_at(start, lone))
    }
    fn hex4(&mut self) -> Read<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|b| char::from(b).to_digit(16));
            let Some(digit) = digit else { return Err(self.unexpected("one of four hex digits")) };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - from
    }
    fn number(&mut self) -> Read<Number> {
        let start = self.at;
        let negative = self.eat(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 {
            return Err(self.unexpected("a digit"));
        }
        if leading_zero && whole > 1 {
            return Err(self.fault_at(start, "a number with a leading zero"));
        }
        let whole_end = self.at;
        let fraction = if self.eat(b'.') { self.digits() } else { 0 };
        if self.at > whole_end && fraction == 0 {
            return Err(self.unexpected("a digit after the point"));
        }
        if let Some(b'e' | b'E') = self.peek() {
            return Err(self.fault("a number with an exponent; write its digits, or send it as a string"));
        }
        let zeros_aside = self.text[whole_end..self.at].trim_end_matches('0').len() > 1;
        if fraction > MAX_FRACTION_DIGITS {
            return Err(self.fault_at(
                start,
                format!("more than {MAX_FRACTION_DIGITS} digits after the point; round it, or send it as a string"),
            ));
        }
        if fraction > 0 && whole + fraction > MAX_DIGITS_WITH_FRACTION {
            return Err(self.fault_at(
                start,
                format!("a fraction of more than {MAX_DIGITS_WITH_FRACTION} digits in all; send it as a string"),
            ));
        }
        if zeros_aside { self.fraction(start) } else { self.integer(start, negative, whole_end) }
    }
    fn integer(&self, start: usize, negative: bool, end: usize) -> Read<Number> {
        let digits = &self.text[start + usize::from(negative)..end];
        let size = digits.parse::<u64>().ok().filter(|n| *n <= MAX_SAFE_INTEGER);
        let size = size.and_then(|n| i64::try_from(n).ok());
        let Some(size) = size else {
            return Err(self.fault_at(start, "an integer beyond ±9007199254740991; send it as a string"));
        };
        Ok(Number::from(if negative { -size } else { size }))
    }
    fn fraction(&self, start: usize) -> Read<Number> {
        let number = self.text[start..self.at].parse::<f64>().ok().and_then(Number::from_f64);
        number.ok_or_else(|| self.fault_at(start, "a number out of range"))
    }
}

/// As much of a key as a message should carry.
fn short(key: &str) -> &str {
    key.char_indices().nth(64).map_or(key, |(end, _)| &key[..end])
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
