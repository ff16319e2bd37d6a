//! Whatever a client sends is answered, and never with a panic.
use super::{Document, Resource, document, filter, patch, path, project};
use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value, json};

const WORDS: &[&str] = &[
    "userName",
    "emails",
    "emails.value",
    "name.familyName",
    "active",
    "meta.created",
    "schemas",
    "title",
    "nothing",
    "eq",
    "ne",
    "co",
    "sw",
    "pr",
    "gt",
    "le",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    "\"a\"",
    "\"",
    "true",
    "null",
    "1",
    "-",
    ".value",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "type",
    "value",
    "é",
    "\\",
    " ",
    "\"\\u12\"",
];

fn user() -> Document {
    let body = json!({
        "schemas": [Resource::User.urn()], "userName": "ana@example.com", "name": {"familyName": "Gil"},
        "emails": [{"value": "a@b.example", "type": "work", "primary": true}],
    });
    document::read(Resource::User, &body).unwrap()
}

fn text(rng: &mut StdRng) -> String {
    let n = rng.random_range(0..12);
    let space = if rng.random_bool(0.8) { " " } else { "" };
    (0..n).map(|_| *WORDS.choose(rng).unwrap()).collect::<Vec<_>>().join(space)
}

fn value(rng: &mut StdRng, depth: u8) -> Value {
    match rng.random_range(0..if depth > 2 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => rng.random::<bool>().into(),
        2 => rng.random::<i32>().into(),
        3 | 4 => text(rng).into(),
        5 => (0..rng.random_range(0..3)).map(|_| value(rng, depth + 1)).collect(),
        _ => Value::Object((0..rng.random_range(0..3)).map(|_| (text(rng), value(rng, depth + 1))).collect()),
    }
}

#[test]
fn whatever_is_sent_is_answered() {
    let seed = 0x5c13;
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut read, mut held, mut changed) = (0, 0, 0);
    for _ in 0..60_000 {
        let text = text(&mut rng);
        for of in Resource::ALL {
            if let Ok(filter) = filter::parse(of, &text) {
                held += usize::from(filter.holds(&user()));
                read += 1;
            }
            drop(path::parse(of, &text));
        }
        let op = ["add", "replace", "remove"].choose(&mut rng).unwrap();
        let path = if rng.random_bool(0.5) { WORDS.choose(&mut rng).map(|w| (*w).to_owned()) } else { Some(text) };
        let operation = json!({"op": op, "path": path, "value": value(&mut rng, 0)});
        let body = json!({"schemas": [patch::URN], "Operations": [operation]});
        if let Ok(after) = patch::apply(Resource::User, &user(), &body) {
            changed += 1;
            // what comes out is a whole resource again
            let mut body = Value::Object(after.clone());
            body["schemas"] = json!([Resource::User.urn()]);
            assert_eq!(document::read(Resource::User, &body).unwrap(), after, "seed {seed}: {operation}");
        }
    }
    assert!(read > held && held > 10 && changed > 1_000, "seed {seed}: {read} filters, {held} hold, {changed} changes");
}

#[test]
fn what_nests_too_deep_or_goes_on_too_long_is_refused() {
    let deep = |n: usize| format!("{}active eq true{}", "(".repeat(n), ")".repeat(n));
    assert!(filter::parse(Resource::User, &deep(10)).is_ok());
    assert!(filter::parse(Resource::User, &deep(100)).is_err());
    assert!(filter::parse(Resource::User, &"not(".repeat(1_000)).is_err());
    assert!(filter::parse(Resource::User, &format!("userName eq \"{}\"", "x".repeat(5_000))).is_err());
}

#[test]
fn a_version_is_of_what_is_seen() {
    let (a, mut b) = (user(), user());
    assert_eq!(project::version(&a), project::version(&b));
    b.insert("active".into(), false.into());
    assert_ne!(project::version(&a), project::version(&b));
    let (va, vb) = (project::version(&a), project::version(&b));
    for (given, ok) in
        [(None, true), (Some("*"), true), (Some(va.as_str()), true), (Some(vb.as_str()), false), (Some(""), false)]
    {
        assert_eq!(project::matches(given, &va), ok, "{given:?}");
    }
    assert!(project::matches(Some(&format!("{vb}, {va}")), &va) && project::matches(va.strip_prefix("W/"), &va));
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_is_refused(text in ".{0,80}") {
        let said = filter::parse(Resource::Agent, &text).map(|filter| filter.holds(&user()));
        prop_assert!(said.is_ok() || said.is_err_and(|f| f.status == 400));
    }
}
