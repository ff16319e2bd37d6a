//! What must hold of every text, stated once for the property test and the fuzz target.
use super::{Limits, canonical, read};
use serde_json::{Number, Value};

/// Whatever [`read`] accepts, `serde_json` reads to the same value, and its canonical text reads back to it.
///
/// Numbers are compared as numbers: `1.0` and `-0` are the integers, as RFC 8785 writes them.
///
/// # Panics
/// If the property does not hold for these bytes. Returns whether they were accepted.
pub fn agrees(bytes: &[u8]) -> bool {
    let Ok(ours) = read(bytes, Limits::REQUEST) else { return false };
    let theirs: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(e) => panic!("accepted what serde_json refuses: {e}"),
    };
    assert_eq!(ours, whole_as_integers(theirs), "serde_json reads another value");
    let text = canonical(&ours);
    match read(text.as_bytes(), Limits { bytes: usize::MAX, ..Limits::REQUEST }) {
        Ok(again) => {
            assert_eq!(again, ours, "the canonical text reads to another value");
            assert_eq!(canonical(&again), text, "the canonical text is not stable");
        }
        Err(fault) => panic!("the canonical text is refused: {fault}"),
    }
    true
}

fn whole_as_integers(value: Value) -> Value {
    match value {
        Value::Number(n) => Value::Number(whole(&n).unwrap_or(n)),
        Value::Array(items) => Value::Array(items.into_iter().map(whole_as_integers).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, whole_as_integers(v))).collect()),
        other => other,
    }
}
fn whole(n: &Number) -> Option<Number> {
    let float = n.as_f64().filter(|f| n.is_f64() && f.fract() == 0.0)?;
    format!("{float:.0}").parse::<i64>().ok().map(Number::from)
}
