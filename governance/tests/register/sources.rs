//! What holds for every source whose export comes as answers of an interface: order, damage, and the way into the register.
use super::fixture;
use governance::{
    engine::{
        findings::Filter as Findings,
        identities::Filter,
        imports::{ImportInput, ImportReport},
        page::Want,
    },
    error::Kind as Failure,
    import::{
        diff::{apply, diff},
        parse,
        retain::retain,
        snapshot::{Parsed, Snapshot},
    },
    on_every_database,
    source::Kind,
    testkit::Fresh,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// Each source with the folder of its own small export.
const SOURCES: &[(Kind, &str)] = &[
    (Kind::Entra, "entra"),
    (Kind::Okta, "okta"),
    (Kind::Github, "github"),
    (Kind::A2a, "a2a"),
    (Kind::Anthropic, "anthropic"),
];

pub type Files = Vec<(String, Vec<u8>)>;

fn exports() -> impl Iterator<Item = (Kind, Files)> {
    SOURCES.iter().map(|(kind, folder)| (*kind, tree(folder)))
}
/// All files of a folder and the folders in it, by their path within it.
pub fn tree(folder: &str) -> Files {
    fn walk(root: &Path, at: &Path, into: &mut Files) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, into);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                into.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    let (mut all, root) = (vec![], fixture(folder));
    walk(&root, &root, &mut all);
    all.sort();
    all
}
/// What the register holds, by scope.
type Known = BTreeMap<String, Snapshot>;

