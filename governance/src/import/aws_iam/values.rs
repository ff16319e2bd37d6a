//! AWS's own ways of writing dates, absence and documents.
use crate::{import::read::At, import::snapshot::Problem, time::Timestamp};
use chrono::NaiveDateTime;
use serde_json::Value;
use std::borrow::Cow;

/// A date with `T` or a space, with or without zone (then UTC), or seconds since 1970.
pub fn date(at: &At<'_>) -> Result<Timestamp, Problem> {
    let read = match at.value {
        Value::String(text) => date_text(text),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded by from_micros, which refuses what is out of range"
        )]
        Value::Number(n) => n.as_f64().and_then(|s| Timestamp::from_micros((s * 1e6) as i64)),
        _ => None,
    };
    read.ok_or_else(|| at.problem("not a date"))
}

/// As [`date`], for text.
pub fn date_text(text: &str) -> Option<Timestamp> {
    let text = text.trim().replacen(' ', "T", 1);
    Timestamp::parse(&text).or_else(|| {
        let naive = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        Timestamp::from_micros(naive.and_utc().timestamp_micros())
    })
}

/// A member that is a date; `None` where it is absent or null.
pub fn opt_date(at: &At<'_>, key: &str) -> Result<Option<Timestamp>, Problem> {
    at.get(key)?.map(|at| date(&at)).transpose()
}

/// A policy document: the object itself, or text that is the object URL-encoded (RFC 3986) or plain.
pub fn document<'a>(at: &At<'a>) -> Result<Cow<'a, Value>, Problem> {
    match at.value {
        Value::Object(_) => Ok(Cow::Borrowed(at.value)),
        Value::String(text) => {
            let plain = percent_decoded(text).ok_or_else(|| at.problem("not a URL-encoded policy document"))?;
            let value: Value = serde_json::from_str(&plain)
                .map_err(|_| at.problem("not a policy document: no JSON after decoding"))?;
            if value.is_object() { Ok(Cow::Owned(value)) } else { Err(at.problem("not a policy document: no object")) }
        }
        other => Err(at.problem(format!("expected a policy document, found {}", crate::import::read::kind(other)))),
    }
}

/// Percent-decoding (RFC 3986 §2.1); `None` for a broken escape or what is not UTF-8.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(b) = bytes.next() {
        if b == b'%' {
            let (high, low) = (bytes.next()? as char, bytes.next()? as char);
            out.push(u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()?);
        } else {
            out.push(b);
        }
    }
    String::from_utf8(out).ok()
}

/// The account of an ARN (`arn:partition:service:region:account:resource`), where it is twelve digits.
pub fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether this can be the ARN of a user, a role or the root account.
pub fn is_principal_arn(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.next().is_some_and(|p| p.starts_with("aws"))
        && parts.next() == Some("iam")
        && parts.next() == Some("")
        && parts.next().is_some_and(|a| !a.is_empty())
        && parts.next().is_some_and(|r| r == "root" || r.starts_with("user/") || r.starts_with("role/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dates_come_in_many_forms() {
        let want = Timestamp::parse("2019-05-07T15:35:54Z");
        for text in
            ["2019-05-07T15:35:54+00:00", "2019-05-07 15:35:54+00:00", "2019-05-07T15:35:54Z", "2019-05-07 15:35:54"]
        {
            assert_eq!(date_text(text), want, "{text}");
        }
        assert_eq!(date(&At::top("f", &json!(1_557_243_354))).ok(), want);
        for bad in ["N/A", "", "no_information", "2019-13-01T00:00:00Z"] {
            assert_eq!(date_text(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_document_is_an_object_or_its_encoding() {
        let object = json!({"Statement": []});
        for value in [object.clone(), json!("%7B%22Statement%22%3A%20%5B%5D%7D"), json!("{\"Statement\": []}")] {
            assert_eq!(*document(&At::top("f", &value)).unwrap(), object, "{value}");
        }
        for value in [json!("%7"), json!("%7B"), json!("[]"), json!(7), json!("%ff%fe")] {
            assert!(document(&At::top("f", &value)).is_err(), "{value}");
        }
    }

    #[test]
    fn an_arn_names_a_principal() {
        for (arn, ok) in [
            ("arn:aws:iam::123456789012:role/service-role/level1", true),
            ("arn:aws:iam::123456789012:root", true),
            ("arn:aws-us-gov:iam::123456789012:user/a", true),
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", false),
            ("role/level1", false),
            ("arn:aws:s3:::bucket", false),
        ] {
            assert_eq!(is_principal_arn(arn), ok, "{arn}");
        }
        assert_eq!(account("arn:aws:iam::123456789012:role/x"), Some("123456789012"));
        assert_eq!(account("arn:aws:iam::aws:user/x"), None);
    }
}
