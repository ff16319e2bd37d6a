//! `Prefer: wait=30` (RFC 7240 §4.3) and `Idempotency-Key`.
use axum::http::{HeaderMap, HeaderName};
use governance::error::Error;
use std::time::Duration;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Nobody is kept longer, whatever they prefer: proxies give up at a minute.
pub const LONGEST_WAIT: Duration = Duration::from_secs(55);
const LONGEST_KEY: usize = 255;

/// How long the caller would wait for something to change; what cannot be read is no preference (RFC 7240 §2).
#[must_use]
pub fn wait(headers: &HeaderMap) -> Option<Duration> {
    let all = headers.get_all(&PREFER).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split([',', ';']));
    let mut waits = all.filter_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let value = value.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("wait") { value.parse::<u64>().ok() } else { None }
    });
    waits.next().map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// The caller's name for this write. Quotes, which the draft of the header asks for, are taken off.
///
/// # Errors
/// `Invalid` for an empty or long one, or one with anything but visible ASCII.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut given = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let bad = || Error::invalid("the Idempotency-Key must be one of 1 to 255 visible ASCII characters, such as a UUID");
    if given.next().is_some() {
        return Err(bad());
    }
    let text = value.to_str().map_err(|_| bad())?.trim();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let visible = text.bytes().all(|b| b.is_ascii_graphic());
    if text.is_empty() || text.len() > LONGEST_KEY || !visible {
        return Err(bad());
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_wait_is_read_and_bounded() {
        for (given, want) in [
            ("wait=30", Some(30)),
            ("respond-async, wait=10", Some(10)),
            ("WAIT = \"7\"; x", Some(7)),
            ("wait=1000000", Some(55)),
            ("wait=soon", None),
            ("wait=-1", None),
            ("return=minimal", None),
        ] {
            let headers = HeaderMap::from_iter([(PREFER, HeaderValue::from_str(given).unwrap())]);
            assert_eq!(wait(&headers), want.map(Duration::from_secs), "{given}");
        }
    }

    #[test]
    fn a_key_for_retries_is_one_short_word() {
        let read = |given: &str| {
            idempotency_key(&HeaderMap::from_iter([(IDEMPOTENCY_KEY, HeaderValue::from_str(given).unwrap())]))
        };
        assert_eq!(read("7b8d-1").unwrap().as_deref(), Some("7b8d-1"));
        assert_eq!(read("\"7b8d-1\"").unwrap().as_deref(), Some("7b8d-1"));
        for bad in ["", "\"\"", "two words", &"x".repeat(256), "k\u{e9}y"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).unwrap(), None);
    }
}
