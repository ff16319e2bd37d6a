//! Secrets in what agents send as arguments: found by their form, and taken out before anything is evaluated, shown or stored.
//!
//! Only forms that are surely a secret are taken out: a long random value may be a commit's or a file's name that a rule reads.
use crate::import::redact::{MARK, secret, url_where};
use serde_json::{Map, Value};

/// Under so many characters nothing is a secret worth the name.
const SHORTEST: usize = 8;
/// Names under which nothing but a secret stands. `key` and `token` are not among them: they name objects and pages too.
const NAMES: [&str; 7] = ["password", "passwd", "passphrase", "secret", "apikey", "privatekey", "accesskey"];

/// Why a text is surely a secret, in words.
fn sure(name: &str, text: &str) -> Option<&'static str> {
    if text.len() < SHORTEST {
        return None;
    }
    let why = secret(name, text)?;
    let surely = match why {
        "a long random value" => false,
        "a value under a secret's name" => is_secrets_name(name),
        "a private key" | "a URL with a secret in it" => true,
        _ => is_token(text),
    };
    surely.then_some(why)
}

fn is_secrets_name(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

/// What follows an issuer's prefix looks made by a machine: `secret_rotation_job` and `sk-production-eu` are names.
fn is_token(text: &str) -> bool {
    let aws = text.len() == 20 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    aws || (text.len() >= 20 && text.bytes().filter(u8::is_ascii_digit).count() >= 3)
}

/// What stands in place of a text, and why; `None`: nothing in it is a secret. In a sentence a secret is one of its words.
fn text(name: &str, text: &str) -> Option<(String, &'static str)> {
    if let Some(why) = sure(name, text) {
        return Some((MARK.into(), why));
    }
    let mut found = None;
    let words: Vec<_> = text
        .split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '=');
            match sure("", bare) {
                Some(why) => {
                    found = Some(why);
                    word.replace(bare, MARK)
                }
                None => word.to_owned(),
            }
        })
        .collect();
    found.map(|why| (words.concat(), why))
}

/// A name of something, such as the id of a resource, with what is surely a secret taken out of it, and what that was. The rest
/// stays, for it says which one is meant; so does what is merely random: a document's address is.
#[must_use]
pub fn in_name(name: &str) -> Option<(String, String)> {
    let token = |part: &str| sure("", part).is_some_and(|why| why != "a URL with a secret in it");
    let parameter = |name: &str, value: &str| token(value) || (is_secrets_name(name) && value.len() >= SHORTEST);
    if let Some(url) = url_where(name, &token, &parameter) {
        // what was taken out before is no secret any more
        return url.found.first().filter(|_| url.text != name).map(|why| (url.text.clone(), why.clone()));
    }
    if name.contains("-----BEGIN") {
        return text("", name).map(|(left, why)| (left, why.to_owned()));
    }
    let mut found = None;
    let apart = |c: char| c.is_whitespace() || matches!(c, '/' | ':' | '=' | '@' | '#' | '?' | '&' | ',' | ';' | '|');
    let left = name.split_inclusive(apart).map(|piece| {
        let bare = piece.strip_suffix(apart).unwrap_or(piece);
        match sure("", bare) {
            Some(why) => {
                found = Some(why);
                piece.replace(bare, MARK)
            }
            None => piece.to_owned(),
        }
    });
    let left: String = left.collect();
    found.map(|why| (left, why.to_owned()))
}

/// A value with every secret in it taken out.
#[must_use]
pub fn redacted(value: &Value) -> Value {
    within("", value)
}

fn within(name: &str, value: &Value) -> Value {
    match value {
        Value::String(said) => text(name, said).map_or_else(|| value.clone(), |(left, _)| left.into()),
        Value::Array(items) => items.iter().map(|item| within(name, item)).collect(),
        Value::Object(members) => members.iter().map(|(name, v)| (name.clone(), within(name, v))).collect(),
        other => other.clone(),
    }
}

/// What the secrets are, in words, in the order of the members.
#[must_use]
pub fn named(members: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in members {
        every(name, value, &mut found);
    }
    found
}

fn every(name: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(said) => {
            if let Some((_, why)) = text(name, said) {
                found.push(why.to_owned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| every(name, item, found)),
        Value::Object(members) => members.iter().for_each(|(name, value)| every(name, value, found)),
        _ => {}
    }
}

/// Takes the secrets out of members in place, and says what they were.
pub fn take_out(members: &mut Map<String, Value>) -> Vec<String> {
    let found = named(members);
    if !found.is_empty() {
        *members = members.iter().map(|(name, value)| (name.clone(), within(name, value))).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_taken_out_wherever_it_stands() {
        let key = format!("{}{}", "AKIA", "IOSFODNN7QWERTYU");
        let mut members = json!({
            "amount_minor": 5,
            "nested": [{ "password": "correct horse battery" }],
            "note": key,
            "prompt": format!("Use the key {key}, then go on."),
        });
        let members = members.as_object_mut().unwrap();
        let why = "an AWS access key";
        assert_eq!(take_out(members), ["a value under a secret's name", why, why]);
        let left = json!({
            "amount_minor": 5,
            "nested": [{ "password": MARK }],
            "note": MARK,
            "prompt": format!("Use the key {MARK}, then go on."),
        });
        assert_eq!(Value::Object(members.clone()), left);
        assert!(take_out(members).is_empty(), "what was taken out is not found again");
    }

    #[test]
    fn a_name_keeps_what_says_which_is_meant() {
        let token = format!("{}_{}", "ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8");
        for (name, left) in [
            (
                "https://bot:correct-horse@git.example/team/repo".to_owned(),
                format!("https://bot:{MARK}@git.example/team/repo"),
            ),
            (format!("https://{token}@git.example/repo"), format!("https://{MARK}@git.example/repo")),
            (
                "https://h.example/a?password=correct-horse&b=2".to_owned(),
                format!("https://h.example/a?password={MARK}&b=2"),
            ),
            (format!("https://h.example/{token}/a"), format!("https://h.example/{MARK}/a")),
            (format!("git:{token}@host"), format!("git:{MARK}@host")),
            (token.clone(), MARK.to_owned()),
        ] {
            let (got, why) = in_name(&name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(got, left, "{why}");
            assert_eq!(in_name(&got), None, "what was taken out is not found again");
        }
        for name in [
            "https://docs.example/document/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit?page=2&token=page-2",
            "stripe:shop",
            "customers/2026/report-1.csv",
            "arn:aws:s3:::bucket/9fceb02d0ae598e95dc970b74767f19372d61af8",
            "mailto:anna@example.com",
        ] {
            assert_eq!(in_name(name), None, "{name}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        let ordinary = json!({
            "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8",
            "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "job": "secret_rotation_job",
            "key": "customers/2026/report-1.csv",
            "model": "sk-learn-pipeline",
            "next_page_token": "page-2",
            "region": "SG.Singapore-south",
            "text": "an ordinary sentence of a customer who forgot the password",
            "url": "https://shop.example/orders/4711?page=2",
        });
        let mut members = ordinary.as_object().cloned().unwrap();
        assert_eq!(take_out(&mut members), [""; 0]);
        assert_eq!(Value::Object(members), ordinary);
    }
}