/// What is read, and what the register would hold of it, coming from `known`.
fn after(known: &Known, kind: Kind, given: &Files) -> Option<Vec<(Parsed, Snapshot)>> {
    let parsed = parse(kind, given).ok()?;
    let next = |p: Parsed| {
        let next = retain(known.get(&p.scope).unwrap_or(&Snapshot::default()), &p);
        (p, next)
    };
    Some(parsed.into_iter().map(next).collect())
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    for (kind, given) in exports() {
        let once = parse(kind, &given).unwrap();
        for seed in 0..8 {
            let mut given = given.clone();
            let mut random = StdRng::seed_from_u64(seed);
            for i in (1..given.len()).rev() {
                given.swap(i, random.random_range(0..=i));
            }
            assert_eq!(parse(kind, &given).unwrap(), once, "{kind}, seed {seed}");
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_whole() {
    for (kind, given) in exports() {
        let whole = parse(kind, &given).unwrap();
        for (i, (name, bytes)) in given.iter().enumerate() {
            for end in 0..bytes.len() {
                let mut cut = given.clone();
                cut[i].1.truncate(end);
                cut.swap(0, i); // the first file that cannot be read ends it
                match parse(kind, &cut) {
                    Err(e) => assert!(e.kind == Failure::Invalid && e.detail.contains(name.as_str()), "{kind}: {e}"),
                    Ok(parsed) => assert!(
                        bytes[end..].iter().all(u8::is_ascii_whitespace) && parsed == whole,
                        "{kind}: {name} cut at {end} was read"
                    ),
                }
            }
        }
    }
}

/// Puts something else in the place of one value, or takes a member away.
fn damage(value: &mut Value, random: &mut StdRng) {
    let other = || Value::String("hunter2-planted".into());
    let count = value.as_array().map_or_else(|| value.as_object().map_or(0, serde_json::Map::len), Vec::len);
    if count == 0 || random.random_range(0..6) == 0 {
        let choices = [
            Value::Null,
            Value::Bool(true),
            Value::from(7),
            other(),
            Value::Array(vec![other()]),
            serde_json::json!({"k": other()}),
        ];
        *value = choices[random.random_range(0..choices.len())].clone();
        return;
    }
    let at = random.random_range(0..count);
    match value {
        Value::Array(list) if random.random_range(0..8) == 0 => drop(list.remove(at)),
        Value::Array(list) => damage(&mut list[at], random),
        Value::Object(members) => {
            let Some(key) = members.keys().nth(at).cloned() else { return };
            if random.random_range(0..8) == 0 {
                members.remove(&key);
            } else if let Some(inner) = members.get_mut(&key) {
                damage(inner, random);
            }
        }
        _ => {}
    }
}

#[test]
fn a_damaged_file_is_survived_and_its_values_are_in_no_message() {
    for (kind, given) in exports() {
        let first = after(&Known::new(), kind, &given).unwrap();
        let known: Known = first.into_iter().map(|(parsed, next)| (parsed.scope, next)).collect();
        for seed in 0..400 {
            let mut random = StdRng::seed_from_u64(seed);
            let mut given = given.clone();
            let i = random.random_range(0..given.len());
            let mut value: Value = serde_json::from_slice(&given[i].1).unwrap();
            damage(&mut value, &mut random);
            given[i].1 = value.to_string().into_bytes();
            let said = match parse(kind, &given) {
                Err(e) => e.detail,
                Ok(parsed) => parsed.iter().flat_map(|p| &p.problems).map(ToString::to_string).collect(),
            };
            assert!(!said.contains("hunter2"), "{kind}, seed {seed}: {said}");
            for (parsed, next) in after(&known, kind, &given).unwrap_or_default() {
                let Some(known) = known.get(&parsed.scope) else { continue };
                assert_eq!(apply(&diff(known, &next), known.clone()), next, "{kind}, seed {seed}");
                // what was named as unreadable loses nothing, unless it was set aside with its reason
                for name in parsed.partial.iter().filter(|n| !parsed.set_aside.iter().any(|s| s.principal == **n)) {
                    let (Some(before), now) = (known.principals.get(name), next.principals.get(name)) else { continue };
                    let kept =
                        now.is_some_and(|now| before.entitlements.keys().all(|k| now.entitlements.contains_key(k)));
                    assert!(kept, "{kind}, seed {seed}: {name}");
                }
            }
        }
    }
}

on_every_database! {
    each_goes_in_as_its_dry_run_says_and_a_second_time_changes_nothing
    a_secret_in_an_export_never_reaches_the_database
}

async fn apply_to(t: &Fresh, kind: Kind, files: &Files) -> ImportReport {
    let input = ImportInput { kind, files: files.clone(), name: None, allow_removals: false };
    let dry = t.gov.import_dry_run(&t.operator(), &input).await.unwrap();
    let done = t.gov.import_apply(&t.operator(), &input).await.unwrap();
    assert_eq!((dry.summary, &dry.problems, dry.dry_run), (done.summary, &done.problems, true), "{kind}");
    for (dry, done) in dry.sources.iter().zip(&done.sources) {
        assert_eq!(dry.changes, done.changes, "{kind}");
    }
    done
}

async fn each_goes_in_as_its_dry_run_says_and_a_second_time_changes_nothing(t: Fresh) {
    let mut identities = 0;
    for (kind, files) in exports() {
        let first = apply_to(&t, kind, &files).await;
        assert!(first.summary.identities.new > 0, "{kind}");
        identities += first.summary.identities.new;
        t.clock.advance(chrono::TimeDelta::hours(5));
        let again = apply_to(&t, kind, &files).await;
        assert!(again.sources.iter().all(|s| s.changes.is_empty()), "{kind}: {:?}", again.sources);
    }
    let all = Want { cursor: None, limit: 1000 };
    assert_eq!(t.gov.identity_list(&t.operator(), &Filter::default(), &all).await.unwrap().items.len(), identities);
}

async fn a_secret_in_an_export_never_reaches_the_database(t: Fresh) {
    let mut said = String::new();
    for (kind, files) in exports() {
        assert!(
            files.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("hunter2-")),
            "{kind}: no secret in it"
        );
        said += &serde_json::to_string(&apply_to(&t, kind, &files).await).unwrap();
    }
    let found =
        t.gov.finding_list(&t.operator(), &Findings::default(), &Want { cursor: None, limit: 1000 }).await.unwrap();
    said += &serde_json::to_string(&found.items).unwrap();
    let mut tx = t.gov.read().await.unwrap();
    for row in tx.all("select bytes from payloads", &[]).await.unwrap() {
        said += &String::from_utf8_lossy(&row.bytes("bytes").unwrap());
    }
    for sql in [
        "select claim as text from sightings",
        "select report as text from imports",
        "select resource as text from entitlements",
        "select name as text from identities",
    ] {
        for row in tx.all(sql, &[]).await.unwrap() {
            said += &row.text("text").unwrap();
        }
    }
    assert!(!said.contains("hunter2"), "{said}");
}
