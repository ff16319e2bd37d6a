//! What each row of an identity adds to it: an entitlement, a credential.
use super::cells;
use super::dates::Said;
use super::hide::without_secrets;
use super::mapping::Field;
use super::read::{Of, Reading, at, line};
use super::rows::Row;
use crate::{
    credential,
    entitlement::{Facts, Key},
    error::Result,
    import::snapshot::Principal,
    text::secrets,
};
use std::collections::BTreeMap;

/// By which way a list gives an entitlement.
const VIA: &str = "list";
/// The resource of an entitlement whose row names none.
const NO_RESOURCE: &str = "not said";

/// Reads the rows of one identity into `into`.
///
/// # Errors
/// As a date that could be meant either way.
pub fn read(reading: &mut Reading<'_>, key: &str, of: &Of<'_>, into: &mut Principal) -> Result<()> {
    let mut lines = Lines::default();
    for row in of {
        let entitled = entitlements(reading, key, row, into, &mut lines)?;
        let keyed = credential(reading, key, row, into, &mut lines)?;
        let adds = entitled || keyed;
        match lines.first {
            None => lines.first = Some(row.line),
            Some(_) if adds => {}
            Some(first) => {
                let words = format!("the same identity as in line {first}, without another entitlement or key");
                reading.problem(key, row, None, words);
            }
        }
    }
    Ok(())
}

/// Which line said a thing first.
#[derive(Default)]
struct Lines<'a> {
    first: Option<u64>,
    entitlements: BTreeMap<Key, u64>,
    credentials: BTreeMap<String, u64>,
    /// Secrets in the place of a key's id, in the order in which they stand.
    secrets: Vec<&'a str>,
}

/// Whether the row adds one.
fn entitlements(
    reading: &mut Reading<'_>,
    key: &str,
    row: &Row,
    into: &mut Principal,
    lines: &mut Lines<'_>,
) -> Result<bool> {
    let (cell, on) = (reading.cell(row, Field::Entitlement), reading.cell(row, Field::Resource));
    let ends = reading.date(key, row, Field::Expires)?;
    if cell.is_empty() && on.is_empty() {
        // without an entitlement it is the end of the account itself
        if let Some(ends) = at(ends) {
            into.claim.notes.insert("ends".into(), ends.datetime().format("%Y-%m-%d").to_string());
        }
        return Ok(false);
    }
    let column = reading.column(Field::Entitlement).or(reading.column(Field::Resource)).unwrap_or_default();
    let resource = match reading.column(Field::Resource) {
        Some(c) if !on.is_empty() => reading.name_of(c, on),
        _ => NO_RESOURCE.into(),
    };
    let mut adds = false;
    // a system without a role: access to it, whatever it allows
    let actions = if cell.is_empty() { "access" } else { cell };
    for action in actions.split([';', '|', '\n']).map(str::trim).filter(|a| !a.is_empty()) {
        let action = reading.name_of(column, action);
        let facts = Facts {
            wildcard: action.contains('*') || resource.contains('*'),
            expires_at: at(ends),
            ..Facts::of(cells::privilege(&action))
        };
        let it = Key { action, resource: resource.clone(), via: VIA.into() };
        match (into.entitlements.get(&it), lines.entitlements.get(&it)) {
            (Some(known), Some(line)) if *known != facts => {
                let words = format!("it contradicts line {line}, which counts");
                reading.problem(key, row, reading.column(Field::Expires), words);
                adds = true; // told once is enough
            }
            (Some(_), _) => {}
            (None, _) => {
                lines.entitlements.insert(it.clone(), row.line);
                into.entitlements.insert(it, facts);
                adds = true;
            }
        }
    }
    Ok(adds)
}

/// Whether the row adds one.
fn credential<'r>(
    reading: &mut Reading<'_>,
    key: &str,
    row: &'r Row,
    into: &mut Principal,
    lines: &mut Lines<'r>,
) -> Result<bool> {
    let id = reading.cell(row, Field::KeyId);
    let created = reading.date(key, row, Field::KeyCreated)?;
    let rotated = reading.date(key, row, Field::KeyRotated)?;
    let ends = reading.date(key, row, Field::KeyExpires)?;
    if id.is_empty() && [created, rotated, ends].iter().all(|said| at(*said).is_none()) {
        return Ok(false);
    }
    let (name, exposed) = named(reading, id, lines);
    let facts = credential::Facts {
        active: cells::active(reading.cell(row, Field::Status)) != Some(false),
        long_lived: true,
        created_at: at(created),
        last_rotated_at: at(rotated),
        expires_at: at(ends),
        expiry_reported: matches!(ends, Said::At(_) | Said::Never),
        exposed,
        ..credential::Facts::of(credential::Kind::AccessKey)
    };
    match (into.credentials.get(&name), lines.credentials.get(&name)) {
        (Some(known), Some(line)) if *known != facts => {
            let words = format!("what it says of the key contradicts line {line}, which counts");
            reading.problem(key, row, reading.column(Field::KeyId), words);
            Ok(true) // told once is enough
        }
        (Some(_), _) => Ok(false),
        (None, _) => {
            lines.credentials.insert(name.clone(), row.line);
            into.credentials.insert(name, facts);
            Ok(true)
        }
    }
}

/// What a key is called, and whether the secret itself stood in the place of its id.
fn named<'r>(reading: &mut Reading<'_>, id: &'r str, lines: &mut Lines<'r>) -> (String, bool) {
    if id.is_empty() {
        return ("key".into(), false);
    }
    if is_aws_key_id(id) || without_secrets("", id).is_none() {
        return (line(id), false);
    }
    let n = lines.secrets.iter().position(|known| *known == id).unwrap_or_else(|| {
        lines.secrets.push(id);
        lines.secrets.len() - 1
    });
    if let Some(column) = reading.column(Field::KeyId) {
        reading.hide(column);
    }
    (format!("key {}", n + 1), secrets::in_name(id).is_some())
}

/// AWS shows the id of an access key in its own reports: the secret is another value.
fn is_aws_key_id(id: &str) -> bool {
    id.len() == 20
        && (id.starts_with("AKIA") || id.starts_with("ASIA"))
        && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
